/*-------------------------------------------------------------------------
 *
 * shared_files.h
 *	  The environment and the shared AWS files of the server process.
 *
 * IDENTIFICATION
 *	  src/shared_files.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SHARED_FILES_H
#define GLUE_SHARED_FILES_H

#include "profile_file.h"

/* What the shared files say, and where it came from. */
typedef struct GlueSharedFiles
{
	const char *profile;		/* name of the profile that is used */
	const char *config_path;
	const char *credentials_path;
	bool		has_config;		/* the file exists */
	bool		has_credentials;
	const GlueProfileSet *set;
} GlueSharedFiles;

extern const char *glue_environment(const char *name);
extern const char *glue_shared_profile_name(void);
extern const GlueSharedFiles *glue_shared_files_read(void);
extern const char *glue_shared_files_get(const GlueSharedFiles *files,
										 const char *property);

#endif							/* GLUE_SHARED_FILES_H */
