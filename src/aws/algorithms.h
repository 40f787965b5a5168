/*-------------------------------------------------------------------------
 *
 * algorithms.h
 *	  The algorithms of OpenSSL.
 *
 * IDENTIFICATION
 *	  src/aws/algorithms.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_ALGORITHMS_H
#define GLUE_AWS_ALGORITHMS_H

#include <stdbool.h>

#include <openssl/types.h>

extern bool glue_algorithms_load(void);
extern EVP_MAC_CTX *glue_new_hmac(void);

#endif							/* GLUE_AWS_ALGORITHMS_H */
