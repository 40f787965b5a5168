/*-------------------------------------------------------------------------
 *
 * query_form.c
 *	  Request bodies of services with AWS's Query protocol.
 *
 * AWS's older services, of which we need AWS STS, take the name of the
 * operation and its parameters as a form:
 *
 *		Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3A...
 *
 * Values are encoded according to RFC 3986, a space as "%20".  Forms may have
 * a "+" for that, but "%20" is valid everywhere, in paths as well.
 *
 * A body may hold a web identity token, so it is written into the caller's
 * buffer, which the caller cleanses.
 *
 * IDENTIFICATION
 *	  src/aws/query_form.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/query_form.h"

#include <string.h>

#include "text/buffer.h"

static void
put_field(GlueTextBuffer *writer, const char *name, const char *value)
{
	glue_text_put_all(writer, writer->len > 0 ? "&" : "", name, "=", NULL);
	glue_text_put_encoded(writer, value, strlen(value));
}

/*
 * Write the body of a request, like snprintf(): at most size bytes with the
 * NUL at the end, which is always there unless size is 0.
 *
 * Returns the length of the whole body, so a result of size or more means that
 * it was truncated.
 */
size_t
glue_query_form(const char *action, const char *version,
				const GlueQueryParameter *parameters, int nparameters,
				char *buffer, size_t size)
{
	GlueTextBuffer writer = {buffer, size, 0};

	put_field(&writer, "Action", action);
	put_field(&writer, "Version", version);
	for (int i = 0; i < nparameters; i++)
	{
		if (parameters[i].value != NULL)
			put_field(&writer, parameters[i].name, parameters[i].value);
	}
	return glue_text_end(&writer);
}
