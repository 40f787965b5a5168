/*-------------------------------------------------------------------------
 *
 * shown_secret.c
 *	  Secrets that AWS Glue returns in clear text.
 *
 * AWS Glue hides the passwords that it knows.  It returns those of a
 * connector's own properties, such as "sharepoint.clientSecret", and those
 * within a URL or a JSON text, unchanged.  Then they can be compared, and are
 * not unknown; a difference is reported without the values.  Encrypted values
 * may differ in every answer.
 *
 * IDENTIFICATION
 *	  src/glue/shown_secret.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/shown_secret.h"

#include <string.h>

#include "glue/redact.h"
#include "text/json.h"

static bool is_shown(json_object *value);
static bool same_text(json_object *a, json_object *b);
static json_object *redacted(const char *key, json_object *value);

/*
 * Do two values of a property differ only in a secret that both show?
 *
 * If there is no memory, the result is false.
 */
bool
glue_shown_secret_differs(const char *key, json_object *sent,
						  json_object *got)
{
	json_object *sent_copy;
	json_object *got_copy;
	bool		differs;

	if (!is_shown(sent) || !is_shown(got) || same_text(sent, got) ||
		strncmp(key, "ENCRYPTED_", 10) == 0)
		return false;
	sent_copy = redacted(key, sent);
	got_copy = redacted(key, got);
	differs = sent_copy != NULL && got_copy != NULL &&
		json_object_equal(sent_copy, got_copy);
	glue_json_tree_free(sent_copy);
	glue_json_tree_free(got_copy);
	return differs;
}

/* Is it a text without hidden parts? */
static bool
is_shown(json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	return strstr(text, GLUE_REDACTED) == NULL &&
		text[strspn(text, "*")] != '\0';
}

/* The same text, or the same JSON with another formatting. */
static bool
same_text(json_object *a, json_object *b)
{
	json_object *a_tree;
	json_object *b_tree;
	bool		same;

	if (json_object_equal(a, b))
		return true;
	a_tree = glue_json_tree_parse_string(a);
	b_tree = glue_json_tree_parse_string(b);
	same = a_tree != NULL && b_tree != NULL &&
		json_object_equal(a_tree, b_tree);
	glue_json_tree_free(a_tree);
	glue_json_tree_free(b_tree);
	return same;
}

/* A property without its secrets; NULL if there is no memory. */
static json_object *
redacted(const char *key, json_object *value)
{
	json_object *object = json_object_new_object();
	json_object *copy = NULL;

	if (object != NULL && json_object_object_add(object, key, value) == 0)
	{
		json_object_get(value);
		copy = glue_redact_copy(object);
	}
	json_object_put(object);
	return copy;
}
