/*-------------------------------------------------------------------------
 *
 * secret_memory.h
 *	  Memory that is cleansed with its memory context.
 *
 * IDENTIFICATION
 *	  src/server/secret_memory.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_SECRET_MEMORY_H
#define GLUE_SERVER_SECRET_MEMORY_H

#include <json-c/json.h>

#include "aws/credential_text.h"
#include "server/compat.h"

/*
 * A buffer outside of any memory context, for callbacks that must not raise
 * errors.
 */
typedef struct GlueSecretBuffer
{
	char	   *data;			/* malloc'ed; NULL while empty */
	Size		len;
	Size		size;			/* allocated */
} GlueSecretBuffer;

pg_noreturn extern void glue_raise_out_of_memory(void);
extern char *glue_secret_alloc(Size size);
extern char *glue_secret_copy(const char *data, Size len);
extern char *glue_secret_strdup(const char *text);
extern char *glue_secret_printf(const char *format, ...) pg_attribute_printf(1, 2);
extern GlueCredentials glue_secret_credentials(const GlueCredentials *credentials);
extern json_object *glue_secret_tree(json_object *tree);
extern json_object *glue_secret_tree_copy(json_object *tree);

extern bool glue_secret_buffer_append(GlueSecretBuffer *buffer,
									  const char *data, Size len);
extern void glue_secret_buffer_free(GlueSecretBuffer *buffer);

#endif							/* GLUE_SERVER_SECRET_MEMORY_H */
