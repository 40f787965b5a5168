/*-------------------------------------------------------------------------
 *
 * foreign_code.c
 *	  Code of other roles in what hangs on a table.
 *
 * The owner of a function can give it another body at any time, and the owner
 * of a domain can give it another constraint.  So what matters is not what
 * they do now, but whose they are.  What comes with PostgreSQL, or with this
 * extension, is trusted.
 *
 * IDENTIFICATION
 *	  src/server/foreign_code.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "server/foreign_code.h"
#include "utils/syscache.h"

/* prototypes of private functions */
static bool is_own_function(Oid function);

/*
 * Is there anything in an expression that executes code of another role than
 * found->owner?  A walker of expressions: context is a GlueForeignCode, in which
 * what was found is noted; found->any is set if there is code of the owner.
 *
 * Types count because a domain can have any constraint, and be part of any other
 * type; that of the owner can be made of another role's.
 */
bool
glue_find_foreign_code(Node *node, void *context)
{
	const GlueForeignCode *found = context;

	if (node == NULL)
		return false;
	if (check_functions_in_node(node, glue_is_foreign_function, context))
		return true;
	if ((IsA(node, CoerceToDomain) || IsA(node, CoerceViaIO) ||
		 IsA(node, FuncExpr)) &&
		glue_is_foreign_type(exprType(node), found->owner))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, glue_find_foreign_code,
								 context, 0);
	return expression_tree_walker(node, glue_find_foreign_code, context);
}

/* Is a function another role's?  A check_function_callback, of the same context. */
bool
glue_is_foreign_function(Oid function, void *context)
{
	GlueForeignCode *found = context;

	if (function < FirstNormalObjectId || is_own_function(function))
		return false;
	found->any = true;
	if (glue_function_owner(function) == found->owner)
		return false;
	found->function = function;
	return true;
}

/* Is a function one of the extension's own? */
static bool
is_own_function(Oid function)
{
	Oid			extension = get_extension_oid("glue_conn", true);

	return OidIsValid(extension) &&
		getExtensionOfObject(ProcedureRelationId, function) == extension;
}

/* Can values of a type have a constraint that is not PostgreSQL's own? */
bool
glue_is_foreign_type(Oid oid, Oid owner)
{
	HeapTuple	tuple;
	Form_pg_type type;
	bool		foreign;

	if (oid < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", oid);
	type = (Form_pg_type) GETSTRUCT(tuple);
	foreign = type->typtype == TYPTYPE_DOMAIN || type->typowner != owner;
	ReleaseSysCache(tuple);
	return foreign;
}

/* The role that can give a function another body. */
Oid
glue_function_owner(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return owner;
}
