/*-------------------------------------------------------------------------
 *
 * access.h
 *	  What it takes to call AWS, and to record what it answers.
 *
 * IDENTIFICATION
 *	  src/client/access.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_ACCESS_H
#define GLUE_CLIENT_ACCESS_H

#include "client/call_failure.h"

/* Where calls go, as whom, and where this extension's tables are. */
typedef struct GlueAccess
{
	Oid			schema;			/* of the extension */
	GlueTarget	target;
	GlueCredentials credentials;
} GlueAccess;

extern void glue_access_find_credentials(GlueAccess *access);
extern void glue_access_prepare(const GlueAccess *access, GlueCall *call,
								const char *operation, const char *name);
extern void glue_access_prepare_get(const GlueAccess *access, GlueCall *call,
									const char *name);

#endif							/* GLUE_CLIENT_ACCESS_H */
