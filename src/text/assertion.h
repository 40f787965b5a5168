/*-------------------------------------------------------------------------
 *
 * assertion.h
 *	  Assertions in files that do not include PostgreSQL's headers.
 *
 * The Makefile defines GLUE_ASSERTS for servers with assertion checks and for
 * fuzzers.
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
