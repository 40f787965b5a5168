/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  Clocks that cannot be set.
 *
 * Time limits and pauses go by the one, and what is said about AWS's clock by the
 * other.  They say nothing of the time of day.
 *
 * IDENTIFICATION
 *	  src/http/clock.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "http/clock.h"

/* The time by the first clock, in microseconds. */
int64
glue_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/*
 * Milliseconds since the machine was started, those that it has slept included:
 * the same for all processes.
 */
int64
glue_boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long it is until then, by that clock; 0 if that is over. */
long
glue_ms_until(int64 until)
{
	int64		now = glue_monotonic_us();

	return until <= now ? 0 : (until - now + 999) / 1000;
}
