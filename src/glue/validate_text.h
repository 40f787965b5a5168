/*-------------------------------------------------------------------------
 *
 * validate_text.h
 *	  Validation of a string against its shape in AWS Glue's model.
 *
 * IDENTIFICATION
 *	  src/glue/validate_text.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_VALIDATE_TEXT_H
#define GLUE_GLUE_VALIDATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "glue/model.h"
#include "glue/violation.h"

/* a string to be checked: the value at a path, or a map's key there */
typedef struct GlueCheckedString
{
	const char *bytes;
	size_t		len;
	bool		is_key;
} GlueCheckedString;

extern void glue_validate_text(const GlueReporter *reporter,
							   const GlueShape *shape, const GluePath *path,
							   const GlueCheckedString *string);
extern void glue_validate_limits(const GlueReporter *reporter,
								 const GlueShape *shape, const GluePath *path,
								 const char *subject, size_t found);

#endif							/* GLUE_GLUE_VALIDATE_TEXT_H */
