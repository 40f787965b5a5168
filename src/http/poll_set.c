/*-------------------------------------------------------------------------
 *
 * poll_set.c
 *	  Sockets of a library that a backend waits for together with its latch.
 *
 * A library that opens its own sockets must cooperate with PostgreSQL in two
 * ways.
 *
 * Waits.  Its sockets are in one epoll descriptor, which is waited for
 * together with the latch of this backend.  So a cancel, a terminate, a
 * ProcSignalBarrier (DROP DATABASE needs it) and the death of the postmaster
 * are noticed at once, however many sockets there are.
 *
 * File descriptors.  The sockets count towards the limit below which
 * PostgreSQL keeps its own files.  AcquireExternalFD() may raise an error,
 * which is not allowed inside the library.  So descriptors are reserved ahead
 * of time, and sockets are opened and closed within the reservation.  Some
 * versions of libcurl close a socket themselves if it was never connected.
 * That is detected when its number is assigned again, or when no descriptor
 * seems to be left.
 *
 * There is one set per backend, and it is never closed.  A socket that libcurl
 * no longer waits for stays in it, because it is probably a kept connection
 * that will be used again.  If it has an event before that, it is removed.
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

/* Limit of open sockets: two for each of 256 transfers, and more. */
#define MAX_SOCKETS		1024

/* A socket that was opened here. */
typedef struct PollSocket
{
	int			fd;
	ino_t		inode;			/* identifies the socket if its number was
								 * reused */
	int			local_port;		/* 0 until it is known */
	int			events;			/* GLUE_POLL_..., 0 if not in the set */
	bool		wanted;			/* libcurl waits for them */
} PollSocket;

static PollSocket sockets[MAX_SOCKETS];
static int	nsockets = 0;

static int	epoll_fd = -1;
static int	nmembers = 0;		/* of the set, including foreign sockets */
static WaitEventSet *wait_set = NULL;	/* latch, postmaster and epoll_fd */
static int	fds_reserved = 0;	/* without those that are open */
static int	fds_wanted = 0;		/* sum of glue_poll_reserve() calls */

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
	 * WaitLatchOrSocket() would make such a set for each wait, at a higher
	 * cost than the rest of the wait.
	 */
	set = GLUE_CREATE_WAIT_EVENT_SET(3);
	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	if (IsUnderPostmaster)
		AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL,
						  NULL);
	AddWaitEventToSet(set, WL_SOCKET_READABLE, epoll_fd, NULL, NULL);
	wait_set = set;
}

/* Create a set without members; -1 on failure. */
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
 * Reserve descriptors for nfds more sockets.
 *
 * glue_poll_give_back() returns them, also in the reset of a memory context.
 * Nothing is reserved if this raises an error.
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
 * Return a reservation.  Sockets that are still open stay counted.
 */
void
glue_poll_give_back(int nfds)
{
	Assert(fds_wanted >= nfds);
	fds_wanted -= nfds;
	release_surplus();
}

/* Open a socket within the reservation; -1 if none is left, or on failure. */
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
 * Close a socket of glue_poll_open_socket(), and remove it from the set.
 */
int
glue_poll_close_socket(int fd)
{
	PollSocket *known = find_socket(fd);

	if (known != NULL)
		forget_socket(known);
	return close(fd);
}

/*
 * Acquire a file descriptor; the sockets that the library has closed itself
 * are found first, if necessary.
 */
static bool
acquire(void)
{
	if (AcquireExternalFD())
		return true;
	forget_closed();
	release_surplus();
	return AcquireExternalFD();
}

/* Forget the sockets that the library has closed itself. */
static void
forget_closed(void)
{
	for (int i = nsockets - 1; i >= 0; i--)
	{
		if (inode_of(sockets[i].fd) != sockets[i].inode)
			forget_socket(&sockets[i]);
	}
}

/* A socket is closed: return its descriptor to the reservation. */
static void
forget_socket(PollSocket *known)
{
	if (known->events != 0)
		nmembers--;
	fds_reserved++;
	*known = sockets[--nsockets];
}

/* A number that is unique while the file is open; 0 if it is not. */
static ino_t
inode_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/*
 * Look up the local ports of sockets that are connected by now.
 *
 * The library identifies its connections by their ports, and not by their
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
 * Is there input, or end of file, on the socket with this local port?  False
 * also if the port is unknown.
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
 * There are so few that a linear search is faster than a system call.
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
 * Wait for these events of a socket; false on failure.
 *
 * watched says whether the socket is in the set, according to the caller; that
 * matters only for a socket that was not opened here.
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
 * Likewise for a socket that the library has opened itself.  Its end is not
 * reported, so the kernel decides: a closed socket has left the set, and its
 * number may be in use again.
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

/* Stop waiting for a socket; it may be closed already. */
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
 * Wait for at most timeout_ms until a watched socket has an event.
 *
 * Fills in ready, and returns the number of entries.  Interrupts are
 * processed, so this may not return.
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
		/* epoll_wait() would only return this socket */
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

/* Is only one socket in the set, and is it waited for to be readable? */
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
 * Does libcurl wait for this socket?  If not, remove it from the set: the
 * other side has closed it.
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

/* Release reserved descriptors that are not wanted any more. */
static void
release_surplus(void)
{
	while (fds_reserved > fds_wanted)
	{
		ReleaseExternalFD();
		fds_reserved--;
	}
}
