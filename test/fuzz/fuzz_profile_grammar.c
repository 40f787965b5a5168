/*-------------------------------------------------------------------------
 *
 * fuzz_profile_grammar.c
 *	  Fuzzer of the reader of AWS's shared files.
 *
 * The input is read as both files, in both orders.  Whether it is well-formed
 * must not depend on the order, nor on which of the files it is.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_profile_grammar.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_grammar.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

/*
 * Read the text as both files, and look something up.
 */
static bool
read_twice(const char *text, size_t len, GlueProfileFileKind first,
		   GlueProfileFileKind second)
{
	GlueProfileSet *set = glue_profile_set_new();
	GlueProfileError error;
	const char *value;
	bool		done;

	done = glue_profile_set_read(set, first, text, len, &error);
	if (done != glue_profile_set_read(set, second, text, len, &error))
		abort();
	if (done == (error.reason != NULL) || (!done && error.line < 1))
		abort();

	if (done)
	{
		value = glue_profile_set_get(set, GLUE_SECTION_PROFILE, "default",
									 "aws_secret_access_key", NULL);
		if (value != NULL && strlen(value) > len)
			abort();
		value = glue_profile_set_get(set, GLUE_SECTION_SERVICES, "s",
									 "glue", "endpoint_url");
		if (value != NULL && strlen(value) > len)
			abort();
	}
	glue_profile_set_free(set);
	return done;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;

	if (read_twice(text, size, GLUE_PROFILE_CONFIG,
				   GLUE_PROFILE_CREDENTIALS) !=
		read_twice(text, size, GLUE_PROFILE_CREDENTIALS,
				   GLUE_PROFILE_CONFIG))
		abort();
	return 0;
}
