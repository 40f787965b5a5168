/*-------------------------------------------------------------------------
 *
 * rules.h
 *	  The rules beyond AWS Glue's model, from rules.def.
 *
 * IDENTIFICATION
 *	  src/glue/rules.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_RULES_H
#define GLUE_GLUE_RULES_H

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

extern GlueSeverity glue_evidence_severity(GlueEvidence evidence);
extern const char *glue_check_rule(GlueCheck check);
extern GlueSeverity glue_check_severity(GlueCheck check);
extern const char *glue_unlisted_type(const char *type);
extern const char *glue_unlisted_type_nearest(const char *type);

/* Report the finding of a rule, with the severity of the table. */
#define glue_report_check(reporter, path, check, ...) \
	glue_report(reporter, path, glue_check_rule(check), \
				glue_check_severity(check), __VA_ARGS__)

#endif							/* GLUE_GLUE_RULES_H */
