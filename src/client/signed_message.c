/*-------------------------------------------------------------------------
 *
 * signed_message.c
 *	  The HTTP request of an AWS service.
 *
 * The protocols differ: AWS Glue takes JSON and the operation's name in a
 * header (JSON 1.1), AWS STS a form that includes the name (Query).
 *
 * The signed headers are those of AWS's own SDKs: the ones that AWS requires,
 * and none that a proxy may change.
 *
 * The signer is kept for the life of the backend, with the signing key of the
 * day.
 *
 * IDENTIFICATION
 *	  src/client/signed_message.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "aws/invocation_id.h"
#include "aws/query_form.h"
#include "aws/sigv4.h"
#include "client/signed_message.h"
#include "server/secret_memory.h"
#include "text/json.h"

#define USER_AGENT		"glue_conn/1.0"

/* content-type, host, x-amz-date, x-amz-target, x-amz-security-token */
#define MAX_SIGNED_HEADERS	5

/* Longer than the longest names of a key and a region make it. */
#define MAX_AUTHORIZATION_LEN	1023

/* The protocol of each service. */
typedef struct ServiceProtocol
{
	const char *signing_name;
	const char *content_type;
	const char *target_prefix;	/* NULL: the body names the operation */
} ServiceProtocol;

static const ServiceProtocol protocols[] = {
	[GLUE_SERVICE_GLUE] = {"glue", "application/x-amz-json-1.1", "AWSGlue"},
	[GLUE_SERVICE_STS] = {"sts",
	"application/x-www-form-urlencoded; charset=utf-8", NULL},
};

/* The only API version of AWS STS. */
#define STS_VERSION		"2011-06-15"

/* Size of the buffer for the body of most requests. */
#define USUAL_BODY_SIZE	4096

/* prototypes of private functions */
static char *json_body(json_object *arguments, Size *len);
static int	list_parameters(json_object *arguments,
							GlueQueryParameter *parameters);
static int	collect_headers(const GlueCall *call, const char *amz_date,
							GlueSigv4Header *headers);
static char *sign(const GlueCall *call, GlueSigv4Message *message);
static GlueSigv4Signer *get_signer(void);

/*
 * Write the body of a call's request in the protocol of its service.
 *
 * The request is an object; for STS, one of strings.  The result is secret
 * memory of the current context.
 */
char *
glue_message_body(const GlueCall *call, Size *len)
{
	json_object *arguments = call->arguments;
	GlueQueryParameter *parameters;
	int			nparameters;
	char	   *body;

	if (call->service == GLUE_SERVICE_GLUE)
		return json_body(arguments, len);
	parameters = palloc(json_object_object_length(arguments) *
						sizeof(GlueQueryParameter));
	nparameters = list_parameters(arguments, parameters);
	*len = glue_query_form(call->operation, STS_VERSION, parameters, nparameters,
						   NULL, 0);
	body = glue_secret_alloc(*len + 1);
	glue_query_form(call->operation, STS_VERSION, parameters, nparameters,
					body, *len + 1);
	return body;
}

/* The JSON of a request; only a large one is written twice. */
static char *
json_body(json_object *arguments, Size *len)
{
	Size		size = USUAL_BODY_SIZE;
	char	   *body = glue_secret_alloc(size);

	*len = glue_json_tree_write(arguments, body, size);
	if (*len >= size)
	{
		size = *len + 1;
		body = glue_secret_alloc(size);
		glue_json_tree_write(arguments, body, size);
	}
	return body;
}

/* List the members of an object of strings; return their number. */
static int
list_parameters(json_object *arguments, GlueQueryParameter *parameters)
{
	struct json_object_iterator member = json_object_iter_begin(arguments);
	struct json_object_iterator end = json_object_iter_end(arguments);
	int			n = 0;

	for (; !json_object_iter_equal(&member, &end);
		 json_object_iter_next(&member))
	{
		parameters[n].name = json_object_iter_peek_name(&member);
		parameters[n++].value =
			json_object_get_string(json_object_iter_peek_value(&member));
	}
	return n;
}

/*
 * Write the header lines of the next attempt at a call, signed with the
 * service's time; return their number.  All attempts have the same
 * invocation_id.
 *
 * They live in the current memory context, which cleanses them.
 */
int
glue_signed_header_lines(const GlueCall *call, const char *body,
						 Size body_len, const char *invocation_id,
						 time_t now,
						 const char *lines[GLUE_MAX_HEADER_LINES])
{
	GlueSigv4Header headers[MAX_SIGNED_HEADERS];
	char		amz_date[GLUE_SIGV4_TIME_LEN + 1];
	char		attempt[GLUE_INVOCATION_ATTEMPT_SIZE];
	struct tm	utc;
	int			nheaders;
	int			nlines = 0;

	gmtime_r(&now, &utc);
	strftime(amz_date, sizeof(amz_date), "%Y%m%dT%H%M%SZ", &utc);

	nheaders = collect_headers(call, amz_date, headers);
	for (int i = 0; i < nheaders; i++)
		lines[nlines++] = glue_secret_printf("%s: %s", headers[i].name,
											 headers[i].value);
	if (call->credentials != NULL)
	{
		GlueSigv4Message message = {
			.headers = headers,
			.nheaders = nheaders,
			.body = body,
			.body_len = body_len,
			.amz_date = amz_date,
		};

		lines[nlines++] = sign(call, &message);
	}
	glue_invocation_attempt(call->attempts + 1, call->target->max_attempts,
							attempt);
	lines[nlines++] = psprintf("amz-sdk-invocation-id: %s", invocation_id);
	lines[nlines++] = psprintf("amz-sdk-request: %s", attempt);
	lines[nlines++] = "User-Agent: " USER_AGENT;

	/* keeps libcurl from asking for permission to send a large body */
	lines[nlines++] = "Expect:";
	return nlines;
}

/* Collect the headers to sign, in any order; return their number. */
static int
collect_headers(const GlueCall *call, const char *amz_date,
				GlueSigv4Header *headers)
{
	const ServiceProtocol *protocol = &protocols[call->service];
	int			n = 0;

	headers[n++] = (GlueSigv4Header)
	{
		"content-type", protocol->content_type
	};
	headers[n++] = (GlueSigv4Header)
	{
		"host", call->endpoint->host
	};
	headers[n++] = (GlueSigv4Header)
	{
		"x-amz-date", amz_date
	};
	if (protocol->target_prefix != NULL)
		headers[n++] = (GlueSigv4Header)
	{
		"x-amz-target",
			psprintf("%s.%s",
					 protocol->target_prefix,
					 call->operation)
	};
	if (call->credentials != NULL &&
		call->credentials->session_token != NULL)
		headers[n++] = (GlueSigv4Header)
	{
		"x-amz-security-token",
			call->credentials->session_token
	};
	return n;
}

/*
 * The Authorization header for a message; the service, region and credentials
 * are those of the call.
 */
static char *
sign(const GlueCall *call, GlueSigv4Message *message)
{
	char		authorization[MAX_AUTHORIZATION_LEN + 1];

	message->method = "POST";
	message->path = call->endpoint->path;
	message->query = "";
	message->region = call->endpoint->region;
	message->service = protocols[call->service].signing_name;
	if (!glue_sigv4_authorization(get_signer(), message,
								  call->credentials->access_key_id,
								  call->credentials->secret_access_key,
								  authorization, sizeof(authorization)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("could not sign a request to AWS"),
				 errdetail("The credentials are longer than AWS's can be.")));
	return psprintf("Authorization: %s", authorization);
}

static GlueSigv4Signer *
get_signer(void)
{
	static GlueSigv4Signer *signer = NULL;

	if (signer == NULL)
		signer = glue_sigv4_signer_new();
	if (signer == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not initialize the signing of requests")));
	return signer;
}
