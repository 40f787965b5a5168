/*-------------------------------------------------------------------------
 *
 * odd_machine.c
 *	  A machine with rare events, to be preloaded into a
 *	  server.
 *
 * The environment variable ODD_MACHINE names a directory.  Its files
 * determine the machine's behaviour, at any moment:
 *
 *		no-epoll	epoll_create1() fails
 *		clock		the clock is as many seconds ahead as the file says, or
 *					behind
 *		pid			processes that start have the process ID that it says
 *
 * IDENTIFICATION
 *	  test/t/odd_machine.c
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

typedef int (*EpollCreate) (int flags);
typedef int (*GetTimeOfDay) (struct timeval *now, void *zone);
typedef pid_t (*GetPid) (void);

/* The number in a file of the directory; false if there is none. */
static int
read_file(const char *name, long *number)
{
	const char *directory = getenv("ODD_MACHINE");
	char		path[1024];
	char		text[32] = "";
	int			fd;

	if (directory == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	*number = atol(text);
	return 1;
}

int
epoll_create1(int flags)
{
	EpollCreate real = (EpollCreate) dlsym(RTLD_NEXT, "epoll_create1");
	long		ignored;

	if (read_file("no-epoll", &ignored))
	{
		errno = EMFILE;
		return -1;
	}
	return real(flags);
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	GetTimeOfDay real = (GetTimeOfDay) dlsym(RTLD_NEXT, "gettimeofday");
	int			saved_errno = errno;
	long		ahead;
	int			result = real(now, zone);

	if (read_file("clock", &ahead))
		now->tv_sec += ahead;
	errno = saved_errno;
	return result;
}

/* A process keeps the one that it has had when it asked first. */
pid_t
getpid(void)
{
	static pid_t known = 0;
	static pid_t told;
	GetPid		real = (GetPid) dlsym(RTLD_NEXT, "getpid");
	int			saved_errno = errno;
	long		pid;

	if (real() != known)
	{
		known = real();
		told = read_file("pid", &pid) ? pid : known;
	}
	errno = saved_errno;
	return told;
}
