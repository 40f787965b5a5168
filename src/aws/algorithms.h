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
#ifndef GLUE_AWS_ALGORITHMS_H
#define GLUE_AWS_ALGORITHMS_H

#include <stdbool.h>

extern bool glue_algorithms_load(void);

#endif							/* GLUE_AWS_ALGORITHMS_H */
