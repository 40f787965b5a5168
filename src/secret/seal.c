/*-------------------------------------------------------------------------
 *
 * seal.c
 *	  Authenticated encryption ("sealing") of secrets that are stored.
 *
 * The cipher is AES-256-GCM.  A sealed secret has this form:
 *
 *		version		1 byte
 *		key			8 bytes, the identity of the key: see seal_keys.c
 *		nonce		12 random bytes
 *		ciphertext	as long as the plaintext
 *		tag			16 bytes
 *
 * The tag also authenticates the version, the identity of the key, and a
 * context, which the caller gives and which is not stored here: the owner of
 * the secrets.  Sealed secrets that were moved to another owner do not open.
 *
 * Nonces are random because no counter survives every crash, clone and
 * restored backup.  With 96 bits, a key can seal some four thousand million
 * secrets; until then, the probability of a repeated nonce is below one in
 * four thousand million.
 *
 * IDENTIFICATION
 *	  src/secret/seal.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/seal.h"

#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "text/buffer.h"

#define VERSION		1
#define HEADER_LEN	(1 + GLUE_SEAL_KEY_ID_LEN)
#define NONCE_LEN	12
#define TAG_LEN		16
#define OVERHEAD	(HEADER_LEN + NONCE_LEN + TAG_LEN)

/*
 * The length of a sealed plaintext.
 */
size_t
glue_sealed_len(size_t plain_len)
{
	return plain_len + OVERHEAD;
}

/*
 * Fetching the algorithm takes longer than its use, so it is kept for the life
 * of the process.  Its default length of nonces is 12 bytes.
 */
static const EVP_CIPHER *
find_cipher(void)
{
	static EVP_CIPHER * cipher = NULL;

	if (cipher == NULL)
		cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	return cipher;
}

/*
 * Begin to seal or open: process header, nonce and context.  The caller frees
 * the result, which cleanses the key; NULL if OpenSSL fails.
 */
static EVP_CIPHER_CTX *
new_cipher(const unsigned char *key, const unsigned char *header,
		   const void *context, size_t context_len, bool sealing)
{
	const		EVP_CIPHER *algorithm = find_cipher();
	EVP_CIPHER_CTX *cipher = algorithm ? EVP_CIPHER_CTX_new() : NULL;
	int			len;

	if (cipher != NULL && context_len <= INT_MAX &&
		EVP_CipherInit_ex2(cipher, algorithm, key, header + HEADER_LEN,
						   sealing, NULL) &&
		EVP_CipherUpdate(cipher, NULL, &len, header, HEADER_LEN) &&
		EVP_CipherUpdate(cipher, NULL, &len, context, (int) context_len))
		return cipher;
	EVP_CIPHER_CTX_free(cipher);
	return NULL;
}

/*
 * Seal a plaintext with the first key, into a buffer of glue_sealed_len()
 * bytes.  Returns false, and an empty buffer, if OpenSSL fails.
 */
bool
glue_seal(const GlueSealKeys *keys, const void *context, size_t context_len,
		  const void *plain, size_t plain_len, unsigned char *sealed)
{
	unsigned char *ciphertext = sealed + HEADER_LEN + NONCE_LEN;
	EVP_CIPHER_CTX *cipher = NULL;
	int			len;
	bool		done;

	sealed[0] = VERSION;
	memcpy(sealed + 1, keys->keys[0].id, GLUE_SEAL_KEY_ID_LEN);
	done = keys->count > 0 && plain_len <= INT_MAX &&
		RAND_bytes(sealed + HEADER_LEN, NONCE_LEN) == 1 &&
		(cipher = new_cipher(keys->keys[0].key, sealed, context, context_len,
							 true)) != NULL &&
		EVP_EncryptUpdate(cipher, ciphertext, &len, plain, (int) plain_len) &&
		EVP_EncryptFinal_ex(cipher, ciphertext + plain_len, &len) &&
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
							ciphertext + plain_len);
	if (!done)
	{
		memset(sealed, 0, glue_sealed_len(plain_len));
		ERR_clear_error();
	}
	EVP_CIPHER_CTX_free(cipher);
	return done;
}

/* Decrypt all of it, and then verify the tag. */
static GlueSealStatus
open_sealed(EVP_CIPHER_CTX * cipher, const unsigned char *sealed, void *plain,
			size_t plain_len)
{
	const unsigned char *ciphertext = sealed + HEADER_LEN + NONCE_LEN;
	unsigned char tag[TAG_LEN];
	unsigned char none[1];
	int			len;

	memcpy(tag, ciphertext + plain_len, TAG_LEN);
	if (!EVP_DecryptUpdate(cipher, plain, &len, ciphertext,
						   (int) plain_len) ||
		!EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag))
		return GLUE_SEAL_FAILED;
	return EVP_DecryptFinal_ex(cipher, none, &len) > 0 ?
		GLUE_SEAL_OK : GLUE_SEAL_ALTERED;
}

/*
 * Open a sealed secret into a buffer of at least its length, and return the
 * length of the plaintext.
 *
 * Unless the result is GLUE_SEAL_OK, the buffer holds no part of the
 * plaintext.
 */
GlueSealStatus
glue_unseal(const GlueSealKeys *keys, const void *context, size_t context_len,
			const unsigned char *sealed, size_t sealed_len,
			void *plain, size_t *plain_len)
{
	const GlueSealKey *key;
	EVP_CIPHER_CTX *cipher;
	GlueSealStatus status = GLUE_SEAL_FAILED;

	*plain_len = 0;
	if (sealed_len < OVERHEAD || sealed_len > INT_MAX || sealed[0] != VERSION)
		return GLUE_SEAL_MALFORMED;
	key = glue_seal_keys_find(keys, sealed + 1);
	if (key == NULL)
		return GLUE_SEAL_NO_KEY;

	cipher = new_cipher(key->key, sealed, context, context_len, false);
	if (cipher != NULL)
		status = open_sealed(cipher, sealed, plain, sealed_len - OVERHEAD);
	EVP_CIPHER_CTX_free(cipher);
	if (status == GLUE_SEAL_OK)
		*plain_len = sealed_len - OVERHEAD;
	else
	{
		OPENSSL_cleanse(plain, sealed_len - OVERHEAD);
		ERR_clear_error();
	}
	return status;
}

/* Eight bytes, the most significant one first. */
static void
write_number(GlueTextBuffer *writer, uint64_t number)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		glue_text_put_char(writer, (char) (number >> shift));
}

static void
write_string(GlueTextBuffer *writer, const char *string)
{
	size_t		len = strlen(string);

	write_number(writer, len);
	glue_text_put(writer, string, len);
}

/*
 * Write the identity of a request, like snprintf() but without a NUL.  No two
 * requests have the same bytes, because each string is preceded by its length.
 */
size_t
glue_seal_context(const GlueSealedRequest *request, unsigned char *buffer,
				  size_t size)
{
	GlueTextBuffer writer = {(char *) buffer, size, 0};

	write_number(&writer, (uint64_t) request->id);
	write_number(&writer, (uint64_t) request->home);
	write_number(&writer, request->role);
	write_string(&writer, request->operation);
	write_string(&writer, request->connection_name);
	write_string(&writer, request->region);
	write_string(&writer, request->catalog_id);
	write_string(&writer, request->tags);
	write_string(&writer, request->on_conflict);
	write_string(&writer, request->on_missing);
	glue_text_put(&writer, (const char *) request->target,
				  GLUE_SEAL_TARGET_LEN);
	return writer.len;
}
