/*-------------------------------------------------------------------------
 *
 * poll_set.c
 *	  Foreign sockets that a backend waits for together with its latch.
 *
 * A library that opens its own sockets has two debts to PostgreSQL.
 *
 * Waiting.  Its sockets are collected in one epoll descriptor, which is
 * waited for together with the latch of this backend.  So a cancel, a
 * terminate, a signal barrier of another session (DROP DATABASE needs them)
 * and the death of the postmaster are seen at once, however many sockets are
 * waited for.
 *
 * File descriptors.  They count towards the limit below which PostgreSQL
 * keeps its own files.  Whether one is left can only be asked where an error
 * may be raised, which is not so inside the library.  So descriptors are
 * reserved ahead of time, and opened and closed within what is reserved.  Some
 * versions of libcurl close a socket on their own, if it was never connected;
 * that is found out when its number is given to another one, or when there seem
 * to be no descriptors left.
 *
 * There is one set per backend, and it is never closed.  A socket that need
 * not be waited for any more is left in it, because it is likely to be a kept
 * connection that is about to be used again.  If something happens to it
 * before, it is taken out.
 *
 * IDENTIFICATION
 *	  src/http/poll_set.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/poll_set.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/memutils.h"

/* Sockets that can be open at once: two for each of 256 transfers, and more. */
#define MAX_SOCKETS		1024

/* A socket that was opened here. */
typedef struct PollSocket
{
	int			fd;
	ino_t		inode;			/* tells whether that is still the socket */
	int			local_port;		/* 0 until it was noted */
	int			events;			/* GLUE_POLL_..., 0 unless it is in the set */
	bool		wanted;			/* libcurl waits for them */
} PollSocket;

static PollSocket sockets[MAX_SOCKETS];
static int	nsockets = 0;

static int	epoll_fd = -1;
static int	nmembers = 0;		/* of the set, others' sockets included */
static WaitEventSet *wait_set = NULL;	/* latch, postmaster and epoll_fd */
static int	fds_reserved = 0;	/* not counting those that are open */
static int	fds_wanted = 0;		/* what glue_poll_reserve() was asked for */

/* prototypes of private functions */
static bool acquire(void);
static void forget_closed(void);
static void forget_socket(PollSocket *known);
static ino_t inode_of(int fd);
static int	create_set(void);
static PollSocket *find_socket(int fd);
static int	find_local_port(int fd);
static bool watch_foreign(int fd, int events, bool watched);
static bool expects_only(int *fd);
static bool is_wanted(int fd);
static bool change_set(int operation, int fd, int events);
static void release_surplus(void);

/*
 * Open the set, if it is not open yet.
 */
void
glue_poll_open(void)
{
	WaitEventSet *set;

	if (wait_set != NULL)
		return;
	if (epoll_fd < 0 && (epoll_fd = create_set()) < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create an epoll descriptor: %m")));

	/*
	 * WaitLatchOrSocket() would make such a set for each wait, which costs
	 * more than the rest of the wait.
	 */
	set = GLUE_CREATE_WAIT_EVENT_SET(3);
	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	if (IsUnderPostmaster)
		AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL,
						  NULL);
	AddWaitEventToSet(set, WL_SOCKET_READABLE, epoll_fd, NULL, NULL);
	wait_set = set;
}

/* The set without members; -1 if there can be none. */
static int
create_set(void)
{
	int			fd;

	if (!AcquireExternalFD())
		return -1;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0)
	{
		int			error = errno;

		ReleaseExternalFD();
		errno = error;
	}
	return fd;
}

/*
 * Make sure that nfds more sockets can be opened.
 *
 * To be given back with glue_poll_give_back(), which the reset of a memory
 * context may do.  Nothing is reserved if this raises an error.
 */
void
glue_poll_reserve(int nfds)
{
	release_surplus();
	fds_wanted += nfds;
	for (int i = 0; i < nfds; i++)
	{
		if (acquire())
		{
			fds_reserved++;
			continue;
		}
		fds_wanted -= nfds;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not open a connection to AWS"),
				 errdetail("There are too many open files in this backend."),
				 errhint("Raise the server's \"max_files_per_process\" and/or \"ulimit -n\" limits.")));
	}
}

/* Would glue_poll_reserve() succeed? */
bool
glue_poll_can_reserve(int nfds)
{
	int			available = 0;

	release_surplus();
	while (available < nfds && acquire())
		available++;
	for (int i = 0; i < available; i++)
		ReleaseExternalFD();
	return available == nfds;
}

/*
 * Give back a reservation.  Sockets that are still open stay counted.
 */
void
glue_poll_give_back(int nfds)
{
	Assert(fds_wanted >= nfds);
	fds_wanted -= nfds;
	release_surplus();
}

/* Open a socket within the reservation; -1 if none is left, or it fails. */
int
glue_poll_open_socket(int family, int type, int protocol)
{
	int			fd;

	if (fds_reserved == 0 || nsockets == MAX_SOCKETS)
	{
		errno = EMFILE;
		return -1;
	}
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return -1;
	if (find_socket(fd) != NULL)
		forget_socket(find_socket(fd));
	fds_reserved--;
	sockets[nsockets++] = (PollSocket)
	{
		.fd = fd, .inode = inode_of(fd)
	};
	return fd;
}

/*
 * Close a socket that glue_poll_open_socket() opened.  That also takes it out
 * of the set.
 */
int
glue_poll_close_socket(int fd)
{
	PollSocket *known = find_socket(fd);

	if (known != NULL)
		forget_socket(known);
	return close(fd);
}

/* Acquire a file descriptor, also one of those that only seem to be in use. */
static bool
acquire(void)
{
	if (AcquireExternalFD())
		return true;
	forget_closed();
	release_surplus();
	return AcquireExternalFD();
}

/* Forget the sockets that the library has closed on its own. */
static void
forget_closed(void)
{
	for (int i = nsockets - 1; i >= 0; i--)
	{
		if (inode_of(sockets[i].fd) != sockets[i].inode)
			forget_socket(&sockets[i]);
	}
}

/* A socket is closed, and its file descriptor one of the reserved again. */
static void
forget_socket(PollSocket *known)
{
	if (known->events != 0)
		nmembers--;
	fds_reserved++;
	*known = sockets[--nsockets];
}

/* A number that is unique as long as the file is open; 0 if it is not. */
static ino_t
inode_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/*
 * Note the local ports of the sockets that have been connected since.
 *
 * The library tells its connections apart by their ports, and not by their
 * sockets.
 */
void
glue_poll_note_ports(void)
{
	for (int i = 0; i < nsockets; i++)
	{
		if (sockets[i].local_port == 0)
			sockets[i].local_port = find_local_port(sockets[i].fd);
	}
}

/*
 * Is there anything to be read from the socket with this local port, be it
 * only its end?  False also if the port is not known.
 */
bool
glue_poll_has_input(int local_port)
{
	for (int i = 0; i < nsockets; i++)
	{
		struct pollfd state = {.fd = sockets[i].fd, .events = POLLIN};

		if (sockets[i].local_port == local_port)
			return poll(&state, 1, 0) > 0;
	}
	return false;
}

/*
 * Find a socket that was opened here; NULL if it was not.
 *
 * There are so few that looking at all of them takes less time than a system
 * call.
 */
static PollSocket *
find_socket(int fd)
{
	for (int i = 0; i < nsockets; i++)
	{
		if (sockets[i].fd == fd)
			return &sockets[i];
	}
	return NULL;
}

/* The local port of a connected socket; 0 if it has none. */
static int
find_local_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t	len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *) &address, &len) < 0)
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *) &address)->sin_port);
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *) &address)->sin6_port);
	return 0;
}

/*
 * Wait for these events of a socket; false if that is not possible.
 *
 * watched says whether the socket is watched already, as far as the caller
 * knows, which matters only for a socket that was not opened here.
 */
bool
glue_poll_watch(int fd, int events, bool watched)
{
	PollSocket *known = find_socket(fd);

	if (known == NULL)
		return watch_foreign(fd, events, watched);
	if (known->events != events)
	{
		if (!change_set(known->events != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
						fd, events))
			return false;
		if (known->events == 0)
			nmembers++;
		known->events = events;
	}
	known->wanted = true;
	return true;
}

/*
 * Likewise for a socket that the library has opened for itself.  It is not known
 * when it is closed, so the kernel has the last word: such a socket has left
 * the set, and its number may be in use again.
 */
static bool
watch_foreign(int fd, int events, bool watched)
{
	if (watched && change_set(EPOLL_CTL_MOD, fd, events))
		return true;
	if (change_set(EPOLL_CTL_ADD, fd, events))
	{
		nmembers++;
		return true;
	}
	return errno == EEXIST && change_set(EPOLL_CTL_MOD, fd, events);
}

/* Do not wait for a socket any more; it may be closed already. */
void
glue_poll_ignore(int fd)
{
	PollSocket *known = find_socket(fd);

	if (known != NULL)
		known->wanted = false;
	else if (change_set(EPOLL_CTL_DEL, fd, 0))
		nmembers--;
}

/*
 * Wait for at most timeout_ms until something happens to a watched socket.
 *
 * Fills in ready, and returns how many sockets it tells of.  Interrupts are
 * served, so this may not return.
 */
int
glue_poll_wait(long timeout_ms, uint32 wait_event,
			   GluePollEvent ready[GLUE_POLL_MAX_READY])
{
	struct epoll_event events[GLUE_POLL_MAX_READY];
	WaitEvent	woken = {0};
	int			nevents;
	int			nready = 0;

	Assert(wait_set != NULL && timeout_ms >= 0);
	WaitEventSetWait(wait_set, timeout_ms, &woken, 1, wait_event);
	if (woken.events & WL_LATCH_SET)
		ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if ((woken.events & WL_SOCKET_READABLE) == 0)
		return 0;
	if (expects_only(&ready[0].fd))
	{
		/* no need to ask the kernel which socket it was */
		ready[0].events = GLUE_POLL_READ;
		return 1;
	}

	nevents = epoll_wait(epoll_fd, events, GLUE_POLL_MAX_READY, 0);
	for (int i = 0; i < nevents; i++)
	{
		if (!is_wanted(events[i].data.fd))
			continue;
		ready[nready].fd = events[i].data.fd;
		ready[nready].events = 0;
		if (events[i].events & (EPOLLIN | EPOLLHUP))
			ready[nready].events |= GLUE_POLL_READ;
		if (events[i].events & EPOLLOUT)
			ready[nready].events |= GLUE_POLL_WRITE;
		if (events[i].events & EPOLLERR)
			ready[nready].events |= GLUE_POLL_ERROR;
		nready++;
	}
	return nready;
}

/* Is only one socket in the set, and waited for to be readable? */
static bool
expects_only(int *fd)
{
	if (nmembers != 1)
		return false;
	for (int i = 0; i < nsockets; i++)
	{
		*fd = sockets[i].fd;
		if (sockets[i].events != 0)
			return sockets[i].wanted && sockets[i].events == GLUE_POLL_READ;
	}
	return false;
}

/*
 * Does libcurl wait for a socket that something happened to?  If not, take it
 * out of the set: it has been closed by the other side.
 */
static bool
is_wanted(int fd)
{
	PollSocket *known = find_socket(fd);

	if (known == NULL || known->wanted)
		return true;
	change_set(EPOLL_CTL_DEL, fd, 0);
	known->events = 0;
	nmembers--;
	return false;
}

static bool
change_set(int operation, int fd, int events)
{
	struct epoll_event event = {0};

	event.data.fd = fd;
	if (events & GLUE_POLL_READ)
		event.events |= EPOLLIN;
	if (events & GLUE_POLL_WRITE)
		event.events |= EPOLLOUT;
	return epoll_ctl(epoll_fd, operation, fd, &event) == 0;
}

/* Let go of what is reserved beyond what is wanted. */
static void
release_surplus(void)
{
	while (fds_reserved > fds_wanted)
	{
		ReleaseExternalFD();
		fds_reserved--;
	}
}
