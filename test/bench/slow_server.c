/*-------------------------------------------------------------------------
 *
 * slow_server.c
 *	  An HTTPS server that answers every request after a fixed time.
 *
 * Usage: slow_server CERTIFICATE KEY MILLISECONDS
 *
 * Listens at a free port of 127.0.0.1 until it is terminated; it prints the port
 * and its process ID.  Connections are kept, and any number of them may wait
 * for their answer.  It serves to measure its clients, so its own work is
 * minimal: one thread, one answer, and almost no parsing of the request.
 *
 * IDENTIFICATION
 *	  test/bench/slow_server.c
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define MAX_REQUEST		(64 * 1024)
#define MAX_EVENTS		256

static const char answer[] = "HTTP/1.1 200 OK\r\n"
"content-type: application/x-amz-json-1.1\r\n"
"x-amzn-RequestId: 00000000-0000-0000-0000-000000000000\r\n"
"content-length: 34\r\n"
"\r\n"
"{\"CreateConnectionStatus\":\"READY\"}";

/* A client's connection. */
typedef struct Client
{
	SSL		   *ssl;
	size_t		used;			/* of request */
	char		request[MAX_REQUEST + 1];
	struct timespec due;		/* when to answer, if in the queue */
	bool		closed;			/* free it instead */
	struct Client *next;		/* in the queue */
} Client;

static int	epoll_fd;
static long delay_ms;

/* Clients that wait for their answer, first come, first served. */
static Client *queue = NULL;
static Client **queue_end = &queue;

static void
die(const char *action)
{
	perror(action);
	exit(1);
}

static struct timespec
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time;
}

/* The time until a deadline; at least 0. */
static struct timespec
until(struct timespec time)
{
	struct timespec from = now();
	struct timespec none = {0};

	time.tv_sec -= from.tv_sec;
	time.tv_nsec -= from.tv_nsec;
	if (time.tv_nsec < 0)
	{
		time.tv_nsec += 1000000000;
		time.tv_sec--;
	}
	return time.tv_sec < 0 ? none : time;
}

static bool
is_past(struct timespec time)
{
	struct timespec remaining = until(time);

	return remaining.tv_sec == 0 && remaining.tv_nsec == 0;
}

static void
watch(int fd, void *data)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
}

static void
accept_client(int listener, SSL_CTX * context)
{
	int			one = 1;
	int			fd = accept(listener, NULL, NULL);
	Client	   *client;

	if (fd < 0)
		return;
	client = calloc(1, sizeof(Client));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	client->ssl = SSL_new(context);
	SSL_set_fd(client->ssl, fd);
	SSL_set_accept_state(client->ssl);
	watch(fd, client);
}

static void
free_client(Client *client)
{
	close(SSL_get_fd(client->ssl));
	SSL_free(client->ssl);
	free(client);
}

/* Is there a whole request, with its body? */
static bool
has_request(Client *client)
{
	char	   *end;
	char	   *length;

	client->request[client->used] = '\0';
	end = strstr(client->request, "\r\n\r\n");
	length = strcasestr(client->request, "Content-Length: ");
	return end != NULL && length != NULL &&
		client->used >= (size_t) (end + 4 - client->request) +
		strtoul(length + strlen("Content-Length: "), NULL, 10);
}

static void
add_to_queue(Client *client)
{
	client->due = now();
	client->due.tv_nsec += delay_ms % 1000 * 1000000;
	client->due.tv_sec += delay_ms / 1000 + client->due.tv_nsec / 1000000000;
	client->due.tv_nsec %= 1000000000;
	client->next = NULL;
	*queue_end = client;
	queue_end = &client->next;
}

/* Is there something to be read, even if only an end? */
static void
read_client(Client *client)
{
	int			got;

	while ((got = SSL_read(client->ssl, client->request + client->used,
						   (int) (MAX_REQUEST - client->used))) > 0)
		client->used += (size_t) got;
	if (has_request(client))
	{
		client->used = 0;
		add_to_queue(client);
	}
	else if (SSL_get_error(client->ssl, got) != SSL_ERROR_WANT_READ)
		free_client(client);
}

/* Answer the clients that have waited long enough. */
static void
answer_clients(void)
{
	while (queue != NULL && is_past(queue->due))
	{
		Client	   *client = queue;

		queue = client->next;
		if (queue == NULL)
			queue_end = &queue;
		SSL_write(client->ssl, answer, (int) strlen(answer));
	}
}

static int
listen_anywhere(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t	len = sizeof(address);
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *) &address, len) < 0 ||
		listen(fd, 1024) < 0 ||
		getsockname(fd, (struct sockaddr *) &address, &len) < 0)
		die("listen");
	printf("%d %d\n", ntohs(address.sin_port), (int) getpid());
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	SSL_CTX    *context = SSL_CTX_new(TLS_server_method());
	int			listener;

	if (argc != 4 ||
		SSL_CTX_use_certificate_file(context, argv[1], SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1)
	{
		fprintf(stderr, "usage: slow_server CERTIFICATE KEY MILLISECONDS\n");
		return 1;
	}
	delay_ms = atol(argv[3]);
	epoll_fd = epoll_create1(0);
	listener = listen_anywhere();
	watch(listener, NULL);

	for (;;)
	{
		struct epoll_event events[MAX_EVENTS];
		struct timespec timeout = {0};
		int			count;

		if (queue != NULL)
			timeout = until(queue->due);
		count = epoll_pwait2(epoll_fd, events, MAX_EVENTS,
							 queue ? &timeout : NULL, NULL);

		for (int i = 0; i < count; i++)
		{
			if (events[i].data.ptr == NULL)
				accept_client(listener, context);
			else
				read_client(events[i].data.ptr);
		}
		answer_clients();
	}
}
