/*-------------------------------------------------------------------------
 *
 * builder.c
 *	  Building a ConnectionInput.
 *
 * The result is complete and valid, or one error lists all missing and invalid
 * values.  Findings about an argument have its name, those of the validator a
 * path into the input.  Warnings are not reported, because
 * glue_create_connection() reports them.
 *
 * The result holds no secret, so it need not be hidden: a login is the name or
 * ARN of a secret in AWS Secrets Manager.  A text that holds a password is
 * refused, and no message shows it.
 *
 * IDENTIFICATION
 *	  src/functions/builder.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>

#include "catalog/pg_type.h"
#include "functions/builder.h"
#include "glue/redact.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/secret_memory.h"
#include "utils/array.h"

/* The last arguments of all these functions, in their order. */
enum
{
	SECRET_ARN,
	SUBNET_ID,
	SECURITY_GROUP_ID_LIST,
	AVAILABILITY_ZONE,
	JDBC_ENFORCE_SSL,
	DESCRIPTION,
	MATCH_CRITERIA,
	CONNECTION_TYPE,
	ROLE_ARN
};

static const char *const argument_names[] = {
	"secret_arn", "subnet_id", "security_group_id_list", "availability_zone",
	"jdbc_enforce_ssl", "description", "match_criteria", "connection_type",
	"role_arn"
};

/* prototypes of private functions */
static void write_url(GlueBuilder *builder);
static json_object *build_input(GlueBuilder *builder);
static void add_properties(GlueBuilder *builder, json_object *input);
static void add_authentication(GlueBuilder *builder, json_object *input);
static void add_network(GlueBuilder *builder, json_object *input);
static json_object *add_object(json_object *parent, const char *name);
static void add_list(GlueBuilder *builder, json_object *parent,
					 const char *name, int common);
static const char *common_text(GlueBuilder *builder, int common);
static const char *datum_text(GlueBuilder *builder, Datum datum,
							  const char *where);
static void take_finding(void *arg, const GlueViolation *violation);

/*
 * Begin a function that builds an input; common points to its last arguments.
 */
void
glue_builder_begin(GlueBuilder *builder, NullableDatum name,
				   const NullableDatum *common)
{
	memset(builder, 0, sizeof(GlueBuilder));
	glue_function_begin_local(&builder->function);
	builder->common = common;
	builder->name = glue_builder_argument(builder, name, "name");
	builder->is_jdbc = true;
	(void) glue_argument_given(common[CONNECTION_TYPE],
							   argument_names[CONNECTION_TYPE],
							   &builder->function.findings);
	builder->connection_type = common_text(builder, CONNECTION_TYPE);
	if (builder->connection_type != NULL)
		builder->is_jdbc = strcmp(builder->connection_type, "JDBC") == 0;
}

/* End the function: return the input, or report the errors. */
Datum
glue_builder_end(GlueBuilder *builder)
{
	json_object *input = build_input(builder);

	glue_violations_report(&builder->function.violations, "connection input",
						   builder->hint);
	return glue_function_end_tree(&builder->function, input);
}

/* ----------------------------------------------------------------
 * The ConnectionInput
 * ----------------------------------------------------------------
 */

/* Build the input from the known values, and check it. */
static json_object *
build_input(GlueBuilder *builder)
{
	json_object *input = glue_tree_new_object();

	if (builder->url == NULL)
		write_url(builder);
	glue_tree_add_text(input, "Name", builder->name);
	glue_tree_add_text(input, "ConnectionType", builder->connection_type);
	glue_tree_add_text(input, "Description",
					   common_text(builder, DESCRIPTION));
	add_list(builder, input, "MatchCriteria", MATCH_CRITERIA);
	add_properties(builder, input);
	add_authentication(builder, input);
	add_network(builder, input);

	glue_validate_connection_input_tree(input, false, take_finding,
										&builder->function.violations);

	/* each text was searched for secrets; this is about the whole input */
	if (glue_redact_has_secret(input))
		glue_builder_complain(builder, "$", GLUE_RULE_CREDENTIALS,
							  "would hold a text that looks like a password");
	return input;
}

/* Make the URL of an address, if all parts are known. */
static void
write_url(GlueBuilder *builder)
{
	const GlueDatabaseAddress *address = &builder->address;
	GlueAddressStatus status;
	char	   *buffer;
	Size		size;

	if (!builder->is_jdbc || address->host == NULL ||
		address->database == NULL)
		return;
	size = glue_jdbc_url_max_size(address);
	buffer = palloc(size);
	status = glue_jdbc_url_write(address, buffer, size);
	if (status == GLUE_ADDRESS_OK)
		builder->url = buffer;
	else
		glue_builder_complain_of_address(builder, status == GLUE_ADDRESS_IPV6 ?
										 "host" : "name of the database", status);
}

static void
add_properties(GlueBuilder *builder, json_object *input)
{
	json_object *properties = add_object(input, "ConnectionProperties");
	const char *role_arn = common_text(builder, ROLE_ARN);
	NullableDatum enforce_ssl = builder->common[JDBC_ENFORCE_SSL];

	if (builder->is_jdbc)
	{
		glue_tree_add_text(properties, "JDBC_CONNECTION_URL", builder->url);
		glue_tree_add_text(properties, "SECRET_ID",
						   common_text(builder, SECRET_ARN));
		if (role_arn != NULL)
			glue_builder_complain(builder, argument_names[ROLE_ARN],
								  GLUE_RULE_NOT_FOR_TYPE,
								  "must not be given for connections of type JDBC");
	}
	else if (builder->address.host != NULL &&
			 builder->address.database != NULL)
	{
		glue_tree_add_text(properties, "HOST", builder->address.host);
		glue_tree_add_text(properties, "PORT",
						   psprintf("%d", builder->address.port));
		glue_tree_add_text(properties, "DATABASE", builder->address.database);
		glue_tree_add_text(properties, "ROLE_ARN", role_arn);
	}
	if (!enforce_ssl.isnull)
		glue_tree_add_text(properties, "JDBC_ENFORCE_SSL",
						   DatumGetBool(enforce_ssl.value) ? "true" : "false");
	else if (builder->enforce_ssl)
		glue_tree_add_text(properties, "JDBC_ENFORCE_SSL", "true");
}

/* A connection of the second generation is recognized by this member. */
static void
add_authentication(GlueBuilder *builder, json_object *input)
{
	json_object *authentication;

	if (builder->is_jdbc)
		return;
	authentication = add_object(input, "AuthenticationConfiguration");
	glue_tree_add_text(authentication, "AuthenticationType", "BASIC");
	glue_tree_add_text(authentication, "SecretArn",
					   common_text(builder, SECRET_ARN));
	if (builder->common[SECRET_ARN].isnull)
		glue_builder_complain(builder, argument_names[SECRET_ARN],
							  GLUE_RULE_REQUIRED_FOR_TYPE,
							  "must be given for connections of other types than JDBC");
}

static void
add_network(GlueBuilder *builder, json_object *input)
{
	json_object *network;

	if (builder->common[SUBNET_ID].isnull &&
		builder->common[SECURITY_GROUP_ID_LIST].isnull &&
		builder->common[AVAILABILITY_ZONE].isnull)
		return;
	network = add_object(input, "PhysicalConnectionRequirements");
	glue_tree_add_text(network, "SubnetId", common_text(builder, SUBNET_ID));
	add_list(builder, network, "SecurityGroupIdList", SECURITY_GROUP_ID_LIST);
	glue_tree_add_text(network, "AvailabilityZone",
					   common_text(builder, AVAILABILITY_ZONE));
}

static json_object *
add_object(json_object *parent, const char *name)
{
	json_object *object = json_object_new_object();

	glue_tree_add(parent, name, object);
	return object;
}

/* Add the elements of an array of texts, unless it is null. */
static void
add_list(GlueBuilder *builder, json_object *parent, const char *name,
		 int common)
{
	NullableDatum argument = builder->common[common];
	ArrayType  *array;
	json_object *list;
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	if (argument.isnull)
		return;
	array = DatumGetArrayTypeP(argument.value);
	if (ARR_NDIM(array) > 1)
		glue_builder_complain(builder, argument_names[common], GLUE_RULE_TYPE,
							  "must be an array of one dimension");
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &count);
	list = json_object_new_array();
	glue_tree_add(parent, name, list);
	for (int i = 0; i < count; i++)
	{
		const char *where = psprintf("%s[%d]", argument_names[common], i + 1);
		const char *element = NULL;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			glue_builder_complain(builder, where, GLUE_RULE_TYPE,
								  "must not be null");
		else
			element = datum_text(builder, elements[i], where);
		if (element != NULL)
			glue_tree_append(list, json_object_new_string(element));
	}
	glue_free_copy(array, argument.value);
}

/* ----------------------------------------------------------------
 * Texts
 * ----------------------------------------------------------------
 */

static const char *
common_text(GlueBuilder *builder, int common)
{
	return glue_builder_argument(builder, builder->common[common],
								 argument_names[common]);
}

/* Get an argument; NULL if it is null or invalid. */
const char *
glue_builder_argument(GlueBuilder *builder, NullableDatum argument,
					  const char *where)
{
	return argument.isnull ? NULL : datum_text(builder, argument.value, where);
}

/* Get a text; a copy made by detoasting is cleared at once. */
static const char *
datum_text(GlueBuilder *builder, Datum datum, const char *where)
{
	text	   *value = DatumGetTextPP(datum);
	const char *result = glue_builder_text(builder, VARDATA_ANY(value),
										   VARSIZE_ANY_EXHDR(value), where);

	glue_free_copy(value, datum);
	return result;
}

/*
 * Convert a text to UTF-8, in memory that will be cleared, and refuse it if it
 * holds a secret.
 */
const char *
glue_builder_text(GlueBuilder *builder, const char *bytes, int len,
				  const char *where)
{
	const char *utf8;
	int			utf8_len;
	char	   *copy;

	if (!glue_utf8_from_server(bytes, len, &utf8, &utf8_len))
	{
		glue_builder_complain(builder, where, GLUE_RULE_ENCODING,
							  "must be text that can be converted to UTF-8");
		return NULL;
	}
	if (glue_builder_holds_secret(utf8, utf8_len))
	{
		glue_builder_complain(builder, where, GLUE_RULE_CREDENTIALS,
							  "holds a password or another secret, of which only the name or ARN may be given, as secret_arn");
		return NULL;
	}
	copy = glue_secret_alloc(utf8_len + 1);
	memcpy(copy, utf8, utf8_len);
	copy[utf8_len] = '\0';
	return copy;
}

bool
glue_builder_holds_secret(const char *text, int len)
{
	GlueSecretSearch search;

	glue_secret_search_init(&search, text, len, GLUE_TEXT_VALUE);
	return glue_secret_search_next(&search);
}

/* ----------------------------------------------------------------
 * Findings
 * ----------------------------------------------------------------
 */

void
glue_builder_complain(GlueBuilder *builder, const char *where,
					  const char *rule, const char *message)
{
	glue_add_error(&builder->function.findings, where, rule, message);
}

void
glue_builder_complain_of_address(GlueBuilder *builder, const char *where,
								 GlueAddressStatus status)
{
	glue_builder_complain(builder, where, GLUE_RULE_PROPERTY_VALUE,
						  glue_address_status_message(status));
}

/*
 * A GlueViolationSink: take an error of the validator.  After another error, a
 * missing member is a consequence, and is not reported.
 */
static void
take_finding(void *arg, const GlueViolation *violation)
{
	GlueViolationList *violations = arg;
	bool		is_missing =
		strcmp(violation->rule, GLUE_RULE_REQUIRED) == 0 ||
		strcmp(violation->rule, GLUE_RULE_REQUIRED_FOR_TYPE) == 0;

	if (violation->severity == GLUE_SEVERITY_ERROR &&
		!(is_missing && violations->nerrors > 0))
		glue_violations_add(violations, violation);
}
