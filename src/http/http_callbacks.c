/*-------------------------------------------------------------------------
 *
 * http_callbacks.c
 *	  libcurl's callbacks for a transfer under way.
 *
 * They record the progress of a transfer, and its answer.  None may raise an
 * error or use palloc: see http.c.
 *
 * At most one send.  If a kept connection turns out to be dead, libcurl sends
 * a request again on a new one, even a POST, and even if the first one was
 * carried out.  It calls CURLOPT_PREREQFUNCTION before each send, which
 * refuses the second one.  To make that rare, the callback checks before the
 * first send whether the server has closed the kept connection while it was
 * idle.  In that case http.c starts over on another connection, and
 * nothing has been sent.
 *
 * IDENTIFICATION
 *	  src/http/http_callbacks.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/http_handle.h"
#include "http/http_state.h"
#include "http/poll_set.h"

#define SET GLUE_HTTP_SET

/* libcurl calls the functions that begin with "on" */

/*
 * Open a socket.
 *
 * If the request was sent on a kept connection that turned out to be dead,
 * libcurl connects again before it calls on_request().  The sent request must
 * not count as unsent then.
 */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	GlueHttpState *transfer = arg;
	int			fd = glue_poll_open_socket(address->family, address->socktype,
										   address->protocol);

	if (transfer->public.phase < GLUE_HTTP_CONNECTING)
		transfer->public.phase = GLUE_HTTP_CONNECTING;
	return fd;
}

static int
on_close_socket(void *arg, curl_socket_t socket)
{
	return glue_poll_close_socket(socket);
}

/*
 * Was a kept connection closed while it was idle?  A server sends nothing
 * without a request, so any input means that.
 *
 * For a new connection, the port is recorded instead.
 */
static bool
is_stale(GlueHttpState *transfer, int local_port)
{
	long		nconnects = 1;

	(void) curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &nconnects);
	if (nconnects == 0)
		return glue_poll_has_input(local_port);
	glue_poll_note_ports();
	return false;
}

/*
 * The connection is established, and the request is about to be sent on it:
 * see the head of this file.
 */
static int
on_sending(void *arg, char *remote_ip, char *local_ip,
		   int remote_port, int local_port)
{
	GlueHttpState *transfer = arg;

	if (transfer->public.phase >= GLUE_HTTP_SENDING)
		return CURL_PREREQFUNC_ABORT;
	transfer->stale = is_stale(transfer, local_port);
	if (transfer->stale)
		return CURL_PREREQFUNC_ABORT;
	transfer->public.phase = GLUE_HTTP_SENDING;
	return CURL_PREREQFUNC_OK;
}

/*
 * A header line of the answer, of an interim answer before it, or of the
 * trailers.  libcurl keeps them all, so their size is limited here.
 *
 * Any other result than the given count makes libcurl abort.
 */
static size_t
on_header(char *line, size_t size, size_t count, void *arg)
{
	GlueHttpState *transfer = arg;
	const GlueHttpMessage *message = transfer->message;
	Size		len = size * count;

	transfer->public.phase = GLUE_HTTP_RECEIVING;
	transfer->public.headers_too_large |=
		len > GLUE_HTTP_MAX_HEADERS - transfer->headers_len;
	if (transfer->public.headers_too_large)
		return len + 1;
	transfer->headers_len += len;
	if (message->on_header != NULL)
		message->on_header(message->on_header_arg, line, len);
	return len;
}

/* Append to the answer; the result is as above. */
static size_t
on_write(char *data, size_t size, size_t count, void *arg)
{
	GlueHttpState *transfer = arg;
	Size		len = size * count;

	if (len > GLUE_HTTP_MAX_ANSWER - transfer->answer.len)
		transfer->refusal = CURLE_FILESIZE_EXCEEDED;
	else if (glue_secret_buffer_append(&transfer->answer, data, len))
		return len;
	else
		transfer->refusal = CURLE_OUT_OF_MEMORY;
	return len + 1;
}

/* Set the callbacks of a new handle; false if there is no memory. */
bool
glue_http_callbacks_set(CURL *easy)
{
	return SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket) &&
		SET(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket) &&
		SET(easy, CURLOPT_PREREQFUNCTION, on_sending) &&
		SET(easy, CURLOPT_HEADERFUNCTION, on_header) &&
		SET(easy, CURLOPT_WRITEFUNCTION, on_write);
}

/* Direct the callbacks of a handle to a transfer. */
bool
glue_http_callbacks_bind(GlueHttpState *transfer)
{
	CURL	   *easy = transfer->easy;

	return SET(easy, CURLOPT_PRIVATE, transfer) &&
		SET(easy, CURLOPT_PREREQDATA, transfer) &&
		SET(easy, CURLOPT_OPENSOCKETDATA, transfer) &&
		SET(easy, CURLOPT_HEADERDATA, transfer) &&
		SET(easy, CURLOPT_WRITEDATA, transfer);
}
