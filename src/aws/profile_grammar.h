/*-------------------------------------------------------------------------
 *
 * profile_grammar.h
 *	  The grammar of AWS's shared configuration and credentials files.
 *
 * IDENTIFICATION
 *	  src/aws/profile_grammar.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_PROFILE_GRAMMAR_H
#define GLUE_AWS_PROFILE_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/profile_set.h"

/* Position and reason of an error in a file.  Never quotes the file. */
typedef struct GlueProfileError
{
	int			line;			/* from 1; 0 if there is no memory */
	const char *reason;			/* static text */
} GlueProfileError;

extern bool glue_profile_set_read(GlueProfileSet *set, GlueProfileFileKind kind,
								  const char *contents, size_t len,
								  GlueProfileError *error);

#endif							/* GLUE_AWS_PROFILE_GRAMMAR_H */
