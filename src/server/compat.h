/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between PostgreSQL 15 and 19, and nothing else.
 *
 * This is the only file with conditions on the server's version.  Each one
 * defines the newest name or signature for older versions, so that the rest of
 * the code is written for one version.
 *
 * IDENTIFICATION
 *	  src/server/compat.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_COMPAT_H
#define GLUE_SERVER_COMPAT_H

#include "utils/guc_tables.h"
#include "utils/wait_event.h"

#if PG_VERSION_NUM < 150000
#error "glue_conn needs PostgreSQL 15 or newer"
#endif

/* 16 moved the layout of varlena values from postgres.h to varatt.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 has pg_noreturn for functions that do not return */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 16 renamed SetSingleFuncCall() to InitMaterializedSRF() */
#if PG_VERSION_NUM < 160000
#define InitMaterializedSRF(fcinfo, flags) SetSingleFuncCall(fcinfo, flags)
#endif

/* 16 exports find_option() */
#if PG_VERSION_NUM >= 160000
#define glue_find_parameter(name) find_option(name, false, true, ERROR)
#else
static inline struct config_generic *
glue_find_parameter(const char *name)
{
	struct config_generic **parameters = get_guc_variables();

	for (int i = 0; i < GetNumConfigOptions(); i++)
	{
		if (strcmp(parameters[i]->name, name) == 0)
			return parameters[i];
	}
	return NULL;
}
#endif

/* 16 builds the list of all parameters on demand */
#if PG_VERSION_NUM >= 160000
#define glue_list_parameters(n) get_guc_variables(n)
#else
#define glue_list_parameters(n) \
	(*(n) = GetNumConfigOptions(), get_guc_variables())
#endif

/* 16 allocates the values of parameters in a memory context of their own */
#if PG_VERSION_NUM < 160000
#define guc_malloc(level, size) malloc(size)
#define guc_free(pointer) free(pointer)
#endif

/*
 * 17 has custom wait events for extensions.  The registration needs shared
 * memory, so a name is registered at its first wait; cache is a static uint32.
 */
#if PG_VERSION_NUM >= 170000
#define GLUE_WAIT_EVENT(cache, name) \
	((cache) != 0 ? (cache) : ((cache) = WaitEventExtensionNew(name)))
#else
#define GLUE_WAIT_EVENT(cache, name) ((void) (cache), PG_WAIT_EXTENSION)
#endif

/* 16 has one function that checks privileges on objects of any class */
#if PG_VERSION_NUM >= 160000
#define glue_foreign_server_aclcheck(server, role, mode) \
	object_aclcheck(ForeignServerRelationId, server, role, mode)
#else
#define glue_foreign_server_aclcheck(server, role, mode) \
	pg_foreign_server_aclcheck(server, role, mode)
#endif

/*
 * 17 gives a WaitEventSet a resource owner, or NULL for the life of the
 * process; before, it had a memory context.
 */
#if PG_VERSION_NUM >= 170000
#define GLUE_CREATE_WAIT_EVENT_SET(nevents) CreateWaitEventSet(NULL, nevents)
#else
#define GLUE_CREATE_WAIT_EVENT_SET(nevents) \
	CreateWaitEventSet(TopMemoryContext, nevents)
#endif

/* 19 builds jsonb with a struct that includes the result */
#if PG_VERSION_NUM >= 190000
#define GlueJsonbBuilder JsonbInState
#define glue_jsonb_push(builder, token, value) \
	pushJsonbValue(builder, token, value)
#else
typedef struct GlueJsonbBuilder
{
	struct JsonbParseState *state;
	struct JsonbValue *result;
} GlueJsonbBuilder;

#define glue_jsonb_push(builder, token, value) \
	((builder)->result = pushJsonbValue(&(builder)->state, token, value))
#endif

/*
 * 16 added a flag to the insert into indexes, and 19 combined all flags in a
 * mask
 */
#if PG_VERSION_NUM >= 190000
#define glue_insert_index_tuples(target, slot, executor, unless_there, conflict) \
	ExecInsertIndexTuples(target, executor, \
						  (unless_there) ? EIIT_NO_DUPE_ERROR : 0, slot, NIL, \
						  conflict)
#elif PG_VERSION_NUM >= 160000
#define glue_insert_index_tuples(target, slot, executor, unless_there, conflict) \
	ExecInsertIndexTuples(target, slot, executor, false, unless_there, \
						  conflict, NIL, false)
#else
#define glue_insert_index_tuples(target, slot, executor, unless_there, conflict) \
	ExecInsertIndexTuples(target, slot, executor, false, unless_there, \
						  conflict, NIL)
#endif

/* 18 can reserve extra space before a minimal tuple */
#if PG_VERSION_NUM >= 180000
#define glue_form_minimal_tuple(desc, values, nulls) \
	heap_form_minimal_tuple(desc, values, nulls, 0)
#else
#define glue_form_minimal_tuple(desc, values, nulls) \
	heap_form_minimal_tuple(desc, values, nulls)
#endif

/* 19 takes flags at the begin of a table scan */
#if PG_VERSION_NUM >= 190000
#define glue_table_beginscan(table, snapshot, nkeys, keys) \
	table_beginscan(table, snapshot, nkeys, keys, SO_NONE)
#else
#define glue_table_beginscan(table, snapshot, nkeys, keys) \
	table_beginscan(table, snapshot, nkeys, keys)
#endif

/* 19 requires a call when a tuple descriptor is complete */
#if PG_VERSION_NUM < 190000
#define TupleDescFinalize(desc) ((void) (desc))
#endif

/* 17 introduced ProcNumber for the index of a process */
#if PG_VERSION_NUM >= 170000
#define GLUE_PROCESS_NUMBER(proc) GetNumberFromPGProc(proc)
#else
#define GLUE_PROCESS_NUMBER(proc) ((proc)->pgprocno)
#endif

/* 17 renamed the state of transaction IDs */
#if PG_VERSION_NUM >= 170000
#define glue_oldest_clog_xid() (TransamVariables->oldestClogXid)
#else
#define glue_oldest_clog_xid() (ShmemVariableCache->oldestClogXid)
#endif

/* 18 shows the module's own name and version in pg_get_loaded_modules() */
#if PG_VERSION_NUM >= 180000
#define GLUE_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "glue_conn", .version = "1.0")
#else
#define GLUE_MODULE_MAGIC PG_MODULE_MAGIC
#endif

#endif							/* GLUE_SERVER_COMPAT_H */
