/*-------------------------------------------------------------------------
 *
 * rules.h
 *	  The rules beyond AWS Glue's model, from rules.def, and the parts of an
 *	  input that they are about.
 *
 * IDENTIFICATION
 *	  src/glue/rules.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_RULES_H
#define GLUE_GLUE_RULES_H

#include <stdbool.h>
#include <string.h>

#include <json-c/json.h>

#include "glue/violation.h"

/* evidence of a rule: see rules.def */
typedef enum GlueEvidence
{
	GLUE_EVIDENCE_MODEL,
	GLUE_EVIDENCE_MEASURED,
	GLUE_EVIDENCE_ACCOUNT,
	GLUE_EVIDENCE_DOCUMENTED,
	GLUE_EVIDENCE_KNOWN
} GlueEvidence;

/* the rules with code of their own */
typedef enum GlueCheck
{
#define CHECK(name, rule, evidence, source) GLUE_CHECK_##name,
#include "glue/rules.def"
	GLUE_CHECK_COUNT
} GlueCheck;

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
	const char *name;
	const char *type;
	json_object *properties;	/* an object or NULL, */
	bool		wrong_properties;	/* because it is something else? */
	json_object *network;		/* PhysicalConnectionRequirements */
	json_object *authentication;
	int			situation;		/* set of GlueRuleSituation */
} GlueRuleInput;

/* the path of ConnectionProperties, "$.ConnectionProperties" */
extern const GluePath glue_properties_path;

extern GlueSeverity glue_evidence_severity(GlueEvidence evidence);
extern const char *glue_check_rule(GlueCheck check);
extern GlueSeverity glue_check_severity(GlueCheck check);
extern const char *glue_unlisted_type(const char *type);
extern const char *glue_unlisted_type_nearest(const char *type);

/* Report the finding of a rule, with the severity of the table. */
#define glue_report_check(reporter, path, check, ...) \
	glue_report(reporter, path, glue_check_rule(check), \
				glue_check_severity(check), __VA_ARGS__)

/* The rules, in files of their own by subject. */
extern void glue_check_type_rules(const GlueRuleInput *input);
extern void glue_check_login_rules(const GlueRuleInput *input);
extern void glue_check_address_rules(const GlueRuleInput *input);
extern void glue_check_network_rules(const GlueRuleInput *input);

/* in validate_rules.c: all of them */
extern void glue_check_rules(const GlueReporter *reporter, json_object *input);

static inline bool
glue_rule_is_type(const GlueRuleInput *input, const char *type)
{
	return strcmp(input->type, type) == 0;
}

static inline bool
glue_rule_has_property(const GlueRuleInput *input, const char *key)
{
	return json_object_object_get(input->properties, key) != NULL;
}

#endif							/* GLUE_GLUE_RULES_H */
