/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  Clocks that cannot be set.
 *
 * Time limits and pauses use the monotonic clock, and estimates of AWS's clock
 * use the boot clock.  Neither has the time of day.
 *
 * IDENTIFICATION
 *	  src/http/clock.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "http/clock.h"

/* The monotonic time, in microseconds. */
int64
glue_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/*
 * Milliseconds since the machine was booted, including suspends: the same for
 * all processes.
 */
int64
glue_boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds until a monotonic time; 0 if it is over. */
long
glue_ms_until(int64 until)
{
	int64		now = glue_monotonic_us();

	return until <= now ? 0 : (until - now + 999) / 1000;
}
