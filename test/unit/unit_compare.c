/*-------------------------------------------------------------------------
 *
 * unit_compare.c
 *	  Tests of compare.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_compare.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/compare.h"

#include <stdlib.h>
#include <string.h>

#include "glue/same_value.h"
#include "tap.h"
#include "text/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* the sent definition and Glue's, and the differences, a line each */
typedef struct CompareCase
{
	const char *sent;
	const char *got;
	const char *differences;
} CompareCase;

static const CompareCase cases[] = {
	{"{}", "{}", ""},
	{"null", "{}", ""},
	{"{\"Name\":\"a\"}", "{\"Name\":\"a\"}", ""},
	{"{\"Name\":\"a\"}", "{\"Name\":\"b\"}",
	"$.Name was given as \"a\", but AWS Glue has \"b\"\n"},
	{"{\"Name\":\"a\",\"ConnectionType\":\"JDBC\"}", "{\"Name\":\"a\"}",
		"$.ConnectionType was given as \"JDBC\", but AWS Glue does not have it"
	"\n"},
	{"{}", "{\"Description\":\"d\"}",
	"$.Description was not given, but AWS Glue has \"d\"\n"},

	/* members of answers alone or of messages alone */
	{"{\"ValidateCredentials\":true,"
		"\"ValidateForComputeEnvironments\":[\"SPARK\"]}",
		"{\"Status\":\"READY\",\"CreationTime\":1.5,\"LastUpdatedBy\":\"x\","
	"\"ConnectionSchemaVersion\":1}", ""},
	{"{\"Zebra\":1}", "{\"Horse\":1}", ""},

	/* values that Glue drops */
	{"{\"Description\":\"\",\"MatchCriteria\":[],\"SparkProperties\":{},"
		"\"PhysicalConnectionRequirements\":{},\"ConnectionProperties\":null}",
	"{}", ""},
	{"{}", "{\"ConnectionProperties\":{},\"SparkProperties\":{},"
	"\"PythonProperties\":{},\"MatchCriteria\":[],\"Description\":null}", ""},
	{"{\"PhysicalConnectionRequirements\":{\"SecurityGroupIdList\":[]}}", "{}",
	""},

	/* properties that have their defaults, and others that were not given */
	{"{}", "{\"ConnectionType\":\"JDBC\",\"ConnectionProperties\":{"
		"\"JDBC_ENFORCE_SSL\":\"false\",\"KAFKA_SSL_ENABLED\":\"false\","
		"\"KAFKA_SKIP_CUSTOM_CERT_VALIDATION\":\"false\","
		"\"SKIP_CUSTOM_JDBC_CERT_VALIDATION\":\"false\"}}",
	"$.ConnectionType was not given, but AWS Glue has \"JDBC\"\n"},
	{"{\"ConnectionProperties\":{\"KAFKA_SSL_ENABLED\":\"\"}}",
	"{\"ConnectionProperties\":{\"KAFKA_SSL_ENABLED\":\"false\"}}", ""},
	{"{\"ConnectionType\":\"KAFKA\"}", "{\"ConnectionType\":\"KAFKA\","
	"\"ConnectionProperties\":{\"KAFKA_SSL_ENABLED\":\"true\"}}", ""},
	{"{\"ConnectionType\":\"KAFKA\"}", "{\"ConnectionType\":\"KAFKA\","
		"\"ConnectionProperties\":{\"KAFKA_SSL_ENABLED\":\"false\"}}",
		"$.ConnectionProperties.KAFKA_SSL_ENABLED was not given, but AWS Glue "
	"has \"false\"\n"},
	{"{}", "{\"ConnectionProperties\":{\"KAFKA_SSL_ENABLED\":\"true\","
		"\"JDBC_ENFORCE_SSL\":\"true\",\"PORT\":\"false\"},"
		"\"SparkProperties\":{\"JDBC_ENFORCE_SSL\":\"false\"}}",
		"$.ConnectionProperties.KAFKA_SSL_ENABLED was not given, but AWS Glue "
		"has \"true\"\n"
		"$.ConnectionProperties.JDBC_ENFORCE_SSL was not given, but AWS Glue "
		"has \"true\"\n"
		"$.ConnectionProperties.PORT was not given, but AWS Glue has "
		"\"false\"\n"
		"$.SparkProperties.JDBC_ENFORCE_SSL was not given, but AWS Glue has "
	"\"false\"\n"},
	{"{\"ConnectionProperties\":{\"JDBC_ENFORCE_SSL\":\"true\"}}",
		"{\"ConnectionProperties\":{\"JDBC_ENFORCE_SSL\":\"false\"}}",
		"$.ConnectionProperties.JDBC_ENFORCE_SSL was given as \"true\", but AWS "
	"Glue has \"false\"\n"},

	/* lists are sets that count */
	{"{\"MatchCriteria\":[\"a\",\"b\"]}", "{\"MatchCriteria\":[\"b\",\"a\"]}",
	""},
	{"{\"MatchCriteria\":[\"a\",\"a\",\"b\"]}",
		"{\"MatchCriteria\":[\"a\",\"b\",\"b\"]}",
		"$.MatchCriteria was given as a list of 3, but AWS Glue has a list of "
	"3\n"},
	{"{\"PhysicalConnectionRequirements\":{\"SubnetId\":\"s\","
		"\"SecurityGroupIdList\":[\"x\",\"y\"]}}",
		"{\"PhysicalConnectionRequirements\":{\"SubnetId\":\"t\","
		"\"SecurityGroupIdList\":[\"y\"]}}",
		"$.PhysicalConnectionRequirements.SecurityGroupIdList was given as a "
		"list of 2, but AWS Glue has a list of 1\n"
		"$.PhysicalConnectionRequirements.SubnetId was given as \"s\", but AWS "
	"Glue has \"t\"\n"},

	/* properties and their secrets */
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"p\",\"USERNAME\":\"u\"}}",
		"{\"ConnectionProperties\":{\"ENCRYPTED_PASSWORD\":\"q\","
	"\"USERNAME\":\"u\"}}", ""},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"p\"}}",
		"{\"ConnectionProperties\":{\"PASSWORD\":\"q\"}}",
	"$.ConnectionProperties.PASSWORD has another secret in AWS Glue\n"},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"p\"}}",
	"{\"ConnectionProperties\":{\"PASSWORD\":\"********\"}}", ""},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"p\"}}",
	"{\"ConnectionProperties\":{\"PASSWORD\":\"*****\"}}", ""},
	{"{\"ConnectionProperties\":{\"ENCRYPTED_PASSWORD\":\"p\"}}",
	"{\"ConnectionProperties\":{\"ENCRYPTED_PASSWORD\":\"q\"}}", ""},
	{"{\"SparkProperties\":{\"J\":\"{\\\"token\\\":\\\"XYZZY\\\",\\\"a\\\":1}\"}}",
		"{\"SparkProperties\":{\"J\":\"{\\\"a\\\": 1, \\\"token\\\": \\\"XYZZY\\\"}\"}}",
	""},
	{"{\"SparkProperties\":{\"J\":\"{\\\"token\\\":\\\"XYZZY\\\"}\"}}",
		"{\"SparkProperties\":{\"J\":\"{\\\"token\\\":\\\"plugh\\\"}\"}}",
	"$.SparkProperties.J has another secret in AWS Glue\n"},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"p\"}}", "{}", ""},
	{"{\"ConnectionProperties\":{\"A\":\"1\",\"odd key\":\"x\",\"E\":\"\"}}",
		"{\"ConnectionProperties\":{\"A\":\"2\",\"B\":\"3\",\"F\":\"\"}}",
		"$.ConnectionProperties.A was given as \"1\", but AWS Glue has \"2\"\n"
		"$.ConnectionProperties.\"odd key\" was given as \"x\", but AWS Glue "
		"does not have it\n"
	"$.ConnectionProperties.B was not given, but AWS Glue has \"3\"\n"},
	{"{\"ConnectionProperties\":{\"U\":\"//u:a@h?password=b\"}}",
		"{\"ConnectionProperties\":{\"U\":\"//u:c@h?password=d\"}}",
	"$.ConnectionProperties.U has another secret in AWS Glue\n"},
	{"{\"ConnectionProperties\":{\"U\":\"//u:XYZZY@h\"}}",
		"{\"ConnectionProperties\":{\"U\":\"//v:XYZZY@h\"}}",
		"$.ConnectionProperties.U was given as \"//u:********@h\", but AWS "
	"Glue has \"//v:********@h\"\n"},
	{"{\"ConnectionProperties\":{\"J\":\"{\\\"a\\\":1,\\\"b\\\":[2]}\"}}",
		"{\"ConnectionProperties\":{\"J\":\"{ \\\"b\\\": [2], \\\"a\\\": 1}\"}}",
	""},
	{"{\"ConnectionProperties\":{\"J\":\"{\\\"a\\\":1}\"}}",
		"{\"ConnectionProperties\":{\"J\":\"{\\\"a\\\":2}\"}}",
		"$.ConnectionProperties.J was given as \"{\"a\":1}\", but AWS Glue has "
	"\"{\"a\":2}\"\n"},
	{"{\"SparkProperties\":{\"A\":\"1\"}}", "{\"SparkProperties\":{}}",
		"$.SparkProperties.A was given as \"1\", but AWS Glue does not have it"
	"\n"},

	/* authentication, of which an answer has less */
	{"{\"AuthenticationConfiguration\":{\"AuthenticationType\":\"BASIC\","
		"\"KmsKeyArn\":\"k\","
		"\"BasicAuthenticationCredentials\":{\"Username\":\"u\","
		"\"Password\":\"p\"},"
		"\"CustomAuthenticationCredentials\":{\"a\":\"b\"}}}",
		"{\"AuthenticationConfiguration\":{\"AuthenticationType\":\"BASIC\","
	"\"SecretArn\":\"made-by-glue\"}}", ""},
	{"{\"AuthenticationConfiguration\":{\"SecretArn\":\"a\","
		"\"KmsKeyArn\":\"k\"}}",
		"{\"AuthenticationConfiguration\":{\"SecretArn\":\"b\","
		"\"KmsKeyArn\":\"l\"}}",
		"$.AuthenticationConfiguration.KmsKeyArn was given as \"k\", but AWS "
		"Glue has \"l\"\n"
		"$.AuthenticationConfiguration.SecretArn was given as \"a\", but AWS "
	"Glue has \"b\"\n"},
	{"{\"AuthenticationConfiguration\":{\"OAuth2Properties\":{"
		"\"OAuth2GrantType\":\"JWT_BEARER\",\"TokenUrl\":\"https://a\","
		"\"TokenUrlParametersMap\":{\"a\":\"1\"},"
		"\"OAuth2Credentials\":{\"JwtToken\":\"x\"},"
		"\"AuthorizationCodeProperties\":{\"AuthorizationCode\":\"y\"}}}}",
		"{\"AuthenticationConfiguration\":{\"OAuth2Properties\":{"
		"\"OAuth2GrantType\":\"JWT_BEARER\",\"TokenUrl\":\"https://b\","
		"\"TokenUrlParametersMap\":{\"a\":\"2\"}}}}",
		"$.AuthenticationConfiguration.OAuth2Properties.TokenUrl was given as "
		"\"https://a\", but AWS Glue has \"https://b\"\n"
		"$.AuthenticationConfiguration.OAuth2Properties.TokenUrlParametersMap.a "
	"was given as \"1\", but AWS Glue has \"2\"\n"},

	/* references and placeholders are no secrets */
	{"{\"ConnectionProperties\":{\"aws_secret_arn\":\"arn:a\"}}",
		"{\"ConnectionProperties\":{\"aws_secret_arn\":\"arn:b\"}}",
		"$.ConnectionProperties.aws_secret_arn was given as \"arn:a\", but AWS "
	"Glue has \"arn:b\"\n"},
	{"{\"ConnectionProperties\":{\"secret_name\":\"a\"}}", "{}",
		"$.ConnectionProperties.secret_name was given as \"a\", but AWS Glue "
	"does not have it\n"},
	{"{\"ConnectionProperties\":{\"max_tokens\":\"1\"}}",
		"{\"ConnectionProperties\":{\"max_tokens\":\"2\"}}",
		"$.ConnectionProperties.max_tokens was given as \"1\", but AWS Glue has "
	"\"2\"\n"},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"${a}\"}}",
		"{\"ConnectionProperties\":{\"PASSWORD\":\"${b}\"}}",
		"$.ConnectionProperties.PASSWORD was given as \"${a}\", but AWS Glue "
	"has \"${b}\"\n"},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"p\"}}",
		"{\"ConnectionProperties\":{\"PASSWORD\":\"${b}\"}}",
		"$.ConnectionProperties.PASSWORD was given as \"********\", but AWS "
	"Glue has \"${b}\"\n"},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"${a}\"}}",
	"{\"ConnectionProperties\":{\"ENCRYPTED_PASSWORD\":\"q\"}}", ""},
	{"{\"SparkProperties\":{\"J\":\"{\\\"secret_name\\\":\\\"a\\\"}\"}}",
		"{\"SparkProperties\":{\"J\":\"{\\\"secret_name\\\":\\\"b\\\"}\"}}",
		"$.SparkProperties.J was given as \"{\"secret_name\":\"a\"}\", but AWS "
	"Glue has \"{\"secret_name\":\"b\"}\"\n"},

	/* a secret by its form, under a name that says nothing */
	{"{\"ConnectionProperties\":{\"H\":\"Bearer XYZZY123\"}}",
		"{\"ConnectionProperties\":{\"H\":\"Bearer plugh123\"}}",
	"$.ConnectionProperties.H has another secret in AWS Glue\n"},
	{"{\"ConnectionProperties\":{\"H\":\"Bearer XYZZY123\"}}",
		"{\"ConnectionProperties\":{\"H\":\"none\"}}",
		"$.ConnectionProperties.H was given as \"Bearer ********\", but AWS Glue "
	"has \"none\"\n"},

	/* wrong types */
	{"{\"Name\":1,\"ConnectionProperties\":[1],\"MatchCriteria\":{\"a\":1},"
		"\"PhysicalConnectionRequirements\":\"x\"}",
		"{\"Name\":\"1\",\"ConnectionProperties\":{\"A\":\"1\"},"
		"\"MatchCriteria\":[\"a\"],"
		"\"PhysicalConnectionRequirements\":{\"SubnetId\":\"s\"}}",
		"$.ConnectionProperties was given as a list of 1, but AWS Glue has an "
		"object\n"
		"$.MatchCriteria was given as an object, but AWS Glue has a list of 1\n"
		"$.Name was given as 1, but AWS Glue has \"1\"\n"
		"$.PhysicalConnectionRequirements.SubnetId was not given, but AWS Glue "
	"has \"s\"\n"},
	{"{\"Name\":[1],\"ConnectionProperties\":\"x\",\"MatchCriteria\":{\"a\":1},"
		"\"SparkProperties\":[\"x\"],\"PhysicalConnectionRequirements\":7}",
		"{\"Name\":[1],\"ConnectionProperties\":\"x\",\"MatchCriteria\":{\"a\":1},"
		"\"SparkProperties\":[\"x\"],\"PhysicalConnectionRequirements\":7}",
	""},
	{"[1]", "\"x\"", ""},
};

/* tags, of which every character counts */
static const CompareCase tag_cases[] = {
	{"{}", "{}", ""},
	{"{\"a\":\"b\",\"c\":\"\"}", "{\"c\":\"\",\"a\":\"b\"}", ""},
	{"{\"a\":\"b\"}", "{\"a\":\"B\"}",
	"$.Tags.a was given as \"b\", but AWS Glue has \"B\"\n"},
	{"{\"a b\":\"c\"}", "{\"A b\":\"c\"}",
		"$.Tags.\"a b\" was given, but AWS Glue does not have it\n"
	"$.Tags.\"A b\" was not given, but AWS Glue has it\n"},

	/* an empty tag is a tag */
	{"{\"a\":\"\"}", "{}",
	"$.Tags.a was given, but AWS Glue does not have it\n"},
	{"{}", "{\"a\":\"\"}",
	"$.Tags.a was not given, but AWS Glue has it\n"},
	{"{\"a\":\"\"}", "{\"a\":\"b\"}",
	"$.Tags.a was given as \"\", but AWS Glue has \"b\"\n"},

	/* AWS's own */
	{"{}", "{\"aws:cloudformation:stack-name\":\"x\"}", ""},
	{"{\"aws:x\":\"1\"}", "{\"aws:x\":\"2\"}",
	"$.Tags.\"aws:x\" was given as \"1\", but AWS Glue has \"2\"\n"},

	/* values that look like a secret */
	{"{\"password\":\"hunter2\"}", "{\"password\":\"hunter3\"}",
	"$.Tags.password was given with another value than AWS Glue has\n"},
	{"{\"password\":\"hunter2\"}", "{\"password\":\"hunter2\"}", ""},
};

/*
 * A value that the record of an earlier version hides, and Glue's value: is it
 * revealed now?
 */
typedef struct RevealCase
{
	const char *recorded;
	const char *got;
	bool		revealed;
} RevealCase;

static const RevealCase reveal_cases[] = {
	{"{\"ConnectionProperties\":{\"secret_name\":\"********\"}}",
	"{\"ConnectionProperties\":{\"secret_name\":\"a\"}}", true},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"********\"}}",
	"{\"ConnectionProperties\":{\"PASSWORD\":\"${a}\"}}", true},
	{"{\"SparkProperties\":{\"J\":\"{\\\"aws_secret_arn\\\":"
		"\\\"********\\\"}\"}}",
		"{\"SparkProperties\":{\"J\":\"{\\\"aws_secret_arn\\\":"
	"\\\"arn:a\\\"}\"}}", true},
	{"{\"AuthenticationConfiguration\":{\"OAuth2Properties\":{"
		"\"TokenUrlParametersMap\":\"********\"}}}",
		"{\"AuthenticationConfiguration\":{\"OAuth2Properties\":{"
	"\"TokenUrlParametersMap\":{\"scope\":\"a\"}}}}", true},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"********\"}}",
	"{\"ConnectionProperties\":{\"PASSWORD\":\"p\"}}", false},
	{"{\"ConnectionProperties\":{\"PASSWORD\":\"********\"}}", "{}", false},
	{"{\"ConnectionProperties\":{\"secret_name\":\"a\"}}",
	"{\"ConnectionProperties\":{\"secret_name\":\"a\"}}", false},
};

static void
note(void *arg, const char *path, const char *message)
{
	char	   *differences = arg;

	sprintf(differences + strlen(differences), "%s %s\n", path, message);
}

static void
test_nothing(void)
{
	static const char *const nothing[] = {"null", "\"\"", "{}", "[]"};
	static const char *const something[] = {
		"\" \"", "0", "0.0", "false", "[null]", "[[]]", "{\"a\":null}",
	};

	for (size_t i = 0; i < COUNT(nothing); i++)
	{
		json_object *value = glue_json_tree_parse(nothing[i],
												  strlen(nothing[i]));

		ok(glue_is_nothing(value), nothing[i]);
		ok(json_object_object_get(value, "a") == NULL, "has no member");
		glue_json_tree_free(value);
	}
	for (size_t i = 0; i < COUNT(something); i++)
	{
		json_object *value = glue_json_tree_parse(something[i],
												  strlen(something[i]));

		ok(!glue_is_nothing(value), something[i]);
		ok(json_object_object_get(value, "a") == NULL, "has no such member");
		glue_json_tree_free(value);
	}
}

static void
check_time(const char *a, const char *b, bool expected)
{
	json_object *first = glue_json_tree_parse(a, strlen(a));
	json_object *second = glue_json_tree_parse(b, strlen(b));

	ok(glue_same_time(first, second) == expected, a);
	ok(glue_same_time(second, first) == expected, b);
	glue_json_tree_free(first);
	glue_json_tree_free(second);
}

/*
 * A time that went through PostgreSQL has microseconds at best.
 */
static void
test_times(void)
{
	check_time("1700000000", "1700000000", true);
	check_time("1700000000", "1700000000.0", true);
	check_time("1.7e9", "1700000000", true);
	check_time("1700000000.1234564", "1700000000.123456", true);
	check_time("1700000000.123", "1700000000.124", false);
	check_time("1700000000", "1700000001", false);
	check_time("0", "-0.001", false);
	check_time("1e999", "1e999", true);
	check_time("1e999", "-1e999", false);
	check_time("1e999", "1700000000", false);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++)
	{
		const CompareCase *c = &cases[i];
		json_object *sent = glue_json_tree_parse(c->sent, strlen(c->sent));
		json_object *got = glue_json_tree_parse(c->got, strlen(c->got));
		char		differences[4096] = "";
		char		after[4096];
		bool		equal = glue_compare_definitions(sent, got, note,
													 differences);

		is_str(differences, c->differences, c->sent);
		ok(equal == (c->differences[0] == '\0'), "the result says the same");

		/* neither side is changed, although both were redacted */
		differences[0] = '\0';
		glue_compare_definitions(sent, got, note, differences);
		is_str(differences, c->differences, "again");
		glue_json_tree_write(sent, after, sizeof(after));
		ok(strstr(after, "********") == NULL, "the input is as it was");
		glue_json_tree_free(sent);
		glue_json_tree_free(got);
	}
}

static void
test_reveals(void)
{
	for (size_t i = 0; i < COUNT(reveal_cases); i++)
	{
		const RevealCase *c = &reveal_cases[i];
		json_object *recorded = glue_json_tree_parse(c->recorded,
													 strlen(c->recorded));
		json_object *got = glue_json_tree_parse(c->got, strlen(c->got));
		char		differences[4096] = "";

		ok(glue_compare_definitions(recorded, got, note, differences),
		   c->recorded);
		is_str(differences, "", "a hidden value is no difference");
		ok(glue_definition_reveals(recorded, got) == c->revealed,
		   "but revealed if it is no secret");
		glue_json_tree_free(recorded);
		glue_json_tree_free(got);
	}
}

static void
test_tags(void)
{
	for (size_t i = 0; i < COUNT(tag_cases); i++)
	{
		const CompareCase *c = &tag_cases[i];
		json_object *sent = glue_json_tree_parse(c->sent, strlen(c->sent));
		json_object *got = glue_json_tree_parse(c->got, strlen(c->got));
		char		differences[4096] = "";
		bool		equal = glue_compare_tags(sent, got, note, differences);

		is_str(differences, c->differences, c->sent);
		ok(equal == (c->differences[0] == '\0'), "the result says the same");
		glue_json_tree_free(sent);
		glue_json_tree_free(got);
	}
}

int
main(void)
{
	test_cases();
	test_reveals();
	test_tags();
	test_nothing();
	test_times();
	return tap_done();
}
