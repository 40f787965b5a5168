/*-------------------------------------------------------------------------
 *
 * sigv4.c
 *	  Signing of HTTP requests with AWS Signature Version 4.
 *
 * AWS's terms:
 *
 *	- canonical request: the byte-exact form of the request that AWS and we
 *	  both hash (see sigv4_message.c)
 *	- credential scope: "date/region/service/aws4_request", the scope of a
 *	  signing key
 *	- signing key: a key derived from the secret access key for one
 *	  credential scope
 *	- string to sign: time, scope and the hash of the canonical request
 *
 * Each stage is a function, so that a failing test identifies the wrong one.
 * All text is in the caller's buffers or on the stack, and OpenSSL's
 * allocations belong to the signer: a longjmp between two calls leaks nothing.
 *
 * A signer keeps expensive objects: the contexts of the algorithms, which
 * OpenSSL looks up by name, and the last signing key, which is valid for a
 * whole day.
 *
 * Secrets: the secret access key is never kept, only a digest to check whether
 * the cached key was derived from it.  Intermediate keys, and the canonical
 * request, which holds the session token, are cleansed.
 *
 * IDENTIFICATION
 *	  src/aws/sigv4.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/sigv4.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "aws/algorithms.h"
#include "text/ascii.h"
#include "text/assertion.h"
#include "text/buffer.h"

#define ALGORITHM		"AWS4-HMAC-SHA256"
#define SCOPE_END		"aws4_request"

#define DIGEST_LEN		32		/* bytes of a SHA-256 */

/*
 * AWS's secret access keys have 40 characters; other implementations of its
 * API may use longer ones.
 */
#define MAX_SECRET_LEN	255

/*
 * Enough for the largest session token of AWS, which is below 12 KiB, a custom
 * endpoint's path with each byte encoded as three, and the rest.
 */
#define MAX_CANONICAL_LEN		16384

/* All parts but the region and the service have a fixed length. */
#define MAX_STRING_TO_SIGN_LEN	512

struct GlueSigv4Signer
{
	EVP_MD	   *sha256;
	EVP_MD_CTX *context;
	EVP_MAC_CTX *hmac;			/* with SHA-256 set, for any key */

	/* The remaining fields are invalid while has_key is false. */
	bool		has_key;
	EVP_MAC_CTX *keyed_hmac;	/* with SHA-256 and the signing key set */
	unsigned char key_origin[DIGEST_LEN];	/* digest of the key's origin */
};

/*
 * Make a signer; a process needs one.  NULL if there is no memory or OpenSSL
 * has no SHA-256.
 */
GlueSigv4Signer *
glue_sigv4_signer_new(void)
{
	GlueSigv4Signer *signer = calloc(1, sizeof(GlueSigv4Signer));

	if (signer == NULL)
		return NULL;

	signer->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	signer->context = EVP_MD_CTX_new();
	signer->hmac = glue_new_hmac();
	signer->keyed_hmac = glue_new_hmac();
	if (signer->sha256 == NULL || signer->context == NULL ||
		signer->hmac == NULL || signer->keyed_hmac == NULL)
	{
		glue_sigv4_signer_free(signer);
		return NULL;
	}

	return signer;
}

/*
 * Free a signer, or NULL, and cleanse its key.
 */
void
glue_sigv4_signer_free(GlueSigv4Signer *signer)
{
	if (signer == NULL)
		return;

	EVP_MAC_CTX_free(signer->keyed_hmac);
	EVP_MAC_CTX_free(signer->hmac);
	EVP_MD_CTX_free(signer->context);
	EVP_MD_free(signer->sha256);
	OPENSSL_cleanse(signer, sizeof(*signer));
	free(signer);
}

static bool
hash_hex(GlueSigv4Signer *signer, const void *data, size_t len,
		 char hex[GLUE_SIGV4_HEX_LEN + 1])
{
	EVP_MD_CTX *context = signer->context;
	unsigned char digest[DIGEST_LEN];

	if (!EVP_DigestInit_ex2(context, signer->sha256, NULL) ||
		!EVP_DigestUpdate(context, data, len) ||
		!EVP_DigestFinal_ex(context, digest, NULL))
		return false;

	glue_write_hex(digest, sizeof(digest), hex);
	return true;
}

/*
 * Write "date/region/service/aws4_request".
 */
static void
put_scope(GlueTextBuffer *out, const GlueSigv4Message *message)
{
	glue_text_put(out, message->amz_date, GLUE_SIGV4_DATE_LEN);
	glue_text_put_all(out, "/", message->region, "/", message->service,
					  "/" SCOPE_END, NULL);
}

/*
 * Write the canonical request.
 *
 * All given headers are signed, so the caller must omit those that a proxy may
 * change.  The text ends with a NUL that is not counted, and holds the session
 * token if the headers do: the caller cleanses it.
 *
 * Returns its length; 0 if it does not fit, there are too many headers or
 * OpenSSL fails.
 */
size_t
glue_sigv4_canonical_request(GlueSigv4Signer *signer,
							 const GlueSigv4Message *message,
							 char *buffer, size_t size)
{
	char		body_hash[GLUE_SIGV4_HEX_LEN + 1];
	GlueTextBuffer out = {buffer, size, 0};

	if (!hash_hex(signer, message->body, message->body_len, body_hash))
		return 0;

	glue_sigv4_put_message(&out, message, body_hash);

	return glue_text_end_whole(&out);
}

/*
 * Write the string to sign, with a NUL that is not counted.
 *
 * Returns its length; 0 if it does not fit, amz_date does not have the form
 * YYYYMMDDTHHMMSSZ or OpenSSL fails.
 */
size_t
glue_sigv4_string_to_sign(GlueSigv4Signer *signer,
						  const GlueSigv4Message *message,
						  const char *canonical_request, size_t canonical_len,
						  char *buffer, size_t size)
{
	char		request_hash[GLUE_SIGV4_HEX_LEN + 1];
	GlueTextBuffer out = {buffer, size, 0};

	if (!glue_has_form(message->amz_date, "ddddddddTddddddZ") ||
		message->amz_date[GLUE_SIGV4_TIME_LEN] != '\0' ||
		!hash_hex(signer, canonical_request, canonical_len, request_hash))
		return 0;

	glue_text_put_all(&out, ALGORITHM "\n", message->amz_date, "\n", NULL);
	put_scope(&out, message);
	glue_text_put_all(&out, "\n", request_hash, NULL);

	return glue_text_end_whole(&out);
}

/*
 * Derive the signing key for one credential scope.
 *
 *		key = HMAC(HMAC(HMAC(HMAC("AWS4" secret, date), region), service),
 *				   "aws4_request")
 *
 * date is the UTC day of the request's x-amz-date, of which only the first
 * eight characters are read.  The caller cleanses the key.
 *
 * Returns false if the secret is too long, date is too short or OpenSSL fails;
 * key is cleansed then.
 */
bool
glue_sigv4_derive_key(GlueSigv4Signer *signer, const char *secret_access_key,
					  const char *date, const char *region,
					  const char *service,
					  unsigned char key[GLUE_SIGV4_KEY_LEN])
{
	char		seed[4 + MAX_SECRET_LEN];
	size_t		secret_len = strlen(secret_access_key);
	bool		done;

	OPENSSL_cleanse(key, GLUE_SIGV4_KEY_LEN);
	if (secret_len > MAX_SECRET_LEN ||
		strnlen(date, GLUE_SIGV4_DATE_LEN) < GLUE_SIGV4_DATE_LEN)
		return false;

	memcpy(seed, "AWS4", 4);
	memcpy(seed + 4, secret_access_key, secret_len);

	done = glue_hmac(signer->hmac, seed, 4 + secret_len, date, GLUE_SIGV4_DATE_LEN, key) &&
		glue_hmac(signer->hmac, key, GLUE_SIGV4_KEY_LEN, region, strlen(region), key) &&
		glue_hmac(signer->hmac, key, GLUE_SIGV4_KEY_LEN, service, strlen(service), key) &&
		glue_hmac(signer->hmac, key, GLUE_SIGV4_KEY_LEN,
				  SCOPE_END, strlen(SCOPE_END), key);

	OPENSSL_cleanse(seed, sizeof(seed));
	if (!done)
		OPENSSL_cleanse(key, GLUE_SIGV4_KEY_LEN);

	return done;
}

/*
 * Hash all inputs of a signing key, each with its terminating NUL, so that two
 * different inputs are never the same sequence of bytes.
 */
static bool
hash_key_origin(GlueSigv4Signer *signer, const GlueSigv4Message *message,
				const char *secret, unsigned char origin[DIGEST_LEN])
{
	EVP_MD_CTX *context = signer->context;

	return EVP_DigestInit_ex2(context, signer->sha256, NULL) &&
		EVP_DigestUpdate(context, secret, strlen(secret) + 1) &&
		EVP_DigestUpdate(context, message->amz_date, GLUE_SIGV4_DATE_LEN) &&
		EVP_DigestUpdate(context, message->region,
						 strlen(message->region) + 1) &&
		EVP_DigestUpdate(context, message->service,
						 strlen(message->service) + 1) &&
		EVP_DigestFinal_ex(context, origin, NULL);
}

/*
 * Set the key for this secret and the request's scope in signer->keyed_hmac;
 * derive it only if they have changed.
 */
static bool
set_signing_key(GlueSigv4Signer *signer, const GlueSigv4Message *message,
				const char *secret)
{
	unsigned char origin[DIGEST_LEN];
	unsigned char key[GLUE_SIGV4_KEY_LEN];

	if (!hash_key_origin(signer, message, secret, origin))
		return false;
	if (signer->has_key &&
		CRYPTO_memcmp(origin, signer->key_origin, DIGEST_LEN) == 0)
		return true;

	signer->has_key =
		glue_sigv4_derive_key(signer, secret, message->amz_date,
							  message->region, message->service, key) &&
		EVP_MAC_init(signer->keyed_hmac, key, sizeof(key), NULL);
	memcpy(signer->key_origin, origin, DIGEST_LEN);

	OPENSSL_cleanse(key, sizeof(key));
	return signer->has_key;
}

/*
 * Run the stages up to the signature.
 */
static bool
make_signature(GlueSigv4Signer *signer, const GlueSigv4Message *message,
			   const char *secret, char hex[GLUE_SIGV4_HEX_LEN + 1])
{
	char		canonical[MAX_CANONICAL_LEN];
	char		to_sign[MAX_STRING_TO_SIGN_LEN];
	size_t		canonical_len;
	size_t		to_sign_len = 0;
	unsigned char mac[DIGEST_LEN];

	canonical_len = glue_sigv4_canonical_request(signer, message, canonical,
												 sizeof(canonical));
	if (canonical_len > 0)
		to_sign_len = glue_sigv4_string_to_sign(signer, message, canonical,
												canonical_len, to_sign,
												sizeof(to_sign));

	/* A failed stage may have written any part of the buffer. */
	OPENSSL_cleanse(canonical,
					canonical_len > 0 ? canonical_len : sizeof(canonical));

	/* without a key, the current one is used */
	if (to_sign_len == 0 ||
		!set_signing_key(signer, message, secret) ||
		!glue_hmac(signer->keyed_hmac, NULL, 0, to_sign, to_sign_len, mac))
		return false;

	glue_write_hex(mac, sizeof(mac), hex);
	return true;
}

/*
 * Is this valid in the Credential of an Authorization header, where "/" and
 * "," are separators?
 */
static bool
is_credential_part(const char *part)
{
	const char *c;

	for (c = part; *c != '\0'; c++)
	{
		if (*c <= ' ' || *c >= 0x7f || *c == '/' || *c == ',')
			return false;
	}
	return c > part;
}

/*
 * Sign a request: write the value of its Authorization header.
 *
 * The request must be sent exactly as given, within about five minutes of
 * amz_date.  The credential and the scope become part of the header, so
 * characters in them that could end it or start another are rejected.
 *
 * Returns false, with an empty buffer, if that or any stage fails.
 */
bool
glue_sigv4_authorization(GlueSigv4Signer *signer,
						 const GlueSigv4Message *message,
						 const char *access_key_id,
						 const char *secret_access_key,
						 char *buffer, size_t size)
{
	char		signature[GLUE_SIGV4_HEX_LEN + 1];
	GlueTextBuffer out = {buffer, size, 0};

	glue_assert(signer != NULL && secret_access_key != NULL);
	if (!is_credential_part(access_key_id) ||
		!is_credential_part(message->region) ||
		!is_credential_part(message->service) ||
		!make_signature(signer, message, secret_access_key, signature))
	{
		glue_text_end(&out);
		return false;
	}

	glue_text_put_all(&out, ALGORITHM " Credential=", access_key_id, "/", NULL);
	put_scope(&out, message);
	glue_text_put_string(&out, ", SignedHeaders=");
	glue_sigv4_put_signed_headers(&out, message);
	glue_text_put_all(&out, ", Signature=", signature, NULL);

	return glue_text_end_whole(&out) > 0;
}
