/*-------------------------------------------------------------------------
 *
 * needles.h
 *	  A list of secrets to search for in a text.
 *
 * IDENTIFICATION
 *	  src/secret/needles.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_NEEDLES_H
#define GLUE_SECRET_NEEDLES_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

/* a secret to search for in a text; owned by its list */
typedef struct GlueNeedle
{
	unsigned char *bytes;
	size_t		len;			/* at least 1 */
} GlueNeedle;

/*
 * Once sorted, by first byte, then longest first, then by the bytes, the
 * needles that start with byte b are items[first[b]] up to but not including
 * items[first[b + 1]].
 */
typedef struct GlueNeedles
{
	GlueNeedle *items;
	size_t		count;
	size_t		capacity;
	size_t		first[257];		/* valid when sorted */
} GlueNeedles;

extern bool glue_needles_add(GlueNeedles *list, const char *text, size_t len);
extern bool glue_needles_add_tree(GlueNeedles *list, json_object *value);
extern void glue_needles_sort(GlueNeedles *list);
extern size_t glue_needles_match(const GlueNeedles *list, const char *text,
								 size_t len, size_t at);
extern void glue_needles_free(GlueNeedles *list);

#endif							/* GLUE_SECRET_NEEDLES_H */
