/*-------------------------------------------------------------------------
 *
 * unit_invocation_id.c
 *	  Unit test of the headers by which AWS identifies attempts.
 *
 * IDENTIFICATION
 *	  test/unit/unit_invocation_id.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/invocation_id.h"

#include <limits.h>

#include "tap.h"

int
main(void)
{
	static const unsigned char zeroes[GLUE_INVOCATION_RANDOM_LEN];
	unsigned char bytes[GLUE_INVOCATION_RANDOM_LEN];
	char		id[GLUE_INVOCATION_ID_SIZE];
	char		attempt[GLUE_INVOCATION_ATTEMPT_SIZE];

	glue_invocation_id(zeroes, id);
	is_str(id, "00000000-0000-4000-8000-000000000000", "zeroes");

	memset(bytes, 0xff, sizeof(bytes));
	glue_invocation_id(bytes, id);
	is_str(id, "ffffffff-ffff-4fff-bfff-ffffffffffff", "ones");

	for (int i = 0; i < GLUE_INVOCATION_RANDOM_LEN; i++)
		bytes[i] = (unsigned char) (i * 0x11);
	glue_invocation_id(bytes, id);
	is_str(id, "00112233-4455-4677-8899-aabbccddeeff", "all digits");

	glue_invocation_attempt(1, 3, attempt);
	is_str(attempt, "attempt=1; max=3", "the first attempt");
	glue_invocation_attempt(20, 20, attempt);
	is_str(attempt, "attempt=20; max=20", "the last attempt");
	glue_invocation_attempt(INT_MIN, INT_MIN, attempt);
	is_str(attempt, "attempt=-2147483648; max=-2147483648",
		   "the longest numbers");
	return tap_done();
}
