/*-------------------------------------------------------------------------
 *
 * fuzz_seal.c
 *	  Fuzzer of sealed secrets and their keys.
 *
 * The input is a key file, a NUL, and bytes that may be sealed.  They are
 * opened unchanged, and again with the identity of one of the keys.  After a
 * failure the buffer must be empty; and any input can be sealed with the keys,
 * and opens to the same bytes.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_seal.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/seal.h"

#include <openssl/rand.h>

#include "replay.h"

/* the same run does the same each time */
extern int	RAND_bytes(unsigned char *bytes, int len)
			__attribute__((visibility("hidden")));

int
RAND_bytes(unsigned char *bytes, int len)
{
	memset(bytes, 'n', (size_t) len);
	return 1;
}

static void
check_open(const GlueSealKeys *keys, const uint8_t *data, size_t size)
{
	unsigned char *plain = malloc(size + 1);
	unsigned char *sealed;
	GlueSealStatus status;
	size_t		len = size;

	require(plain != NULL);
	memset(plain, 0, size + 1);
	status = glue_unseal(keys, "c", 1, data, size, plain, &len);
	require(status != GLUE_SEAL_FAILED);
	if (status == GLUE_SEAL_OK)
	{
		/* only a secret that was sealed here, with the nonce of above */
		sealed = malloc(size);
		require(sealed != NULL && glue_sealed_len(len) == size);
		require(glue_seal(keys, "c", 1, plain, len, sealed));
		require(memcmp(data + 9, sealed + 9, 12) != 0 ||
				memcmp(data + 1, sealed + 1, 8) != 0 ||
				memcmp(data, sealed, size) == 0);
		free(sealed);
	}
	else
	{
		require(len == 0);
		for (size_t i = 0; i < size; i++)
			require(plain[i] == 0);
	}
	free(plain);
}

/* As if one of the keys had sealed it. */
static void
check_forged(const GlueSealKeys *keys, const uint8_t *data, size_t size)
{
	for (int i = 0; size >= 9 && i < keys->count; i++)
	{
		uint8_t    *forged = malloc(size);

		require(forged != NULL);
		memcpy(forged, data, size);
		forged[0] = 1;
		memcpy(forged + 1, keys->keys[i].id, GLUE_SEAL_KEY_ID_LEN);
		check_open(keys, forged, size);
		free(forged);
	}
}

static void
check_round_trip(const GlueSealKeys *keys, const uint8_t *data, size_t size)
{
	unsigned char *sealed = malloc(glue_sealed_len(size));
	unsigned char *plain = malloc(glue_sealed_len(size));
	size_t		len;

	require(sealed != NULL && plain != NULL);
	require(glue_seal(keys, "c", 1, data, size, sealed));
	require(glue_unseal(keys, "c", 1, sealed, glue_sealed_len(size),
						plain, &len) == GLUE_SEAL_OK);
	require(len == size && memcmp(plain, data, size) == 0);
	require(glue_unseal(keys, "d", 1, sealed, glue_sealed_len(size),
						plain, &len) == GLUE_SEAL_ALTERED);
	free(sealed);
	free(plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[1] = {0};
	size_t		keys_len = size > 0 ?
		strnlen((const char *) data, size) : 0;
	const uint8_t *rest = keys_len < size ? data + keys_len + 1 : none;
	size_t		rest_len = keys_len < size ? size - keys_len - 1 : 0;
	GlueSealKeys keys;
	GlueSealKeysProblem problem = {0, NULL, NULL};
	bool		parsed;

	/* with the NUL, there are no keys to be had unless in a comment */
	glue_seal_keys_parse((const char *) data, size, &keys, &problem);
	parsed = glue_seal_keys_parse((const char *) data, keys_len, &keys,
								  &problem);
	require(parsed == (keys.count > 0) && keys.count <= GLUE_SEAL_MAX_KEYS);
	check_open(&keys, rest, rest_len);
	if (parsed)
	{
		check_forged(&keys, rest, rest_len);
		check_round_trip(&keys, rest, rest_len);
	}
	else
		require(problem.reason != NULL && problem.remedy != NULL);
	glue_seal_keys_clear(&keys);
	return 0;
}
