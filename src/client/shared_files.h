/*-------------------------------------------------------------------------
 *
 * shared_files.h
 *	  The environment and the shared AWS files of the server process.
 *
 * IDENTIFICATION
 *	  src/client/shared_files.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_SHARED_FILES_H
#define GLUE_CLIENT_SHARED_FILES_H

#include "aws/configuration.h"

extern const GlueConfiguration *glue_configuration_read(const char *profile);
extern char *glue_shared_files_description(void);
extern char *glue_shared_file_token(const char *path, size_t *len,
									const char **problem);
extern const char *glue_environment(const char *name);

#endif							/* GLUE_CLIENT_SHARED_FILES_H */
