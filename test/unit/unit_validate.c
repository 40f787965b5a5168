/*-------------------------------------------------------------------------
 *
 * unit_validate.c
 *	  Tests of validate.c and violation.c; unit_validate_rules.c has more.
 *
 * IDENTIFICATION
 *	  test/unit/unit_validate.c
 *
 *-------------------------------------------------------------------------
 */
#include "validate_cases.h"

#include <setjmp.h>
#include <stdlib.h>
#include <time.h>

/* the longest that any test may take on a slow machine, in seconds */
#define PATIENCE 5

#define WRAPPED(path) \
	"E $ wrapped_input must be a ConnectionInput itself, but is an object " \
	"that holds one; pass the value at $." path "\n"

static const ValidateCase model_cases[] = {
	{JDBC(""), ""},

	/* the whole */
	{"null", "E $ type must be an object, but is null\n"},
	{"\"x\"", "E $ type must be an object, but is a string\n"},
	{"[]", "E $ type must be an object, but is an array\n"},
	{"1", "E $ type must be an object, but is a number\n"},
	{"true", "E $ type must be an object, but is a boolean\n"},
	{"{}",
		"E $.ConnectionProperties required is required\n"
		"E $.ConnectionType required is required\n"
	"E $.Name required is required\n"},
	{"{\"ConnectionInput\":{}}", WRAPPED("ConnectionInput")},
	{"{\"CatalogId\":\"1\",\"ConnectionInput\":" JDBC("") "}",
	WRAPPED("ConnectionInput")},
	{"{\"Name\":\"n\",\"ConnectionInput\":" JDBC("") "}",
	WRAPPED("ConnectionInput")},
	{"{\"connectionInput\":{\"connectionType\":\"JDBC\"},\"tags\":{}}",
	WRAPPED("connectionInput")},
	{"{\"connection_input\":{}}", WRAPPED("connection_input")},
	{"{\"TestConnectionInput\":{}}", WRAPPED("TestConnectionInput")},
	{"{\"ConnectionList\":[" JDBC("") "],\"NextToken\":\"t\"}",
	WRAPPED("ConnectionList[0]")},
	{"{\"requestParameters\":{\"connectionInput\":{\"name\":\"n\"}}}",
	WRAPPED("requestParameters.connectionInput")},
	{"{\"Connection\":" JDBC("") "}", WRAPPED("Connection")},
	{"{\"Type\":\"AWS::Glue::Connection\",\"Properties\":"
		"{\"CatalogId\":\"1\",\"ConnectionInput\":" JDBC("") "}}",
	WRAPPED("Properties.ConnectionInput")},

	{"{\"Properties\":{\"ConnectionInput\":{}},\"Connection\":{}}",
	WRAPPED("Connection")},

	/*
	 * but a value with a type is an input, or a name without a request in it
	 */
	{"{\"Name\":\"n\",\"Properties\":{}}",
		"E $.Properties unknown_member is not a member of ConnectionInput\n"
		"E $.ConnectionProperties required is required\n"
	"E $.ConnectionType required is required\n"},
	{JDBC(",\"Connection\":{}"),
	"E $.Connection unknown_member is not a member of ConnectionInput\n"},
	{"{\"connectionType\":\"JDBC\",\"properties\":{}}",
		"E $.connectionType unknown_member is not a member of ConnectionInput; "
		"did you mean \"ConnectionType\"?\n"
		"E $.properties unknown_member is not a member of ConnectionInput\n"
		"E $.ConnectionProperties required is required\n"
		"E $.ConnectionType required is required\n"
	"E $.Name required is required\n"},
	{"{\"ConnectionInput\":[]}",
		"E $.ConnectionInput unknown_member is not a member of "
		"ConnectionInput; did you mean \"ConnectionType\"?\n"
		"E $.ConnectionProperties required is required\n"
		"E $.ConnectionType required is required\n"
	"E $.Name required is required\n"},

	/* AWS Glue's answers */
	{JDBC(",\"CreationTime\":1.5,\"StatusReason\":null,\"name\":1"),
		"E $.name unknown_member is not a member of ConnectionInput; did you "
		"mean \"Name\"?\n"
		"E $ unknown_member has members that only AWS Glue sets: CreationTime, "
		"StatusReason; leave them out, or pass it to glue_update_connection(), "
	"which does so\n"},
	{NETWORK("\"Status\":\"READY\""),
		"E $.PhysicalConnectionRequirements.Status unknown_member is not a "
	"member of PhysicalConnectionRequirements\n"},

	/* required and null */
	{"{\"Name\":null,\"ConnectionType\":null,\"ConnectionProperties\":null}",
		"E $.ConnectionProperties required is required, but is null\n"
		"E $.ConnectionType required is required, but is null\n"
	"E $.Name required is required, but is null\n"},
	{JDBC(",\"Description\":null,\"MatchCriteria\":null,"
		  "\"PhysicalConnectionRequirements\":null"), ""},
	{JDBC(",\"MatchCriteria\":[null]"),
	"E $.MatchCriteria[0] type must be a string, but is null\n"},
	{PROPERTY("\"A\":null"),
	"E $.ConnectionProperties.A type must be a string, but is null\n"},

	/* unknown members */
	{JDBC(",\"name\":1"),
		"E $.name unknown_member is not a member of ConnectionInput; "
	"did you mean \"Name\"?\n"},
	{JDBC(",\"Zebra\":1"),
	"E $.Zebra unknown_member is not a member of ConnectionInput\n"},
	{JDBC(",\"Tags\":{}"),
	"E $.Tags unknown_member is not a member of ConnectionInput\n"},
	{NETWORK("\"SubnetIds\":[]"),
		"E $.PhysicalConnectionRequirements.SubnetIds unknown_member is not a "
		"member of PhysicalConnectionRequirements; did you mean \"SubnetId\"?"
	"\n"},

	/* types */
	{JDBC(",\"Description\":1"),
	"E $.Description type must be a string, but is a number\n"},
	{JDBC(",\"ValidateCredentials\":\"true\""),
	"E $.ValidateCredentials type must be a boolean, but is a string\n"},
	{JDBC(",\"MatchCriteria\":\"a\""),
	"E $.MatchCriteria type must be an array, but is a string\n"},
	{JDBC(",\"MatchCriteria\":[\"a\",[]]"),
	"E $.MatchCriteria[1] type must be a string, but is an array\n"},
	{JDBC(",\"SparkProperties\":[]"),
	"E $.SparkProperties type must be an object, but is an array\n"},
	{"{\"Name\":true,\"ConnectionType\":1,\"ConnectionProperties\":\"x\"}",
		"E $.Name type must be a string, but is a boolean\n"
		"E $.ConnectionType type must be a string, but is a number\n"
	"E $.ConnectionProperties type must be an object, but is a string\n"},
	{PROPERTY("\"A\":[],\"B\":{}"),
		"E $.ConnectionProperties.A type must be a string, but is an array\n"
	"E $.ConnectionProperties.B type must be a string, but is an object\n"},
	{PROPERTY("\"SparkProperties\":{\"secretId\":\"s\"}"),
		"E $.ConnectionProperties.SparkProperties type must be a string, but "
	"is an object; as a property, it is a string that holds JSON\n"},
	{JDBC(",\"PythonProperties\":\"{}\""),
		"E $.PythonProperties type must be an object, but is a string; a "
		"string that holds JSON is for the property of this name in "
	"ConnectionProperties\n"},

	/* lengths and counts; more are made below */
	{JDBC(",\"Description\":\"\""), ""},
	{JDBC(",\"MatchCriteria\":[]"), ""},
	{JDBC(",\"MatchCriteria\":[\"\"]"),
		"E $.MatchCriteria[0] length must have at least 1 character, "
	"but has 0\n"},
	{JDBC(",\"MatchCriteria\":"
		  "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\"]"), ""},
	{JDBC(",\"MatchCriteria\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
		  "\"8\",\"9\",\"10\",\"11\"]"),
	"E $.MatchCriteria count must have at most 10 entries, but has 11\n"},
	{PROPERTY("\"A\":\"\""),
		"E $.ConnectionProperties.A length must have at least 1 character, "
	"but has 0\n"},
	{JDBC(",\"SparkProperties\":{\"\":\"x\"}"),
		"E $.SparkProperties.\"\" length the key must have at least 1 "
	"character, but has 0\n"},

	/* patterns */
	{JDBC(",\"Description\":\"a\\r\\n\\tb\""), ""},
	{JDBC(",\"Description\":\"\xc3\xa9\\u0007\""),
		"E $.Description pattern must match the pattern "
		"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*"
	", but character 2 is U+0007\n"},
	{JDBC(",\"MatchCriteria\":[\"a\\nb\"]"),
		"E $.MatchCriteria[0] pattern must match the pattern " NAME_PATTERN
	", but character 2 is U+000A\n"},
	{JDBC(",\"MatchCriteria\":[\"\\uffff\"]"),
		"E $.MatchCriteria[0] pattern must match the pattern " NAME_PATTERN
	", but character 1 is U+FFFF\n"},
	{JDBC(",\"MatchCriteria\":[\"\\ud83d\\ude00\"]"), ""},
	{AUTH("\"SecretArn\":\"my-secret\""),
		"E $.AuthenticationConfiguration.SecretArn pattern must match the "
		"pattern ^arn:aws(-(cn|us-gov|iso(-[bef])?))?:secretsmanager:.*$, "
	"but character 1 is U+006D\n"},
	{AUTH("\"SecretArn\":\"arn:aws-eusc:secretsmanager:r:1:secret:s\""),
		"W $.AuthenticationConfiguration.SecretArn pattern has the partition "
	"\"aws-eusc\", which AWS Glue's model does not list\n"},
	{AUTH("\"SecretArn\":\"arn:aws-eusc:iam::1:role/r\""),
		"E $.AuthenticationConfiguration.SecretArn pattern must match the "
		"pattern ^arn:aws(-(cn|us-gov|iso(-[bef])?))?:secretsmanager:.*$, "
	"but character 9 is U+0065\n"},
	{AUTH("\"SecretArn\":\"arn:aws\""),
		"E $.AuthenticationConfiguration.SecretArn pattern must match the "
		"pattern ^arn:aws(-(cn|us-gov|iso(-[bef])?))?:secretsmanager:.*$, "
	"but ends too early\n"},
	{AUTH("\"BasicAuthenticationCredentials\":{\"Username\":\"\"}"),
		"E $.AuthenticationConfiguration.BasicAuthenticationCredentials."
	"Username pattern must match the pattern \\S+, but is empty\n"},

	/* of secrets, not even the character */
	{AUTH("\"BasicAuthenticationCredentials\":{\"Password\":\"a\\nb\"}"),
		"E $.AuthenticationConfiguration.BasicAuthenticationCredentials."
	"Password pattern must match the pattern .*\n"},
	{AUTH("\"OAuth2Properties\":{\"OAuth2Credentials\":"
		  "{\"AccessToken\":\"\xc3\xa9\"}}"),
		"E $.AuthenticationConfiguration.OAuth2Properties.OAuth2Credentials."
	"AccessToken pattern must match the pattern ^[\\x20-\\x7E]*$\n"},
	{AUTH("\"CustomAuthenticationCredentials\":{\"a\":\"\"}"),
		"E $.AuthenticationConfiguration.CustomAuthenticationCredentials.a "
	"length must have at least 1 character, but has 0\n"},

	/* enumerations are open */
	{OF_TYPE("JDBCX", ""),
		"W $.ConnectionType enumeration \"JDBCX\" is no value of "
	"ConnectionType that is known here; did you mean \"JDBC\"?\n"},
	{OF_TYPE("REST-mine", ""), ""},
	{WITH_AUTH("SNOWFLAKE", ""), ""},
	{OF_TYPE("ATHENA", ""), ""},
	{OF_TYPE("REDSHIFT", ""), ""},
	{WITH_AUTH("DATABRICKSICEBERGRESTCATALOG", ""), ""},
	{WITH_AUTH("SNOWFLAKEICEBERGRESTCATALOG", ""), ""},
	{OF_TYPE("SNOWFLAK", ""),
		"W $.ConnectionType enumeration \"SNOWFLAK\" is no value of "
	"ConnectionType that is known here; did you mean \"SNOWFLAKE\"?\n"},
	{OF_TYPE("S3", ""),
		"W $.ConnectionType enumeration \"S3\" is no value of ConnectionType "
	"that is known here\n"},

	/* but the case of a type is not */
	{OF_TYPE("jdbc", ""),
		"E $.ConnectionType enumeration \"jdbc\" must be spelled \"JDBC\", "
	"because case matters\n"},
	{OF_TYPE("Snowflake", ""),
		"E $.ConnectionType enumeration \"Snowflake\" must be spelled "
	"\"SNOWFLAKE\", because case matters\n"},
	{OF_TYPE("rest-mine", ""),
		"E $.ConnectionType enumeration \"rest-mine\" must begin with "
	"\"REST-\", because case matters\n"},
	{AUTH("\"AuthenticationType\":\"basic\""),
		"W $.AuthenticationConfiguration.AuthenticationType enumeration "
		"\"basic\" is no value of AuthenticationType that is known here; did "
	"you mean \"BASIC\"?\n"},
	{OF_TYPE("//u:p@h", ""),
		"W $.ConnectionType enumeration \"//u:********@h\" is no value of "
	"ConnectionType that is known here\n"},
	{AUTH("\"AuthenticationType\":\"OAUTH\""),
		"W $.AuthenticationConfiguration.AuthenticationType enumeration "
		"\"OAUTH\" is no value of AuthenticationType that is known here; "
	"did you mean \"OAUTH2\"?\n"},
	{JDBC(",\"ValidateForComputeEnvironments\":[\"SPARK\",\"RAY\"]"),
		"W $.ValidateForComputeEnvironments[1] enumeration \"RAY\" is no value "
	"of ComputeEnvironment that is known here\n"},

	/* keys of properties are open, too */
	{PROPERTY("\"my key\":\"x\""), ""},
	{PROPERTY("\"Password\":\"x\""),
		"W $.ConnectionProperties.Password key_case is not the known key "
	"\"PASSWORD\", because case matters\n"},

	/* paths */
	{PROPERTY("\"a \\\"b\\\\\\u0001\xc3\xa9\":1.5,\"1a\":[],\"a_1\":[],"
			  "\"$x\":[]"),
		"E $.ConnectionProperties.\"1a\" type must be a string, but is an "
		"array\n"
		"E $.ConnectionProperties.a_1 type must be a string, but is an array\n"
		"E $.ConnectionProperties.\"$x\" type must be a string, but is an "
	"array\n"},
	{PROPERTY("\"a \\\"b\\\\\\u0001\xc3\xa9\":[]"),
		"E $.ConnectionProperties.\"a \\\"b\\\\\\u0001\xc3\xa9\" type must be a "
	"string, but is an array\n"},
	{PROPERTY("\"a\\tb\":[]"),
		"E $.ConnectionProperties.\"a\\tb\" type must be a string, but is an "
	"array\n"},
};

static const ValidateCase tag_cases[] = {
	{"{}", ""},
	{"{\"a\":\"\",\"b\":1,\"c\":true}", ""},
	{"null", "E $.Tags type must be an object, but is null\n"},
	{"[]", "E $.Tags type must be an object, but is an array\n"},
	{"{\"a\":[],\"\":\"x\"}",
		"E $.Tags.a type must be a string, but is an array\n"
		"E $.Tags.\"\" length the key must have at least 1 character, but has 0"
	"\n"},
	{"{\"aws:x\":\"\",\"AWS:y\":\"\",\"awsome\":\"\",\"Awsome\":\"\"}",
		"E $.Tags.\"aws:x\" reserved_key must not start with \"aws:\", which "
		"AWS reserves\n"
		"E $.Tags.\"AWS:y\" reserved_key must not start with \"aws:\", which "
		"AWS reserves\n"
		"W $.Tags.awsome reserved_key should not start with \"aws\", which AWS "
	"documents as reserved\n"},
};

/* inputs of the test of a connection that need not exist */
static const ValidateCase test_input_cases[] = {
	{"{\"ConnectionType\":\"JDBC\",\"ConnectionProperties\":"
		"{\"JDBC_CONNECTION_URL\":\"jdbc:x:y\",\"SECRET_ID\":\"s\","
	"\"JDBC_ENFORCE_SSL\":true},\"AuthenticationConfiguration\":null}", ""},
	{"null", "E $ type must be an object, but is null\n"},
	{"{}",
		"E $.ConnectionProperties required is required\n"
	"E $.ConnectionType required is required\n"},
	{"{\"TestConnectionInput\":{}}",
		"E $ wrapped_input must be a TestConnectionInput itself, but is an "
	"object that holds one; pass the value at $.TestConnectionInput\n"},

	/* further members of a ConnectionInput, and the requirements of JDBC */
	{"{\"Name\":\"n\",\"ConnectionType\":\"JDBC\","
		"\"ConnectionProperties\":{\"SECRET_ID\":\"s\"}}",
		"E $.Name unknown_member is not a member of TestConnectionInput\n"
		"E $.ConnectionProperties.JDBC_CONNECTION_URL required_for_type is "
	"required for connections of type JDBC\n"},

	/* types that are tested only once they exist */
	{"{\"ConnectionType\":\"NETWORK\",\"ConnectionProperties\":{}}",
		"W $.ConnectionType not_for_type should be JDBC or SALESFORCE, because "
		"AWS Glue is documented to test connections of other types only once "
	"they exist\n"},
	{"{\"ConnectionType\":7,\"ConnectionProperties\":{}}",
	"E $.ConnectionType type must be a string, but is a number\n"},
};

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(model_cases); i++)
		check(model_cases[i].input, model_cases[i].findings);
	for (size_t i = 0; i < COUNT(tag_cases); i++)
	{
		json_object *tree = parse(tag_cases[i].input);
		Findings	findings = {"", 0, 0};

		glue_normalize("TagsMap", tree);
		glue_validate_tags(tree, note, &findings);
		is_str(findings.text, tag_cases[i].findings, tag_cases[i].input);
		glue_json_tree_free(tree);
	}
	for (size_t i = 0; i < COUNT(test_input_cases); i++)
	{
		json_object *tree = parse(test_input_cases[i].input);
		Findings	findings = {"", 0, 0};

		glue_normalize("TestConnectionInput", tree);
		glue_validate_test_input_tree(tree, false, note, &findings);
		is_str(findings.text, test_input_cases[i].findings,
			   test_input_cases[i].input);
		glue_json_tree_free(tree);
	}
}

/*
 * One string of the model, at its limit and one above: a letter, and one of
 * four bytes.
 */
static void
check_limit(const char *shape, int max)
{
	static const char *const letters[] = {"a", "\xf0\x9f\x98\x80"};

	for (int i = 0; i < 2; i++)
	{
		size_t		width = strlen(letters[i]);
		char	   *text = malloc((size_t) (max + 1) * width + 1);
		json_object *value;
		Findings	findings = {"", 0, 0};
		char		expected[128];

		for (int j = 0; j <= max; j++)
			memcpy(text + (size_t) j * width, letters[i], width);
		value = json_object_new_string_len(text, max * (int) width);
		glue_validate_member(shape, "$.x", value, note, &findings);
		is_str(findings.text, "", shape);
		json_object_put(value);

		value = json_object_new_string_len(text, (max + 1) * (int) width);
		snprintf(expected, sizeof(expected),
				 "E $.x length must have at most %d characters, but has %d\n",
				 max, max + 1);
		glue_validate_member(shape, "$.x", value, note, &findings);
		is_str(findings.text, expected, shape);
		json_object_put(value);
		free(text);
	}
}

static void
test_limits(void)
{
	check_limit("NameString", 255);
	check_limit("CatalogIdString", 255);
	check_limit("DescriptionString", 2048);
	check_limit("ValueString", 1024);
	check_limit("PropertyKey", 128);
	check_limit("PropertyValue", 2048);
	check_limit("Username", 512);
	check_limit("Password", 512);
	check_limit("AuthorizationCode", 4096);
	check_limit("CredentialKey", 128);
	check_limit("CredentialValue", 2048);
	check_limit("TokenUrlParameterKey", 128);
	check_limit("TokenUrlParameterValue", 512);
	check_limit("UserManagedClientApplicationClientId", 2048);
	check_limit("TagKey", 128);
	check_limit("TagValue", 256);
}

static void
check_count(const char *shape, bool is_map, int max)
{
	json_object *value = is_map ? json_object_new_object() :
		json_object_new_array();
	Findings	findings = {"", 0, 0};
	char		text[128];

	for (int i = 0; i <= max; i++)
	{
		if (i == max)
		{
			glue_validate_member(shape, "$", value, note, &findings);
			is_str(findings.text, "", shape);
		}
		snprintf(text, sizeof(text), "x%d", i);
		if (is_map)
			json_object_object_add(value, text, json_object_new_string("x"));
		else
			json_object_array_add(value, json_object_new_string("x"));
	}
	glue_validate_member(shape, "$", value, note, &findings);
	snprintf(text, sizeof(text),
			 "E $ count must have at most %d entries, but has %d\n",
			 max, max + 1);
	is_str(findings.text, text, shape);
	json_object_put(value);
}

static void
check_member(const char *shape, const char *value, const char *expected)
{
	json_object *tree = parse(value);
	Findings	findings = {"", 0, 0};

	glue_validate_member(shape, "$.CatalogId", tree, note, &findings);
	is_str(findings.text, expected, shape);
	glue_json_tree_free(tree);
}

static void
test_members(void)
{
	check_count("MatchCriteria", false, 10);
	check_count("SecurityGroupIdList", false, 50);
	check_count("ConnectionProperties", true, 100);
	check_count("TagsMap", true, 50);
	check_count("TagKeysList", false, 50);

	check_member("CatalogIdString", "\"123456789012\"", "");
	check_member("CatalogIdString", "12",
				 "E $.CatalogId type must be a string, but is a number\n");
	check_member("ConnectionSchemaVersion", "2", "");
	check_member("ConnectionSchemaVersion", "3",
				 "E $.CatalogId range must be at most 2, but is 3\n");
	check_member("ConnectionSchemaVersion", "0",
				 "E $.CatalogId range must be at least 1, but is 0\n");
	check_member("ConnectionSchemaVersion", "1.5",
				 "E $.CatalogId type must be an integer, but is a number\n");
	check_member("Timestamp", "1.5", "");
	check_member("TestConnectionInput",
				 "{\"ConnectionType\":\"JDBC\",\"Name\":\"x\"}",
				 "E $.CatalogId.Name unknown_member is not a member of "
				 "TestConnectionInput\n"
				 "E $.CatalogId.ConnectionProperties required is required\n");
}

static void
test_allow_unknown_members(void)
{
	json_object *tree = parse(JDBC(",\"nmae\":{\"deep\":[]}"));
	Findings	findings = {"", 0, 0};

	glue_validate_connection_input_tree(tree, true, note, &findings);
	is_str(findings.text, "W $.nmae unknown_member is not a member of "
		   "ConnectionInput; did you mean \"Name\"?\n", "a warning if allowed");
	glue_json_tree_free(tree);
}

/*
 * The replacement of a hidden secret is rejected in all places where redaction
 * puts it, and in no others.
 */
#define HIDDEN(path) \
	"E " path " redacted holds \"********\", which stands in the place of a " \
	"secret that was hidden; give the secret itself\n"

static const ValidateCase redacted_cases[] = {
	/* whole values */
	{PROPERTY("\"PASSWORD\":\"********\""),
	HIDDEN("$.ConnectionProperties.PASSWORD")},
	{PROPERTY("\"A\":\"********\""), HIDDEN("$.ConnectionProperties.A")},
	{AUTH("\"BasicAuthenticationCredentials\":{\"Username\":\"u\","
		  "\"Password\":\"********\"}"),
		HIDDEN("$.AuthenticationConfiguration.BasicAuthenticationCredentials."
			   "Password")},
	{JDBC(",\"Description\":\"********\""), HIDDEN("$.Description")},
	{JDBC(",\"MatchCriteria\":[\"a\",\"********\"]"),
	HIDDEN("$.MatchCriteria[1]")},

	/* of any type */
	{AUTH("\"CustomAuthenticationCredentials\":\"********\","
		  "\"OAuth2Properties\":{\"TokenUrlParametersMap\":\"********\"}"),
		HIDDEN("$.AuthenticationConfiguration.CustomAuthenticationCredentials")
		HIDDEN("$.AuthenticationConfiguration.OAuth2Properties."
			   "TokenUrlParametersMap")},
	{JDBC(",\"ValidateCredentials\":\"********\",\"SparkProperties\":"
		  "\"********\""),
	HIDDEN("$.ValidateCredentials") HIDDEN("$.SparkProperties")},
	{"\"********\"", HIDDEN("$")},

	/* parts of properties and of URLs */
	{PROPERTY("\"U\":\"//u:********@h\",\"V\":\"?token=********\""),
		HIDDEN("$.ConnectionProperties.U")
	HIDDEN("$.ConnectionProperties.V")},
	{JDBC(",\"SparkProperties\":{\"a\":"
		  "\"{\\\"sfPassword\\\":\\\"********\\\"}\"}"),
	HIDDEN("$.SparkProperties.a")},
	{AUTH("\"OAuth2Properties\":{\"TokenUrl\":\"https://u:********@h\","
		  "\"AuthorizationCodeProperties\":{\"RedirectUri\":"
		  "\"https://h/?token=********\"}}"),
		"E $.AuthenticationConfiguration.OAuth2Properties.TokenUrl pattern "
		"must match the pattern ^(https?)://[-a-zA-Z0-9+&@#/%?=~_|!:,.;]*"
		"[-a-zA-Z0-9+&@#/%=~_|], but character 11 is U+002A\n"
		HIDDEN("$.AuthenticationConfiguration.OAuth2Properties.TokenUrl")
		HIDDEN("$.AuthenticationConfiguration.OAuth2Properties."
			   "AuthorizationCodeProperties.RedirectUri")},

	/* texts and passwords may have asterisks in them, and keys be of them */
	{JDBC(",\"Description\":\"********* stars\""), ""},
	{AUTH("\"BasicAuthenticationCredentials\":{\"Password\":"
		  "\"********x\"}"), ""},
	{PROPERTY("\"A\":\"*******\""), ""},
	{PROPERTY("\"********\":\"x\""), ""},

	/* no further findings for unknown members */
	{JDBC(",\"Zebra\":\"********\""),
	"E $.Zebra unknown_member is not a member of ConnectionInput\n"},
};

static void
test_redacted(void)
{
	json_object *name = json_object_new_string("********");
	json_object *tags = parse("{\"a\":\"********\",\"b\":\"x\"}");
	Findings	findings = {"", 0, 0};

	for (size_t i = 0; i < COUNT(redacted_cases); i++)
		check(redacted_cases[i].input, redacted_cases[i].findings);

	glue_validate_tags(tags, note, &findings);
	is_str(findings.text, HIDDEN("$.Tags.a"), "a tag");
	findings.text[0] = '\0';
	glue_validate_member("NameString", "$.Name", name, note, &findings);
	is_str(findings.text, "", "a connection may be called so");
	json_object_put(name);
	glue_json_tree_free(tags);
}

/*
 * Unknown members may be sent, but not hidden secrets in them.
 */
static void
test_redacted_unknown(void)
{
	json_object *tree = parse(JDBC(",\"A\":[1,{\"b\":\"?token=********\"}],"
								   "\"B\":[1,{\"b\":\"x\"}]"));
	Findings	findings = {"", 0, 0};

	glue_validate_connection_input_tree(tree, true, note, &findings);
	is_str(findings.text,
		   "W $.A unknown_member is not a member of ConnectionInput\n"
		   HIDDEN("$.A")
		   "W $.B unknown_member is not a member of ConnectionInput\n",
		   "a hidden secret in unknown members");
	glue_json_tree_free(tree);
}

/*
 * Strings that no JSON text can hold but that a tree may.
 */
static void
test_encoding(void)
{
	json_object *value = json_object_new_string_len("a\xff", 2);
	json_object *map = json_object_new_object();
	Findings	findings = {"", 0, 0};

	glue_validate_member("NameString", "$", value, note, &findings);
	is_str(findings.text, "E $ encoding must be valid UTF-8\n", "a value");
	findings.text[0] = '\0';
	json_object_object_add(map, "a", value);
	json_object_object_add(map, "\xc3", json_object_new_string("x"));
	glue_validate_member("TagsMap", "$", map, note, &findings);
	ok(strstr(findings.text, "$.a encoding must be valid") != NULL, "in a map");
	ok(strstr(findings.text, "encoding the key must be valid") != NULL,
	   "and a key");
	json_object_put(map);
}

/*
 * Long keys are cut in paths and never overrun a message.
 */
static void
test_long_names(void)
{
	json_object *tree = json_object_new_object();
	json_object *properties = json_object_new_object();
	char		key[1000];
	Findings	findings = {"", 0, 0};

	memset(key, '\x01', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	json_object_object_add(properties, key, json_object_new_array());
	for (size_t i = 0; i + 1 < sizeof(key); i++)
		key[i] = i % 2 == 0 ? '\xc3' : '\xa9';
	key[998] = '\0';
	json_object_object_add(properties, key, json_object_new_array());
	json_object_object_add(tree, "ConnectionProperties", properties);
	json_object_object_add(tree, key, NULL);
	glue_validate_connection_input_tree(tree, false, note, &findings);
	is_int((long long) findings.errors, 5, "all are found");
	ok(strstr(findings.text, "\\u0001...\" type") != NULL, "escaped and cut");
	ok(strstr(findings.text, "\xc3\xa9...\" type") != NULL,
	   "cut between characters");
	ok(glue_utf8_valid(findings.text, strlen(findings.text)), "valid UTF-8");
	json_object_put(tree);
}

/*
 * Nothing of a secret's value gets into any message.
 */
static void
test_no_secrets(void)
{
	static const char *const inputs[] = {
		AUTH("\"BasicAuthenticationCredentials\":{\"Password\":\"\\nXYZZY\"},"
			 "\"CustomAuthenticationCredentials\":{\"a\":[\"XYZZY\"]},"
			 "\"OAuth2Properties\":{\"OAuth2Credentials\":{"
			 "\"AccessToken\":\"XYZZY\\u00e9\",\"JwtToken\":\"XYZZY\","
			 "\"RefreshToken\":\"\\u00e9XYZZY\"},\"TokenUrl\":"
			 "\"ftp://a:XYZZY@b\",\"AuthorizationCodeProperties\":"
			 "{\"AuthorizationCode\":\"XYZZY a\"}}"),
		PROPERTY("\"PASSWORD\":\"\\u0001XYZZY\",\"X_TOKEN\":[\"XYZZY\"]"),
		NETWORK("\"SubnetId\":\"//a:XYZZY@b\",\"SecurityGroupIdList\":"
				"[\"password=XYZZY\"]"),
		OF_TYPE("https://a:XYZZY@b", ""),
		OF_TYPE("JDBC", "\"JDBC_CONNECTION_URL\":\"mysql://a:XYZZY@b\""),
		OF_TYPE("MONGODB", "\"CONNECTION_URL\":\"mongo://a:XYZZY@b\""),
		OF_TYPE("KAFKA", "\"KAFKA_BOOTSTRAP_SERVERS\":\"a:XYZZY@b,c\""),
		OF_TYPE("MYSQL", "\"HOST\":\"a:XYZZY@b \""),
		OF_TYPE("KAFKA", "\"KAFKA_SASL_MECHANISM\":\"?token=XYZZY\""),
		OF_TYPE("SNOWFLAKE", "\"SparkProperties\":"
				"\"{\\\"sfPassword\\\":\\\"XYZZY\\\",\\\"sfUrl\\\":"
				"\\\"//a:XYZZY@b\\\"}\""),
	};

	for (size_t i = 0; i < COUNT(inputs); i++)
	{
		json_object *tree = parse(inputs[i]);
		Findings	findings = {"", 0, 0};

		glue_validate_connection_input_tree(tree, false, note, &findings);
		ok(findings.count > 0, "something is found");
		ok(strstr(findings.text, "XYZZY") == NULL, "but no secret is told");
		glue_json_tree_free(tree);
	}
}

/*
 * Everything below a secret's key is secret, too.
 */
static void
test_secret_paths(void)
{
	GluePath	root = {NULL, "$.PASSWORD", 0};
	GluePath	properties = {&root, "ConnectionProperties", 0};
	GluePath	password = {&properties, "PASSWORD", 0};
	GluePath	entry = {&password, NULL, 1};
	GluePath	user = {&properties, "USERNAME", 0};
	char		text[64];

	ok(!glue_path_is_secret(&root), "a root is not classified");
	ok(glue_path_is_secret(&password), "a secret");
	ok(glue_path_is_secret(&entry), "in a secret");
	ok(!glue_path_is_secret(&user), "no secret");
	glue_path_write(&entry, text, sizeof(text));
	is_str(text, "$.PASSWORD.ConnectionProperties.PASSWORD[1]", "its path");
	glue_path_write(&entry, text, 16);
	is_str(text, "$.PASSWORD.Conn", "a path is cut");
}

static void
leave(void *arg, const GlueViolation *violation)
{
	longjmp(*(jmp_buf *) arg, 1);
}

/*
 * A sink may longjmp.  That nothing is lost then, the leak checker sees.
 */
static void
test_longjmp(void)
{
	json_object *tree = parse(OF_TYPE("SNOWFLAKE", "\"SparkProperties\":"
									  "\"{\\\"sfUrl\\\":\\\"x\\\"}\""));
	jmp_buf		place;
	volatile bool left = false;

	if (setjmp(place) == 0)
		glue_validate_connection_input_tree(tree, false, leave, &place);
	else
		left = true;
	ok(left, "the sink left");
	glue_json_tree_free(tree);
}

/*
 * Large inputs take milliseconds.
 */
static void
test_speed(void)
{
	json_object *tree = parse(JDBC(""));
	json_object *network = json_object_new_object();
	char	   *text = malloc((1 << 20) + 1);
	clock_t		start = clock();
	Findings	findings = {"", 0, 0};

	for (int i = 0; i < 10000; i++)
	{
		char		key[64];

		snprintf(key, sizeof(key), "PhysicalConnectionRequirement%d", i);
		json_object_object_add(tree, key, NULL);
	}
	memset(text, 'a', 1 << 20);
	text[1 << 20] = '\0';
	json_object_object_add(tree, "Description", json_object_new_string(text));
	json_object_object_add(tree, text, json_object_new_string(text));
	json_object_object_add(network, "AvailabilityZone",
						   json_object_new_string("a"));
	json_object_object_add(network, "SubnetId", json_object_new_string(text));
	json_object_object_add(tree, "PhysicalConnectionRequirements", network);
	glue_validate_connection_input_tree(tree, false, note, &findings);
	is_int((long long) findings.errors, 10003, "all are found");
	ok((clock() - start) / CLOCKS_PER_SEC < PATIENCE, "in time");
	json_object_put(tree);
	free(text);
}

int
main(void)
{
	test_cases();
	test_limits();
	test_members();
	test_allow_unknown_members();
	test_redacted();
	test_redacted_unknown();
	test_encoding();
	test_long_names();
	test_no_secrets();
	test_secret_paths();
	test_longjmp();
	test_speed();
	return tap_done();
}
