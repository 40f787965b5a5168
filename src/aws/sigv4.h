/*-------------------------------------------------------------------------
 *
 * sigv4.h
 *	  Signing of HTTP requests with AWS Signature Version 4.
 *
 * IDENTIFICATION
 *	  src/aws/sigv4.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_SIGV4_H
#define GLUE_AWS_SIGV4_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/sigv4_message.h"

#define GLUE_SIGV4_KEY_LEN		32	/* bytes of a signing key */
#define GLUE_SIGV4_HEX_LEN		64	/* hex digits of a SHA-256 */
#define GLUE_SIGV4_DATE_LEN		8	/* "YYYYMMDD" */
#define GLUE_SIGV4_TIME_LEN		16	/* "YYYYMMDDTHHMMSSZ" */

typedef struct GlueSigv4Signer GlueSigv4Signer;

extern GlueSigv4Signer *glue_sigv4_signer_new(void);
extern void glue_sigv4_signer_free(GlueSigv4Signer *signer);

/* The stages, in order; glue_sigv4_authorization() executes them all. */
extern size_t glue_sigv4_canonical_request(GlueSigv4Signer *signer,
										   const GlueSigv4Message *message,
										   char *buffer, size_t size);
extern size_t glue_sigv4_string_to_sign(GlueSigv4Signer *signer,
										const GlueSigv4Message *message,
										const char *canonical_request,
										size_t canonical_len,
										char *buffer, size_t size);
extern bool glue_sigv4_derive_key(GlueSigv4Signer *signer,
								  const char *secret_access_key,
								  const char *date,
								  const char *region, const char *service,
								  unsigned char key[GLUE_SIGV4_KEY_LEN]);
extern bool glue_sigv4_authorization(GlueSigv4Signer *signer,
									 const GlueSigv4Message *message,
									 const char *access_key_id,
									 const char *secret_access_key,
									 char *buffer, size_t size);

#endif							/* GLUE_AWS_SIGV4_H */
