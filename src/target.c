/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Which Data Catalog a call is for, and how it is reached.
 *
 * A target is one account, region and catalog, with all that a call to it
 * needs except for the credentials.  It is made of the settings, then of what
 * every AWS tool consults: environment and profile.
 *
 * IDENTIFICATION
 *	  src/target.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "settings.h"
#include "shared_files.h"
#include "target.h"

/* prototypes of private functions */
static void refuse_server(const char *server);
static const char *find_region(void);
static void raise_no_region(void) pg_attribute_noreturn();

/*
 * Find out where a call goes.
 *
 * server and catalog_id may be NULL, and are kept by reference.  Raises an
 * error if what is configured is missing or contradicts itself.
 */
void
glue_target_resolve(GlueTarget *target, const char *server,
					const char *catalog_id)
{
	GlueEndpointOptions options = {
		.service = "glue",
		.endpoint_url = glue_setting_endpoint_url,
		.use_fips = glue_setting_use_fips_endpoint,
		.use_dualstack = glue_setting_use_dualstack_endpoint,
	};
	GlueEndpointStatus status;

	if (server != NULL)
		refuse_server(server);
	glue_settings_check();

	memset(target, 0, sizeof(GlueTarget));
	target->catalog_id = catalog_id;
	target->ca_file = glue_setting_ca_file[0] != '\0' ?
		glue_setting_ca_file : glue_environment("AWS_CA_BUNDLE");
	target->proxy = glue_setting_proxy;
	target->connect_timeout_ms = glue_setting_connect_timeout;
	target->request_timeout_ms = glue_setting_request_timeout;
	target->max_attempts = glue_setting_max_attempts;

	/* a custom endpoint needs the region as well: it is signed for */
	options.region = find_region();
	if (options.region == NULL)
		raise_no_region();
	status = glue_endpoint_resolve(&options, &target->endpoint);
	if (status != GLUE_ENDPOINT_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("could not determine the endpoint of AWS Glue"),
				 errdetail("%s.", glue_endpoint_status_message(status))));
}

/*
 * Build the ARN of a connection; NULL if the account is not known, because
 * the API does not tell and a wrong ARN would be worse than none.
 */
char	   *
glue_target_connection_arn(const GlueTarget *target,
						   const char *connection_name)
{
	if (target->catalog_id == NULL ||
		strlen(target->catalog_id) != 12 ||
		strspn(target->catalog_id, "0123456789") != 12)
		return NULL;
	return psprintf("arn:%s:glue:%s:%s:connection/%s",
					target->endpoint.partition, target->endpoint.region,
					target->catalog_id, connection_name);
}

/*
 * Refuse a foreign server: none of them is of a foreign-data wrapper that
 * this extension knows.
 */
static void
refuse_server(const char *server)
{
	(void) GetForeignServerByName(server, false);
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("foreign server \"%s\" is not a server of glue_conn",
					server)));
}

/* The region from its four sources, or NULL. */
static const char *
find_region(void)
{
	const char *region;

	if (glue_setting_region[0] != '\0')
		return glue_setting_region;
	region = glue_environment("AWS_REGION");
	if (region == NULL)
		region = glue_environment("AWS_DEFAULT_REGION");
	if (region == NULL)
		region = glue_shared_files_get(glue_shared_files_read(), "region");
	return region;
}

static void
raise_no_region(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("AWS region is not set"),
			 errdetail("Looked at \"glue_conn.region\", AWS_REGION and AWS_DEFAULT_REGION in the environment of the server process, and \"region\" of profile \"%s\".",
					   glue_shared_profile_name()),
			 errhint("For example: SET glue_conn.region = 'us-east-1';")));
}
