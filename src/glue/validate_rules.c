/*-------------------------------------------------------------------------
 *
 * validate_rules.c
 *	  Rules for connections that AWS Glue's model lacks.
 *
 * Glue's model defines the properties of a connection as a map of strings, but
 * each type of connection requires certain keys.  If one is missing, Glue
 * answers "Validation for connection properties failed" without the key.
 * Other mistakes are accepted, and then jobs fail.
 *
 * rules.def lists the rules, their severities, and the reasons.
 *
 * Any JSON is accepted: wrong types have been reported already, so members
 * with a wrong type are treated as absent or skipped.
 *
 * A connection with AuthenticationConfiguration is one of Glue's second
 * generation.  Some types exist in both, with different properties.
 *
 * IDENTIFICATION
 *	  src/glue/validate_rules.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/rules.h"

#include "glue/model.h"
#include "glue/redact_key.h"
#include "text/ascii.h"
#include "text/json.h"

/* a property that connections of one type must have, or must not have */
typedef struct PropertyRow
{
	const char *type;
	const char *key;
	int			when;			/* set of GlueRuleSituation */
	bool		required;		/* must not be present if false */
	GlueEvidence evidence;
} PropertyRow;

static const PropertyRow property_rows[] = {
#define REQUIRED(type, key, when, evidence, source) \
	{type, key, when, true, GLUE_EVIDENCE_##evidence},
#define REFUSED(type, key, when, evidence, source) \
	{type, key, when, false, GLUE_EVIDENCE_##evidence},
#include "glue/rules.def"
};

/*
 * Is this a template of a connector, or a connection that uses one?  AWS Glue
 * itself distinguishes them by the first criterion.
 */
static bool
is_of_template(json_object *criteria)
{
	json_object *first;
	const char *word;

	if (!json_object_is_type(criteria, json_type_array))
		return false;
	first = json_object_array_get_idx(criteria, 0);
	if (!json_object_is_type(first, json_type_string))
		return false;
	word = json_object_get_string(first);
	return strcmp(word, "template-connection") == 0 ||
		(strcmp(word, "Connection") == 0 &&
		 json_object_array_length(criteria) > 1);
}

/*
 * Determine all conditions that rows about properties may have.
 */
static int
find_situation(const GlueRuleInput *input, json_object *whole)
{
	int			situation = input->authentication != NULL ? SECOND : FIRST;

	if (json_object_object_get(whole, "AthenaProperties") == NULL)
		situation |= NO_ATHENA;
	if (!glue_rule_has_property(input, "HOST") ||
		!glue_rule_has_property(input, "PORT") ||
		!glue_rule_has_property(input, "JDBC_ENGINE"))
		situation |= NO_ENGINE;
	if (!is_of_template(json_object_object_get(whole, "MatchCriteria")))
		situation |= NO_TEMPLATE;
	if (!glue_rule_has_property(input, "CONNECTION_TYPE"))
		situation |= NO_OLD_KEY;
	return situation;
}

/*
 * Get the parts of an input.  The input owns the strings and objects.
 */
static void
take_parts(GlueRuleInput *parts, const GlueReporter *reporter,
		   json_object *input)
{
	json_object *properties = json_object_object_get(input,
													 "ConnectionProperties");

	memset(parts, 0, sizeof(*parts));
	parts->reporter = reporter;
	parts->name = glue_json_tree_text(input, "Name");
	parts->type = glue_json_tree_text(input, "ConnectionType");
	if (json_object_is_type(properties, json_type_object))
		parts->properties = properties;
	else
		parts->wrong_properties = properties != NULL;
	parts->network = json_object_object_get(input,
											"PhysicalConnectionRequirements");
	parts->authentication =
		json_object_object_get(input, "AuthenticationConfiguration");
	parts->situation = find_situation(parts, input);
}

static void
report_property(const GlueRuleInput *input, const PropertyRow *row)
{
	GluePath	path = {&glue_properties_path, row->key, 0};
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

static void
check_properties(const GlueRuleInput *input)
{
	const PropertyRow *row = property_rows;
	const PropertyRow *end = row + sizeof(property_rows) / sizeof(PropertyRow);
	const char *done = "";

	for (; row < end; row++)
	{
		if (row->type[0] != input->type[0] ||
			!glue_rule_is_type(input, row->type) ||
			(row->when & ~input->situation) != 0 ||
			strcmp(row->key, done) == 0)
			continue;

		/* the first row of a key that applies is used */
		done = row->key;
		if (glue_rule_has_property(input, row->key) != row->required)
			report_property(input, row);
	}
}

/*
 * Names are part of ARNs, where "/" and ":" are separators.
 */
static void
check_name(const GlueRuleInput *input)
{
	GluePath	path = {&glue_root_path, "Name", 0};

	if (input->name != NULL && strpbrk(input->name, "/:") != NULL)
		glue_report_check(input->reporter, &path, GLUE_CHECK_AMBIGUOUS_NAME,
						  "should not contain \"/\" or \":\", which make the "
						  "connection's ARN ambiguous");
}

/*
 * Is this a key of the model with a boolean value that only jobs read?  For
 * one of them, AWS documents that case is ignored.
 */
static bool
is_boolean_key(const char *key)
{
	return strcmp(key, "JDBC_ENFORCE_SSL") != 0 &&
		glue_model_has_value(glue_model_shape("ConnectionPropertyKey"), key) &&
		!glue_redact_is_secret_key(key);
}

/*
 * AWS Glue stores "True" unchanged, but jobs only accept "true" and "false".
 */
static void
check_property_values(const GlueRuleInput *input)
{
	struct json_object_iter iter;

	glue_json_foreach(input->properties, iter)
	{
		static const char *const words[] = {"true", "false"};
		const char *text;

		if (!json_object_is_type(iter.val, json_type_string) ||
			json_object_get_string_len(iter.val) > 5)
			continue;
		text = json_object_get_string(iter.val);

		for (size_t i = 0; i < 2; i++)
		{
			GluePath	path = {&glue_properties_path, iter.key, 0};

			if (glue_same_but_case(text, words[i]) &&
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
 * Check an object that should be a ConnectionInput against the rules beyond
 * the model.
 *
 * The order of the findings is fixed: the type's properties, then
 * authentication, then the warnings that any type may get.
 */
void
glue_check_rules(const GlueReporter *reporter, json_object *input)
{
	GlueRuleInput parts;

	take_parts(&parts, reporter, input);
	if (parts.type != NULL)
	{
		if (!parts.wrong_properties)
			check_properties(&parts);
		glue_check_type_rules(&parts);
		glue_check_login_rules(&parts);
	}
	glue_check_address_rules(&parts);
	check_name(&parts);
	check_property_values(&parts);
	glue_check_network_rules(&parts);
}
