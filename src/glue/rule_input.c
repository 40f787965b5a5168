/*-------------------------------------------------------------------------
 *
 * rule_input.c
 *	  The parts of an input, for the rules beyond the model.
 *
 * Any JSON is accepted: wrong types have been reported already, so members
 * with a wrong type are treated as absent or skipped.
 *
 * A connection with AuthenticationConfiguration is one of Glue's second
 * generation.  Some types exist in both, with different properties.
 *
 * IDENTIFICATION
 *	  src/glue/rule_input.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/rule_input.h"

#include "text/json.h"

static int	find_situation(const GlueRuleInput *input, json_object *whole);
static bool is_of_template(json_object *criteria);
static json_object *object_at(json_object *parent, const char *key);

/*
 * Get the parts of an input.  The input owns the strings and objects.
 */
void
glue_rule_input_take(GlueRuleInput *parts, const GlueReporter *reporter,
					 const GluePath *root, json_object *input)
{
	memset(parts, 0, sizeof(*parts));
	parts->reporter = reporter;
	parts->root = root;
	parts->properties_path.parent = root;
	parts->properties_path.key = "ConnectionProperties";
	parts->name = glue_json_tree_text(input, "Name");
	parts->type = glue_json_tree_text(input, "ConnectionType");
	parts->properties = object_at(input, "ConnectionProperties");
	parts->wrong_properties = parts->properties == NULL &&
		json_object_object_get(input, "ConnectionProperties") != NULL;
	parts->network = json_object_object_get(input,
											"PhysicalConnectionRequirements");
	parts->authentication =
		json_object_object_get(input, "AuthenticationConfiguration");
	parts->situation = find_situation(parts, input);
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
 * Is this a template of a connector, or a connection that uses one?  AWS Glue
 * itself distinguishes them by the first criterion.
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

/*
 * Return the member of an object if it is an object itself, or NULL.
 */
static json_object *
object_at(json_object *parent, const char *key)
{
	json_object *value = json_object_object_get(parent, key);

	return json_object_is_type(value, json_type_object) ? value : NULL;
}
