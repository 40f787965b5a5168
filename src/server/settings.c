/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The configuration parameters of glue_conn.
 *
 * A setting is for superusers alone if it decides the destination of a
 * request, its credentials and its passwords, or the source of the credentials
 * (endpoint, proxy, CA file, profile and its files).  Otherwise a role that
 * may call the functions could send the server's own credentials to a machine
 * of its choice.  The key file for sealed secrets is for superusers alone,
 * too.  All other settings (region, time limits, attempts) are for everyone.
 *
 * Values are checked when they are set, so that an error is reported there and
 * not at the first call.
 *
 * Until the library is loaded, PostgreSQL takes any value from any role.  When
 * it is loaded, PostgreSQL replaces an invalid value with the default, and
 * logs a warning.  For these settings that would be wrong: the default
 * endpoint is neither that of the administrator's postgresql.conf nor that of
 * the user.  So calls are refused until the setting has a valid value.
 *
 * IDENTIFICATION
 *	  src/server/settings.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include <openssl/crypto.h>

#include "access/parallel.h"
#include "aws/credential_text.h"
#include "aws/endpoint.h"
#include "glue/model.h"
#include "miscadmin.h"
#include "secret/secret_search.h"
#include "server/compat.h"
#include "server/settings.h"
#include "utils/guc.h"
#include "utils/varlena.h"


char	   *glue_setting_region = NULL;
char	   *glue_setting_endpoint_url = NULL;
char	   *glue_setting_profile = NULL;
char	   *glue_setting_account_id = NULL;
char	   *glue_setting_config_file = NULL;
char	   *glue_setting_credentials_file = NULL;
char	   *glue_setting_ca_file = NULL;
const char *glue_setting_proxy = "";
char	   *glue_setting_secret_key_file = NULL;
bool		glue_setting_use_fips_endpoint = false;
bool		glue_setting_use_dualstack_endpoint = false;
bool		glue_setting_allow_unknown_members = false;
int			glue_setting_connect_timeout = 10000;
int			glue_setting_request_timeout = 60000;
int			glue_setting_max_attempts = 3;
int			glue_setting_max_concurrent_requests = 64;
int			glue_setting_max_request_attempts = 20;
int			glue_setting_max_requests_per_second = 0;
int			glue_setting_request_retention = 7 * 24 * 60 * 60;
int			glue_setting_settle_time = 15000;
int			glue_setting_on_rollback = GLUE_ON_ROLLBACK_DELETE;
bool		glue_setting_worker = true;
char	   *glue_setting_databases = NULL;

/* The proxy without its password, for SHOW. */
static char *shown_proxy = NULL;

static const struct config_enum_entry on_rollback_values[] = {
	{"delete", GLUE_ON_ROLLBACK_DELETE, false},
	{"keep", GLUE_ON_ROLLBACK_KEEP, false},
	{NULL, 0, false}
};

/* The text settings whose values were invalid when the library was loaded. */
static const char *refused_settings[9];
static int	nrefused = 0;

/* prototypes of private functions */
static bool check_region(char **newval, void **extra, GucSource source);
static bool check_endpoint_url(char **newval, void **extra, GucSource source);
static bool check_account_id(char **newval, void **extra, GucSource source);
static bool check_text(const char *problem);
static bool check_proxy(char **newval, void **extra, GucSource source);
static const char *find_password(const char *url, const char **host);
static void assign_proxy(const char *newval, void *extra);
static void define_text(const char *name, const char *description,
						const char *detail, char **variable,
						GucContext context, int flags,
						GucStringCheckHook check_hook);
static bool is_default(const char *name);
static void define_milliseconds(const char *name, const char *description,
								const char *detail, int *variable);

/*
 * Define all settings and reserve their prefix.
 *
 * To be called once, from _PG_init().
 */
void
glue_settings_init(void)
{
	define_text("glue_conn.region",
				"Sets the AWS region whose Data Catalog is used.",
				"If empty, AWS_REGION, AWS_DEFAULT_REGION and the profile decide.",
				&glue_setting_region, PGC_USERSET, 0, check_region);
	define_text("glue_conn.endpoint_url",
				"Sets the URL that requests to AWS Glue are sent to.",
				"If empty, AWS_ENDPOINT_URL_GLUE, AWS_ENDPOINT_URL and the profile decide, then the region. Plain http is accepted for loopback addresses only.",
				&glue_setting_endpoint_url, PGC_SUSET, 0, check_endpoint_url);
	define_text("glue_conn.profile",
				"Sets the profile of the shared AWS files that is used.",
				"If empty, AWS_PROFILE decides, then the profile \"default\".",
				&glue_setting_profile, PGC_SUSET, 0, NULL);
	define_text("glue_conn.account_id",
				"Sets the AWS account that the credentials of the server process belong to.",
				"If empty, the credentials or AWS STS decide. It is for servers that cannot reach AWS STS.",
				&glue_setting_account_id, PGC_SUSET, 0, check_account_id);
	define_text("glue_conn.config_file",
				"Sets the shared AWS configuration file.",
				"If empty, AWS_CONFIG_FILE decides, then ~/.aws/config.",
				&glue_setting_config_file, PGC_SUSET,
				GUC_SUPERUSER_ONLY, NULL);
	define_text("glue_conn.credentials_file",
				"Sets the shared AWS credentials file.",
				"If empty, AWS_SHARED_CREDENTIALS_FILE decides, then ~/.aws/credentials.",
				&glue_setting_credentials_file, PGC_SUSET,
				GUC_SUPERUSER_ONLY, NULL);
	define_text("glue_conn.ca_file",
				"Sets the file of CA certificates that servers are checked against.",
				"If empty, AWS_CA_BUNDLE decides, then the system's certificates.",
				&glue_setting_ca_file, PGC_SUSET, 0, NULL);
	define_text("glue_conn.proxy",
				"Sets the URL of the proxy that requests go through.",
				"If empty, none is used; the environment is not consulted.",
				&shown_proxy, PGC_SUSET, GUC_SUPERUSER_ONLY, check_proxy);
	define_text("glue_conn.secret_key_file",
				"Sets the file of the key that secrets of queued requests are sealed with.",
				"If empty, requests that hold a secret cannot be queued. A relative path starts at the data directory.",
				&glue_setting_secret_key_file, PGC_SUSET,
				GUC_SUPERUSER_ONLY, NULL);

	DefineCustomBoolVariable("glue_conn.use_fips_endpoint",
							 "Uses endpoints with FIPS 140 validated cryptography.",
							 "AWS_USE_FIPS_ENDPOINT and the profile can enable them, too.",
							 &glue_setting_use_fips_endpoint, false,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("glue_conn.use_dualstack_endpoint",
							 "Uses endpoints that are reached by IPv4 and IPv6.",
							 "AWS_USE_DUALSTACK_ENDPOINT and the profile can enable them, too.",
							 &glue_setting_use_dualstack_endpoint, false,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("glue_conn.allow_unknown_members",
							 "Sends members that the known model of AWS Glue does not have.",
							 "They are reported as warnings instead of errors.",
							 &glue_setting_allow_unknown_members, false,
							 PGC_USERSET, 0, NULL, NULL, NULL);

	define_milliseconds("glue_conn.connect_timeout",
						"Sets the longest time to establish a connection.",
						"Covers the look-up of the name, TCP and TLS.",
						&glue_setting_connect_timeout);
	define_milliseconds("glue_conn.request_timeout",
						"Sets the longest time for one attempt at a request.",
						"It is 5 minutes at most for requests that change something. AWS Glue may try the credentials of a connection before it answers.",
						&glue_setting_request_timeout);

	DefineCustomIntVariable("glue_conn.max_attempts",
							"Sets the maximum number of attempts for a request.",
							"Permanent failures are not retried.",
							&glue_setting_max_attempts,
							glue_setting_max_attempts, 1, GLUE_MAX_ATTEMPTS,
							PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable("glue_conn.max_concurrent_requests",
							"Sets the maximum number of concurrent requests of one call.",
							"A session keeps as many connections to AWS afterwards, for the next call.",
							&glue_setting_max_concurrent_requests,
							glue_setting_max_concurrent_requests, 1,
							GLUE_MAX_CONCURRENT_REQUESTS,
							PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable("glue_conn.max_requests_per_second",
							"Sets the maximum number of requests per second for one operation and target.",
							"Requests of all roles count; 0 means no limit but that of AWS.",
							&glue_setting_max_requests_per_second,
							glue_setting_max_requests_per_second, 0,
							GLUE_MAX_RATE, PGC_SUSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable("glue_conn.max_request_attempts",
							"Sets the maximum number of attempts for a request of the queue.",
							"Failures that a retry cannot solve end a request at once, and failures of credentials do not count.",
							&glue_setting_max_request_attempts,
							glue_setting_max_request_attempts, 1, 1000,
							PGC_SUSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable("glue_conn.request_retention",
							"Sets the time for which requests are kept after they have ended.",
							"-1 keeps them without limit.",
							&glue_setting_request_retention,
							glue_setting_request_retention, -1, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);

	DefineCustomIntVariable("glue_conn.settle_time",
							"Sets the time for which the message of a process that is gone may still arrive at AWS Glue.",
							"A missing connection that a lost call may have created is looked for again until then, or until its request_timeout has passed if that is longer.",
							&glue_setting_settle_time,
							glue_setting_settle_time, 0, GLUE_MAX_TIMEOUT_MS,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomEnumVariable("glue_conn.on_rollback",
							 "Sets the action for a connection if the transaction that created it is rolled back.",
							 "It takes effect for calls that are made while it is set, and needs the library to be preloaded.",
							 &glue_setting_on_rollback,
							 glue_setting_on_rollback, on_rollback_values,
							 PGC_USERSET, 0, NULL, NULL, NULL);

	if (process_shared_preload_libraries_in_progress)
	{
		DefineCustomBoolVariable("glue_conn.worker",
								 "Starts background workers that carry out the requests of all databases.",
								 "It needs the library to be preloaded.", &glue_setting_worker,
								 glue_setting_worker, PGC_POSTMASTER, 0,
								 NULL, NULL, NULL);
		DefineCustomStringVariable("glue_conn.databases",
								   "Sets the databases that get background workers.",
								   "A list, separated by commas; empty means all.",
								   &glue_setting_databases, "",
								   PGC_SIGHUP, GUC_LIST_INPUT, NULL, NULL,
								   NULL);
	}

	MarkGUCPrefixReserved("glue_conn");
}

/*
 * Raise an error if a setting was replaced with its default: see the head of
 * this file.
 */
void
glue_settings_check(void)
{
	for (int i = 0; i < nrefused; i++)
	{
		if (is_default(refused_settings[i]))
			ereport(ERROR,
					(errcode(superuser() ? ERRCODE_INVALID_PARAMETER_VALUE :
							 ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("the value of parameter \"%s\" was not accepted",
							refused_settings[i]),
					 errdetail("It was set before glue_conn was loaded, and was then found to be invalid or not permitted."),
					 errhint("Correct it and start a new session, or set it to another value.")));
	}
}

/*
 * Do the settings provide workers for a database?
 *
 * A malformed list names no database.
 */
bool
glue_database_is_served(const char *name)
{
	char	   *setting;
	List	   *names;
	ListCell   *cell;

	if (!glue_setting_worker)
		return false;
	if (glue_setting_databases == NULL || glue_setting_databases[0] == '\0')
		return true;
	setting = pstrdup(glue_setting_databases);
	if (!SplitIdentifierString(setting, ',', &names))
		return false;
	foreach(cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

/*
 * The problem of a region, as a sentence without its period; NULL if there is
 * none.
 */
const char *
glue_region_problem(const char *region)
{
	return glue_endpoint_region_valid(region) ? NULL :
		"A region consists of letters, digits and hyphens, such as \"us-east-1\"";
}

/* Likewise for the URL of an endpoint. */
const char *
glue_endpoint_url_problem(const char *url)
{
	GlueEndpointStatus status = glue_endpoint_check_url(url);

	return status == GLUE_ENDPOINT_OK ? NULL :
		glue_endpoint_status_message(status);
}

/*
 * Warn about an unknown region.  It may be a new one, so it is accepted; but a
 * region that does not exist has no host.
 */
void
glue_warn_of_unknown_region(const char *region)
{
	int			nregions;
	const char *const *regions = glue_endpoint_known_regions(&nregions);
	const char *nearest;

	for (int i = 0; i < nregions; i++)
	{
		if (pg_strcasecmp(regions[i], region) == 0)
			return;
	}
	nearest = glue_model_nearest(region, regions, nregions, sizeof(char *));
	ereport(WARNING,
			(errmsg("AWS region \"%s\" is not known", region),
			 nearest != NULL ?
			 errhint("Perhaps you meant \"%s\".", nearest) : 0));
}

static bool
check_region(char **newval, void **extra, GucSource source)
{
	if (**newval == '\0')
		return true;
	if (!check_text(glue_region_problem(*newval)))
		return false;
	if (source >= PGC_S_INTERACTIVE || !IsUnderPostmaster)
		glue_warn_of_unknown_region(*newval);
	return true;
}

static bool
check_endpoint_url(char **newval, void **extra, GucSource source)
{
	if (**newval == '\0' || check_text(glue_endpoint_url_problem(*newval)))
		return true;

	/* the default message quotes the value, which may hold a password */
	GUC_check_errmsg("invalid value for parameter \"%s\"",
					 "glue_conn.endpoint_url");
	return false;
}

static bool
check_account_id(char **newval, void **extra, GucSource source)
{
	return **newval == '\0' || check_text(glue_account_id_problem(*newval));
}

/*
 * Report the problem of a text, a sentence without its period; true if it is
 * NULL.
 */
static bool
check_text(const char *problem)
{
	if (problem != NULL)
		GUC_check_errdetail("%s.", problem);
	return problem == NULL;
}

/*
 * The value of the setting is the URL without its password, because roles with
 * pg_read_all_settings can see it; the whole URL is kept in extra.  A parallel
 * worker, which makes no calls, gets the shown value.
 */
static bool
check_proxy(char **newval, void **extra, GucSource source)
{
	size_t		size = strlen(*newval) + 1;
	const char *host;
	const char *password = find_password(*newval, &host);
	char	   *shown;

	if (password == NULL)
		return true;
	if (strncmp(password, GLUE_REDACTED "@", strlen(GLUE_REDACTED "@")) == 0 &&
		!InitializingParallelWorker)
	{
		GUC_check_errmsg("invalid value for parameter \"%s\"", "glue_conn.proxy");
		GUC_check_errdetail("It holds the text that is shown instead of the password.");
		return false;
	}
	*extra = guc_malloc(LOG, size);
	shown = guc_malloc(LOG, size + strlen(GLUE_REDACTED));
	if (*extra == NULL || shown == NULL)
		return false;
	memcpy(*extra, *newval, size);
	sprintf(shown, "%.*s%s%s", (int) (password - *newval), *newval,
			GLUE_REDACTED, host);
	OPENSSL_cleanse(*newval, size);
	guc_free(*newval);
	*newval = shown;
	return true;
}

/*
 * Find the password of a URL; NULL if there is none.  *host is its end: the
 * last "@" anywhere, because a password may have a "/" that should have been
 * escaped.
 */
static const char *
find_password(const char *url, const char **host)
{
	const char *user = strstr(url, "://");
	const char *colon;

	user = user != NULL ? user + strlen("://") : url;
	*host = strrchr(user, '@');
	if (*host == NULL)
		return NULL;
	colon = memchr(user, ':', *host - user);
	return colon != NULL ? colon + 1 : NULL;
}

static void
assign_proxy(const char *newval, void *extra)
{
	glue_setting_proxy = extra != NULL ? extra : newval;
}

static void
define_text(const char *name, const char *description, const char *detail,
			char **variable, GucContext context, int flags,
			GucStringCheckHook check_hook)
{
	bool		placed = GetConfigOption(name, true, false) != NULL;

	DefineCustomStringVariable(name, description, detail, variable, "",
							   context, flags, check_hook,
							   variable == &shown_proxy ? assign_proxy : NULL,
							   NULL);
	if (placed && is_default(name))
	{
		Assert(nrefused < lengthof(refused_settings));
		refused_settings[nrefused++] = name;
	}
}

/* Is a parameter at its default? */
static bool
is_default(const char *name)
{
	return glue_find_parameter(name)->source == PGC_S_DEFAULT;
}

static void
define_milliseconds(const char *name, const char *description,
					const char *detail, int *variable)
{
	DefineCustomIntVariable(name, description, detail,
							variable, *variable, 1, GLUE_MAX_TIMEOUT_MS,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}
