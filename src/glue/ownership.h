/*-------------------------------------------------------------------------
 *
 * ownership.h
 *	  Decision whether a connection was made by our request.
 *
 * IDENTIFICATION
 *	  src/glue/ownership.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_OWNERSHIP_H
#define GLUE_GLUE_OWNERSHIP_H

#include <stddef.h>

#include <json-c/json.h>

typedef enum GlueOwnership
{
	GLUE_OURS,
	GLUE_SOMEBODY_ELSES,
	GLUE_CANNOT_TELL
} GlueOwnership;

/* Size of the findings about a connection, in bytes. */
#define GLUE_FINDINGS_SIZE	2048

/*
 * A connection that we made, to be identified.  All times are AWS's, in
 * milliseconds since 1970; 0 if unknown.
 */
typedef struct GlueMadeConnection
{
	json_object *sent;			/* ConnectionInput */
	long long	begun_ms;		/* it is not older than this */
	long long	ended_ms;		/* it is not younger than this */

	/* definitions of updates, and the time of the last one */
	json_object *const *updates;
	int			nupdates;
	long long	updated_ms;
} GlueMadeConnection;

extern GlueOwnership glue_ownership(const GlueMadeConnection *made,
									json_object *connection,
									char findings[GLUE_FINDINGS_SIZE]);
extern GlueOwnership glue_ownership_unchanged(const GlueMadeConnection *made,
											  json_object *connection,
											  char findings[GLUE_FINDINGS_SIZE]);

#endif							/* GLUE_GLUE_OWNERSHIP_H */
