/*-------------------------------------------------------------------------
 *
 * cleansed.h
 *	  Watch whether secrets are cleansed from memory.
 *
 * A program that includes this has an OPENSSL_cleanse() of its own, which its
 * objects call instead of OpenSSL's, and which looks at the memory first.
 * Include it in one file of the program.
 *
 * IDENTIFICATION
 *	  test/unit/cleansed.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLEANSED_H
#define CLEANSED_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static unsigned char cleansed_secret[256];
static size_t cleansed_secret_len = 0;
static int	cleansed_count = 0;

/* hidden, so that OpenSSL itself continues with its own */
extern void OPENSSL_cleanse(void *memory, size_t len)
			__attribute__((visibility("hidden")));

void
OPENSSL_cleanse(void *memory, size_t len)
{
	volatile unsigned char *byte = memory;

	for (size_t i = 0; cleansed_secret_len > 0 &&
		 i + cleansed_secret_len <= len; i++)
	{
		if (memcmp((unsigned char *) memory + i, cleansed_secret,
				   cleansed_secret_len) == 0)
			cleansed_count++;
	}
	while (len-- > 0)
		*byte++ = 0;
}

/*
 * Watch for these bytes from now on; at most 256.
 */
static void
watch_cleansing(const void *secret, size_t len)
{
	memcpy(cleansed_secret, secret, len);
	cleansed_secret_len = len;
	cleansed_count = 0;
}

/*
 * How often were they cleansed?
 */
static int
was_cleansed(void)
{
	return cleansed_count;
}

#endif							/* CLEANSED_H */
