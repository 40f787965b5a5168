/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  Comparison of a definition that was sent with what AWS Glue has.
 *
 * A connection is written as ConnectionInput and read as Connection, and the
 * two are not the same.  This comparison says whether Glue has what was sent,
 * as far as it can be seen:
 *
 *	- Only what both shapes of the model have is compared.  So members that
 *	  only a request has (ValidateCredentials, inline credentials) and members
 *	  that only an answer has (Status, CreationTime) do not count.
 *	- Secrets do not count if Glue returns them encrypted, hidden or not at all.
 *	  Those that it shows do, and so does all that is no secret, such as a
 *	  reference to one, or a placeholder.
 *	- What was recorded as hidden, and is no secret by its name, is not known:
 *	  an earlier classification hid it.  glue_definition_reveals() finds it.
 *	- null, "" and empty objects and arrays are the same as nothing, because
 *	  Glue drops them.
 *	- The order of lists does not count.
 *	- Strings of JSON are compared as JSON.
 *	- What Glue keeps to itself or adds by itself does not count: the KMS key
 *	  of a secret that it made, the ARN of that secret, and properties with the
 *	  value that they have by default.
 *
 * Both sides are redacted copies, so no value that is reported can be a
 * secret.  Since copies are held meanwhile, the sink must return.
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
#include "glue/shown_secret.h"
#include "secret/secret_name.h"
#include "text/json.h"

/*
 * Properties of a connection and the values that AWS documents as their
 * defaults: to have them says no more than not to have them.  Connections of
 * other types than KAFKA are seen in deployments with KAFKA_SSL_ENABLED "false",
 * which means nothing there.  Any other property, and any other value, was given
 * by somebody.
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
	bool		recorded;		/* the sent one was, so it may hide too much */
	bool		is_kafka;		/* is that the type of what Glue has? */
} Comparison;

static void compare_shown_secrets(Comparison *comparison, const char *name,
								  json_object *sent, json_object *got);
static void compare_copies(Comparison *comparison, json_object *sent,
						   json_object *got);
static json_object *redacted_copy(json_object *tree);
static void compare_structures(Comparison *comparison, const GluePath *path,
							   const GlueShape *sent_shape,
							   const GlueShape *got_shape, json_object *sent,
							   json_object *got);
static bool is_kept_by_glue(const GlueShape *shape, const char *name,
							json_object *sent, json_object *got);
static void compare_values(Comparison *comparison, const GluePath *path,
						   const GlueShape *sent_shape,
						   const GlueShape *got_shape, json_object *sent,
						   json_object *got);
static void compare_maps(Comparison *comparison, const GluePath *path,
						 json_object *sent, json_object *got);
static bool is_kafka(json_object *connection);
static bool is_added_by_glue(const Comparison *comparison, const GluePath *map,
							 const char *key, json_object *sent,
							 json_object *got);
static bool counts(const Comparison *comparison, const char *key,
				   json_object *sent, json_object *got);
static bool same_strings(const Comparison *comparison, json_object *sent,
						 json_object *got);
static void forget_hidden(json_object *sent, json_object *got);

/*
 * Compare the ConnectionInput that was sent with the Connection that Glue
 * returned (what GetConnection has as "Connection").
 *
 * The sent input should be normalized.  Returns true if they are equal, and
 * otherwise gives every difference to the sink: those of ConnectionInput's
 * members by name, and of maps those that were sent before those that were
 * not.  If memory is short, the result is false and the sink is not called.
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
		is_kafka(got)};

	compare_copies(&comparison, sent, got);
	for (size_t i = 0; i < sizeof(maps) / sizeof(char *); i++)
		compare_shown_secrets(&comparison, maps[i],
							  glue_member_of(sent, maps[i]),
							  glue_member_of(got, maps[i]));
	return comparison.differences.equal;
}

/*
 * Compare the secrets that both sides show in a map of properties.
 */
static void
compare_shown_secrets(Comparison *comparison, const char *name,
					  json_object *sent, json_object *got)
{
	GluePath	root = {NULL, "$", 0};
	GluePath	map = {&root, name, 0};
	struct json_object_iter iter;

	if (!json_object_is_type(sent, json_type_object) ||
		!json_object_is_type(got, json_type_object))
		return;
	json_object_object_foreachC(sent, iter)
	{
		GluePath	path = {&map, iter.key, 0};

		if (!glue_shown_secret_differs(iter.key, iter.val,
									   json_object_object_get(got, iter.key)))
			continue;
		glue_difference_tell(&comparison->differences, &path,
							 "has another secret in AWS Glue");
	}
}

/*
 * Does Glue show something that is recorded as hidden, although it is none
 * that would be hidden now?  Then the record should be made anew.
 */
bool
glue_definition_reveals(json_object *recorded, json_object *got)
{
	Comparison	comparison = {{NULL, NULL, true}, false, is_kafka(got)};

	if (!glue_holds_hidden(recorded))
		return false;
	compare_copies(&comparison, recorded, got);
	return !comparison.differences.equal;
}

static void
compare_copies(Comparison *comparison, json_object *sent, json_object *got)
{
	GluePath	root = {NULL, "$", 0};
	json_object *sent_copy = redacted_copy(sent);
	json_object *got_copy = redacted_copy(got);

	if (sent_copy == NULL || got_copy == NULL)
		comparison->differences.equal = false;
	else
		compare_structures(comparison, &root,
						   glue_model_shape("ConnectionInput"),
						   glue_model_shape("Connection"),
						   sent_copy, got_copy);
	glue_json_tree_free(sent_copy);
	glue_json_tree_free(got_copy);
}

/*
 * Compare the tags that a connection should have with those that it has.
 *
 * Tags whose keys AWS keeps for itself count only if they were given.  got is
 * NULL if there are none.
 */
bool
glue_compare_tags(json_object *sent, json_object *got,
				  GlueDifferenceSink sink, void *arg)
{
	GlueDifferences differences = {sink, arg, true};
	GluePath	root = {NULL, "$.Tags", 0};
	struct json_object_iter iter;

	json_object_object_foreachC(sent, iter)
	{
		json_object *other = glue_member_of(got, iter.key);

		if (!json_object_equal(iter.val, other))
			glue_difference_report_tag(&differences, &root, iter.key,
									   iter.val, other);
	}
	if (got == NULL)
		return differences.equal;
	json_object_object_foreachC(got, iter)
	{
		if (strncmp(iter.key, "aws:", strlen("aws:")) != 0 &&
			!json_object_object_get_ex(sent, iter.key, NULL))
			glue_difference_report_tag(&differences, &root, iter.key,
									   NULL, iter.val);
	}
	return differences.equal;
}

/*
 * Return a copy of a tree without its secrets, or NULL if memory is short.
 * What is not there is empty.
 */
static json_object *
redacted_copy(json_object *tree)
{
	return tree == NULL ? json_object_new_object() : glue_redact_copy(tree);
}

/*
 * Compare what two structures have in common.
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
					   glue_member_of(sent, member->name),
					   glue_member_of(got, member->name));
	}
}

/*
 * Is this a member of AuthenticationConfiguration that Glue need not return
 * as it was sent?
 *
 * From inline credentials it makes a secret of its own, encrypted with the KMS
 * key that was given, and returns the ARN of the secret.
 */
static bool
is_kept_by_glue(const GlueShape *shape, const char *name,
				json_object *sent, json_object *got)
{
	if (strcmp(shape->name, "AuthenticationConfiguration") != 0)
		return false;
	if (strcmp(name, "KmsKeyArn") == 0)
		return glue_is_nothing(glue_member_of(got, name));
	return strcmp(name, "SecretArn") == 0 && glue_is_nothing(glue_member_of(sent, name));
}

static void
compare_values(Comparison *comparison, const GluePath *path,
			   const GlueShape *sent_shape, const GlueShape *got_shape,
			   json_object *sent, json_object *got)
{
	bool		same;

	/* what is of the wrong type is also equal to itself */
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
 * Compare two maps of strings, either of which may be nothing.
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
	if (sent != NULL)
	{
		json_object_object_foreachC(sent, iter)
		{
			GluePath	inner = {path, iter.key, 0};
			json_object *other = glue_member_of(got, iter.key);

			if (!counts(comparison, iter.key, iter.val, other) ||
				is_added_by_glue(comparison, path, iter.key, iter.val, other) ||
				same_strings(comparison, iter.val, other))
				continue;
			glue_difference_report(&comparison->differences, &inner,
								   iter.val, other);
		}
	}
	if (got != NULL)
	{
		json_object_object_foreachC(got, iter)
		{
			GluePath	inner = {path, iter.key, 0};

			if ((sent != NULL &&
				 json_object_object_get_ex(sent, iter.key, NULL)) ||
				!counts(comparison, iter.key, NULL, iter.val) ||
				is_added_by_glue(comparison, path, iter.key, NULL, iter.val))
				continue;
			glue_difference_report(&comparison->differences, &inner,
								   NULL, iter.val);
		}
	}
}

static bool
is_kafka(json_object *connection)
{
	json_object *type = glue_member_of(connection, "ConnectionType");

	return json_object_is_type(type, json_type_string) &&
		strcmp(json_object_get_string(type), "KAFKA") == 0;
}

/* Has a map a property, which was not given, with what is its default anyway? */
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
						  comparison->is_kafka ? property->value :
						  property->other_value) == 0;
	}
	return false;
}

/*
 * Does it count if the values of a property differ?
 *
 * Not if both are nothing.  Nor if a secret is hidden on both sides, or is
 * missing on one: Glue hides the passwords that it knows.  Of what is recorded
 * as hidden and shown now, nobody knows what it was; but that of a name that
 * says nothing of secrets was one.
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

/*
 * Hide the members of an object that another one, which was recorded, has as
 * hidden; see counts().
 */
static void
forget_hidden(json_object *sent, json_object *got)
{
	struct json_object_iter iter;

	if (!json_object_is_type(sent, json_type_object) ||
		!json_object_is_type(got, json_type_object))
		return;
	json_object_object_foreachC(sent, iter)
	{
		json_object *other = glue_member_of(got, iter.key);

		if (!glue_is_hidden(iter.val))
			forget_hidden(iter.val, other);
		else if (other != NULL &&
				 glue_secret_name_kind(iter.key, strlen(iter.key)) !=
				 GLUE_NAME_PLAIN)
			json_object_object_add(got, iter.key, json_object_get(iter.val));
	}
}
