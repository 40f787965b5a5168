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
#include "http/http.h"
#include "server/secret_memory.h"

/* The time limits of AWS's SDKs for containers. */
#define CONTAINER_CONNECT_TIMEOUT_MS	2000
#define CONTAINER_REQUEST_TIMEOUT_MS	5000
#define CONTAINER_ATTEMPTS				4
#define RETRY_PAUSE_MS					100

/* Longest session that IMDS allows, in seconds. */
#define SESSION_HEADER	"X-aws-ec2-metadata-token-ttl-seconds: 21600"

#define MAX_SESSIONS	2

#define MAX_HEADERS		4

/* One HTTP exchange with a service, and its result. */
typedef struct Exchange
{
	GlueHttpMessage message;	/* without its headers */
	const char *headers[MAX_HEADERS];
	int			max_attempts;

	GlueHttpOutcome outcome;
	int			status;			/* HTTP status of the answer */
	char	   *body;			/* NUL-terminated secret memory, of the answer */
	size_t		body_len;
	const char *reason;			/* reason of a missing answer */
} Exchange;

/* prototypes of private functions */
static void run_exchange(Exchange *exchange);
static void run_attempt(Exchange *exchange);
static Exchange ask_instance(const GlueInstanceSource *source,
							 GlueHttpMethod method, const char *path,
							 const char *header);
static GlueMetadataOutcome read_credentials(const Exchange *exchange,
											bool may_be_expired,
											GlueTemporaryCredentials *credentials,
											const char **reason);
static GlueMetadataOutcome explain(const Exchange *exchange,
								   const char *service, const char **reason);
static const char *container_authorization(const GlueContainerSource *source,
										   const char **reason);
static GlueMetadataOutcome open_session(const GlueInstanceSource *source,
										const char **token_header,
										const char **reason);
static GlueMetadataOutcome ask_in_session(const GlueInstanceSource *source,
										  const char *token_header,
										  GlueTemporaryCredentials *credentials,
										  const char **reason, bool *session_lost);
static bool has_status(const Exchange *exchange, int status);

/*
 * Ask the endpoint of a container for credentials, which the caller cleanses.
 *
 * Never returns GLUE_METADATA_ABSENT, because the configuration names the
 * endpoint.  On failure, reason is a phrase for a sentence, without secrets.
 */
GlueMetadataOutcome
glue_metadata_container(const GlueContainerSource *source,
						const char *ca_file,
						GlueTemporaryCredentials *credentials,
						const char **reason)
{
	Exchange	exchange = {
		.message = {
			.method = GLUE_HTTP_GET,
			.url = source->url,
			.nheaders = 1,
			.ca_file = ca_file,
			.connect_timeout_ms = CONTAINER_CONNECT_TIMEOUT_MS,
			.request_timeout_ms = CONTAINER_REQUEST_TIMEOUT_MS,
		},
		.headers = {"Accept: application/json"},
		.max_attempts = CONTAINER_ATTEMPTS,
	};

	if (source->token_file != NULL || source->token != NULL)
	{
		const char *header = container_authorization(source, reason);

		if (header == NULL)
			return GLUE_METADATA_FAILED;
		exchange.headers[exchange.message.nheaders++] = header;
	}
	run_exchange(&exchange);
	if (!has_status(&exchange, 200))
	{
		explain(&exchange, "the credentials endpoint of the container", reason);
		return GLUE_METADATA_FAILED;
	}
	return read_credentials(&exchange, false, credentials, reason);
}

/*
 * Ask the instance metadata service for the credentials of the instance's
 * role, which the caller cleanses.  They may have expired already.
 */
GlueMetadataOutcome
glue_metadata_instance(const GlueInstanceSource *source,
					   GlueTemporaryCredentials *credentials,
					   const char **reason)
{
	GlueMetadataOutcome outcome;
	bool		session_lost;
	int			nsessions = 0;

	/* a service that was restarted has forgotten its sessions */
	do
	{
		const char *token_header;

		session_lost = false;
		outcome = open_session(source, &token_header, reason);
		if (outcome == GLUE_METADATA_FOUND)
			outcome = ask_in_session(source, token_header, credentials,
									 reason, &session_lost);
	} while (session_lost && ++nsessions < MAX_SESSIONS);
	return outcome;
}

/* The header with the token of the container; NULL on failure. */
static const char *
container_authorization(const GlueContainerSource *source, const char **reason)
{
	const char *token = source->token;
	size_t		len = token ? strlen(token) : 0;
	const char *problem;

	if (source->token_file != NULL)
		token = glue_shared_file_text(source->token_file, false, &len);
	problem = token ? glue_token_problem(token, &len) : "cannot be read";
	if (problem != NULL)
	{
		*reason = psprintf("the authorization token of the container %s",
						   problem);
		return NULL;
	}
	return glue_secret_printf("Authorization: %.*s", (int) len, token);
}

/*
 * Open a session with IMDS.
 *
 * A refused connection, or a timeout of it, means that there is no such
 * service.
 */
static GlueMetadataOutcome
open_session(const GlueInstanceSource *source, const char **token_header,
			 const char **reason)
{
	Exchange	exchange = ask_instance(source, GLUE_HTTP_PUT,
										GLUE_INSTANCE_TOKEN_PATH,
										SESSION_HEADER);
	size_t		len;

	if (exchange.outcome == GLUE_HTTP_NOT_SENT)
	{
		*reason = "there is no instance metadata service";
		return GLUE_METADATA_ABSENT;
	}
	if (has_status(&exchange, 403) || has_status(&exchange, 404) ||
		has_status(&exchange, 405))
	{
		*reason = psprintf("the instance metadata service is switched off, or not that of Amazon EC2 (HTTP status %d)",
						   exchange.status);
		return GLUE_METADATA_ABSENT;
	}
	if (!has_status(&exchange, 200))
		return explain(&exchange, "the instance metadata service", reason);

	len = exchange.body_len;
	if (len == 0 || glue_token_problem(exchange.body, &len) != NULL)
	{
		*reason = "the instance metadata service gave no session token";
		return GLUE_METADATA_FAILED;
	}
	*token_header = glue_secret_printf("X-aws-ec2-metadata-token: %.*s",
									   (int) len, exchange.body);
	return GLUE_METADATA_FOUND;
}

/*
 * Ask IMDS for the name of the role, and for its credentials.
 *
 * *session_lost is set if that failed because the service does not know the
 * session.
 */
static GlueMetadataOutcome
ask_in_session(const GlueInstanceSource *source, const char *token_header,
			   GlueTemporaryCredentials *credentials, const char **reason,
			   bool *session_lost)
{
	Exchange	exchange = ask_instance(source, GLUE_HTTP_GET,
										GLUE_INSTANCE_ROLE_PATH, token_header);
	char		role[GLUE_ROLE_NAME_SIZE];

	*session_lost = has_status(&exchange, 401);
	if (has_status(&exchange, 404))
	{
		*reason = "the instance has no role";
		return GLUE_METADATA_ABSENT;
	}
	if (!has_status(&exchange, 200))
		return explain(&exchange, "the instance metadata service", reason);
	if (!glue_instance_role_name(exchange.body, exchange.body_len, role))
	{
		*reason = "the instance metadata service named no role";
		return GLUE_METADATA_FAILED;
	}

	exchange = ask_instance(source, GLUE_HTTP_GET,
							psprintf("%s%s", GLUE_INSTANCE_ROLE_PATH, role),
							token_header);
	*session_lost = has_status(&exchange, 401);
	if (!has_status(&exchange, 200))
		return explain(&exchange, "the instance metadata service", reason);
	return read_credentials(&exchange, true, credentials, reason);
}

/* Exchange a request with one header with IMDS. */
static Exchange
ask_instance(const GlueInstanceSource *source, GlueHttpMethod method,
			 const char *path, const char *header)
{
	Exchange	exchange = {
		.message = {
			.method = method,
			.url = psprintf("%s%s", source->endpoint, path),
			.nheaders = 1,
			.connect_timeout_ms = source->timeout_ms,
			.request_timeout_ms = source->timeout_ms,
		},
		.headers = {header},
		.max_attempts = source->max_attempts,
	};

	run_exchange(&exchange);
	return exchange;
}

static bool
has_status(const Exchange *exchange, int status)
{
	return exchange->outcome == GLUE_HTTP_ANSWERED &&
		exchange->status == status;
}

/* Exchange, with retries of transient failures. */
static void
run_exchange(Exchange *exchange)
{
	for (int attempt = 1;; attempt++)
	{
		bool		worth_it;

		run_attempt(exchange);

		/* a retry of a refused connection would only take time again */
		worth_it = exchange->outcome == GLUE_HTTP_LOST ||
			(exchange->outcome == GLUE_HTTP_ANSWERED &&
			 exchange->status >= 500);
		if (!worth_it || attempt >= exchange->max_attempts)
			return;
		glue_http_sleep(RETRY_PAUSE_MS * attempt);
	}
}

static void
run_attempt(Exchange *exchange)
{
	GlueHttpTransfer *transfer;

	exchange->message.headers = exchange->headers;
	transfer = glue_http_start(&exchange->message);
	glue_http_finish(transfer);
	exchange->outcome = transfer->outcome;
	exchange->status = transfer->status;
	exchange->reason = transfer->timed_out ? "timeout" :
		pstrdup(transfer->reason);
	exchange->body_len = transfer->body_len;
	if (transfer->outcome == GLUE_HTTP_ANSWERED)
		exchange->body = glue_secret_copy(transfer->body, transfer->body_len);
	glue_http_release(transfer);
}

/*
 * Read the credentials from an answer.
 *
 * may_be_expired says whether expired ones are accepted: AWS keeps the
 * credentials of an instance valid while it cannot issue newer ones.
 */
static GlueMetadataOutcome
read_credentials(const Exchange *exchange, bool may_be_expired,
				 GlueTemporaryCredentials *credentials, const char **reason)
{
	char		problem[GLUE_CREDENTIAL_REASON_SIZE];
	GlueCredentialReplyStatus status =
		glue_credential_reply_json(exchange->body, exchange->body_len,
								   (long long) time(NULL), credentials,
								   problem);

	if (status == GLUE_CREDENTIALS_OK ||
		(status == GLUE_CREDENTIALS_EXPIRED && may_be_expired))
		return GLUE_METADATA_FOUND;
	*reason = psprintf("the answer %s", problem);
	return GLUE_METADATA_FAILED;
}

/* Set the reason of a failed exchange; always returns GLUE_METADATA_FAILED. */
static GlueMetadataOutcome
explain(const Exchange *exchange, const char *service, const char **reason)
{
	if (exchange->outcome == GLUE_HTTP_ANSWERED)
		*reason = psprintf("%s answered with HTTP status %d", service,
						   exchange->status);
	else
		*reason = psprintf("%s did not answer (%s)", service,
						   exchange->reason);
	return GLUE_METADATA_FAILED;
}
