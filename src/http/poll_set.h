/*-------------------------------------------------------------------------
 *
 * poll_set.h
 *	  Sockets of a library that a backend waits for together with its latch.
 *
 * IDENTIFICATION
 *	  src/http/poll_set.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_POLL_SET_H
#define GLUE_HTTP_POLL_SET_H

#define GLUE_POLL_READ		1
#define GLUE_POLL_WRITE		2
#define GLUE_POLL_ERROR		4

/* Limit of sockets that one wait can report. */
#define GLUE_POLL_MAX_READY	64

/* An event of a socket. */
typedef struct GluePollEvent
{
	int			fd;
	int			events;			/* GLUE_POLL_... */
} GluePollEvent;

/* these may raise errors */
extern void glue_poll_open(void);
extern void glue_poll_reserve(int nfds);
extern bool glue_poll_can_reserve(int nfds);
extern int	glue_poll_wait(long timeout_ms, uint32 wait_event,
						   GluePollEvent ready[GLUE_POLL_MAX_READY]);

/* these raise no errors, and may be called in callbacks */
extern void glue_poll_give_back(int nfds);
extern int	glue_poll_open_socket(int family, int type, int protocol);
extern int	glue_poll_close_socket(int fd);
extern void glue_poll_note_ports(void);
extern bool glue_poll_has_input(int local_port);
extern bool glue_poll_watch(int fd, int events, bool watched);
extern void glue_poll_ignore(int fd);

#endif							/* GLUE_HTTP_POLL_SET_H */
