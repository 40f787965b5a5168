/*-------------------------------------------------------------------------
 *
 * unit_algorithms.c
 *	  Unit test of loading OpenSSL's algorithms.
 *
 * One allocation of the first use by TLS and by signing fails: every seventh
 * one in turn, each in a process of its own, because an algorithm takes some
 * ten of them.  If the algorithms were loaded before, the next use succeeds.
 *
 * IDENTIFICATION
 *	  test/unit/unit_algorithms.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/algorithms.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "tap.h"

/* Which allocations are made to fail. */
#define STEP	7

/* How many allocations there were, and which one is to fail; 0: none. */
static long allocations = 0;
static long failing = 0;

static void *
test_malloc(size_t size, const char *file, int line)
{
	return ++allocations == failing ? NULL : malloc(size);
}

static void *
test_realloc(void *memory, size_t size, const char *file, int line)
{
	return ++allocations == failing ? NULL : realloc(memory, size);
}

static void
test_free(void *memory, const char *file, int line)
{
	free(memory);
}

/* A key of its own, of which the public half is written and read. */
static bool
use_key(const char *type, const char *curve)
{
	EVP_PKEY   *key = EVP_PKEY_Q_keygen(NULL, NULL, type, curve);
	unsigned char *der = NULL;
	int			len = key != NULL ? i2d_PUBKEY(key, &der) : -1;
	const unsigned char *next = der;
	EVP_PKEY   *read = len > 0 ? d2i_PUBKEY(NULL, &next, len) : NULL;
	EVP_PKEY_CTX *derivation = read != NULL ?
		EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	unsigned char secret[64];
	size_t		secret_len = sizeof(secret);
	bool		done = derivation != NULL && EVP_PKEY_derive_init(derivation) > 0 &&
		EVP_PKEY_derive_set_peer(derivation, read) > 0 &&
		EVP_PKEY_derive(derivation, secret, &secret_len) > 0;

	EVP_PKEY_CTX_free(derivation);
	EVP_PKEY_free(read);
	EVP_PKEY_free(key);
	OPENSSL_free(der);
	return done;
}

/* The approximate needs of TLS and signing. */
static bool
use(void)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t		len;
	bool		done = EVP_Q_digest(NULL, "SHA256", NULL, "a", 1, digest, &len) &&
		EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, "key", 3,
				  (const unsigned char *) "a", 1, digest, sizeof(digest),
				  &len) != NULL;

	return done && RAND_bytes(digest, 16) == 1 &&
		use_key("EC", "P-256") && use_key("X25519", NULL);
}

/* Is the second use good, if one allocation of the first fails? */
static bool
survives(long which, bool *was_reached)
{
	int			status;
	pid_t		child = fork();

	if (child == 0)
	{
		allocations = 0;
		failing = which;
		(void) use();
		failing = 0;
		_exit((use() ? 0 : 2) + (allocations >= which ? 0 : 1));
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return false;
	*was_reached = (WEXITSTATUS(status) & 1) == 0;
	return WEXITSTATUS(status) < 2;
}

int
main(void)
{
	long		which = 1;
	int			nlost = 0;
	bool		was_reached = true;

	if (!CRYPTO_set_mem_functions(test_malloc, test_realloc, test_free))
		return 1;
	ok(glue_algorithms_load(), "the algorithms are loaded");
	for (; was_reached; which += STEP)
	{
		if (!survives(which, &was_reached))
		{
			printf("# lost by allocation %ld\n", which);
			nlost++;
		}
	}
	ok(which > 100, "allocations were made to fail");
	ok(nlost == 0, "an algorithm that was loaded is never lost");
	return tap_done();
}
