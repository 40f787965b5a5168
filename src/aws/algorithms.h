/*-------------------------------------------------------------------------
 *
 * algorithms.h
 *	  The algorithms of OpenSSL, loaded ahead of time.
 *
 * IDENTIFICATION
 *	  src/aws/algorithms.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_ALGORITHMS_H
#define GLUE_ALGORITHMS_H

#include <stdbool.h>

extern bool glue_algorithms_load(void);

#endif							/* GLUE_ALGORITHMS_H */
