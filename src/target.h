/*-------------------------------------------------------------------------
 *
 * target.h
 *	  Which Data Catalog a call is for, and how it is reached.
 *
 * IDENTIFICATION
 *	  src/target.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TARGET_H
#define GLUE_TARGET_H

#include "endpoint.h"

typedef struct GlueTarget
{
	const char *server;			/* foreign server, or NULL */
	const char *catalog_id;		/* NULL: that of the caller's account */
	GlueEndpoint endpoint;
	const char *ca_file;		/* NULL: the system's certificates */
	const char *proxy;			/* "": none */
	int			connect_timeout_ms;
	int			request_timeout_ms;
	int			max_attempts;
} GlueTarget;

extern void glue_target_resolve(GlueTarget *target, const char *server,
								const char *catalog_id);
extern char *glue_target_connection_arn(const GlueTarget *target,
										const char *connection_name);

#endif							/* GLUE_TARGET_H */
