/*-------------------------------------------------------------------------
 *
 * own_table.c
 *	  The check of objects that depend on the extension's own tables.
 *
 * Statements on our tables run with the privileges of their owner, usually a
 * superuser.  So do the objects that PostgreSQL executes with them: triggers,
 * rules, policies, check constraints, and the expressions of indexes and
 * defaults.  Other roles may own some of these.  A role with ALL privileges on
 * a table may create triggers on it, with functions of its own, and the owner
 * of a function can replace its body at any time.  So a table is checked
 * before it is used, and refused if an object on it is not its owner's:
 *
 *	- a private table must have no trigger, no rule and no policy but ours
 *	- on a table that is shown, functions must belong to the owner of the
 *	  table, or come with PostgreSQL, including those in the condition of a
 *	  trigger; and there must be no rule.  As long as other roles may create
 *	  triggers, no trigger may have arguments or a condition.  A foreign key
 *	  that refers to the table is a trigger as well: one of another role would
 *	  prevent the deletion of rows, and a table whose rows the owner's foreign
 *	  key deletes must be as safe as this table.  A deferrable trigger must not
 *	  exist: it runs later, not as the owner, but as the caller or a worker
 *	- neither kind of table may have an index, a constraint or a default that
 *	  executes functions of another role, or a column of a type of another
 *	  role.  Every domain is refused, because it can be based on another role's
 *	  domain
 *
 * It would be wrong to skip a trigger instead: its owner expects that it is
 * executed, or that an error is raised.
 *
 * Usually there is no such object.  That result is kept until a relcache
 * invalidation of the table.
 *
 * A table must also be logged, because a crash would empty an unlogged table.
 *
 * IDENTIFICATION
 *	  src/store/own_table.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_rewrite.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rowsecurity.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/foreign_code.h"
#include "server/home.h"
#include "store/known_table.h"
#include "store/own_table.h"
#include "utils/acl.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* The policy that comes with the extension. */
#define OWN_POLICY			"glue_request_own"
#define OWN_POLICY_TABLE	"glue_request"

/* prototypes of private functions */
static void check_table(Relation table, GlueTableKind kind);
static bool check_hanging(Relation table, GlueTableKind kind, List *changed);
static void check_rules(Relation table);
static void check_triggers(Relation table, GlueTableKind kind,
						   List *changed);
static void check_who_made(Relation table, const Trigger *trigger);
static const char *find_trigger_grant(Relation table);
static bool is_own_trigger(Relation table, const Trigger *trigger);
static void check_foreign_key(Relation table, const Trigger *trigger,
							  List *changed);
static bool changes_other(Oid function);
static bool check_policies(Relation table, GlueTableKind kind);
static bool check_constraints(Relation table);
static void check_columns(Relation table);
static bool check_indexes(Relation table);
static Node *index_expression(Relation index, AttrNumber column);
static bool check_expression(Relation table, Node *expression,
							 const char *kind, const char *name);
pg_noreturn static void refuse(Relation table, const char *kind,
							   const char *name, const char *detail);

/*
 * Open one of our tables, in the schema of the extension; raises an error if
 * the check fails.  NULL if the table does not exist, or not any more.
 *
 * The search_path is not used.
 */
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

/*
 * Prepare to use a table until the end of the transaction; false if it does
 * not exist and missing_ok is set.  Rows can be inserted if a shape is given.
 */
bool
glue_own_table_open(GlueOwnTable *table, const char *name, Oid schema,
					LOCKMODE lock, GlueTableKind kind,
					const GlueRowShape *shape, bool missing_ok)
{
	Relation	relation = glue_own_table_try(name, schema, lock, kind);

	if (relation == NULL && missing_ok)
		return false;
	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s\" of extension \"glue_conn\" does not exist",
						name),
				 errhint("Drop the extension and create it again.")));
	table->schema = schema;
	table->owner = relation->rd_rel->relowner;
	table->oid = RelationGetRelid(relation);
	table->plain = shape != NULL && lock >= RowExclusiveLock &&
		glue_row_insert_possible(relation, shape);
	table->name = glue_own_table_name(relation);
	table->home = kind == GLUE_TABLE_PRIVATE ? glue_home(schema) : 0;
	table->key = psprintf("%s of " INT64_FORMAT, table->name, table->home);
	table_close(relation, NoLock);
	return true;
}

/* The sequence that the IDs of a table are taken from. */
Oid
glue_own_sequence(Oid schema, const char *name)
{
	Oid			sequence = get_relname_relid(name, schema);

	if (!OidIsValid(sequence))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("sequence \"%s\" of extension \"glue_conn\" does not exist",
						name),
				 errhint("Drop the extension and create it again.")));
	return sequence;
}

/* The qualified name of a table. */
char *
glue_own_table_name(Relation table)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)),
									  RelationGetRelationName(table));
}

/*
 * Raise an error if a table fails the check.  It is locked until the end of
 * the transaction.
 */
static void
check_table(Relation table, GlueTableKind kind)
{
	if (glue_table_is_known(RelationGetRelid(table), GLUE_TABLE_BARE))
		return;
	if (table->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" of extension \"glue_conn\" is not logged",
						RelationGetRelationName(table)),
				 errdetail("A crash would empty it, and its records of AWS Glue would be lost."),
				 errhint("ALTER TABLE %s SET LOGGED;",
						 glue_own_table_name(table))));
	if (check_hanging(table, kind, NIL))
		glue_note_table(RelationGetRelid(table), GLUE_TABLE_BARE);
}

/*
 * Refuse a table with an object on it that is not its owner's; returns whether
 * there is no such object at all.  changed lists the tables that are changed
 * before this one.
 */
static bool
check_hanging(Relation table, GlueTableKind kind, List *changed)
{
	bool		bare = table->trigdesc == NULL;

	check_rules(table);
	check_triggers(table, kind,
				   lappend_oid(list_copy(changed), RelationGetRelid(table)));
	bare &= check_policies(table, kind);
	bare &= check_constraints(table);
	check_columns(table);
	bare &= check_indexes(table);
	return bare;
}

/* ----------------------------------------------------------------
 * Objects on a table
 * ----------------------------------------------------------------
 */

static void
check_rules(Relation table)
{
	CatCList   *rules;

	if (table->rd_rules == NULL || table->rd_rules->numLocks == 0)
		return;
	rules = SearchSysCacheList1(RULERELNAME,
								ObjectIdGetDatum(RelationGetRelid(table)));
	refuse(table, "rule", rules->n_members == 0 ? "?" :
		   NameStr(((Form_pg_rewrite) GETSTRUCT(&rules->members[0]->tuple))->rulename),
		   "It would be executed with the privileges of the table's owner.");
}

static void
check_triggers(Relation table, GlueTableKind kind, List *changed)
{
	Oid			owner = table->rd_rel->relowner;
	int			ntriggers = table->trigdesc ? table->trigdesc->numtriggers : 0;

	for (int i = 0; i < ntriggers; i++)
	{
		const Trigger *trigger = &table->trigdesc->triggers[i];

		/* a rule of another role can name any table */
		if (trigger->tgisinternal && OidIsValid(trigger->tgconstrrelid))
			check_foreign_key(table, trigger, changed);
		else if (trigger->tgisinternal &&
				 trigger->tgfoid == F_UNIQUE_KEY_RECHECK)
			continue;			/* of a deferrable constraint */
		else if (kind == GLUE_TABLE_PRIVATE)
			refuse(table, "trigger", trigger->tgname,
				   "Only the extension may change this table, or react to its changes.");
		else if (is_own_trigger(table, trigger))
			refuse(table, "trigger", trigger->tgname,
				   "It would make requests in the name of the table's owner.");
		else if (glue_function_owner(trigger->tgfoid) != owner)
			refuse(table, "trigger", trigger->tgname,
				   psprintf("Its function is of role \"%s\", and would be executed with the privileges of the table's owner, \"%s\".",
							GetUserNameFromId(glue_function_owner(trigger->tgfoid), false),
							GetUserNameFromId(owner, false)));
		else if (trigger->tgdeferrable)
			refuse(table, "trigger", trigger->tgname,
				   "It can be deferred, and would be executed with the privileges of the role that ends the transaction.");
		else
			check_who_made(table, trigger);
	}
}

/*
 * The catalogs do not record the role that has created a trigger.  As long as
 * other roles may create triggers, every trigger must be safe with any
 * creator: a trigger function of the owner, without arguments, and without a
 * condition, which could execute any function.
 */
static void
check_who_made(Relation table, const Trigger *trigger)
{
	const char *other;

	if (trigger->tgqual != NULL)
		(void) check_expression(table, stringToNode(trigger->tgqual),
								"trigger", trigger->tgname);
	if (trigger->tgqual == NULL && trigger->tgnargs == 0 &&
		trigger->tgfoid >= FirstNormalObjectId)
		return;
	other = find_trigger_grant(table);
	if (other != NULL)
		refuse(table, "trigger", trigger->tgname,
			   psprintf("It may be of role \"%s\", which was granted TRIGGER on the table, and its arguments and condition would be used with the privileges of the table's owner.",
						other));
}

/*
 * A role with the TRIGGER privilege, besides the owner and superusers, or
 * NULL.
 */
static const char *
find_trigger_grant(Relation table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID,
										ObjectIdGetDatum(RelationGetRelid(table)));
	const char *other = NULL;
	bool		is_null;
	Datum		value;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u",
			 RelationGetRelid(table));
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &is_null);
	for (int i = 0; !is_null && i < ACL_NUM(DatumGetAclP(value)); i++)
	{
		const		AclItem *item = &ACL_DAT(DatumGetAclP(value))[i];

		if (!(ACLITEM_GET_PRIVS(*item) & ACL_TRIGGER) ||
			item->ai_grantee == table->rd_rel->relowner ||
			(item->ai_grantee != ACL_ID_PUBLIC &&
			 superuser_arg(item->ai_grantee)))
			continue;
		other = item->ai_grantee == ACL_ID_PUBLIC ? "public" :
			GetUserNameFromId(item->ai_grantee, false);
	}
	ReleaseSysCache(tuple);
	return other;
}

/* Is a trigger one that provisions connections? */
static bool
is_own_trigger(Relation table, const Trigger *trigger)
{
	return get_func_namespace(trigger->tgfoid) == RelationGetNamespace(table) &&
		strcmp(get_func_name(trigger->tgfoid), "glue_provision_connection") == 0;
}

/*
 * A table refers to ours, or ours to another one.  A referring table may be
 * changed along with ours, as the owner of both, and so must be as safe.
 */
static void
check_foreign_key(Relation table, const Trigger *trigger, List *changed)
{
	Relation	other = try_table_open(trigger->tgconstrrelid, AccessShareLock);

	if (other == NULL)
		return;
	if (other->rd_rel->relowner != table->rd_rel->relowner)
		refuse(table, "constraint",
			   get_constraint_name(trigger->tgconstraint),
			   psprintf("It is a foreign key of table \"%s\", which belongs to another role, and would prevent changes of rows.",
						RelationGetRelationName(other)));
	if (changes_other(trigger->tgfoid) &&
		!list_member_oid(changed, RelationGetRelid(other)))
		(void) check_hanging(other, GLUE_TABLE_SHOWN, changed);
	table_close(other, NoLock);
}

/* Does the trigger of a foreign key change rows of the referring table? */
static bool
changes_other(Oid function)
{
	switch (function)
	{
		case F_RI_FKEY_CASCADE_DEL:
		case F_RI_FKEY_CASCADE_UPD:
		case F_RI_FKEY_SETNULL_DEL:
		case F_RI_FKEY_SETNULL_UPD:
		case F_RI_FKEY_SETDEFAULT_DEL:
		case F_RI_FKEY_SETDEFAULT_UPD:
			return true;
		default:
			return false;
	}
}

/* Check policies; returns whether there is none but our own. */
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

		/* the default-deny policy, used if there is no policy */
		if (policy->policy_name == NULL ||
			strcmp(policy->policy_name, "default-deny policy") == 0)
			continue;
		if (kind == GLUE_TABLE_PRIVATE &&
			(strcmp(policy->policy_name, OWN_POLICY) != 0 ||
			 strcmp(RelationGetRelationName(table), OWN_POLICY_TABLE) != 0))
			refuse(table, "policy", policy->policy_name,
				   "Only the extension may decide which roles see this table.");
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

/*
 * A domain can have a constraint that executes any function of its owner, and
 * can be part of any other type.
 */
static void
check_columns(Relation table)
{
	TupleDesc	desc = RelationGetDescr(table);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped &&
			glue_is_foreign_type(attribute->atttypid, table->rd_rel->relowner))
			refuse(table, "column", NameStr(attribute->attname),
				   "Its type is a domain, or of another role, and its constraints would be executed with the privileges of the table's owner.");
	}
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
								 index_expression(index, Anum_pg_index_indexprs),
								 "index", name);
		bare &= check_expression(table,
								 index_expression(index, Anum_pg_index_indpred),
								 "index", name);
		for (int i = 0; i < IndexRelationGetNumberOfKeyAttributes(index); i++)
		{
			GlueForeignCode found = {.owner = table->rd_rel->relowner};

			for (int number = 1; number <= index->rd_indam->amsupport; number++)
			{
				Oid			function = index_getprocid(index, i + 1, number);

				if (OidIsValid(function) &&
					glue_is_foreign_function(function, &found))
					refuse(table, "index", name,
						   "Its operator class has a function of another role, which would be executed with the privileges of the table's owner.");
			}
			bare &= !found.any;
		}
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
	return bare;
}

/*
 * The expressions of an index, or its predicate, as they were written: those
 * of the relcache are folded, so their constant functions were executed
 * already.
 */
static Node *
index_expression(Relation index, AttrNumber column)
{
	bool		is_null;
	Datum		value = SysCacheGetAttr(INDEXRELID, index->rd_indextuple, column,
										&is_null);

	return is_null ? NULL : stringToNode(TextDatumGetCString(value));
}

/* ----------------------------------------------------------------
 * Expressions
 * ----------------------------------------------------------------
 */

/*
 * Refuse an expression that executes a function of another role; returns
 * whether it executes only functions of PostgreSQL.
 */
static bool
check_expression(Relation table, Node *expression, const char *kind,
				 const char *name)
{
	GlueForeignCode found = {.owner = table->rd_rel->relowner};

	if (!glue_find_foreign_code(expression, &found))
		return !found.any;
	if (!OidIsValid(found.function))
		refuse(table, kind, name,
			   "It makes values of a type that is a domain, or of another role, and whose constraints would be executed with the privileges of the table's owner.");
	else
		refuse(table, kind, name,
			   psprintf("It executes function \"%s\" of role \"%s\" with the privileges of the table's owner, \"%s\".",
						get_func_name(found.function),
						GetUserNameFromId(glue_function_owner(found.function), false),
						GetUserNameFromId(found.owner, false)));
}

/* ----------------------------------------------------------------
 * Refusals
 * ----------------------------------------------------------------
 */

static void
refuse(Relation table, const char *kind, const char *name, const char *detail)
{
	bool		ours = OidIsValid(getExtensionOfObject(RelationRelationId,
													   RelationGetRelid(table)));

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 ours ?
			 errmsg("%s \"%s\" is not permitted on table \"%s\" of extension \"glue_conn\"",
					kind, name, RelationGetRelationName(table)) :
			 errmsg("%s \"%s\" is not permitted on table \"%s\", which is changed along with those of extension \"glue_conn\"",
					kind, name, RelationGetRelationName(table)),
			 errdetail_internal("%s", detail),
			 errhint("Drop it, and revoke privileges on the table that the extension has not granted.")));
}
