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
#include <string.h>

#include "text/ascii.h"

/*
 * Make the value of amz-sdk-invocation-id, a UUID of version 4, from random
 * bytes of the caller.
 */
void
glue_invocation_id(const unsigned char random[GLUE_INVOCATION_RANDOM_LEN],
				   char id[GLUE_INVOCATION_ID_SIZE])
{
	unsigned char bytes[GLUE_INVOCATION_RANDOM_LEN];
	char		hex[2 * GLUE_INVOCATION_RANDOM_LEN + 1];

	memcpy(bytes, random, sizeof(bytes));
	/* the version, and the variant */
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	glue_write_hex(bytes, sizeof(bytes), hex);
	snprintf(id, GLUE_INVOCATION_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%s",
			 hex, hex + 8, hex + 12, hex + 16, hex + 20);
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
