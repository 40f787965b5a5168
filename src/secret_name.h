/*-------------------------------------------------------------------------
 *
 * secret_name.h
 *	  Names that say that a value is a secret.
 *
 * IDENTIFICATION
 *	  src/secret_name.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_NAME_H
#define GLUE_SECRET_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* What a name says of its value. */
typedef enum GlueNameKind
{
	GLUE_NAME_PLAIN,			/* nothing */
	GLUE_NAME_SECRET,			/* it is a secret */
	GLUE_NAME_REFERENCE			/* it says where a secret is kept */
} GlueNameKind;

extern GlueNameKind glue_secret_name_kind(const char *name, size_t len);
extern bool glue_secret_name_mentioned(const char *text, size_t len);
extern bool glue_secret_same_name(const char *name, size_t len,
								  const char *plain);

#endif							/* GLUE_SECRET_NAME_H */
