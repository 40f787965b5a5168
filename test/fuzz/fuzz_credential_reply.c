/*-------------------------------------------------------------------------
 *
 * fuzz_credential_reply.c
 *	  Fuzzer of the decoding of temporary credentials.
 *
 * The input is an answer, which is decoded as JSON and as XML.  Credentials
 * must be complete and valid in a header, or absent; and a reason must be safe
 * in a log.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_credential_reply.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/credential_reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/date.h"
#include "replay.h"
#include "text/json.h"

static void
check_header_value(const char *text, size_t size)
{
	size_t		len = strnlen(text, size);

	require(len > 0 && len < size);
	for (size_t i = 0; i < len; i++)
		require(text[i] > ' ' && text[i] < 0x7f);
}

static void
check_clean(const char *text, size_t size)
{
	size_t		len = strnlen(text, size);

	require(len > 0 && len < size && glue_utf8_valid(text, len));
	for (size_t i = 0; i < len; i++)
		require((unsigned char) text[i] >= ' ' && text[i] != 0x7f);
}

static void
check_answer(GlueCredentialReplyStatus status,
			 const GlueTemporaryCredentials *credentials, const char *reason)
{
	static const GlueTemporaryCredentials zeroed;

	if (status != GLUE_CREDENTIALS_OK)
		check_clean(reason, GLUE_CREDENTIAL_REASON_SIZE);
	if (status != GLUE_CREDENTIALS_OK && status != GLUE_CREDENTIALS_EXPIRED)
	{
		require(memcmp(credentials, &zeroed, sizeof(zeroed)) == 0);
		return;
	}

	check_header_value(credentials->access_key_id, GLUE_ACCESS_KEY_ID_SIZE);
	check_header_value(credentials->secret_access_key, GLUE_SECRET_KEY_SIZE);
	check_header_value(credentials->session_token, GLUE_SESSION_TOKEN_SIZE);
	if (credentials->account_id[0] != '\0')
		require(strnlen(credentials->account_id, GLUE_ACCOUNT_ID_SIZE) == 12 &&
				strspn(credentials->account_id, "0123456789") == 12);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *body = (const char *) data;
	GlueTemporaryCredentials credentials;
	GlueCallerIdentity identity;
	char		reason[GLUE_CREDENTIAL_REASON_SIZE] = "";
	char		text[64] = "";
	long long	seconds;

	check_answer(glue_credential_reply_json(body, size, 1234567890,
											&credentials, reason),
				 &credentials, reason);
	check_answer(glue_credential_reply_xml(body, size, 1234567890,
										   &credentials, reason),
				 &credentials, reason);

	if (glue_caller_identity_xml(body, size, &identity))
		require(strlen(identity.account) == 12 && identity.arn[0] != '\0' &&
				identity.user_id[0] != '\0');

	memcpy(text, body, size < sizeof(text) ? size : sizeof(text) - 1);
	if (glue_parse_iso8601(text, &seconds))
		require(seconds > -86400 && seconds < 253402387200LL);
	return 0;
}
