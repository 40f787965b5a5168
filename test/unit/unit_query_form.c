/*-------------------------------------------------------------------------
 *
 * unit_query_form.c
 *	  Unit test of the bodies of form messages.
 *
 * The first bodies restate those that AWS's SDKs share.
 *
 * IDENTIFICATION
 *	  test/unit/unit_query_form.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/query_form.h"

#include <stdlib.h>

#include "tap.h"
#include "text/buffer.h"

#define STS_VERSION "2011-06-15"

static void
is_form(const char *action, const GlueQueryParameter *parameters,
		int nparameters, const char *want)
{
	char		buffer[1024];
	size_t		len = glue_query_form(action, STS_VERSION, parameters,
									  nparameters, buffer, sizeof(buffer));

	is_str(buffer, want, action);
	is_int((long long) len, (long long) strlen(want), "its length");
}

static void
test_forms(void)
{
	static const GlueQueryParameter chained[] = {
		{"RoleArn", "arn:aws:iam::130633740322:role/imds-chained-role-test"},
		{"RoleSessionName", "assume-role-from-profile-1632246085998"}
	};
	static const GlueQueryParameter provider[] = {
		{"RoleArn", "arn:aws:iam::123456789:role/integration-test"},
		{"RoleSessionName", "assume-role-provider-session"},
		{"ExternalId", NULL}
	};
	static const GlueQueryParameter web[] = {
		{"RoleArn", "arn:aws:iam::123456789123:role/test-role"},
		{"RoleSessionName", "test-session"},
		{"WebIdentityToken", "eyJ0.eyJp_c3M-iOi.Cx9Ko-ssGIJ5\n"}
	};
	static const GlueQueryParameter all[] = {
		{"ExternalId", NULL},
		{"A", ""},
		{"B", "a b+c&d=e%f"},
		{"C", "\xc3\xa9~"}
	};

	is_form("AssumeRole", chained, 2,
			"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A130633740322%3Arole%2Fimds-chained-role-test&RoleSessionName=assume-role-from-profile-1632246085998");
	is_form("AssumeRole", provider, 3,
			"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789%3Arole%2Fintegration-test&RoleSessionName=assume-role-provider-session");
	is_form("AssumeRoleWithWebIdentity", web, 3,
			"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789123%3Arole%2Ftest-role&RoleSessionName=test-session&WebIdentityToken=eyJ0.eyJp_c3M-iOi.Cx9Ko-ssGIJ5%0A");
	is_form("GetCallerIdentity", NULL, 0,
			"Action=GetCallerIdentity&Version=2011-06-15");
	is_form("Test", all, 4,
			"Action=Test&Version=2011-06-15&A=&B=a%20b%2Bc%26d%3De%25f&C=%C3%A9~");
}

static size_t
percent_encode(const char *text, size_t len, char *buffer, size_t size)
{
	GlueTextBuffer encoded = {buffer, size, 0};

	glue_text_put_encoded(&encoded, text, len);
	return glue_text_end(&encoded);
}

static void
test_encoding(void)
{
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char		all[256];
	char		buffer[1024];
	size_t		len;
	int			as_they_are = 0;

	percent_encode(unreserved, strlen(unreserved),
				   buffer, sizeof(buffer));
	is_str(buffer, unreserved, "characters without encoding");
	percent_encode("my role/@=,+\r\n", 14, buffer, sizeof(buffer));
	is_str(buffer, "my%20role%2F%40%3D%2C%2B%0D%0A",
		   "characters with encoding");

	for (int i = 0; i < 256; i++)
		all[i] = (char) i;
	len = percent_encode(all, sizeof(all), buffer, sizeof(buffer));
	for (size_t i = 0; i < len; i++)
	{
		if (buffer[i] == '%')
			i += 2;
		else
			as_they_are++;
	}
	is_int(as_they_are, 66, "no other byte goes as it is");
	is_int((long long) len, 66 + 190 * 3, "all others take three");
	ok(strncmp(buffer, "%00%01", 6) == 0 &&
	   strcmp(buffer + len - 6, "%FE%FF") == 0, "the first and the last");
}

/*
 * Buffers of every size, allocated exactly, so that an overrun is found.
 */
static void
test_sizes(void)
{
	static const char want[] = "Action=A&Version=1&x=%20";
	static const GlueQueryParameter parameter = {"x", " "};
	bool		same = true;

	for (size_t size = 0; size < sizeof(want) + 2; size++)
	{
		char	   *buffer = malloc(size > 0 ? size : 1);
		size_t		len = glue_query_form("A", "1", &parameter, 1,
										  buffer, size);
		size_t		kept = size > strlen(want) ? strlen(want) : size - 1;

		same = same && len == strlen(want);
		if (size > 0)
			same = same && strncmp(buffer, want, kept) == 0 &&
				strlen(buffer) == kept;
		free(buffer);
	}
	ok(same, "a buffer of any size");
	is_int((long long) percent_encode("/", 1, NULL, 0), 3, "no buffer");
}

int
main(void)
{
	test_forms();
	test_encoding();
	test_sizes();
	return tap_done();
}
