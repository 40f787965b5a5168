/*-------------------------------------------------------------------------
 *
 * seal_keys.h
 *	  The keys for sealed secrets, from a file.
 *
 * IDENTIFICATION
 *	  src/secret/seal_keys.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SEAL_KEYS_H
#define GLUE_SECRET_SEAL_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/stat.h>

#define GLUE_SEAL_KEY_LEN		32
#define GLUE_SEAL_KEY_ID_LEN	8
#define GLUE_SEAL_MAX_KEYS		2

/* Largest key file that is read, with comments. */
#define GLUE_SEAL_KEY_FILE_MAX	4096

typedef struct GlueSealKey
{
	unsigned char key[GLUE_SEAL_KEY_LEN];
	unsigned char id[GLUE_SEAL_KEY_ID_LEN];
} GlueSealKey;

typedef struct GlueSealKeys
{
	int			count;			/* the first one seals, all of them open */
	GlueSealKey keys[GLUE_SEAL_MAX_KEYS];
} GlueSealKeys;

/* The problem of keys or their file, and its solution. */
typedef struct GlueSealKeysProblem
{
	int			line;			/* line of the problem, from 1; 0: the whole
								 * file */
	const char *reason;			/* a sentence */
	const char *remedy;			/* likewise */
} GlueSealKeysProblem;

extern bool glue_seal_key_file_usable(const struct stat *status,
									  uid_t server_user,
									  GlueSealKeysProblem *problem);
extern bool glue_seal_keys_parse(const char *text, size_t len,
								 GlueSealKeys *keys,
								 GlueSealKeysProblem *problem);
extern const GlueSealKey *glue_seal_keys_find(const GlueSealKeys *keys,
											  const unsigned char id[GLUE_SEAL_KEY_ID_LEN]);
extern void glue_seal_keys_clear(GlueSealKeys *keys);

#endif							/* GLUE_SECRET_SEAL_KEYS_H */
