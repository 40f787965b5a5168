/*-------------------------------------------------------------------------
 *
 * crash_point.h
 *	  Places where a test can have a process die.
 *
 * IDENTIFICATION
 *	  src/server/crash_point.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_CRASH_POINT_H
#define GLUE_SERVER_CRASH_POINT_H

/*
 * The first takes the place's name, as a format for printf() with its arguments.
 * The other one is for a place where the answer to a GlueCall is awaited.
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
