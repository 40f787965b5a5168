/*-------------------------------------------------------------------------
 *
 * needles.c
 *	  A list of secrets to search for in a text.
 *
 * The text is a message from AWS that may quote the request.  So each secret
 * is searched for in its original form, and in its form within up to three
 * levels of JSON strings: a property may hold JSON, and the message may quote
 * the whole request.
 *
 * IDENTIFICATION
 *	  src/secret/needles.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/needles.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json_visit.h>
#include <openssl/crypto.h>

#include "text/ascii.h"
#include "text/assertion.h"
#include "text/json.h"

/*
 * Secrets shorter than this many bytes are replaced in a text only if they
 * stand alone: if every "a" of a message were replaced, the message would be
 * unreadable, and the gaps would reveal the secret.
 */
#define SHORT_SECRET 4

#define MAX_LEVELS 3

static bool
add_needle(GlueNeedles *list, const char *text, size_t len)
{
	unsigned char *bytes;

	if (list->count == list->capacity)
	{
		size_t		capacity = list->capacity == 0 ? 16 : list->capacity * 2;
		GlueNeedle *items = realloc(list->items, capacity * sizeof(GlueNeedle));

		if (items == NULL)
			return false;
		list->items = items;
		list->capacity = capacity;
	}
	bytes = malloc(len);
	if (bytes == NULL)
		return false;
	memcpy(bytes, text, len);
	list->items[list->count].bytes = bytes;
	list->items[list->count].len = len;
	list->count++;
	return true;
}

/*
 * Add the form of a needle within a JSON string, unless it is the same.
 */
static bool
add_escaped(GlueNeedles *list, size_t index)
{
	const GlueNeedle *needle = &list->items[index];
	json_object *string;
	size_t		len;
	char	   *spelled;
	bool		added = false;

	string = json_object_new_string_len((const char *) needle->bytes,
										(int) needle->len);
	if (string == NULL)
		return false;
	len = glue_json_tree_write(string, NULL, 0);
	spelled = malloc(len + 1);
	if (spelled != NULL)
	{
		glue_json_tree_write(string, spelled, len + 1);

		/* without the quotes */
		added = len - 2 == needle->len ||
			add_needle(list, spelled + 1, len - 2);
		OPENSSL_cleanse(spelled, len + 1);
		free(spelled);
	}
	glue_json_tree_free(string);
	return added;
}

/*
 * Add a secret, and its form within each level of JSON strings as long as that
 * is different.
 *
 * This and glue_needles_add_tree() return false if there is no memory.
 */
bool
glue_needles_add(GlueNeedles *list, const char *text, size_t len)
{
	if (len == 0)
		return true;
	if (!add_needle(list, text, len))
		return false;
	for (int level = 1; level <= MAX_LEVELS; level++)
	{
		size_t		count = list->count;

		if (!add_escaped(list, count - 1))
			return false;
		if (list->count == count)
			break;
	}
	return true;
}

/* A json_c_visit_userfunc: add a string or number to the GlueNeedles arg. */
static int
add_value(json_object *value, int flags, json_object *parent,
		  const char *key, size_t *index, void *arg)
{
	json_type	type = json_object_get_type(value);
	const char *secret;

	if (type != json_type_string && type != json_type_int &&
		type != json_type_double)
		return JSON_C_VISIT_RETURN_CONTINUE;
	secret = json_object_get_string(value);
	return secret != NULL &&
		glue_needles_add(arg, secret, type == json_type_string ?
						 (size_t) json_object_get_string_len(value) :
						 strlen(secret)) ?
		JSON_C_VISIT_RETURN_CONTINUE : JSON_C_VISIT_RETURN_ERROR;
}

/*
 * Add every string and number in a value.
 */
bool
glue_needles_add_tree(GlueNeedles *list, json_object *value)
{
	return json_c_visit(value, 0, add_value, list) == 0;
}

static int
compare_needles(const void *a, const void *b)
{
	const GlueNeedle *left = a;
	const GlueNeedle *right = b;

	if (left->bytes[0] != right->bytes[0])
		return left->bytes[0] < right->bytes[0] ? -1 : 1;
	if (left->len != right->len)
		return left->len > right->len ? -1 : 1;
	return memcmp(left->bytes, right->bytes, left->len);
}

/*
 * Prepare a complete list for glue_needles_match().
 */
void
glue_needles_sort(GlueNeedles *list)
{
	size_t		i = 0;

	if (list->count > 1)
		qsort(list->items, list->count, sizeof(GlueNeedle), compare_needles);
	for (int byte = 0; byte < 256; byte++)
	{
		list->first[byte] = i;
		while (i < list->count && list->items[i].bytes[0] == byte)
			i++;
	}
	list->first[256] = i;
}

static bool
is_word_character(char c)
{
	return glue_is_alphanumeric(c) || c == '_' || (unsigned char) c >= 0x80;
}

/*
 * Return the length of the longest needle at this place of the text, or 0.
 */
size_t
glue_needles_match(const GlueNeedles *list, const char *text, size_t len,
				   size_t at)
{
	unsigned char byte = (unsigned char) text[at];

	glue_assert(at < len && list->first[256] == list->count);
	for (size_t i = list->first[byte]; i < list->first[byte + 1]; i++)
	{
		const GlueNeedle *needle = &list->items[i];
		size_t		end = at + needle->len;

		if (needle->len > len - at ||
			memcmp(&text[at], needle->bytes, needle->len) != 0)
			continue;
		if (needle->len >= SHORT_SECRET ||
			((at == 0 || !is_word_character(text[at - 1])) &&
			 (end == len || !is_word_character(text[end]))))
			return needle->len;
	}
	return 0;
}

/*
 * Cleanse and free the needles of the list.
 */
void
glue_needles_free(GlueNeedles *list)
{
	for (size_t i = 0; i < list->count; i++)
	{
		OPENSSL_cleanse(list->items[i].bytes, list->items[i].len);
		free(list->items[i].bytes);
	}
	free(list->items);
}
