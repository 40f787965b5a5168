/*-------------------------------------------------------------------------
 *
 * validate_rules.c
 *	  What AWS Glue demands of a connection beyond its own model.
 *
 * Glue's model gives the properties of a connection as a map of strings, but
 * each type of connection needs certain keys.  Without them, Glue answers
 * "Validation for connection properties failed" and does not say which key it
 * means.  Other mistakes it accepts, and then jobs fail.
 *
 * Which rules there are, which of them are errors, and why, is in rules.def.
 *
 * All functions here take any JSON: wrong types have been reported already,
 * so what has one is taken as absent or passed over.
 *
 * A connection with AuthenticationConfiguration is one of Glue's second
 * generation.  Some types exist in both, with different properties.
 *
 * IDENTIFICATION
 *	  src/glue/validate_rules.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/validate_rules.h"

#include <string.h>

#include "glue/model.h"
#include "glue/redact.h"
#include "glue/rules.h"
#include "glue/source_url.h"
#include "text/json.h"

/* when a row about a property applies: all of it must be so */
typedef enum Situation
{
	ALWAYS = 0,
	FIRST = 1 << 0,
	SECOND = 1 << 1,
	NO_ATHENA = 1 << 2,
	NO_ENGINE = 1 << 3,
	NO_TEMPLATE = 1 << 4,
	NO_OLD_KEY = 1 << 5
} Situation;

/* a property that connections of one type must have, or must not have */
typedef struct PropertyRow
{
	const char *type;
	const char *key;
	int			when;			/* set of Situation */
	bool		required;		/* or else refused */
	GlueEvidence evidence;
} PropertyRow;

/* the input, taken apart; members that are absent or null are NULL */
typedef struct Input
{
	const GlueReporter *reporter;
	const GluePath *root;
	GluePath	properties_path;
	const char *name;
	const char *type;
	json_object *properties;	/* an object or NULL, */
	bool		wrong_properties;	/* because it is something else? */
	json_object *network;		/* PhysicalConnectionRequirements */
	json_object *authentication;
	int			situation;		/* set of Situation */
} Input;

static const PropertyRow property_rows[] = {
#define REQUIRED(type, key, when, evidence, source) \
	{type, key, when, true, GLUE_EVIDENCE_##evidence},
#define REFUSED(type, key, when, evidence, source) \
	{type, key, when, false, GLUE_EVIDENCE_##evidence},
#include "glue/rules.def"
};

/*
 * The known types that can do without AuthenticationConfiguration: those of
 * the first generation, and those that the IAM role alone opens.
 */
static const char *const types_without_authentication[] = {
	"AZURECOSMOS", "AZURESQL", "BIGQUERY", "CLOUDWATCH", "CLOUDWATCHMETRICS",
	"CMDB", "CUSTOM", "DYNAMODB", "JDBC", "KAFKA", "MARKETPLACE", "MONGODB",
	"NETWORK", "OPENSEARCH", "SFTP", "TIMESTREAM", "TPCDS",
	"VIEW_VALIDATION_ATHENA", "VIEW_VALIDATION_REDSHIFT",
};

static const char *const kafka_mechanisms[] = {
	"AWS_MSK_IAM", "GSSAPI", "PLAIN", "SCRAM-SHA-512",
};

static int	find_situation(const Input *input, json_object *whole);
static bool is_of_template(json_object *criteria);
static void check_properties(const Input *input);
static void report_property(const Input *input, const PropertyRow *row);
static void check_connector(const Input *input);
static void check_authentication(const Input *input);
static void check_jdbc(const Input *input);
static void check_kafka(const Input *input);
static void check_network(const Input *input);
static void check_snowflake(const Input *input);
static void check_properties_json(const Input *input, const char *key,
								  GlueCheck url_check);
static bool is_snowflake_url(const char *url);
static void check_view_validation(const Input *input);
static void check_credentials(const Input *input);
static void check_mongodb_credentials(const Input *input, bool has_user,
									  bool has_password);
static void check_places(const Input *input);
static void check_place(const Input *input, const char *key, GlueCheck check,
						GlueUrlCheck find_fault);
static void check_name(const Input *input);
static void check_property_values(const Input *input);
static bool is_boolean_key(const char *key);
static void check_resource_ids(const Input *input);
static void check_security_group(const Input *input, const GluePath *list,
								 size_t index, const char *id);
static bool is_resource_id(const char *text, const char *prefix);
static bool is_type(const Input *input, const char *type);
static bool has_property(const Input *input, const char *key);
static json_object *object_at(json_object *parent, const char *key);
static const char *string_at(json_object *parent, const char *key);
static bool is_one_of(const char *text, const char *const *list, size_t count);

/*
 * Check an object that should be a ConnectionInput against the rules beyond
 * the model.
 *
 * The order of the findings is fixed: the type's properties, then
 * authentication, then the warnings that any type may get.
 */
void
glue_check_rules(const GlueReporter *reporter, const GluePath *root,
				 json_object *input)
{
	Input		parts = {0};

	parts.reporter = reporter;
	parts.root = root;
	parts.properties_path.parent = root;
	parts.properties_path.key = "ConnectionProperties";
	parts.name = string_at(input, "Name");
	parts.type = string_at(input, "ConnectionType");
	parts.properties = object_at(input, "ConnectionProperties");
	parts.wrong_properties = parts.properties == NULL &&
		json_object_object_get(input, "ConnectionProperties") != NULL;
	parts.network = json_object_object_get(input,
										   "PhysicalConnectionRequirements");
	parts.authentication =
		json_object_object_get(input, "AuthenticationConfiguration");
	parts.situation = find_situation(&parts, input);

	if (parts.type != NULL)
	{
		if (!parts.wrong_properties)
			check_properties(&parts);
		check_jdbc(&parts);
		check_kafka(&parts);
		check_connector(&parts);
		check_network(&parts);
		check_snowflake(&parts);
		check_view_validation(&parts);
		check_credentials(&parts);
		check_authentication(&parts);
	}
	check_places(&parts);
	check_name(&parts);
	check_property_values(&parts);
	check_resource_ids(&parts);
}

/*
 * Find out all that rows about properties may ask for.
 */
static int
find_situation(const Input *input, json_object *whole)
{
	int			situation = input->authentication != NULL ? SECOND : FIRST;

	if (json_object_object_get(whole, "AthenaProperties") == NULL)
		situation |= NO_ATHENA;
	if (!has_property(input, "HOST") || !has_property(input, "PORT") ||
		!has_property(input, "JDBC_ENGINE"))
		situation |= NO_ENGINE;
	if (!is_of_template(json_object_object_get(whole, "MatchCriteria")))
		situation |= NO_TEMPLATE;
	if (!has_property(input, "CONNECTION_TYPE"))
		situation |= NO_OLD_KEY;
	return situation;
}

/*
 * Is this a template of a connector, or a connection that uses one?  AWS Glue
 * itself tells them by the first criterion.
 */
static bool
is_of_template(json_object *criteria)
{
	json_object *first;
	const char *word;

	if (!json_object_is_type(criteria, json_type_array) ||
		json_object_array_length(criteria) == 0)
		return false;
	first = json_object_array_get_idx(criteria, 0);
	if (!json_object_is_type(first, json_type_string))
		return false;
	word = json_object_get_string(first);
	return strcmp(word, "template-connection") == 0 ||
		(strcmp(word, "Connection") == 0 &&
		 json_object_array_length(criteria) > 1);
}

static void
check_properties(const Input *input)
{
	const PropertyRow *row = property_rows;
	const PropertyRow *end = row + sizeof(property_rows) / sizeof(PropertyRow);
	const char *done = "";

	for (; row < end; row++)
	{
		if (row->type[0] != input->type[0] || !is_type(input, row->type) ||
			(row->when & ~input->situation) != 0 ||
			strcmp(row->key, done) == 0)
			continue;

		/* the first row of a key that applies is the one that counts */
		done = row->key;
		if (has_property(input, row->key) != row->required)
			report_property(input, row);
	}
}

static void
report_property(const Input *input, const PropertyRow *row)
{
	GluePath	path = {&input->properties_path, row->key, 0};
	GlueSeverity severity = glue_evidence_severity(row->evidence);
	bool		is_error = severity == GLUE_SEVERITY_ERROR;

	if (row->required)
		glue_report(input->reporter, &path, GLUE_RULE_REQUIRED_FOR_TYPE,
					severity, "is %s for connections of type %s",
					is_error ? "required" : "documented as required",
					input->type);
	else
		glue_report(input->reporter, &path, GLUE_RULE_NOT_FOR_TYPE, severity,
					"%s not be given for connections of type %s%s",
					is_error ? "must" : "should", input->type,
					(row->when & FIRST) != 0 ?
					" without AuthenticationConfiguration" : "");
}

/*
 * AWS documents a host, a port and an engine instead of a URL of JDBC.
 */
static void
check_jdbc(const Input *input)
{
	GluePath	path = {&input->properties_path, "JDBC_CONNECTION_URL", 0};

	if (is_type(input, "JDBC") && (input->situation & NO_ENGINE) == 0 &&
		!has_property(input, "JDBC_CONNECTION_URL"))
		glue_report_check(input->reporter, &path, GLUE_CHECK_JDBC_ENGINE,
						  "should be given, because AWS Glue is not known to "
						  "accept HOST, PORT and JDBC_ENGINE alone");
}

static void
check_kafka(const Input *input)
{
	GluePath	path = {&input->properties_path, "KAFKA_SASL_MECHANISM", 0};
	const char *mechanism;
	char		quoted[GLUE_QUOTED_SIZE];

	if (!is_type(input, "KAFKA"))
		return;
	mechanism = string_at(input->properties, "KAFKA_SASL_MECHANISM");
	if (mechanism != NULL &&
		!is_one_of(mechanism, kafka_mechanisms,
				   sizeof(kafka_mechanisms) / sizeof(char *)))
		glue_report_check(input->reporter, &path, GLUE_CHECK_KAFKA_MECHANISM,
						  "%s is not among the known mechanisms AWS_MSK_IAM, "
						  "GSSAPI, PLAIN and SCRAM-SHA-512",
						  glue_quote(mechanism, quoted));
}

/*
 * Terraform's documentation writes CONNECTION_TYPE for CONNECTOR_TYPE.
 */
static void
check_connector(const Input *input)
{
	GluePath	path = {&input->properties_path, "CONNECTION_TYPE", 0};

	if ((is_type(input, "CUSTOM") || is_type(input, "MARKETPLACE")) &&
		(input->situation & NO_OLD_KEY) == 0 &&
		!has_property(input, "CONNECTOR_TYPE"))
		glue_report_check(input->reporter, &path,
						  GLUE_CHECK_CONNECTION_TYPE_KEY,
						  "is not a known key; did you mean "
						  "\"CONNECTOR_TYPE\"?");
}

static void
check_network(const Input *input)
{
	GluePath	path = {input->root, "PhysicalConnectionRequirements", 0};
	GluePath	ssl_path = {&input->properties_path, "JDBC_ENFORCE_SSL", 0};
	const char *ssl;

	if (!is_type(input, "NETWORK"))
		return;
	if (input->network == NULL)
		glue_report_check(input->reporter, &path, GLUE_CHECK_NETWORK,
						  "is required for connections of type NETWORK");
	else if (json_object_is_type(input->network, json_type_object) &&
			 json_object_object_length(input->network) == 0)
		glue_report_check(input->reporter, &path, GLUE_CHECK_EMPTY_NETWORK,
						  "is empty, but is what a connection of type "
						  "NETWORK is made of");
	ssl = string_at(input->properties, "JDBC_ENFORCE_SSL");
	if (ssl != NULL && !glue_model_same_but_case(ssl, "false"))
		glue_report_check(input->reporter, &ssl_path, GLUE_CHECK_NETWORK_SSL,
						  "was reported to be refused for connections of "
						  "type NETWORK");
}

/*
 * Without authentication, SNOWFLAKE has its properties in JSON within a
 * property.  The members SparkProperties and PythonProperties of the input
 * itself do not count.
 */
static void
check_snowflake(const Input *input)
{
	bool		is_first = is_type(input, "SNOWFLAKE") &&
		input->authentication == NULL && !input->wrong_properties;

	check_properties_json(input, "SparkProperties", is_first ?
						  GLUE_CHECK_SNOWFLAKE_SPARK_URL : GLUE_CHECK_COUNT);
	check_properties_json(input, "PythonProperties", is_first ?
						  GLUE_CHECK_SNOWFLAKE_PYTHON_URL : GLUE_CHECK_COUNT);
	if (is_first && !has_property(input, "SparkProperties") &&
		!has_property(input, "PythonProperties"))
		glue_report_check(input->reporter, &input->properties_path,
						  GLUE_CHECK_SNOWFLAKE_MAPS,
						  "must have SparkProperties or PythonProperties, as "
						  "a string of JSON, for connections of type "
						  "SNOWFLAKE without AuthenticationConfiguration");
}

/*
 * Check a property that holds a JSON object, and the URL of Snowflake in it
 * by the check that is given, if any.
 */
static void
check_properties_json(const Input *input, const char *key,
					  GlueCheck url_check)
{
	GluePath	path = {&input->properties_path, key, 0};
	const char *text = string_at(input->properties, key);
	const char *url;
	json_object *tree;
	bool		is_object;
	bool		is_bad_url;

	if (text == NULL)
		return;

	/* the sink may not return, so the tree goes before anything is reported */
	tree = glue_json_tree_parse(text, strlen(text));
	is_object = json_object_is_type(tree, json_type_object);
	url = string_at(tree, "sfUrl");
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

static void
check_view_validation(const Input *input)
{
	if (!is_type(input, "VIEW_VALIDATION_REDSHIFT") ||
		input->wrong_properties ||
		has_property(input, "CLUSTER_IDENTIFIER") ||
		has_property(input, "WORKGROUP_NAME"))
		return;
	glue_report_check(input->reporter, &input->properties_path,
					  GLUE_CHECK_VIEW_VALIDATION_REDSHIFT,
					  "should have CLUSTER_IDENTIFIER or WORKGROUP_NAME for "
					  "connections of type VIEW_VALIDATION_REDSHIFT");
}

/*
 * A user name goes with a password, unless a secret has both.  A connection
 * that logs in by IAM, or by its URL, has none of them.
 */
static void
check_credentials(const Input *input)
{
	bool		has_user = has_property(input, "USERNAME");
	bool		has_password = has_property(input, "PASSWORD");
	bool		has_encrypted = has_property(input, "ENCRYPTED_PASSWORD");
	GluePath	encrypted = {&input->properties_path, "ENCRYPTED_PASSWORD", 0};
	bool		is_jdbc = is_type(input, "JDBC");

	if ((!is_jdbc && !is_type(input, "MONGODB")) ||
		input->wrong_properties || has_property(input, "SECRET_ID") ||
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
		glue_report_check(input->reporter, &input->properties_path,
						  GLUE_CHECK_JDBC_LOGIN,
						  has_user ?
						  "has USERNAME without PASSWORD, which AWS Glue "
						  "refuses" :
						  "has a password without USERNAME, which AWS Glue "
						  "refuses");
}

static void
check_mongodb_credentials(const Input *input, bool has_user,
						  bool has_password)
{
	const char *url = string_at(input->properties, "CONNECTION_URL");
	const char *message;

	if (has_user && has_password)
		return;
	if (has_user)
		message = "has USERNAME without PASSWORD";
	else if (has_password)
		message = "has a password without USERNAME";
	else if (url == NULL || (strchr(url, '@') == NULL &&
							 strstr(url, "authMechanism=") == NULL))
		message = "has neither SECRET_ID nor USERNAME and PASSWORD, so there "
			"is nothing to log in with";
	else
		return;
	glue_report_check(input->reporter, &input->properties_path,
					  GLUE_CHECK_MONGODB_LOGIN, "%s", message);
}

/*
 * Check what says where the data is.
 */
static void
check_places(const Input *input)
{
	if (input->properties == NULL)
		return;
	check_place(input, "JDBC_CONNECTION_URL", GLUE_CHECK_JDBC_URL,
				glue_jdbc_url_fault);
	if (input->type != NULL && is_type(input, "MONGODB"))
		check_place(input, "CONNECTION_URL", GLUE_CHECK_MONGODB_URL,
					glue_mongodb_url_fault);
	check_place(input, "KAFKA_BOOTSTRAP_SERVERS", GLUE_CHECK_KAFKA_SERVERS,
				glue_kafka_servers_fault);
	check_place(input, "HOST", GLUE_CHECK_HOST, glue_host_fault);
}

static void
check_place(const Input *input, const char *key, GlueCheck check,
			GlueUrlCheck find_fault)
{
	static const char blanks[] = " \t\r\n";
	GluePath	path = {&input->properties_path, key, 0};
	const char *text = string_at(input->properties, key);
	GlueUrlFault fault;

	if (text == NULL || text[0] == '\0')
		return;
	if (strchr(blanks, text[0]) != NULL ||
		strchr(blanks, text[strlen(text) - 1]) != NULL)
		glue_report_check(input->reporter, &path, check,
						  "should not begin or end with a blank");
	if (find_fault(text + strspn(text, blanks), &fault))
		glue_report_check(input->reporter, &path, check, "%s%s%s%s",
						  fault.message, fault.form != NULL ? " \"" : "",
						  fault.form != NULL ? fault.form : "",
						  fault.form != NULL ? "\"" : "");
}

/*
 * Types of the second generation need AuthenticationConfiguration.
 */
static void
check_authentication(const Input *input)
{
	GluePath	path = {input->root, "AuthenticationConfiguration", 0};
	GluePath	type = {input->root, "ConnectionType", 0};

	if (is_type(input, "SFTP"))
		glue_report_check(input->reporter, &type, GLUE_CHECK_SFTP,
						  "is documented as not supported");
	if (input->authentication != NULL ||
		has_property(input, "SparkProperties") ||
		has_property(input, "PythonProperties") ||
		is_one_of(input->type, types_without_authentication,
				  sizeof(types_without_authentication) / sizeof(char *)) ||
		!glue_model_has_value(glue_model_shape("ConnectionType"),
							  input->type))
		return;
	glue_report_check(input->reporter, &path, GLUE_CHECK_AUTHENTICATION,
					  "should be given for connections of type %s; AWS Glue "
					  "has refused such types without it", input->type);
}

/*
 * Names go into ARNs, where "/" and ":" separate the parts.
 */
static void
check_name(const Input *input)
{
	GluePath	path = {input->root, "Name", 0};

	if (input->name != NULL && strpbrk(input->name, "/:") != NULL)
		glue_report_check(input->reporter, &path, GLUE_CHECK_AMBIGUOUS_NAME,
						  "should not contain \"/\" or \":\", which make the "
						  "connection's ARN ambiguous");
}

/*
 * AWS Glue stores "True" as it is, but jobs know only "true" and "false".
 */
static void
check_property_values(const Input *input)
{
	struct json_object_iter iter;

	if (input->properties == NULL)
		return;
	json_object_object_foreachC(input->properties, iter)
	{
		static const char *const words[] = {"true", "false"};
		const char *text;

		if (!json_object_is_type(iter.val, json_type_string) ||
			json_object_get_string_len(iter.val) > 5)
			continue;
		text = json_object_get_string(iter.val);

		for (size_t i = 0; i < 2; i++)
		{
			GluePath	path = {&input->properties_path, iter.key, 0};

			if (glue_model_same_but_case(text, words[i]) &&
				strcmp(text, words[i]) != 0 &&
				is_boolean_key(iter.key))
				glue_report_check(input->reporter, &path,
								  GLUE_CHECK_BOOLEAN_CASE,
								  "should be \"%s\" in lower case, but is "
								  "\"%s\"", words[i], text);
		}
	}
}

/*
 * Is this a key of the model's whose value may be a boolean that only jobs
 * look at?  AWS documents of one that case does not matter.
 */
static bool
is_boolean_key(const char *key)
{
	return strcmp(key, "JDBC_ENFORCE_SSL") != 0 &&
		glue_model_has_value(glue_model_shape("ConnectionPropertyKey"), key) &&
		!glue_redact_is_secret_key(key);
}

/*
 * AWS Glue accepts names of subnets and security groups instead of their ids,
 * and a subnet without its availability zone; jobs then cannot connect.
 */
static void
check_resource_ids(const Input *input)
{
	GluePath	path = {input->root, "PhysicalConnectionRequirements", 0};
	GluePath	subnet_path = {&path, "SubnetId", 0};
	GluePath	zone_path = {&path, "AvailabilityZone", 0};
	GluePath	groups_path = {&path, "SecurityGroupIdList", 0};
	const char *subnet = string_at(input->network, "SubnetId");
	const char *zone = string_at(input->network, "AvailabilityZone");
	json_object *groups;
	char		quoted[GLUE_QUOTED_SIZE];

	if (!json_object_is_type(input->network, json_type_object))
		return;
	if (subnet != NULL && !is_resource_id(subnet, "subnet-"))
		glue_report_check(input->reporter, &subnet_path,
						  GLUE_CHECK_RESOURCE_ID,
						  "should be the id of a subnet, such as "
						  "\"subnet-0a1b2c3d\", but is %s",
						  glue_quote(subnet, quoted));
	if (subnet != NULL && zone == NULL)
		glue_report_check(input->reporter, &zone_path,
						  GLUE_CHECK_AVAILABILITY_ZONE,
						  "should be given with SubnetId, because jobs cannot "
						  "use the connection without it");
	groups = json_object_object_get(input->network, "SecurityGroupIdList");
	if (!json_object_is_type(groups, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(groups); i++)
	{
		json_object *group = json_object_array_get_idx(groups, i);

		if (json_object_is_type(group, json_type_string))
			check_security_group(input, &groups_path, i,
								 json_object_get_string(group));
	}
}

static void
check_security_group(const Input *input, const GluePath *list, size_t index,
					 const char *id)
{
	GluePath	path = {list, NULL, index};
	char		quoted[GLUE_QUOTED_SIZE];

	if (!is_resource_id(id, "sg-"))
		glue_report_check(input->reporter, &path, GLUE_CHECK_RESOURCE_ID,
						  "should be the id of a security group, such as "
						  "\"sg-0a1b2c3d\", but is %s",
						  glue_quote(id, quoted));
}

/*
 * Is this the prefix and then one or more lower-case hexadecimal digits?
 */
static bool
is_resource_id(const char *text, const char *prefix)
{
	size_t		len = strlen(prefix);
	const char *digits = &text[len];

	return strncmp(text, prefix, len) == 0 && *digits != '\0' &&
		digits[strspn(digits, "0123456789abcdef")] == '\0';
}

static bool
is_type(const Input *input, const char *type)
{
	return strcmp(input->type, type) == 0;
}

static bool
has_property(const Input *input, const char *key)
{
	return input->properties != NULL &&
		json_object_object_get(input->properties, key) != NULL;
}

/*
 * Return the member of an object if it is an object itself, or NULL.
 */
static json_object *
object_at(json_object *parent, const char *key)
{
	json_object *value;

	if (!json_object_is_type(parent, json_type_object) ||
		!json_object_object_get_ex(parent, key, &value) ||
		!json_object_is_type(value, json_type_object))
		return NULL;
	return value;
}

/*
 * Return the text of a member of an object if it is a string, or NULL.
 */
static const char *
string_at(json_object *parent, const char *key)
{
	json_object *value;

	if (!json_object_is_type(parent, json_type_object) ||
		!json_object_object_get_ex(parent, key, &value) ||
		!json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool
is_one_of(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (strcmp(text, list[i]) == 0)
			return true;
	}
	return false;
}
