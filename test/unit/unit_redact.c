/*-------------------------------------------------------------------------
 *
 * unit_redact.c
 *	  Unit test of redact.c and of the files below it, from secret_name.c to
 *	  needles.c.  See also unit_secret_forms.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_redact.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/redact.h"
#include "glue/redact_key.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"
#include "text/json.h"

/* the longest that any test may take on a slow machine, in seconds */
#define PATIENCE 5

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* a tree or text, and its redacted form; NULL if it is unchanged */
typedef struct RedactCase
{
	const char *before;
	const char *after;
} RedactCase;

/* values of one property, as they are and redacted */
static const RedactCase value_cases[] = {
	/* user information of URLs */
	{"jdbc:postgresql://u:p@h:5432/d", "jdbc:postgresql://u:********@h:5432/d"},
	{"https://u:p%40q@h", "https://u:********@h"},
	{"//u:p@q@h/d", "//u:********@h/d"},
	{"//u:p/q@h/d", "//u:********@h/d"},
	{"//u:p#q@h/d", "//u:********@h/d"},
	{"//u:p?q@h/d", "//u:********@h/d"},
	{"//u:p;q@h/d?x=y@z", "//u:********@h/d?x=y@z"},
	{"//u:abc==@h/d", "//u:********@h/d"},
	{"//u:a/b=c@h/d", "//u:********"},
	{"mongodb://u:p@h1:1,h2:2/d", "mongodb://u:********@h1:1,h2:2/d"},
	{"a //u:p@h b //v:q@i", "a //u:********@h b //v:********@i"},
	{"//:p@h", "//:********@h"},
	{"//u@h:5432/d", NULL},
	{"//u:@h", NULL},
	{"//h:5432/d?user=a@b", NULL},
	{"//h1:1,h2:2/d?user=a@b", NULL},
	{"//[::1]:5432/d?user=a@b", NULL},
	{"//h:${port}/d?user=a@b", NULL},
	{"//u:${password}@h", NULL},
	{"//u:********@h", NULL},
	{"s3://bucket/a:b/c", NULL},
	{"https://x.my.salesforce.com", NULL},

	/* parameters */
	{"//h/d?user=a&password=b&ssl=true",
	"//h/d?user=a&password=********&ssl=true"},
	{"//h/d?password=b;c", "//h/d?password=********"},
	{"//h/d?PassWord=b#c", "//h/d?PassWord=********"},
	{"//h/d?pass%77ord=b", "//h/d?pass%77ord=********"},
	{"//h/d?%50%57%44=b&x=y", "//h/d?%50%57%44=********&x=y"},
	{"//h?next=http%3A%2F%2Fi%3Ftoken%3Dabc%26x%3Dy&z=1",
	"//h?next=http%3A%2F%2Fi%3Ftoken%3D********%26x%3Dy&z=1"},
	{"//h:1433;user=a;password=b&c;encrypt=true",
	"//h:1433;user=a;password=********;encrypt=true"},
	{"//h:1433;user=me@corp;password=p@q",
	"//h:1433;user=me@corp;password=********"},
	{"//h;password={a;b}}c};x=y", "//h;password=********;x=y"},
	{"//h;password=my pass;x=y", "//h;password=********;x=y"},
	{"//h;password=\"a;b\";x=y", "//h;password=\"********\";x=y"},
	{"//h;password=\"a\"b;x=y", "//h;password=********;x=y"},
	{"jdbc:db2://h:50000/d:user=x;password=y;",
	"jdbc:db2://h:50000/d:user=x;password=********;"},
	{"jdbc:mysql://address=(host=h)(password=p)(port=1)",
	"jdbc:mysql://address=(host=h)(password=********)(port=1)"},
	{"host=h password=a user=x", "host=h password=******** user=x"},
	{"host=h password = 'a b' user=x", "host=h password = '********' user=x"},
	{"Server=h;Password=p;Database=d", "Server=h;Password=********;Database=d"},
	{"Password=p&w;Server=h", "Password=********;Server=h"},
	{"pwd=a", "pwd=********"},
	{"x=1;pwd=", NULL},
	{"AccountName=n;AccountKey=abc==;EndpointSuffix=s",
	"AccountName=n;AccountKey=********;EndpointSuffix=s"},
	{"https://b/c?sv=1&sig=abc%3D&se=2", "https://b/c?sv=1&sig=********&se=2"},
	{"?client_secret=a", "?client_secret=********"},
	{"?api-key=a", "?api-key=********"},
	{"?access.token=a", "?access.token=********"},
	{"?pass=a", "?pass=********"},
	{"?db_pass=a", "?db_pass=********"},
	{"?bypass=a", NULL},
	{"?secretId=a&secret_arn=b", NULL},
	{"?password=${password}&user=${user}", NULL},
	{"?password=${password}x", "?password=********"},
	{"?password=${", "?password=********"},
	{"?password=********&x=y", NULL},
	{"?password=********x", "?password=********"},
	{"password", NULL},
	{"password=", NULL},
	{"=a", NULL},
	{"arn:aws:secretsmanager:us-east-1:1:secret:my-secret", NULL},

	/* Oracle */
	{"jdbc:oracle:thin:scott/tiger@//h:1521/s",
	"jdbc:oracle:thin:scott/********@//h:1521/s"},
	{"jdbc:ORACLE:oci8:scott/ti@ger@h:1521:sid",
	"jdbc:ORACLE:oci8:scott/********@h:1521:sid"},
	{"jdbc:oracle:thin:scott/ti/ger@h?x=y@z",
	"jdbc:oracle:thin:scott/********@h?x=y@z"},
	{"jdbc:oracle:thin:scott/t?ger@h", "jdbc:oracle:thin:scott/********@h"},
	{"jdbc:oracle:thin:scott/t@(DESCRIPTION=(ADDRESS=(HOST=h)))",
	"jdbc:oracle:thin:scott/********@(DESCRIPTION=(ADDRESS=(HOST=h)))"},
	{"jdbc:oracle:thin:@//h:1521/s", NULL},
	{"jdbc:oracle:thin://@h:1521/s", NULL},
	{"jdbc:oracle:thin:///@h:1521/s", "jdbc:oracle:thin:/********@h:1521/s"},
	{"jdbc:oracle:thin:/@alias", NULL},
	{"jdbc:oracle:thin:scott/${password}@h", NULL},

	/* fragments of JSON, and headers */
	{"x \"password\": \"a\\\"b\" y", "x \"password\": \"********\" y"},
	{"x \"password\" : 12, y", "x \"password\" : ********, y"},
	{"x \\\"password\\\":\\\"a\\\\\\\"b\\\",",
	"x \\\"password\\\":\\\"********\\\","},
	{"x \"credentials\": {\"a\": 1} y", "x \"credentials\": ********"},
	{"x \"password\": null, \"secretId\": \"a\", \"credentials\": {}", NULL},
	{"Authorization: Bearer abc", "Authorization: ********"},
	{"x-amz-security-token:FwoG\nhost:x",
	"x-amz-security-token:********\nhost:x"},
	{"password: see the runbook", NULL},
	{"Invalid token: abc", NULL},
	{"the secret: see above, please", NULL},
	{"a\npassword: b c\nd", "a\npassword: ********\nd"},
	{"(user: u, password: p)", "(user: u, password: ********)"},
	{"?u=${token:x}", NULL},
	{"token://h/x", NULL},
	{"a; token: see the page", NULL},
	{"password:\n  a\nb: c", "password:\n  ********\nb: c"},
	{"<entry key=\"password\">a</entry>", "<entry key=\"password\">********</entry>"},
	{"ApiKey a1b2c3d4e5f6==", "ApiKey ********"},
	{"a token a1, b", NULL},

	/* logins without a URL, and texts that only look like one */
	{"u:p@h:1/d", "u:********@h:1/d"},
	{"u/p@h:1/d", "u/********@h:1/d"},
	{"mailto:u@h", NULL},
	{"u:p@h", NULL},
	{"repo/image@sha256:0123abcd", NULL},
	{"jdbc:x:p@h:1", NULL},
	{"oracle://jdbc:oracle:thin:u/p@h:1:s", "oracle://jdbc:oracle:thin:u/********@h:1:s"},
	{"//jdbc:mysql:p@h", "//jdbc:********@h"},

	/* forms */
	{"Basic dTpw", "Basic ********"},
	{"Basic plan, Bearer token", NULL},
	{"x Bearer a.b-c1", "x Bearer ********"},
	{"no sk_live_abcdefghijkl here", NULL},
	{"task_live_a1b2c3d4e5f6", NULL},
	{"-----BEGIN CERTIFICATE-----\nPRIVATE", NULL},
	{"-----BEGIN PRIVATE KEY-----\nabc", "********"},
	{"a -----BEGIN PRIVATE KEY-----\na\n-----END PRIVATE KEY----- b", "a ******** b"},
	{"eyJhIjoxfQ", NULL},
	{"eyJhIjoxLCJiIjoyfQ==", "********"},

	/* values that are none, though their names are secrets' */
	{"?private_key=/a/b.pem&x=y", NULL},
	{"?private_key=abc/def+ghi=", "?private_key=********"},
	{"?private_key=/Aa1bcdefghijklmnopqr/x", "?private_key=********"},
	{"?password=/a/b.pem", "?password=********"},
	{"?max_tokens=12&password=12", "?max_tokens=12&password=********"},
	{"?secret=arn:aws:secretsmanager:us-east-1:1:secret:a", NULL},
	{"?credentials=com.example.Provider", NULL},
	{"?credentials=eyJhbGci.eyJzdWIi.Sfl", "?credentials=********"},
	{"?password={{resolve:secretsmanager:a}}", NULL},
};

static json_object *
parse(const char *text)
{
	json_object *tree = glue_json_tree_parse(text, strlen(text));

	if (tree == NULL)
		printf("Bail out! no JSON: %s\n", text);
	return tree;
}

/*
 * Redact a tree and return its form.  Checks the properties of every redacted
 * tree.
 */
static void
check_tree(json_object *tree, const char *after, const char *name)
{
	static char found[65536];
	static char again[65536];
	bool		changes;

	glue_json_tree_write(tree, again, sizeof(again));
	changes = glue_redact_has_secret(tree);
	ok(glue_redact_tree(tree), "there was memory");
	glue_json_tree_write(tree, found, sizeof(found));
	is_str(found, after != NULL ? after : again, name);
	ok(changes == (strcmp(found, again) != 0), "has_secret() knew");
	ok(!glue_redact_has_secret(tree), "has_secret() knows");
	glue_redact_tree(tree);
	glue_json_tree_write(tree, again, sizeof(again));
	is_str(again, found, "twice is the same");
}

static void
check_json(const char *before, const char *after)
{
	json_object *tree = parse(before);

	check_tree(tree, after, before);
	glue_json_tree_free(tree);
}

static void
test_values(void)
{
	for (size_t i = 0; i < COUNT(value_cases); i++)
	{
		const RedactCase *c = &value_cases[i];
		json_object *tree = json_object_new_object();
		json_object *expected = json_object_new_object();
		char		after[1024];

		json_object_object_add(tree, "URL", json_object_new_string(c->before));
		json_object_object_add(expected, "URL",
							   json_object_new_string(c->after != NULL ?
													  c->after : c->before));
		glue_json_tree_write(expected, after, sizeof(after));
		check_tree(tree, after, after);
		glue_json_tree_free(tree);
		glue_json_tree_free(expected);
	}
}

/*
 * Every place that AWS's model marks, or that AWS documents, is redacted under
 * any root.
 */
static void
test_places(void)
{
	/* the text before the input, and after it */
	static const RedactCase roots[] = {
		{"", ""},
		{"{\"ConnectionInput\":", ",\"Tags\":{\"a\":\"b\"}}"},
		{"{\"TestConnectionInput\":", "}"},
		{"{\"Connection\":", "}"},
		{"{\"ConnectionList\":[", ",{}]}"},
		{"[[", "]]"},
	};
	static const RedactCase cases[] = {
		{"{\"AuthenticationConfiguration\":{\"AuthenticationType\":\"BASIC\","
			"\"BasicAuthenticationCredentials\":"
			"{\"Username\":\"u\",\"Password\":\"p\"}}}",
			"{\"AuthenticationConfiguration\":{\"AuthenticationType\":\"BASIC\","
			"\"BasicAuthenticationCredentials\":"
		"{\"Username\":\"u\",\"Password\":\"********\"}}}"},
		{"{\"AuthenticationConfiguration\":"
			"{\"CustomAuthenticationCredentials\":{\"a\":\"b\"},"
			"\"SecretArn\":\"arn\",\"KmsKeyArn\":\"arn\"}}",
			"{\"AuthenticationConfiguration\":"
			"{\"CustomAuthenticationCredentials\":\"********\","
		"\"SecretArn\":\"arn\",\"KmsKeyArn\":\"arn\"}}"},
		{"{\"OAuth2Properties\":{\"OAuth2ClientApplication\":"
			"{\"UserManagedClientApplicationClientId\":\"id\"},"
			"\"AuthorizationCodeProperties\":"
			"{\"AuthorizationCode\":\"c\",\"RedirectUri\":\"https://r\"},"
			"\"OAuth2Credentials\":{\"AccessToken\":\"a\","
			"\"RefreshToken\":\"b\",\"JwtToken\":\"c\","
			"\"UserManagedClientApplicationClientSecret\":\"d\"},"
			"\"TokenUrl\":\"https://u:p@h/?x=y\","
			"\"TokenUrlParametersMap\":{\"a\":\"b\"}}}",
			"{\"OAuth2Properties\":{\"OAuth2ClientApplication\":"
			"{\"UserManagedClientApplicationClientId\":\"id\"},"
			"\"AuthorizationCodeProperties\":{\"AuthorizationCode\":"
			"\"********\",\"RedirectUri\":\"https://r\"},"
			"\"OAuth2Credentials\":{\"AccessToken\":\"********\","
			"\"RefreshToken\":\"********\",\"JwtToken\":\"********\","
			"\"UserManagedClientApplicationClientSecret\":\"********\"},"
			"\"TokenUrl\":\"https://u:********@h/?x=y\","
		"\"TokenUrlParametersMap\":{\"a\":\"b\"}}}"},
		{"{\"ConnectionProperties\":{\"PASSWORD\":\"p\",\"USERNAME\":\"u\","
			"\"ENCRYPTED_PASSWORD\":\"p\",\"KAFKA_SASL_PLAIN_USERNAME\":\"u\","
			"\"KAFKA_CLIENT_KEYSTORE\":\"s3://a/b\","
			"\"KAFKA_CLIENT_KEYSTORE_PASSWORD\":\"p\","
			"\"KAFKA_SASL_SCRAM_SECRETS_ARN\":\"arn\",\"SECRET_ID\":\"s\","
			"\"SKIP_CUSTOM_JDBC_CERT_VALIDATION\":\"true\","
			"\"CUSTOM_JDBC_CERT_STRING\":\"CN=x\"},\"ValidateCredentials\":true}",
			"{\"ConnectionProperties\":{\"PASSWORD\":\"********\","
			"\"USERNAME\":\"u\",\"ENCRYPTED_PASSWORD\":\"********\","
			"\"KAFKA_SASL_PLAIN_USERNAME\":\"u\","
			"\"KAFKA_CLIENT_KEYSTORE\":\"s3://a/b\","
			"\"KAFKA_CLIENT_KEYSTORE_PASSWORD\":\"********\","
			"\"KAFKA_SASL_SCRAM_SECRETS_ARN\":\"arn\",\"SECRET_ID\":\"s\","
			"\"SKIP_CUSTOM_JDBC_CERT_VALIDATION\":\"true\","
		"\"CUSTOM_JDBC_CERT_STRING\":\"CN=x\"},\"ValidateCredentials\":true}"},
	};

	for (size_t i = 0; i < COUNT(roots); i++)
	{
		for (size_t j = 0; j < COUNT(cases); j++)
		{
			char		before[2048];
			char		after[2048];

			snprintf(before, sizeof(before), "%s%s%s", roots[i].before,
					 cases[j].before, roots[i].after);
			snprintf(after, sizeof(after), "%s%s%s", roots[i].before,
					 cases[j].after, roots[i].after);
			check_json(before, after);
		}
	}
}

static void
test_keys(void)
{
	static const char *const secret[] = {
		"PASSWORD", "password", "ENCRYPTED_PASSWORD",
		"KAFKA_CLIENT_KEYSTORE_PASSWORD", "KAFKA_CLIENT_KEY_PASSWORD",
		"KAFKA_SASL_PLAIN_PASSWORD", "KAFKA_SASL_SCRAM_PASSWORD",
		"ENCRYPTED_KAFKA_CLIENT_KEYSTORE_PASSWORD",
		"ENCRYPTED_KAFKA_CLIENT_KEY_PASSWORD",
		"ENCRYPTED_KAFKA_SASL_PLAIN_PASSWORD",
		"ENCRYPTED_KAFKA_SASL_SCRAM_PASSWORD",
		"sfPassword", "passwd", "db.pwd", "PassPhrase", "client_secret",
		"SECRET", "sessionToken", "private_key", "privateKey", "PRIVATE-KEY",
		"pem_private_key", "aws.access.key", "AccessKey",
		"spark.cosmos.accountKey", "fs.azure.account.key.x", "apiKey",
		"API_KEY", "x-api-key", "credentials", "jwt", "shared_key",
		"Authorization", "AuthorizationCode", "authorization_code",
		"AccessToken", "RefreshToken", "JwtToken", "Password",
		"CustomAuthenticationCredentials",
		"UserManagedClientApplicationClientSecret", "pass", "user_pass",
		"SECRET_ID_X",
	};
	static const char *const plain[] = {
		"", "USERNAME", "Username", "SECRET_ID", "secretId", "SecretArn",
		"secret_arn", "KAFKA_SASL_SCRAM_SECRETS_ARN", "KmsKeyArn", "TokenUrl",
		"RedirectUri", "UserManagedClientApplicationClientId", "NextToken",
		"KAFKA_CLIENT_KEYSTORE", "KAFKA_SASL_GSSAPI_KEYTAB",
		"CUSTOM_JDBC_CERT", "CUSTOM_JDBC_CERT_STRING",
		"SKIP_CUSTOM_JDBC_CERT_VALIDATION", "BasicAuthenticationCredentials",
		"OAuth2Credentials", "ValidateCredentials", "HidePassword",
		"AuthorizationCodeProperties", "HOST", "bypass", "compass", "keyspace",
		"spark.cosmos.accountEndpoint", "TokenUrlParametersMap", "access_key_id",
	};

	for (size_t i = 0; i < COUNT(secret); i++)
		ok(glue_redact_is_secret_key(secret[i]), secret[i]);
	for (size_t i = 0; i < COUNT(plain); i++)
		ok(!glue_redact_is_secret_key(plain[i]), plain[i]);
}

/*
 * Every type of JSON at a secret's place, and where a reference should be.
 */
static void
test_types(void)
{
	check_json("{\"PASSWORD\":\"\"}", "{\"PASSWORD\":\"********\"}");
	check_json("{\"PASSWORD\":12}", "{\"PASSWORD\":\"********\"}");
	check_json("{\"PASSWORD\":1.50}", "{\"PASSWORD\":\"********\"}");
	check_json("{\"PASSWORD\":false,\"TOKEN\":\"${a}\",\"max_tokens\":12}", NULL);
	check_json("{\"SECRET_ID\":12,\"TOKEN_URL\":true}", NULL);
	check_json("{\"TokenUrlParametersMap\":\"a\"}",
			   "{\"TokenUrlParametersMap\":\"********\"}");
	check_json("{\"Name\":\"password\",\"Value\":\"a\"}",
			   "{\"Name\":\"password\",\"Value\":\"********\"}");
	check_json("{\"PASSWORD\":[\"a\"],\"x\":1}",
			   "{\"PASSWORD\":\"********\",\"x\":1}");
	check_json("{\"PASSWORD\":{\"a\":{\"b\":1}}}",
			   "{\"PASSWORD\":\"********\"}");
	check_json("{\"PASSWORD\":null,\"TOKEN\":{},\"SECRET\":[]}", NULL);
	check_json("{\"PASSWORD\":\"********\"}", NULL);
	check_json("{\"SECRET_ID\":{\"a\":\"b\"}}", "{\"SECRET_ID\":\"********\"}");
	check_json("{\"SecretArn\":[\"a\"]}", "{\"SecretArn\":\"********\"}");
	check_json("{\"SecretArn\":null,\"ValidateCredentials\":null}", NULL);
	check_json("{\"BasicAuthenticationCredentials\":\"u:p\"}",
			   "{\"BasicAuthenticationCredentials\":\"********\"}");
	check_json("{\"ValidateCredentials\":\"x\"}",
			   "{\"ValidateCredentials\":\"********\"}");
	check_json("[null,true,1,\"x\",[],{}]", NULL);
	check_json("\"//u:p@h\"", "\"//u:********@h\"");
	check_json("[\"//u:p@h\",\"a longer one that //u:p@h has and goes on\"]",
			   "[\"//u:********@h\",\"a longer one that //u:********@h has and "
			   "goes on\"]");
	ok(glue_redact_tree(NULL), "NULL is fine");
	ok(!glue_redact_has_secret(NULL), "NULL has no secret");
}

/*
 * JSON within strings, at any level, and texts that only look like it.
 */
static void
test_json_text(void)
{
	check_json("{\"SparkProperties\":\"{\\\"secretId\\\":\\\"s\\\","
			   "\\\"sfPassword\\\":\\\"p\\\",\\\"a\\\": [1.50]}\"}",
			   "{\"SparkProperties\":\"{\\\"secretId\\\":\\\"s\\\","
			   "\\\"sfPassword\\\":\\\"********\\\",\\\"a\\\":[1.50]}\"}");
	check_json("{\"x\":\" [{\\\"a\\\":\\\"{\\\\\\\"jwt\\\\\\\":1}\\\"}]\"}",
			   "{\"x\":\"[{\\\"a\\\":\\\"{\\\\\\\"jwt\\\\\\\":"
			   "\\\\\\\"********\\\\\\\"}\\\"}]\"}");
	check_json("{\"x\":\"{ \\\"a\\\" : \\\"b\\\" }\"}", NULL);
	check_json("{\"x\":\"{\\\"url\\\":\\\"//h/?user=${user}&"
			   "password=${password}\\\"}\"}", NULL);
	check_json("{\"x\":\"{\\\"ValidateCredentials\\\":true}\"}", NULL);

	/* no JSON, but it mentions a secret */
	check_json("{\"x\":\"{\\\"sfPassword\\\":\\\"p\"}", "{\"x\":\"********\"}");
	check_json("{\"x\":\"{user=u, password=p}\"}", "{\"x\":\"********\"}");
	check_json("{\"x\":\"[broker-1]:9092\"}", NULL);
	check_json("{\"x\":\"[1] //u:p@h\"}", "{\"x\":\"[1] //u:********@h\"}");

	/* the parser keeps the last of two, which is nothing */
	check_json("{\"ValidateCredentials\":\"true\"}", NULL);
	check_json("{\"TOKEN\":\"{{resolve:s-----BEGIN PRIVATE KEY-----1}}\"}",
			   "{\"TOKEN\":\"********\"}");
	check_json("{\"x\":\"{{resolve:secret:s-----BEGIN PRIVATE KEY-----1}}\"}",
			   "{\"x\":\"********\"}");
	check_json("{\"ParameterKey\":\"DbPassword\",\"ParameterValue\":\"p\"}",
			   "{\"ParameterKey\":\"DbPassword\",\"ParameterValue\":\"********\"}");
	check_json("{\"KEY\":\"apiKey\",\"VALUES\":[\"p\"]}",
			   "{\"KEY\":\"apiKey\",\"VALUES\":\"********\"}");
	check_json("{\"x\":\"{\\\"name\\\":\\\"password\\\",\\\"value\\\":\\\"p\\\","
			   "\\\"name\\\":\\\"user\\\"}\"}",
			   "{\"x\":\"********\"}");
	check_json("{\"x\":\"{\\\"password\\\":\\\"p\\\",\\\"password\\\":null}\"}",
			   "{\"x\":\"********\"}");
}

/*
 * Nesting beyond the limit is hidden, whether it is in the tree or in a text.
 */
static void
test_depth(void)
{
	json_object *tree = json_object_new_string("deep");
	char	   *text = NULL;

	for (int i = 0; i < GLUE_JSON_MAX_DEPTH + 5; i++)
	{
		json_object *outer = i % 2 == 0 ? json_object_new_object() :
			json_object_new_array();

		if (i % 2 == 0)
			json_object_object_add(outer, "a", tree);
		else
			json_object_array_add(outer, tree);
		tree = outer;
	}
	ok(glue_redact_has_secret(tree), "a tree too deep is a secret");
	ok(glue_redact_tree(tree), "it can be redacted");
	ok(!glue_redact_has_secret(tree), "it is redacted");
	text = malloc(4096);
	glue_json_tree_write(tree, text, 4096);
	ok(strstr(text, "deep") == NULL, "it is not there any more");
	ok(strstr(text, "\"********\"") != NULL, "but hidden");
	free(text);
	glue_json_tree_free(tree);

	/* a string in JSON in a string, and so on */
	tree = json_object_new_string("{\"PASSWORD\":\"deep\"}");
	for (int i = 0; i < 8; i++)
	{
		size_t		len;
		json_object *outer = json_object_new_object();

		json_object_object_add(outer, "a", tree);
		len = glue_json_tree_write(outer, NULL, 0);
		text = malloc(len + 1);
		glue_json_tree_write(outer, text, len + 1);
		glue_json_tree_free(outer);
		tree = json_object_new_string(text);
		free(text);
	}
	ok(glue_redact_tree(tree), "text in text in text");
	ok(strstr(json_object_get_string(tree), "deep") == NULL, "is redacted");
	ok(!glue_redact_has_secret(tree), "completely");
	glue_json_tree_free(tree);
}

/*
 * A replaced string is wiped.  A second reference shows it.
 */
static void
test_wiping(void)
{
	json_object *tree = json_object_new_object();
	json_object *list = json_object_new_array();
	json_object *secret = json_object_new_string("a secret of some length, "
												 "which is long");

	json_object_array_add(list, json_object_get(secret));
	json_object_object_add(tree, "PASSWORD", list);
	ok(glue_redact_tree(tree), "redacted");
	is_int(json_object_get_string_len(secret), 38, "the string is still there");
	is_int(json_object_get_string(secret)[0], 0, "but wiped");
	is_int(json_object_get_string(secret)[37], 0, "completely");
	json_object_put(secret);
	glue_json_tree_free(tree);

	/* json-c writes a shorter text over the old one, in the same place */
	tree = parse("{\"PASSWORD\":\"a secret of some length, which is long\"}");
	secret = json_object_object_get(tree, "PASSWORD");
	ok(glue_redact_tree(tree), "redacted");
	is_str(json_object_get_string(secret), GLUE_REDACTED, "in its place");
	is_int(json_object_get_string(secret)[30], 0, "the rest is wiped");
	glue_json_tree_free(tree);
}

static void
check_text(const char *tree_text, const char *before, const char *after)
{
	json_object *tree = tree_text != NULL ? parse(tree_text) : NULL;
	char		buffer[1024];
	size_t		len = glue_redact_text(tree, before, buffer, sizeof(buffer));

	is_str(buffer, after, "text");
	is_int((long long) len, (long long) strlen(after), "its length");
	glue_json_tree_free(tree);
}

static void
test_text(void)
{
	check_text(NULL, "nothing to see", "nothing to see");
	check_text(NULL, "", "");
	check_text(NULL, "//u:p@h is wrong, password=abc is, too",
			   "//u:********@h is wrong, password=******** is, too");
	check_text(NULL, "jdbc:oracle:thin:a/b@h is wrong",
			   "jdbc:oracle:thin:a/********@h is wrong");
	check_text("{\"PASSWORD\":\"hunter2\"}", "hunter2: xhunter2y hunter",
			   "********: x********y hunter");

	/* longest first, and overlapping secrets are hidden completely */
	check_text("{\"a_token\":\"abcd\",\"b_token\":\"abcdefgh\"}",
			   "abcdefgh abcdef", "******** ********ef");
	check_text("{\"a_token\":\"abcdef\",\"b_token\":\"defghi\"}",
			   "x abcdefghi x", "x ******** x");
	check_text("{\"a_token\":\"password=abcdef\"}", "x password=abcdef x",
			   "x ******** x");

	/* as it is in JSON, and in JSON in JSON */
	check_text("{\"PASSWORD\":\"a\\\"b\\\\c\"}",
			   "a\"b\\c a\\\"b\\\\c a\\\\\\\"b\\\\\\\\c",
			   "******** ******** ********");
	check_text("{\"PASSWORD\":\"line\\nfeed\"}", "line\nfeed line\\nfeed",
			   "******** ********");

	/* secrets in URLs, in inner JSON, in whole maps, in numbers */
	check_text("{\"U\":\"//u:s3cr3t@h?token=t0ken\"}", "s3cr3t t0ken",
			   "******** ********");
	check_text("{\"S\":\"{\\\"sfPassword\\\":\\\"inner\\\"}\"}", "inner",
			   "********");
	/* a text with a key twice, or that is no JSON, may be quoted in part */
	check_text("{\"S\":\"{\\\"name\\\":\\\"password\\\",\\\"value\\\":\\\"first\\\","
			   "\\\"value\\\":\\\"last\\\"}\"}",
			   "value: first last", "value: ******** ********");
	check_text("{\"S\":\"{'url': 'https://h', 'opt': ['password', 'inner\"}",
			   "url 'https://h' inner", "url '********' ********");
	check_text("{\"CustomAuthenticationCredentials\":{\"a\":[\"deep\",4711]}}",
			   "deep 4711 a", "******** ******** a");
	check_text("{\"PASSWORD\":true,\"TOKEN\":null}", "true null", "true null");

	/* short ones only where they stand alone */
	check_text("{\"PASSWORD\":\"a\"}", "a man, a plan: \"a\" a_b",
			   "******** man, ******** plan: \"********\" a_b");
	check_text("{\"PASSWORD\":\"pw1\"}", "pw1 pw12 (pw1)",
			   "******** pw12 (********)");
	check_text("{\"PASSWORD\":\".\"}", "One. Two.", "One. Two.");
	check_text("{\"PASSWORD\":\"\"}", "nothing", "nothing");
	check_text("{\"USERNAME\":\"u\",\"HOST\":\"h\"}", "u h", "u h");
}

/*
 * The order of collected secrets reveals nothing about their places.
 */
static void
check_collected(const char *tree_text, const char *expected)
{
	json_object *tree = parse(tree_text);
	GlueNeedles list = {NULL, 0, 0, {0}};
	char		text[1024] = "";

	ok(glue_redact_collect(tree, &list), "there was memory");
	for (size_t i = 0; i < list.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s ",
				 (int) list.items[i].len, list.items[i].bytes);
	is_str(text, expected, tree_text);
	for (size_t i = 0; i < list.count; i++)
	{
		size_t		byte = list.items[i].bytes[0];

		ok(list.first[byte] <= i && i < list.first[byte + 1],
		   "it is where it is looked for");
	}
	is_int((long long) list.first[256], (long long) list.count, "in all");
	glue_needles_free(&list);
	glue_json_tree_free(tree);
}

static void
test_collect(void)
{
	check_collected("{}", "");
	check_collected("{\"USERNAME\":\"u\",\"PASSWORD\":\"\"}", "");
	check_collected("{\"PASSWORD\":\"********\"}", "");

	/* by first byte, the longest first, then by bytes */
	check_collected("{\"a_token\":\"b\",\"b_token\":\"a\","
					"\"c_token\":\"bb\",\"d_token\":\"ba\","
					"\"e_token\":\"\u00e9\",\"f_token\":\"B\"}",
					"B a ba bb b \xc3\xa9 ");
	check_collected("{\"f_token\":\"B\",\"d_token\":\"ba\","
					"\"c_token\":\"bb\",\"e_token\":\"\u00e9\","
					"\"b_token\":\"a\",\"a_token\":\"b\"}",
					"B a ba bb b \xc3\xa9 ");

	/* whole values, in every type that can show up in a text */
	check_collected("{\"PASSWORD\":12,\"TOKEN\":1.50,\"SECRET\":true,"
					"\"JWT\":null}", "1.50 12 ");
	check_collected("{\"CustomAuthenticationCredentials\":{\"a\":[\"b\","
					"{\"c\":\"d\"}]}}", "b d ");
	check_collected("{\"SECRET_ID\":[\"a\"],\"SecretArn\":\"b\"}", "a ");

	/* parts of others; a secret in JSON is found in both of its forms */
	check_collected("[\"//u:p@h?token=t\"]", "p t ");
	check_collected("{\"S\":\"{\\\"sfPassword\\\":\\\"p\\\"}\"}", "p p ");
	check_collected("{\"S\":\"{password: p}\"}",
					"p {password: p} {password: p} ");

	/* and as it is spelled in JSON, and in JSON within that */
	check_collected("{\"PASSWORD\":\"a\\\"b\"}",
					"a\\\\\\\\\\\\\\\"b a\\\\\\\"b a\\\"b a\"b ");
}

static void
test_text_size(void)
{
	json_object *tree = parse("{\"PASSWORD\":\"secret\"}");
	const char *text = "a secret \xc3\xa9 b";
	const char *all = "a ******** \xc3\xa9 b";
	bool		right = true;

	is_int((long long) glue_redact_text(tree, text, NULL, 0),
		   (long long) strlen(all), "size 0 measures");
	for (size_t size = 1; size < 20; size++)
	{
		char	   *buffer = malloc(size);
		size_t		len = glue_redact_text(tree, text, buffer, size);

		right = right && len == strlen(all) && strlen(buffer) < size &&
			strncmp(buffer, all, strlen(buffer)) == 0 &&
			glue_utf8_valid(buffer, strlen(buffer)) &&
			(strlen(buffer) == len || strlen(buffer) + 2 >= size);
		free(buffer);
	}
	ok(right, "every size gives whole characters");
	glue_json_tree_free(tree);
}

/*
 * Text that is made to be slow.  The search is linear, so a megabyte of
 * anything takes milliseconds; if it were not, hours.
 */
static void
test_speed(void)
{
	static const char *const pieces[] = {
		"/", "//", ":", "=", "@", "//a:b", "//a:b=", "//a:b= @", "=//a:",
		"oracle:a:/", "oracle:a:/ @", "oracle:a:", "oracle:a:b/********@",
		"password=", "password=${", "password=${a}", "password= ",
		"password=\"",
		"password='a", "\"password\":", "\"password\":\"a\"b", "%3d", "p%3d",
		"password;", "a=&", " \t", "{", "[", "{\"a\":", "\\", "\\\"", "pass",
		"password=********&", "//u:********@h", "?password=a;b&", "\xc3\xa9",
		"-", "---- ", "-----BEGIN PRIVATE ", "-----BEGIN x-----", "eyJ", " eyJ",
		"npm_", "x npm_a ", "Bearer ", "basic a", "<password>", "<password>true",
		"</name><value>", "x=\"a\" value=", "a: ", "password: ", "password: a\n",
		"\npassword: a b", ",token:", "a@b:1", "@", "u/p@h:", "|\n", "token: |\n",
		"private_key=/a ", "?private_key=/a?", "?max_tokens=1&",
		"?credentials=a://b?", "max_tokens: 1,", "{{", "}}", "token={{a}}",
	};
	const size_t size = 1 << 20;
	char	   *text = malloc(size + 1);

	for (size_t i = 0; i < COUNT(pieces); i++)
	{
		size_t		len = strlen(pieces[i]);
		clock_t		start = clock();

		for (int variant = 0; variant < 2; variant++)
		{
			json_object *tree = json_object_new_array();

			for (size_t at = 0; at < size; at++)
				text[at] = pieces[i][at % len];
			text[size] = '\0';
			if (variant == 1)
			{
				memcpy(text, "password=", 9);
				memcpy(text + size - 9, " x:y@z=\"a", 9);
			}
			json_object_array_add(tree, json_object_new_string(text));
			glue_redact_tree(tree);
			glue_redact_text(NULL, text, NULL, 0);
			glue_json_tree_free(tree);
		}
		if (!ok((clock() - start) / CLOCKS_PER_SEC < PATIENCE,
				"the search is linear"))
			printf("# with %s\n", pieces[i]);
	}
	free(text);
}

int
main(void)
{
	test_keys();
	test_values();
	test_places();
	test_types();
	test_json_text();
	test_depth();
	test_wiping();
	test_text();
	test_collect();
	test_text_size();
	test_speed();
	return tap_done();
}
