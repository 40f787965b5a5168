/*-------------------------------------------------------------------------
 *
 * arguments.h
 *	  The arguments of SQL functions, converted and checked.
 *
 * An argument is a value that may be null, like fcinfo->args[0].  Arguments of a
 * trigger are texts.
 *
 * IDENTIFICATION
 *	  src/functions/arguments.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_ARGUMENTS_H
#define GLUE_FUNCTIONS_ARGUMENTS_H

#include "glue/validate.h"
#include "lib/stringinfo.h"
#include "operation/operation.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* The destination of findings. */
typedef struct GlueFindings
{
	GlueViolationSink sink;
	void	   *arg;
} GlueFindings;

/* Findings of the validation, as lines of text in the database's encoding. */
typedef struct GlueViolationList
{
	StringInfoData errors;
	StringInfoData warnings;
	int			nerrors;
	int			nwarnings;
} GlueViolationList;

/* The definition of a new connection.  All text is UTF-8. */
typedef struct GlueDefinition
{
	json_object *input;			/* ConnectionInput */
	json_object *tags;			/* or NULL */
	const char *catalog_id;		/* or NULL */
	const char *name;			/* NULL unless the input is valid */
	Datum		given;			/* the same as input, as jsonb, or 0 */
} GlueDefinition;

/* The arguments of a trigger, and the columns that they name. */
typedef struct GlueTriggerArguments
{
	const char *catalog_id;		/* or NULL */
	NullableDatum catalog;		/* the same as text */
	const char *server;			/* or NULL */
	const char *on_conflict;	/* as in glue_request */
	bool		keeps;			/* on_delete=keep */
	int			input_column;
	int			tags_column;	/* 0: none */
} GlueTriggerArguments;

/* The hint of errors in a ConnectionInput. */
#define GLUE_HINT_NOTHING_SENT \
	"Nothing was sent. glue_validate_connection_input() returns the same as rows."

/* in functions/violation_list.c */
extern void glue_add_error(const GlueFindings *findings, const char *path,
						   const char *rule, const char *message);
extern void glue_violations_init(GlueViolationList *violations);
extern void glue_violations_add(void *arg, const GlueViolation *violation);
extern void glue_violations_report(GlueViolationList *violations,
								   const char *subject, const char *hint);

/* in functions/arguments.c */
extern bool glue_argument_tree(NullableDatum argument, json_object **tree,
							   const GlueFindings *findings);
extern void glue_free_copy(void *copy, Datum datum);
extern bool glue_argument_given(NullableDatum argument, const char *path,
								const GlueFindings *findings);
extern const char *glue_argument_name(NullableDatum argument, const char *path,
									  const GlueFindings *findings);
extern int *glue_first_of_names(const char **names, int count);
extern const char *glue_argument_catalog_id(NullableDatum argument,
											const GlueFindings *findings);
extern json_object *glue_argument_list(NullableDatum argument,
									   const char *shape, const char *path,
									   const GlueFindings *findings);
extern json_object *glue_argument_tags(NullableDatum argument, bool required,
									   const GlueFindings *findings);
extern const char *glue_argument_server(NullableDatum argument,
										const char *catalog_id);
extern GlueConflictAction glue_argument_on_conflict(NullableDatum argument);
extern GlueConflictAction glue_conflict_action(const char *name);
extern TimestampTz glue_argument_deadline(NullableDatum argument);

extern void glue_check_definition(NullableDatum input, NullableDatum tags,
								  NullableDatum catalog_id,
								  GlueDefinition *definition,
								  const GlueFindings *findings);
extern bool glue_check_input(json_object *input,
							 const GlueFindings *findings);

/* in functions/trigger_arguments.c */
extern Oid	glue_trigger_holder(const Trigger *trigger, Relation table);
extern void glue_trigger_arguments(const Trigger *trigger, Relation table,
								   GlueTriggerArguments *arguments);

#endif							/* GLUE_FUNCTIONS_ARGUMENTS_H */
