/*-------------------------------------------------------------------------
 *
 * type_rules.c
 *	  Rules of single types of connections with code of their own.
 *
 * Rows of rules.def list the properties that a type must have.  Rules beyond
 * that are here: a choice between properties, a list of values, JSON in a
 * property.
 *
 * IDENTIFICATION
 *	  src/glue/type_rules.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/rules.h"

#include "glue/model.h"
#include "text/ascii.h"
#include "text/json.h"

static const char *const kafka_mechanisms[] = {
	"AWS_MSK_IAM", "GSSAPI", "PLAIN", "SCRAM-SHA-512", NULL
};

/*
 * AWS documents a host, a port and an engine instead of a JDBC URL.
 */
static void
check_jdbc(const GlueRuleInput *input)
{
	GluePath	path = {&glue_properties_path, "JDBC_CONNECTION_URL", 0};

	if (glue_rule_is_type(input, "JDBC") &&
		(input->situation & NO_ENGINE) == 0 &&
		!glue_rule_has_property(input, "JDBC_CONNECTION_URL"))
		glue_report_check(input->reporter, &path, GLUE_CHECK_JDBC_ENGINE,
						  "should be given, because AWS Glue is not known to "
						  "accept HOST, PORT and JDBC_ENGINE alone");
}

static void
check_kafka(const GlueRuleInput *input)
{
	GluePath	path = {&glue_properties_path, "KAFKA_SASL_MECHANISM", 0};
	const char *mechanism;
	char		quoted[GLUE_QUOTED_SIZE];

	if (!glue_rule_is_type(input, "KAFKA"))
		return;
	mechanism = glue_json_tree_text(input->properties, "KAFKA_SASL_MECHANISM");
	if (mechanism != NULL &&
		!glue_is_one_of(mechanism, kafka_mechanisms))
		glue_report_check(input->reporter, &path, GLUE_CHECK_KAFKA_MECHANISM,
						  "%s is not among the known mechanisms AWS_MSK_IAM, "
						  "GSSAPI, PLAIN and SCRAM-SHA-512",
						  glue_quote(mechanism, quoted));
}

/*
 * Terraform's documentation has CONNECTION_TYPE instead of CONNECTOR_TYPE.
 */
static void
check_connector(const GlueRuleInput *input)
{
	GluePath	path = {&glue_properties_path, "CONNECTION_TYPE", 0};

	if ((glue_rule_is_type(input, "CUSTOM") ||
		 glue_rule_is_type(input, "MARKETPLACE")) &&
		(input->situation & NO_OLD_KEY) == 0 &&
		!glue_rule_has_property(input, "CONNECTOR_TYPE"))
		glue_report_check(input->reporter, &path,
						  GLUE_CHECK_CONNECTION_TYPE_KEY,
						  "is not a known key; did you mean "
						  "\"CONNECTOR_TYPE\"?");
}

static void
check_network(const GlueRuleInput *input)
{
	GluePath	path = {&glue_root_path, "PhysicalConnectionRequirements", 0};
	GluePath	ssl_path = {&glue_properties_path, "JDBC_ENFORCE_SSL", 0};
	const char *ssl;

	if (!glue_rule_is_type(input, "NETWORK"))
		return;
	if (input->network == NULL)
		glue_report_check(input->reporter, &path, GLUE_CHECK_NETWORK,
						  "is required for connections of type NETWORK");
	else if (json_object_is_type(input->network, json_type_object) &&
			 json_object_object_length(input->network) == 0)
		glue_report_check(input->reporter, &path, GLUE_CHECK_EMPTY_NETWORK,
						  "is empty, but a connection of type "
						  "NETWORK consists of it");
	ssl = glue_json_tree_text(input->properties, "JDBC_ENFORCE_SSL");
	if (ssl != NULL && !glue_same_but_case(ssl, "false"))
		glue_report_check(input->reporter, &ssl_path, GLUE_CHECK_NETWORK_SSL,
						  "was reported to be refused for connections of "
						  "type NETWORK");
}

/*
 * Does the URL match .+[.]snowflakecomputing[.](com|cn), anywhere in it?
 */
static bool
is_snowflake_url(const char *url)
{
	static const char domain[] = ".snowflakecomputing.";

	if (url[0] == '\0')
		return false;
	for (const char *at = url + 1; (at = strstr(at, domain)) != NULL; at++)
	{
		const char *rest = at + strlen(domain);

		if (strncmp(rest, "com", 3) == 0 || strncmp(rest, "cn", 2) == 0)
			return true;
	}
	return false;
}

/*
 * Check a property that holds a JSON object, and Snowflake's URL in it with
 * the given check, if any.
 */
static void
check_properties_json(const GlueRuleInput *input, const char *key,
					  GlueCheck url_check)
{
	GluePath	path = {&glue_properties_path, key, 0};
	const char *text = glue_json_tree_text(input->properties, key);
	const char *url;
	json_object *tree;
	bool		is_object;
	bool		is_bad_url;

	if (text == NULL)
		return;

	/* the sink may not return, so the tree is freed before any report */
	tree = glue_json_tree_parse(text, strlen(text));
	is_object = json_object_is_type(tree, json_type_object);
	url = glue_json_tree_text(tree, "sfUrl");
	is_bad_url = url != NULL && !is_snowflake_url(url);
	glue_json_tree_free(tree);

	if (!is_object)
		glue_report_check(input->reporter, &path, GLUE_CHECK_PROPERTIES_JSON,
						  "should be a string that holds a JSON object");
	if (is_bad_url && url_check != GLUE_CHECK_COUNT)
		glue_report_check(input->reporter, &path, url_check,
						  "must have an \"sfUrl\" with a host below "
						  "snowflakecomputing.com or snowflakecomputing.cn");
}

/*
 * Without authentication, SNOWFLAKE has its properties in JSON within a
 * property.  The members SparkProperties and PythonProperties of the input
 * itself are not used.
 */
static void
check_snowflake(const GlueRuleInput *input)
{
	bool		is_first = glue_rule_is_type(input, "SNOWFLAKE") &&
		input->authentication == NULL && !input->wrong_properties;

	check_properties_json(input, "SparkProperties", is_first ?
						  GLUE_CHECK_SNOWFLAKE_SPARK_URL : GLUE_CHECK_COUNT);
	check_properties_json(input, "PythonProperties", is_first ?
						  GLUE_CHECK_SNOWFLAKE_PYTHON_URL : GLUE_CHECK_COUNT);
	if (is_first && !glue_rule_has_property(input, "SparkProperties") &&
		!glue_rule_has_property(input, "PythonProperties"))
		glue_report_check(input->reporter, &glue_properties_path,
						  GLUE_CHECK_SNOWFLAKE_MAPS,
						  "must have SparkProperties or PythonProperties, as "
						  "a string of JSON, for connections of type "
						  "SNOWFLAKE without AuthenticationConfiguration");
}

static void
check_view_validation(const GlueRuleInput *input)
{
	if (!glue_rule_is_type(input, "VIEW_VALIDATION_REDSHIFT") ||
		input->wrong_properties ||
		glue_rule_has_property(input, "CLUSTER_IDENTIFIER") ||
		glue_rule_has_property(input, "WORKGROUP_NAME"))
		return;
	glue_report_check(input->reporter, &glue_properties_path,
					  GLUE_CHECK_VIEW_VALIDATION_REDSHIFT,
					  "should have CLUSTER_IDENTIFIER or WORKGROUP_NAME for "
					  "connections of type VIEW_VALIDATION_REDSHIFT");
}

/*
 * Check the requirements of the input's type.
 */
void
glue_check_type_rules(const GlueRuleInput *input)
{
	check_jdbc(input);
	check_kafka(input);
	check_connector(input);
	check_network(input);
	check_snowflake(input);
	check_view_validation(input);
}
