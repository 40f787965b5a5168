/*-------------------------------------------------------------------------
 *
 * fuzz_reply.c
 *	  Fuzzer of the decoding of answers.
 *
 * The input is header lines, an empty line and a body, as a server would send
 * them.  For any input, the kept texts must be safe in a log.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_reply.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"
#include "text/json.h"

/*
 * Abort if a text is not safe in a log.
 */
static void
check_text(const char *text, size_t max_len)
{
	size_t		len = strnlen(text, max_len + 1);

	if (len > max_len || !glue_utf8_valid(text, len))
		abort();
	for (size_t i = 0; i < len; i++)
	{
		if ((unsigned char) text[i] < ' ' || text[i] == 0x7f)
			abort();
	}
}

static void
check_reply(const GlueReplyHeaders *headers, int http_status,
			const char *body, size_t len)
{
	GlueReply	reply;

	glue_reply_decode(&reply, http_status, headers, body, len);
	check_text(reply.code, GLUE_REPLY_CODE_MAX);
	check_text(reply.message, GLUE_REPLY_MESSAGE_MAX);
	if ((reply.kind == GLUE_REPLY_ERROR) != (reply.code[0] != '\0') ||
		(reply.kind == GLUE_REPLY_SUCCESS) != (reply.tree != NULL))
		abort();
	glue_reply_clear(&reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	const char *end = text + size;
	GlueReplyHeaders headers = {0};
	long long	epoch_seconds;

	while (text < end)
	{
		const char *newline = memchr(text, '\n', end - text);
		size_t		len = (newline ? newline + 1 : end) - text;

		glue_reply_header(&headers, text, len);
		text += len;

		if (len == 1)
			break;
	}
	check_text(headers.request_id, GLUE_REPLY_HEADER_MAX);
	check_text(headers.error_type, GLUE_REPLY_HEADER_MAX);
	check_text(headers.content_type, GLUE_REPLY_HEADER_MAX);
	check_text(headers.date, GLUE_REPLY_HEADER_MAX);
	check_text(headers.retry_after, GLUE_REPLY_HEADER_MAX);
	glue_reply_parse_date(headers.date, &epoch_seconds);

	check_reply(&headers, 200, text, end - text);
	check_reply(&headers, 400, text, end - text);
	return 0;
}
