/*-------------------------------------------------------------------------
 *
 * metadata.c
 *	  Credentials from the machine that the server runs on.
 *
 * Amazon ECS and EKS Pod Identity provide credentials to a container over
 * plain HTTP, and the instance metadata service (IMDS) does so on an EC2
 * instance.  These services are reached directly, never through a proxy.  They
 * answer at once or not at all, so the time limits are short.
 *
 * Only version 2 of IMDS is used, which requires a session token.  It rejects
 * forwarded requests, so that it cannot be reached through a server that
 * fetches URLs for strangers (SSRF).  A fallback to version 1 would lose that
 * protection.
 *
 * If nothing answers at the address of IMDS, this is no EC2 instance, which is
 * no failure.  A service that opens no sessions is no failure either: other
 * clouds have services of their own at that address, and IMDS may be disabled.
 * Everything else is a failure, because the source exists.
 *
 * A request never blocks: its call advances it at every event.
 *
 * IDENTIFICATION
 *	  src/client/metadata.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "aws/query_form.h"
#include "client/metadata.h"
#include "client/shared_files.h"
#include "server/secret_memory.h"

/* The time limits of AWS's SDKs for containers. */
#define CONTAINER_CONNECT_TIMEOUT_MS	2000
#define CONTAINER_REQUEST_TIMEOUT_MS	5000
#define CONTAINER_ATTEMPTS				4
#define RETRY_PAUSE_MS					100

/* Longest session that IMDS allows, in seconds. */
#define SESSION_HEADER	"X-aws-ec2-metadata-token-ttl-seconds: 21600"

#define MAX_SESSIONS	2

/* prototypes of private functions */
static void init(GlueMetadata *metadata, GlueCallback on_news);
static void open_session(GlueMetadata *metadata);
static void ask_instance(GlueMetadata *metadata, GlueMetadataStep step,
						 GlueHttpMethod method, const char *path,
						 const char *header);
static bool has_ended(GlueMetadata *metadata);
static void take_answer(GlueMetadata *metadata,
						GlueTemporaryCredentials *credentials);
static void take_session(GlueMetadata *metadata);
static void take_role(GlueMetadata *metadata);
static void take_credentials(GlueMetadata *metadata,
							 GlueTemporaryCredentials *credentials);
static bool has_status(const GlueMetadata *metadata, int status);
static void end(GlueMetadata *metadata, GlueMetadataOutcome outcome,
				const char *reason);
static void fail(GlueMetadata *metadata);

/*
 * Start to ask the endpoint of a container for credentials.
 *
 * It is never absent, since the configuration names it.  on_news is called when
 * it is worth advancing, unless it pauses: as on_end of a message.
 */
void
glue_metadata_start_container(GlueMetadata *metadata, const GlueTarget *target,
							  GlueCallback on_news)
{
	GlueContainerSource source;
	GlueConfigurationError error;
	const char *token;
	const char *problem = NULL;
	size_t		len;

	init(metadata, on_news);
	if (glue_container_source(target->configuration, &source,
							  &error) != GLUE_SOURCE_PRESENT)
	{
		end(metadata, GLUE_METADATA_FAILED, pstrdup(error.detail));
		return;
	}
	metadata->message.method = GLUE_HTTP_GET;
	metadata->message.url = pstrdup(source.url);
	metadata->message.ca_file = target->ca_file;
	metadata->message.connect_timeout_ms = CONTAINER_CONNECT_TIMEOUT_MS;
	metadata->message.request_timeout_ms = CONTAINER_REQUEST_TIMEOUT_MS;
	metadata->headers[0] = "Accept: application/json";
	metadata->max_attempts = CONTAINER_ATTEMPTS;
	token = source.token;
	len = token != NULL ? strlen(token) : 0;
	if (source.token_file != NULL)
		token = glue_shared_file_token(source.token_file, &len, &problem);
	else if (token != NULL)
		problem = glue_token_problem(token, &len);
	if (problem != NULL)
		end(metadata, GLUE_METADATA_FAILED,
			psprintf("the authorization token of the container %s", problem));
	else if (token != NULL)
		metadata->headers[metadata->message.nheaders++] =
			glue_secret_printf("Authorization: %.*s", (int) len, token);
}

/*
 * Start to ask the instance metadata service for the credentials of the
 * instance's role.  They may have expired already.
 */
void
glue_metadata_start_instance(GlueMetadata *metadata, const GlueTarget *target,
							 GlueCallback on_news)
{
	GlueConfigurationError error;

	init(metadata, on_news);
	if (glue_instance_source(target->configuration, &metadata->instance,
							 &error) != GLUE_SOURCE_PRESENT)
	{
		end(metadata, GLUE_METADATA_FAILED, pstrdup(error.detail));
		return;
	}
	metadata->message.connect_timeout_ms = metadata->instance.timeout_ms;
	metadata->message.request_timeout_ms = metadata->instance.timeout_ms;
	metadata->max_attempts = metadata->instance.max_attempts;
	open_session(metadata);
}

static void
init(GlueMetadata *metadata, GlueCallback on_news)
{
	memset(metadata, 0, sizeof(GlueMetadata));
	metadata->message.headers = metadata->headers;
	metadata->message.nheaders = 1;
	metadata->message.on_end = on_news;
}

/* Ask IMDS for a session. */
static void
open_session(GlueMetadata *metadata)
{
	metadata->session = NULL;
	ask_instance(metadata, GLUE_METADATA_SESSION, GLUE_HTTP_PUT,
				 GLUE_INSTANCE_TOKEN_PATH, SESSION_HEADER);
}

/* Ask IMDS, by a message that has one header. */
static void
ask_instance(GlueMetadata *metadata, GlueMetadataStep step,
			 GlueHttpMethod method, const char *path, const char *header)
{
	metadata->message.method = method;
	metadata->message.url = psprintf("%s%s", metadata->instance.endpoint, path);
	metadata->headers[0] = header;
	metadata->step = step;
	metadata->attempts = 0;
}

/*
 * Advance it as far as possible without waiting; sets its outcome.
 *
 * The result goes into credentials.  The caller cleanses them.
 */
void
glue_metadata_advance(GlueMetadata *metadata,
					  GlueTemporaryCredentials *credentials)
{
	while (metadata->outcome == GLUE_METADATA_PENDING && has_ended(metadata))
		take_answer(metadata, credentials);
	if (metadata->outcome != GLUE_METADATA_PENDING &&
		metadata->transfer != NULL)
		glue_http_release(metadata->transfer);
}

/*
 * Send the message, and again if that may help, until it has ended; false if
 * that has to be waited for.
 */
static bool
has_ended(GlueMetadata *metadata)
{
	const GlueHttpTransfer *transfer;

	if (glue_monotonic_us() < metadata->pause_until)
		return false;
	if (metadata->attempts == 0 || metadata->pause_until != 0)
	{
		if (metadata->transfer != NULL)
			glue_http_release(metadata->transfer);
		metadata->pause_until = 0;
		metadata->attempts++;
		metadata->transfer = glue_http_start(&metadata->message);
	}
	transfer = metadata->transfer;
	if (transfer->outcome == GLUE_HTTP_PENDING)
		return false;

	/* a retry of a refused connection would only take time again */
	if ((transfer->outcome != GLUE_HTTP_LOST &&
		 (transfer->outcome != GLUE_HTTP_ANSWERED ||
		  transfer->status < 500)) ||
		metadata->attempts >= metadata->max_attempts)
		return true;
	metadata->pause_until = glue_monotonic_us() +
		RETRY_PAUSE_MS * 1000 * metadata->attempts;
	return false;
}

/* A message has ended: continue with the next step, or end. */
static void
take_answer(GlueMetadata *metadata, GlueTemporaryCredentials *credentials)
{
	/* a service that was restarted has forgotten its sessions */
	if (metadata->session != NULL && has_status(metadata, 401) &&
		metadata->nsessions < MAX_SESSIONS)
		open_session(metadata);
	else if (metadata->step == GLUE_METADATA_SESSION)
		take_session(metadata);
	else if (metadata->step == GLUE_METADATA_ROLE)
		take_role(metadata);
	else
		take_credentials(metadata, credentials);
}

/*
 * A session with IMDS was asked for.
 *
 * That the connection cannot be made, or that its packets vanish, is how it
 * looks where there is no such service.
 */
static void
take_session(GlueMetadata *metadata)
{
	const GlueHttpTransfer *transfer = metadata->transfer;
	size_t		len = transfer->body_len;

	if (transfer->outcome == GLUE_HTTP_NOT_SENT)
		end(metadata, GLUE_METADATA_ABSENT,
			"there is no instance metadata service");
	else if (has_status(metadata, 403) || has_status(metadata, 404) ||
			 has_status(metadata, 405))
		end(metadata, GLUE_METADATA_ABSENT,
			psprintf("the instance metadata service is disabled, or not that of Amazon EC2 (HTTP status %d)",
					 transfer->status));
	else if (!has_status(metadata, 200))
		fail(metadata);
	else if (len == 0 || glue_token_problem(transfer->body, &len) != NULL)
		end(metadata, GLUE_METADATA_FAILED,
			"the instance metadata service gave no session token");
	else
	{
		metadata->nsessions++;
		metadata->session =
			glue_secret_printf("X-aws-ec2-metadata-token: %.*s", (int) len,
							   transfer->body);
		ask_instance(metadata, GLUE_METADATA_ROLE, GLUE_HTTP_GET,
					 GLUE_INSTANCE_ROLE_PATH, metadata->session);
	}
}

/* IMDS was asked for the name of the role. */
static void
take_role(GlueMetadata *metadata)
{
	const GlueHttpTransfer *transfer = metadata->transfer;
	char		role[GLUE_ROLE_NAME_SIZE];

	if (has_status(metadata, 404))
		end(metadata, GLUE_METADATA_ABSENT, "the instance has no role");
	else if (!has_status(metadata, 200))
		fail(metadata);
	else if (!glue_instance_role_name(transfer->body, transfer->body_len, role))
		end(metadata, GLUE_METADATA_FAILED,
			"the instance metadata service named no role");
	else
		ask_instance(metadata, GLUE_METADATA_CREDENTIALS, GLUE_HTTP_GET,
					 psprintf("%s%s", GLUE_INSTANCE_ROLE_PATH, role),
					 metadata->session);
}

/*
 * Credentials were asked for.
 *
 * Expired credentials of an instance are accepted: AWS keeps them valid while it
 * cannot issue newer ones.
 */
static void
take_credentials(GlueMetadata *metadata, GlueTemporaryCredentials *credentials)
{
	char		problem[GLUE_CREDENTIAL_REASON_SIZE];
	GlueCredentialReplyStatus status;

	if (!has_status(metadata, 200))
	{
		fail(metadata);
		return;
	}
	status = glue_credential_reply_json(metadata->transfer->body,
										metadata->transfer->body_len,
										(long long) time(NULL), credentials,
										problem);
	if (status == GLUE_CREDENTIALS_OK ||
		(status == GLUE_CREDENTIALS_EXPIRED &&
		 metadata->step == GLUE_METADATA_CREDENTIALS))
		end(metadata, GLUE_METADATA_FOUND, NULL);
	else
		end(metadata, GLUE_METADATA_FAILED,
			psprintf("the answer %s", problem));
}

static bool
has_status(const GlueMetadata *metadata, int status)
{
	return metadata->transfer->outcome == GLUE_HTTP_ANSWERED &&
		metadata->transfer->status == status;
}

static void
end(GlueMetadata *metadata, GlueMetadataOutcome outcome, const char *reason)
{
	metadata->outcome = outcome;
	metadata->reason = reason;
}

/* End with a message that has failed. */
static void
fail(GlueMetadata *metadata)
{
	const GlueHttpTransfer *transfer = metadata->transfer;
	const char *service = metadata->step == GLUE_METADATA_CONTAINER ?
		"the credentials endpoint of the container" :
		"the instance metadata service";

	end(metadata, GLUE_METADATA_FAILED,
		transfer->outcome == GLUE_HTTP_ANSWERED ?
		psprintf("%s answered with HTTP status %d", service,
				 transfer->status) :
		psprintf("%s did not answer (%s)", service,
				 transfer->timed_out ? "timeout" : transfer->reason));
}
