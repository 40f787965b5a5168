/*-------------------------------------------------------------------------
 *
 * algorithms.c
 *	  OpenSSL's algorithms.
 *
 * OpenSSL loads an algorithm at its first use.  If that fails for lack of
 * memory, the algorithm is missing for the life of the process, and signatures
 * or TLS connections fail.  A long-lived process that nobody would restart
 * loads all of them at its start, when a failure only fails the start.
 *
 * IDENTIFICATION
 *	  src/aws/algorithms.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/algorithms.h"

#include <stddef.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

/* The iteration loads an algorithm; its data are not needed. */
#define DEFINE_SKIP(type) \
static void \
skip_##type(type *algorithm, void *arg) \
{ \
}

DEFINE_SKIP(EVP_MD)
DEFINE_SKIP(EVP_MAC)
DEFINE_SKIP(EVP_CIPHER)
DEFINE_SKIP(EVP_KDF)
DEFINE_SKIP(EVP_RAND)
DEFINE_SKIP(EVP_KEYMGMT)
DEFINE_SKIP(EVP_KEYEXCH)
DEFINE_SKIP(EVP_SIGNATURE)
DEFINE_SKIP(OSSL_DECODER)
DEFINE_SKIP(OSSL_ENCODER)

/* Are the algorithms for signatures and sealed secrets available? */
static bool
have_ours(void)
{
	EVP_MD	   *md = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MAC    *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	unsigned char random;
	bool		all = md != NULL && mac != NULL && cipher != NULL &&
		RAND_bytes(&random, 1) == 1;

	EVP_MD_free(md);
	EVP_MAC_free(mac);
	EVP_CIPHER_free(cipher);
	return all;
}

/*
 * Load all algorithms; false if those that we use ourselves are unavailable.
 *
 * OpenSSL does not report whether it has loaded the others, which TLS uses.
 */
bool
glue_algorithms_load(void)
{
	if (!OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL))
		return false;
	EVP_MD_do_all_provided(NULL, skip_EVP_MD, NULL);
	EVP_MAC_do_all_provided(NULL, skip_EVP_MAC, NULL);
	EVP_CIPHER_do_all_provided(NULL, skip_EVP_CIPHER, NULL);
	EVP_KDF_do_all_provided(NULL, skip_EVP_KDF, NULL);
	EVP_RAND_do_all_provided(NULL, skip_EVP_RAND, NULL);
	EVP_KEYMGMT_do_all_provided(NULL, skip_EVP_KEYMGMT, NULL);
	EVP_KEYEXCH_do_all_provided(NULL, skip_EVP_KEYEXCH, NULL);
	EVP_SIGNATURE_do_all_provided(NULL, skip_EVP_SIGNATURE, NULL);
	OSSL_DECODER_do_all_provided(NULL, skip_OSSL_DECODER, NULL);
	OSSL_ENCODER_do_all_provided(NULL, skip_OSSL_ENCODER, NULL);
	return have_ours();
}

/*
 * A new context for HMAC-SHA256, or NULL if OpenSSL fails.
 */
EVP_MAC_CTX *
glue_new_hmac(void)
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
 * Compute an HMAC; without a key, with the one of the context.
 */
bool
glue_hmac(EVP_MAC_CTX *context, const void *key, size_t key_len,
		  const void *data, size_t len, unsigned char mac[GLUE_HMAC_LEN])
{
	size_t		mac_len;

	return EVP_MAC_init(context, key, key_len, NULL) &&
		EVP_MAC_update(context, data, len) &&
		EVP_MAC_final(context, mac, &mac_len, GLUE_HMAC_LEN);
}
