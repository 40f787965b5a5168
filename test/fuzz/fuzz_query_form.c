/*-------------------------------------------------------------------------
 *
 * fuzz_query_form.c
 *	  Fuzzer of message bodies of the Query protocol.
 *
 * The input is lines: the operation, its version, and parameters as
 * "name=value"; one without a "=" has no value.
 *
 * An independent reader must find the written parameters, and no others.  A
 * buffer that is too small must hold the beginning and a NUL.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_query_form.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/query_form.h"

#include "lines.h"
#include "text/buffer.h"

/* Read "%XX" or a character that needs no encoding; -1 is the end. */
static int
read_char(const char **at)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-._~";
	const char *text = *at;
	int			c;

	if (*text == '\0' || *text == '&')
		return -1;
	if (*text != '%')
	{
		require(strchr(unreserved, *text) != NULL);
		*at += 1;
		return (unsigned char) *text;
	}
	require(text[1] != '\0' && strchr(digits, text[1]) != NULL);
	require(text[2] != '\0' && strchr(digits, text[2]) != NULL);
	*at += 3;
	c = (strchr(digits, text[1]) - digits) * 16 +
		(strchr(digits, text[2]) - digits);
	require(c == '\0' || strchr(unreserved, c) == NULL);
	return c;
}

/* Read a value, which must be this one. */
static void
read_value(const char **at, const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		require(read_char(at) == (unsigned char) value[i]);
	require(read_char(at) == -1);
}

/* Read a field, which must be this one. */
static void
read_field(const char **at, const char *name, const char *value)
{
	require(strncmp(*at, name, strlen(name)) == 0);
	*at += strlen(name);
	require(*(*at)++ == '=');
	read_value(at, value, strlen(value));
}

/* A form, or a text that is encoded if action is NULL. */
typedef struct Source
{
	const char *action;
	const char *version;
	GlueQueryParameter parameters[MAX_LINES];
	int			nparameters;
	const char *text;
	size_t		len;
} Source;

static size_t
write_source(const Source *source, char *buffer, size_t size)
{
	GlueTextBuffer encoded = {buffer, size, 0};

	if (source->action == NULL)
	{
		glue_text_put_encoded(&encoded, source->text, source->len);
		return glue_text_end(&encoded);
	}
	return glue_query_form(source->action, source->version,
						   source->parameters, source->nparameters,
						   buffer, size);
}

/*
 * Write to a buffer of just this size, which is too small if it is not more
 * than the length of all.
 */
static void
check_size(const Source *source, const char *all, size_t size)
{
	size_t		len = strlen(all);
	size_t		used = size > len ? len : size - 1;
	char	   *buffer = malloc(size);

	require(buffer != NULL);
	require(write_source(source, buffer, size) == len);
	if (size > 0)
		require(strnlen(buffer, size) == used &&
				memcmp(buffer, all, used) == 0);
	free(buffer);
}

/* Write all there is; the caller frees it. */
static char *
write_all(const Source *source)
{
	size_t		len = write_source(source, NULL, 0);
	char	   *all = malloc(len + 1);

	require(all != NULL);
	require(write_source(source, all, len + 1) == len && strlen(all) == len);
	check_size(source, all, 1);
	check_size(source, all, len / 2 + 1);
	check_size(source, all, len);
	check_size(source, all, len + 2);
	return all;
}

/*
 * Valid characters of a name are read as one; the rest of a line is a value.
 */
static void
read_parameters(Source *source, Lines *lines)
{
	for (int i = 2; i < lines->count; i++)
	{
		char	   *name = lines->lines[i];
		char	   *end = name + strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
										"abcdefghijklmnopqrstuvwxyz0123456789.");
		char	   *value = *end == '=' ? end + 1 : NULL;

		*end = '\0';
		source->parameters[source->nparameters].name = name;
		source->parameters[source->nparameters++].value = value;
	}
}

static void
check_form(const Source *source)
{
	char	   *form = write_all(source);
	const char *at = form;

	read_field(&at, "Action", source->action);
	require(*at++ == '&');
	read_field(&at, "Version", source->version);
	for (int i = 0; i < source->nparameters; i++)
	{
		if (source->parameters[i].value == NULL)
			continue;
		require(*at++ == '&');
		read_field(&at, source->parameters[i].name,
				   source->parameters[i].value);
	}
	require(*at == '\0');
	free(form);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Lines		lines;
	Source		form = {0};
	Source		text = {.text = (const char *) data, .len = size};
	char	   *encoded;
	const char *at;

	split_lines(&lines, data, size);
	form.action = line_at(&lines, 0);
	form.version = line_at(&lines, 1);
	read_parameters(&form, &lines);
	check_form(&form);
	free_lines(&lines);

	encoded = write_all(&text);
	at = encoded;
	read_value(&at, text.text, text.len);
	require(*at == '\0');
	free(encoded);
	return 0;
}
