/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  Comparison of a sent definition with AWS Glue's.
 *
 * A connection is written as ConnectionInput and read as Connection, which are
 * different shapes.  This comparison decides whether Glue has the definition
 * that was sent, as far as it is visible:
 *
 *	- Only members in both shapes are compared.  So members of requests
 *	  alone (ValidateCredentials, inline credentials) and members of answers
 *	  alone (Status, CreationTime) are ignored.
 *	- Secrets are ignored if Glue returns them encrypted, hidden or not at
 *	  all.  Visible secrets are compared, such as "sharepoint.clientSecret" and
 *	  passwords within a URL or a JSON text, but the difference is never shown.
 *	  So are values that are no secrets, such as a reference to one, or a
 *	  placeholder.
 *	- A recorded value that is hidden, although its name is not that of a
 *	  secret, is unknown: an earlier version classified it as a secret.
 *	  glue_definition_reveals() finds it.
 *	- null, "" and empty objects and arrays count as absent, because Glue
 *	  drops them.
 *	- The order of lists is ignored.
 *	- Strings with JSON are compared as JSON.
 *	- Values that Glue hides or adds are ignored: the KMS key of a secret
 *	  that it made, the ARN of that secret, and properties with their
 *	  default values.
 *
 * Both sides are redacted copies, so no reported value can be a secret.  The
 * copies are allocated during the reports, so the sink must return.
 *
 * IDENTIFICATION
 *	  src/glue/compare.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/compare.h"

#include <string.h>

#include "glue/model.h"
#include "glue/redact.h"
#include "glue/redact_key.h"
#include "glue/redact_string.h"
#include "glue/same_value.h"
#include "secret/secret_name.h"
#include "text/ascii.h"
#include "text/json.h"

/*
 * Properties of a connection and their documented default values, which are
 * equivalent to no property.  Deployments have connections of other types than
 * KAFKA with KAFKA_SSL_ENABLED "false", which has no meaning there.  Any other
 * property, and any other value, was set by a user.
 */
typedef struct DefaultProperty
{
	const char *key;
	const char *value;
	const char *other_value;	/* for other types than KAFKA */
} DefaultProperty;

static const DefaultProperty default_properties[] = {
	{"JDBC_ENFORCE_SSL", "false", "false"},
	{"KAFKA_SKIP_CUSTOM_CERT_VALIDATION", "false", "false"},
	{"KAFKA_SSL_ENABLED", "true", "false"},
	{"SKIP_CUSTOM_JDBC_CERT_VALIDATION", "false", "false"},
};

typedef struct Comparison
{
	GlueDifferences differences;
	bool		recorded;		/* the sent one is a record, which may hide
								 * too much */
	const char *type;			/* of Glue's connection, or NULL */
} Comparison;

static void compare_values(Comparison *comparison, const GluePath *path,
						   const GlueShape *sent_shape,
						   const GlueShape *got_shape, json_object *sent,
						   json_object *got);

/*
 * Hide the members of an object that are hidden in the recorded one; see
 * counts().
 */
static void
forget_hidden(json_object *sent, json_object *got)
{
	struct json_object_iter iter;

	glue_json_foreach(sent, iter)
	{
		json_object *other = json_object_object_get(got, iter.key);

		if (!glue_is_hidden(iter.val))
			forget_hidden(iter.val, other);
		else if (other != NULL &&
				 glue_secret_name_kind(iter.key, strlen(iter.key)) !=
				 GLUE_NAME_PLAIN)
			json_object_object_add(got, iter.key, json_object_get(iter.val));
	}
}

/*
 * Are two values equal, or strings that hold the same JSON?
 */
static bool
same_strings(const Comparison *comparison, json_object *sent,
			 json_object *got)
{
	json_object *sent_json;
	json_object *got_json;
	bool		same;

	if (json_object_equal(sent, got))
		return true;
	if (!json_object_is_type(sent, json_type_string) ||
		!json_object_is_type(got, json_type_string) ||
		strpbrk(json_object_get_string(sent), "{[") == NULL)
		return false;
	sent_json = glue_json_tree_parse_string(sent);
	got_json = glue_json_tree_parse_string(got);
	if (comparison->recorded)
		forget_hidden(sent_json, got_json);
	same = sent_json != NULL && got_json != NULL &&
		json_object_equal(sent_json, got_json);
	glue_json_tree_free(sent_json);
	glue_json_tree_free(got_json);
	return same;
}

/* Is it a text in which nothing is hidden? */
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

/* A property without its secrets; NULL if memory is short. */
static json_object *
redacted_property(const char *key, json_object *value)
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

/*
 * Are two values of a property the same but for a secret that both show?  An
 * encrypted value can differ each time.
 *
 * If memory is short, they are not known to differ.
 */
static bool
shown_secret_differs(const Comparison *comparison, const char *key,
					 json_object *sent, json_object *got)
{
	json_object *sent_copy;
	json_object *got_copy;
	bool		differs;

	if (!is_shown(sent) || !is_shown(got) ||
		same_strings(comparison, sent, got) ||
		strncmp(key, "ENCRYPTED_", 10) == 0)
		return false;
	sent_copy = redacted_property(key, sent);
	got_copy = redacted_property(key, got);
	differs = sent_copy != NULL && got_copy != NULL &&
		json_object_equal(sent_copy, got_copy);
	glue_json_tree_free(sent_copy);
	glue_json_tree_free(got_copy);
	return differs;
}

/*
 * Compare the secrets that are visible on both sides of a map of properties.
 */
static void
compare_shown_secrets(Comparison *comparison, const char *name,
					  json_object *sent, json_object *got)
{
	struct json_object_iter iter;

	glue_json_foreach(sent, iter)
	{
		if (shown_secret_differs(comparison, iter.key, iter.val,
								 json_object_object_get(got, iter.key)))
			glue_difference_tell_member(&comparison->differences, name,
										iter.key,
										"has another secret in AWS Glue");
	}
}

/* Does a map have a property that was not sent, with its default value? */
static bool
is_added_by_glue(const Comparison *comparison, const GluePath *map,
				 const char *key, json_object *sent, json_object *got)
{
	if (strcmp(map->key, "ConnectionProperties") != 0 ||
		!glue_is_nothing(sent) || !json_object_is_type(got, json_type_string))
		return false;
	for (size_t i = 0; i < sizeof(default_properties) / sizeof(DefaultProperty); i++)
	{
		const DefaultProperty *property = &default_properties[i];

		if (strcmp(key, property->key) == 0)
			return strcmp(json_object_get_string(got),
						  glue_same_text(comparison->type, "KAFKA") ?
						  property->value : property->other_value) == 0;
	}
	return false;
}

/*
 * Does a difference between the values of a property count?
 *
 * Not if both are absent.  Nor if a secret is hidden on both sides, or is
 * missing on one: Glue hides the passwords that it knows.  If the record hides
 * a value that Glue shows, the old value is unknown; but if its name is not a
 * secret's, it was a secret by its form, so the difference counts.
 */
static bool
counts(const Comparison *comparison, const char *key,
	   json_object *sent, json_object *got)
{
	GlueNameKind kind = glue_secret_name_kind(key, strlen(key));
	bool		both = !glue_is_nothing(sent) && !glue_is_nothing(got);

	if (!both && glue_is_nothing(sent) == glue_is_nothing(got))
		return false;
	if (both)
		return !(comparison->recorded && glue_is_hidden(sent) &&
				 kind != GLUE_NAME_PLAIN);
	return kind != GLUE_NAME_SECRET &&
		!(glue_redact_is_secret_key(key) &&
		  (glue_is_hidden(sent) || glue_is_hidden(got)));
}

/* Compare two values of a map, each of which may be absent. */
static void
compare_entries(Comparison *comparison, const GluePath *map, const char *key,
				json_object *sent, json_object *got)
{
	GluePath	path = {map, key, 0};

	if (counts(comparison, key, sent, got) &&
		!is_added_by_glue(comparison, map, key, sent, got) &&
		!same_strings(comparison, sent, got))
		glue_difference_report(&comparison->differences, &path, sent, got);
}

/*
 * Compare two maps of strings, each of which may be absent.
 */
static void
compare_maps(Comparison *comparison, const GluePath *path,
			 json_object *sent, json_object *got)
{
	struct json_object_iter iter;

	if ((sent != NULL && !json_object_is_type(sent, json_type_object)) ||
		(got != NULL && !json_object_is_type(got, json_type_object)))
	{
		glue_difference_report(&comparison->differences, path, sent, got);
		return;
	}
	glue_json_foreach(sent, iter)
	{
		compare_entries(comparison, path, iter.key, iter.val,
						json_object_object_get(got, iter.key));
	}
	glue_json_foreach(got, iter)
	{
		if (!json_object_object_get_ex(sent, iter.key, NULL))
			compare_entries(comparison, path, iter.key, NULL, iter.val);
	}
}

/*
 * Is this a member of AuthenticationConfiguration that Glue need not return
 * unchanged?
 *
 * Glue makes a secret of its own from inline credentials, encrypted with the
 * given KMS key, and returns the ARN of the secret.
 */
static bool
is_kept_by_glue(const GlueShape *shape, const char *name,
				json_object *sent, json_object *got)
{
	if (strcmp(shape->name, "AuthenticationConfiguration") != 0)
		return false;
	if (strcmp(name, "KmsKeyArn") == 0)
		return glue_is_nothing(json_object_object_get(got, name));
	return strcmp(name, "SecretArn") == 0 &&
		glue_is_nothing(json_object_object_get(sent, name));
}

/*
 * Compare the common members of two structures.
 */
static void
compare_structures(Comparison *comparison, const GluePath *path,
				   const GlueShape *sent_shape, const GlueShape *got_shape,
				   json_object *sent, json_object *got)
{
	for (int i = 0; i < sent_shape->member_count; i++)
	{
		const GlueMember *member = &sent_shape->members[i];
		const GlueMember *other = glue_model_member(got_shape, member->name);
		GluePath	inner = {path, member->name, 0};

		if (other == NULL || glue_redact_is_secret_key(member->name) ||
			is_kept_by_glue(got_shape, member->name, sent, got))
			continue;
		compare_values(comparison, &inner, member->shape, other->shape,
					   json_object_object_get(sent, member->name),
					   json_object_object_get(got, member->name));
	}
}

static void
compare_values(Comparison *comparison, const GluePath *path,
			   const GlueShape *sent_shape, const GlueShape *got_shape,
			   json_object *sent, json_object *got)
{
	bool		same;

	/* a value of the wrong type is also equal to itself */
	if ((glue_is_nothing(sent) && glue_is_nothing(got)) ||
		json_object_equal(sent, got))
		return;
	if (sent_shape->type == GLUE_TYPE_STRUCTURE &&
		got_shape->type == GLUE_TYPE_STRUCTURE)
	{
		compare_structures(comparison, path, sent_shape, got_shape, sent, got);
		return;
	}
	if (comparison->recorded && glue_is_hidden(sent) && !glue_is_nothing(got))
		return;
	if (sent_shape->type == GLUE_TYPE_MAP)
	{
		compare_maps(comparison, path, sent, got);
		return;
	}
	if (sent_shape->type == GLUE_TYPE_LIST)
		same = glue_same_entries(sent, got);
	else
		same = same_strings(comparison, sent, got);
	if (!same)
		glue_difference_report(&comparison->differences, path, sent, got);
}

/*
 * Return a copy of a tree without its secrets, or NULL if there is no memory.
 * A NULL tree becomes an empty object.
 */
static json_object *
redacted_copy(json_object *tree)
{
	return tree == NULL ? json_object_new_object() : glue_redact_copy(tree);
}

static void
compare_copies(Comparison *comparison, json_object *sent, json_object *got)
{
	json_object *sent_copy = redacted_copy(sent);
	json_object *got_copy = redacted_copy(got);

	if (sent_copy == NULL || got_copy == NULL)
		comparison->differences.equal = false;
	else
		compare_structures(comparison, &glue_root_path,
						   glue_model_shape("ConnectionInput"),
						   glue_model_shape("Connection"),
						   sent_copy, got_copy);
	glue_json_tree_free(sent_copy);
	glue_json_tree_free(got_copy);
}

/*
 * Compare the ConnectionInput that was sent with the Connection that Glue
 * returned (the member "Connection" of GetConnection's answer).
 *
 * The sent input should be normalized.  Returns true if they are equal, and
 * otherwise reports every difference to the sink: members of ConnectionInput
 * by name, and in maps the sent ones before the others.  If there is no
 * memory, the result is false and the sink is not called.
 */
bool
glue_compare_definitions(json_object *sent, json_object *got,
						 GlueDifferenceSink sink, void *arg)
{
	static const char *const maps[] = {
		"AthenaProperties", "ConnectionProperties", "PythonProperties",
		"SparkProperties"
	};
	Comparison	comparison = {{sink, arg, true}, glue_holds_hidden(sent),
		glue_json_tree_text(got, "ConnectionType")};

	compare_copies(&comparison, sent, got);
	for (size_t i = 0; i < sizeof(maps) / sizeof(char *); i++)
		compare_shown_secrets(&comparison, maps[i],
							  json_object_object_get(sent, maps[i]),
							  json_object_object_get(got, maps[i]));
	return comparison.differences.equal;
}

/*
 * Does Glue show a value that the record hides, although it would not be
 * hidden now?  Then the record should be renewed.
 */
bool
glue_definition_reveals(json_object *recorded, json_object *got)
{
	Comparison	comparison = {{NULL, NULL, true}, false,
		glue_json_tree_text(got, "ConnectionType")};

	if (!glue_holds_hidden(recorded))
		return false;
	compare_copies(&comparison, recorded, got);
	return !comparison.differences.equal;
}

/*
 * Compare the tags that a connection should have with its actual tags.
 *
 * Tags with keys that AWS reserves are compared only if they were sent.  got
 * is NULL if there are none.
 */
bool
glue_compare_tags(json_object *sent, json_object *got,
				  GlueDifferenceSink sink, void *arg)
{
	GlueDifferences differences = {sink, arg, true};
	struct json_object_iter iter;

	json_object_object_foreachC(sent, iter)
	{
		json_object *other = json_object_object_get(got, iter.key);

		if (!json_object_equal(iter.val, other))
			glue_difference_report_tag(&differences, iter.key, iter.val,
									   other);
	}
	glue_json_foreach(got, iter)
	{
		if (strncmp(iter.key, "aws:", strlen("aws:")) != 0 &&
			!json_object_object_get_ex(sent, iter.key, NULL))
			glue_difference_report_tag(&differences, iter.key, NULL, iter.val);
	}
	return differences.equal;
}
