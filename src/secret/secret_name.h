/*-------------------------------------------------------------------------
 *
 * secret_name.h
 *	  Names of secret values.
 *
 * IDENTIFICATION
 *	  src/secret/secret_name.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SECRET_NAME_H
#define GLUE_SECRET_SECRET_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The meaning of a name for its value.  From GLUE_NAME_ADDRESS on it is a
 * secret, unless its form excludes that; the later, the fewer forms do.  See
 * glue_form_is_public().
 */
typedef enum GlueNameKind
{
	GLUE_NAME_PLAIN,			/* not a secret */
	GLUE_NAME_REFERENCE,		/* metadata of a secret */
	GLUE_NAME_ADDRESS,			/* an address; a password may follow it */
	GLUE_NAME_MENTIONS,			/* related to a secret */
	GLUE_NAME_KEY,				/* a secret, or the file of one */
	GLUE_NAME_SECRET			/* a secret */
} GlueNameKind;

extern GlueNameKind glue_secret_name_kind(const char *name, size_t len);
extern bool glue_secret_name_refers(const char *name, size_t len);
extern bool glue_secret_name_mentioned(const char *text, size_t len);
extern bool glue_secret_same_name(const char *name, size_t len,
								  const char *plain);

#endif							/* GLUE_SECRET_SECRET_NAME_H */
