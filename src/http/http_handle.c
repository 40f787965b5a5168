/*-------------------------------------------------------------------------
 *
 * http_handle.c
 *	  Easy handles of libcurl: how they are set up, and what they tell.
 *
 * An easy handle is one transfer to libcurl.  Its many options are what makes
 * a transfer safe: whom it trusts, where it may go, what it may not do on its
 * own.  They are all here, and so is the other end: what libcurl's errors
 * mean, and which of its words may be shown.
 *
 * The callbacks are http_callbacks.c's.
 *
 * IDENTIFICATION
 *	  src/http/http_handle.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "http/http_handle.h"

#define SET GLUE_HTTP_SET

/* How long the parsed CA certificates are used before the file is read anew. */
#define CA_CACHE_SECONDS	(60L * 60)

/* How long a connection may be idle before it is not used any more. */
#define MAX_IDLE_SECONDS	60L

/* prototypes of private functions */
static bool restrict_handle(CURL *easy);
static bool append_headers(struct curl_slist **headers,
						   const GlueHttpMessage *message);
static bool set_destination(CURL *easy, const GlueHttpMessage *message);
static bool set_method(CURL *easy, GlueHttpMethod method);
static const char *reason_of(CURLcode result, const char *error_buffer,
							 const GlueHttpTransfer *transfer,
							 bool bad_proxy);
static bool is_permanent(CURL *easy, CURLcode result);
static bool proxy_url_refused(const GlueHttpMessage *message,
							  const char *error_buffer,
							  const GlueHttpTransfer *transfer);

/*
 * Make an easy handle with all options that are the same for every request,
 * except for the callbacks.
 *
 * Returns NULL if there is no memory.
 */
CURL *
glue_http_handle_new(void)
{
	CURL	   *easy = curl_easy_init();
	curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	bool		done;

	if (easy == NULL)
		return NULL;

	done = restrict_handle(easy) &&
		SET(easy, CURLOPT_NOSIGNAL, 1L) &&
		SET(easy, CURLOPT_QUICK_EXIT, 1L) &&

	/* AWS's JSON services are specified for HTTP/1.1 */
		SET(easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1) &&
		SET(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) GLUE_HTTP_MAX_ANSWER) &&

	/* a dead peer on a kept connection is noticed without a request */
		SET(easy, CURLOPT_TCP_KEEPALIVE, 1L) &&
		SET(easy, CURLOPT_MAXAGE_CONN, MAX_IDLE_SECONDS);

	/*
	 * A directory of certificates beside the file would switch off the cache
	 * of parsed certificates, and parsing Debian's takes longer than
	 * everything else together.
	 */
	if (done && info->cainfo != NULL)
		done = SET(easy, CURLOPT_CAPATH, NULL);

	if (!done)
	{
		curl_easy_cleanup(easy);
		easy = NULL;
	}
	return easy;
}

/*
 * TLS that checks whom it talks to; never a redirect, which would take the
 * signed headers and the body to another host.  No proxy but that of a request,
 * whatever the environment says; what it answers before there is a tunnel is
 * not the service's answer.
 */
static bool
restrict_handle(CURL *easy)
{
	return SET(easy, CURLOPT_SSL_VERIFYPEER, 1L) &&
		SET(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
		SET(easy, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2) &&
		SET(easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_SECONDS) &&
		SET(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
		SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
		SET(easy, CURLOPT_NOPROXY, "") &&
		SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

/*
 * Set what differs from request to request.
 *
 * Returns false if there is no memory.  Options that an earlier user of the
 * handle set must all be set anew here.  *headers is the caller's to free,
 * after the handle was released; error_buffer has CURL_ERROR_SIZE bytes.
 */
bool
glue_http_handle_prepare(CURL *easy, const GlueHttpMessage *message,
						 struct curl_slist **headers, char *error_buffer)
{
	/* the body makes it a POST, so the method comes after it */
	return append_headers(headers, message) &&
		SET(easy, CURLOPT_HTTPHEADER, *headers) &&
		SET(easy, CURLOPT_POSTFIELDS, message->body ? message->body : "") &&
		SET(easy, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t) message->body_len) &&
		set_method(easy, message->method) &&
		set_destination(easy, message) &&
		SET(easy, CURLOPT_CONNECTTIMEOUT_MS,
			(long) message->connect_timeout_ms) &&
		SET(easy, CURLOPT_TIMEOUT_MS, (long) message->request_timeout_ms) &&
		SET(easy, CURLOPT_ERRORBUFFER, error_buffer);
}

static bool
append_headers(struct curl_slist **headers, const GlueHttpMessage *message)
{
	for (int i = 0; i < message->nheaders; i++)
	{
		struct curl_slist *longer = curl_slist_append(*headers,
													  message->headers[i]);

		if (longer == NULL)
			return false;
		*headers = longer;
	}
	return true;
}

/* Where the request goes, by which way, and whose word is taken for it. */
static bool
set_destination(CURL *easy, const GlueHttpMessage *message)
{
	bool		has_ca_file = message->ca_file && message->ca_file[0] != '\0';
	const char *ca_file = has_ca_file ? message->ca_file :
		curl_version_info(CURLVERSION_NOW)->cainfo;
	bool		plain = strncmp(message->url, "http://", 7) == 0;

	return SET(easy, CURLOPT_URL, message->url) &&
		SET(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https") &&
		SET(easy, CURLOPT_PROXY, message->proxy ? message->proxy : "") &&
		SET(easy, CURLOPT_CAINFO, ca_file);
}

/* A PUT is a POST by another name: libcurl's own would want an upload. */
static bool
set_method(CURL *easy, GlueHttpMethod method)
{
	return (method == GLUE_HTTP_GET ? SET(easy, CURLOPT_HTTPGET, 1L) :
			SET(easy, CURLOPT_POST, 1L)) &&
		SET(easy, CURLOPT_CUSTOMREQUEST,
			method == GLUE_HTTP_PUT ? "PUT" : NULL);
}

/*
 * Say why a transfer failed, and whether another try would end the same:
 * sets reason and permanent, from what else is known of the transfer.
 */
void
glue_http_handle_explain(CURL *easy, CURLcode result,
						 const GlueHttpMessage *message,
						 const char *error_buffer,
						 GlueHttpTransfer *transfer)
{
	bool		bad_proxy = proxy_url_refused(message, error_buffer, transfer);
	const char *reason = reason_of(result, error_buffer, transfer, bad_proxy);
	long		os_errno;

	if (result == CURLE_COULDNT_CONNECT &&
		curl_easy_getinfo(easy, CURLINFO_OS_ERRNO,
						  &os_errno) == CURLE_OK && os_errno != 0)
		snprintf(transfer->reason, sizeof(transfer->reason),
				 "%s (%s)", reason, strerror((int) os_errno));
	else
		strlcpy(transfer->reason, reason,
				sizeof(transfer->reason));
	transfer->too_large = result == CURLE_FILESIZE_EXCEEDED;
	transfer->permanent = bad_proxy || transfer->too_large ||
		transfer->headers_too_large || is_permanent(easy, result);
}

/*
 * libcurl's own text names the host and OpenSSL's reason, which are worth
 * having while a connection is made.  Later on it may quote what was
 * received, so that the fixed text of the error code has to do.
 */
static const char *
reason_of(CURLcode result, const char *error_buffer,
		  const GlueHttpTransfer *transfer, bool bad_proxy)
{
	if (transfer->headers_too_large)
		return "the headers of the answer are larger than 256 kB";
	if (result == CURLE_FILESIZE_EXCEEDED)
		return "the answer is larger than 4 MB";
	if (result == CURLE_ABORTED_BY_CALLBACK || result == CURLE_GOT_NOTHING)
		return "the server closed the connection without an answer";
	if (result == CURLE_PARTIAL_FILE)
		return "the server closed the connection in the middle of the answer";
	if (bad_proxy)
		return "the URL of the proxy cannot be used";
	if (transfer->phase < GLUE_HTTP_SENDING &&
		error_buffer[0] != '\0')
		return error_buffer;
	return curl_easy_strerror(result);
}

/* Would the same request fail in the same way? */
static bool
is_permanent(CURL *easy, CURLcode result)
{
	long		proxy_status = 0;

	(void) curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	return result == CURLE_PEER_FAILED_VERIFICATION ||
		result == CURLE_SSL_CACERT_BADFILE ||
		result == CURLE_URL_MALFORMAT ||
		proxy_status == 407;	/* the proxy wants other credentials */
}

/*
 * Did libcurl make nothing of the URL of the proxy?  It then quotes it, with
 * the password in it.
 *
 * So with a proxy no text of libcurl's is trusted before there is a socket,
 * but the one of a look-up that failed.
 */
static bool
proxy_url_refused(const GlueHttpMessage *message, const char *error_buffer,
				  const GlueHttpTransfer *transfer)
{
	static const char harmless[] = "Could not resolve ";
	const char *proxy = message->proxy;

	return transfer->phase == GLUE_HTTP_RESOLVING &&
		!transfer->timed_out &&
		proxy != NULL && proxy[0] != '\0' &&
		error_buffer[0] != '\0' &&
		strncmp(error_buffer, harmless, strlen(harmless)) != 0;
}

/* Cleanse and free header lines, which hold the signature. */
void
glue_http_headers_free(struct curl_slist *headers)
{
	for (struct curl_slist *cell = headers; cell != NULL; cell = cell->next)
		OPENSSL_cleanse(cell->data, strlen(cell->data));
	curl_slist_free_all(headers);
}
