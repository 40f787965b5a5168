/*-------------------------------------------------------------------------
 *
 * query_form.c
 *	  Bodies of requests to the services that take web forms.
 *
 * AWS's older services, of which we need AWS STS, take the name of the
 * operation and its parameters as a form:
 *
 *		Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3A...
 *
 * Values are encoded as RFC 3986 has it, a space as "%20".  Forms may have a
 * "+" for that, but "%20" is understood everywhere, in paths as well.
 *
 * A body may hold a web identity token, so it goes into the caller's buffer,
 * which the caller cleanses.
 *
 * IDENTIFICATION
 *	  src/aws/query_form.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/query_form.h"

#include <string.h>

#include "text/buffer.h"

/* Where we write, and how far we have got; that may be beyond the size. */
typedef struct FormWriter
{
	char	   *buffer;
	size_t		size;
	size_t		used;
} FormWriter;

/* prototypes of private functions */
static void put_field(FormWriter *writer, const char *name, const char *value);
static void put_encoded(FormWriter *writer, const char *text, size_t len);
static void put_char(FormWriter *writer, char c);
static size_t end_text(FormWriter *writer);

/*
 * Write the body of a request, like snprintf(): at most size bytes with the
 * NUL at the end, which is always there unless size is 0.
 *
 * Returns the length of the whole body, so a result of size or more means
 * that it was cut.
 */
size_t
glue_query_form(const char *action, const char *version,
				const GlueQueryParameter *parameters, int nparameters,
				char *buffer, size_t size)
{
	FormWriter	writer = {buffer, size, 0};

	put_field(&writer, "Action", action);
	put_field(&writer, "Version", version);
	for (int i = 0; i < nparameters; i++)
	{
		if (parameters[i].value != NULL)
			put_field(&writer, parameters[i].name, parameters[i].value);
	}
	return end_text(&writer);
}

/*
 * Encode a text so that it can be a value in a form or one segment of a path,
 * like snprintf() as above.
 *
 * As a segment, "." and ".." have a meaning that no encoding takes away; the
 * caller has to refuse them.
 */
size_t
glue_percent_encode(const char *text, size_t len, char *buffer, size_t size)
{
	FormWriter	writer = {buffer, size, 0};

	put_encoded(&writer, text, len);
	return end_text(&writer);
}

static void
put_field(FormWriter *writer, const char *name, const char *value)
{
	if (writer->used > 0)
		put_char(writer, '&');
	while (*name != '\0')
		put_char(writer, *name++);
	put_char(writer, '=');
	put_encoded(writer, value, strlen(value));
}

static void
put_encoded(FormWriter *writer, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		char		encoded[3];
		size_t		encoded_len = glue_percent_encode_byte(text[i], encoded);

		for (size_t j = 0; j < encoded_len; j++)
			put_char(writer, encoded[j]);
	}
}

static void
put_char(FormWriter *writer, char c)
{
	if (writer->used < writer->size)
		writer->buffer[writer->used] = c;
	writer->used++;
}

/*
 * Write the NUL, in the place of the last byte if there is no other.
 */
static size_t
end_text(FormWriter *writer)
{
	if (writer->used < writer->size)
		writer->buffer[writer->used] = '\0';
	else if (writer->size > 0)
		writer->buffer[writer->size - 1] = '\0';
	return writer->used;
}
