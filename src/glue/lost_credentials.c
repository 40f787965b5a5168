/*-------------------------------------------------------------------------
 *
 * lost_credentials.c
 *	  Credentials that an update would delete.
 *
 * UpdateConnection replaces the whole definition, and no password can be read
 * back in order to send it again.  So an input that was made from
 * GetConnection's answer would silently delete the connection's password.
 * This file finds the credentials of a connection that the input lacks:
 *
 *	- properties that are secrets, or hold one, if they are visible: in
 *	  Glue's answer, perhaps encrypted, or in the record;
 *	- a hidden password that can only be inferred: Glue accepts no user name
 *	  without one, and a keystore has one;
 *	- the credentials of AuthenticationConfiguration, which Glue keeps in a
 *	  secret of its own or does not show at all.
 *
 * The record may be outdated, and only counts if Glue's answer does not
 * contradict it.
 *
 * A reference to a secret in the input replaces the password, and a password
 * replaces credentials within a URL.  So do credentials of
 * AuthenticationConfiguration, if there were none before, and vice versa.
 *
 * IDENTIFICATION
 *	  src/glue/lost_credentials.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/lost_credentials.h"

#include <stdio.h>
#include <string.h>

#include "glue/redact.h"
#include "glue/redact_key.h"
#include "glue/same_value.h"
#include "glue/violation.h"
#include "secret/secret_name.h"
#include "text/ascii.h"
#include "text/json.h"

/*
 * Passwords of ConnectionProperties, the property that requires one, and the
 * references that can replace both.
 */
typedef struct Login
{
	const char *password;
	const char *user_name;
	const char *references[2];	/* or NULL */
} Login;

static const Login logins[] = {
	{"PASSWORD", "USERNAME", {"SECRET_ID"}},
	{"KAFKA_CLIENT_KEYSTORE_PASSWORD", "KAFKA_CLIENT_KEYSTORE", {NULL}},
	{"KAFKA_SASL_PLAIN_PASSWORD", "KAFKA_SASL_PLAIN_USERNAME", {"SECRET_ID"}},
	{"KAFKA_SASL_SCRAM_PASSWORD", "KAFKA_SASL_SCRAM_USERNAME",
	{"SECRET_ID", "KAFKA_SASL_SCRAM_SECRETS_ARN"}},
};

/* The maps of properties of a ConnectionInput. */
static const char *const maps[] = {
	"ConnectionProperties", "AthenaProperties", "PythonProperties",
	"SparkProperties",
};

/* The members of AuthenticationConfiguration that are credentials. */
static const char *const inline_credentials[] = {
	"BasicAuthenticationCredentials.Password",
	"CustomAuthenticationCredentials",
	"OAuth2Properties.AuthorizationCodeProperties.AuthorizationCode",
	"OAuth2Properties.OAuth2Credentials.AccessToken",
	"OAuth2Properties.OAuth2Credentials.JwtToken",
	"OAuth2Properties.OAuth2Credentials.RefreshToken",
	"OAuth2Properties.OAuth2Credentials.UserManagedClientApplicationClientSecret",
};

#define NINLINE (sizeof(inline_credentials) / sizeof(char *))

typedef struct Search
{
	json_object *input;
	bool		authenticates;	/* the input has AuthenticationConfiguration,
								 * and the connection had none */
	GlueDifferences differences;
} Search;

static bool loses_part(const Search *search, json_object *had,
					   json_object *now);

/* "PASSWORD" for "ENCRYPTED_PASSWORD". */
static const char *
plain_key(const char *key)
{
	const char *plain = glue_skip_prefix(key, "ENCRYPTED_");

	return plain != NULL ? plain : key;
}

/* Is there a member with a value that is not empty? */
static bool
has_value(json_object *object, const char *key)
{
	return !glue_is_nothing(json_object_object_get(object, key));
}

/*
 * Is there a secret of that name, encrypted or not?
 */
static bool
has_password(json_object *properties, const char *key)
{
	struct json_object_iter iter;

	glue_json_foreach(properties, iter)
	{
		if (strcmp(plain_key(iter.key), plain_key(key)) == 0 &&
			!glue_is_nothing(iter.val))
			return true;
	}
	return false;
}

static bool
is_referenced(json_object *properties, const Login *login)
{
	for (int i = 0; i < 2 && login->references[i] != NULL; i++)
	{
		if (has_value(properties, login->references[i]))
			return true;
	}
	return false;
}

/* The login whose password has this key, encrypted or not, or NULL. */
static const Login *
find_login(const char *key)
{
	for (size_t i = 0; i < sizeof(logins) / sizeof(Login); i++)
	{
		if (strcmp(plain_key(key), logins[i].password) == 0)
			return &logins[i];
	}
	return NULL;
}

/*
 * Does the input have a reference to a secret, under any name, that the
 * connection lacks?
 */
static bool
gives_reference(json_object *given, json_object *had)
{
	struct json_object_iter iter;

	glue_json_foreach(given, iter)
	{
		if (glue_secret_name_refers(iter.key, strlen(iter.key)) && !glue_is_nothing(iter.val) &&
			!has_value(had, iter.key))
			return true;
	}
	return false;
}

/*
 * Does the input have a secret of a map, or a reference in its place?
 */
static bool
gives_secret(const Search *search, json_object *given, json_object *had,
			 const char *key)
{
	const Login *login = find_login(key);

	if (has_password(given, key))
		return true;
	if (login == NULL)
		return search->authenticates || gives_reference(given, had);
	return is_referenced(given, login) ||
		(search->authenticates && login->references[0] != NULL);
}

/*
 * Does an object in a value have a secret that the other one lacks?
 */
static bool
loses_member(const Search *search, json_object *had, json_object *now)
{
	struct json_object_iter iter;

	if (!json_object_is_type(had, json_type_object) ||
		!json_object_is_type(now, json_type_object))
		return glue_redact_has_secret(had) && !glue_redact_has_secret(now);
	json_object_object_foreachC(had, iter)
	{
		json_object *value = json_object_object_get(now, iter.key);

		if (glue_redact_hides(NULL, iter.key, iter.val))
		{
			if (!glue_is_nothing(iter.val) &&
				!gives_secret(search, now, had, iter.key))
				return true;
		}
		else if (loses_part(search, iter.val, value) &&
				 !gives_reference(now, had))
			return true;
	}
	return false;
}

/*
 * Would credentials within a value that is no secret itself be deleted?  It
 * may be a URL, or a string of JSON with secrets among its members.
 */
static bool
loses_part(const Search *search, json_object *had, json_object *now)
{
	json_object *had_tree;
	json_object *tree;
	bool		loses;

	if (!glue_redact_has_secret(had))
		return false;
	if (!json_object_is_type(had, json_type_string))
		return loses_member(search, had, now);
	had_tree = glue_json_tree_parse_string(had);
	tree = glue_json_tree_parse_string(now);
	if (json_object_is_type(had_tree, json_type_object) &&
		json_object_is_type(tree, json_type_object))
		loses = loses_member(search, had_tree, tree);
	else
		loses = !glue_redact_has_secret(now);
	glue_json_tree_free(had_tree);
	glue_json_tree_free(tree);
	return loses;
}

/*
 * Find the secrets in a map of properties that the input lacks.
 */
static void
search_map(Search *search, const char *map, json_object *had)
{
	json_object *given = json_object_object_get(search->input, map);
	struct json_object_iter iter;

	glue_json_foreach(had, iter)
	{
		const char *plain = plain_key(iter.key);

		/* a key in both forms, encrypted and not, is one secret */
		if (!has_value(had, iter.key) ||
			(plain != iter.key && has_value(had, plain)))
			continue;
		if (glue_redact_hides(NULL, iter.key, iter.val))
		{
			if (!gives_secret(search, given, had, iter.key))
				glue_difference_tell_member(&search->differences, map, plain,
											"has a value that the input does "
											"not give");
		}
		else if (loses_part(search, iter.val,
							json_object_object_get(given, iter.key)) &&
				 !(has_value(given, "SECRET_ID") && !has_value(had, "SECRET_ID")) &&
				 !has_password(given, "PASSWORD") && !search->authenticates)
			glue_difference_tell_member(&search->differences, map, iter.key,
										"holds credentials that the input does "
										"not give");
	}
}

/*
 * Does Glue's answer determine a login, so that the record does not matter?
 */
static bool
is_login_known(json_object *recorded, json_object *existing,
			   const Login *login)
{
	return is_referenced(existing, login) ||
		has_value(existing, login->user_name) ||
		has_value(recorded, login->user_name);
}

/*
 * Find recorded secrets that Glue does not show.
 */
static void
search_recorded(Search *search, const char *map, json_object *recorded,
				json_object *existing)
{
	json_object *given = json_object_object_get(search->input, map);
	bool		has_logins = strcmp(map, "ConnectionProperties") == 0;
	struct json_object_iter iter;

	glue_json_foreach(recorded, iter)
	{
		const char *plain = plain_key(iter.key);
		const Login *login = has_logins ? find_login(iter.key) : NULL;

		if (!has_value(recorded, iter.key) ||
			(plain != iter.key && has_value(recorded, plain)) ||
			!glue_redact_hides(NULL, iter.key, iter.val) ||
			has_password(existing, iter.key) ||
			(login != NULL && is_login_known(recorded, existing, login)) ||
			gives_secret(search, given, recorded, iter.key))
			continue;
		glue_difference_tell_member(&search->differences, map, plain,
									"was given before and is hidden, and the "
									"input does not give it");
	}
}

/*
 * Find the passwords that other properties imply.
 */
static void
search_logins(Search *search, json_object *had)
{
	json_object *given = json_object_object_get(search->input,
												"ConnectionProperties");

	for (size_t i = 0; i < sizeof(logins) / sizeof(Login); i++)
	{
		const Login *login = &logins[i];

		if (has_value(had, login->user_name) &&
			!is_referenced(had, login) && !has_password(had, login->password) &&
			!gives_secret(search, given, had, login->password))
			glue_difference_tell_member(&search->differences,
										"ConnectionProperties",
										login->password,
										"has a hidden value that the "
										"input does not give");
	}
}

/* The member at the end of a path of names of the model, or NULL. */
static json_object *
follow(json_object *object, const char *path)
{
	char		name[64];		/* the longest one has 40 bytes */

	for (size_t len; object != NULL && *path != '\0';
		 path += len + (path[len] == '.'))
	{
		len = strcspn(path, ".");
		memcpy(name, path, len);
		name[len] = '\0';
		object = json_object_object_get(object, name);
	}
	return object;
}

static bool
gives_inline(json_object *given)
{
	for (size_t i = 0; i < NINLINE; i++)
	{
		if (follow(given, inline_credentials[i]) != NULL)
			return true;
	}
	return false;
}

/*
 * Are two AuthenticationConfigurations of one type, as far as it is known?
 */
static bool
is_same_type(json_object *a, json_object *b)
{
	json_object *type = json_object_object_get(a, "AuthenticationType");
	json_object *other = json_object_object_get(b, "AuthenticationType");

	return glue_is_nothing(type) || glue_is_nothing(other) ||
		json_object_equal(type, other) != 0;
}

static bool
is_type(json_object *authentication, const char *type)
{
	return glue_same_text(glue_json_tree_text(authentication,
											  "AuthenticationType"), type);
}

/* Report a difference of a member of AuthenticationConfiguration. */
static void
report_authentication(Search *search, const char *member, const char *message)
{
	char		text[160];
	GluePath	path = {NULL, text, 0};

	snprintf(text, sizeof(text), "$.AuthenticationConfiguration.%s", member);
	glue_difference_tell(&search->differences, &path, message);
}

/*
 * Find recorded credentials that the input lacks; false if there are none.
 */
static bool
search_inline(Search *search, json_object *recorded, json_object *given)
{
	bool		found = false;

	for (size_t i = 0; i < NINLINE; i++)
	{
		if (glue_is_nothing(follow(recorded, inline_credentials[i])) ||
			follow(given, inline_credentials[i]) != NULL)
			continue;
		report_authentication(search, inline_credentials[i],
							  "was given before and is hidden, and the input "
							  "does not give it");
		found = true;
	}
	return found;
}

/*
 * Find secrets in the token URL of OAuth 2 and in its parameters.
 */
static void
search_token_url(Search *search, json_object *had, json_object *given)
{
	static const char parameters[] = "OAuth2Properties.TokenUrlParametersMap";
	static const char url[] = "OAuth2Properties.TokenUrl";

	if (loses_part(search, follow(had, parameters), follow(given, parameters)))
		report_authentication(search, parameters,
							  "holds a secret that the input does not give");
	if (loses_part(search, follow(had, url), follow(given, url)))
		report_authentication(search, url,
							  "holds credentials that the input does not "
							  "give");
}

/*
 * Report that the credentials of AuthenticationConfiguration would be deleted.
 */
static void
report_no_credentials(Search *search, json_object *had)
{
	if (has_value(had, "SecretArn"))
		report_authentication(search, "SecretArn",
							  "refers to a secret, and the input has neither "
							  "a reference nor credentials");
	else if (is_type(had, "BASIC") || is_type(had, "CUSTOM") ||
			 is_type(had, "OAUTH2"))
		report_authentication(search, "AuthenticationType",
							  "implies hidden credentials, and the input has "
							  "neither a reference nor credentials");
}

/*
 * Find the credentials of AuthenticationConfiguration.
 *
 * Glue always shows its type, so without a type there are no credentials.  An
 * input may have another kind of credentials, or declare that none are needed.
 */
static void
search_authentication(Search *search, json_object *had, json_object *recorded)
{
	json_object *given = json_object_object_get(search->input,
												"AuthenticationConfiguration");
	json_object *properties = json_object_object_get(search->input,
													 "ConnectionProperties");
	bool		same_type = is_same_type(had, given);

	if (glue_is_nothing(had) || is_type(given, "IAM"))
		return;
	if (glue_is_nothing(given) && (has_value(properties, "SECRET_ID") ||
								   has_password(properties, "PASSWORD")))
		return;
	if (same_type)
		search_token_url(search, had, given);
	if (has_value(given, "SecretArn") || (gives_inline(given) && !same_type))
		return;
	if ((is_same_type(had, recorded) &&
		 search_inline(search, recorded, given)) ||
		gives_inline(given))
		return;
	report_no_credentials(search, had);
}

/*
 * Find the credentials of a connection that an update with the input would
 * delete.
 *
 * existing is GetConnection's answer.  recorded is the latest redacted
 * ConnectionInput that was sent, or NULL.  Returns true if there are any, and
 * reports each of them to the sink.
 */
bool
glue_find_credential_losses(json_object *existing, json_object *recorded,
							json_object *input,
							GlueDifferenceSink sink, void *arg)
{
	static const char authentication[] = "AuthenticationConfiguration";
	json_object *had_authentication = json_object_object_get(existing,
															 authentication);
	json_object *given = json_object_object_get(input, authentication);
	Search		search = {input, false, {sink, arg, true}};

	search.authenticates = !has_value(had_authentication, "SecretArn") &&
		(has_value(given, "SecretArn") || gives_inline(given));

	for (size_t i = 0; i < sizeof(maps) / sizeof(char *); i++)
	{
		json_object *had = json_object_object_get(existing, maps[i]);

		search_map(&search, maps[i], had);
		search_recorded(&search, maps[i],
						json_object_object_get(recorded, maps[i]), had);
	}
	search_logins(&search,
				  json_object_object_get(existing, "ConnectionProperties"));
	search_authentication(&search, had_authentication,
						  json_object_object_get(recorded, authentication));
	return !search.differences.equal;
}
