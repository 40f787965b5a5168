/*-------------------------------------------------------------------------
 *
 * tap.h
 *	  Just enough of the Test Anything Protocol for the unit tests.
 *
 * A test program calls ok(), is_str() and is_int() and ends with "return
 * tap_done();".  A failure prints the expression, the place and the actual
 * value.  The checks are ordinary code, not assert(): they run in every build.
 *
 * IDENTIFICATION
 *	  test/unit/tap.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int	tap_count = 0;
static int	tap_failures = 0;

static bool
tap_report(bool passed, const char *name, const char *file, int line)
{
	tap_count++;
	printf("%sok %d - %s\n", passed ? "" : "not ", tap_count, name);
	if (!passed)
	{
		tap_failures++;
		printf("# at %s:%d\n", file, line);
	}
	return passed;
}

static inline void
tap_is_str(const char *got, const char *want, const char *name,
		   const char *file, int line)
{
	bool		same = got && want ? strcmp(got, want) == 0 : got == want;

	if (!tap_report(same, name, file, line))
		printf("#      got: %s\n# expected: %s\n",
			   got ? got : "(null)", want ? want : "(null)");
}

static inline void
tap_is_int(long long got, long long want, const char *name,
		   const char *file, int line)
{
	if (!tap_report(got == want, name, file, line))
		printf("#      got: %lld\n# expected: %lld\n", got, want);
}

#define ok(condition, name) \
	tap_report((condition), (name), __FILE__, __LINE__)
#define is_str(got, want, name) \
	tap_is_str((got), (want), (name), __FILE__, __LINE__)
#define is_int(got, want, name) \
	tap_is_int((got), (want), (name), __FILE__, __LINE__)

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	fflush(stdout);
	return tap_failures > 0 ? 1 : 0;
}

#endif							/* TAP_H */
