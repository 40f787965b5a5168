/*-------------------------------------------------------------------------
 *
 * list.c
 *	  The SQL functions that return lists from AWS Glue.
 *
 * They return one row at a time, and call AWS at the end of a page.  In a
 * select list that happens only as long as rows are fetched, or until this
 * backend changes something (see open_lists.c).
 *
 * IDENTIFICATION
 *	  src/functions/list.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/open_lists.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "glue/operation_name.h"
#include "server/jsonb_tree.h"

/* A function that returns a list, from its first call to its last. */
typedef struct FunctionList
{
	GlueFunction function;
	GlueOpenList entries;
} FunctionList;

PG_FUNCTION_INFO_V1(glue_get_connections);

static void
prepare_get_connections(FunctionCallInfo fcinfo, GlueFunction *function,
						GlueCall *call)
{
	json_object *filter;

	glue_function_begin(function, fcinfo, GLUE_FUNCTION_READS);
	if (glue_argument_tree(fcinfo->args[0], &filter, &function->findings) &&
		filter != NULL)
		glue_validate_member("GetConnectionsFilter", "$.Filter", filter,
							 glue_violations_add, &function->violations);
	glue_function_connect_checked(function, fcinfo->args[1], fcinfo->args[2],
								  "filter or catalog ID", NULL);
	glue_prepare_list_connections(function, call);
	if (filter != NULL)
		glue_tree_add(call->arguments, "Filter", json_object_get(filter));
}

/*
 * glue_get_connections(filter jsonb, catalog_id text, server name)
 * returns setof jsonb
 */
Datum
glue_get_connections(PG_FUNCTION_ARGS)
{
	return glue_return_list(fcinfo, prepare_get_connections, "ConnectionList",
							true);
}

/* Fill in the call that lists connections, without their passwords. */
void
glue_prepare_list_connections(const GlueFunction *function, GlueCall *call)
{
	glue_access_prepare(&function->access, call, GLUE_GET_CONNECTIONS, NULL);
	glue_tree_add(call->arguments, "HidePassword", json_object_new_boolean(1));
}

/*
 * Return the next entry of a list as jsonb, without secrets.
 *
 * At the first call, begin connects the function and fills in the call whose
 * answers hold the list as the given member.  If a list is tracked, this
 * backend reads the rest of it before it changes something.
 */
Datum
glue_return_list(FunctionCallInfo fcinfo, GluePrepareList prepare,
				 const char *member, bool tracked)
{
	FuncCallContext *context;
	FunctionList *list;
	Datum		entry;

	if (SRF_IS_FIRSTCALL())
	{
		ReturnSetInfo *result;
		MemoryContext old_context;
		GlueCall	call;

		context = SRF_FIRSTCALL_INIT();
		result = (ReturnSetInfo *) fcinfo->resultinfo;
		old_context = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		list = palloc0(sizeof(FunctionList));
		prepare(fcinfo, &list->function, &call);
		list->entries.context = list->function.context;
		list->entries.target = &list->function.access.target;
		glue_pages_init(&list->entries.pages, &call, member);
		glue_open_list_begin(&list->entries, result->econtext, tracked);
		MemoryContextSwitchTo(old_context);
		context->user_fctx = list;
	}
	context = SRF_PERCALL_SETUP();
	list = context->user_fctx;

	if (glue_open_list_next(&list->entries, &entry))
		SRF_RETURN_NEXT(context, entry);
	MemoryContextDelete(list->entries.context);
	SRF_RETURN_DONE(context);
}
