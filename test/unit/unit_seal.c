/*-------------------------------------------------------------------------
 *
 * unit_seal.c
 *	  Unit test of sealing.
 *
 * The expected values were computed with Python's "cryptography" and struct,
 * from the description at the head of seal.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_seal.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "cleansed.h"
#include "tap.h"

#define KEY1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY2 "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0"

#define PLAIN "{\"ConnectionProperties\":{\"PASSWORD\":\"correct horse\"}}"

static const GlueSealedRequest request = {
	.id = 4711,
	.home = -2,
	.role = 16384,
	.operation = "CreateConnection",
	.connection_name = "orders \xc3\xa9",
	.region = "eu-central-1",
	.catalog_id = "111122223333",
	.tags = "{\"team\": \"shop\"}",
	.on_conflict = "adopt",
	.on_missing = "error",
	.target = {
		0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
		0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
		0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7,
		0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf
	}
};

static const char context_hex[] =
"0000000000001267" "fffffffffffffffe" "0000000000004000"
"0000000000000010" "437265617465436f6e6e656374696f6e"
"0000000000000009" "6f726465727320c3a9"
"000000000000000c" "65752d63656e7472616c2d31"
"000000000000000c" "313131313232323233333333"
"0000000000000010" "7b227465616d223a202273686f70227d"
"0000000000000005" "61646f7074"
"0000000000000005" "6572726f72"
"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";

static const char nonce_hex[] = "cafebabefacedbaddecaf888";

static const char sealed_hex[] =
"01" "b19255f7b9370e97" "cafebabefacedbaddecaf888"
"f181e349c4142a78326232b32b6fe64f6852b438ba6a484e35fd5430edda32b0ff14e37c"
"e3b72610543e4b1c12eb4f172a" "318b2cdedbc466b423c0e71a9461a93ddc8a0367";

/* Nothing, sealed with the second key and without a context. */
static const char empty_hex[] =
"01" "f72aef9b5dcf4d6f" "88f8cadeaddbcefabebafeca"
"9d0813b74617ae80a21e2248d48869c8";

static unsigned char context[256];
static size_t context_len;

/* The random bytes that there are: the real ones, a nonce, or none. */
static enum
{
	RANDOM_REAL, RANDOM_FIXED, RANDOM_NONE
}			randomness = RANDOM_REAL;

extern int	RAND_bytes(unsigned char *bytes, int len)
			__attribute__((visibility("hidden")));

static size_t
decode(const char *hex, unsigned char *bytes)
{
	size_t		len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++)
	{
		unsigned int byte;

		sscanf(hex + 2 * i, "%2x", &byte);
		bytes[i] = (unsigned char) byte;
	}
	return len;
}

static const char *
encode(const unsigned char *bytes, size_t len)
{
	static char hex[1024];

	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	return hex;
}

int
RAND_bytes(unsigned char *bytes, int len)
{
	if (randomness == RANDOM_FIXED)
		decode(nonce_hex, bytes);
	else if (randomness == RANDOM_REAL)
		return RAND_priv_bytes(bytes, len);
	return randomness == RANDOM_FIXED;
}

static void
read_keys(const char *text, GlueSealKeys *keys)
{
	GlueSealKeysProblem problem;

	if (!glue_seal_keys_parse(text, strlen(text), keys, &problem))
		abort();
}

static GlueSealStatus
open_with(const char *keys_text, const unsigned char *sealed, size_t len,
		  char *plain, size_t *plain_len)
{
	GlueSealKeys keys;

	read_keys(keys_text, &keys);
	return glue_unseal(&keys, context, context_len, sealed, len,
					   plain, plain_len);
}

/*
 * Does a sealed secret not open, and leave the buffer empty?
 */
static bool
stays_closed(const unsigned char *sealed, size_t len, GlueSealStatus status)
{
	char		plain[256];
	size_t		plain_len = 1;
	GlueSealStatus got;

	memset(plain, 'x', sizeof(plain));
	got = open_with(KEY1, sealed, len, plain, &plain_len);
	if (got != status)
		printf("#      got: %d\n# expected: %d\n", got, status);
	return got == status && plain_len == 0 &&
		memmem(plain, sizeof(plain), "horse", 5) == NULL;
}

static void
test_context(void)
{
	unsigned char part[32];
	const GlueSealedRequest empty = {-1, 0, 0, "", "", "", "", "", "", "", {0}};
	GlueSealedRequest moved = request;
	unsigned char other[256];
	size_t		len;

	context_len = glue_seal_context(&request, context, sizeof(context));
	is_str(encode(context, context_len), context_hex, "the context");
	is_int(glue_seal_context(&request, NULL, 0), context_len,
		   "its length alone");
	memset(part, 'x', sizeof(part));
	is_int(glue_seal_context(&request, part, sizeof(part) - 1), context_len,
		   "with too little room");
	ok(memcmp(part, context, sizeof(part) - 1) == 0 &&
	   part[sizeof(part) - 1] == 'x', "it is cut");

	len = glue_seal_context(&empty, other, sizeof(other));
	is_str(encode(other, len),
		   "ffffffffffffffff" "0000000000000000" "0000000000000000"
		   "0000000000000000" "0000000000000000" "0000000000000000"
		   "0000000000000000" "0000000000000000" "0000000000000000"
		   "0000000000000000"
		   "0000000000000000" "0000000000000000" "0000000000000000"
		   "0000000000000000",
		   "the context of nothing");

	moved.connection_name = "orders \xc3\xa9" "e";
	moved.region = "u-central-1";
	len = glue_seal_context(&moved, other, sizeof(other));
	ok(len == context_len && memcmp(other, context, len) != 0,
	   "a part of one string does not count as another's");
}

static void
test_known_answers(void)
{
	GlueSealKeys keys;
	unsigned char sealed[256];
	char		plain[256];
	size_t		plain_len;

	read_keys(KEY1, &keys);
	randomness = RANDOM_FIXED;
	ok(glue_seal(&keys, context, context_len, PLAIN, strlen(PLAIN), sealed),
	   "a text is sealed");
	randomness = RANDOM_REAL;
	is_str(encode(sealed, glue_sealed_len(strlen(PLAIN))), sealed_hex,
		   "as it should be");
	is_int(open_with(KEY1, sealed, decode(sealed_hex, sealed),
					 plain, &plain_len), GLUE_SEAL_OK, "it opens");
	ok(plain_len == strlen(PLAIN) && memcmp(plain, PLAIN, plain_len) == 0,
	   "and is unchanged");

	read_keys(KEY2, &keys);
	is_int(glue_unseal(&keys, "", 0, sealed, decode(empty_hex, sealed),
					   plain, &plain_len), GLUE_SEAL_OK, "nothing opens");
	is_int(plain_len, 0, "and is nothing");
}

static void
test_nonces(void)
{
	GlueSealKeys keys;
	unsigned char first[256];
	unsigned char second[256];
	char		plain[256];
	size_t		len = glue_sealed_len(strlen(PLAIN));
	size_t		plain_len;

	read_keys(KEY1, &keys);
	glue_seal(&keys, context, context_len, PLAIN, strlen(PLAIN), first);
	glue_seal(&keys, context, context_len, PLAIN, strlen(PLAIN), second);
	ok(memcmp(first, second, 9) == 0, "the same key");
	ok(memcmp(first + 9, second + 9, 12) != 0, "but another nonce each time");
	ok(memcmp(first + 21, second + 21, strlen(PLAIN)) != 0,
	   "and so another text");
	is_int(open_with(KEY1, second, len, plain, &plain_len), GLUE_SEAL_OK,
		   "which opens");

	randomness = RANDOM_NONE;
	ok(!glue_seal(&keys, context, context_len, PLAIN, strlen(PLAIN), first),
	   "without random bytes, nothing is sealed");
	randomness = RANDOM_REAL;
	ok(first[0] == 0 && memcmp(first, first + 1, len - 1) == 0,
	   "and nothing returned");
	glue_seal_keys_clear(&keys);
	ok(!glue_seal(&keys, context, context_len, PLAIN, strlen(PLAIN), first),
	   "nor without a key");
}

static void
test_rotation(void)
{
	GlueSealKeys keys;
	unsigned char sealed[256];
	char		plain[256];
	size_t		plain_len;
	size_t		len = decode(sealed_hex, sealed);

	is_int(open_with(KEY1 "\n" KEY2, sealed, len, plain, &plain_len),
		   GLUE_SEAL_OK, "the first of two keys opens");
	is_int(open_with(KEY2 "\n" KEY1, sealed, len, plain, &plain_len),
		   GLUE_SEAL_OK, "and so does the second");
	is_int(open_with(KEY2, sealed, len, plain, &plain_len), GLUE_SEAL_NO_KEY,
		   "another key does not");

	read_keys(KEY2 "\n" KEY1, &keys);
	glue_seal(&keys, context, context_len, PLAIN, strlen(PLAIN), sealed);
	is_int(open_with(KEY2, sealed, len, plain, &plain_len), GLUE_SEAL_OK,
		   "the first of two keys seals");
	is_int(open_with(KEY1, sealed, len, plain, &plain_len), GLUE_SEAL_NO_KEY,
		   "and not the second");
	glue_seal_keys_clear(&keys);
	is_int(glue_unseal(&keys, context, context_len, sealed, len,
					   plain, &plain_len), GLUE_SEAL_NO_KEY, "no key at all");
}

/* Every bit counts, and so does every byte that is missing or too much. */
static void
test_alterations(void)
{
	unsigned char sealed[256];
	size_t		len = decode(sealed_hex, sealed);
	bool		whole = true;

	for (size_t i = 0; i < len; i++)
	{
		GlueSealStatus status = i == 0 ? GLUE_SEAL_MALFORMED :
			i < 9 ? GLUE_SEAL_NO_KEY : GLUE_SEAL_ALTERED;
		char		name[64];
		bool		closed = true;

		for (int bit = 0; bit < 8; bit++)
		{
			sealed[i] ^= 1 << bit;
			closed = closed && stays_closed(sealed, len, status);
			sealed[i] ^= 1 << bit;
		}
		snprintf(name, sizeof(name), "byte %d altered", (int) i);
		ok(closed, name);
	}
	for (size_t cut = 0; cut < len; cut++)
		whole = whole && stays_closed(sealed, cut, cut < 37 ?
									  GLUE_SEAL_MALFORMED :
									  GLUE_SEAL_ALTERED);
	ok(whole, "cut at any byte");
	ok(stays_closed(sealed, len + 1, GLUE_SEAL_ALTERED), "a byte too much");
}

/* Make a request another one by one of its members. */
static void
change_member(GlueSealedRequest *other, int member)
{
	const char **const strings[] = {
		&other->operation, &other->connection_name, &other->region,
		&other->catalog_id, &other->tags, &other->on_conflict,
		&other->on_missing
	};

	if (member == 0)
		other->id++;
	else if (member == 1)
		other->home = 2;
	else if (member == 2)
		other->role++;
	else if (member == 10)
		other->target[31] ^= 1;
	else
		*strings[member - 3] = "";
}

static void
test_other_requests(void)
{
	static const char *const names[] = {
		"id", "home", "role", "operation", "name", "region", "catalog",
		"tags", "on_conflict", "on_missing", "target"
	};
	unsigned char sealed[256];
	size_t		len = decode(sealed_hex, sealed);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		GlueSealedRequest other = request;
		char		name[64];

		change_member(&other, (int) i);
		context_len = glue_seal_context(&other, context, sizeof(context));
		snprintf(name, sizeof(name), "another %s", names[i]);
		ok(stays_closed(sealed, len, GLUE_SEAL_ALTERED), name);
	}
	context_len = 0;
	ok(stays_closed(sealed, len, GLUE_SEAL_ALTERED), "no context");
	context_len = glue_seal_context(&request, context, sizeof(context));
}

static void
test_cleansing(void)
{
	unsigned char sealed[256];
	char		plain[256];
	size_t		plain_len;
	size_t		len = decode(sealed_hex, sealed);

	sealed[len - 1] ^= 1;
	watch_cleansing("correct horse", 13);
	open_with(KEY1, sealed, len, plain, &plain_len);
	is_int(was_cleansed(), 1,
		   "a failed decryption is cleansed, and was there");
}

int
main(void)
{
	test_context();
	test_known_answers();
	test_nonces();
	test_rotation();
	test_alterations();
	test_other_requests();
	test_cleansing();
	return tap_done();
}
