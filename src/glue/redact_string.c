/*-------------------------------------------------------------------------
 *
 * redact_string.c
 *	  The secrets of one string of a tree.
 *
 * Used by redact.c for a string that is not secret as a whole.
 *
 * IDENTIFICATION
 *	  src/glue/redact_string.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/redact_string.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json_visit.h>
#include <openssl/crypto.h>

#include "text/json.h"

/*
 * Set a string to a new text, after wiping the old one.  The new one must not
 * be a part of the old one.
 */
bool
glue_string_replace(json_object *string, const char *text, size_t len)
{
	/* json-c returns its own buffer, const or not */
	OPENSSL_cleanse((char *) json_object_get_string(string),
					(size_t) json_object_get_string_len(string));
	return json_object_set_string_len(string, text, (int) len) != 0;
}

/*
 * Replace the credentials in a string.
 *
 * A replacement may make another part look like a credential, or the text be
 * JSON.  That is rare, so the whole string is hidden then.
 */
bool
glue_string_replace_parts(json_object *string)
{
	const char *text = json_object_get_string(string);
	size_t		len = (size_t) json_object_get_string_len(string);

	/* enough, because every secret has at least one byte */
	size_t		size = len * strlen(GLUE_REDACTED) + 1;
	char	   *buffer = malloc(size);
	GlueTextBuffer out = {buffer, size, 0};
	GlueSecretSearch search;
	size_t		copied = 0;
	size_t		used;
	json_object *tree;
	bool		replaced;

	if (buffer == NULL)
		return false;
	glue_secret_search_init(&search, text, len, GLUE_TEXT_VALUE);
	while (glue_secret_search_next(&search))
	{
		glue_text_put(&out, &text[copied], search.start - copied);
		glue_text_put_string(&out, GLUE_REDACTED);
		copied = search.end;
	}
	glue_text_put(&out, &text[copied], len - copied);
	used = glue_text_end(&out);

	tree = glue_text_looks_like_json(buffer) ?
		glue_json_tree_parse(buffer, used) : NULL;
	if (tree != NULL || glue_text_has_secret(buffer, used, GLUE_TEXT_VALUE))
		replaced = glue_string_replace(string, GLUE_REDACTED,
									   strlen(GLUE_REDACTED));
	else
		replaced = glue_string_replace(string, buffer, used);
	glue_json_tree_free(tree);
	OPENSSL_cleanse(buffer, used);
	free(buffer);
	return replaced;
}

bool
glue_text_looks_like_json(const char *text)
{
	text += strspn(text, " \t\r\n");
	return *text == '{' || *text == '[';
}

bool
glue_text_has_secret(const char *text, size_t len, GlueTextKind kind)
{
	GlueSecretSearch search;

	glue_secret_search_init(&search, text, len, kind);
	return glue_secret_search_next(&search);
}

/*
 * Collect the credentials in a text.
 */
bool
glue_text_collect(GlueNeedles *list, const char *text, size_t len,
				  GlueTextKind kind)
{
	GlueSecretSearch search;

	glue_secret_search_init(&search, text, len, kind);
	while (glue_secret_search_next(&search))
	{
		if (!glue_needles_add(list, &text[search.start],
							  search.end - search.start))
			return false;
	}
	return true;
}

/* A json_c_visit_userfunc: set the bool arg at a hidden secret. */
static int
find_hidden(json_object *value, int flags, json_object *parent,
			const char *key, size_t *index, void *arg)
{
	bool	   *found = arg;

	*found = json_object_is_type(value, json_type_string) &&
		strstr(json_object_get_string(value), GLUE_REDACTED) != NULL;
	return *found ? JSON_C_VISIT_RETURN_STOP : JSON_C_VISIT_RETURN_CONTINUE;
}

/*
 * Does a value contain the replacement of a secret?  Values of properties and
 * URLs may have it in the middle.
 */
bool
glue_holds_hidden(json_object *value)
{
	bool		found = false;

	/* nearly all values are strings */
	if (json_object_is_type(value, json_type_string))
		find_hidden(value, 0, NULL, NULL, NULL, &found);
	else
		json_c_visit(value, 0, find_hidden, &found);
	return found;
}
