/*-------------------------------------------------------------------------
 *
 * trigger_arguments.h
 *	  What a trigger that provisions connections was told.
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

/* What a trigger was told, and the columns that it is about. */
typedef struct GlueTriggerArguments
{
	const char *catalog_id;		/* or NULL */
	NullableDatum catalog;		/* the same as text */
	const char *server;			/* or NULL */
	const char *on_conflict;	/* as glue_request has it */
	bool		keeps;			/* no connection is deleted */
	int			input_column;
	int			tags_column;	/* 0: none */
} GlueTriggerArguments;

extern Oid	glue_trigger_holder(const Trigger *trigger, Relation table);
extern void glue_trigger_arguments(const Trigger *trigger, Relation table,
								   GlueTriggerArguments *arguments);

#endif							/* GLUE_FUNCTIONS_TRIGGER_ARGUMENTS_H */
