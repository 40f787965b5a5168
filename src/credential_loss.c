/*-------------------------------------------------------------------------
 *
 * credential_loss.c
 *	  What credentials an update would wipe out.
 *
 * UpdateConnection replaces the whole definition, and nobody can read a
 * password back in order to give it again.  So an input that was made from
 * what GetConnection returns would silently leave the connection without its
 * password.  This finds what a connection has that the input does not give:
 *
 *	- properties that are secrets, or hold one, where they can be seen: as
 *	  Glue returns them, perhaps encrypted, or as they were recorded;
 *	- a password that can only be told from the user name beside it, since it
 *	  is hidden and Glue takes no user name without one;
 *	- the secret that AuthenticationConfiguration refers to, which Glue may
 *	  have made itself from inline credentials.
 *
 * A reference to a secret in the input takes the place of the password.
 *
 * IDENTIFICATION
 *	  src/credential_loss.c
 *
 *-------------------------------------------------------------------------
 */
#include "credential_loss.h"

#include <stdio.h>
#include <string.h>

#include "redact.h"
#include "violation.h"

#define PATH_SIZE		1024
#define ENCRYPTED		"ENCRYPTED_"

/*
 * Passwords of ConnectionProperties, the user name that goes with each, and
 * the reference that can stand for both besides SECRET_ID.
 */
typedef struct Login
{
	const char *password;
	const char *user_name;
	const char *reference;		/* or NULL */
} Login;

static const Login logins[] = {
	{"PASSWORD", "USERNAME", NULL},
	{"KAFKA_SASL_PLAIN_PASSWORD", "KAFKA_SASL_PLAIN_USERNAME", NULL},
	{"KAFKA_SASL_SCRAM_PASSWORD", "KAFKA_SASL_SCRAM_USERNAME",
	"KAFKA_SASL_SCRAM_SECRETS_ARN"},
};

/* The maps of properties that a ConnectionInput has. */
static const char *const maps[] = {
	"ConnectionProperties", "AthenaProperties", "PythonProperties",
	"SparkProperties",
};

/* The members of AuthenticationConfiguration that give credentials. */
static const char *const authentication_credentials[] = {
	"SecretArn", "BasicAuthenticationCredentials",
	"CustomAuthenticationCredentials",
};

typedef struct Search
{
	json_object *input;
	GlueDifferenceSink sink;
	void	   *arg;
	bool		found;
} Search;

static void search_map(Search *search, const char *map, json_object *had,
					   json_object *existing);
static void search_logins(Search *search, json_object *had);
static void search_authentication(Search *search, json_object *existing);
static bool is_login_known(json_object *recorded, json_object *existing,
						   const Login *login);
static const Login *find_login(const char *key);
static bool gives_password(json_object *given, const char *key);
static bool is_referenced(json_object *properties, const Login *login);
static const char *plain_key(const char *key);
static bool has_value(json_object *object, const char *key);
static void report(Search *search, const char *map, const char *key,
				   const char *message);

/*
 * Find the credentials that a connection has and would not have any more after
 * an update with the input.
 *
 * existing is what GetConnection returned.  recorded is the redacted
 * ConnectionInput that is known to have been sent, or NULL.  Returns true if
 * there are any, and gives each of them to the sink.
 */
bool
glue_find_credential_losses(json_object *existing, json_object *recorded,
							json_object *input,
							GlueDifferenceSink sink, void *arg)
{
	Search		search = {input, sink, arg, false};

	for (size_t i = 0; i < sizeof(maps) / sizeof(char *); i++)
	{
		json_object *had = glue_member_of(existing, maps[i]);

		search_map(&search, maps[i], had, NULL);
		if (had != NULL)
			search_map(&search, maps[i], glue_member_of(recorded, maps[i]),
					   had);
	}
	search_logins(&search, glue_member_of(existing, "ConnectionProperties"));
	search_authentication(&search, existing);
	return search.found;
}

/*
 * Find the secrets in a map of properties that the input does not give.
 *
 * had is what Glue has; or it is what was recorded, and existing what Glue has,
 * which need not be looked at again.
 */
static void
search_map(Search *search, const char *map, json_object *had,
		   json_object *existing)
{
	json_object *given = glue_member_of(search->input, map);
	struct json_object_iter iter;

	if (!json_object_is_type(had, json_type_object))
		return;
	json_object_object_foreachC(had, iter)
	{
		const Login *login = find_login(iter.key);
		json_object *now = glue_member_of(given, iter.key);
		bool		is_secret = glue_redact_is_secret_key(iter.key);

		if (!has_value(had, iter.key) ||
			(existing != NULL && has_value(existing, iter.key)))
			continue;
		if (is_secret)
		{
			if (gives_password(given, iter.key) ||
				(login != NULL && is_referenced(given, login)) ||
				(login != NULL && existing != NULL &&
				 is_login_known(had, existing, login)))
				continue;
			report(search, map, plain_key(iter.key),
				   "has a value that the input does not give");
		}
		else if (existing == NULL && glue_redact_has_secret(iter.val) &&
				 !glue_redact_has_secret(now) &&
				 !has_value(given, "SECRET_ID"))
			report(search, map, iter.key,
				   "holds credentials that the input does not give");
	}
}

/*
 * Does what Glue shows tell about a login, so that what was recorded does not
 * matter?
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
 * Find the passwords that are there because there is a user name.
 */
static void
search_logins(Search *search, json_object *had)
{
	json_object *given = glue_member_of(search->input, "ConnectionProperties");

	for (size_t i = 0; i < sizeof(logins) / sizeof(Login); i++)
	{
		const Login *login = &logins[i];
		char		encrypted[64];

		snprintf(encrypted, sizeof(encrypted), ENCRYPTED "%s",
				 login->password);
		if (!has_value(had, login->user_name) ||
			is_referenced(had, login) || is_referenced(given, login) ||
			gives_password(given, login->password) ||
			has_value(had, login->password) || has_value(had, encrypted))
			continue;
		report(search, "ConnectionProperties", login->password,
			   "has a value, although it is hidden, that the input does not "
			   "give");
	}
}

/*
 * Find the secret of AuthenticationConfiguration.
 */
static void
search_authentication(Search *search, json_object *existing)
{
	static const char *const oauth2[] = {
		"OAuth2Credentials", "AuthorizationCodeProperties",
	};
	json_object *had = glue_member_of(existing, "AuthenticationConfiguration");
	json_object *given = glue_member_of(search->input, "AuthenticationConfiguration");

	if (!has_value(had, "SecretArn"))
		return;
	for (size_t i = 0; i < 3; i++)
	{
		if (has_value(given, authentication_credentials[i]))
			return;
	}
	for (size_t i = 0; i < 2; i++)
	{
		if (has_value(glue_member_of(given, "OAuth2Properties"), oauth2[i]))
			return;
	}
	report(search, "AuthenticationConfiguration", "SecretArn",
		   "refers to a secret, and the input has neither a reference nor "
		   "credentials");
}

/* The login that a key is the password of, encrypted or not, or NULL. */
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
 * Does a map give a secret, be it encrypted or not?
 */
static bool
gives_password(json_object *given, const char *key)
{
	char		encrypted[256];

	snprintf(encrypted, sizeof(encrypted), ENCRYPTED "%s", plain_key(key));
	return has_value(given, plain_key(key)) || has_value(given, encrypted);
}

static bool
is_referenced(json_object *properties, const Login *login)
{
	return has_value(properties, "SECRET_ID") ||
		(login->reference != NULL && has_value(properties, login->reference));
}

/* "PASSWORD" for "ENCRYPTED_PASSWORD". */
static const char *
plain_key(const char *key)
{
	return strncmp(key, ENCRYPTED, strlen(ENCRYPTED)) == 0 ?
		key + strlen(ENCRYPTED) : key;
}

/* Is there a member that is not as good as none? */
static bool
has_value(json_object *object, const char *key)
{
	return !glue_is_nothing(glue_member_of(object, key));
}

static void
report(Search *search, const char *map, const char *key, const char *message)
{
	GluePath	root = {NULL, "$", 0};
	GluePath	outer = {&root, map, 0};
	GluePath	inner = {&outer, key, 0};
	char		path[PATH_SIZE];

	glue_path_write(&inner, path, sizeof(path));
	search->found = true;
	search->sink(search->arg, path, message);
}
