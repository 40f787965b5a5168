/*-------------------------------------------------------------------------
 *
 * function.h
 *	  What all SQL functions that reach AWS have in common.
 *
 * IDENTIFICATION
 *	  src/functions/function.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_FUNCTION_H
#define GLUE_FUNCTIONS_FUNCTION_H

#include "client/access.h"
#include "client/client.h"
#include "functions/arguments.h"

/* Whether a function changes something, here or in AWS Glue. */
typedef enum GlueFunctionKind
{
	GLUE_FUNCTION_READS,
	GLUE_FUNCTION_WRITES
} GlueFunctionKind;

/* One execution of such a function. */
typedef struct GlueFunction
{
	bool		writes;			/* here or in AWS Glue */
	MemoryContext caller_context;	/* where the result belongs */
	MemoryContext context;		/* where everything else does */
	GlueViolationList violations;

	/* its schema is valid at once, the rest after glue_function_connect() */
	GlueAccess	access;
} GlueFunction;

extern MemoryContext glue_enter_function_context(void);
extern void glue_function_begin(GlueFunction *function, FunctionCallInfo fcinfo,
								const char *name, GlueFunctionKind kind);
extern void glue_function_connect(GlueFunction *function, const char *server,
								  const char *catalog_id);
extern void glue_function_identify(GlueFunction *function);
extern void glue_function_arguments_named(GlueFunction *function,
										  FunctionCallInfo fcinfo,
										  int first_argument,
										  const char **name,
										  const char **catalog_id,
										  const char **server);
extern void glue_function_connect_named(GlueFunction *function,
										FunctionCallInfo fcinfo,
										int first_argument,
										const char **name);
extern void glue_function_run(GlueCall *call);
extern json_object *glue_function_answer(const GlueCall *call,
										 const char *member, json_type type,
										 const char *problem);
extern void glue_function_end(const GlueFunction *function);

#endif							/* GLUE_FUNCTIONS_FUNCTION_H */
