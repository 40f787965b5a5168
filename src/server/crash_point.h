/*-------------------------------------------------------------------------
 *
 * crash_point.h
 *	  Crash points: places where a test can kill a process.
 *
 * IDENTIFICATION
 *	  src/server/crash_point.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_CRASH_POINT_H
#define GLUE_SERVER_CRASH_POINT_H

/*
 * The first macro takes the name of the place, as a format for printf() with
 * its arguments.  The second one is for the time while a GlueCall is under
 * way.
 */
#ifdef GLUE_CRASH_POINTS
extern void glue_crash_point(const char *format, ...) pg_attribute_printf(1, 2);
extern void glue_crash_meanwhile(void *name);

#define GLUE_CRASH_POINT(...) glue_crash_point(__VA_ARGS__)
#define GLUE_CRASH_POINT_MEANWHILE(call, name) \
	((call)->meanwhile = glue_crash_meanwhile, \
	 (call)->meanwhile_arg = (name))
#else
#define GLUE_CRASH_POINT(...) ((void) 0)
#define GLUE_CRASH_POINT_MEANWHILE(call, name) ((void) 0)
#endif

#endif							/* GLUE_SERVER_CRASH_POINT_H */
