/*-------------------------------------------------------------------------
 *
 * signed_request.c
 *	  The header lines of a request to an AWS service.
 *
 * Exactly those headers are signed that AWS's own clients sign: what AWS
 * requires, and nothing that a proxy may change on the way.
 *
 * The signer is kept for the life of the backend, and with it the signing
 * key of the day.
 *
 * IDENTIFICATION
 *	  src/signed_request.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "secret_memory.h"
#include "signed_request.h"
#include "sigv4.h"

#define USER_AGENT		"glue_conn/1.0"

/* content-type, host, x-amz-date, x-amz-target, x-amz-security-token */
#define MAX_SIGNED_HEADERS	5

/* More than the longest names of a key and a region can make it. */
#define MAX_AUTHORIZATION_LEN	1023

/* How each service is spoken to. */
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

/* prototypes of private functions */
static int	collect_headers(const GlueSignedRequest *request,
							const char *amz_date, GlueSigv4Header *headers);
static char *sign(const GlueSignedRequest *request, const char *amz_date,
				  const GlueSigv4Header *headers, int nheaders);
static GlueSigv4Signer *get_signer(void);

/*
 * Write the header lines of a request, signed for its moment; returns how
 * many they are.
 *
 * They live in the current memory context, which cleanses them.
 */
int
glue_signed_header_lines(const GlueSignedRequest *request,
						 const char *lines[GLUE_MAX_HEADER_LINES])
{
	GlueSigv4Header headers[MAX_SIGNED_HEADERS];
	char		amz_date[GLUE_SIGV4_TIME_LEN + 1];
	struct tm	utc;
	int			nheaders;
	int			nlines = 0;

	gmtime_r(&request->time, &utc);
	strftime(amz_date, sizeof(amz_date), "%Y%m%dT%H%M%SZ", &utc);

	nheaders = collect_headers(request, amz_date, headers);
	for (int i = 0; i < nheaders; i++)
	{
		Size		size = strlen(headers[i].name) +
		strlen(headers[i].value) + 3;
		char	   *line = glue_secret_alloc(size);

		snprintf(line, size, "%s: %s", headers[i].name, headers[i].value);
		lines[nlines++] = line;
	}
	if (request->credentials != NULL)
		lines[nlines++] = sign(request, amz_date, headers, nheaders);
	lines[nlines++] = "User-Agent: " USER_AGENT;

	/* keeps libcurl from asking for permission to send a large body */
	lines[nlines++] = "Expect:";
	return nlines;
}

/* The headers that are to be signed, in any order; returns how many. */
static int
collect_headers(const GlueSignedRequest *request, const char *amz_date,
				GlueSigv4Header *headers)
{
	const ServiceProtocol *protocol = &protocols[request->service];
	int			n = 0;

	headers[n++] = (GlueSigv4Header)
	{
		"content-type", protocol->content_type
	};
	headers[n++] = (GlueSigv4Header)
	{
		"host", request->endpoint->host
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
					 request->operation)
	};
	if (request->credentials != NULL &&
		request->credentials->session_token != NULL)
		headers[n++] = (GlueSigv4Header)
	{
		"x-amz-security-token",
			request->credentials->session_token
	};
	return n;
}

/* The line with the signature. */
static char *
sign(const GlueSignedRequest *request, const char *amz_date,
	 const GlueSigv4Header *headers, int nheaders)
{
	GlueSigv4Request unsigned_request = {
		.method = "POST",
		.path = request->endpoint->path,
		.query = "",
		.headers = headers,
		.nheaders = nheaders,
		.body = request->body,
		.body_len = request->body_len,
		.amz_date = amz_date,
		.region = request->endpoint->region,
		.service = protocols[request->service].signing_name,
	};
	char		authorization[MAX_AUTHORIZATION_LEN + 1];

	if (!glue_sigv4_authorization(get_signer(), &unsigned_request,
								  request->credentials->access_key_id,
								  request->credentials->secret_access_key,
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
