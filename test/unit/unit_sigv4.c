/*-------------------------------------------------------------------------
 *
 * unit_sigv4.c
 *	  Unit test of the signer, stage by stage.
 *
 * The answers were computed with Python's hashlib and hmac.  Where AWS
 * publishes an example, that is used.  test/peer/sign_like_botocore.py signs
 * many more messages, and compares them with AWS's own client.
 *
 * IDENTIFICATION
 *	  test/unit/unit_sigv4.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "cleansed.h"
#include "tap.h"

#define ACCESS_KEY	"AKIDEXAMPLE"
#define SECRET		"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TOKEN		"IQoJb3JpZ2luX2VjEXAMPLE"

static GlueSigv4Signer *signer;

/* A call of Glue with temporary credentials; headers not in order. */
static const GlueSigv4Header glue_headers[] = {
	{"x-amz-target", "AWSGlue.GetConnection"},
	{"host", "glue.eu-central-1.amazonaws.com"},
	{"x-amz-security-token", TOKEN},
	{"x-amz-date", "20261122T101500Z"},
	{"content-type", "application/x-amz-json-1.1"}
};

static const GlueSigv4Message glue_request = {
	.method = "POST",
	.path = "/",
	.query = "",
	.headers = glue_headers,
	.nheaders = 5,
	.body = "{\"Name\":\"caf\xc3\xa9\"}",
	.body_len = 16,
	.amz_date = "20261122T101500Z",
	.region = "eu-central-1",
	.service = "glue"
};

static const char glue_canonical[] =
"POST\n"
"/\n"
"\n"
"content-type:application/x-amz-json-1.1\n"
"host:glue.eu-central-1.amazonaws.com\n"
"x-amz-date:20261122T101500Z\n"
"x-amz-security-token:" TOKEN "\n"
"x-amz-target:AWSGlue.GetConnection\n"
"\n"
"content-type;host;x-amz-date;x-amz-security-token;x-amz-target\n"
"9981df17e2cf7ab6a4f6fca0cba46bb3aef27e7e03b0a8cf6167a470e885086d";

static const char glue_string_to_sign[] =
"AWS4-HMAC-SHA256\n"
"20261122T101500Z\n"
"20261122/eu-central-1/glue/aws4_request\n"
"a268a4ffdef20d9c056fe26e3e2b6c31d95fbaf31d0a63239fe9ea08101538d1";

static const char glue_authorization[] =
"AWS4-HMAC-SHA256 "
"Credential=AKIDEXAMPLE/20261122/eu-central-1/glue/aws4_request, "
"SignedHeaders="
"content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
"Signature="
"c96e1e4104c25f51d8dd6850cbd17c3255862fbec04f61fe66219a25b70c240c";

static void
test_stages(void)
{
	char		canonical[1024];
	char		to_sign[512];
	char		authorization[512];
	size_t		len;

	len = glue_sigv4_canonical_request(signer, &glue_request,
									   canonical, sizeof(canonical));
	is_str(canonical, glue_canonical, "canonical request");
	is_int(len, strlen(glue_canonical), "length of the canonical request");

	len = glue_sigv4_string_to_sign(signer, &glue_request, canonical, len,
									to_sign, sizeof(to_sign));
	is_str(to_sign, glue_string_to_sign, "string to sign");
	is_int(len, strlen(glue_string_to_sign), "length of the string to sign");

	ok(glue_sigv4_authorization(signer, &glue_request, ACCESS_KEY, SECRET,
								authorization, sizeof(authorization)),
	   "a message is signed");
	is_str(authorization, glue_authorization, "authorization");
}

/*
 * Show a key as text.
 */
static const char *
key_text(const unsigned char key[GLUE_SIGV4_KEY_LEN])
{
	static char text[2 * GLUE_SIGV4_KEY_LEN + 1];

	for (int i = 0; i < GLUE_SIGV4_KEY_LEN; i++)
		sprintf(text + 2 * i, "%02x", key[i]);
	return text;
}

static void
test_keys(void)
{
	static const char no_key[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	unsigned char key[GLUE_SIGV4_KEY_LEN];
	char		secret[257];

	ok(glue_sigv4_derive_key(signer, SECRET, "20150830", "us-east-1", "iam",
							 key), "a key is derived");
	is_str(key_text(key),
		   "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9",
		   "the key of AWS's own example");

	ok(glue_sigv4_derive_key(signer, SECRET, "20261122T101500Z",
							 "eu-central-1", "glue", key),
	   "a key is derived from a whole time");
	is_str(key_text(key),
		   "80d80f4885f0a64855e5cecc218e67a54645c621abdd634a4024022a35167ecb",
		   "only its day counts");

	memset(secret, 'x', sizeof(secret));
	secret[100] = '\0';
	ok(glue_sigv4_derive_key(signer, secret, "20261122", "eu-central-1",
							 "glue", key),
	   "a key is derived from a secret longer than a block");
	is_str(key_text(key),
		   "9c246db391bf6ef212267a5f032dc5a94eb33505d8cfba2bf7bd66e2da36dcd6",
		   "the key of a long secret");

	secret[100] = 'x';
	secret[255] = '\0';
	ok(glue_sigv4_derive_key(signer, secret, "20261122", "r", "s", key),
	   "a secret of 255 characters");
	secret[255] = 'x';
	secret[256] = '\0';
	ok(!glue_sigv4_derive_key(signer, secret, "20261122", "r", "s", key),
	   "a secret of 256 characters is too long");
	is_str(key_text(key), no_key, "no key is left then");
	ok(!glue_sigv4_derive_key(signer, SECRET, "2026112", "r", "s", key),
	   "a day of seven characters is refused");
}

/*
 * Sign glue_request with one thing changed, and compare the signature.
 */
static void
is_signature(const char *secret, const char *amz_date, const char *region,
			 const char *service, const char *want, const char *name)
{
	GlueSigv4Message message = glue_request;
	GlueSigv4Header headers[5];
	char		authorization[512] = "";

	memcpy(headers, glue_headers, sizeof(headers));
	headers[3].value = amz_date;
	message.headers = headers;
	message.amz_date = amz_date;
	message.region = region;
	message.service = service;
	glue_sigv4_authorization(signer, &message, ACCESS_KEY, secret,
							 authorization, sizeof(authorization));
	is_str(strlen(authorization) > 64
		   ? authorization + strlen(authorization) - 64 : authorization,
		   want, name);
}

/*
 * Each thing that the key depends on must change the signature on its own,
 * and its return must bring the old one back.
 */
static void
test_key_cache(void)
{
	static const struct
	{
		const char *name;
		const char *secret;
		const char *amz_date;
		const char *region;
		const char *service;
		const char *signature;
	}			cases[] = {
		{"another secret",
			"other" SECRET, "20261122T101500Z", "eu-central-1", "glue",
			"4029d297bd3d066d5c5ba0d52076a1dd"
		"69a77a491665400f0f1cf20c0a84206d"},
		{"another day",
			SECRET, "20261123T101500Z", "eu-central-1", "glue",
			"9ae453c8325b4819f40398ad9c068c0a"
		"ed926a92ddfa67a2ab8dcbd0404f3ee8"},
		{"another region",
			SECRET, "20261122T101500Z", "us-east-1", "glue",
			"59a8a6d42f282b32cb3d09fb3eff0868"
		"d5395889559b2bdaf03881a25b27cbfc"},
		{"another service",
			SECRET, "20261122T101500Z", "eu-central-1", "sts",
			"2d6b9d8dec93420b6e1c31d6778ded51"
		"71afa2cd5f8a35e37a0c0795aec35568"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		is_signature(SECRET, "20261122T101500Z", "eu-central-1", "glue",
					 "c96e1e4104c25f51d8dd6850cbd17c32"
					 "55862fbec04f61fe66219a25b70c240c", "signature");
		is_signature(cases[i].secret, cases[i].amz_date, cases[i].region,
					 cases[i].service, cases[i].signature, cases[i].name);
		is_signature(cases[i].secret, cases[i].amz_date, cases[i].region,
					 cases[i].service, cases[i].signature,
					 "the same with the cached key");
	}
}

/*
 * The examples of AWS's documentation and test suite that apply to us.
 */
static void
test_published_examples(void)
{
	GlueSigv4Header headers[] = {
		{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
		{"host", "iam.amazonaws.com"},
		{"x-amz-date", "20150830T123600Z"}
	};
	GlueSigv4Message message = {
		.method = "GET",
		.path = "/",
		.query = "Action=ListUsers&Version=2010-05-08",
		.headers = headers,
		.nheaders = 3,
		.body = "",
		.amz_date = "20150830T123600Z",
		.region = "us-east-1",
		.service = "iam"
	};
	char		authorization[512];

	glue_sigv4_authorization(signer, &message, ACCESS_KEY, SECRET,
							 authorization, sizeof(authorization));
	is_str(authorization,
		   "AWS4-HMAC-SHA256 "
		   "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
		   "SignedHeaders=content-type;host;x-amz-date, Signature="
		   "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		   "IAM ListUsers");

	headers[1].value = "example.amazonaws.com";
	message.headers = headers + 1;
	message.nheaders = 2;
	message.query = "";
	message.service = "service";
	glue_sigv4_authorization(signer, &message, ACCESS_KEY, SECRET,
							 authorization, sizeof(authorization));
	is_str(authorization,
		   "AWS4-HMAC-SHA256 "
		   "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
		   "SignedHeaders=host;x-amz-date, Signature="
		   "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		   "a bare GET");
}

/*
 * Cut one line, counted from 0, out of the canonical request of a path and
 * headers.
 */
static const char *
canonical_line(const char *path, const GlueSigv4Header *headers, int nheaders,
			   int line)
{
	static char canonical[4096];
	GlueSigv4Message message = glue_request;
	char	   *text = canonical;

	message.path = path;
	message.headers = headers;
	message.nheaders = nheaders;
	if (glue_sigv4_canonical_request(signer, &message, canonical,
									 sizeof(canonical)) == 0)
		return NULL;
	while (line-- > 0)
		text = strchr(text, '\n') + 1;

	*strchr(text, '\n') = '\0';
	return text;
}

static void
test_paths(void)
{
	static const char *const paths[][2] = {
		{"", "/"},
		{"/", "/"},
		{"//", "/"},
		{"/.", "/"},
		{"/./", "/"},
		{"/..", "/"},
		{"/../..", "/"},
		{"/custom", "/custom"},
		{"/custom/", "/custom/"},
		{"custom", "/custom"},
		{"//a//b//", "/a/b/"},
		{"/a/./b", "/a/b"},
		{"/a/../b", "/b"},
		{"/a/..", "/"},
		{"/a/../", "/"},
		{"/a/b/../..", "/"},
		{"/a/b/../../..", "/"},
		{"/a/b/../c/", "/a/c/"},
		{"/a/.", "/a"},
		{"/.../..a/a..", "/.../..a/a.."},
		{"/-._~", "/-._~"},
		{"/a b", "/a%20b"},
		{"/a%20b", "/a%2520b"},
		{"/%2e%2e/a", "/%252e%252e/a"},
		{"/caf\xc3\xa9", "/caf%C3%A9"},
		{"/!$&'()*+,;=:@", "/%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40"},
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		is_str(canonical_line(paths[i][0], glue_headers, 5, 1), paths[i][1],
			   paths[i][0]);
}

static void
test_header_values(void)
{
	static const char *const values[][2] = {
		{"value", "h:value"},
		{"", "h:"},
		{"   ", "h:"},
		{" value ", "h:value"},
		{"\t value\t \t", "h:value"},
		{"a   b \t c", "h:a b c"},
		{"\"a   b   c\"", "h:\"a b c\""},
		{"one\n  two\n     three", "h:one two three"},
		{"one\r\n two", "h:one two"},
		{"a,b ,  c", "h:a,b , c"},
		{"caf\xc3\xa9", "h:caf\xc3\xa9"},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
	{
		GlueSigv4Header header = {"h", values[i][0]};

		is_str(canonical_line("/", &header, 1, 3), values[i][1],
			   "a header's value is normalised");
	}
}

static void
test_header_order(void)
{
	static const GlueSigv4Header headers[] = {
		{"x-amz-meta-a-b", "1"},
		{"my-header", "second"},
		{"x-amz-meta-a", "2"},
		{"host", "h"},
		{"my-header", " first "},
		{"my-header", ""},
	};
	GlueSigv4Header many[17];

	is_str(canonical_line("/", headers, 6, 3), "host:h", "host comes first");
	is_str(canonical_line("/", headers, 6, 4), "my-header:second,first,",
		   "values of a repeated header keep their order");
	is_str(canonical_line("/", headers, 6, 5), "x-amz-meta-a:2",
		   "a name comes before a longer one");
	is_str(canonical_line("/", headers, 6, 6), "x-amz-meta-a-b:1",
		   "and not after it, as the colon's code would have it");
	is_str(canonical_line("/", headers, 6, 8),
		   "host;my-header;x-amz-meta-a;x-amz-meta-a-b",
		   "each name is listed once");

	for (int i = 0; i < 17; i++)
		many[i] = headers[0];
	ok(canonical_line("/", many, 16, 0) != NULL, "16 headers");
	ok(canonical_line("/", many, 17, 0) == NULL, "17 headers are too many");
}

/*
 * Each stage must work in a buffer of exactly the right size, and fail in any
 * smaller one without writing past it.
 */
static void
test_buffer_sizes(void)
{
	size_t		size = sizeof(glue_canonical);
	char	   *buffer = malloc(size);
	bool		refused = true;

	is_int(glue_sigv4_canonical_request(signer, &glue_request, buffer, size),
		   size - 1, "a canonical request that just fits");
	for (size_t less = 0; less < size; less++)
	{
		char	   *small = malloc(less);

		if (glue_sigv4_canonical_request(signer, &glue_request,
										 small, less) != 0)
			refused = false;
		free(small);
	}
	ok(refused, "no smaller buffer takes a canonical request");

	size = sizeof(glue_string_to_sign);
	is_int(glue_sigv4_string_to_sign(signer, &glue_request, glue_canonical,
									 sizeof(glue_canonical) - 1,
									 buffer, size),
		   size - 1, "a string to sign that just fits");
	is_int(glue_sigv4_string_to_sign(signer, &glue_request, glue_canonical,
									 sizeof(glue_canonical) - 1,
									 buffer, size - 1),
		   0, "a string to sign that does not fit");

	size = sizeof(glue_authorization);
	ok(glue_sigv4_authorization(signer, &glue_request, ACCESS_KEY, SECRET,
								buffer, size),
	   "an authorization that just fits");
	ok(!glue_sigv4_authorization(signer, &glue_request, ACCESS_KEY, SECRET,
								 buffer, size - 1),
	   "an authorization that does not fit");
	is_str(buffer, "", "leaves an empty buffer");
	ok(!glue_sigv4_authorization(signer, &glue_request, ACCESS_KEY, SECRET,
								 buffer, 0), "a buffer of no size");
	free(buffer);
}

/*
 * Sign glue_request with another session token.
 */
static bool
sign_with_token(const char *token)
{
	GlueSigv4Message message = glue_request;
	GlueSigv4Header headers[5];
	char		authorization[512];

	memcpy(headers, glue_headers, sizeof(headers));
	headers[2].value = token;
	message.headers = headers;
	return glue_sigv4_authorization(signer, &message, ACCESS_KEY, SECRET,
									authorization, sizeof(authorization));
}

static void
test_long_tokens(void)
{
	char	   *token = malloc(20000);

	memset(token, 't', 20000);
	token[12 * 1024] = '\0';
	ok(sign_with_token(token), "a session token of 12 KiB");
	token[12 * 1024] = 't';
	token[19999] = '\0';
	ok(!sign_with_token(token), "a session token of 20 KB is refused");
	free(token);
}

/*
 * Nothing that goes into the header may end it, or the part that it is in.
 */
static void
test_refused_credentials(void)
{
	static const char *const keys[] = {
		"", "AKID EXAMPLE", "AKID\r\nX-Evil: 1", "AKID/EXAMPLE",
		"AKID,EXAMPLE", "AKID\x7f", "AKID\xc3\xa9"
	};
	static const char *const dates[] = {
		"", "20261122", "20261122T101500", "20261122T101500Z ",
		"2026-11-22T10:15", "20261122t101500Z", "2026112xT101500Z"
	};
	GlueSigv4Message message = glue_request;
	char		authorization[512];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
	{
		strcpy(authorization, "old");
		ok(!glue_sigv4_authorization(signer, &message, keys[i], SECRET,
									 authorization, sizeof(authorization)),
		   "a malformed access key ID is refused");
		is_str(authorization, "", "and nothing is written");
	}
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
	{
		message.amz_date = dates[i];
		ok(!glue_sigv4_authorization(signer, &message, ACCESS_KEY, SECRET,
									 authorization, sizeof(authorization)),
		   "a malformed time is refused");
	}
	message = glue_request;
	message.region = "eu/central";
	ok(!glue_sigv4_authorization(signer, &message, ACCESS_KEY, SECRET,
								 authorization, sizeof(authorization)),
	   "a malformed region is refused");
	message = glue_request;
	message.service = "";
	ok(!glue_sigv4_authorization(signer, &message, ACCESS_KEY, SECRET,
								 authorization, sizeof(authorization)),
	   "an empty service is refused");
}

/*
 * Our copies of secrets are cleansed; the contents of OpenSSL's contexts are
 * OpenSSL's responsibility.
 */
static void
test_cleansing(void)
{
	static const char origin[] = SECRET "\0" "20261122" "eu-central-1\0" "glue";
	GlueSigv4Signer *own = glue_sigv4_signer_new();
	unsigned char key[GLUE_SIGV4_KEY_LEN];
	unsigned char key_origin[SHA256_DIGEST_LENGTH];
	char		authorization[512];

	watch_cleansing("AWS4" SECRET, strlen("AWS4" SECRET));
	glue_sigv4_derive_key(own, SECRET, "20261122", "eu-central-1", "glue",
						  key);
	ok(was_cleansed(), "the secret is cleansed");

	watch_cleansing(key, sizeof(key));
	glue_sigv4_authorization(own, &glue_request, ACCESS_KEY, SECRET,
							 authorization, sizeof(authorization));
	ok(was_cleansed(), "the key is cleansed once OpenSSL has it");

	watch_cleansing(TOKEN, strlen(TOKEN));
	glue_sigv4_authorization(own, &glue_request, ACCESS_KEY, SECRET,
							 authorization, sizeof(authorization));
	ok(was_cleansed(), "the session token is cleansed");

	SHA256((const unsigned char *) origin, sizeof(origin), key_origin);
	watch_cleansing(key_origin, sizeof(key_origin));
	glue_sigv4_signer_free(own);
	ok(was_cleansed(), "the origin of the key is cleansed with the signer");

	glue_sigv4_signer_free(NULL);
}

int
main(void)
{
	signer = glue_sigv4_signer_new();
	if (!ok(signer != NULL, "a signer is made"))
		return tap_done();

	test_stages();
	test_keys();
	test_key_cache();
	test_published_examples();
	test_paths();
	test_header_values();
	test_header_order();
	test_buffer_sizes();
	test_long_tokens();
	test_refused_credentials();
	test_cleansing();

	glue_sigv4_signer_free(signer);
	return tap_done();
}
