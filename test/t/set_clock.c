/*-------------------------------------------------------------------------
 *
 * set_clock.c
 *	  A clock that can be set, to be preloaded into a server.
 *
 * The file that SET_CLOCK names holds how many seconds the time of day is
 * ahead; below 0, it is behind.  The monotonic clock is nobody's to set.
 *
 * IDENTIFICATION
 *	  test/t/set_clock.c
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

typedef int (*Clock) (struct timeval *time, void *zone);

int
gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	Clock		system_clock = (Clock) dlsym(RTLD_NEXT, "gettimeofday");
	const char *path = getenv("SET_CLOCK");
	FILE	   *file = path ? fopen(path, "r") : NULL;
	long		ahead = 0;
	int			result = system_clock(time, zone);

	if (file != NULL)
	{
		if (fscanf(file, "%ld", &ahead) == 1)
			time->tv_sec += ahead;
		fclose(file);
	}
	return result;
}
