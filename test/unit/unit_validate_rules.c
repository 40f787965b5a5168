/*-------------------------------------------------------------------------
 *
 * unit_validate_rules.c
 *	  Unit test of validate_rules.c and rules.c: the dependencies between the
 *	  members of an input, and its type.
 *
 * IDENTIFICATION
 *	  test/unit/unit_validate_rules.c
 *
 *-------------------------------------------------------------------------
 */
#include "validate_cases.h"

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
		"host that always means the local machine, but AWS Glue connects from "
	"another one\n"},
	{OF_TYPE("KAFKA", "\"KAFKA_BOOTSTRAP_SERVERS\":\"h\""),
		"W $.ConnectionProperties.KAFKA_BOOTSTRAP_SERVERS property_value "
	"should have a port with each host, as in \"host:9092\"\n"},
	{WITH_AUTH("MYSQL", "\"HOST\":\"localhost\",\"PORT\":1,"
			   "\"DATABASE\":\"d\",\"ROLE_ARN\":\"r\""),
		"W $.ConnectionProperties.HOST property_value names a host that "
	"always means the local machine, but AWS Glue connects from another one\n"},

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
	"USERNAME and PASSWORD, so it has no credentials\n"},
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
		"W $.PhysicalConnectionRequirements required_for_type is empty, but "
		"a connection of type NETWORK consists of it\n"
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

	/* any type */
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

int
main(void)
{
	for (size_t i = 0; i < COUNT(rule_cases); i++)
		check(rule_cases[i].input, rule_cases[i].findings);
	return tap_done();
}
