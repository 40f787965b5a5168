/*-------------------------------------------------------------------------
 *
 * violation_list.h
 *	  All that is wrong, said at once.
 *
 * IDENTIFICATION
 *	  src/functions/violation_list.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_VIOLATION_LIST_H
#define GLUE_FUNCTIONS_VIOLATION_LIST_H

#include "glue/validate.h"
#include "lib/stringinfo.h"

/* Where findings go. */
typedef struct GlueFindings
{
	GlueViolationSink sink;
	void	   *arg;
} GlueFindings;

/* What validation found, as lines of text in the database's encoding. */
typedef struct GlueViolationList
{
	StringInfoData errors;
	StringInfoData warnings;
	int			nerrors;
	int			nwarnings;
} GlueViolationList;

extern void glue_add_error(const GlueFindings *findings, const char *path,
						   const char *rule, const char *message);
extern void glue_violations_init(GlueViolationList *violations);
extern void glue_violations_add(void *arg, const GlueViolation *violation);
extern void glue_violations_report(GlueViolationList *violations,
								   const char *subject, const char *hint);

#endif							/* GLUE_FUNCTIONS_VIOLATION_LIST_H */
