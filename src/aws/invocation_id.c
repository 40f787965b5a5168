/*-------------------------------------------------------------------------
 *
 * invocation_id.c
 *	  The headers that identify the attempts of one call.
 *
 * Every attempt at a call has the same amz-sdk-invocation-id, and an
 * amz-sdk-request with its number.  AWS Support uses them to analyze slow
 * calls; neither has any effect on the result.
 *
 * IDENTIFICATION
 *	  src/aws/invocation_id.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/invocation_id.h"

#include <stdio.h>

/*
 * Make the value of amz-sdk-invocation-id, a UUID of version 4, from random
 * bytes of the caller.
 */
void
glue_invocation_id(const unsigned char random[GLUE_INVOCATION_RANDOM_LEN],
				   char id[GLUE_INVOCATION_ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char	   *out = id;

	for (int i = 0; i < GLUE_INVOCATION_RANDOM_LEN; i++)
	{
		unsigned char byte = random[i];

		/* the version, and the variant */
		if (i == 6)
			byte = (byte & 0x0f) | 0x40;
		if (i == 8)
			byte = (byte & 0x3f) | 0x80;

		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[byte >> 4];
		*out++ = digits[byte & 0x0f];
	}
	*out = '\0';
}

/*
 * Make the value of amz-sdk-request.  Attempts count from 1.
 */
void
glue_invocation_attempt(int attempt, int max_attempts,
						char text[GLUE_INVOCATION_ATTEMPT_SIZE])
{
	snprintf(text, GLUE_INVOCATION_ATTEMPT_SIZE, "attempt=%d; max=%d",
			 attempt, max_attempts);
}
