/*-------------------------------------------------------------------------
 *
 * trigger_arguments.h
 *	  The arguments of a trigger that provisions connections.
 *
 * IDENTIFICATION
 *	  src/functions/trigger_arguments.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_TRIGGER_ARGUMENTS_H
#define GLUE_FUNCTIONS_TRIGGER_ARGUMENTS_H

#include "functions/arguments.h"
#include "utils/rel.h"

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

extern Oid	glue_trigger_holder(const Trigger *trigger, Relation table);
extern void glue_trigger_arguments(const Trigger *trigger, Relation table,
								   GlueTriggerArguments *arguments);

#endif							/* GLUE_FUNCTIONS_TRIGGER_ARGUMENTS_H */
