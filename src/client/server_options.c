/*-------------------------------------------------------------------------
 *
 * server_options.c
 *	  The options of foreign servers and user mappings.
 *
 * PostgreSQL stores options as texts "name=value".  The same code reads and
 * checks them in two places: the validator, when they are changed, and each
 * call that uses them.  The second check is needed because a catalog can hold
 * options that no validator has checked: the wrapper's validator can be
 * removed, and a newer version may have known more options.
 *
 * No message has an option's value, because some are secret.  For the same
 * reason all values are read into memory that will be cleansed.
 *
 * Two rules protect the credentials of the server process.  Options that
 * decide the destination of credentials and passwords, or the source of
 * credentials, can be set by superusers alone; and so can a role in a user
 * mapping without keys, because it would be assumed with the keys of the
 * server process.  A validator gets the new list of options, not the changes.
 * So a list with such an option can be changed by a superuser only, even if
 * that option is unchanged.
 *
 * IDENTIFICATION
 *	  src/client/server_options.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "client/server_options.h"
#include "fmgr.h"
#include "glue/model.h"
#include "glue/validate.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/secret_memory.h"
#include "server/settings.h"
#include "utils/array.h"
#include "utils/guc.h"

/* The type of an option's value. */
typedef enum OptionType
{
	OPTION_TEXT,
	OPTION_CATALOG_ID,
	OPTION_BOOLEAN,
	OPTION_MILLISECONDS,
	OPTION_ATTEMPTS,
	OPTION_RATE
} OptionType;

/*
 * Returns the problem of a text, as a sentence without its period; NULL if
 * there is none.
 */
typedef const char *(*TextCheck) (const char *value);

typedef struct Option
{
	const char *name;			/* must be first: see glue_model_nearest() */
	OptionType	type;
	Size		offset;			/* of the field in the struct */
	TextCheck	problem;		/* for OPTION_TEXT */
	bool		superuser_only;
} Option;

/* An option from the catalog, in memory that will be cleansed. */
typedef struct GivenOption
{
	char	   *name;
	char	   *value;
} GivenOption;

/* prototypes of private functions */
static const Option *read_options(Datum array, const Option *known,
								  int nknown, char *options);
static GivenOption *split_options(Datum array, int *count);
static GivenOption split_option(Datum definition);
static const Option *look_up(const char *name, const Option *known,
							 int nknown);
pg_noreturn static void refuse_unknown(const char *name, const Option *known,
									   int nknown);
static void read_value(const Option *option, const char *value, char *field);
static const char *read_catalog_id(const Option *option, const char *value);
static int	read_integer(const Option *option, const char *value);
pg_noreturn static void refuse_value(const Option *option, const char *detail);
static const char *empty_problem(const char *value);
static const char *proxy_problem(const char *value);
static void note_problem(void *arg, const GlueViolation *violation);
static void check_keys(const GlueCredentials *credentials);

#define SERVER_FIELD(field)		offsetof(GlueServerOptions, field)
#define MAPPING_FIELD(field)	offsetof(GlueMappingOptions, field)

/*
 * The comment before an option is its description in docs/reference.md.
 */
static const Option server_options[] = {
	/*
	 * AWS account of the credentials, if AWS STS cannot be reached; it does
	 * not count for keys in a role's own mapping
	 */
	{"account_id", OPTION_TEXT, SERVER_FIELD(account_id),
	glue_account_id_problem, true},
	/* as the setting */
	{"ca_file", OPTION_TEXT, SERVER_FIELD(ca_file), empty_problem, true},

	/*
	 * account that owns the Data Catalog, unless the argument catalog_id is
	 * given
	 */
	{"catalog_id", OPTION_CATALOG_ID, SERVER_FIELD(catalog_id)},
	/* as the setting, with the same units and limits */
	{"connect_timeout", OPTION_MILLISECONDS, SERVER_FIELD(connect_timeout_ms)},
	/* as the setting */
	{"endpoint_url", OPTION_TEXT, SERVER_FIELD(endpoint_url),
	glue_endpoint_url_problem, true},
	/* external ID that the trust policy of the role requires */
	{"external_id", OPTION_TEXT, SERVER_FIELD(external_id),
	glue_external_id_problem},
	/* as the setting */
	{"max_attempts", OPTION_ATTEMPTS, SERVER_FIELD(max_attempts)},
	/* as the setting */
	{"max_requests_per_second", OPTION_RATE,
	SERVER_FIELD(max_requests_per_second)},
	/* as the setting; then keys in the environment are ignored */
	{"profile", OPTION_TEXT, SERVER_FIELD(profile), empty_problem, true},
	/* as the setting, but without user name and password; '' means none */
	{"proxy", OPTION_TEXT, SERVER_FIELD(proxy), proxy_problem, true},
	/* as the setting */
	{"region", OPTION_TEXT, SERVER_FIELD(region), glue_region_problem},
	/* as the setting, with the same units and limits */
	{"request_timeout", OPTION_MILLISECONDS, SERVER_FIELD(request_timeout_ms)},
	/* role to assume with the credentials */
	{"role_arn", OPTION_TEXT, SERVER_FIELD(role_arn), glue_role_arn_problem},
	/* as the setting */
	{"use_dualstack_endpoint", OPTION_BOOLEAN,
	SERVER_FIELD(use_dualstack_endpoint)},
	/* as the setting */
	{"use_fips_endpoint", OPTION_BOOLEAN, SERVER_FIELD(use_fips_endpoint)},
};

static const Option mapping_options[] = {
	/* ID of the access key */
	{"access_key_id", OPTION_TEXT, MAPPING_FIELD(credentials.access_key_id),
	glue_credential_problem},

	/*
	 * external ID that the trust policy of the role requires; that of the
	 * server is not used for the role of a mapping
	 */
	{"external_id", OPTION_TEXT, MAPPING_FIELD(external_id),
	glue_external_id_problem},

	/*
	 * role to assume, instead of the one of the server; a mapping without
	 * keys may have one only if a superuser sets it
	 */
	{"role_arn", OPTION_TEXT, MAPPING_FIELD(role_arn), glue_role_arn_problem},
	/* secret access key that belongs to access_key_id */
	{"secret_access_key", OPTION_TEXT,
		MAPPING_FIELD(credentials.secret_access_key),
	glue_credential_problem},
	/* session token of temporary keys; drop it when you set long-term keys */
	{"session_token", OPTION_TEXT, MAPPING_FIELD(credentials.session_token),
	glue_credential_problem},
};

PG_FUNCTION_INFO_V1(glue_conn_validator);

/*
 * glue_conn_validator(options text[], catalog oid) returns void
 *
 * PostgreSQL calls this with the options that an object of the wrapper will
 * have, and with the OID of the catalog of that kind of object.
 */
Datum
glue_conn_validator(PG_FUNCTION_ARGS)
{
	Datum		array = PG_GETARG_DATUM(0);
	Oid			catalog = PG_GETARG_OID(1);

	if (catalog == ForeignServerRelationId)
	{
		GlueServerOptions options = {0};
		const char *reserved = glue_server_options_read(array, &options);

		if (reserved != NULL && !superuser())
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied to set option \"%s\"", reserved),
					 errdetail("It decides where credentials and passwords are sent, or which credentials are used."),
					 errhint("Only a superuser may change the options of a server that has it.")));
		if (options.region != NULL)
			glue_warn_of_unknown_region(options.region);
	}
	else if (catalog == UserMappingRelationId)
	{
		GlueMappingOptions options = {0};

		glue_mapping_options_read(array, &options);
		if (options.credentials.access_key_id == NULL &&
			(options.role_arn != NULL || options.external_id != NULL) &&
			!superuser())
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied to set option \"%s\" without keys",
							options.role_arn ? "role_arn" : "external_id"),
					 errdetail("The role would be assumed with the AWS credentials of the server process."),
					 errhint("Add \"access_key_id\" and \"secret_access_key\".")));
	}
	else
		read_options(array, NULL, 0, NULL);
	PG_RETURN_VOID();
}

/*
 * Read the options of a foreign server, over the values that options already
 * has.
 *
 * Returns the name of an option that only superusers may set, or NULL if there
 * is none.
 */
const char *
glue_server_options_read(Datum array, GlueServerOptions *options)
{
	const Option *reserved = read_options(array, server_options,
										  lengthof(server_options),
										  (char *) options);

	return reserved ? reserved->name : NULL;
}

/* Likewise those of a user mapping. */
void
glue_mapping_options_read(Datum array, GlueMappingOptions *options)
{
	read_options(array, mapping_options, lengthof(mapping_options),
				 (char *) options);
	check_keys(&options->credentials);
}

/*
 * Read options into a struct; return one that only superusers may set, or
 * NULL.
 */
static const Option *
read_options(Datum array, const Option *known, int nknown, char *options)
{
	const Option *reserved = NULL;
	int			count;
	GivenOption *given = split_options(array, &count);

	for (int i = 0; i < count; i++)
	{
		const Option *option = look_up(given[i].name, known, nknown);

		if (option == NULL)
			refuse_unknown(given[i].name, known, nknown);
		read_value(option, given[i].value, options + option->offset);
		if (option->superuser_only)
			reserved = option;
	}
	return reserved;
}

/*
 * Copy options out of an array.  A copy that de-toasting made is cleansed at
 * once.
 */
static GivenOption *
split_options(Datum array, int *count)
{
	ArrayType  *plain = DatumGetArrayTypeP(array);
	Datum	   *definitions;
	GivenOption *given;

	deconstruct_array(plain, TEXTOID, -1, false, TYPALIGN_INT,
					  &definitions, NULL, count);
	given = palloc(*count * sizeof(GivenOption));
	for (int i = 0; i < *count; i++)
		given[i] = split_option(definitions[i]);
	if ((Pointer) plain != DatumGetPointer(array))
		OPENSSL_cleanse(plain, VARSIZE(plain));
	return given;
}

/* Split "name=value"; the value may have "=" in it. */
static GivenOption
split_option(Datum definition)
{
	text	   *whole = DatumGetTextPP(definition);
	GivenOption given;

	given.name = glue_secret_copy(VARDATA_ANY(whole),
								  VARSIZE_ANY_EXHDR(whole));
	given.value = given.name + strcspn(given.name, "=");
	if (*given.value != '\0')
		*given.value++ = '\0';
	return given;
}

static const Option *
look_up(const char *name, const Option *known, int nknown)
{
	for (int i = 0; i < nknown; i++)
	{
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	}
	return NULL;
}

static void
refuse_unknown(const char *name, const Option *known, int nknown)
{
	const char *nearest = glue_model_nearest(name, known, nknown,
											 sizeof(Option));
	StringInfoData hint;

	initStringInfo(&hint);
	if (nknown == 0)
		appendStringInfoString(&hint,
							   "There are no valid options in this context.");
	else if (nearest != NULL)
		appendStringInfo(&hint, "Perhaps you meant the option \"%s\".",
						 nearest);
	else
	{
		appendStringInfoString(&hint, "Valid options in this context are: ");
		for (int i = 0; i < nknown; i++)
			appendStringInfo(&hint, "%s%s", i > 0 ? ", " : "", known[i].name);
		appendStringInfoChar(&hint, '.');
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 errhint("%s", hint.data)));
}

static void
read_value(const Option *option, const char *value, char *field)
{
	const char *problem;

	switch (option->type)
	{
		case OPTION_TEXT:
			problem = option->problem(value);
			if (problem != NULL)
				refuse_value(option, problem);
			*(const char **) field = value;
			break;
		case OPTION_CATALOG_ID:
			*(const char **) field = read_catalog_id(option, value);
			break;
		case OPTION_BOOLEAN:
			if (!parse_bool(value, (bool *) field))
				refuse_value(option, "It must be a boolean value");
			break;
		case OPTION_MILLISECONDS:
		case OPTION_ATTEMPTS:
		case OPTION_RATE:
			*(int *) field = read_integer(option, value);
			break;
	}
}

/* Read the ID of a catalog, within the limits of AWS's model, into UTF-8. */
static const char *
read_catalog_id(const Option *option, const char *value)
{
	char	   *problem = NULL;
	const char *utf8;
	int			len;
	json_object *string;

	if (!glue_utf8_from_server(value, strlen(value), &utf8, &len))
		refuse_value(option, "It must be text that can be converted to UTF-8");
	string = glue_secret_tree(json_object_new_string_len(utf8, len));
	glue_validate_member("CatalogIdString", "$", string,
						 note_problem, &problem);
	if (problem == NULL)
		problem = unconstify(char *, glue_catalog_id_problem(value));
	if (problem != NULL)
		refuse_value(option, problem);
	return utf8;
}

/* Read a number with the unit and the range of its setting. */
static int
read_integer(const Option *option, const char *value)
{
	bool		is_time = option->type == OPTION_MILLISECONDS;
	int			smallest = option->type == OPTION_RATE ? 0 : 1;
	int			largest = is_time ? GLUE_MAX_TIMEOUT_MS :
		option->type == OPTION_RATE ? GLUE_MAX_RATE : GLUE_MAX_ATTEMPTS;
	const char *hint = NULL;
	int			number;

	if (!parse_int(value, &number, is_time ? GUC_UNIT_MS : 0, &hint))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for option \"%s\"", option->name),
				 hint ? errhint("%s", _(hint)) : 0));
	if (number < smallest || number > largest)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d%s is outside the valid range for option \"%s\" (%d .. %d)",
						number, is_time ? " ms" : "", option->name,
						smallest, largest)));
	return number;
}

/*
 * Raise the error for a value.  detail is a sentence without its period, which
 * does not quote the value.
 */
static void
refuse_value(const Option *option, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\"", option->name),
			 errdetail("%s.", detail)));
}

/* ----------------------------------------------------------------
 * Checks of text
 * ----------------------------------------------------------------
 */

/* The TextCheck for any text that is not empty. */
static const char *
empty_problem(const char *value)
{
	return value[0] == '\0' ? "It must not be empty" : NULL;
}

/*
 * The TextCheck for the URL of a proxy.  Everyone can read the options of a
 * server, so a password is not allowed.
 */
static const char *
proxy_problem(const char *value)
{
	return strchr(value, '@') == NULL ? NULL :
		"A user name and password for the proxy can be in the setting \"glue_conn.proxy\" alone, because everyone can read the options of a server";
}

/* A GlueViolationSink: format the violation into the message that is arg. */
static void
note_problem(void *arg, const GlueViolation *violation)
{
	*(char **) arg = psprintf("It %s",
							  glue_server_from_utf8(violation->message));
}

/* A signature needs both halves of a key pair. */
static void
check_keys(const GlueCredentials *credentials)
{
	if ((credentials->access_key_id == NULL) !=
		(credentials->secret_access_key == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"access_key_id\" and \"secret_access_key\" must be given together")));
	if (credentials->access_key_id == NULL &&
		credentials->session_token != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"session_token\" must be given together with \"access_key_id\" and \"secret_access_key\"")));
}
