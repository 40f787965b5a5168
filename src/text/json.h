/*-------------------------------------------------------------------------
 *
 * json.h
 *	  Extensions of json-c trees.
 *
 * IDENTIFICATION
 *	  src/text/json.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TEXT_JSON_H
#define GLUE_TEXT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "text/buffer.h"
#include "text/utf8.h"

/*
 * Deepest nesting that we accept in any JSON text or tree, ours or remote.
 * The deepest path in Glue's connection model has six levels and an answer
 * wraps it in three more; the rest is for members of future versions.  json-c
 * frees and compares trees recursively, so this also bounds its use of the
 * stack.
 */
#define GLUE_JSON_MAX_DEPTH 32

/* As json_object_object_foreachC(), but anything else has no members. */
#define glue_json_foreach(value, iter) \
	if (!json_object_is_type(value, json_type_object)) {} else \
		json_object_object_foreachC(value, iter)

static inline bool
glue_json_is_number(json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
		json_object_is_type(value, json_type_double);
}

extern json_object *glue_json_tree_parse(const char *text, size_t len);
extern json_object *glue_json_tree_parse_unique(const char *text, size_t len);
extern json_object *glue_json_tree_parse_string(json_object *string);
extern void glue_json_tree_free(json_object *tree);
extern size_t glue_json_tree_write(json_object *tree,
								   char *buffer, size_t size);
extern void glue_json_put_escaped(GlueTextBuffer *writer,
								  const char *text, size_t len);
extern const char *glue_json_tree_text(json_object *tree, const char *member);

#endif							/* GLUE_TEXT_JSON_H */
