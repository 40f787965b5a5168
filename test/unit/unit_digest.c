/*-------------------------------------------------------------------------
 *
 * unit_digest.c
 *	  Tests of glue/digest.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_digest.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/digest.h"

#include <stdlib.h>
#include <string.h>

#include "cleansed.h"
#include "glue/redact.h"
#include "tap.h"
#include "text/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PROPERTIES(members) "{\"ConnectionProperties\":{" members "}}"
#define TOKEN "ghp_1234567890abcdefghijklmnopqrstuvwx12"
#define AUTH(members) "{\"AuthenticationConfiguration\":{" members "}}"

static const unsigned char a_key[GLUE_SECRET_KEY_LEN] = "a key of 32 bytes, or nearly so";
static const unsigned char another_key[GLUE_SECRET_KEY_LEN] = "another one";

/* two definitions, and whether their secrets are the same */
typedef struct DigestCase
{
	const char *a;
	const char *b;
	GlueSecretChange change;
} DigestCase;

static const DigestCase cases[] = {
	/* other values do not count */
	{"{}", "null", GLUE_SECRETS_SAME},
	{"{}", "{\"Name\":\"a\",\"Description\":\"b\"}", GLUE_SECRETS_SAME},
	{PROPERTIES("\"USERNAME\":\"a\",\"PASSWORD\":\"p\""),
	PROPERTIES("\"USERNAME\":\"b\",\"PASSWORD\":\"p\""), GLUE_SECRETS_SAME},
	{PROPERTIES("\"SECRET_ID\":\"a\""), PROPERTIES("\"SECRET_ID\":\"b\""),
	GLUE_SECRETS_SAME},
	{PROPERTIES("\"PASSWORD\":\"p\""),
		"{\"Name\":\"a\",\"ConnectionProperties\":{\"PASSWORD\":\"p\"},"
		"\"SparkProperties\":{\"a\":\"b\"},\"MatchCriteria\":[\"x\"],"
	"\"ValidateCredentials\":true}", GLUE_SECRETS_SAME},

	/* secrets do */
	{PROPERTIES("\"PASSWORD\":\"p\""), PROPERTIES("\"PASSWORD\":\"q\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":\"p\""), PROPERTIES("\"PASSWORD\":\"P\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":\"p\""), "{}", GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":\"p\""),
		PROPERTIES("\"PASSWORD\":\"p\",\"ENCRYPTED_PASSWORD\":\"q\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":\"a\\\"b\""),
	PROPERTIES("\"PASSWORD\":\"a\\\\\\\"b\""), GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":\"a\\\"b\""),
		PROPERTIES("\"PASSWORD\":\"a\\\"b\",\"A_TOKEN\":\"a\\\\\\\"b\","
				   "\"B_TOKEN\":\"a\\\\\\\\\\\\\\\"b\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":\"\\u00e9\""),
	PROPERTIES("\"PASSWORD\":\"\xc3\xa9\""), GLUE_SECRETS_SAME},

	/* the order of members does not, at any depth */
	{PROPERTIES("\"PASSWORD\":\"p\",\"A_TOKEN\":\"t\""),
		PROPERTIES("\"A_TOKEN\":\"t\",\"PASSWORD\":\"p\""),
	GLUE_SECRETS_SAME},
	{"{\"SparkProperties\":{\"sfPassword\":\"p\"},"
		"\"ConnectionProperties\":{\"PASSWORD\":\"q\"}}",
		"{\"ConnectionProperties\":{\"PASSWORD\":\"q\"},"
	"\"SparkProperties\":{\"sfPassword\":\"p\"}}", GLUE_SECRETS_SAME},
	{AUTH("\"CustomAuthenticationCredentials\":{\"a\":\"1\",\"b\":\"2\"}"),
		AUTH("\"CustomAuthenticationCredentials\":{\"b\":\"2\",\"a\":\"1\"}"),
	GLUE_SECRETS_SAME},

	/* where a secret is counts, for the rest of the definition need not show */
	{PROPERTIES("\"PASSWORD\":\"p\",\"A_TOKEN\":\"t\""),
		PROPERTIES("\"PASSWORD\":\"t\",\"A_TOKEN\":\"p\""),
	GLUE_SECRETS_CHANGED},
	{AUTH("\"CustomAuthenticationCredentials\":{\"a\":\"1\",\"b\":\"2\"}"),
		AUTH("\"CustomAuthenticationCredentials\":{\"a\":\"2\",\"b\":\"1\"}"),
	GLUE_SECRETS_CHANGED},
	{AUTH("\"CustomAuthenticationCredentials\":{\"a\":\"1\"}"),
		AUTH("\"CustomAuthenticationCredentials\":{\"c\":\"1\"}"),
	GLUE_SECRETS_CHANGED},
	{AUTH("\"OAuth2Properties\":{\"OAuth2Credentials\":"
		  "{\"AccessToken\":\"a\",\"RefreshToken\":\"b\"}}"),
		AUTH("\"OAuth2Properties\":{\"OAuth2Credentials\":"
			 "{\"AccessToken\":\"b\",\"RefreshToken\":\"a\"}}"),
	GLUE_SECRETS_CHANGED},
	{AUTH("\"OAuth2Properties\":{\"TokenUrlParametersMap\":{\"password\":\"1\"}}"),
		AUTH("\"OAuth2Properties\":{\"TokenUrlParametersMap\":{\"password\":\"2\"}}"),
	GLUE_SECRETS_CHANGED},
	{AUTH("\"BasicAuthenticationCredentials\":{\"Username\":\"u\","
		  "\"Password\":\"p\"}"),
		AUTH("\"BasicAuthenticationCredentials\":{\"Username\":\"v\","
			 "\"Password\":\"p\"}"),
	GLUE_SECRETS_SAME},
	{"{\"SparkProperties\":{\"token\":\"p\"}}",
	"{\"PythonProperties\":{\"token\":\"p\"}}", GLUE_SECRETS_CHANGED},

	/* empty values are no secrets */
	{PROPERTIES("\"PASSWORD\":\"\""), "{}", GLUE_SECRETS_SAME},
	{PROPERTIES("\"PASSWORD\":null,\"A_TOKEN\":{},\"B_TOKEN\":[]"), "{}",
	GLUE_SECRETS_SAME},
	{PROPERTIES("\"PASSWORD\":\"p\",\"A_TOKEN\":\"\""),
	PROPERTIES("\"PASSWORD\":\"p\""), GLUE_SECRETS_SAME},
	{AUTH("\"CustomAuthenticationCredentials\":{\"a\":\"\"}"), "{}",
	GLUE_SECRETS_SAME},

	/* every type of JSON */
	{PROPERTIES("\"PASSWORD\":1"), PROPERTIES("\"PASSWORD\":2"),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":1"), PROPERTIES("\"PASSWORD\":2"),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":[\"a\",\"b\"]"),
	PROPERTIES("\"PASSWORD\":[\"b\",\"a\"]"), GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":[\"a\",[\"b\"]]"),
	PROPERTIES("\"PASSWORD\":[[\"a\"],\"b\"]"), GLUE_SECRETS_CHANGED},
	{"[{\"PASSWORD\":\"a\"},{\"PASSWORD\":\"b\"}]",
	"[{\"PASSWORD\":\"b\"},{\"PASSWORD\":\"a\"}]", GLUE_SECRETS_CHANGED},
	{"[{\"PASSWORD\":\"a\"},1]", "[2,{\"PASSWORD\":\"a\"}]", GLUE_SECRETS_SAME},
	{"\"x\"", "{\"ConnectionProperties\":\"y\"}", GLUE_SECRETS_SAME},

	/* credentials in a URL, and nothing else of it */
	{PROPERTIES("\"U\":\"//u:p@h/d\""), PROPERTIES("\"U\":\"//v:p@i/e\""),
	GLUE_SECRETS_SAME},
	{PROPERTIES("\"U\":\"//u:p@h/d\""), PROPERTIES("\"U\":\"//u:q@h/d\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"U\":\"//u:p@h/d?token=q\""),
	PROPERTIES("\"U\":\"//u:q@h/d?token=p\""), GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"U\":\"//u:${password}@h\""), "{}", GLUE_SECRETS_SAME},
	{"\"//u:p@h\"", "\"//u:q@h\"", GLUE_SECRETS_CHANGED},
	{AUTH("\"OAuth2Properties\":{\"TokenUrl\":\"https://u:p@h\"}"),
		AUTH("\"OAuth2Properties\":{\"TokenUrl\":\"https://u:q@h\"}"),
	GLUE_SECRETS_CHANGED},

	/* strings of JSON, as JSON */
	{PROPERTIES("\"S\":\"{\\\"sfPassword\\\":\\\"p\\\",\\\"url\\\":1}\""),
		PROPERTIES("\"S\":\"{ \\\"url\\\":2, \\\"sfPassword\\\" : "
				   "\\\"\\\\u0070\\\"}\""), GLUE_SECRETS_SAME},
	{PROPERTIES("\"S\":\"{\\\"sfPassword\\\":\\\"p\\\"}\""),
		PROPERTIES("\"S\":\"{\\\"sfPassword\\\":\\\"q\\\"}\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"S\":\"{\\\"a_token\\\":\\\"p\\\","
				"\\\"b_token\\\":\\\"q\\\"}\""),
		PROPERTIES("\"S\":\"{\\\"a_token\\\":\\\"q\\\","
				   "\\\"b_token\\\":\\\"p\\\"}\""), GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"S\":\"{\\\"url\\\":\\\"//u:p@h\\\"}\""),
		PROPERTIES("\"S\":\"{\\\"url\\\":\\\"//u:q@h\\\"}\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"S\":\"{\\\"sfPassword\\\":1}\""),
		PROPERTIES("\"S\":\"{\\\"sfPassword\\\":2}\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"S\":\"\\\"" TOKEN "\\\"\""),
	PROPERTIES("\"S\":[\"" TOKEN "\"]"), GLUE_SECRETS_SAME},
	{PROPERTIES("\"S\":\"{sfPassword: p}\""),
	PROPERTIES("\"S\":\"{sfPassword: q}\""), GLUE_SECRETS_CHANGED},

	/* secrets by their form, and other values */
	{PROPERTIES("\"H\":\"Bearer a1b2c3\""), PROPERTIES("\"H\":\"Bearer a1b2c4\""),
	GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"redis-endpoint\":\"h:1:p\""),
	PROPERTIES("\"redis-endpoint\":\"h:1:q\""), GLUE_SECRETS_CHANGED},
	{PROPERTIES("\"PASSWORD\":\"${a}\",\"secret_name\":\"a\""), "{}",
	GLUE_SECRETS_SAME},

	/* values that were already redacted are ignored */
	{PROPERTIES("\"PASSWORD\":\"********\""), "{}", GLUE_SECRETS_SAME},
};

static json_object *
parse(const char *text)
{
	return glue_json_tree_parse(text, strlen(text));
}

static GlueSecretDigest
digest_of(json_object *tree, const unsigned char *key)
{
	json_object *redacted = glue_redact_copy(tree);
	GlueSecretDigest digest;

	memset(&digest, 0, sizeof(digest));
	ok(glue_secret_digest(tree, redacted, key, &digest), "a digest was made");
	glue_json_tree_free(redacted);
	return digest;
}

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++)
	{
		json_object *a = parse(cases[i].a);
		json_object *b = parse(cases[i].b);
		GlueSecretDigest digest = digest_of(a, a_key);
		GlueSecretDigest other = digest_of(b, a_key);
		GlueSecretDigest again = digest_of(a, a_key);

		is_int(glue_secret_digest_compare(&digest, &other), cases[i].change,
			   cases[i].a);
		is_int(glue_secret_digest_compare(&other, &digest), cases[i].change,
			   "the other way round");
		is_int(glue_secret_digest_compare(&digest, &again), GLUE_SECRETS_SAME,
			   "and the same again");
		glue_json_tree_free(a);
		glue_json_tree_free(b);
	}
}

/*
 * A digest identifies its key, and reveals nothing of it.
 */
static void
test_keys(void)
{
	json_object *tree = parse(PROPERTIES("\"PASSWORD\":\"p\""));
	GlueSecretDigest digest = digest_of(tree, a_key);
	GlueSecretDigest other = digest_of(tree, another_key);
	GlueSecretDigest none = digest_of(NULL, a_key);

	is_int(glue_secret_digest_compare(&digest, &other),
		   GLUE_SECRETS_INCOMPARABLE, "another key");
	ok(memcmp(digest.mac, other.mac, sizeof(digest.mac)) != 0,
	   "makes another digest");
	is_int(glue_secret_digest_compare(&digest, &none), GLUE_SECRETS_CHANGED,
		   "the same key");
	ok(memcmp(digest.key_id, none.key_id, sizeof(digest.key_id)) == 0,
	   "is known to be the same, for any secrets");
	ok(memcmp(digest.key_id, a_key, sizeof(digest.key_id)) != 0,
	   "but not disclosed");
	glue_json_tree_free(tree);
}

/*
 * The definition stays as it is, and every copy of a secret is wiped.
 */
static void
test_wiping(void)
{
	static const char secret[] = "XYZZY of some length, so that it is found";
	json_object *tree = json_object_new_object();
	json_object *map = json_object_new_object();
	char		before[512];
	char		after[512];

	json_object_object_add(tree, "PASSWORD", json_object_new_string(secret));
	json_object_object_add(map, "a", json_object_new_string(secret));
	json_object_object_add(tree, "CustomAuthenticationCredentials", map);
	glue_json_tree_write(tree, before, sizeof(before));
	watch_cleansing(secret, strlen(secret));
	digest_of(tree, a_key);
	glue_json_tree_write(tree, after, sizeof(after));
	is_str(after, before, "the definition is as it was");

	/* two in the redacted copy, two in the secret parts, two in their text */
	is_int(was_cleansed(), 6, "all copies are wiped");
	json_object_put(tree);
}

int
main(void)
{
	test_cases();
	test_keys();
	test_wiping();
	return tap_done();
}
