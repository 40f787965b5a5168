/*-------------------------------------------------------------------------
 *
 * arguments.c
 *	  The arguments of SQL functions, converted and checked.
 *
 * All errors in the arguments of a call are found before a message is sent.
 * Findings go into a sink, which is either a list that becomes one error, or
 * the rows of a result.
 *
 * All results are in the current memory context, and copies that may hold a
 * secret are cleared with it.
 *
 * IDENTIFICATION
 *	  src/functions/arguments.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>
#include <openssl/crypto.h>

#include "catalog/pg_type.h"
#include "client/foreign_server.h"
#include "functions/arguments.h"
#include "glue/normalize.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/secret_memory.h"
#include "server/settings.h"
#include "text/json.h"
#include "utils/array.h"

/*
 * Get a jsonb argument as a tree, which is NULL for SQL null and JSON null;
 * false if that is not possible, and a violation was reported.
 *
 * A copy made by detoasting is cleared at once.
 */
bool
glue_argument_tree(NullableDatum argument, json_object **tree,
				   const GlueFindings *findings)
{
	Jsonb	   *jsonb;
	GlueJsonbProblem problem;

	*tree = NULL;
	if (argument.isnull)
		return true;
	jsonb = DatumGetJsonbP(argument.value);
	problem = glue_tree_from_jsonb(jsonb, tree);
	glue_free_copy(jsonb, argument.value);
	if (problem == GLUE_JSONB_TOO_DEEP)
		glue_add_error(findings, "$", GLUE_RULE_DEPTH,
					   psprintf("must not be nested more than %d levels deep",
								GLUE_JSON_MAX_DEPTH));
	else if (problem == GLUE_JSONB_NOT_UTF8)
		glue_add_error(findings, "$", GLUE_RULE_ENCODING,
					   "must be text that can be converted to UTF-8");
	return problem == GLUE_JSONB_OK;
}

/* Free the copy that detoasting has made, if any: it may hold a secret. */
void
glue_free_copy(void *copy, Datum datum)
{
	if (copy == DatumGetPointer(datum))
		return;
	OPENSSL_cleanse(copy, VARSIZE_ANY(copy));
	pfree(copy);
}

/* Is an argument not null?  A null argument is a violation. */
bool
glue_argument_given(NullableDatum argument, const char *path,
					const GlueFindings *findings)
{
	if (argument.isnull)
		glue_add_error(findings, path, GLUE_RULE_REQUIRED, "must not be null");
	return !argument.isnull;
}

/*
 * Get a text argument in UTF-8 and check it against a shape of AWS's model.
 */
static const char *
checked_text(text * value, const char *shape, const char *path,
			 const GlueFindings *findings)
{
	json_object *tree = glue_tree_new_object();
	json_object *string;
	const char *utf8;
	int			len;

	if (!glue_utf8_from_server(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value),
							   &utf8, &len))
	{
		glue_add_error(findings, path, GLUE_RULE_ENCODING,
					   "must be text that can be converted to UTF-8");
		return NULL;
	}
	string = json_object_new_string_len(utf8, len);
	glue_tree_add(tree, "value", string);
	glue_validate_member(shape, path, string, findings->sink, findings->arg);
	return json_object_get_string(string);
}

/*
 * Get and check the name of a connection, or of a type, which is at the path;
 * NULL if a violation was found.
 */
const char *
glue_argument_name(NullableDatum argument, const char *path,
				   const GlueFindings *findings)
{
	if (!glue_argument_given(argument, path, findings))
		return NULL;
	return checked_text(DatumGetTextPP(argument.value), "NameString", path,
						findings);
}

/* By the name, and then by the number. */
static int
compare_names(const void *a, const void *b, void *names)
{
	const char *left = ((const char **) names)[*(const int *) a];
	const char *right = ((const char **) names)[*(const int *) b];
	int			result = strcmp(left ? left : "", right ? right : "");

	return result != 0 ? result : *(const int *) a - *(const int *) b;
}

/*
 * For each of some names, the number of the first one that is the same.  Some may be
 * NULL, or empty, which are the same as none.
 */
int *
glue_first_of_names(const char **names, int count)
{
	int		   *order = palloc(count * sizeof(int));
	int		   *first = palloc(count * sizeof(int));

	for (int i = 0; i < count; i++)
		order[i] = first[i] = i;
	qsort_arg(order, count, sizeof(int), compare_names, names);
	for (int i = 1; i < count; i++)
	{
		const char *name = names[order[i]];

		if (name != NULL && name[0] != '\0' && names[order[i - 1]] != NULL &&
			strcmp(name, names[order[i - 1]]) == 0)
			first[order[i]] = first[order[i - 1]];
	}
	return first;
}

/* Get and check the ID of a catalog; NULL for null too. */
const char *
glue_argument_catalog_id(NullableDatum argument, const GlueFindings *findings)
{
	const char *catalog_id;

	if (argument.isnull)
		return NULL;
	catalog_id = checked_text(DatumGetTextPP(argument.value),
							  "CatalogIdString", "$.CatalogId", findings);
	if (catalog_id != NULL && glue_catalog_id_problem(catalog_id) != NULL)
		glue_add_error(findings, "$.CatalogId", GLUE_RULE_PATTERN,
					   "must have twelve digits, if it is the ID of an account");
	return catalog_id;
}

/*
 * Get an array of texts as a list, and check it against a shape of AWS's
 * model.
 */
json_object *
glue_argument_list(NullableDatum argument, const char *shape, const char *path,
				   const GlueFindings *findings)
{
	json_object *list = glue_secret_tree(json_object_new_array());
	Datum	   *elements;
	bool	   *nulls;
	int			nelements;

	if (!glue_argument_given(argument, path, findings))
		return list;
	deconstruct_array(DatumGetArrayTypeP(argument.value), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, &nelements);
	for (int i = 0; i < nelements; i++)
	{
		text	   *element = nulls[i] ? NULL : DatumGetTextPP(elements[i]);
		const char *utf8;
		int			len;

		if (element == NULL)
			json_object_array_add(list, NULL);
		else if (glue_utf8_from_server(VARDATA_ANY(element),
									   VARSIZE_ANY_EXHDR(element),
									   &utf8, &len))
			glue_tree_append(list, json_object_new_string_len(utf8, len));
		else
		{
			glue_add_error(findings, psprintf("%s[%d]", path, i),
						   GLUE_RULE_ENCODING,
						   "must be text that can be converted to UTF-8");
			return list;
		}
	}
	glue_validate_member(shape, path, list, findings->sink, findings->arg);
	return list;
}

/*
 * Get and check the tags of a connection; NULL for null of either kind, which
 * is a violation if they are required.
 */
json_object *
glue_argument_tags(NullableDatum argument, bool required,
				   const GlueFindings *findings)
{
	json_object *tags;

	if (glue_argument_tree(argument, &tags, findings) &&
		(tags != NULL || required))
	{
		glue_normalize("TagsMap", tags);
		glue_validate_tags(tags, findings->sink, findings->arg);
	}
	return tags;
}

/* Get the name of a foreign server; NULL for null. */
const char *
glue_argument_server(NullableDatum argument, const char *catalog_id)
{
	if (!argument.isnull)
		return pstrdup(NameStr(*DatumGetName(argument.value)));
	if (catalog_id != NULL &&
		OidIsValid(glue_foreign_server_by_name(catalog_id)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("catalog \"%s\" has the name of a foreign server",
						catalog_id),
				 errdetail("The argument catalog_id comes before server."),
				 errhint("Use server => '%s'. If there is such a catalog, too, give both.",
						 catalog_id)));
	return NULL;
}

/* Get the argument on_conflict. */
GlueConflictAction
glue_argument_on_conflict(NullableDatum argument)
{
	return glue_conflict_action(argument.isnull ? "null" :
								TextDatumGetCString(argument.value));
}

/* The same for a text that is not an argument of a function. */
GlueConflictAction
glue_conflict_action(const char *name)
{
	if (strcmp(name, "error") == 0)
		return GLUE_CONFLICT_ERROR;
	if (strcmp(name, "adopt") == 0)
		return GLUE_CONFLICT_ADOPT;
	if (strcmp(name, "update") == 0)
		return GLUE_CONFLICT_UPDATE;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"%s\": \"%s\"",
					"on_conflict", name),
			 errhint("Valid values are \"error\", \"adopt\" and \"update\".")));
}

/* Get the argument timeout, as the time when it ends. */
TimestampTz
glue_argument_deadline(NullableDatum argument)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz deadline = 0;

	if (!argument.isnull)
		deadline = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
														   TimestampTzGetDatum(now),
														   argument.value));
	if (argument.isnull || deadline < now)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be an interval that is not negative",
						"timeout")));
	return deadline;
}

/*
 * Get and check the three arguments that define a connection, which are the
 * first ones of the functions that have them.
 */
void
glue_check_definition(NullableDatum input, NullableDatum tags,
					  NullableDatum catalog_id, GlueDefinition *definition,
					  const GlueFindings *findings)
{
	json_object *name;

	memset(definition, 0, sizeof(GlueDefinition));
	if (glue_argument_tree(input, &definition->input, findings) &&
		glue_check_input(definition->input, findings))
		definition->given = input.value;
	definition->tags = glue_argument_tags(tags, false, findings);
	definition->catalog_id = glue_argument_catalog_id(catalog_id, findings);

	/* a copy, which is not changed when the input is redacted */
	if (json_object_object_get_ex(definition->input, "Name", &name) &&
		json_object_is_type(name, json_type_string))
		definition->name = pstrdup(json_object_get_string(name));
}

/*
 * Normalize and check a ConnectionInput; returns whether it was normal
 * already.
 */
bool
glue_check_input(json_object *input, const GlueFindings *findings)
{
	bool		changed = glue_normalize_connection_input(input);

	glue_validate_connection_input_tree(input,
										glue_setting_allow_unknown_members,
										findings->sink, findings->arg);
	return !changed;
}
