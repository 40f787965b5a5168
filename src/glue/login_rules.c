/*-------------------------------------------------------------------------
 *
 * login_rules.c
 *	  Rules about the credentials of a connection.
 *
 * Types of the first generation have a user name and a password, or a secret
 * with both; those of the second have AuthenticationConfiguration.
 *
 * IDENTIFICATION
 *	  src/glue/login_rules.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/rules.h"

#include "glue/model.h"
#include "text/ascii.h"
#include "text/json.h"

/*
 * The known types that do not need AuthenticationConfiguration: those of the
 * first generation, and those with access by the IAM role alone.
 */
static const char *const types_without_authentication[] = {
	"AZURECOSMOS", "AZURESQL", "BIGQUERY", "CLOUDWATCH", "CLOUDWATCHMETRICS",
	"CMDB", "CUSTOM", "DYNAMODB", "JDBC", "KAFKA", "MARKETPLACE", "MONGODB",
	"NETWORK", "OPENSEARCH", "SFTP", "TIMESTREAM", "TPCDS",
	"VIEW_VALIDATION_ATHENA", "VIEW_VALIDATION_REDSHIFT", NULL
};

static void
check_mongodb_credentials(const GlueRuleInput *input, bool has_user,
						  bool has_password)
{
	const char *url = glue_json_tree_text(input->properties, "CONNECTION_URL");
	const char *message;

	if (has_user && has_password)
		return;
	if (has_user)
		message = "has USERNAME without PASSWORD";
	else if (has_password)
		message = "has a password without USERNAME";
	else if (url == NULL || (strchr(url, '@') == NULL &&
							 strstr(url, "authMechanism=") == NULL))
		message = "has neither SECRET_ID nor USERNAME and PASSWORD, so it has "
			"no credentials";
	else
		return;
	glue_report_check(input->reporter, &glue_properties_path,
					  GLUE_CHECK_MONGODB_LOGIN, "%s", message);
}

/*
 * A user name requires a password, unless a secret has both.  A connection
 * with IAM authentication, or with a login in its URL, has neither.
 */
static void
check_credentials(const GlueRuleInput *input)
{
	bool		has_user = glue_rule_has_property(input, "USERNAME");
	bool		has_password = glue_rule_has_property(input, "PASSWORD");
	bool		has_encrypted =
		glue_rule_has_property(input, "ENCRYPTED_PASSWORD");
	GluePath	encrypted = {&glue_properties_path, "ENCRYPTED_PASSWORD", 0};
	bool		is_jdbc = glue_rule_is_type(input, "JDBC");

	if ((!is_jdbc && !glue_rule_is_type(input, "MONGODB")) ||
		input->wrong_properties || glue_rule_has_property(input, "SECRET_ID") ||
		input->authentication != NULL)
		return;
	if (has_encrypted && !has_password)
		glue_report_check(input->reporter, &encrypted,
						  GLUE_CHECK_ENCRYPTED_PASSWORD,
						  "is refused unless the Data Catalog encrypts "
						  "passwords");
	else if (!is_jdbc)
		check_mongodb_credentials(input, has_user, has_password);
	else if (has_user != has_password)
		glue_report_check(input->reporter, &glue_properties_path,
						  GLUE_CHECK_JDBC_LOGIN,
						  has_user ?
						  "has USERNAME without PASSWORD, which AWS Glue "
						  "refuses" :
						  "has a password without USERNAME, which AWS Glue "
						  "refuses");
}

/*
 * Types of the second generation need AuthenticationConfiguration.
 */
static void
check_authentication(const GlueRuleInput *input)
{
	GluePath	path = {&glue_root_path, "AuthenticationConfiguration", 0};
	GluePath	type = {&glue_root_path, "ConnectionType", 0};

	if (glue_rule_is_type(input, "SFTP"))
		glue_report_check(input->reporter, &type, GLUE_CHECK_SFTP,
						  "is documented as not supported");
	if (input->authentication != NULL ||
		glue_rule_has_property(input, "SparkProperties") ||
		glue_rule_has_property(input, "PythonProperties") ||
		glue_is_one_of(input->type, types_without_authentication) ||
		!glue_model_has_value(glue_model_shape("ConnectionType"),
							  input->type))
		return;
	glue_report_check(input->reporter, &path, GLUE_CHECK_AUTHENTICATION,
					  "should be given for connections of type %s; AWS Glue "
					  "has refused such types without it", input->type);
}

/*
 * Check the credentials of an input with a type.
 */
void
glue_check_login_rules(const GlueRuleInput *input)
{
	check_credentials(input);
	check_authentication(input);
}
