/*-------------------------------------------------------------------------
 *
 * crash_point.c
 *	  Crash points: places where a test can kill a process.
 *
 * Tests of crash recovery crash a process at each place that matters.  Such a
 * place has a name.  A test writes it into a file in the data directory.  The
 * first process that reaches the place removes the file and kills itself with
 * SIGKILL.
 *
 * Only "make CRASH_POINTS=1" compiles this; otherwise the macros are empty.
 *
 * IDENTIFICATION
 *	  src/server/crash_point.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "server/crash_point.h"

#ifdef GLUE_CRASH_POINTS

#include <signal.h>
#include <unistd.h>

/* Server processes run in the data directory. */
#define CRASH_POINT_FILE	"glue_conn.crash_point"

void
glue_crash_point(const char *format, ...)
{
	char		name[128];
	char		wanted[128];
	size_t		length;
	va_list		arguments;
	FILE	   *file = fopen(CRASH_POINT_FILE, "r");

	if (file == NULL)
		return;
	length = fread(wanted, 1, sizeof(wanted) - 1, file);
	wanted[length] = '\0';
	fclose(file);

	va_start(arguments, format);
	vsnprintf(name, sizeof(name), format, arguments);
	va_end(arguments);
	if (strcmp(name, wanted) == 0 && unlink(CRASH_POINT_FILE) == 0)
		kill(getpid(), SIGKILL);
}

/* The meanwhile of a GlueCall */
void
glue_crash_meanwhile(void *name)
{
	glue_crash_point("%s", (const char *) name);
}

#endif							/* GLUE_CRASH_POINTS */
