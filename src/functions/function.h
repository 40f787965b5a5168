/*-------------------------------------------------------------------------
 *
 * function.h
 *	  The begin and the end of a SQL function.
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
#include "operation/immediate.h"

/* Does a function change something, here or in AWS Glue? */
typedef enum GlueFunctionKind
{
	GLUE_FUNCTION_READS,
	GLUE_FUNCTION_WRITES
} GlueFunctionKind;

/* One execution of such a function. */
typedef struct GlueFunction
{
	bool		writes;			/* here or in AWS Glue */
	MemoryContext caller_context;	/* for the result */
	MemoryContext context;		/* for everything else */
	GlueViolationList violations;
	GlueFindings findings;		/* destination of its findings */

	/*
	 * Its schema is set by glue_function_begin(), the rest by
	 * glue_function_connect().  glue_function_begin_local() sets nothing.
	 */
	GlueAccess	access;

	/* for a function that changes AWS Glue, after glue_function_open() */
	GlueRecords records;
	GlueIntents intents;
} GlueFunction;

extern void glue_function_begin(GlueFunction *function, FunctionCallInfo fcinfo,
								GlueFunctionKind kind);
extern void glue_function_begin_local(GlueFunction *function);

/* arguments, in the order that SQL has them */
extern const char *glue_function_name(GlueFunction *function,
									  NullableDatum name,
									  NullableDatum catalog,
									  const char **catalog_id);
extern void glue_function_definition(GlueFunction *function,
									 NullableDatum input, NullableDatum tags,
									 NullableDatum catalog_id,
									 GlueDefinition *definition);
extern void glue_function_new_definition(GlueFunction *function,
										 NullableDatum name,
										 NullableDatum input,
										 NullableDatum catalog_id,
										 GlueDefinition *definition);

extern void glue_function_connect(GlueFunction *function,
								  const char *catalog_id,
								  NullableDatum server);
extern const char *glue_function_connect_named(GlueFunction *function,
											   NullableDatum name,
											   NullableDatum catalog_id,
											   NullableDatum server);
extern void glue_function_connect_checked(GlueFunction *function,
										  NullableDatum catalog_id,
										  NullableDatum server,
										  const char *subject,
										  const char *hint);
extern void glue_function_identify(GlueFunction *function);
extern void glue_function_open(GlueFunction *function);

extern void glue_function_run(GlueCall *call);
extern json_object *glue_function_answer(const GlueCall *call,
										 const char *member, json_type type,
										 const char *problem);
extern json_object *glue_function_get(const GlueFunction *function,
									  GlueCall *call, const char *name,
									  bool missing_ok);

extern NullableDatum glue_text(const char *utf8);
extern void glue_return_texts(FunctionCallInfo fcinfo, ...);
extern void glue_return_row(FunctionCallInfo fcinfo, const NullableDatum *row);
extern void glue_function_end(const GlueFunction *function);
extern Datum glue_function_end_text(const GlueFunction *function,
									const char *utf8);
extern Datum glue_function_end_tree(const GlueFunction *function,
									json_object *tree);

/* Functions for several files: in functions/list.c, provision.c and request.c. */

/* Connects a function, and fills in the call whose answers hold a list. */
typedef void (*GluePrepareList) (FunctionCallInfo fcinfo,
								 GlueFunction *function, GlueCall *call);

extern void glue_prepare_list_connections(const GlueFunction *function,
										  GlueCall *call);
extern Datum glue_return_list(FunctionCallInfo fcinfo, GluePrepareList prepare,
							  const char *member, bool tracked);
extern void glue_require_owner(Oid table);
extern void glue_request_find_visible(const GlueRequestQueue *queue, int64 id,
									  GlueRequestState *found);
extern bool glue_request_has_ended(const GlueRequestState *request);
extern void glue_request_refuse_held(int64 id,
									 const GlueRequestState *request);

#endif							/* GLUE_FUNCTIONS_FUNCTION_H */
