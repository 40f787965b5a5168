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
 * What was measured against AWS (by leaving out one key at a time) is an
 * error.  What is only documented, or known from the experience of others, is
 * a warning, because the service may be more generous than its documentation.
 *
 * All functions here take any JSON: wrong types have been reported already,
 * so what has one is taken as absent or passed over.
 *
 * A connection with AuthenticationConfiguration is one of Glue's second
 * generation.  Some types exist in both, with different properties.
 *
 * IDENTIFICATION
 *	  src/validate_rules.c
 *
 *-------------------------------------------------------------------------
 */
#include "validate_rules.h"

#include <string.h>

#include "json_tree.h"
#include "model.h"
#include "redact.h"

/* the generation of connections that a row below is about */
typedef enum Generation
{
	ANY,
	FIRST,						/* without AuthenticationConfiguration */
	SECOND						/* with it */
} Generation;

/* a property without which connections of one type do not work */
typedef struct RequiredProperty
{
	const char *type;
	const char *key;
	Generation	generation;
	bool		is_measured;	/* not only documented */
} RequiredProperty;

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
	bool		uses_template;	/* of a custom connector */
} Input;

static const RequiredProperty required_properties[] = {
	{"AZURECOSMOS", "SparkProperties", FIRST, false},
	{"AZURESQL", "SparkProperties", FIRST, false},
	{"BIGQUERY", "SparkProperties", FIRST, false},
	{"BIGQUERY", "PROJECT_ID", SECOND, false},
	{"BIGQUERY", "ROLE_ARN", SECOND, false},
	{"CUSTOM", "CONNECTOR_URL", ANY, true},
	{"CUSTOM", "CONNECTOR_TYPE", ANY, true},
	{"CUSTOM", "CONNECTOR_CLASS_NAME", ANY, true},
	{"KAFKA", "KAFKA_BOOTSTRAP_SERVERS", ANY, true},
	{"MARKETPLACE", "CONNECTOR_URL", ANY, true},
	{"MARKETPLACE", "CONNECTOR_TYPE", ANY, true},
	{"MARKETPLACE", "CONNECTOR_CLASS_NAME", ANY, true},
	{"MARKETPLACE", "CONNECTION_URL", ANY, false},
	{"MONGODB", "CONNECTION_URL", ANY, true},
	{"MYSQL", "HOST", ANY, false},
	{"MYSQL", "PORT", ANY, false},
	{"MYSQL", "DATABASE", ANY, false},
	{"MYSQL", "ROLE_ARN", ANY, false},
	{"OPENSEARCH", "SparkProperties", FIRST, false},
	{"ORACLE", "HOST", ANY, false},
	{"ORACLE", "PORT", ANY, false},
	{"ORACLE", "DATABASE", ANY, false},
	{"ORACLE", "ROLE_ARN", ANY, false},
	{"POSTGRESQL", "HOST", ANY, false},
	{"POSTGRESQL", "PORT", ANY, false},
	{"POSTGRESQL", "DATABASE", ANY, false},
	{"POSTGRESQL", "ROLE_ARN", ANY, false},
	{"SALESFORCE", "INSTANCE_URL", ANY, false},
	{"SALESFORCE", "ROLE_ARN", ANY, false},
	{"SQLSERVER", "HOST", ANY, false},
	{"SQLSERVER", "PORT", ANY, false},
	{"SQLSERVER", "DATABASE", ANY, false},
	{"SQLSERVER", "ROLE_ARN", ANY, false},
	{"VIEW_VALIDATION_ATHENA", "WORKGROUP_NAME", ANY, false},
	{"VIEW_VALIDATION_REDSHIFT", "DATABASE", ANY, false},
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

static void check_required_properties(const Input *input);
static void check_authentication(const Input *input);
static void check_jdbc(const Input *input);
static void check_kafka(const Input *input);
static void check_network(const Input *input);
static void check_snowflake(const Input *input);
static void check_snowflake_json(const Input *input, const char *key);
static bool is_snowflake_url(const char *url);
static void check_view_validation(const Input *input);
static void check_credentials(const Input *input);
static void check_name(const Input *input);
static void check_property_values(const Input *input);
static void check_resource_ids(const Input *input);
static void check_security_group(const Input *input, const GluePath *list,
								 size_t index, const char *id);
static bool is_resource_id(const char *text, const char *prefix);
static bool is_type(const Input *input, const char *type);
static bool has_property(const Input *input, const char *key);
static void report_missing(const Input *input, const char *key,
						   bool is_error);
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
	json_object *criteria = json_object_object_get(input, "MatchCriteria");

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

	/* Glue itself marks the user of a template by the first criterion */
	if (json_object_is_type(criteria, json_type_array) &&
		json_object_array_length(criteria) > 1)
	{
		json_object *first = json_object_array_get_idx(criteria, 0);

		parts.uses_template = json_object_is_type(first, json_type_string) &&
			strcmp(json_object_get_string(first), "Connection") == 0;
	}

	if (parts.type != NULL)
	{
		check_required_properties(&parts);
		check_jdbc(&parts);
		check_kafka(&parts);
		check_network(&parts);
		check_snowflake(&parts);
		check_view_validation(&parts);
		check_credentials(&parts);
		check_authentication(&parts);
	}
	check_name(&parts);
	check_property_values(&parts);
	check_resource_ids(&parts);
}

static void
check_required_properties(const Input *input)
{
	size_t		count = sizeof(required_properties) / sizeof(RequiredProperty);
	Generation	generation = input->authentication != NULL ? SECOND : FIRST;

	if (input->wrong_properties)
		return;
	for (size_t i = 0; i < count; i++)
	{
		const RequiredProperty *row = &required_properties[i];
		bool		is_error = row->is_measured;

		if (!is_type(input, row->type) || has_property(input, row->key) ||
			(row->generation != ANY && row->generation != generation))
			continue;

		/* a connection that uses a template may leave the connector to it */
		if (input->uses_template && is_type(input, "CUSTOM"))
			is_error = false;
		report_missing(input, row->key, is_error);
	}
}

/*
 * JDBC needs its URL.  AWS documents a host, a port and an engine instead of
 * it, but refused inputs without the URL when that was tried.
 */
static void
check_jdbc(const Input *input)
{
	GluePath	path = {&input->properties_path, "JDBC_CONNECTION_URL", 0};

	if (!is_type(input, "JDBC") || input->wrong_properties ||
		has_property(input, "JDBC_CONNECTION_URL"))
		return;
	if (has_property(input, "HOST") && has_property(input, "PORT") &&
		has_property(input, "JDBC_ENGINE"))
		glue_report(input->reporter, &path, GLUE_RULE_REQUIRED_FOR_TYPE,
					GLUE_SEVERITY_WARNING,
					"should be given, because AWS Glue is known to refuse "
					"HOST, PORT and JDBC_ENGINE alone");
	else
		report_missing(input, "JDBC_CONNECTION_URL", true);
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
		glue_report(input->reporter, &path, GLUE_RULE_PROPERTY_VALUE,
					GLUE_SEVERITY_WARNING,
					"%s is not among the known mechanisms AWS_MSK_IAM, "
					"GSSAPI, PLAIN and SCRAM-SHA-512",
					glue_quote(mechanism, quoted));
}

static void
check_network(const Input *input)
{
	GluePath	path = {input->root, "PhysicalConnectionRequirements", 0};
	GluePath	ssl = {&input->properties_path, "JDBC_ENFORCE_SSL", 0};

	if (!is_type(input, "NETWORK"))
		return;
	if (input->network == NULL)
		glue_report(input->reporter, &path, GLUE_RULE_REQUIRED_FOR_TYPE,
					GLUE_SEVERITY_ERROR,
					"is required for connections of type NETWORK");
	else if (json_object_is_type(input->network, json_type_object) &&
			 json_object_object_length(input->network) == 0)
		glue_report(input->reporter, &path, GLUE_RULE_REQUIRED_FOR_TYPE,
					GLUE_SEVERITY_WARNING,
					"is empty, but is what a connection of type NETWORK is "
					"made of");
	if (has_property(input, "JDBC_ENFORCE_SSL"))
		glue_report(input->reporter, &ssl, GLUE_RULE_NOT_FOR_TYPE,
					GLUE_SEVERITY_WARNING,
					"is known to be refused for connections of type NETWORK");
}

/*
 * Without authentication, SNOWFLAKE has its properties in JSON within a
 * property.  The members SparkProperties and PythonProperties of the input
 * itself do not count.
 */
static void
check_snowflake(const Input *input)
{
	static const char *const refused[] = {"AthenaProperties", "HOST"};
	bool		has_spark;
	bool		has_python;

	if (!is_type(input, "SNOWFLAKE") || input->authentication != NULL ||
		input->wrong_properties)
		return;
	for (size_t i = 0; i < sizeof(refused) / sizeof(char *); i++)
	{
		GluePath	path = {&input->properties_path, refused[i], 0};

		if (has_property(input, refused[i]))
			glue_report(input->reporter, &path, GLUE_RULE_NOT_FOR_TYPE,
						GLUE_SEVERITY_ERROR,
						"must not be given for connections of type SNOWFLAKE "
						"without AuthenticationConfiguration");
	}
	has_spark = has_property(input, "SparkProperties");
	has_python = has_property(input, "PythonProperties");
	if (has_spark)
		check_snowflake_json(input, "SparkProperties");
	if (has_python)
		check_snowflake_json(input, "PythonProperties");
	if (!has_spark && !has_python)
		glue_report(input->reporter, &input->properties_path,
					GLUE_RULE_REQUIRED_FOR_TYPE, GLUE_SEVERITY_ERROR,
					"must have SparkProperties or PythonProperties, as a "
					"string of JSON, for connections of type SNOWFLAKE "
					"without AuthenticationConfiguration");
}

static void
check_snowflake_json(const Input *input, const char *key)
{
	static const char *const keys[] = {"secretId", "sfRole", "sfUrl"};
	GluePath	path = {&input->properties_path, key, 0};
	const char *text = string_at(input->properties, key);
	const char *url;
	json_object *tree;
	bool		missing[sizeof(keys) / sizeof(char *)];
	bool		is_object;
	bool		is_bad_url;

	if (text == NULL)
		return;

	/* the sink may not return, so the tree goes before anything is reported */
	tree = glue_json_tree_parse(text, strlen(text));
	is_object = json_object_is_type(tree, json_type_object);
	for (size_t i = 0; i < sizeof(keys) / sizeof(char *); i++)
		missing[i] = is_object && string_at(tree, keys[i]) == NULL;
	url = is_object ? string_at(tree, "sfUrl") : NULL;
	is_bad_url = url != NULL && !is_snowflake_url(url);
	glue_json_tree_free(tree);

	if (!is_object)
		glue_report(input->reporter, &path, GLUE_RULE_PROPERTY_VALUE,
					GLUE_SEVERITY_ERROR,
					"must be a string that holds a JSON object");
	for (size_t i = 0; i < sizeof(keys) / sizeof(char *); i++)
	{
		if (missing[i])
			glue_report(input->reporter, &path, GLUE_RULE_PROPERTY_VALUE,
						GLUE_SEVERITY_ERROR,
						"must hold a JSON object with the string \"%s\"",
						keys[i]);
	}
	if (is_bad_url)
		glue_report(input->reporter, &path, GLUE_RULE_PROPERTY_VALUE,
					GLUE_SEVERITY_ERROR,
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
	glue_report(input->reporter, &input->properties_path,
				GLUE_RULE_REQUIRED_FOR_TYPE, GLUE_SEVERITY_WARNING,
				"should have CLUSTER_IDENTIFIER or WORKGROUP_NAME for "
				"connections of type VIEW_VALIDATION_REDSHIFT");
}

/*
 * JDBC and MONGODB want a user name and a password, or a secret's id.  This
 * is no more than a warning, because a connection that authenticates by IAM
 * has none of them.
 */
static void
check_credentials(const Input *input)
{
	bool		has_user = has_property(input, "USERNAME");
	bool		has_password = has_property(input, "PASSWORD");
	bool		has_encrypted = has_property(input, "ENCRYPTED_PASSWORD");
	GluePath	encrypted = {&input->properties_path, "ENCRYPTED_PASSWORD", 0};
	const char *message = NULL;

	if ((!is_type(input, "JDBC") && !is_type(input, "MONGODB")) ||
		input->wrong_properties || has_property(input, "SECRET_ID") ||
		input->authentication != NULL)
		return;
	if (has_user && has_encrypted && !has_password)
	{
		glue_report(input->reporter, &encrypted, GLUE_RULE_CREDENTIALS,
					GLUE_SEVERITY_WARNING,
					"is refused unless the Data Catalog encrypts passwords");
		return;
	}
	if (!has_user && !has_password && !has_encrypted)
		message = "has neither SECRET_ID nor USERNAME and PASSWORD, so there "
			"is nothing to log in with";
	else if (!has_password && !has_encrypted)
		message = "has USERNAME without PASSWORD, which AWS Glue refuses";
	else if (!has_user)
		message = "has a password without USERNAME, which AWS Glue refuses";
	if (message != NULL)
		glue_report(input->reporter, &input->properties_path,
					GLUE_RULE_CREDENTIALS, GLUE_SEVERITY_WARNING,
					"%s", message);
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
		glue_report(input->reporter, &type, GLUE_RULE_NOT_FOR_TYPE,
					GLUE_SEVERITY_WARNING,
					"is documented as not supported");
	if (input->authentication != NULL ||
		is_one_of(input->type, types_without_authentication,
				  sizeof(types_without_authentication) / sizeof(char *)) ||
		!glue_model_has_value(glue_model_shape("ConnectionType"),
							  input->type))
		return;
	glue_report(input->reporter, &path, GLUE_RULE_REQUIRED_FOR_TYPE,
				GLUE_SEVERITY_WARNING,
				"should be given for connections of type %s, which AWS Glue "
				"is known to refuse without", input->type);
}

/*
 * Names go into ARNs, where "/" and ":" separate the parts.
 */
static void
check_name(const Input *input)
{
	GluePath	path = {input->root, "Name", 0};

	if (input->name != NULL && strpbrk(input->name, "/:") != NULL)
		glue_report(input->reporter, &path, GLUE_RULE_AMBIGUOUS_NAME,
					GLUE_SEVERITY_WARNING,
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
				!glue_redact_is_secret_key(iter.key))
				glue_report(input->reporter, &path, GLUE_RULE_BOOLEAN_CASE,
							GLUE_SEVERITY_WARNING,
							"should be \"%s\" in lower case, but is \"%s\"",
							words[i], text);
		}
	}
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
		glue_report(input->reporter, &subnet_path, GLUE_RULE_RESOURCE_ID,
					GLUE_SEVERITY_WARNING,
					"should be the id of a subnet, such as "
					"\"subnet-0a1b2c3d\", but is %s",
					glue_quote(subnet, quoted));
	if (subnet != NULL && zone == NULL)
		glue_report(input->reporter, &zone_path, GLUE_RULE_AVAILABILITY_ZONE,
					GLUE_SEVERITY_WARNING,
					"should be given with SubnetId, because jobs cannot use "
					"the connection without it");
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
		glue_report(input->reporter, &path, GLUE_RULE_RESOURCE_ID,
					GLUE_SEVERITY_WARNING,
					"should be the id of a security group, such as "
					"\"sg-0a1b2c3d\", but is %s", glue_quote(id, quoted));
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

static void
report_missing(const Input *input, const char *key, bool is_error)
{
	GluePath	path = {&input->properties_path, key, 0};

	glue_report(input->reporter, &path, GLUE_RULE_REQUIRED_FOR_TYPE,
				is_error ? GLUE_SEVERITY_ERROR : GLUE_SEVERITY_WARNING,
				"is %s for connections of type %s",
				is_error ? "required" : "documented as required", input->type);
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
