/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Resolution of a call's target: catalog, endpoint, and source of
 *	  credentials.
 *
 * A target is one account, region and catalog, with everything that a call
 * needs except for the credentials.  Of those it knows the explicit ones, and
 * the other sources.
 *
 * The sources of each value, from the most specific one: the arguments of the
 * call; the foreign server and its user mapping, if the call names one; the
 * settings; and the environment and profile of all AWS tools.  The first
 * source that has the value wins.
 *
 * IDENTIFICATION
 *	  src/client/target.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "access/xact.h"
#include "aws/endpoint_config.h"
#include "client/foreign_server.h"
#include "client/shared_files.h"
#include "client/target.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/secret_memory.h"
#include "server/settings.h"

/* prototypes of private functions */
static void add_settings(GlueServerOptions *options);
static const char *text_or_null(const char *setting);
static void use_foreign_server(GlueTarget *target, const char *server,
							   GlueServerOptions *options);
static void find_claimed_account(GlueTarget *target, const char *option);
static void take_fingerprints(GlueTarget *target);
static void digest_text(const char *text,
						unsigned char digest[GLUE_FINGERPRINT_LEN]);
static void resolve_endpoints(GlueTarget *target,
							  const GlueServerOptions *options);
static const char *resolve_endpoint(const GlueTarget *target,
									const char *service, const char *setting,
									GlueEndpointOptions *wanted,
									GlueEndpoint *endpoint);
pg_noreturn static void raise_no_endpoint(const char *detail);
static const char *find_region(const GlueTarget *target);
pg_noreturn static void raise_no_region(const GlueTarget *target);

/*
 * Resolve the target of a call.
 *
 * server and catalog_id may be NULL, and are kept by reference; all other data
 * of the target are in the current memory context, so that it outlives the
 * settings.  Raises an error if the configuration is incomplete, contradictory
 * or not permitted.
 *
 * region is one that was resolved earlier, or NULL.  If it is given, the catalog
 * was resolved, too: NULL is that of the account, whatever the server's option is
 * now.
 */
void
glue_target_resolve(GlueTarget *target, const char *server,
					const char *catalog_id, const char *region)
{
	GlueServerOptions options = {0};

	Assert(IsTransactionState());
	glue_settings_check();
	memset(target, 0, sizeof(GlueTarget));
	target->role = GetUserId();
	target->ambient_allowed = true;

	add_settings(&options);
	if (server != NULL)
		use_foreign_server(target, server, &options);

	if (region != NULL)
	{
		options.region = region;
		options.catalog_id = NULL;
	}
	target->catalog_id = catalog_id ? catalog_id : options.catalog_id;
	target->catalog = target->catalog_id;
	find_claimed_account(target, options.account_id);
	target->configuration = glue_configuration_read(options.profile);
	target->ca_file = options.ca_file ? pstrdup(options.ca_file) :
		glue_environment("AWS_CA_BUNDLE");
	target->proxy = glue_secret_strdup(options.proxy);
	target->connect_timeout_ms = options.connect_timeout_ms;
	target->request_timeout_ms = options.request_timeout_ms;
	target->max_attempts = options.max_attempts;
	target->paced_by_server = options.max_requests_per_second >= 0;
	target->max_requests_per_second = target->paced_by_server ?
		options.max_requests_per_second : glue_setting_max_requests_per_second;
	resolve_endpoints(target, &options);
	take_fingerprints(target);
}

/*
 * Find the account that the configuration claims for the credentials of a
 * target, for the case that AWS does not return it.  option is that of the
 * server, or NULL.
 *
 * The setting is about the credentials of the server process, the option of a
 * server about those of its owner.  A role that may use the server can have
 * any keys in its own mapping, so neither applies to them, unless the role is
 * a superuser: the results of one role must not be taken for those of another.
 */
static void
find_claimed_account(GlueTarget *target, const char *option)
{
	bool		ambient = target->given.access_key_id == NULL;

	if (option != NULL && (ambient || !target->has_own_keys || superuser()))
	{
		target->claimed_account = option;
		target->claimed_by_server = true;
	}
	else if (ambient && glue_setting_account_id[0] != '\0')
		target->claimed_account = pstrdup(glue_setting_account_id);
}

/*
 * Take the fingerprints of a target.  While they are unchanged, requests go to
 * the same endpoint, and, as far as can be determined without a call, to the
 * same account.
 *
 * All endpoints of AWS itself in a region count as one.  The account is
 * represented by the role to assume, if there is one; or else by the access
 * key of the user mapping; or else by the profile.  Keys are rotated, and
 * corrected if they were wrong.  A request need not wait because of that,
 * unless it holds a password, or the account is unknown.  The keys of
 * temporary credentials change every hour, and do not count.
 */
static void
take_fingerprints(GlueTarget *target)
{
	const GlueEndpoint *endpoint = &target->endpoint;
	const GlueCredentials *given = &target->given;
	const char *place;
	const char *account;

	place = endpoint->custom ? endpoint->url :
		psprintf("%s %s", endpoint->partition, endpoint->region);
	if (target->role_arn != NULL)
		account = psprintf("role %s", target->role_arn);
	else if (given->access_key_id != NULL)
		account = target->claimed_account != NULL ?
			psprintf("key %s", given->access_key_id) : "keys";
	else
		account = psprintf("profile %s", target->configuration->profile);
	digest_text(psprintf("%s\n%s", place, account), target->fingerprint);
	memcpy(target->key_fingerprint, target->fingerprint, GLUE_FINGERPRINT_LEN);
	if (target->role_arn != NULL || given->access_key_id == NULL)
		return;
	account = given->session_token != NULL ? "temporary keys" :
		psprintf("key %s", given->access_key_id);
	digest_text(psprintf("%s\n%s", place, account), target->key_fingerprint);
}

/* Fetching the algorithm takes longer than the digest, so it is kept. */
static void
digest_text(const char *text, unsigned char digest[GLUE_FINGERPRINT_LEN])
{
	static EVP_MD *sha256 = NULL;

	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL ||
		!EVP_Digest(text, strlen(text), digest, NULL, sha256, NULL))
		glue_raise_out_of_memory();
}

/*
 * Build the ARN of a connection; NULL while its account is unknown, because no
 * ARN is better than a wrong one.
 */
char *
glue_target_connection_arn(const GlueTarget *target,
						   const char *connection_name)
{
	const char *account_id = target->account_id;

	if (target->catalog_id != NULL &&
		glue_account_id_problem(target->catalog_id) == NULL)
		account_id = target->catalog_id;
	if (account_id == NULL)
		return NULL;
	return psprintf("arn:%s:glue:%s:%s:connection/%s",
					target->endpoint.partition, target->endpoint.region,
					account_id, connection_name);
}

/*
 * Raise an error for a target without credentials of its own that must not use
 * ambient ones.
 */
void
glue_target_refuse_ambient(const GlueTarget *target)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to use the AWS credentials of the server process for foreign server \"%s\"",
					target->server),
			 errdetail("The owner of the foreign server is not a superuser, and there is no user mapping with keys for \"%s\".",
					   GetUserNameFromId(GetUserId(), false)),
			 errhint("Add \"access_key_id\" and \"secret_access_key\" to the user mapping.")));
}

/* Add the settings, which apply to all servers. */
static void
add_settings(GlueServerOptions *options)
{
	options->region = text_or_null(glue_setting_region);
	options->endpoint_url = text_or_null(glue_setting_endpoint_url);
	options->profile = text_or_null(glue_setting_profile);
	options->ca_file = text_or_null(glue_setting_ca_file);
	options->proxy = glue_setting_proxy;
	options->use_fips_endpoint = glue_setting_use_fips_endpoint;
	options->use_dualstack_endpoint = glue_setting_use_dualstack_endpoint;
	options->connect_timeout_ms = glue_setting_connect_timeout;
	options->request_timeout_ms = glue_setting_request_timeout;
	options->max_attempts = glue_setting_max_attempts;
	options->max_requests_per_second = -1;
}

static const char *
text_or_null(const char *setting)
{
	return setting[0] != '\0' ? setting : NULL;
}

/*
 * Add the options of a foreign server and its user mapping.
 *
 * An external ID belongs to a role: that of the server does not apply to the
 * role of a user mapping.
 */
static void
use_foreign_server(GlueTarget *target, const char *server,
				   GlueServerOptions *options)
{
	GlueMappingOptions mapping = {0};

	target->server = server;
	target->server_oid = glue_foreign_server_find(server);
	(void) glue_foreign_server_name(target->server_oid, &target->server_owner);
	target->ambient_allowed = glue_foreign_server_read(target->server_oid,
													   options);
	target->mapping = glue_user_mapping_read(target->server_oid, &mapping,
											 &target->has_own_keys);

	target->given = mapping.credentials;
	target->role_arn = options->role_arn;
	target->external_id = options->external_id;
	if (mapping.role_arn != NULL)
		target->role_arn = mapping.role_arn;
	if (mapping.role_arn != NULL || mapping.external_id != NULL)
		target->external_id = mapping.external_id;
}

/*
 * Resolve the endpoints of AWS Glue and AWS STS.  A missing endpoint of STS is
 * an error only when a call needs it.
 *
 * A custom endpoint may have accounts of its own.  So the account is asked
 * from that endpoint, unless the configuration names an endpoint of STS as
 * well.
 */
static void
resolve_endpoints(GlueTarget *target, const GlueServerOptions *options)
{
	GlueEndpointFlags flags;
	GlueConfigurationError error;
	GlueEndpointOptions wanted = {
		.region = options->region ? options->region : find_region(target),
	};
	const char *problem;

	/* a custom endpoint needs the region as well, for the signature */
	if (wanted.region == NULL)
		raise_no_region(target);
	if (!glue_configured_endpoint_flags(target->configuration, &flags, &error))
		raise_no_endpoint(error.detail);
	wanted.use_fips = options->use_fips_endpoint || flags.use_fips;
	wanted.use_dualstack = options->use_dualstack_endpoint ||
		flags.use_dualstack;

	problem = resolve_endpoint(target, "glue", options->endpoint_url, &wanted,
							   &target->endpoint);
	if (problem != NULL)
		raise_no_endpoint(problem);
	target->sts_problem = resolve_endpoint(target, "sts", NULL, &wanted,
										   &target->sts_endpoint);
	target->asks_endpoint = target->endpoint.origin[0] != '\0' &&
		!target->sts_endpoint.custom;
}

/*
 * Resolve the endpoint of one service.  setting is the URL for it in this
 * extension's settings, or NULL.
 *
 * Returns NULL, or the problem in whole sentences.
 */
static const char *
resolve_endpoint(const GlueTarget *target, const char *service,
				 const char *setting, GlueEndpointOptions *wanted,
				 GlueEndpoint *endpoint)
{
	GlueConfiguredValue url;
	GlueConfigurationError error;
	GlueEndpointStatus status;

	if (!glue_configured_endpoint(target->configuration, service, setting,
								  &url, &error))
		raise_no_endpoint(error.detail);
	wanted->service = service;
	wanted->endpoint_url = url.value;
	status = glue_endpoint_resolve(wanted, endpoint);
	if (status == GLUE_ENDPOINT_OK)
		return NULL;
	if (url.value != NULL && url.origin[0] != '\0')
		return psprintf("%s. The endpoint is that of %s.",
						glue_endpoint_status_message(status), url.origin);
	return psprintf("%s.", glue_endpoint_status_message(status));
}

static void
raise_no_endpoint(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("could not determine the endpoint of AWS Glue"),
			 errdetail_internal("%s", detail)));
}

/* The region of the environment or the profile, or NULL. */
static const char *
find_region(const GlueTarget *target)
{
	const GlueConfiguration *configuration = target->configuration;
	const char *region = glue_configuration_variable(configuration,
													 "AWS_REGION");

	if (region == NULL)
		region = glue_configuration_variable(configuration,
											 "AWS_DEFAULT_REGION");
	if (region == NULL)
		region = glue_configuration_property(configuration,
											 configuration->profile, "region");
	return region;
}

static void
raise_no_region(const GlueTarget *target)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("AWS region is not set"),
			 errdetail("Looked at %s\"glue_conn.region\", AWS_REGION and AWS_DEFAULT_REGION in the environment of the server process, and \"region\" of profile \"%s\".",
					   target->server == NULL ? "" :
					   psprintf("option \"region\" of foreign server \"%s\", ",
								target->server),
					   target->configuration->profile),
			 target->server == NULL ?
			 errhint("For example: SET glue_conn.region = 'us-east-1';") :
			 errhint("For example: ALTER SERVER %s OPTIONS (ADD region 'us-east-1');",
					 quote_identifier(target->server))));
}
