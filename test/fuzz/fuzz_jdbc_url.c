/*-------------------------------------------------------------------------
 *
 * fuzz_jdbc_url.c
 *	  Fuzzer of JDBC URLs and connect strings.
 *
 * The input is a letter for the engine and a text.  The parsed result must be
 * one host, one port and one database; and the URL written from them must have
 * the same parts.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_jdbc_url.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/jdbc_url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

/*
 * Stop the program if an address cannot be right.
 */
static void
check_address(const GlueDatabaseAddress *address)
{
	size_t		size = glue_jdbc_url_max_size(address);
	GlueDatabaseAddress again = {.engine = address->engine};
	GlueAddressStatus status;
	char	   *url;
	char	   *buffer;

	if (glue_host_check(address->host) != GLUE_ADDRESS_OK ||
		address->port < 1 || address->port > 65535 ||
		address->database[0] == '\0')
		abort();

	url = malloc(size);
	status = glue_jdbc_url_write(address, url, size);
	if (status == GLUE_ADDRESS_BAD_SYNTAX)
		abort();				/* the buffer was too small */
	if (status == GLUE_ADDRESS_OK)
	{
		buffer = malloc(GLUE_ADDRESS_BUFFER_SIZE(strlen(url)));
		if (glue_jdbc_url_parse(url, &again, buffer) != GLUE_ADDRESS_OK ||
			strcmp(again.host, address->host) != 0 ||
			again.port != address->port ||
			strcmp(again.database, address->database) != 0)
			abort();
		free(buffer);
	}
	free(url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GlueDatabaseAddress address = {0};
	char	   *text;
	char	   *buffer;

	if (size == 0)
		return 0;
	address.engine = data[0] % 4;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	buffer = malloc(GLUE_ADDRESS_BUFFER_SIZE(strlen(text)));

	if (glue_jdbc_url_parse(text, &address, buffer) == GLUE_ADDRESS_OK)
		check_address(&address);

	free(buffer);
	free(text);
	return 0;
}
