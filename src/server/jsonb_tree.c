/*-------------------------------------------------------------------------
 *
 * jsonb_tree.c
 *	  Conversion between jsonb and json-c trees.
 *
 * SQL uses jsonb in the database's encoding; the pure modules and AWS use
 * trees in UTF-8.
 *
 * Both directions convert node by node and not through text, which would be
 * several times slower.  A tree belongs to the current memory context from its
 * first node on, so an error leaks nothing, and the context cleanses its
 * contents.
 *
 * IDENTIFICATION
 *	  src/server/jsonb_tree.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/secret_memory.h"
#include "text/json.h"
#include "utils/numeric.h"

/* A tree under construction: the open containers, outermost first. */
typedef struct TreeBuilder
{
	json_object *open[GLUE_JSON_MAX_DEPTH];
	int			depth;
	char	   *key;			/* of the next member of the innermost object */
	json_object *root;
	GlueJsonbProblem problem;
} TreeBuilder;

/* prototypes of private functions */
static void push_node(GlueJsonbBuilder *builder, JsonbIteratorToken token,
					  json_object *node);
static bool text_fits(const char *utf8, int len);
static void scalar_to_jsonb(json_object *scalar, JsonbValue *value);
static void string_to_jsonb(const char *utf8, int len, JsonbValue *value);
static json_object *scalar_from_jsonb(TreeBuilder *builder, JsonbValue *value);
static json_object *number_from_numeric(Numeric numeric);
static void add_node(TreeBuilder *builder, json_object *node);
static void open_container(TreeBuilder *builder, json_object *container);
static void remember_key(TreeBuilder *builder, JsonbValue *value);
static void *check_memory(void *allocated);
static void check_added(int result, json_object *value);

/*
 * Convert jsonb to a tree, which belongs to the current memory context.
 *
 * *tree is NULL for jsonb null, and when there is a problem.
 */
GlueJsonbProblem
glue_tree_from_jsonb(Jsonb *jsonb, json_object **tree)
{
	TreeBuilder builder = {0};
	JsonbIterator *iterator = JsonbIteratorInit(&jsonb->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	bool		scalar = JB_ROOT_IS_SCALAR(jsonb);

	while (builder.problem == GLUE_JSONB_OK &&
		   (token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		switch (token)
		{
			case WJB_BEGIN_OBJECT:
				open_container(&builder, json_object_new_object());
				break;
			case WJB_BEGIN_ARRAY:
				/* jsonb wraps a lone scalar into an array */
				if (!scalar)
					open_container(&builder, json_object_new_array());
				break;
			case WJB_KEY:
				remember_key(&builder, &value);
				break;
			case WJB_VALUE:
			case WJB_ELEM:
				add_node(&builder, scalar_from_jsonb(&builder, &value));
				break;
			default:
				if (!scalar)
					builder.depth--;
				break;
		}
	}
	*tree = builder.problem == GLUE_JSONB_OK ? builder.root : NULL;
	return builder.problem;
}

/* Make an empty object that belongs to the current memory context. */
json_object *
glue_tree_new_object(void)
{
	return glue_secret_tree(check_memory(json_object_new_object()));
}

/*
 * Add a member to an object, which takes over the reference to value.
 *
 * NULL is no value: json-c returns it when it is out of memory.
 */
void
glue_tree_add(json_object *object, const char *name, json_object *value)
{
	check_memory(value);
	check_added(json_object_object_add(object, name, value), value);
}

/* Add a string, unless it is NULL. */
void
glue_tree_add_text(json_object *object, const char *name, const char *text)
{
	if (text != NULL)
		glue_tree_add(object, name, json_object_new_string(text));
}

/* Append a value to a list; raises an error if there is no memory. */
void
glue_tree_append(json_object *list, json_object *value)
{
	check_memory(value);
	check_added(json_object_array_add(list, value), value);
}

/*
 * Can a tree be converted to jsonb of this database?  It cannot if it holds
 * U+0000, or a character that the database's encoding lacks.
 *
 * The recursion is limited by the depth of trees.
 */
bool
glue_tree_fits_jsonb(json_object *tree)
{
	switch (json_object_get_type(tree))
	{
		case json_type_object:
			{
				json_object_object_foreach(tree, key, member)
				{
					if (!text_fits(key, strlen(key)) ||
						!glue_tree_fits_jsonb(member))
						return false;
				}
				return true;
			}
		case json_type_array:
			for (size_t i = 0; i < json_object_array_length(tree); i++)
			{
				if (!glue_tree_fits_jsonb(json_object_array_get_idx(tree, i)))
					return false;
			}
			return true;
		case json_type_string:
			return text_fits(json_object_get_string(tree),
							 json_object_get_string_len(tree));
		default:
			return true;
	}
}

/*
 * Does a text survive a round trip through the database's encoding?
 */
static bool
text_fits(const char *utf8, int len)
{
	const char *there = glue_server_from_utf8(utf8);
	const char *back;
	int			back_len;

	return memchr(utf8, '\0', len) == NULL &&
		glue_utf8_from_server(there, strlen(there), &back, &back_len) &&
		back_len == len && memcmp(back, utf8, len) == 0;
}

/*
 * Convert a tree to jsonb.
 *
 * Raises an error if the tree holds a character that the database's encoding
 * lacks.  The tree must be redacted, because users can see jsonb.
 */
Jsonb *
glue_jsonb_from_tree(json_object *tree)
{
	GlueJsonbBuilder builder = {0};
	JsonbValue	scalar;

	if (!json_object_is_type(tree, json_type_object) &&
		!json_object_is_type(tree, json_type_array))
	{
		scalar_to_jsonb(tree, &scalar);
		return JsonbValueToJsonb(&scalar);
	}
	push_node(&builder, WJB_DONE, tree);
	return JsonbValueToJsonb(builder.result);
}

/*
 * Push a node with all its contents; token is for a scalar.
 *
 * The recursion is limited by the depth of trees.
 */
static void
push_node(GlueJsonbBuilder *builder, JsonbIteratorToken token,
		  json_object *node)
{
	struct json_object_iter member;
	JsonbValue	scalar;

	CHECK_FOR_INTERRUPTS();
	switch (json_object_get_type(node))
	{
		case json_type_array:
			glue_jsonb_push(builder, WJB_BEGIN_ARRAY, NULL);
			for (size_t i = 0; i < json_object_array_length(node); i++)
				push_node(builder, WJB_ELEM,
						  json_object_array_get_idx(node, i));
			glue_jsonb_push(builder, WJB_END_ARRAY, NULL);
			break;
		case json_type_object:
			glue_jsonb_push(builder, WJB_BEGIN_OBJECT, NULL);
			json_object_object_foreachC(node, member)
			{
				string_to_jsonb(member.key, strlen(member.key), &scalar);
				glue_jsonb_push(builder, WJB_KEY, &scalar);
				push_node(builder, WJB_VALUE, member.val);
			}
			glue_jsonb_push(builder, WJB_END_OBJECT, NULL);
			break;
		default:
			scalar_to_jsonb(node, &scalar);
			glue_jsonb_push(builder, token, &scalar);
	}
}

static void
scalar_to_jsonb(json_object *scalar, JsonbValue *value)
{
	switch (json_object_get_type(scalar))
	{
		case json_type_null:
			value->type = jbvNull;
			break;
		case json_type_boolean:
			value->type = jbvBool;
			value->val.boolean = json_object_get_boolean(scalar);
			break;
		case json_type_string:
			string_to_jsonb(json_object_get_string(scalar),
							json_object_get_string_len(scalar), value);
			break;
		default:
			value->type = jbvNumeric;
			value->val.numeric =
				DatumGetNumeric(DirectFunctionCall3(numeric_in,
													CStringGetDatum(json_object_to_json_string(scalar)),
													ObjectIdGetDatum(InvalidOid),
													Int32GetDatum(-1)));
			break;
	}
}

static void
string_to_jsonb(const char *utf8, int len, JsonbValue *value)
{
	char	   *text;

	if (memchr(utf8, '\0', len) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
				 errmsg("jsonb cannot hold the character U+0000 that AWS sent")));
	text = pg_any_to_server(utf8, len, PG_UTF8);

	value->type = jbvString;
	value->val.string.val = text;
	value->val.string.len = text == utf8 ? len : strlen(text);
}

static json_object *
scalar_from_jsonb(TreeBuilder *builder, JsonbValue *value)
{
	const char *utf8;
	int			len;

	switch (value->type)
	{
		case jbvNull:
			return NULL;
		case jbvBool:
			return check_memory(json_object_new_boolean(value->val.boolean));
		case jbvNumeric:
			return number_from_numeric(value->val.numeric);
		case jbvString:
			if (!glue_utf8_from_server(value->val.string.val, value->val.string.len,
									   &utf8, &len))
			{
				builder->problem = GLUE_JSONB_NOT_UTF8;
				return NULL;
			}
			return check_memory(json_object_new_string_len(utf8, len));
		default:
			elog(ERROR, "unexpected type of jsonb scalar: %d",
				 (int) value->type);
	}
}

/*
 * Make a number that keeps its digits: 1.10 must not become 1.1 through a
 * double.
 */
static json_object *
number_from_numeric(Numeric numeric)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumericGetDatum(numeric)));
	char	   *end;
	int64		integer;
	json_object *number;

	errno = 0;
	integer = strtoll(text, &end, 10);
	if (errno == 0 && *end == '\0')
		number = json_object_new_int64(integer);
	else
		number = json_object_new_double_s(strtod(text, NULL), text);
	pfree(text);
	return check_memory(number);
}

/* Put a node into the innermost open container, or make it the root. */
static void
add_node(TreeBuilder *builder, json_object *node)
{
	json_object *parent;

	if (builder->depth == 0)
	{
		builder->root = glue_secret_tree(node);
		return;
	}
	parent = builder->open[builder->depth - 1];
	if (json_object_is_type(parent, json_type_object))
		check_added(json_object_object_add(parent, builder->key, node), node);
	else
		check_added(json_object_array_add(parent, node), node);
}

static void
open_container(TreeBuilder *builder, json_object *container)
{
	check_memory(container);
	if (builder->depth == GLUE_JSON_MAX_DEPTH)
	{
		json_object_put(container);
		builder->problem = GLUE_JSONB_TOO_DEEP;
		return;
	}
	add_node(builder, container);
	builder->open[builder->depth++] = container;
}

static void
remember_key(TreeBuilder *builder, JsonbValue *value)
{
	const char *utf8;
	int			len;

	if (!glue_utf8_from_server(value->val.string.val, value->val.string.len,
							   &utf8, &len))
	{
		builder->problem = GLUE_JSONB_NOT_UTF8;
		return;
	}
	builder->key = pnstrdup(utf8, len);
}

static void *
check_memory(void *allocated)
{
	if (allocated == NULL)
		glue_raise_out_of_memory();
	return allocated;
}

/* Check the result of adding a value, which is freed if it was not added. */
static void
check_added(int result, json_object *value)
{
	if (result == 0)
		return;
	glue_json_tree_free(value);
	glue_raise_out_of_memory();
}
