/*-------------------------------------------------------------------------
 *
 * redact.c
 *	  Removal of secrets from all data that leave the extension.
 *
 * One walker finds the secrets of a tree.  Its modes redact a tree, detect
 * whether there is a secret, or collect the secrets to be removed from a text.
 *
 * The walker classifies a value by its key at any depth (redact_key.c), so the
 * root may be a ConnectionInput, a whole request, an answer or a list of
 * those:
 *
 *	- In a string whose key is not a secret's, only parts with the form of a
 *	  secret are redacted (secret_text.c), such as a password in a URL,
 *	  whatever the key is.
 *	- A string with JSON is walked as well and written back.  If it looks
 *	  like JSON but is invalid, and mentions a secret, it is redacted as a
 *	  whole.
 *
 * Secrets that are null, {} or [] are kept, because they are empty.  Any other
 * value becomes "********", even an empty string: the information that a
 * password is empty would help an attacker.
 *
 * Answers and messages of AWS quote requests.  So the secrets of the request's
 * tree are searched for in such a text, and so are credentials that the text
 * itself shows.
 *
 * In case of doubt, a value is redacted.  The result has no secret that the
 * walker would find, so redaction is idempotent.
 *
 * IDENTIFICATION
 *	  src/glue/redact.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/redact.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "glue/redact_key.h"
#include "glue/redact_string.h"
#include "secret/secret_name.h"
#include "text/assertion.h"
#include "text/buffer.h"
#include "text/json.h"

typedef enum WalkPurpose
{
	WALK_REDACT,				/* replace every secret */
	WALK_DETECT,				/* stop at the first secret */
	WALK_COLLECT				/* collect them in a list */
} WalkPurpose;

typedef struct Walk
{
	WalkPurpose purpose;
	size_t		secrets;		/* number of secrets found (and replaced) */
	GlueNeedles *needles;		/* only for WALK_COLLECT */
} Walk;

/*
 * the position of a value: a member of an object if key is set, or of an array
 */
typedef struct Place
{
	json_object *parent;		/* NULL for the root */
	const char *key;
	size_t		index;
} Place;

/*
 * These and the functions of their steps return false to end the walk: because
 * there is no memory, or because WALK_DETECT has found a secret.
 */
static bool walk_value(Walk *walk, const Place *place, json_object *value,
					   int depth);
static bool walk_string(Walk *walk, json_object *string, int depth);

/*
 * Process a value that is secret as a whole.  A string needs no place, because
 * it is replaced in place.
 */
static bool
take_whole(Walk *walk, const Place *place, json_object *value)
{
	json_type	type = json_object_get_type(value);
	json_object *redacted;
	int			status;

	if (type == json_type_null ||
		(type == json_type_object && json_object_object_length(value) == 0) ||
		(type == json_type_array && json_object_array_length(value) == 0) ||
		(type == json_type_string &&
		 strcmp(json_object_get_string(value), GLUE_REDACTED) == 0))
		return true;

	walk->secrets++;
	if (walk->purpose == WALK_DETECT)
		return false;
	if (walk->purpose == WALK_COLLECT)
		return glue_needles_add_tree(walk->needles, value);
	if (type == json_type_string)
		return glue_string_replace(value, GLUE_REDACTED, strlen(GLUE_REDACTED));

	/* the parent drops its reference, and we free our own */
	redacted = json_object_new_string_len(GLUE_REDACTED,
										  (int) strlen(GLUE_REDACTED));
	if (redacted == NULL)
		return false;
	json_object_get(value);
	if (place->key != NULL)
		status = json_object_object_add(place->parent, place->key, redacted);
	else
		status = json_object_array_put_idx(place->parent, place->index,
										   redacted);
	if (status != 0)
	{
		json_object_put(value);
		json_object_put(redacted);
		return false;
	}
	glue_json_tree_free(value);
	return true;
}

/*
 * Store the JSON of a tree in a string.
 */
static bool
write_back(json_object *string, json_object *tree)
{
	size_t		len = glue_json_tree_write(tree, NULL, 0);
	char	   *text = malloc(len + 1);
	bool		replaced;

	if (text == NULL)
		return false;
	glue_json_tree_write(tree, text, len + 1);
	replaced = glue_string_replace(string, text, len);
	OPENSSL_cleanse(text, len + 1);
	free(text);
	return replaced;
}

/*
 * Look for credentials in a string.
 */
static bool
walk_plain_text(Walk *walk, json_object *string)
{
	const char *text = json_object_get_string(string);
	size_t		len = (size_t) json_object_get_string_len(string);

	if (!glue_text_has_secret(text, len, GLUE_TEXT_VALUE))
		return true;
	walk->secrets++;
	switch (walk->purpose)
	{
		case WALK_DETECT:
			return false;
		case WALK_COLLECT:
			return glue_text_collect(walk->needles, text, len, GLUE_TEXT_VALUE);
		case WALK_REDACT:
			break;
	}
	return glue_string_replace_parts(string);
}

/*
 * Collect the quoted parts of a text that is hidden as a whole, except for
 * keys: a message may quote a single value of it.
 */
static bool
collect_quoted(GlueNeedles *list, const char *text, size_t len)
{
	GlueText	source = {text, len, GLUE_TEXT_VALUE};

	for (size_t at = 0; at < len; at++)
	{
		size_t		start = at;
		size_t		end;
		size_t		next;

		if (!glue_is_quote(text[at]))
			continue;
		while (start > 0 && text[start - 1] == '\\')
			start--;
		end = glue_value_quoted_end(&source, &start, false);

		/* continue behind the closing quote, which may be escaped */
		for (at = end; at < len && text[at] == '\\';)
			at++;
		next = glue_value_skip_blanks(&source, at + 1);
		if ((next >= len || text[next] != ':') &&
			!glue_needles_add(list, &text[start], end - start))
			return false;
	}
	return true;
}

/*
 * Walk through a string that should hold JSON.
 *
 * A tree would have only one of two members with the same key, so a text with
 * duplicate keys is treated as invalid.  The text is searched as well, because
 * keys may contain secrets, and hidden if there are any.
 */
static bool
walk_json_text(Walk *walk, json_object *string, int depth)
{
	const char *text = json_object_get_string(string);
	size_t		len = (size_t) json_object_get_string_len(string);
	Place		root = {NULL, NULL, 0};
	size_t		before = walk->secrets;
	json_object *tree;
	bool		go_on;

	if (depth + 1 >= GLUE_JSON_MAX_DEPTH)
		return take_whole(walk, &root, string);
	tree = glue_json_tree_parse_unique(text, len);
	if (tree == NULL)
	{
		if (glue_secret_name_mentioned(text, len) &&
			(!take_whole(walk, &root, string) ||
			 (walk->purpose == WALK_COLLECT &&
			  !collect_quoted(walk->needles, text, len))))
			return false;
		return walk_plain_text(walk, string);
	}

	go_on = walk_value(walk, &root, tree, depth + 1);
	if (go_on && walk->purpose == WALK_REDACT && walk->secrets > before)
		go_on = write_back(string, tree);
	glue_json_tree_free(tree);
	if (!go_on)
		return false;

	text = json_object_get_string(string);

	len = (size_t) json_object_get_string_len(string);
	if (!glue_text_has_secret(text, len, GLUE_TEXT_PROSE))
		return true;
	if (walk->purpose == WALK_COLLECT)
		return glue_text_collect(walk->needles, text, len, GLUE_TEXT_PROSE);
	return take_whole(walk, &root, string);
}

/*
 * Collect a string that is hidden as a whole, not only its secrets.
 */
static bool
collect_whole(GlueNeedles *list, json_object *string, int depth)
{
	const char *text = json_object_get_string(string);
	int			len = json_object_get_string_len(string);
	json_object *copy = json_object_new_string_len(text, len);
	Walk		walk = {WALK_REDACT, 0, NULL};
	bool		collected;

	collected = copy != NULL && walk_string(&walk, copy, depth) &&
		(strcmp(json_object_get_string(copy), GLUE_REDACTED) != 0 ||
		 glue_needles_add(list, text, (size_t) len));
	glue_json_tree_free(copy);
	return collected;
}

static bool
walk_string(Walk *walk, json_object *string, int depth)
{
	const char *text = json_object_get_string(string);
	size_t		len = (size_t) json_object_get_string_len(string);
	size_t		before = walk->needles != NULL ? walk->needles->count : 0;
	bool		go_on;

	if (glue_text_looks_like_json(text) &&
		(!glue_value_is_placeholder(text, len) ||
		 glue_text_has_secret(text, len, GLUE_TEXT_VALUE)))
		go_on = walk_json_text(walk, string, depth);
	else
		go_on = walk_plain_text(walk, string);
	if (go_on && walk->purpose == WALK_COLLECT &&
		walk->needles->count > before)
		go_on = collect_whole(walk->needles, string, depth);
	return go_on;
}

/*
 * Walk through a value whose key, if any, is not a secret's.
 */
static bool
walk_value(Walk *walk, const Place *place, json_object *value, int depth)
{
	json_type	type = json_object_get_type(value);

	if (type == json_type_string)
		return walk_string(walk, value, depth);
	if (type != json_type_object && type != json_type_array)
		return true;
	if (depth >= GLUE_JSON_MAX_DEPTH)
		return take_whole(walk, place, value);

	if (type == json_type_object)
	{
		json_object_object_foreach(value, key, member)
		{
			Place		inner = {value, key, 0};

			if (!(glue_redact_hides(value, key, member) ?
				  take_whole(walk, &inner, member) :
				  walk_value(walk, &inner, member, depth + 1)))
				return false;
		}
	}
	else
	{
		for (size_t i = 0; i < json_object_array_length(value); i++)
		{
			Place		inner = {value, NULL, i};

			if (!walk_value(walk, &inner,
							json_object_array_get_idx(value, i), depth + 1))
				return false;
		}
	}
	return true;
}

/*
 * Replace every secret in a tree with GLUE_REDACTED, and cleanse the old value.
 *
 * The caller must hold the only reference to the tree and to all its parts.
 * Returns false if there is no memory: the tree may still contain secrets
 * then, and must not be used.
 */
bool
glue_redact_tree(json_object *tree)
{
	Walk		walk = {WALK_REDACT, 0, NULL};
	Place		root = {NULL, NULL, 0};

	return walk_value(&walk, &root, tree, 0);
}

/*
 * Return a copy of a tree without its secrets; NULL for NULL, or if there is
 * no memory.
 */
json_object *
glue_redact_copy(json_object *tree)
{
	json_object *copy = NULL;

	if (tree != NULL && json_object_deep_copy(tree, &copy, NULL) == 0 &&
		!glue_redact_tree(copy))
	{
		glue_json_tree_free(copy);
		copy = NULL;
	}

	/* the rest has no secret that would be found */
	glue_assert(copy == NULL || !glue_redact_has_secret(copy));
	return copy;
}

/*
 * Would glue_redact_tree() replace anything?
 */
bool
glue_redact_has_secret(json_object *tree)
{
	Walk		walk = {WALK_DETECT, 0, NULL};
	Place		root = {NULL, NULL, 0};

	walk_value(&walk, &root, tree, 0);
	return walk.secrets > 0;
}

/*
 * Add every secret that glue_redact_tree() would replace to a list, and sort
 * it.  Returns false if there is no memory.
 */
bool
glue_redact_collect(json_object *tree, GlueNeedles *list)
{
	Walk		walk = {WALK_COLLECT, 0, list};
	Place		root = {NULL, NULL, 0};
	bool		collected = walk_value(&walk, &root, tree, 0);

	glue_needles_sort(list);
	return collected;
}

/*
 * Copy a text of AWS, which may quote the request, into the buffer, without
 * the secrets of a tree.
 *
 * Every secret of the tree is replaced with GLUE_REDACTED, also in the form of
 * a JSON string or of JSON within such a string, and so are other credentials
 * that the text itself shows.  Short secrets are replaced only if they stand
 * alone (see needles.c).  tree may be NULL; then nothing is allocated.
 *
 * Like snprintf(), returns the length of the whole result without the NUL, but
 * truncates at the end of a code point.  If there is no memory, the whole text
 * is replaced.
 */
size_t
glue_redact_text(json_object *tree, const char *text,
				 char *buffer, size_t size)
{
	GlueNeedles list = {NULL, 0, 0, {0}};
	GlueTextBuffer output = {buffer, size, 0};
	GlueSecretSearch search;
	size_t		len = strlen(text);
	size_t		hidden_end = 0;
	bool		more;

	if (!glue_redact_collect(tree, &list))
	{
		glue_needles_free(&list);
		glue_text_put_string(&output, GLUE_REDACTED);
		return glue_text_end(&output);
	}

	/* secrets may overlap, so the union of all matches is hidden */
	glue_secret_search_init(&search, text, len, GLUE_TEXT_PROSE);
	more = glue_secret_search_next(&search);
	for (size_t at = 0; at < len; at++)
	{
		size_t		end = at + glue_needles_match(&list, text, len, at);

		if (more && search.start == at)
		{
			if (search.end > end)
				end = search.end;
			more = glue_secret_search_next(&search);
		}
		if (end > at && at >= hidden_end)
			glue_text_put_string(&output, GLUE_REDACTED);
		if (end > hidden_end)
			hidden_end = end;
		if (at >= hidden_end)
			glue_text_put_char(&output, text[at]);
	}
	glue_needles_free(&list);
	return glue_text_end(&output);
}
