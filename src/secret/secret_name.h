/*-------------------------------------------------------------------------
 *
 * secret_name.h
 *	  Names that say that a value is a secret.
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
 * What a name says of its value.  From GLUE_NAME_ADDRESS on it is a secret,
 * unless its form shows that it is none; the later, the fewer forms can.  See
 * glue_form_is_public().
 */
typedef enum GlueNameKind
{
	GLUE_NAME_PLAIN,			/* nothing */
	GLUE_NAME_REFERENCE,		/* it is about a secret, and is none */
	GLUE_NAME_ADDRESS,			/* it is an address; a password may follow it */
	GLUE_NAME_MENTIONS,			/* it has to do with a secret */
	GLUE_NAME_KEY,				/* it is a secret, or the file of one */
	GLUE_NAME_SECRET			/* it is a secret */
} GlueNameKind;

extern GlueNameKind glue_secret_name_kind(const char *name, size_t len);
extern bool glue_secret_name_refers(const char *name, size_t len);
extern bool glue_secret_name_mentioned(const char *text, size_t len);
extern bool glue_secret_same_name(const char *name, size_t len,
								  const char *plain);

#endif							/* GLUE_SECRET_SECRET_NAME_H */
