/*-------------------------------------------------------------------------
 *
 * credential_sources.c
 *	  The sources of credentials in the environment.
 *
 * Each function checks whether a source is configured, and if so, returns the
 * parameters to get credentials from it.  Nothing is read or sent here.  A
 * misconfigured source is an error and not skipped, because the next one would
 * have another identity than the one that was meant.
 *
 * External values are checked before they become part of a URL, a path or a
 * header:
 *
 *	- The endpoint of a container receives an authorization token, and its
 *	  answer decides our credentials.  So plain http is only for addresses
 *	  that cannot be in another network: loopback, and the link-local ones
 *	  that AWS assigned to Amazon ECS and EKS.  No name is resolved;
 *	  "localhost" is the only trusted one.
 *	- The endpoint of the metadata service may have any address, as for
 *	  other AWS tools: it receives no secret of ours, and administrators use
 *	  proxies for it.
 *	- The name of a role comes from the metadata service, and becomes a
 *	  segment of the next path.
 *
 * IDENTIFICATION
 *	  src/aws/credential_sources.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/credential_sources.h"

#include <stdio.h>
#include <string.h>

#include "aws/credential_text.h"
#include "aws/endpoint.h"
#include "text/ascii.h"

/* Address of the agent of Amazon ECS. */
#define ECS_ENDPOINT	"http://169.254.170.2"

/*
 * A metadata service answers at once or does not exist.  Every machine outside
 * of EC2 waits this long before the error that there are no credentials.
 */
#define INSTANCE_TIMEOUT		1	/* seconds */
#define MAX_INSTANCE_TIMEOUT	60
#define INSTANCE_ATTEMPTS		3
#define MAX_INSTANCE_ATTEMPTS	20

/*
 * Are these valid in headers?  A line break would split them.
 */
bool
glue_static_keys_valid(const GlueStaticKeys *keys)
{
	const char *const texts[] = {
		keys->access_key_id, keys->secret_access_key, keys->session_token
	};

	for (int i = 0; i < 3; i++)
	{
		if (texts[i] != NULL && texts[i][0] != '\0' &&
			glue_credential_problem(texts[i]) != NULL)
			return false;
	}
	return true;
}

/*
 * Keys in the environment.
 */
static GlueSourceStatus
find_keys(const GlueConfiguration *configuration, GlueStaticKeys *keys,
		  GlueConfigurationError *error)
{
	keys->access_key_id =
		glue_configuration_variable(configuration, "AWS_ACCESS_KEY_ID");
	keys->secret_access_key =
		glue_configuration_variable(configuration, "AWS_SECRET_ACCESS_KEY");
	keys->session_token =
		glue_configuration_variable(configuration, "AWS_SESSION_TOKEN");

	if (keys->access_key_id == NULL && keys->secret_access_key == NULL)
		return GLUE_SOURCE_ABSENT;
	if (keys->access_key_id == NULL || keys->secret_access_key == NULL)
		return glue_source_fail(error, NULL,
								"Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, only the %s is set.",
								keys->access_key_id ? "first" : "second");
	if (!glue_static_keys_valid(keys))
		return glue_source_fail(error, NULL,
								"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN holds a space, a line break or a character that is not ASCII.");
	return GLUE_SOURCE_PRESENT;
}

/*
 * A web identity in the environment, as Kubernetes provides it to the pods of
 * a service account.  The token is renewed periodically, so its file must be
 * read each time.
 */
static GlueSourceStatus
find_web_identity(const GlueConfiguration *configuration,
				  GlueCredentialStep *step, GlueConfigurationError *error)
{
	step->token_file =
		glue_configuration_variable(configuration,
									"AWS_WEB_IDENTITY_TOKEN_FILE");
	step->role_arn =
		glue_configuration_variable(configuration, "AWS_ROLE_ARN");
	step->role_session_name =
		glue_configuration_variable(configuration, "AWS_ROLE_SESSION_NAME");

	if (step->token_file == NULL)
		return GLUE_SOURCE_ABSENT;
	if (step->role_arn == NULL)
		return glue_source_fail(error, NULL,
								"AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not.");
	return GLUE_SOURCE_PRESENT;
}

/*
 * May this URL be asked for credentials, and receive an authorization token?
 * It may have a query.
 */
static bool
trusted_url(const char *url, const char *variable,
			GlueConfigurationError *error)
{
	static const char *const hosts[] = {
		"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"
	};
	char		base[GLUE_SOURCE_URL_SIZE];
	size_t		len = strcspn(url, "?");
	bool		valid = true;
	GlueEndpointUrl parts;
	GlueEndpointStatus status;

	memcpy(base, url, len);
	base[len] = '\0';
	status = glue_endpoint_url_parse(base, &parts);

	for (url += len; *url != '\0'; url++)
		valid = valid && *url > ' ' && *url <= '~' &&
			strchr("#\\\"<>^`{|}", *url) == NULL;
	for (int i = 0; i < 3 && status == GLUE_ENDPOINT_NOT_HTTPS; i++)
	{
		if (glue_same_word(parts.host, parts.host_len, hosts[i]))
			status = GLUE_ENDPOINT_OK;
	}
	if (valid && status == GLUE_ENDPOINT_OK)
		return true;
	if (valid && status == GLUE_ENDPOINT_NOT_HTTPS)
		return glue_configuration_fail(error, NULL,
									   "%s must use https, unless its host is localhost, 127.x.x.x, [::1], 169.254.170.2, 169.254.170.23 or [fd00:ec2::23].",
									   variable);
	return glue_configuration_fail(error, NULL,
								   "%s must have the form scheme://host[:port][/path][?query].",
								   variable);
}

/*
 * The endpoint of a container.  Its credentials are JSON; a status other than
 * 2xx is a refusal.
 */
GlueSourceStatus
glue_container_source(const GlueConfiguration *configuration,
					  GlueContainerSource *container,
					  GlueConfigurationError *error)
{
	static const char relative_name[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
	static const char full_name[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
	const char *relative = glue_configuration_variable(configuration,
													   relative_name);
	const char *full = glue_configuration_variable(configuration, full_name);
	int			len;

	if (relative == NULL && full == NULL)
		return GLUE_SOURCE_ABSENT;

	/* without the "/" it could extend the host's name */
	if (relative != NULL && relative[0] != '/')
		return glue_source_fail(error, NULL, "%s must begin with \"/\".",
								relative_name);
	len = snprintf(container->url, sizeof(container->url), "%s%s",
				   relative ? ECS_ENDPOINT : "", relative ? relative : full);
	if (len >= (int) sizeof(container->url))
		return glue_source_fail(error, NULL, "%s is too long.",
								relative ? relative_name : full_name);
	if (!trusted_url(container->url, relative ? relative_name : full_name,
					 error))
		return GLUE_SOURCE_INVALID;

	container->token_file =
		glue_configuration_variable(configuration,
									"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	container->token = container->token_file != NULL ? NULL :
		glue_configuration_variable(configuration,
									"AWS_CONTAINER_AUTHORIZATION_TOKEN");
	return GLUE_SOURCE_PRESENT;
}

/*
 * The metadata service's address; NULL for an unknown mode.
 */
static const char *
endpoint_of_mode(const char *mode)
{
	if (mode == NULL ||
		glue_same_but_case(mode, "IPv4"))
		return "http://169.254.169.254";
	if (glue_same_but_case(mode, "IPv6"))
		return "http://[fd00:ec2::254]";
	return NULL;
}

static bool
find_instance_endpoint(const GlueConfiguration *configuration,
					   GlueInstanceSource *instance,
					   GlueConfigurationError *error)
{
	GlueConfiguredValue found;
	const char *endpoint;
	size_t		len;

	glue_configuration_find(configuration, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
							"ec2_metadata_service_endpoint", &found);
	endpoint = found.value;
	if (endpoint != NULL &&
		glue_endpoint_check_url(endpoint) != GLUE_ENDPOINT_OK &&
		glue_endpoint_check_url(endpoint) != GLUE_ENDPOINT_NOT_HTTPS)
		return glue_configuration_fail(error, NULL,
									   "%s must have the form scheme://host[:port][/path].",
									   found.origin);

	if (endpoint == NULL)
	{
		glue_configuration_find(configuration,
								"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
								"ec2_metadata_service_endpoint_mode", &found);
		endpoint = endpoint_of_mode(found.value);
	}
	if (endpoint == NULL)
		return glue_configuration_fail(error, NULL,
									   "%s must be \"IPv4\" or \"IPv6\".",
									   found.origin);

	/* no overflow: the check has a smaller limit */
	len = strlen(endpoint);
	while (endpoint[len - 1] == '/')
		len--;
	memcpy(instance->endpoint, endpoint, len);
	instance->endpoint[len] = '\0';
	return true;
}

/*
 * Look up a number from 1 to max; *value is unchanged if there is none.
 */
static bool
find_number(const GlueConfiguration *configuration, const char *variable,
			const char *property, int max, int *value,
			GlueConfigurationError *error)
{
	GlueConfiguredValue found;

	glue_configuration_find(configuration, variable, property, &found);
	if (found.value == NULL ||
		glue_parse_number(found.value, strlen(found.value), 1, max, value))
		return true;

	return glue_configuration_fail(error, NULL,
								   "%s must be a whole number from 1 to %d.",
								   found.origin, max);
}

/*
 * The metadata service of an EC2 instance.  It needs no configuration, so it
 * is absent only if it is disabled.
 */
GlueSourceStatus
glue_instance_source(const GlueConfiguration *configuration,
					 GlueInstanceSource *instance,
					 GlueConfigurationError *error)
{
	bool		disabled;
	int			seconds = INSTANCE_TIMEOUT;

	if (!glue_configuration_flag(configuration, "AWS_EC2_METADATA_DISABLED",
								 "disable_ec2_metadata", &disabled, error))
		return GLUE_SOURCE_INVALID;
	if (disabled)
		return GLUE_SOURCE_ABSENT;

	instance->max_attempts = INSTANCE_ATTEMPTS;
	if (!find_instance_endpoint(configuration, instance, error) ||
		!find_number(configuration, "AWS_METADATA_SERVICE_TIMEOUT",
					 "metadata_service_timeout",
					 MAX_INSTANCE_TIMEOUT, &seconds, error) ||
		!find_number(configuration, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
					 "metadata_service_num_attempts",
					 MAX_INSTANCE_ATTEMPTS, &instance->max_attempts, error))
		return GLUE_SOURCE_INVALID;

	instance->timeout_ms = seconds * 1000;
	return GLUE_SOURCE_PRESENT;
}

/*
 * Fill in the step of a source outside of the profiles, from its kind.
 */
GlueSourceStatus
glue_source_step(const GlueConfiguration *configuration,
				 GlueCredentialStep *step, GlueConfigurationError *error)
{
	GlueContainerSource container;
	GlueInstanceSource instance;

	switch (step->kind)
	{
		case GLUE_CREDENTIAL_STEP_KEYS:
			return find_keys(configuration, &step->keys, error);
		case GLUE_CREDENTIAL_STEP_WEB_IDENTITY:
			return find_web_identity(configuration, step, error);
		case GLUE_CREDENTIAL_STEP_CONTAINER:
			return glue_container_source(configuration, &container, error);
		case GLUE_CREDENTIAL_STEP_INSTANCE:
			return glue_instance_source(configuration, &instance, error);
		case GLUE_CREDENTIAL_STEP_ASSUME_ROLE:
			break;
	}
	return GLUE_SOURCE_ABSENT;
}

/*
 * Can this be in the name of an IAM role?
 */
static bool
is_role_name_character(char c)
{
	return glue_is_alphanumeric(c) ||
		(c != '\0' && strchr("_+=,.@-", c) != NULL);
}

/*
 * Read the name of the instance's role from the metadata service's answer, of
 * which only the first line counts.  Returns false if it is not a valid name
 * of a role; a valid name is safe in a path, except for percent-encoding.
 */
bool
glue_instance_role_name(const char *body, size_t len,
						char name[GLUE_ROLE_NAME_SIZE])
{
	size_t		used = 0;

	while (used < len && is_role_name_character(body[used]))
		used++;
	if (used == 0 || used >= GLUE_ROLE_NAME_SIZE ||
		(used < len && body[used] != '\n' && body[used] != '\r'))
		return false;

	memcpy(name, body, used);
	name[used] = '\0';
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/*
 * Check a token from a file or the environment, before it becomes part of a
 * header or a form.
 *
 * One line end at its end is removed from *len: editors add it, and no token
 * has it.  Returns NULL if the rest is valid, else the problem, to follow the
 * name of its origin.
 */
const char *
glue_token_problem(const char *text, size_t *len)
{
	if (*len > 0 && text[*len - 1] == '\n')
		(*len)--;
	if (*len > 0 && text[*len - 1] == '\r')
		(*len)--;

	if (*len == 0)
		return "is empty";
	if (*len > GLUE_TOKEN_MAX_LEN)
		return "is too long";
	for (size_t i = 0; i < *len; i++)
	{
		if (text[i] == '\r' || text[i] == '\n')
			return "has a line break inside";
		if (text[i] < ' ' || text[i] > '~')
			return "has a character that is not printable ASCII";
	}
	return NULL;
}
