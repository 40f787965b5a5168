/*-------------------------------------------------------------------------
 *
 * own_table.c
 *	  What may hang on the extension's own tables.
 *
 * Statements on our tables are executed with the rights of their owner, who is
 * a superuser as a rule, and so is whatever PostgreSQL executes along with them:
 * triggers, rules, policies, check constraints, and the expressions of indexes
 * and of defaults.  Some of that can come from others.  Whoever was granted ALL on
 * a table may create triggers on it, with functions of his own; and whoever owns
 * a function can give it another body at any time.  So before a table is used, it
 * is looked at, and refused if anything on it is not its owner's:
 *
 *	- on a private table there must be no trigger, no rule and no other policy
 *	  than ours
 *	- on a table that is shown, functions must belong to the owner of the table,
 *	  or come with PostgreSQL; and there must be no rule.  A foreign key that
 *	  refers to it is a trigger as well: one of another role would keep rows from
 *	  being deleted
 *	- on neither must there be an index, a constraint, a default or a column type
 *	  that executes functions of another role
 *
 * To skip a trigger instead would be easy, and wrong: its owner has a right to
 * have it executed, or to be told.
 *
 * What is found here is that there is nothing, as a rule, and that is kept until
 * PostgreSQL says that the definition of the table may have changed.
 *
 * And a table must be logged.  What it says is of no use if a crash empties it.
 *
 * IDENTIFICATION
 *	  src/own_table.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "builtins.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "own_table.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rowsecurity.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* The policy that comes with the extension. */
#define OWN_POLICY	"glue_request_own"

/* Tables that nothing hangs on, as far as is known. */
#define MAX_BARE_TABLES		8
static Oid	bare_tables[MAX_BARE_TABLES];

/* What is looked for in an expression. */
typedef struct ForeignFunction
{
	Oid			owner;			/* of the table */
	Oid			function;		/* that is not the owner's; or InvalidOid */
	bool		any;			/* there is one that is not PostgreSQL's */
} ForeignFunction;

/* prototypes of private functions */
static void check_table(Relation table, GlueTableKind kind);
static bool is_bare(Oid table);
static void note_bare(Oid table);
static void forget_table(Datum arg, Oid table);
static void check_rules(Relation table);
static void check_triggers(Relation table, GlueTableKind kind);
static bool is_own_trigger(Relation table, const Trigger *trigger);
static void check_foreign_key(Relation table, const Trigger *trigger);
static bool check_policies(Relation table, GlueTableKind kind);
static bool check_constraints(Relation table);
static bool check_columns(Relation table);
static bool check_indexes(Relation table);
static bool check_expression(Relation table, Node * expression,
							 const char *kind, const char *name);
static bool find_foreign_function(Node * node, void *context);
static bool is_foreign_function(Oid function, void *context);
static bool is_own_function(Oid function);
static Oid	owner_of_function(Oid function);
static char *name_of_rule(Oid rule);
pg_noreturn static void refuse(Relation table, const char *kind,
							   const char *name, const char *detail);

/*
 * Open one of our tables, in the schema of the extension, if it is fit to be
 * used; an error says why it is not.
 *
 * It is found through the schema of the extension, and never through the
 * search_path.
 */
Relation
glue_own_table_find(const char *name, Oid schema, LOCKMODE lock,
					GlueTableKind kind)
{
	Relation	relation = glue_own_table_try(name, schema, lock, kind);

	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s\" of extension \"glue_conn\" does not exist",
						name),
				 errhint("Create the extension anew.")));
	return relation;
}

/* Do the same; NULL if there is no such table, or not any more. */
Relation
glue_own_table_try(const char *name, Oid schema, LOCKMODE lock,
				   GlueTableKind kind)
{
	Oid			table = get_relname_relid(name, schema);
	Relation	relation = OidIsValid(table) ? try_table_open(table, lock) :
		NULL;

	if (relation != NULL)
		check_table(relation, kind);
	return relation;
}

/* The qualified name of a table. */
char *
glue_own_table_name(Relation table)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)),
									  RelationGetRelationName(table));
}

/*
 * Raise an error if a table, which is locked until the end of the transaction,
 * is not fit to be used.
 */
static void
check_table(Relation table, GlueTableKind kind)
{
	bool		bare;

	if (is_bare(RelationGetRelid(table)))
		return;
	if (table->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" of extension \"glue_conn\" is not logged",
						RelationGetRelationName(table)),
				 errdetail("A crash would empty it, and what it tells of AWS Glue would be lost."),
				 errhint("ALTER TABLE %s SET LOGGED;",
						 glue_own_table_name(table))));
	check_rules(table);
	check_triggers(table, kind);
	bare = table->trigdesc == NULL;
	bare &= check_policies(table, kind);
	bare &= check_constraints(table);
	bare &= check_columns(table);
	bare &= check_indexes(table);
	if (bare)
		note_bare(RelationGetRelid(table));
}

static bool
is_bare(Oid table)
{
	for (int i = 0; i < MAX_BARE_TABLES; i++)
	{
		if (bare_tables[i] == table)
			return true;
	}
	return false;
}

/* There are so few tables that it does not matter which one is forgotten. */
static void
note_bare(Oid table)
{
	static bool registered = false;
	static int	next = 0;

	if (!registered)
		CacheRegisterRelcacheCallback(forget_table, (Datum) 0);
	registered = true;
	bare_tables[next] = table;
	next = (next + 1) % MAX_BARE_TABLES;
}

/* A relcache callback: the definition of a table, or of any, has changed. */
static void
forget_table(Datum arg, Oid table)
{
	for (int i = 0; i < MAX_BARE_TABLES; i++)
	{
		if (bare_tables[i] == table || !OidIsValid(table))
			bare_tables[i] = InvalidOid;
	}
}

/* ----------------------------------------------------------------
 * What can hang on a table
 * ----------------------------------------------------------------
 */

static void
check_rules(Relation table)
{
	if (table->rd_rules != NULL && table->rd_rules->numLocks > 0)
		refuse(table, "rule", name_of_rule(table->rd_rules->rules[0]->ruleId),
			   "It would be executed with the rights of the table's owner.");
}

static void
check_triggers(Relation table, GlueTableKind kind)
{
	Oid			owner = table->rd_rel->relowner;
	int			ntriggers = table->trigdesc ? table->trigdesc->numtriggers : 0;

	for (int i = 0; i < ntriggers; i++)
	{
		const Trigger *trigger = &table->trigdesc->triggers[i];

		if (OidIsValid(trigger->tgconstrrelid))
			check_foreign_key(table, trigger);
		else if (trigger->tgisinternal)
			continue;			/* of a constraint that can be deferred */
		else if (kind == GLUE_TABLE_PRIVATE)
			refuse(table, "trigger", trigger->tgname,
				   "Nobody but the extension may change this table, or do anything when it is changed.");
		else if (is_own_trigger(table, trigger))
			refuse(table, "trigger", trigger->tgname,
				   "It would make requests in the name of the table's owner.");
		else if (owner_of_function(trigger->tgfoid) != owner)
			refuse(table, "trigger", trigger->tgname,
				   psprintf("Its function is of role \"%s\", and would be executed with the rights of the table's owner, \"%s\".",
							GetUserNameFromId(owner_of_function(trigger->tgfoid), false),
							GetUserNameFromId(owner, false)));
	}
}

/* Is a trigger one that provisions connections? */
static bool
is_own_trigger(Relation table, const Trigger *trigger)
{
	return get_func_namespace(trigger->tgfoid) == RelationGetNamespace(table) &&
		strcmp(get_func_name(trigger->tgfoid), "glue_provision_connection") == 0;
}

/* A table refers to ours, or ours to another one. */
static void
check_foreign_key(Relation table, const Trigger *trigger)
{
	HeapTuple	tuple = SearchSysCache1(RELOID,
										ObjectIdGetDatum(trigger->tgconstrrelid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	if (owner != table->rd_rel->relowner)
		refuse(table, "constraint",
			   get_constraint_name(trigger->tgconstraint),
			   psprintf("It is a foreign key of table \"%s\", which is of another role, and would keep rows from being changed.",
						get_rel_name(trigger->tgconstrrelid)));
}

/* Returns whether nothing but our own policy is there. */
static bool
check_policies(Relation table, GlueTableKind kind)
{
	bool		bare = true;
	ListCell   *cell;

	if (table->rd_rsdesc == NULL)
		return true;
	foreach(cell, table->rd_rsdesc->policies)
	{
		const		RowSecurityPolicy *policy = lfirst(cell);

		/* the policy that denies all where there is none */
		if (policy->policy_name == NULL ||
			strcmp(policy->policy_name, "default-deny policy") == 0 ||
			strcmp(policy->policy_name, OWN_POLICY) == 0)
			continue;
		if (kind == GLUE_TABLE_PRIVATE)
			refuse(table, "policy", policy->policy_name,
				   "Who may see this table is for the extension to say.");
		bare &= check_expression(table, (Node *) policy->qual, "policy",
								 policy->policy_name);
		bare &= check_expression(table, (Node *) policy->with_check_qual,
								 "policy", policy->policy_name);
	}
	return bare;
}

static bool
check_constraints(Relation table)
{
	TupleConstr *constraints = RelationGetDescr(table)->constr;
	bool		bare = true;

	if (constraints == NULL)
		return true;
	for (int i = 0; i < constraints->num_check; i++)
		bare &= check_expression(table,
								 stringToNode(constraints->check[i].ccbin),
								 "constraint", constraints->check[i].ccname);
	for (int i = 0; i < constraints->num_defval; i++)
		bare &= check_expression(table,
								 stringToNode(constraints->defval[i].adbin),
								 "column",
								 NameStr(TupleDescAttr(RelationGetDescr(table),
													   constraints->defval[i].adnum - 1)->attname));
	return bare;
}

/* A domain can have a constraint that executes whatever its owner likes. */
static bool
check_columns(Relation table)
{
	TupleDesc	desc = RelationGetDescr(table);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		HeapTuple	tuple;
		Form_pg_type type;
		bool		foreign;

		if (attribute->attisdropped || attribute->atttypid < FirstNormalObjectId)
			continue;
		tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(attribute->atttypid));
		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for type %u", attribute->atttypid);
		type = (Form_pg_type) GETSTRUCT(tuple);
		foreign = type->typtype == TYPTYPE_DOMAIN &&
			type->typowner != table->rd_rel->relowner;
		ReleaseSysCache(tuple);
		if (foreign)
			refuse(table, "column", NameStr(attribute->attname),
				   "Its type is a domain of another role, whose constraints would be executed with the rights of the table's owner.");
	}
	return true;
}

static bool
check_indexes(Relation table)
{
	List	   *indexes = RelationGetIndexList(table);
	bool		bare = true;
	ListCell   *cell;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);
		const char *name = RelationGetRelationName(index);

		bare &= check_expression(table,
								 (Node *) RelationGetIndexExpressions(index),
								 "index", name);
		bare &= check_expression(table,
								 (Node *) RelationGetIndexPredicate(index),
								 "index", name);
		for (int i = 0; i < IndexRelationGetNumberOfKeyAttributes(index); i++)
		{
			ForeignFunction found = {.owner = table->rd_rel->relowner};

			for (int number = 1; number <= index->rd_indam->amsupport; number++)
			{
				Oid			function = index_getprocid(index, i + 1, number);

				if (OidIsValid(function) &&
					is_foreign_function(function, &found))
					refuse(table, "index", name,
						   "Its operator class has a function of another role, which would be executed with the rights of the table's owner.");
			}
			bare &= !found.any;
		}
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
	return bare;
}

/* ----------------------------------------------------------------
 * Expressions
 * ----------------------------------------------------------------
 */

/*
 * Refuse an expression that executes a function of another role; returns
 * whether it executes none but PostgreSQL's own.
 */
static bool
check_expression(Relation table, Node * expression, const char *kind,
				 const char *name)
{
	ForeignFunction found = {.owner = table->rd_rel->relowner};

	if (find_foreign_function(expression, &found))
		refuse(table, kind, name,
			   psprintf("It executes function \"%s\" of role \"%s\" with the rights of the table's owner, \"%s\".",
						get_func_name(found.function),
						GetUserNameFromId(owner_of_function(found.function), false),
						GetUserNameFromId(found.owner, false)));
	return !found.any;
}

static bool
find_foreign_function(Node * node, void *context)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_foreign_function, context))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_foreign_function,
								 context, 0);
	return expression_tree_walker(node, find_foreign_function, context);
}

/* A check_function_callback */
static bool
is_foreign_function(Oid function, void *context)
{
	ForeignFunction *found = context;

	if (function < FirstNormalObjectId || is_own_function(function))
		return false;
	found->any = true;
	if (owner_of_function(function) == found->owner)
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

static Oid
owner_of_function(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* ----------------------------------------------------------------
 * Refusals
 * ----------------------------------------------------------------
 */

static char *
name_of_rule(Oid rule)
{
	Relation	rewrite = table_open(RewriteRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *name = "?";

	ScanKeyInit(&key, Anum_pg_rewrite_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(rule));
	scan = systable_beginscan(rewrite, RewriteOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		name = pstrdup(NameStr(((Form_pg_rewrite) GETSTRUCT(tuple))->rulename));
	systable_endscan(scan);
	table_close(rewrite, AccessShareLock);
	return name;
}

static void
refuse(Relation table, const char *kind, const char *name, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s \"%s\" is not permitted on table \"%s\" of extension \"glue_conn\"",
					kind, name,
					RelationGetRelationName(table)),
			 errdetail_internal("%s", detail),
			 errhint("Drop it, and revoke from others what the extension has not granted on the table.")));
}
