/*-------------------------------------------------------------------------
 *
 * fuzz_invocation_id.c
 *	  Fuzzer of the headers by which AWS identifies the attempts of one call.
 *
 * The input is the random bytes of an id, and two lines with the number of an
 * attempt and the most of them.  An id must be a UUID of version 4 and keep
 * all else of its bytes, so that no two calls have the same; and a header must
 * fit for any numbers, and contain them.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_invocation_id.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/invocation_id.h"

#include <limits.h>

#include "lines.h"

/*
 * Read a byte of an id; anything but lower-case hex is invalid.
 */
static unsigned char
read_byte(const char *text)
{
	static const char digits[] = "0123456789abcdef";

	require(text[0] != '\0' && strchr(digits, text[0]) != NULL);
	require(text[1] != '\0' && strchr(digits, text[1]) != NULL);
	return (strchr(digits, text[0]) - digits) * 16 +
		(strchr(digits, text[1]) - digits);
}

static void
check_id(const unsigned char *random)
{
	char	   *id = malloc(GLUE_INVOCATION_ID_SIZE);
	const char *at = id;

	require(id != NULL);
	memset(id, 'x', GLUE_INVOCATION_ID_SIZE);
	glue_invocation_id(random, id);
	require(strnlen(id, GLUE_INVOCATION_ID_SIZE) == 36);
	for (int i = 0; i < GLUE_INVOCATION_RANDOM_LEN; i++)
	{
		unsigned char fixed = i == 6 ? 0xf0 : i == 8 ? 0xc0 : 0;
		unsigned char byte;

		if (i == 4 || i == 6 || i == 8 || i == 10)
			require(*at++ == '-');
		byte = read_byte(at);
		at += 2;
		require((byte & ~fixed) == (random[i] & ~fixed));
		require((byte & fixed) == (i == 6 ? 0x40 : i == 8 ? 0x80 : 0));
	}
	free(id);
}

static void
check_attempt(int attempt, int max_attempts)
{
	char	   *text = malloc(GLUE_INVOCATION_ATTEMPT_SIZE);
	int			len = 0;
	int			told;
	int			told_max;

	require(text != NULL);
	glue_invocation_attempt(attempt, max_attempts, text);
	require(sscanf(text, "attempt=%d; max=%d%n", &told, &told_max, &len) == 2);
	require(strlen(text) == (size_t) len);
	require(told == attempt && told_max == max_attempts);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char random[GLUE_INVOCATION_RANDOM_LEN] = {0};
	size_t		used = size < sizeof(random) ? size : sizeof(random);
	Lines		lines;

	if (used > 0)
		memcpy(random, data, used);
	check_id(random);

	split_lines(&lines, data + used, size - used);
	check_attempt(number_at(&lines, 0, INT_MIN, INT_MAX),
				  number_at(&lines, 1, INT_MIN, INT_MAX));
	free_lines(&lines);
	return 0;
}
