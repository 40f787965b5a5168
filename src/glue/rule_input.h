/*-------------------------------------------------------------------------
 *
 * rule_input.h
 *	  The parts of an input, for the rules beyond the model.
 *
 * IDENTIFICATION
 *	  src/glue/rule_input.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_RULE_INPUT_H
#define GLUE_GLUE_RULE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <json-c/json.h>

#include "glue/violation.h"

/*
 * The conditions of a row of rules.def about a property: all of them must
 * hold.  The names are short because rows contain them.
 */
typedef enum GlueRuleSituation
{
	ALWAYS = 0,
	FIRST = 1 << 0,
	SECOND = 1 << 1,
	NO_ATHENA = 1 << 2,
	NO_ENGINE = 1 << 3,
	NO_TEMPLATE = 1 << 4,
	NO_OLD_KEY = 1 << 5
} GlueRuleSituation;

/* the parts of an input; members that are absent or null are NULL */
typedef struct GlueRuleInput
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
	int			situation;		/* set of GlueRuleSituation */
} GlueRuleInput;

extern void glue_rule_input_take(GlueRuleInput *parts,
								 const GlueReporter *reporter,
								 const GluePath *root, json_object *input);

static inline bool
glue_rule_is_type(const GlueRuleInput *input, const char *type)
{
	return strcmp(input->type, type) == 0;
}

static inline bool
glue_rule_has_property(const GlueRuleInput *input, const char *key)
{
	return input->properties != NULL &&
		json_object_object_get(input->properties, key) != NULL;
}

#endif							/* GLUE_GLUE_RULE_INPUT_H */
