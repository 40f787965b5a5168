/*-------------------------------------------------------------------------
 *
 * seal_keys.c
 *	  The keys for sealed secrets, from a file.
 *
 * A file has one key, or two during a key rotation: the first one seals, and
 * both open.  To rotate, the administrator adds a new key above the old one,
 * and removes the old one when no secret is sealed with it any more.
 *
 * A sealed secret names its key by an identity, an HMAC of a fixed text with
 * that key.  The identity reveals nothing about the key, and needs no
 * administration.
 *
 * A reader of the file can read the secrets, and a writer can replace the key;
 * so both are allowed for the server's user and root alone, as for the key of
 * a TLS certificate.
 *
 * IDENTIFICATION
 *	  src/secret/seal_keys.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/seal_keys.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "text/ascii.h"

#define REMEDY_MAKE "Make a key with \"openssl rand -hex 32\"."

/* The text whose HMAC is the identity of a key. */
static const char key_id_text[] = "glue_conn sealing key";

/* Set the problem; always returns false. */
static bool
refuse(GlueSealKeysProblem *problem, int line, const char *reason,
	   const char *remedy)
{
	problem->line = line;
	problem->reason = reason;
	problem->remedy = remedy;
	return false;
}

/*
 * Is a file acceptable according to its status?  glue_seal_keys_parse() checks
 * its contents.
 */
bool
glue_seal_key_file_usable(const struct stat *status, uid_t server_user,
						  GlueSealKeysProblem *problem)
{
	mode_t		permissions = status->st_mode & 07777;

	if (!S_ISREG(status->st_mode))
		return refuse(problem, 0, "It is not a regular file.",
					  "Name a file that holds one or two keys.");
	if (status->st_uid == server_user)
	{
		if ((permissions & ~(mode_t) 0600) != 0)
			return refuse(problem, 0,
						  "Its permissions allow more than reading and writing by its owner.",
						  "Set them with \"chmod 0600\", and consider a new key if other users could read this one.");
	}
	else if (status->st_uid != 0)
		return refuse(problem, 0,
					  "It belongs neither to the operating system user that the server runs as nor to root.",
					  "Give it to one of them with \"chown\".");
	else if ((permissions & ~(mode_t) 0640) != 0)
		return refuse(problem, 0,
					  "It belongs to root, and its permissions allow more than writing by its owner and reading by its group.",
					  "Set them with \"chmod 0640\", and consider a new key if other users could read this one.");
	if (status->st_size > GLUE_SEAL_KEY_FILE_MAX)
		return refuse(problem, 0, "It is larger than 4096 bytes.",
					  "Name a file that holds one or two keys.");
	return true;
}

static bool
decode_hex(const char *text, size_t len, unsigned char key[GLUE_SEAL_KEY_LEN])
{
	if (len != 2 * GLUE_SEAL_KEY_LEN)
		return false;
	for (size_t i = 0; i < len; i += 2)
	{
		int			byte = glue_parse_hex(&text[i], 2, 2);

		if (byte < 0)
			return false;
		key[i / 2] = (unsigned char) byte;
	}
	return true;
}

/* A context that is kept would keep the key as well. */
static bool
make_id(GlueSealKey *key)
{
	unsigned char mac[32];

	if (HMAC(EVP_sha256(), key->key, GLUE_SEAL_KEY_LEN,
			 (const unsigned char *) key_id_text, strlen(key_id_text),
			 mac, NULL) == NULL)
		return false;
	memcpy(key->id, mac, GLUE_SEAL_KEY_ID_LEN);
	return true;
}

/*
 * Find the key with an identity; NULL if there is none.
 */
const GlueSealKey *
glue_seal_keys_find(const GlueSealKeys *keys,
					const unsigned char id[GLUE_SEAL_KEY_ID_LEN])
{
	for (int i = 0; i < keys->count; i++)
	{
		if (memcmp(keys->keys[i].id, id, GLUE_SEAL_KEY_ID_LEN) == 0)
			return &keys->keys[i];
	}
	return NULL;
}

static bool
add_key(GlueSealKeys *keys, const char *text, size_t len, int line,
		GlueSealKeysProblem *problem)
{
	GlueSealKey *key = &keys->keys[keys->count];

	if (keys->count == GLUE_SEAL_MAX_KEYS)
		return refuse(problem, line, "There are more than two keys.",
					  "Keep the new key, and below it the key that it replaces.");
	if (!decode_hex(text, len, key->key))
		return refuse(problem, line,
					  "A key consists of 64 hexadecimal digits, on a line of its own.",
					  REMEDY_MAKE);
	if (!make_id(key))
		return refuse(problem, line, "OpenSSL could not use the key.",
					  "Check that OpenSSL has memory and provides HMAC.");
	if (glue_seal_keys_find(keys, key->id) != NULL)
		return refuse(problem, line, "The second key is the same as the first.",
					  REMEDY_MAKE);
	keys->count++;
	return true;
}

/*
 * Read keys from the text of a file: a line of 64 hexadecimal digits for each.
 *
 * Empty lines, lines that begin with "#", and blanks around a line are
 * ignored.  On failure there is no key, and problem describes the reason; it
 * never quotes the text.  The caller clears the keys.
 */
bool
glue_seal_keys_parse(const char *text, size_t len, GlueSealKeys *keys,
					 GlueSealKeysProblem *problem)
{
	const char *end = text + len;

	memset(keys, 0, sizeof(*keys));
	for (int line = 1; text < end; line++)
	{
		const char *newline = memchr(text, '\n', end - text);
		const char *next = newline ? newline + 1 : end;
		const char *stop = newline ? newline : end;

		while (text < stop && glue_is_blank(*text))
			text++;
		while (text < stop && (glue_is_blank(stop[-1]) || stop[-1] == '\r'))
			stop--;
		if (text < stop && *text != '#' &&
			!add_key(keys, text, stop - text, line, problem))
		{
			glue_seal_keys_clear(keys);
			return false;
		}
		text = next;
	}
	return keys->count > 0 ||
		refuse(problem, 0, "It holds no key.", REMEDY_MAKE);
}

/*
 * Cleanse keys, and set their number to 0.
 */
void
glue_seal_keys_clear(GlueSealKeys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}
