/*-------------------------------------------------------------------------
 *
 * query_form.h
 *	  Request bodies of services with AWS's Query protocol.
 *
 * IDENTIFICATION
 *	  src/aws/query_form.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_QUERY_FORM_H
#define GLUE_AWS_QUERY_FORM_H

#include <stddef.h>

#define GLUE_QUERY_CONTENT_TYPE "application/x-www-form-urlencoded"

/* A parameter of a request; omitted if value is NULL. */
typedef struct GlueQueryParameter
{
	const char *name;			/* needs no encoding */
	const char *value;
} GlueQueryParameter;

extern size_t glue_query_form(const char *action, const char *version,
							  const GlueQueryParameter *parameters,
							  int nparameters, char *buffer, size_t size);

#endif							/* GLUE_AWS_QUERY_FORM_H */
