/*-------------------------------------------------------------------------
 *
 * digest.c
 *	  Comparison of the secrets of two definitions, without storing them.
 *
 * AWS Glue never returns a password in a form that can be compared, and we do
 * not store the sent one.  We store an HMAC of all secrets of a definition,
 * with a key that is unique for an installation of the extension.  The key is
 * not in dumps, so that a dump does not help to guess passwords.  A digest
 * identifies its key, so that one from a dump that was restored elsewhere is
 * recognized as not comparable.
 *
 * redact.c decides which values are secrets: those that a redacted copy lacks.
 * The HMAC is that of the definition without all other values, so the position
 * of a secret is significant.  The order of members, the formatting of a JSON
 * string and empty secrets are not.
 *
 * IDENTIFICATION
 *	  src/glue/digest.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/digest.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "aws/algorithms.h"
#include "glue/redact.h"
#include "text/json.h"

/* The text whose HMAC is the identity of a key. */
static const char key_id_text[] = "glue_conn secret digest key";

/* These and the functions of their steps set *failed if there is no memory. */
static json_object *extract(json_object *value, json_object *redacted,
							bool *failed);
static json_object *extract_members(json_object *object,
									json_object *redacted, bool *failed);
static json_object *extract_entries(json_object *array,
									json_object *redacted, bool *failed);
static json_object *extract_from_string(json_object *string,
										json_object *redacted, bool *failed);

/*
 * HMAC-SHA256.  Fetching the algorithm takes longer than its use, so it is
 * kept for the life of the process.
 */
static bool
hmac(const unsigned char *key, const void *data, size_t len,
	 unsigned char mac[32])
{
	static EVP_MAC_CTX *context = NULL;

	if (context == NULL)
		context = glue_new_hmac();
	return context != NULL &&
		glue_hmac(context, key, GLUE_SECRET_KEY_LEN, data, len, mac);
}

static json_object *
copy_string(const char *text, size_t len, bool *failed)
{
	json_object *copy = json_object_new_string_len(text, (int) len);

	*failed = *failed || copy == NULL;
	return copy;
}

/* Add an entry, unless it is NULL. */
static void
add_entry(json_object *array, json_object *entry, bool *failed)
{
	if (entry != NULL && json_object_array_add(array, entry) != 0)
	{
		glue_json_tree_free(entry);
		*failed = true;
	}
}

/*
 * The credentials in a text, such as a URL, in their order.
 */
static json_object *
extract_parts(json_object *string, bool *failed)
{
	const char *text = json_object_get_string(string);
	json_object *result = json_object_new_array();
	GlueSecretSearch search;

	*failed = *failed || result == NULL;
	glue_secret_search_init(&search, text,
							(size_t) json_object_get_string_len(string),
							GLUE_TEXT_VALUE);
	while (!*failed && glue_secret_search_next(&search))
		add_entry(result, copy_string(&text[search.start],
									  search.end - search.start, failed),
				  failed);
	return result;
}

/*
 * Is a value secret as a whole?
 */
static bool
is_hidden(json_object *value, json_object *redacted)
{
	return redacted == NULL ||
		json_object_get_type(value) != json_object_get_type(redacted) ||
		(json_object_is_type(value, json_type_string) &&
		 strcmp(json_object_get_string(redacted), GLUE_REDACTED) == 0 &&
		 strcmp(json_object_get_string(value), GLUE_REDACTED) != 0);
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/*
 * The keys of an object, in order; the caller frees the array.  NULL if there
 * is no memory.
 */
static const char **
sorted_keys(json_object *object, size_t *count)
{
	size_t		length = (size_t) json_object_object_length(object);
	const char **keys = malloc((length > 0 ? length : 1) * sizeof(char *));
	struct json_object_iter iter;

	*count = 0;
	if (keys == NULL)
		return NULL;
	json_object_object_foreachC(object, iter)
	{
		keys[(*count)++] = iter.key;
	}
	qsort(keys, *count, sizeof(char *), compare_keys);
	return keys;
}

/*
 * Make the digest of a definition's secrets, given its redacted copy.
 *
 * A definition without secrets has a digest as well.  Returns false if there
 * is no memory.
 */
bool
glue_secret_digest(json_object *input, json_object *redacted,
				   const unsigned char key[GLUE_SECRET_KEY_LEN],
				   GlueSecretDigest *digest)
{
	unsigned char key_mac[32];
	json_object *secrets;
	char	   *text = NULL;
	size_t		len = 0;
	bool		failed = false;
	bool		made = false;

	secrets = extract(input, redacted, &failed);
	if (!failed)
	{
		len = glue_json_tree_write(secrets, NULL, 0);
		text = malloc(len + 1);
	}
	if (text != NULL)
	{
		glue_json_tree_write(secrets, text, len + 1);
		made = hmac(key, text, len, digest->mac) &&
			hmac(key, key_id_text, strlen(key_id_text), key_mac);
		OPENSSL_cleanse(text, len + 1);
	}
	if (made)
		memcpy(digest->key_id, key_mac, GLUE_SECRET_KEY_ID_LEN);
	free(text);
	glue_json_tree_free(secrets);
	return made;
}

/*
 * Compare two digests.
 */
GlueSecretChange
glue_secret_digest_compare(const GlueSecretDigest *a,
						   const GlueSecretDigest *b)
{
	if (memcmp(a->key_id, b->key_id, GLUE_SECRET_KEY_ID_LEN) != 0)
		return GLUE_SECRETS_INCOMPARABLE;
	return CRYPTO_memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 ?
		GLUE_SECRETS_SAME : GLUE_SECRETS_CHANGED;
}

/*
 * Return the secret parts of a value, given its redacted copy; or all of it
 * but empty values, if that hides it as a whole, or is NULL.  NULL if there are
 * none.
 *
 * Strings are copied, so that the result can be cleansed.
 */
static json_object *
extract(json_object *value, json_object *redacted, bool *failed)
{
	if (is_hidden(value, redacted))
		redacted = NULL;
	switch (json_object_get_type(value))
	{
		case json_type_object:
			return extract_members(value, redacted, failed);
		case json_type_array:
			return extract_entries(value, redacted, failed);
		case json_type_string:
			return extract_from_string(value, redacted, failed);
		case json_type_null:
			break;
		default:
			return redacted == NULL ? json_object_get(value) : NULL;
	}
	return NULL;
}

static json_object *
extract_members(json_object *object, json_object *redacted, bool *failed)
{
	json_object *result = json_object_new_object();
	size_t		count;
	const char **keys = sorted_keys(object, &count);

	*failed = *failed || result == NULL || keys == NULL;
	for (size_t i = 0; i < count && !*failed; i++)
	{
		json_object *part = extract(json_object_object_get(object, keys[i]),
									json_object_object_get(redacted, keys[i]),
									failed);

		if (part != NULL && json_object_object_add(result, keys[i], part) != 0)
		{
			glue_json_tree_free(part);
			*failed = true;
		}
	}
	free(keys);
	if (result != NULL && json_object_object_length(result) > 0)
		return result;
	json_object_put(result);
	return NULL;
}

static json_object *
extract_entries(json_object *array, json_object *redacted, bool *failed)
{
	json_object *result = json_object_new_array();

	*failed = *failed || result == NULL;
	for (size_t i = 0; i < json_object_array_length(array) && !*failed; i++)
	{
		json_object *copy = redacted == NULL ? NULL :
			json_object_array_get_idx(redacted, i);

		add_entry(result, extract(json_object_array_get_idx(array, i), copy,
								  failed), failed);
	}
	if (result != NULL && json_object_array_length(result) > 0)
		return result;
	json_object_put(result);
	return NULL;
}

/*
 * A string is secret as a whole, or has secrets in its JSON, or in its text.
 */
static json_object *
extract_from_string(json_object *string, json_object *redacted, bool *failed)
{
	const char *text = json_object_get_string(string);
	size_t		len = (size_t) json_object_get_string_len(string);
	json_object *tree;
	json_object *redacted_tree;
	json_object *secrets;

	if (redacted == NULL)
		return len == 0 ? NULL : copy_string(text, len, failed);
	if (json_object_equal(string, redacted))
		return NULL;
	tree = glue_json_tree_parse_string(string);
	redacted_tree = glue_json_tree_parse_string(redacted);
	if (tree == NULL || redacted_tree == NULL)
		secrets = extract_parts(string, failed);

	/* as text without quotes: stored digests are of its parts */
	else if (json_object_is_type(tree, json_type_string))
		secrets = extract_from_string(tree, redacted_tree, failed);
	else
		secrets = extract(tree, redacted_tree, failed);
	glue_json_tree_free(tree);
	glue_json_tree_free(redacted_tree);
	return secrets;
}
