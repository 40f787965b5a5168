/*-------------------------------------------------------------------------
 *
 * ownership.h
 *	  Whether a connection is the one that a lost request has made.
 *
 * IDENTIFICATION
 *	  src/ownership.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OWNERSHIP_H
#define GLUE_OWNERSHIP_H

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

extern GlueOwnership glue_ownership(json_object *sent, json_object *connection,
									const char *date_header,
									long long elapsed_ms,
									char findings[GLUE_FINDINGS_SIZE]);

#endif							/* GLUE_OWNERSHIP_H */
