/*-------------------------------------------------------------------------
 *
 * http_callbacks.c
 *	  What libcurl tells of a transfer while it is under way.
 *
 * How far it got, and what was answered, is written down here as libcurl calls
 * back.  None of that may raise an error or use palloc: see http.c.
 *
 * Sending once.  When a kept connection turns out to be dead, libcurl sends
 * a request again on a new one, even a POST, and even if the first was
 * carried out.  It asks us before it sends, and the second time it is told
 * no.  So that this stays the exception, we look before the first time
 * whether a kept connection was closed by the server while it was idle, and
 * say so: http_progress.c starts over on another one then, and nothing has
 * been sent.
 *
 * IDENTIFICATION
 *	  src/http/http_callbacks.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/http_callbacks.h"
#include "http/http_handle.h"
#include "http/poll_set.h"

#define SET GLUE_HTTP_SET

/* prototypes of private functions; libcurl calls those that begin with "on" */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
									struct curl_sockaddr *address);
static int	on_close_socket(void *arg, curl_socket_t socket);
static int	on_sending(void *arg, char *remote_ip, char *local_ip,
					   int remote_port, int local_port);
static bool is_stale(GlueHttpState *transfer, int local_port);
static size_t on_header(char *line, size_t size, size_t count, void *arg);
static size_t on_write(char *data, size_t size, size_t count, void *arg);

/* Let a new handle call back; false if there is no memory. */
bool
glue_http_callbacks_set(CURL *easy)
{
	return SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket) &&
		SET(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket) &&
		SET(easy, CURLOPT_PREREQFUNCTION, on_sending) &&
		SET(easy, CURLOPT_HEADERFUNCTION, on_header) &&
		SET(easy, CURLOPT_WRITEFUNCTION, on_write);
}

/* From now on, what a transfer's handle tells is about that transfer. */
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

/*
 * Open a socket.
 *
 * If the request was sent on a kept connection that turned out to be dead,
 * libcurl connects anew before it asks whether it may send; what has left
 * must not be taken for unsent then.
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
 * The connection is made, and the request is about to be sent on it: see
 * the head of this file.
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
 * Was a kept connection closed while it was idle?  There is nothing that a
 * server may say of its own accord, so anything to be read means that.
 *
 * A connection that is new is remembered by its port instead.
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
 * A line of the headers, be it of the answer, of an interim answer before it or
 * of what follows its last chunk.  libcurl keeps them all, so this is where
 * there is an end to them.
 *
 * Any count but the one that was given makes libcurl give up.
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

/* Append to the answer; the count is as above. */
static size_t
on_write(char *data, size_t size, size_t count, void *arg)
{
	GlueHttpState *transfer = arg;
	Size		len = size * count;

	if (len > GLUE_HTTP_MAX_ANSWER - transfer->answer.len)
		transfer->too_large = true;
	else if (glue_secret_buffer_append(&transfer->answer, data, len))
		return len;
	else
		transfer->out_of_memory = true;
	return len + 1;
}
