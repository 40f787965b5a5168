/*-------------------------------------------------------------------------
 *
 * json.c
 *	  Extensions of json-c trees.
 *
 * json-c is lenient, and leaves strings in memory that it frees.  These
 * functions are strict and leave nothing behind:
 *
 *	- The parser rejects invalid JSON (see json_reader.c), invalid UTF-8,
 *	  and nesting beyond GLUE_JSON_MAX_DEPTH.
 *	- Freeing a tree cleanses its strings first.
 *	- The serializer writes into the caller's buffer.  json-c's own
 *	  serializer reallocates its buffer, which leaves copies of secrets in
 *	  freed memory, and keeps the result attached to the tree.
 *
 * Writing and freeing are recursive, as in json-c itself, so trees must come
 * from this parser or observe the same limit.
 *
 * IDENTIFICATION
 *	  src/text/json.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/json.h"

#include <string.h>

#include <json-c/json_visit.h>
#include <openssl/crypto.h>

#include "text/ascii.h"

static void write_value(GlueTextBuffer *writer, json_object *value);

/* A json_c_visit_userfunc. */
static int
cleanse_string(json_object *value, int flags, json_object *parent,
			   const char *key, size_t *index, void *arg)
{
	/* json-c returns its own buffer, const or not */
	if (json_object_is_type(value, json_type_string))
		OPENSSL_cleanse((char *) json_object_get_string(value),
						(size_t) json_object_get_string_len(value));
	return JSON_C_VISIT_RETURN_CONTINUE;
}

/*
 * Cleanse every string of a tree, then release it.
 *
 * The caller must hold the only reference to the tree and to all its parts.
 * NULL is allowed.
 */
void
glue_json_tree_free(json_object *tree)
{
	if (tree == NULL)
		return;
	json_c_visit(tree, 0, cleanse_string, NULL);
	json_object_put(tree);
}

/*
 * The number of bytes at the start of a text that need no escape.
 *
 * Most sent bytes pass through here, so eight are checked at a time: in the
 * words below, the highest bit of a byte says that it is less than 0x20, a
 * quote, or a backslash.
 */
static size_t
plain_length(const char *text, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t high_bits = ones << 7;
	size_t		at = 0;

	for (uint64_t chunk; len - at >= sizeof(chunk); at += sizeof(chunk))
	{
		uint64_t	quote;
		uint64_t	backslash;

		memcpy(&chunk, text + at, sizeof(chunk));
		quote = chunk ^ ones * '"';
		backslash = chunk ^ ones * '\\';
		if ((((chunk - ones * 0x20) & ~chunk) | ((quote - ones) & ~quote) |
			 ((backslash - ones) & ~backslash)) & high_bits)
			break;
	}
	while (at < len && (unsigned char) text[at] >= 0x20 &&
		   text[at] != '"' && text[at] != '\\')
		at++;
	return at;
}

static void
write_escape(GlueTextBuffer *writer, unsigned char c)
{
	static const char named[] = "btn\0fr";	/* from \b on, as ASCII has them */
	char		escape[7] = {'\\', (char) c, '0', '0', '0', '0'};
	size_t		width = 2;

	if (c >= '\b' && c <= '\r' && c != '\v')
		escape[1] = named[c - '\b'];
	else if (c < 0x20)
	{
		escape[1] = 'u';
		glue_write_hex(&c, 1, &escape[4]);
		width = 6;
	}
	glue_text_put(writer, escape, width);
}

/*
 * Write the contents of a string, in runs of characters without escapes.
 */
void
glue_json_put_escaped(GlueTextBuffer *writer, const char *text, size_t len)
{
	size_t		done = 0;

	for (;;)
	{
		size_t		run = plain_length(text + done, len - done);

		glue_text_put(writer, text + done, run);
		done += run;
		if (done == len)
			break;
		write_escape(writer, (unsigned char) text[done++]);
	}
}

static void
write_string(GlueTextBuffer *writer, const char *text, size_t len)
{
	glue_text_put_char(writer, '"');
	glue_json_put_escaped(writer, text, len);
	glue_text_put_char(writer, '"');
}

static void
write_object(GlueTextBuffer *writer, json_object *object)
{
	char		separator = '{';

	json_object_object_foreach(object, key, value)
	{
		glue_text_put_char(writer, separator);
		write_string(writer, key, strlen(key));
		glue_text_put_char(writer, ':');
		write_value(writer, value);
		separator = ',';
	}
	if (separator == '{')
		glue_text_put_char(writer, '{');
	glue_text_put_char(writer, '}');
}

static void
write_array(GlueTextBuffer *writer, json_object *array)
{
	size_t		count = json_object_array_length(array);

	glue_text_put_char(writer, '[');
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			glue_text_put_char(writer, ',');
		write_value(writer, json_object_array_get_idx(array, i));
	}
	glue_text_put_char(writer, ']');
}

static void
write_value(GlueTextBuffer *writer, json_object *value)
{
	switch (json_object_get_type(value))
	{
		case json_type_object:
			write_object(writer, value);
			break;
		case json_type_array:
			write_array(writer, value);
			break;
		case json_type_string:
			write_string(writer, json_object_get_string(value),
						 (size_t) json_object_get_string_len(value));
			break;
		case json_type_null:
			glue_text_put(writer, "null", 4);
			break;
		case json_type_boolean:
		case json_type_int:
		case json_type_double:
			{
				/* no secret, and keeps the number's original spelling */
				const char *text =
					json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);

				if (text == NULL)
					text = "null";	/* out of memory */

				glue_text_put(writer, text, strlen(text));
				break;
			}
	}
}

/*
 * Write a tree as compact JSON, like snprintf(): at most size bytes including
 * the terminating NUL, which is always there unless size is 0.
 *
 * Returns the length of the whole text without the NUL, so a result of size or
 * more means that it was truncated.  NULL is written as null.
 */
size_t
glue_json_tree_write(json_object *tree, char *buffer, size_t size)
{
	GlueTextBuffer writer = {buffer, size, 0};

	write_value(&writer, tree);
	return glue_text_end(&writer);
}

/* A string member of a tree; NULL if there is none. */
const char *
glue_json_tree_text(json_object *tree, const char *member)
{
	json_object *value = json_object_object_get(tree, member);

	return json_object_is_type(value, json_type_string) ?
		json_object_get_string(value) : NULL;
}
