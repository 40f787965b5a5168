/*-------------------------------------------------------------------------
 *
 * assertion.h
 *	  What must hold, for files that do not know of PostgreSQL.
 *
 * It is checked in a server that checks its own assertions, and in programs that
 * fuzz: the Makefile defines GLUE_ASSERTS for them.
 *
 * IDENTIFICATION
 *	  src/text/assertion.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TEXT_ASSERTION_H
#define GLUE_TEXT_ASSERTION_H

#ifdef GLUE_ASSERTS
#include <assert.h>
#define glue_assert(condition) assert(condition)
#else
#define glue_assert(condition) ((void) 0)
#endif

#endif							/* GLUE_TEXT_ASSERTION_H */
