/*-------------------------------------------------------------------------
 *
 * model_data.h
 *	  Form of the generated table in model_data.c.
 *
 * The table is AWS Glue's own description of its operations on connections.  A
 * shape is a named type of the model; a structure has members, a map has a key
 * and an element, a list has an element.  All arrays are sorted by strcmp(),
 * so use the functions of model.h.
 *
 * Names of members that sound like a secret's are also listed over all structures,
 * because a secret must be recognized in any place.
 *
 * IDENTIFICATION
 *	  src/glue/model_data.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_MODEL_DATA_H
#define GLUE_GLUE_MODEL_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The types of shapes; a name of members has a set of them. */
typedef enum GlueShapeType
{
	GLUE_TYPE_BOOLEAN = 1 << 0,
	GLUE_TYPE_INTEGER = 1 << 1,
	GLUE_TYPE_LIST = 1 << 2,
	GLUE_TYPE_MAP = 1 << 3,
	GLUE_TYPE_NUMBER = 1 << 4,	/* also timestamps: seconds since 1970 */
	GLUE_TYPE_STRING = 1 << 5,
	GLUE_TYPE_STRUCTURE = 1 << 6
} GlueShapeType;

/* Code points from the one after the previous range's last up to this last. */
typedef struct GlueCodeRange
{
	uint32_t	last;
	uint8_t		code_class;
} GlueCodeRange;

/*
 * A pattern, as an automaton that reads code points and has to accept the
 * whole string.  State 0 is dead: no further input is accepted.  State 1 is
 * the start.
 *
 * Classes and states are small numbers, each stored as the character with that
 * offset from '0'.
 */
typedef struct GluePattern
{
	const char *source;			/* text of the model, for messages */
	const char *ascii;			/* class of each code point below 128 */
	const char *next;			/* next[state * class_count + class] */
	const char *accepts;		/* by state, '1' or '0' */
	const GlueCodeRange *ranges;	/* classes of the others; the last range
									 * ends at U+10FFFF */
	int			class_count;
} GluePattern;

typedef struct GlueShape GlueShape;

typedef struct GlueMember
{
	const char *name;
	const GlueShape *shape;
	bool		required;
} GlueMember;

struct GlueShape
{
	const char *name;
	GlueShapeType type;

	/*
	 * Limits, or -1: code points of a string, entries of a list or map, the
	 * value of an integer.
	 */
	int			min;
	int			max;

	bool		sensitive;		/* never to be shown */
	const GluePattern *pattern; /* of a string, or NULL */
	const char *const *values;	/* of an enumeration, or NULL */
	int			value_count;
	const GlueMember *members;	/* of a structure */
	int			member_count;
	const GlueShape *key;		/* of a map */
	const GlueShape *element;	/* of a map's values or of a list */
};

typedef struct GlueModelOperation
{
	const char *name;
	bool		has_catalog;	/* its input has a CatalogId */
	int			page_size;		/* largest one; 0: it returns no pages */
	const char *const *errors;	/* NULL at the end */
} GlueModelOperation;

/* The union of the members of this name, over all structures. */
typedef struct GlueMemberName
{
	const char *name;
	int			types;			/* set of GlueShapeType */
	bool		sensitive;		/* in any structure? */
} GlueMemberName;

extern const GlueShape glue_model_shapes[];
extern const int glue_model_shape_count;
extern const GlueModelOperation glue_model_operations[];
extern const int glue_model_operation_count;
extern const GlueMemberName glue_model_member_names[];
extern const int glue_model_member_name_count;

#endif							/* GLUE_GLUE_MODEL_DATA_H */
