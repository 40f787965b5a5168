/*-------------------------------------------------------------------------
 *
 * json_reader.c
 *	  A strict parser of JSON texts into json-c trees.
 *
 * The grammar is exactly that of RFC 8259.  json-c's own parser is not used,
 * for three reasons:
 *
 *	- The rejections of its strict mode differ between versions, and two of
 *	  them reject every string that is not ASCII.
 *	- It treats some characters in the form of two escapes, such as U+1D800,
 *	  as halves of others, and replaces them with U+FFFD.
 *	- It leaves strings, and so secrets, in memory that it frees.
 *
 * In addition to the grammar, values that json-c cannot represent are
 * rejected, so that they are not replaced by others: lone surrogates, U+0000,
 * which would truncate a key, and integers of more than 64 bits.  Of duplicate
 * keys the last one counts, unless the caller requires unique keys.
 *
 * IDENTIFICATION
 *	  src/text/json_reader.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/json.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "text/ascii.h"

/*
 * The text and the position in it.  An unescaped string, or a number, is
 * copied to the same offset in copies that it has in the text.
 */
typedef struct Reader
{
	const char *text;
	const char *at;
	const char *end;
	char	   *copies;
	bool		unique;			/* reject duplicate keys? */
	json_object *tree;
} Reader;

/* The destination of a value. */
typedef struct Place
{
	json_object *parent;		/* NULL: it is the whole tree */
	const char *key;			/* NULL: the parent is an array */
} Place;

static json_object *read_text(const char *text, size_t len, bool unique);
static bool read_value(Reader *reader, Place place, int depth);
static bool read_object(Reader *reader, Place place, int depth);
static bool read_array(Reader *reader, Place place, int depth);
static char *read_string(Reader *reader, size_t *len);
static size_t read_escape(Reader *reader, char *out);
static int	read_code_unit(Reader *reader);
static size_t encode(uint32_t code, char *out);
static json_object *read_number(Reader *reader);
static json_object *new_integer(const char *digits, const char *end,
								bool negative);
static bool put_new(Reader *reader, Place place, json_object *value);
static bool put(Reader *reader, Place place, json_object *value);

/* Read this character, if it is the next. */
static bool
take(Reader *reader, char wanted)
{
	if (reader->at == reader->end || *reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

/* Read these characters, if they are the next. */
static bool
take_word(Reader *reader, const char *word)
{
	size_t		len = strlen(word);

	if ((size_t) (reader->end - reader->at) < len ||
		memcmp(reader->at, word, len) != 0)
		return false;
	reader->at += len;
	return true;
}

static void
skip_space(Reader *reader)
{
	while (take(reader, ' ') || take(reader, '\n') ||
		   take(reader, '\t') || take(reader, '\r'))
		;
}

/* At least one digit. */
static bool
skip_digits(Reader *reader)
{
	const char *start = reader->at;

	while (reader->at < reader->end && glue_is_digit(*reader->at))
		reader->at++;
	return reader->at > start;
}

/*
 * Parse one JSON text.
 *
 * Returns NULL if it is invalid or there is no memory, and also for the text
 * "null", because json-c represents that by NULL.  The caller frees the tree
 * with glue_json_tree_free().
 */
json_object *
glue_json_tree_parse(const char *text, size_t len)
{
	return read_text(text, len, false);
}

/*
 * Likewise, but an object with a duplicate key is invalid, too, because the
 * tree would lack one of its values.
 */
json_object *
glue_json_tree_parse_unique(const char *text, size_t len)
{
	return read_text(text, len, true);
}

/* Likewise for the text of a string object; NULL if it is none. */
json_object *
glue_json_tree_parse_string(json_object *string)
{
	return json_object_is_type(string, json_type_string) ?
		read_text(json_object_get_string(string),
				  (size_t) json_object_get_string_len(string), false) : NULL;
}

static json_object *
read_text(const char *text, size_t len, bool unique)
{
	Reader		reader = {text, text, text + len, NULL, unique, NULL};
	Place		top = {NULL, NULL};

	if (len > INT_MAX || !glue_utf8_valid(text, len))
		return NULL;
	reader.copies = malloc(len + 1);
	if (reader.copies == NULL)
		return NULL;

	if (!read_value(&reader, top, GLUE_JSON_MAX_DEPTH) ||
		reader.at < reader.end)
	{
		glue_json_tree_free(reader.tree);
		reader.tree = NULL;
	}
	OPENSSL_cleanse(reader.copies, len + 1);
	free(reader.copies);
	return reader.tree;
}

/*
 * Each of the following functions reads one production of the grammar.  After
 * a failure, the position is undefined.
 */

/* A value, with the white space around it. */
static bool
read_value(Reader *reader, Place place, int depth)
{
	bool		valid = false;
	char	   *string;
	size_t		len;

	skip_space(reader);
	if (depth == 0 || reader->at == reader->end)
		return false;

	switch (*reader->at)
	{
		case '{':
			valid = read_object(reader, place, depth - 1);
			break;
		case '[':
			valid = read_array(reader, place, depth - 1);
			break;
		case '"':
			string = read_string(reader, &len);
			if (string != NULL)
				valid = put_new(reader, place,
								json_object_new_string_len(string, (int) len));
			break;
		case 't':
			valid = take_word(reader, "true") &&
				put_new(reader, place, json_object_new_boolean(1));
			break;
		case 'f':
			valid = take_word(reader, "false") &&
				put_new(reader, place, json_object_new_boolean(0));
			break;
		case 'n':
			valid = take_word(reader, "null") && put(reader, place, NULL);
			break;
		default:
			valid = put_new(reader, place, read_number(reader));
			break;
	}
	skip_space(reader);
	return valid;
}

static bool
read_object(Reader *reader, Place place, int depth)
{
	Place		member = {json_object_new_object(), NULL};
	size_t		len;

	if (!put_new(reader, place, member.parent))
		return false;
	reader->at++;
	skip_space(reader);
	if (take(reader, '}'))
		return true;

	do
	{
		skip_space(reader);
		member.key = read_string(reader, &len);
		if (member.key == NULL)
			return false;
		skip_space(reader);
		if (!take(reader, ':') || !read_value(reader, member, depth))
			return false;
	} while (take(reader, ','));

	return take(reader, '}');
}

static bool
read_array(Reader *reader, Place place, int depth)
{
	Place		element = {json_object_new_array(), NULL};

	if (!put_new(reader, place, element.parent))
		return false;
	reader->at++;
	skip_space(reader);
	if (take(reader, ']'))
		return true;

	do
	{
		if (!read_value(reader, element, depth))
			return false;
	} while (take(reader, ','));

	return take(reader, ']');
}

/* Returns the string's copy, which ends with a NUL, or NULL. */
static char *
read_string(Reader *reader, size_t *len)
{
	char	   *copy = reader->copies + (reader->at - reader->text);

	if (!take(reader, '"'))
		return NULL;

	*len = 0;
	while (reader->at < reader->end)
	{
		char		c = *reader->at++;
		size_t		width = 1;

		if (c == '"')
		{
			copy[*len] = '\0';
			return copy;
		}
		if ((unsigned char) c < 0x20)
			return NULL;
		if (c == '\\')
			width = read_escape(reader, &copy[*len]);
		else
			copy[*len] = c;
		if (width == 0)
			return NULL;
		*len += width;
	}
	return NULL;
}

/*
 * The rest of an escape, after the backslash.  Returns the width of its UTF-8,
 * which is less than that of the escape, or 0.
 */
static size_t
read_escape(Reader *reader, char *out)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	int			first;
	int			second;

	if (!take(reader, 'u'))
	{
		if (reader->at == reader->end || *reader->at == '\0')
			return 0;
		letter = strchr(letters, *reader->at++);
		if (letter == NULL)
			return 0;
		*out = meanings[letter - letters];
		return 1;
	}

	first = read_code_unit(reader);
	if (first <= 0)
		return 0;
	if (first < 0xD800 || first > 0xDFFF)
		return encode((uint32_t) first, out);

	/* a surrogate is valid only as the first of a pair */
	if (first > 0xDBFF || !take_word(reader, "\\u"))
		return 0;
	second = read_code_unit(reader);
	if (second < 0xDC00 || second > 0xDFFF)
		return 0;
	return encode(0x10000 + ((uint32_t) (first - 0xD800) << 10) +
				  (uint32_t) (second - 0xDC00), out);
}

/* Four hex digits: returns their value, or -1. */
static int
read_code_unit(Reader *reader)
{
	int			code = glue_parse_hex(reader->at,
									  (size_t) (reader->end - reader->at), 4);

	if (code >= 0)
		reader->at += 4;
	return code;
}

/* Write a code point as UTF-8, and return its width. */
static size_t
encode(uint32_t code, char *out)
{
	size_t		width = code < 0x80 ? 1 : code < 0x800 ? 2 :
		code < 0x10000 ? 3 : 4;

	for (size_t i = width - 1; i > 0; i--)
	{
		out[i] = (char) (0x80 | (code & 0x3F));
		code >>= 6;
	}

	/* the first byte of n > 1 bytes begins with n ones and a zero */
	out[0] = (char) (width == 1 ? code : (0xF00u >> width & 0xFF) | code);
	return width;
}

/* Returns NULL for an invalid one. */
static json_object *
read_number(Reader *reader)
{
	const char *start = reader->at;
	char	   *copy = reader->copies + (start - reader->text);
	bool		negative = take(reader, '-');
	const char *digits = reader->at;
	const char *digits_end;

	if (!take(reader, '0') && !skip_digits(reader))
		return NULL;
	digits_end = reader->at;

	if (take(reader, '.') && !skip_digits(reader))
		return NULL;
	if (take(reader, 'e') || take(reader, 'E'))
	{
		if (!take(reader, '-'))
			take(reader, '+');
		if (!skip_digits(reader))
			return NULL;
	}
	if (reader->at == digits_end)
		return new_integer(digits, digits_end, negative);

	/* json-c keeps the original spelling */
	memcpy(copy, start, (size_t) (reader->at - start));
	copy[reader->at - start] = '\0';
	return json_object_new_double_s(strtod(copy, NULL), copy);
}

/* Returns NULL if it does not fit. */
static json_object *
new_integer(const char *digits, const char *end, bool negative)
{
	uint64_t	limit = negative ? (uint64_t) INT64_MAX + 1 : UINT64_MAX;
	uint64_t	value = 0;

	for (; digits < end; digits++)
	{
		uint64_t	digit = (uint64_t) (*digits - '0');

		if (value > (limit - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	if (value > INT64_MAX && !negative)
		return json_object_new_uint64(value);
	return json_object_new_int64((int64_t) (negative ? 0 - value : value));
}

/* Put a value at its place; NULL means that there is no memory. */
static bool
put_new(Reader *reader, Place place, json_object *value)
{
	return value != NULL && put(reader, place, value);
}

/* The same, but NULL is JSON's null, as in json-c. */
static bool
put(Reader *reader, Place place, json_object *value)
{
	int			status = 0;

	if (place.parent == NULL)
		reader->tree = value;
	else if (place.key == NULL)
		status = json_object_array_add(place.parent, value);
	else if (reader->unique &&
			 json_object_object_get_ex(place.parent, place.key, NULL))
		status = -1;
	else
		status = json_object_object_add(place.parent, place.key, value);

	if (status != 0)
		json_object_put(value);
	return status == 0;
}
