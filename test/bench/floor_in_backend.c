/*-------------------------------------------------------------------------
 *
 * floor_in_backend.c
 *	  The minimal cost of a POST from a backend, and other measurements
 *	  inside a backend.
 *
 * The floor is the simplest implementation: one libcurl handle that is kept,
 * constant headers, and the given body.  It validates nothing, signs nothing,
 * records nothing, keeps no answer and cannot be cancelled.  The time of
 * glue_create_connection() is compared with that, because both have the same
 * cost of TLS, system calls and server.
 *
 * IDENTIFICATION
 *	  test/bench/floor_in_backend.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include <curl/curl.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(floor_post);
PG_FUNCTION_INFO_V1(floor_nothing);
PG_FUNCTION_INFO_V1(count_descriptors);

/* No backend here opens a descriptor with a higher number. */
#define MAX_DESCRIPTORS 2048

/* Headers of the same number and length as those of a signed request. */
static const char *const header_lines[] = {
	"content-type: application/x-amz-json-1.1",
	"x-amz-date: 20260101T000000Z",
	"x-amz-target: AWSGlue.CreateConnection",
	"Authorization: AWS4-HMAC-SHA256 "
	"Credential=AKIDEXAMPLE/20260101/us-east-1/glue/aws4_request, "
	"SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
	"Signature=0123456789abcdef0123456789abcdef"
	"0123456789abcdef0123456789abcdef",
	"User-Agent: glue_conn/1.0",
};

static size_t
ignore_answer(char *data, size_t size, size_t count, void *arg)
{
	return size * count;
}

static CURL *
new_handle(const char *url, const char *ca_file)
{
	CURL	   *easy = curl_easy_init();
	struct curl_slist *headers = NULL;

	for (int i = 0; i < lengthof(header_lines); i++)
		headers = curl_slist_append(headers, header_lines[i]);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_answer);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	return easy;
}

/*
 * floor_post(url text, ca_file text, body text) returns void
 *
 * The first call of a session decides the URL and the CA file.
 */
Datum
floor_post(PG_FUNCTION_ARGS)
{
	static CURL *easy = NULL;
	text	   *body = PG_GETARG_TEXT_PP(2);
	CURLcode	result;
	long		status = 0;

	if (easy == NULL)
		easy = new_handle(text_to_cstring(PG_GETARG_TEXT_PP(0)),
						  text_to_cstring(PG_GETARG_TEXT_PP(1)));
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
					 (long) VARSIZE_ANY_EXHDR(body));
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, VARDATA_ANY(body));
	result = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (result != CURLE_OK || status != 200)
		elog(ERROR, "floor: %s, status %ld", curl_easy_strerror(result),
			 status);
	PG_RETURN_VOID();
}

/*
 * floor_nothing(input jsonb) returns boolean
 *
 * The cost of a call of any C function with a jsonb.
 */
Datum
floor_nothing(PG_FUNCTION_ARGS)
{
	Jsonb	   *input = PG_GETARG_JSONB_P(0);

	PG_RETURN_BOOL(VARSIZE(input) > 0);
}

/*
 * count_descriptors() returns integer
 *
 * The open descriptors of this backend that are no regular files: sockets,
 * pipes, epoll.  PostgreSQL opens and closes its files as it likes.
 */
Datum
count_descriptors(PG_FUNCTION_ARGS)
{
	int			count = 0;

	for (int fd = 0; fd < MAX_DESCRIPTORS; fd++)
	{
		struct stat status;

		if (fstat(fd, &status) == 0 && !S_ISREG(status.st_mode))
			count++;
	}
	PG_RETURN_INT32(count);
}
