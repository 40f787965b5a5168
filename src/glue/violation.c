/*-------------------------------------------------------------------------
 *
 * violation.c
 *	  Findings of the validator, and their messages.
 *
 * All text is in buffers on the stack, so the sink may longjmp.
 *
 * PostgreSQL's jsonpath accepts a path and, unless a key was truncated, finds
 * the value: "$.ConnectionProperties.\"odd key\"", "$.MatchCriteria[3]".
 *
 * IDENTIFICATION
 *	  src/glue/violation.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/violation.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "glue/redact_key.h"
#include "glue/redact.h"
#include "text/ascii.h"
#include "text/assertion.h"
#include "text/buffer.h"
#include "text/json.h"

/*
 * Longest part of a key in a path, in bytes.  Its escaped form has at most six
 * times as many.  A path has at most one such key, because the contents of an
 * unknown member are not checked; the rest are names from the model, at most
 * 40 bytes long, five deep.
 */
#define MAX_KEY 64
#define PATH_SIZE 1024

#define MESSAGE_SIZE 1024

const GluePath glue_root_path = {NULL, "$", 0};

/*
 * Can a key do without quotes?
 */
static bool
is_plain_key(const char *key)
{
	size_t		len = 0;

	for (; key[len] != '\0'; len++)
	{
		char		c = key[len];

		if (len == MAX_KEY ||
			(!glue_is_letter(c) && c != '_' &&
			 (len == 0 || !glue_is_digit(c))))
			return false;
	}
	return len > 0;
}

/*
 * Write a key in quotes, with the escapes that jsonpath and JSON share.
 */
static void
write_key(GlueTextBuffer *writer, const char *key)
{
	size_t		len = strlen(key);
	size_t		clipped = glue_utf8_clip(key, len, MAX_KEY);

	glue_text_put_char(writer, '"');
	glue_json_put_escaped(writer, key, clipped);
	glue_text_put_string(writer, clipped < len ? "...\"" : "\"");
}

/*
 * Write the steps from the root to here.
 */
static void
write_step(GlueTextBuffer *writer, const GluePath *path)
{
	if (path->parent == NULL)
	{
		glue_text_put_string(writer, path->key);
		return;
	}
	write_step(writer, path->parent);
	if (path->key == NULL)
	{
		char		subscript[32];

		snprintf(subscript, sizeof(subscript), "[%zu]", path->index);
		glue_text_put_string(writer, subscript);
		return;
	}
	glue_text_put_string(writer, ".");
	if (is_plain_key(path->key))
		glue_text_put_string(writer, path->key);
	else
		write_key(writer, path->key);
}

/*
 * Report one finding.  The message must not contain the value of a secret.
 */
void
glue_report(const GlueReporter *reporter, const GluePath *path,
			const char *rule, GlueSeverity severity, const char *format, ...)
{
	GlueViolation violation;
	char		path_text[PATH_SIZE];
	char		message[MESSAGE_SIZE];
	va_list		args;
	int			len;

	va_start(args, format);
	len = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (len < 0)
		message[0] = '\0';
	else if ((size_t) len >= sizeof(message))
		message[glue_utf8_clip(message, sizeof(message) - 1,
							   sizeof(message) - 4)] = '\0';

	glue_path_write(path, path_text, sizeof(path_text));
	violation.path = path_text;
	violation.rule = rule;
	violation.message = message;
	violation.severity = severity;
	reporter->sink(reporter->arg, &violation);
}

/*
 * Write a path as SQL/JSON path.  It is truncated if the buffer is too small.
 */
void
glue_path_write(const GluePath *path, char *buffer, size_t size)
{
	GlueTextBuffer writer = {buffer, size, 0};

	glue_assert(size > 0);
	write_step(&writer, path);
	glue_text_end(&writer);
}

/*
 * Is the value at this path a secret, or in one?
 */
bool
glue_path_is_secret(const GluePath *path)
{
	for (; path->parent != NULL; path = path->parent)
	{
		if (path->key != NULL && glue_redact_is_secret_key(path->key))
			return true;
	}
	return false;
}

/*
 * Quote a value for a message, without any credentials in it.  Returns buffer.
 * A long value is truncated.
 */
const char *
glue_quote(const char *text, char buffer[GLUE_QUOTED_SIZE])
{
	static const char dots[] = "...";
	size_t		room = GLUE_QUOTED_SIZE - 1;
	size_t		len = glue_redact_text(NULL, text, buffer + 1, room - 1);

	buffer[0] = '"';
	if (len > room - 2)
	{
		len = glue_utf8_clip(buffer + 1, strlen(buffer + 1),
							 room - 2 - strlen(dots));
		memcpy(buffer + 1 + len, dots, strlen(dots));
		len += strlen(dots);
	}
	len = glue_utf8_hide_controls(buffer + 1, len, "");
	buffer[len + 1] = '"';
	buffer[len + 2] = '\0';
	return buffer;
}
