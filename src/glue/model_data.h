/*-------------------------------------------------------------------------
 *
 * model_data.h
 *	  Form of the generated table in model_data.c.
 *
 * The table is AWS Glue's own description of its operations on connections.
 * A shape is what the model calls a named type; a structure has members, a
 * map has a key and an element, a list has an element.  All arrays are sorted
 * by strcmp(), so look things up with the functions of model.h.
 *
 * The names of members are also there over all structures, because a secret
 * has to be known as one wherever it turns up.
 *
 * IDENTIFICATION
 *	  src/glue/model_data.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_MODEL_DATA_H
#define GLUE_GLUE_MODEL_DATA_H

#include <stdbool.h>
#include <stdint.h>

typedef enum GlueShapeType
{
	GLUE_TYPE_BOOLEAN,
	GLUE_TYPE_INTEGER,
	GLUE_TYPE_LIST,
	GLUE_TYPE_MAP,
	GLUE_TYPE_NUMBER,			/* also timestamps: seconds since 1970 */
	GLUE_TYPE_STRING,
	GLUE_TYPE_STRUCTURE
} GlueShapeType;

/* Code points from the one after the previous range's last up to this last. */
typedef struct GlueCodeRange
{
	uint32_t	last;
	uint8_t		code_class;
} GlueCodeRange;

/*
 * A pattern, as an automaton that reads code points and has to accept the
 * whole string.  State 0 is the dead one: nothing that follows can help.
 * State 1 is the start.
 */
typedef struct GluePattern
{
	const char *source;			/* as the model spells it, for messages */
	const uint8_t *ascii;		/* class of each code point below 128 */
	const GlueCodeRange *ranges;	/* classes of the others; the last range
									 * ends at U+10FFFF */
	const uint8_t *next;		/* next[state * class_count + class] */
	const bool *accepts;		/* by state */
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
	bool		sensitive;		/* never to be shown */

	/*
	 * Limits, or -1: code points of a string, entries of a list or map, the
	 * value of an integer.
	 */
	int			min;
	int			max;

	const GluePattern *pattern; /* of a string, or NULL */
	const char *const *values;	/* of an enumeration, or NULL */
	int			value_count;
	const GlueMember *members;	/* of a structure */
	int			member_count;
	const GlueShape *key;		/* of a map */
	const GlueShape *element;	/* of a map's values or of a list */
};

typedef struct GlueOperation
{
	const char *name;
	const char *target;			/* value of the X-Amz-Target header */
	const GlueShape *input;
	const GlueShape *output;
	const char *const *errors;	/* names of the exceptions in the model */
	int			error_count;
} GlueOperation;

/* What the members of this name are, over all structures. */
typedef struct GlueMemberName
{
	const char *name;
	unsigned int types;			/* 1 << GlueShapeType of each */
} GlueMemberName;

extern const GlueShape glue_model_shapes[];
extern const int glue_model_shape_count;
extern const GlueOperation glue_model_operations[];
extern const int glue_model_operation_count;
extern const char *const glue_model_sensitive_names[];
extern const int glue_model_sensitive_name_count;
extern const GlueMemberName glue_model_member_names[];
extern const int glue_model_member_name_count;

#endif							/* GLUE_GLUE_MODEL_DATA_H */
