/*-------------------------------------------------------------------------
 *
 * algorithms.h
 *	  OpenSSL's algorithms.
 *
 * IDENTIFICATION
 *	  src/aws/algorithms.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_ALGORITHMS_H
#define GLUE_AWS_ALGORITHMS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

#define GLUE_HMAC_LEN	32		/* of HMAC-SHA256 */

extern bool glue_algorithms_load(void);
extern EVP_MAC_CTX *glue_new_hmac(void);
extern bool glue_hmac(EVP_MAC_CTX *context, const void *key, size_t key_len,
					  const void *data, size_t len,
					  unsigned char mac[GLUE_HMAC_LEN]);

#endif							/* GLUE_AWS_ALGORITHMS_H */
