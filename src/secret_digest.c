/*-------------------------------------------------------------------------
 *
 * secret_digest.c
 *	  Whether the secrets of two definitions are the same, without keeping
 *	  them.
 *
 * AWS Glue never returns a password in a form that could be compared, and we
 * do not keep what we sent.  What we keep is an HMAC of all secrets of a
 * definition under a key that belongs to one installation of the extension.
 * The key is no part of dumps, so that a dump is of no use to somebody who
 * would like to guess passwords; a digest tells which key it was made with,
 * so that one from a dump that was restored elsewhere is known to be of no
 * use either.
 *
 * What is a secret is redact.c's to say.  Where a secret was does not count:
 * a definition without its secrets shows that.
 *
 * IDENTIFICATION
 *	  src/secret_digest.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret_digest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "redact.h"

/* What the identity of a key is the HMAC of, under that key. */
static const char key_id_text[] = "glue_conn secret digest key";

static bool hmac(const unsigned char *key, const void *data, size_t len,
				 unsigned char mac[32]);
static EVP_MAC_CTX *new_hmac(void);
static unsigned char *serialize(const GlueNeedles *secrets, size_t *len);

/*
 * Make the digest of a definition's secrets.
 *
 * If it has none, the digest is still one, that of no secret.  Returns false
 * if memory is short.
 */
bool
glue_secret_digest(json_object *input,
				   const unsigned char key[GLUE_SECRET_KEY_LEN],
				   GlueSecretDigest *digest)
{
	GlueNeedles secrets = {NULL, 0, 0, {0}};
	unsigned char key_mac[32];
	unsigned char *bytes = NULL;
	size_t		len = 0;
	bool		made;

	made = glue_redact_collect(input, &secrets) &&
		(bytes = serialize(&secrets, &len)) != NULL &&
		hmac(key, bytes, len, digest->mac) &&
		hmac(key, key_id_text, strlen(key_id_text), key_mac);
	if (made)
		memcpy(digest->key_id, key_mac, GLUE_SECRET_KEY_ID_LEN);
	if (bytes != NULL)
		OPENSSL_cleanse(bytes, len);
	free(bytes);
	glue_needles_free(&secrets);
	return made;
}

/*
 * Compare two digests.
 */
GlueSecretChange
glue_secret_digest_compare(const GlueSecretDigest *a,
						   const GlueSecretDigest *b)
{
	if (memcmp(a->key_id, b->key_id, GLUE_SECRET_KEY_ID_LEN) != 0)
		return GLUE_SECRETS_INCOMPARABLE;
	return CRYPTO_memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 ?
		GLUE_SECRETS_SAME : GLUE_SECRETS_CHANGED;
}

/*
 * HMAC-SHA256.  To find the algorithm takes longer than to use it, so what was
 * found is kept for the life of the process.
 */
static bool
hmac(const unsigned char *key, const void *data, size_t len,
	 unsigned char mac[32])
{
	static EVP_MAC_CTX *context = NULL;
	size_t		mac_len;

	if (context == NULL)
		context = new_hmac();
	return context != NULL &&
		EVP_MAC_init(context, key, GLUE_SECRET_KEY_LEN, NULL) &&
		EVP_MAC_update(context, data, len) &&
		EVP_MAC_final(context, mac, &mac_len, 32);
}

static EVP_MAC_CTX *
new_hmac(void)
{
	EVP_MAC    *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
	OSSL_PARAM	digest[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
										 (char *) "SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	EVP_MAC_free(algorithm);
	if (context != NULL && !EVP_MAC_CTX_set_params(context, digest))
	{
		EVP_MAC_CTX_free(context);
		context = NULL;
	}
	return context;
}

/*
 * Write the secrets one after the other, each with its length, so that no two
 * lists have the same bytes.  The caller wipes and frees them.
 */
static unsigned char *
serialize(const GlueNeedles *secrets, size_t *len)
{
	unsigned char *bytes;
	size_t		at = 0;

	*len = 0;
	for (size_t i = 0; i < secrets->count; i++)
		*len += sizeof(uint64_t) + secrets->items[i].len;
	bytes = malloc(*len > 0 ? *len : 1);
	if (bytes == NULL)
		return NULL;
	for (size_t i = 0; i < secrets->count; i++)
	{
		uint64_t	size = secrets->items[i].len;

		for (int shift = 56; shift >= 0; shift -= 8)
			bytes[at++] = (unsigned char) (size >> shift);
		memcpy(&bytes[at], secrets->items[i].bytes, secrets->items[i].len);
		at += secrets->items[i].len;
	}
	return bytes;
}
