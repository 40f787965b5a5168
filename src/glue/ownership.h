/*-------------------------------------------------------------------------
 *
 * ownership.h
 *	  Whether a connection is the one that a request has made.
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

/* Room for what is said of a connection, in bytes. */
#define GLUE_FINDINGS_SIZE	2048

/*
 * What is known of a connection that was made and is to be found again.  All
 * times are AWS's, in milliseconds since 1970; 0 if one is not known.
 */
typedef struct GlueMadeConnection
{
	json_object *sent;			/* ConnectionInput */
	long long	begun_ms;		/* it is not older */
	long long	ended_ms;		/* it is not younger */

	/* definitions that it may have been given since, and by when the last */
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
