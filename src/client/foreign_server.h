/*-------------------------------------------------------------------------
 *
 * foreign_server.h
 *	  Foreign servers of the wrapper glue_conn, and their user mappings.
 *
 * IDENTIFICATION
 *	  src/client/foreign_server.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_FOREIGN_SERVER_H
#define GLUE_CLIENT_FOREIGN_SERVER_H

#include "client/server_options.h"

extern Oid	glue_foreign_server_find(const char *name);
extern Oid	glue_foreign_server_by_name(const char *name);
extern char *glue_foreign_server_name(Oid server, Oid *owner);
extern bool glue_foreign_server_read(Oid server, GlueServerOptions *options);
extern char *glue_user_mapping_read(Oid server, GlueMappingOptions *options,
									bool *is_own);

#endif							/* GLUE_CLIENT_FOREIGN_SERVER_H */
