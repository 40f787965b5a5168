/*-------------------------------------------------------------------------
 *
 * secret_key_file.h
 *	  The file that glue_conn.secret_key_file names.
 *
 * IDENTIFICATION
 *	  src/store/secret_key_file.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_SECRET_KEY_FILE_H
#define GLUE_STORE_SECRET_KEY_FILE_H

#include "client/failure.h"
#include "secret/seal_keys.h"

/* The code of a failure because no usable key was found. */
#define GLUE_CODE_NO_SECRET_KEY "no secret key"

extern bool glue_secret_key_file_is_set(void);
extern const char *glue_secret_key_file_name(void);
extern GlueFailure *glue_secret_key_file_read(GlueSealKeys *keys);

#endif							/* GLUE_STORE_SECRET_KEY_FILE_H */
