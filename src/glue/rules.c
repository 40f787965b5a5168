/*-------------------------------------------------------------------------
 *
 * rules.c
 *	  The rules beyond AWS Glue's model, from rules.def.
 *
 * IDENTIFICATION
 *	  src/glue/rules.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/rules.h"

#include "glue/model.h"
#include "text/ascii.h"
#include "text/assertion.h"

typedef struct CheckRow
{
	const char *rule;
	GlueEvidence evidence;
} CheckRow;

/* in the order of GlueCheck */
static const CheckRow checks[] = {
#define CHECK(name, rule, evidence, source) \
	{GLUE_RULE_##rule, GLUE_EVIDENCE_##evidence},
#include "glue/rules.def"
};

static const char *const unlisted_types[] = {
#define UNLISTED_TYPE(type, evidence, source) type,
#include "glue/rules.def"
};

#define NUNLISTED (sizeof(unlisted_types) / sizeof(char *))

const GluePath glue_properties_path = {&glue_root_path, "ConnectionProperties", 0};

/*
 * An error requires a rejection by AWS that is certain for every account.
 */
GlueSeverity
glue_evidence_severity(GlueEvidence evidence)
{
	return evidence == GLUE_EVIDENCE_MODEL ||
		evidence == GLUE_EVIDENCE_MEASURED ?
		GLUE_SEVERITY_ERROR : GLUE_SEVERITY_WARNING;
}

/*
 * The GLUE_RULE_... of a check's findings.
 */
const char *
glue_check_rule(GlueCheck check)
{
	glue_assert((unsigned int) check < GLUE_CHECK_COUNT);
	return checks[check].rule;
}

GlueSeverity
glue_check_severity(GlueCheck check)
{
	return glue_evidence_severity(checks[check].evidence);
}

/*
 * Find a type of connection, ignoring case, that AWS Glue has but its model
 * does not list.  Returns its correct spelling, or NULL; a name that ends with
 * "-" stands for all that begin with it.
 */
const char *
glue_unlisted_type(const char *type)
{
	for (size_t i = 0; i < NUNLISTED; i++)
	{
		const char *name = unlisted_types[i];
		size_t		len = strlen(name);

		if (name[len - 1] != '-')
			len = strlen(type);
		if (glue_same_word(type, strnlen(type, len), name))
			return name;
	}
	return NULL;
}

/*
 * Return the most similar one, or NULL if none is similar.
 */
const char *
glue_unlisted_type_nearest(const char *type)
{
	return glue_model_nearest(type, unlisted_types, (int) NUNLISTED,
							  sizeof(char *));
}
