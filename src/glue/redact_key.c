/*-------------------------------------------------------------------------
 *
 * redact_key.c
 *	  Classification of values by their keys.
 *
 * The value of a member is classified by its key, at any depth:
 *
 *	- Members that AWS Glue's model marks as sensitive are secret as a
 *	  whole.
 *	- Any other key is classified by its end (secret_name.c), and its value
 *	  is a secret unless its form excludes that (secret_form.c).  Members of
 *	  the model, such as ValidateCredentials, and references, such as
 *	  SECRET_ID, are no secrets, provided that the value has the expected
 *	  type.
 *	- Of a pair {"Name": "password", "Value": ...}, or the like, the name is
 *	  the key.
 *
 * The members of TokenUrlParametersMap, which the model does not mark, are
 * classified like those of other maps: scope, audience and resource are kept.
 *
 * IDENTIFICATION
 *	  src/glue/redact_key.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/redact_key.h"

#include <string.h>

#include "glue/model.h"
#include "glue/redact_string.h"
#include "secret/secret_form.h"
#include "secret/secret_name.h"

/*
 * Classify a key, also by the model, whose sensitive names are all names of
 * secrets by themselves.  Unless it is GLUE_NAME_PLAIN, *types is the set of
 * types of value that can be no secret: none, if the model marks the key as
 * sensitive.
 */
static GlueNameKind
classify_key(const char *key, int *types)
{
	GlueNameKind kind = glue_secret_name_kind(key, strlen(key));
	const GlueMemberName *member;

	if (kind == GLUE_NAME_PLAIN)
		return kind;
	*types = GLUE_TYPE_STRING | GLUE_TYPE_BOOLEAN | GLUE_TYPE_NUMBER;
	member = glue_model_member_name(key);
	if (member == NULL)
		return kind;
	*types = member->sensitive ? 0 : member->types;
	return member->sensitive ? GLUE_NAME_SECRET : GLUE_NAME_REFERENCE;
}

/*
 * If a member is the value of a pair of name and value, classify the name.
 */
static GlueNameKind
classify_pair(json_object *object, const char *key, int *types)
{
	static const char *const names[] = {
		"name", "Name", "NAME", "key", "Key", "KEY", "id", "field", "header",
		"option", "parameter", "property", "variable", "OptionName",
		"ParameterKey", "parameterKey", "ParameterName", "parameterName",
	};
	size_t		len = strlen(key);

	if (len > 5 && (key[len - 1] | 0x20) == 's')
		len--;
	if (object == NULL || len < 5 ||
		!glue_secret_same_name(&key[len - 5], 5, "value"))
		return GLUE_NAME_PLAIN;
	for (size_t i = 0; i < sizeof(names) / sizeof(char *); i++)
	{
		json_object *name;
		GlueNameKind kind;

		if (!json_object_object_get_ex(object, names[i], &name) ||
			!json_object_is_type(name, json_type_string))
			continue;
		kind = classify_key(json_object_get_string(name), types);
		if (kind != GLUE_NAME_PLAIN)
			return kind;
	}
	return GLUE_NAME_PLAIN;
}

/*
 * Is a value with this key a secret, according to the key alone?
 */
bool
glue_redact_is_secret_key(const char *key)
{
	int			types;

	return classify_key(key, &types) >= GLUE_NAME_ADDRESS;
}

/*
 * Is this value secret as a whole because of its key, or already redacted: is
 * its key a secret's, and does its form not exclude that?  It may be one of a
 * pair of members of an object, unless that is NULL.
 */
bool
glue_redact_hides(json_object *object, const char *key, json_object *value)
{
	int			types = 0;
	GlueNameKind kind = classify_key(key, &types);
	const char *text;
	size_t		len;

	if (kind == GLUE_NAME_SECRET && types == 0)
		return true;
	if (kind == GLUE_NAME_PLAIN)
		kind = classify_pair(object, key, &types);
	if (kind == GLUE_NAME_REFERENCE && value != NULL &&
		(types & glue_model_types_of(value)) == 0)
		kind = GLUE_NAME_SECRET;
	if (kind < GLUE_NAME_ADDRESS)
		return false;
	switch (json_object_get_type(value))
	{
		case json_type_boolean:
			return false;
		case json_type_int:
		case json_type_double:
			return kind > GLUE_NAME_MENTIONS;
		case json_type_string:
			text = json_object_get_string(value);
			len = (size_t) json_object_get_string_len(value);

			/* a value with a redacted part does not have that form any more */
			return !glue_form_is_public(kind, text, len) ||
				(kind > GLUE_NAME_ADDRESS &&
				 glue_text_has_secret(text, len, GLUE_TEXT_VALUE));
		default:
			return true;
	}
}
