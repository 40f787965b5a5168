/*-------------------------------------------------------------------------
 *
 * jsonb_tree.h
 *	  Conversion between jsonb and json-c trees.
 *
 * IDENTIFICATION
 *	  src/server/jsonb_tree.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_JSONB_TREE_H
#define GLUE_SERVER_JSONB_TREE_H

#include <json-c/json.h>

#include "utils/jsonb.h"

typedef enum GlueJsonbProblem
{
	GLUE_JSONB_OK,
	GLUE_JSONB_TOO_DEEP,		/* beyond GLUE_JSON_MAX_DEPTH */
	GLUE_JSONB_NOT_UTF8			/* text that cannot be UTF-8 */
} GlueJsonbProblem;

extern GlueJsonbProblem glue_tree_from_jsonb(Jsonb *jsonb, json_object **tree);
extern json_object *glue_tree_new_object(void);
extern void glue_tree_add(json_object *object, const char *name,
						  json_object *value);
extern void glue_tree_add_text(json_object *object, const char *name,
							   const char *text);
extern void glue_tree_append(json_object *list, json_object *value);
extern bool glue_tree_fits_jsonb(json_object *tree);
extern Jsonb *glue_jsonb_from_tree(json_object *tree);

#endif							/* GLUE_SERVER_JSONB_TREE_H */
