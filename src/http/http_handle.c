/*-------------------------------------------------------------------------
 *
 * http_handle.c
 *	  Options and errors of libcurl's easy handles.
 *
 * An easy handle is one transfer of libcurl.  Its options make a transfer
 * safe: the trusted certificates, the allowed protocols, no redirects.  This
 * file sets them all, and also interprets libcurl's errors, and decides which
 * of its messages may be shown.
 *
 * The callbacks are in http_callbacks.c.
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

/* Lifetime of the parsed CA certificates. */
#define CA_CACHE_SECONDS	(60L * 60)

/* Longest idle time of a connection that is used again. */
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

	/* detects a dead peer of a kept connection without a request */
		SET(easy, CURLOPT_TCP_KEEPALIVE, 1L) &&
		SET(easy, CURLOPT_MAXAGE_CONN, MAX_IDLE_SECONDS);

	/*
	 * A directory of certificates in addition to the file would disable the
	 * cache of parsed certificates, and parsing Debian's takes longer than
	 * all other steps together.
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
 * Require TLS with a verified peer.  Forbid redirects, which would send the
 * signed headers and the body to another host.  Use no proxy but that of the
 * request, whatever the environment is; a proxy's answer to CONNECT is not the
 * service's answer.
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
 * Set the options that depend on the request.
 *
 * Returns false if there is no memory.  Options that an earlier user of the
 * handle set must all be set again here.  The caller frees *headers, after the
 * handle was released; error_buffer has CURL_ERROR_SIZE bytes.
 */
bool
glue_http_handle_prepare(CURL *easy, const GlueHttpMessage *message,
						 struct curl_slist **headers, char *error_buffer)
{
	/* CURLOPT_POSTFIELDS selects POST, so the method must be set afterwards */
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

/* Set the URL, the proxy and the CA certificates of the request. */
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

/*
 * A PUT is a POST with another name, because libcurl's own PUT is an upload.
 */
static bool
set_method(CURL *easy, GlueHttpMethod method)
{
	return (method == GLUE_HTTP_GET ? SET(easy, CURLOPT_HTTPGET, 1L) :
			SET(easy, CURLOPT_POST, 1L)) &&
		SET(easy, CURLOPT_CUSTOMREQUEST,
			method == GLUE_HTTP_PUT ? "PUT" : NULL);
}

/*
 * Explain the failure of a transfer: set reason and permanent, from the other
 * fields of the transfer.
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
 * Before the request is sent, libcurl's own text names the host and OpenSSL's
 * reason, which are helpful.  Later it may quote the answer, so only the fixed
 * text of the error code is used.
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
		proxy_status == 407;	/* the proxy rejects the credentials */
}

/*
 * Did libcurl fail to parse the URL of the proxy?  Its text then quotes the
 * URL, with the password in it.
 *
 * So with a proxy, none of libcurl's texts is used before there is a socket,
 * except that of a failed name lookup.
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
