/*-------------------------------------------------------------------------
 *
 * sign_messages.c
 *	  Sign the messages that are described on the standard input.
 *
 * Driver of test/peer/sign_like_botocore.py.  A message is a block of lines
 * "field HEX" and ends with an empty line; HEX is the value in hexadecimal, so
 * that it may hold anything.  Fields are method, path, query, body, date,
 * region, service, access and secret; any other is a header of that name.
 * Prints one line for each message: the value of its Authorization header, or
 * "refused".
 *
 * IDENTIFICATION
 *	  test/unit/sign_messages.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_HEADERS 32

typedef struct DescribedMessage
{
	GlueSigv4Message message;
	GlueSigv4Header headers[MAX_HEADERS];
	const char *access_key_id;
	const char *secret_access_key;
} DescribedMessage;

/*
 * Decode hexadecimal digits into memory that ends with a NUL.  It is never
 * freed; the program is short.
 */
static char *
decode(const char *hex, size_t *len)
{
	char	   *value = malloc(strlen(hex) / 2 + 1);

	*len = 0;
	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
	{
		char		digits[3] = {hex[0], hex[1], '\0'};

		value[(*len)++] = (char) strtol(digits, NULL, 16);
	}
	value[*len] = '\0';
	return value;
}

static void
set_field(DescribedMessage *described, const char *name, const char *hex)
{
	GlueSigv4Message *message = &described->message;
	size_t		len;
	const char *value = decode(hex, &len);

	if (strcmp(name, "method") == 0)
		message->method = value;
	else if (strcmp(name, "path") == 0)
		message->path = value;
	else if (strcmp(name, "query") == 0)
		message->query = value;
	else if (strcmp(name, "date") == 0)
		message->amz_date = value;
	else if (strcmp(name, "region") == 0)
		message->region = value;
	else if (strcmp(name, "service") == 0)
		message->service = value;
	else if (strcmp(name, "access") == 0)
		described->access_key_id = value;
	else if (strcmp(name, "secret") == 0)
		described->secret_access_key = value;
	else if (strcmp(name, "body") == 0)
	{
		message->body = value;
		message->body_len = len;
	}
	else if (message->nheaders < MAX_HEADERS)
	{
		described->headers[message->nheaders].name = strdup(name);
		described->headers[message->nheaders].value = value;
		message->nheaders++;
	}
}

int
main(void)
{
	GlueSigv4Signer *signer = glue_sigv4_signer_new();
	DescribedMessage described = {0};
	char	   *line = NULL;
	size_t		size = 0;
	char		authorization[1024];

	while (signer != NULL && getline(&line, &size, stdin) > 0)
	{
		char	   *space = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (space != NULL)
		{
			*space = '\0';
			set_field(&described, line, space + 1);
			continue;
		}
		described.message.headers = described.headers;
		if (!glue_sigv4_authorization(signer, &described.message,
									  described.access_key_id,
									  described.secret_access_key,
									  authorization, sizeof(authorization)))
			strcpy(authorization, "refused");
		puts(authorization);
		memset(&described, 0, sizeof(described));
	}
	free(line);
	glue_sigv4_signer_free(signer);
	return 0;
}
