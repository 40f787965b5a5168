/*-------------------------------------------------------------------------
 *
 * unit_validate.c
 *	  Tests of normalize.c, validate.c, validate_rules.c, rules.c and
 *	  violation.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_validate.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/validate.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "glue/normalize.h"
#include "tap.h"
#include "text/json.h"

/* the longest that any test may take on a slow machine, in seconds */
#define PATIENCE 5

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * An input, and all that is found in it: a line each, with "E" or "W", the
 * path, the rule, and the message.
 */
typedef struct ValidateCase
{
	const char *input;
	const char *findings;
} ValidateCase;

/* inputs that are right but for what is added; %s is put at the end */
#define JDBC(more) \
	"{\"Name\":\"n\",\"ConnectionType\":\"JDBC\",\"ConnectionProperties\":" \
	"{\"JDBC_CONNECTION_URL\":\"jdbc:x://h/d\",\"SECRET_ID\":\"s\"}" more "}"
#define OF_TYPE(type, properties) \
	"{\"Name\":\"n\",\"ConnectionType\":\"" type "\"," \
	"\"ConnectionProperties\":{" properties "}}"
#define URL "\"JDBC_CONNECTION_URL\":\"jdbc:x:y\""
#define WITH_AUTH(type, properties) \
	"{\"Name\":\"n\",\"ConnectionType\":\"" type "\"," \
	"\"ConnectionProperties\":{" properties "}," \
	"\"AuthenticationConfiguration\":{}}"
#define AUTH(members) JDBC(",\"AuthenticationConfiguration\":{" members "}")
#define PROPERTY(property) \
	"{\"Name\":\"n\",\"ConnectionType\":\"JDBC\",\"ConnectionProperties\":" \
	"{\"JDBC_CONNECTION_URL\":\"jdbc:x:y\",\"SECRET_ID\":\"s\"," \
	property "}}"
#define NETWORK(members) \
	JDBC(",\"PhysicalConnectionRequirements\":{" members "}")

#define WRAPPED(path) \
	"E $ wrapped_input must be a ConnectionInput itself, but is an object " \
	"that holds one; pass what is at $." path "\n"

#define NAME_PATTERN \
	"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*"

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

	/* but what has a type is an input, or a name and no request in it */
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

	/* what AWS Glue returns */
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
};

static const ValidateCase rule_cases[] = {
	/* JDBC */
	{OF_TYPE("JDBC", "\"SECRET_ID\":\"s\""),
		"E $.ConnectionProperties.JDBC_CONNECTION_URL required_for_type "
	"is required for connections of type JDBC\n"},
	{OF_TYPE("JDBC", "\"SECRET_ID\":\"s\",\"HOST\":\"h\",\"PORT\":1,"
			 "\"JDBC_ENGINE\":\"mysql\""),
		"W $.ConnectionProperties.JDBC_CONNECTION_URL required_for_type "
		"should be given, because AWS Glue is not known to accept HOST, PORT "
	"and JDBC_ENGINE alone\n"},
	{WITH_AUTH("JDBC", ""),
		"W $.ConnectionProperties.JDBC_CONNECTION_URL required_for_type "
	"is documented as required for connections of type JDBC\n"},
	{OF_TYPE("JDBC", URL), ""},
	{OF_TYPE("JDBC", URL ",\"USERNAME\":\"u\""),
		"E $.ConnectionProperties credentials has USERNAME without PASSWORD, "
	"which AWS Glue refuses\n"},
	{OF_TYPE("JDBC", URL ",\"PASSWORD\":\"p\""),
		"E $.ConnectionProperties credentials has a password without USERNAME, "
	"which AWS Glue refuses\n"},
	{OF_TYPE("JDBC", URL ",\"USERNAME\":\"u\",\"PASSWORD\":\"p\""), ""},
	{OF_TYPE("JDBC", URL ",\"USERNAME\":\"u\",\"SECRET_ID\":\"s\""), ""},
	{OF_TYPE("JDBC", URL ",\"USERNAME\":\"u\",\"ENCRYPTED_PASSWORD\":\"p\""),
		"W $.ConnectionProperties.ENCRYPTED_PASSWORD credentials is refused "
	"unless the Data Catalog encrypts passwords\n"},
	{OF_TYPE("JDBC", URL ",\"ENCRYPTED_PASSWORD\":\"p\""),
		"W $.ConnectionProperties.ENCRYPTED_PASSWORD credentials is refused "
	"unless the Data Catalog encrypts passwords\n"},
	{WITH_AUTH("JDBC", URL ",\"USERNAME\":\"u\""), ""},
	{"{\"Name\":\"n\",\"ConnectionType\":\"JDBC\"}",
		"E $.ConnectionProperties required is required\n"
		"E $.ConnectionProperties.JDBC_CONNECTION_URL required_for_type "
	"is required for connections of type JDBC\n"},
	{"{\"Name\":\"n\",\"ConnectionType\":\"JDBC\","
		"\"ConnectionProperties\":[]}",
	"E $.ConnectionProperties type must be an object, but is an array\n"},

	/* where the data is; more in unit_source_url.c */
	{OF_TYPE("JDBC", "\"JDBC_CONNECTION_URL\":\" jdbc:postgres://h/d\\n\""),
		"W $.ConnectionProperties.JDBC_CONNECTION_URL property_value should "
		"not begin or end with a blank\n"
		"W $.ConnectionProperties.JDBC_CONNECTION_URL property_value should "
	"look like \"jdbc:postgresql://host:port/database\"\n"},
	{OF_TYPE("JDBC", "\"JDBC_CONNECTION_URL\":\"jdbc:mysql://localhost/d\""),
		"W $.ConnectionProperties.JDBC_CONNECTION_URL property_value names a "
		"host that is always the own machine, and AWS Glue connects from "
	"another one\n"},
	{OF_TYPE("KAFKA", "\"KAFKA_BOOTSTRAP_SERVERS\":\"h\""),
		"W $.ConnectionProperties.KAFKA_BOOTSTRAP_SERVERS property_value "
	"should have a port with each host, as in \"host:9092\"\n"},
	{WITH_AUTH("MYSQL", "\"HOST\":\"localhost\",\"PORT\":1,"
			   "\"DATABASE\":\"d\",\"ROLE_ARN\":\"r\""),
		"W $.ConnectionProperties.HOST property_value names a host that is "
	"always the own machine, and AWS Glue connects from another one\n"},

	/* KAFKA */
	{OF_TYPE("KAFKA", ""),
		"E $.ConnectionProperties.KAFKA_BOOTSTRAP_SERVERS required_for_type "
	"is required for connections of type KAFKA\n"},
	{OF_TYPE("KAFKA", "\"KAFKA_BOOTSTRAP_SERVERS\":\"h:1\","
			 "\"KAFKA_SASL_MECHANISM\":\"SCRAM-SHA-512\""), ""},
	{OF_TYPE("KAFKA", "\"KAFKA_BOOTSTRAP_SERVERS\":\"h:1\","
			 "\"KAFKA_SASL_MECHANISM\":\"SCRAM-SHA-256\""),
		"W $.ConnectionProperties.KAFKA_SASL_MECHANISM property_value "
		"\"SCRAM-SHA-256\" is not among the known mechanisms AWS_MSK_IAM, "
	"GSSAPI, PLAIN and SCRAM-SHA-512\n"},

	/* MONGODB */
	{OF_TYPE("MONGODB", "\"SECRET_ID\":\"s\""),
		"E $.ConnectionProperties.CONNECTION_URL required_for_type "
	"is required for connections of type MONGODB\n"},
	{OF_TYPE("MONGODB", "\"CONNECTION_URL\":\"mongodb://h\""),
		"W $.ConnectionProperties credentials has neither SECRET_ID nor "
	"USERNAME and PASSWORD, so there is nothing to log in with\n"},
	{OF_TYPE("MONGODB", "\"CONNECTION_URL\":\"mongodb://h\","
			 "\"USERNAME\":\"u\""),
	"W $.ConnectionProperties credentials has USERNAME without PASSWORD\n"},
	{OF_TYPE("MONGODB", "\"CONNECTION_URL\":\"mongodb://h\","
			 "\"PASSWORD\":\"p\""),
	"W $.ConnectionProperties credentials has a password without USERNAME\n"},
	{OF_TYPE("MONGODB", "\"CONNECTION_URL\":\"mongodb://u:p@h\""), ""},
	{OF_TYPE("MONGODB", "\"CONNECTION_URL\":\"mongodb+srv://h/"
			 "?authMechanism=MONGODB-AWS\""), ""},
	{OF_TYPE("MONGODB", "\"CONNECTION_URL\":\"mongo://u:p@h\""),
		"W $.ConnectionProperties.CONNECTION_URL property_value should look "
	"like \"mongodb://host:port/database\"\n"},

	/* CUSTOM and MARKETPLACE */
	{OF_TYPE("CUSTOM", "\"CONNECTOR_URL\":\"s3://b/c.jar\""),
		"E $.ConnectionProperties.CONNECTOR_TYPE required_for_type "
		"is required for connections of type CUSTOM\n"
		"E $.ConnectionProperties.CONNECTOR_CLASS_NAME required_for_type "
	"is required for connections of type CUSTOM\n"},
	{OF_TYPE("CUSTOM", "\"CONNECTION_TYPE\":\"Jdbc\""),
		"E $.ConnectionProperties.CONNECTOR_URL required_for_type "
		"is required for connections of type CUSTOM\n"
		"W $.ConnectionProperties.CONNECTOR_TYPE required_for_type "
		"is documented as required for connections of type CUSTOM\n"
		"E $.ConnectionProperties.CONNECTOR_CLASS_NAME required_for_type "
		"is required for connections of type CUSTOM\n"
		"W $.ConnectionProperties.CONNECTION_TYPE not_for_type is not a known "
	"key; did you mean \"CONNECTOR_TYPE\"?\n"},
	{OF_TYPE("MARKETPLACE", "\"CONNECTOR_TYPE\":\"Jdbc\","
			 "\"CONNECTOR_CLASS_NAME\":\"c\""),
		"E $.ConnectionProperties.CONNECTOR_URL required_for_type "
	"is required for connections of type MARKETPLACE\n"},
	{OF_TYPE("MARKETPLACE", "\"CONNECTOR_TYPE\":\"Spark\","
			 "\"CONNECTOR_URL\":\"u\",\"CONNECTOR_CLASS_NAME\":\"c\""), ""},
	{"{\"Name\":\"n\",\"ConnectionType\":\"CUSTOM\","
		"\"MatchCriteria\":[\"Connection\",\"my-template\"],"
		"\"ConnectionProperties\":{\"CONNECTOR_TYPE\":\"Jdbc\","
		"\"CONNECTOR_URL\":\"u\"}}",
		"W $.ConnectionProperties.CONNECTOR_CLASS_NAME required_for_type "
	"is documented as required for connections of type CUSTOM\n"},
	{"{\"Name\":\"n\",\"ConnectionType\":\"CUSTOM\","
		"\"MatchCriteria\":[\"template-connection\"],"
		"\"ConnectionProperties\":{\"CONNECTOR_CLASS_NAME\":\"c\","
		"\"CONNECTOR_URL\":\"u\"}}",
		"W $.ConnectionProperties.CONNECTOR_TYPE required_for_type "
	"is documented as required for connections of type CUSTOM\n"},

	/* NETWORK */
	{"{\"Name\":\"n\",\"ConnectionType\":\"NETWORK\"}",
		"E $.PhysicalConnectionRequirements required_for_type "
	"is required for connections of type NETWORK\n"},
	{"{\"Name\":\"n\",\"ConnectionType\":\"NETWORK\","
		"\"ConnectionProperties\":null,"
		"\"PhysicalConnectionRequirements\":{\"AvailabilityZone\":\"a\"}}",
	""},
	{"{\"Name\":\"n\",\"ConnectionType\":\"NETWORK\","
		"\"ConnectionProperties\":{\"JDBC_ENFORCE_SSL\":true},"
		"\"PhysicalConnectionRequirements\":{}}",
		"W $.PhysicalConnectionRequirements required_for_type is empty, but is "
		"what a connection of type NETWORK is made of\n"
		"W $.ConnectionProperties.JDBC_ENFORCE_SSL not_for_type was reported "
	"to be refused for connections of type NETWORK\n"},
	{"{\"Name\":\"n\",\"ConnectionType\":\"NETWORK\","
		"\"ConnectionProperties\":{\"JDBC_ENFORCE_SSL\":false},"
		"\"PhysicalConnectionRequirements\":{\"AvailabilityZone\":\"a\"}}",
	""},
	{"{\"Name\":\"n\",\"ConnectionType\":\"DYNAMODB\"}", ""},

	/* SNOWFLAKE */
	{OF_TYPE("SNOWFLAKE", "\"SparkProperties\":\"{\\\"secretId\\\":\\\"s\\\","
			 "\\\"sfRole\\\":\\\"r\\\",\\\"sfUrl\\\":"
			 "\\\"https://a.snowflakecomputing.com\\\"}\""), ""},
	{OF_TYPE("SNOWFLAKE", "\"PythonProperties\":\"{\\\"secretId\\\":\\\"s\\\","
			 "\\\"sfRole\\\":\\\"r\\\",\\\"sfUrl\\\":"
			 "\\\"a.snowflakecomputing.cn/x\\\"}\""), ""},
	{OF_TYPE("SNOWFLAKE", "\"SparkProperties\":\"{\\\"secretId\\\":1}\""),
	""},
	{OF_TYPE("SNOWFLAKE", "\"PythonProperties\":"
			 "\"{\\\"account\\\":\\\"a\\\"}\""), ""},
	{OF_TYPE("SNOWFLAKE", "\"SparkProperties\":"
			 "\"{\\\"sfUrl\\\":\\\".snowflakecomputing.com\\\"}\","
			 "\"PythonProperties\":\"{\\\"sfUrl\\\":\\\"x\\\"}\""),
		"E $.ConnectionProperties.SparkProperties property_value must have an "
		"\"sfUrl\" with a host below snowflakecomputing.com or "
		"snowflakecomputing.cn\n"
		"W $.ConnectionProperties.PythonProperties property_value must have an "
		"\"sfUrl\" with a host below snowflakecomputing.com or "
	"snowflakecomputing.cn\n"},
	{WITH_AUTH("SNOWFLAKE", "\"HOST\":\"h\",\"SparkProperties\":"
			   "\"{\\\"sfUrl\\\":\\\"x\\\"}\""), ""},
	{OF_TYPE("SNOWFLAKE", "\"HOST\":\"h\",\"AthenaProperties\":\"{}\","
			 "\"SparkProperties\":\"[]\",\"PythonProperties\":\"x\""),
		"E $.ConnectionProperties.AthenaProperties not_for_type must not be "
		"given for connections of type SNOWFLAKE without "
		"AuthenticationConfiguration\n"
		"E $.ConnectionProperties.HOST not_for_type must not be given for "
		"connections of type SNOWFLAKE without AuthenticationConfiguration\n"
		"W $.ConnectionProperties.SparkProperties property_value should be a "
		"string that holds a JSON object\n"
		"W $.ConnectionProperties.PythonProperties property_value should be a "
	"string that holds a JSON object\n"},
	{OF_TYPE("SNOWFLAKE", ""),
		"E $.ConnectionProperties required_for_type must have SparkProperties "
		"or PythonProperties, as a string of JSON, for connections of type "
	"SNOWFLAKE without AuthenticationConfiguration\n"},

	/* types of both generations, and of the second */
	{OF_TYPE("BIGQUERY", ""),
		"W $.ConnectionProperties.SparkProperties required_for_type "
	"is documented as required for connections of type BIGQUERY\n"},
	{WITH_AUTH("BIGQUERY", "\"PROJECT_ID\":\"p\""),
		"W $.ConnectionProperties.ROLE_ARN required_for_type "
	"is documented as required for connections of type BIGQUERY\n"},
	{OF_TYPE("AZURECOSMOS", ""),
		"W $.ConnectionProperties.SparkProperties required_for_type "
	"is documented as required for connections of type AZURECOSMOS\n"},
	{OF_TYPE("POSTGRESQL", "\"HOST\":\"h\",\"PORT\":5432,\"ROLE_ARN\":\"r\""),
		"W $.ConnectionProperties.DATABASE required_for_type "
		"is documented as required for connections of type POSTGRESQL\n"
		"W $.AuthenticationConfiguration required_for_type should be given for "
		"connections of type POSTGRESQL; AWS Glue has refused such types "
	"without it\n"},
	{"{\"Name\":\"n\",\"ConnectionType\":\"MYSQL\","
		"\"ConnectionProperties\":{},\"AthenaProperties\":{},"
	"\"AuthenticationConfiguration\":{}}", ""},
	{OF_TYPE("SAPHANA", "\"SparkProperties\":\"{}\""), ""},
	{WITH_AUTH("SALESFORCE", "\"INSTANCE_URL\":\"https://x\""),
		"W $.ConnectionProperties.ROLE_ARN required_for_type "
	"is documented as required for connections of type SALESFORCE\n"},
	{OF_TYPE("ZENDESK", ""),
		"W $.AuthenticationConfiguration required_for_type should be given for "
		"connections of type ZENDESK; AWS Glue has refused such types "
	"without it\n"},
	{OF_TYPE("VIEW_VALIDATION_REDSHIFT", "\"DATABASE\":\"d\""),
		"W $.ConnectionProperties required_for_type should have "
		"CLUSTER_IDENTIFIER or WORKGROUP_NAME for connections of type "
	"VIEW_VALIDATION_REDSHIFT\n"},
	{OF_TYPE("VIEW_VALIDATION_REDSHIFT", "\"WORKGROUP_NAME\":\"w\""),
		"W $.ConnectionProperties.DATABASE required_for_type is documented as "
	"required for connections of type VIEW_VALIDATION_REDSHIFT\n"},
	{OF_TYPE("VIEW_VALIDATION_ATHENA", ""),
		"W $.ConnectionProperties.WORKGROUP_NAME required_for_type is "
	"documented as required for connections of type VIEW_VALIDATION_ATHENA\n"},
	{OF_TYPE("SFTP", ""),
	"W $.ConnectionType not_for_type is documented as not supported\n"},

	/* whatever the type */
	{PROPERTY("\"KAFKA_SSL_ENABLED\":\"False\",\"ENDPOINT\":\"TRUE\","
			  "\"A\":\"True\",\"REGION\":\"Truest\",\"PASSWORD\":\"True\","
			  "\"JDBC_ENFORCE_SSL\":\"True\""),
		"W $.ConnectionProperties.KAFKA_SSL_ENABLED boolean_case should be "
		"\"false\" in lower case, but is \"False\"\n"
		"W $.ConnectionProperties.ENDPOINT boolean_case should be \"true\" in "
	"lower case, but is \"TRUE\"\n"},
	{NETWORK("\"SubnetId\":\"subnet-0a1f\",\"AvailabilityZone\":\"us-east-1a\","
			 "\"SecurityGroupIdList\":[\"sg-01\"]"), ""},
	{NETWORK("\"SubnetId\":\"subnet-0a1f\""),
		"W $.PhysicalConnectionRequirements.AvailabilityZone availability_zone "
		"should be given with SubnetId, because jobs cannot use the connection "
	"without it\n"},
	{NETWORK("\"SubnetId\":\"subnet-XY\",\"AvailabilityZone\":\"a\","
			 "\"SecurityGroupIdList\":[\"sg-0\",\"web\",\"sg-\","
			 "\"//u:p@h\\u0007\"]"),
		"E $.PhysicalConnectionRequirements.SecurityGroupIdList[3] pattern "
		"must match the pattern " NAME_PATTERN ", but character 8 is U+0007\n"
		"W $.PhysicalConnectionRequirements.SubnetId resource_id should be the "
		"id of a subnet, such as \"subnet-0a1b2c3d\", but is \"subnet-XY\"\n"
		"W $.PhysicalConnectionRequirements.SecurityGroupIdList[1] resource_id "
		"should be the id of a security group, such as \"sg-0a1b2c3d\", but is "
		"\"web\"\n"
		"W $.PhysicalConnectionRequirements.SecurityGroupIdList[2] resource_id "
		"should be the id of a security group, such as \"sg-0a1b2c3d\", but is "
		"\"sg-\"\n"
		"W $.PhysicalConnectionRequirements.SecurityGroupIdList[3] resource_id "
		"should be the id of a security group, such as \"sg-0a1b2c3d\", but is "
	"\"//u:********@h?\"\n"},
	{"{\"Name\":\"a/b:c\",\"ConnectionType\":\"DYNAMODB\"}",
		"W $.Name ambiguous_name should not contain \"/\" or \":\", which make "
	"the connection's ARN ambiguous\n"},
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
		"AWS keeps for itself\n"
		"E $.Tags.\"AWS:y\" reserved_key must not start with \"aws:\", which "
		"AWS keeps for itself\n"
		"W $.Tags.awsome reserved_key should not start with \"aws\", which AWS "
	"documents as its own\n"},
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
	"object that holds one; pass what is at $.TestConnectionInput\n"},

	/* what a ConnectionInput has more, and what JDBC needs */
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

/* findings as text, and how many */
typedef struct Findings
{
	char		text[8192];
	size_t		count;
	size_t		errors;
} Findings;

static void
note(void *arg, const GlueViolation *violation)
{
	Findings   *findings = arg;
	size_t		used = strlen(findings->text);
	bool		is_error = violation->severity == GLUE_SEVERITY_ERROR;

	snprintf(findings->text + used, sizeof(findings->text) - used,
			 "%s %s %s %s\n", is_error ? "E" : "W", violation->path,
			 violation->rule, violation->message);
	findings->count++;
	findings->errors += is_error;
}

static json_object *
parse(const char *text)
{
	json_object *tree = glue_json_tree_parse(text, strlen(text));

	if (tree == NULL && strcmp(text, "null") != 0)
		printf("Bail out! no JSON: %s\n", text);
	return tree;
}

static void
check(const char *input, const char *expected)
{
	json_object *tree = parse(input);
	Findings	findings = {"", 0, 0};

	glue_normalize_connection_input(tree);
	glue_validate_connection_input_tree(tree, false, note, &findings);
	is_str(findings.text, expected, input);
	glue_json_tree_free(tree);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(model_cases); i++)
		check(model_cases[i].input, model_cases[i].findings);
	for (size_t i = 0; i < COUNT(rule_cases); i++)
		check(rule_cases[i].input, rule_cases[i].findings);
	for (size_t i = 0; i < COUNT(tag_cases); i++)
	{
		json_object *tree = parse(tag_cases[i].input);
		Findings	findings = {"", 0, 0};

		glue_normalize_tags(tree);
		glue_validate_tags(tree, note, &findings);
		is_str(findings.text, tag_cases[i].findings, tag_cases[i].input);
		glue_json_tree_free(tree);
	}
	for (size_t i = 0; i < COUNT(test_input_cases); i++)
	{
		json_object *tree = parse(test_input_cases[i].input);
		Findings	findings = {"", 0, 0};

		glue_normalize_test_input(tree);
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
	check_count("DeleteConnectionNameList", false, 25);

	check_member("CatalogIdString", "\"123456789012\"", "");
	check_member("CatalogIdString", "12",
				 "E $.CatalogId type must be a string, but is a number\n");
	check_member("PageSize", "1000", "");
	check_member("PageSize", "1001",
				 "E $.CatalogId range must be at most 1000, but is 1001\n");
	check_member("PageSize", "0",
				 "E $.CatalogId range must be at least 1, but is 0\n");
	check_member("PageSize", "1.5",
				 "E $.CatalogId type must be an integer, but is a number\n");
	check_member("Timestamp", "1.5", "");
	check_member("NoSuchShape", "1",
				 "E $.CatalogId type has the unknown shape \"NoSuchShape\"\n");
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

static void
check_normalized(const char *before, const char *after)
{
	json_object *tree = parse(before);
	char		text[1024];

	glue_normalize_connection_input(tree);
	glue_json_tree_write(tree, text, sizeof(text));
	is_str(text, after, before);
	glue_normalize_connection_input(tree);
	glue_json_tree_write(tree, text, sizeof(text));
	is_str(text, after, "twice is the same");
	glue_json_tree_free(tree);
}

static void
test_normalize(void)
{
	check_normalized("{\"ConnectionProperties\":{\"A\":true,\"B\":5432,"
					 "\"C\":1.50,\"D\":1e3,\"E\":null,\"F\":[1],\"G\":\"g\"},"
					 "\"SparkProperties\":{\"x\":false}}",
					 "{\"ConnectionProperties\":{\"A\":\"true\",\"B\":\"5432\","
					 "\"C\":\"1.50\",\"D\":\"1e3\",\"E\":null,\"F\":[1],"
					 "\"G\":\"g\"},\"SparkProperties\":{\"x\":\"false\"}}");
	check_normalized("{\"AuthenticationConfiguration\":{\"SecretArn\":null,"
					 "\"OAuth2Properties\":{\"TokenUrl\":null,"
					 "\"TokenUrlParametersMap\":{\"a\":1}},"
					 "\"CustomAuthenticationCredentials\":{\"b\":2}}}",
					 "{\"AuthenticationConfiguration\":{\"OAuth2Properties\":{"
					 "\"TokenUrlParametersMap\":{\"a\":\"1\"}},"
					 "\"CustomAuthenticationCredentials\":{\"b\":\"2\"}}}");

	/* required members, unknown ones and typed ones stay */
	check_normalized("{\"Name\":null,\"Zebra\":null,\"Description\":1,"
					 "\"ValidateCredentials\":true,\"MatchCriteria\":[1]}",
					 "{\"Name\":null,\"Zebra\":null,\"Description\":1,"
					 "\"ValidateCredentials\":true,\"MatchCriteria\":[1]}");
	check_normalized("{\"ConnectionType\":\"NETWORK\"}",
					 "{\"ConnectionType\":\"NETWORK\","
					 "\"ConnectionProperties\":{}}");
	check_normalized("{\"ConnectionType\":\"DYNAMODB\","
					 "\"ConnectionProperties\":null}",
					 "{\"ConnectionType\":\"DYNAMODB\","
					 "\"ConnectionProperties\":{}}");
	check_normalized("{\"ConnectionType\":\"NETWORK\","
					 "\"ConnectionProperties\":[]}",
					 "{\"ConnectionType\":\"NETWORK\","
					 "\"ConnectionProperties\":[]}");
	check_normalized("{\"ConnectionType\":\"JDBC\"}",
					 "{\"ConnectionType\":\"JDBC\"}");
	check_normalized("{\"ConnectionType\":7,\"SparkProperties\":\"x\"}",
					 "{\"ConnectionType\":7,\"SparkProperties\":\"x\"}");
	check_normalized("[{\"Description\":null}]", "[{\"Description\":null}]");
	check_normalized("null", "null");
	check_normalized("\"x\"", "\"x\"");
}

/*
 * What stands for a hidden secret is refused wherever redaction puts it, and
 * nowhere else.
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

	/* of whatever type they were */
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

	/* nothing more is said of what is not known */
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
 * Members that are not known may be sent, but what is hidden in them not.
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
		   "what is hidden in unknown members");
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
 * Whatever is below a secret's key is secret, too.
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

	ok(!glue_path_is_secret(&root), "a root is not judged");
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
	test_normalize();
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
