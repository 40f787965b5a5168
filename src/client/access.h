/*-------------------------------------------------------------------------
 *
 * access.h
 *	  Access to AWS: the target and the credentials of calls.
 *
 * IDENTIFICATION
 *	  src/client/access.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_ACCESS_H
#define GLUE_CLIENT_ACCESS_H

#include "client/call_failure.h"

/* The target and the credentials of calls, and the schema of our tables. */
typedef struct GlueAccess
{
	Oid			schema;			/* of the extension */
	GlueTarget	target;
	GlueCredentials credentials;
} GlueAccess;

extern void glue_access_find_credentials(GlueAccess *access);
extern void glue_access_prepare(const GlueAccess *access, GlueCall *call,
								const char *operation, const char *name);

#endif							/* GLUE_CLIENT_ACCESS_H */
