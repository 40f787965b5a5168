/*-------------------------------------------------------------------------
 *
 * foreign_code.c
 *	  Detection of other roles' code in the definition of a table.
 *
 * The owner of a function can replace its body at any time, and the owner of a
 * domain can change its constraints.  So the check is about the owners, not
 * about the present code.  Objects of PostgreSQL and of this extension are
 * trusted.
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

/*
 * Does an expression execute code of another role than found->owner?  This is
 * an expression_tree_walker: context is a GlueForeignCode that receives the
 * result; found->any is set if there is code of the owner.
 *
 * Types are checked as well: a domain can have any constraint, and can be a
 * part of any other type, even of one that belongs to the owner.
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

/*
 * Does a function belong to another role?  A check_function_callback with the
 * same context.
 */
bool
glue_is_foreign_function(Oid function, void *context)
{
	GlueForeignCode *found = context;

	if (function < FirstNormalObjectId || glue_extension_has(ProcedureRelationId, function))
		return false;
	found->any = true;
	if (glue_function_owner(function) == found->owner)
		return false;
	found->function = function;
	return true;
}

/* Is an object of a catalog one of the extension's own? */
bool
glue_extension_has(Oid catalog, Oid object)
{
	Oid			extension = get_extension_oid("glue_conn", true);

	return OidIsValid(extension) &&
		getExtensionOfObject(catalog, object) == extension;
}

/*
 * Is a type a domain, or does it belong to another role than owner?  Types of
 * PostgreSQL are excepted.
 */
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

/* The role that can replace the body of a function. */
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
