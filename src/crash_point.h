/*-------------------------------------------------------------------------
 *
 * crash_point.h
 *	  Places where a test can have a process die.
 *
 * IDENTIFICATION
 *	  src/crash_point.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CRASH_POINT_H
#define GLUE_CRASH_POINT_H

/*
 * The first takes the place's name, as a format for printf() with its arguments.
 * The other one is for the place where a GlueCall has been sent.
 */
#ifdef GLUE_CRASH_POINTS
extern void glue_crash_point(const char *format, ...) pg_attribute_printf(1, 2);

#define GLUE_CRASH_POINT(...) glue_crash_point(__VA_ARGS__)
#define GLUE_CRASH_POINT_SENT(call, name) ((call)->crash_when_sent = (name))
#else
#define GLUE_CRASH_POINT(...) ((void) 0)
#define GLUE_CRASH_POINT_SENT(call, name) ((void) 0)
#endif

#endif							/* GLUE_CRASH_POINT_H */
