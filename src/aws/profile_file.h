/*-------------------------------------------------------------------------
 *
 * profile_file.h
 *	  The grammar of AWS's shared configuration and credentials files.
 *
 * IDENTIFICATION
 *	  src/aws/profile_file.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_PROFILE_FILE_H
#define GLUE_PROFILE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/profile_set.h"

/* Where and why a file is not well-formed.  Never quotes the file. */
typedef struct GlueProfileError
{
	int			line;			/* from 1; 0 if no memory */
	const char *reason;			/* static text */
} GlueProfileError;

extern bool glue_profile_set_read(GlueProfileSet *set, GlueProfileFileKind kind,
								  const char *contents, size_t len,
								  GlueProfileError *error);

#endif							/* GLUE_PROFILE_FILE_H */
