/*-------------------------------------------------------------------------
 *
 * unit_credential_reply.c
 *	  Unit test of the decoding of temporary credentials.
 *
 * Some of the answers restate those that AWS's SDKs share.
 *
 * IDENTIFICATION
 *	  test/unit/unit_credential_reply.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/credential_reply.h"

#include <stdio.h>
#include <stdlib.h>

#include "aws/date.h"
#include "cleansed.h"
#include "tap.h"

/* 1 January 2009, before everything that is handed out here expires */
#define NOW		1230768000

#define KEYS_JSON \
	"\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s3cret\","
#define TOKEN_JSON			"\"Token\":\"t0ken\","
#define EXPIRATION_JSON		"\"Expiration\":\"2009-02-13T23:31:30Z\""
#define WHOLE_JSON			KEYS_JSON TOKEN_JSON EXPIRATION_JSON

#define AKID_XML	"<AccessKeyId>AKID</AccessKeyId>"
#define SECRET_XML	"<SecretAccessKey>s3cret</SecretAccessKey>"
#define TOKEN_XML	"<SessionToken>t0ken</SessionToken>"
#define EXPIRATION_XML	"<Expiration>2009-02-13T23:31:30Z</Expiration>"
#define WHOLE_XML	AKID_XML SECRET_XML TOKEN_XML EXPIRATION_XML
#define STS_XML(credentials) \
	"<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">" \
	"<AssumeRoleResult><AssumedRoleUser>" \
	"<AssumedRoleId>AROA:session</AssumedRoleId>" \
	"<Arn>arn:aws:sts::130633740322:assumed-role/role/session</Arn>" \
	"</AssumedRoleUser><Credentials>" credentials "</Credentials>" \
	"</AssumeRoleResult></AssumeRoleResponse>"

/* An answer, and "key secret token account expiration" or its problem. */
typedef struct ReplyCase
{
	const char *body;
	const char *want;
} ReplyCase;

#define GOOD	"AKID s3cret t0ken - 1234567890"
#define NOT_ASCII	"it has a space, a line break or a character that is not ASCII"

static const ReplyCase json_cases[] = {
	/* a container's, with things that we do not need */
	{"{\"RoleArn\":\"arn:aws:iam::123456789:role/ecs-task-role\","
		"\"AccessKeyId\":\"ASIARTEST\",\"SecretAccessKey\":\"SECRETTEST\","
		"\"Token\":\"tokenEaCXVz/c3QtMiJGMEQCIHt47W18eF4d+lGki==\","
		"\"Expiration\" : \"2009-02-13T23:31:30Z\"}",
		"ASIARTEST SECRETTEST tokenEaCXVz/c3QtMiJGMEQCIHt47W18eF4d+lGki== - "
	"1234567890"},
	{"{\"RoleArn\":\"arn:aws:iam::123456789:role/eks-pod-identity-role\","
		"\"AccessKeyId\":\"ASIARCORRECT\","
		"\"SecretAccessKey\":\"secretkeycorrect\","
		"\"Token\":\"tokencorrect\",\"AccountId\":\"012345678901\","
		"\"Expiration\" : \"2009-02-13T23:31:30Z\"}",
	"ASIARCORRECT secretkeycorrect tokencorrect 012345678901 1234567890"},

	/* an instance's */
	{"{\n  \"Code\" : \"Success\",\n"
		"  \"LastUpdated\" : \"2009-02-13T17:31:30Z\",\n"
	"  \"Type\" : \"AWS-HMAC\",\n  " WHOLE_JSON "\n}\n", GOOD},
	{"{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot "
		"assume the role\\n my-role.\",\"LastUpdated\":\"2009\"}",
		"refused: is AssumeRoleUnauthorizedAccess: EC2 cannot assume the role "
	"my-role."},
	{"{\"Code\":\"Failed\"," WHOLE_JSON "}", "refused: is Failed"},
	{"{\"Code\":\"\"," WHOLE_JSON "}", GOOD},
	{"{\"Code\":7," WHOLE_JSON "}", GOOD},
	{"{\"Message\":\"Hello\"," WHOLE_JSON "}", GOOD},

	/* accounts that are none */
	{"{\"AccountId\":\"1234567890123\"," WHOLE_JSON "}", GOOD},
	{"{\"AccountId\":\"12345678901\"," WHOLE_JSON "}", GOOD},
	{"{\"AccountId\":\"12345678901x\"," WHOLE_JSON "}", GOOD},
	{"{\"AccountId\":123456789012," WHOLE_JSON "}", GOOD},
	{"{\"AccountId\":\"12345678901234567890\"," WHOLE_JSON "}", GOOD},

	/* missing members */
	{"{\"SecretAccessKey\":\"s3cret\"," TOKEN_JSON EXPIRATION_JSON "}",
	"malformed: has no usable \"AccessKeyId\": it is not there"},
	{"{\"AccessKeyId\":\"AKID\"," TOKEN_JSON EXPIRATION_JSON "}",
	"malformed: has no usable \"SecretAccessKey\": it is not there"},
	{"{" KEYS_JSON EXPIRATION_JSON "}",
	"malformed: has no usable \"Token\": it is not there"},
	{"{" KEYS_JSON "\"SessionToken\":\"t0ken\"," EXPIRATION_JSON "}",
	"malformed: has no usable \"Token\": it is not there"},
	{"{" KEYS_JSON "\"Token\":\"t0ken\"}",
	"malformed: has no usable \"Expiration\": it is not there"},
	{"{}", "malformed: has no usable \"AccessKeyId\": it is not there"},
	{"{" KEYS_JSON "\"Token\":\"\"," EXPIRATION_JSON "}",
	"malformed: has no usable \"Token\": it is not there"},
	{"{" KEYS_JSON "\"Token\":null," EXPIRATION_JSON "}",
	"malformed: has no usable \"Token\": it is not there"},
	{"{" KEYS_JSON "\"Token\":[\"t0ken\"]," EXPIRATION_JSON "}",
	"malformed: has no usable \"Token\": it is not there"},
	{"{" KEYS_JSON TOKEN_JSON "\"Expiration\":1234567890}",
	"malformed: has no usable \"Expiration\": it is not there"},

	/* values that are invalid in a header */
	{"{" KEYS_JSON "\"Token\":\"t0ken\\r\\nX-Evil: 1\"," EXPIRATION_JSON "}",
	"malformed: has no usable \"Token\": " NOT_ASCII},
	{"{" KEYS_JSON "\"Token\":\"t0 ken\"," EXPIRATION_JSON "}",
	"malformed: has no usable \"Token\": " NOT_ASCII},
	{"{\"AccessKeyId\":\"AK\\u00e9\",\"SecretAccessKey\":\"s3cret\","
		TOKEN_JSON EXPIRATION_JSON "}",
	"malformed: has no usable \"AccessKeyId\": " NOT_ASCII},
	{"{\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s3cret\\u007f\","
		TOKEN_JSON EXPIRATION_JSON "}",
	"malformed: has no usable \"SecretAccessKey\": " NOT_ASCII},

	/* times */
	{"{" KEYS_JSON TOKEN_JSON "\"Expiration\":\"s3cret\"}",
	"malformed: has no usable \"Expiration\": it is no time"},
	{"{" KEYS_JSON TOKEN_JSON "\"Expiration\":\"2009-01-01T00:00:01Z\"}",
	"AKID s3cret t0ken - 1230768001"},
	{"{" KEYS_JSON TOKEN_JSON "\"Expiration\":\"2009-01-01T00:00:00Z\"}",
		"expired: has credentials that expired at 2009-01-01T00:00:00Z: "
	"AKID s3cret t0ken - 1230768000"},
	{"{" KEYS_JSON TOKEN_JSON "\"Expiration\":\"1999-12-31T23:59:59Z\"}",
		"expired: has credentials that expired at 1999-12-31T23:59:59Z: "
	"AKID s3cret t0ken - 946684799"},

	/* no JSON object at all */
	{"", "malformed: is not a JSON object"},
	{"null", "malformed: is not a JSON object"},
	{"[]", "malformed: is not a JSON object"},
	{"\"s3cret\"", "malformed: is not a JSON object"},
	{"{" WHOLE_JSON, "malformed: is not a JSON object"},
	{"{" WHOLE_JSON "} {}", "malformed: is not a JSON object"},
	{"{'AccessKeyId':'AKID'}", "malformed: is not a JSON object"},
	{"<html>s3cret</html>", "malformed: is not a JSON object"},
	{"{\"Token\":\"\xff\"}", "malformed: is not a JSON object"},
};

static const ReplyCase xml_cases[] = {
	{"<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"
		"  <AssumeRoleResult>\n    <AssumedRoleUser>\n"
		"      <AssumedRoleId>AROAR42TAWARILN3MNKUT:assume-role-from-profile</AssumedRoleId>\n"
		"      <Arn>arn:aws:sts::130633740322:assumed-role/imds-chained-role-test/assume-role-from-profile</Arn>\n"
		"    </AssumedRoleUser>\n    <Credentials>\n"
		"      <AccessKeyId>ASIARCORRECT</AccessKeyId>\n"
		"      <SecretAccessKey>secretkeycorrect</SecretAccessKey>\n"
		"      <SessionToken>tokencorrect</SessionToken>\n"
		"      <Expiration>2021-09-21T18:41:26Z</Expiration>\n"
		"    </Credentials>\n  </AssumeRoleResult>\n"
		"  <ResponseMetadata>\n    <RequestId>d9d47248</RequestId>\n"
		"  </ResponseMetadata>\n</AssumeRoleResponse>\n",
	"ASIARCORRECT secretkeycorrect tokencorrect 130633740322 1632249686"},
	{"<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
		"<AssumeRoleWithWebIdentityResult>"
		"<Audience>my-cluster</Audience><AssumedRoleUser>"
		"<AssumedRoleId>AROARTEST:test-session</AssumedRoleId>"
		"<Arn>arn:aws:sts::123456789012:assumed-role/sdk-test/test-session</Arn>"
		"</AssumedRoleUser>"
		"<Provider>arn:aws:iam::999999999999:oidc-provider/x</Provider>"
		"<Credentials><AccessKeyId>AKIDTEST</AccessKeyId>"
		"<SecretAccessKey>SECRETKEYTEST</SecretAccessKey>"
		"<SessionToken>SESSIONTOKEN_TEST</SessionToken>"
		"<Expiration>2021-08-16T20:52:53Z</Expiration></Credentials>"
		"<SubjectFromWebIdentityToken>system</SubjectFromWebIdentityToken>"
		"</AssumeRoleWithWebIdentityResult>"
		"</AssumeRoleWithWebIdentityResponse>",
	"AKIDTEST SECRETKEYTEST SESSIONTOKEN_TEST 123456789012 1629147173"},
	{STS_XML(WHOLE_XML), "AKID s3cret t0ken 130633740322 1234567890"},

	/* accounts that are none */
	{"<a><Credentials>" WHOLE_XML "</Credentials></a>", GOOD},
	{"<a><AssumedRoleUser><Arn>arn:aws:sts::1234:x</Arn></AssumedRoleUser>"
	"<Credentials>" WHOLE_XML "</Credentials></a>", GOOD},
	{"<a><AssumedRoleUser><Arn>arn:aws:sts</Arn></AssumedRoleUser>"
	"<Credentials>" WHOLE_XML "</Credentials></a>", GOOD},
	{"<a><AssumedRoleUser><Arn>arn:aws:sts::1234567890123:x</Arn>"
		"</AssumedRoleUser><Credentials>" WHOLE_XML "</Credentials></a>",
	GOOD},
	{"<a><AssumedRoleUser><Arn>arn:aws:sts::12345678901x:x</Arn>"
		"</AssumedRoleUser><Credentials>" WHOLE_XML "</Credentials></a>",
	GOOD},
	{"<a><AssumedRoleUser><Arn>arn:aws:sts::123456789012</Arn>"
		"</AssumedRoleUser><Credentials>" WHOLE_XML "</Credentials></a>",
	"AKID s3cret t0ken 123456789012 1234567890"},

	/* missing and wrong members */
	{STS_XML(SECRET_XML TOKEN_XML EXPIRATION_XML),
	"malformed: has no usable \"AccessKeyId\": it is not there"},
	{STS_XML(AKID_XML TOKEN_XML EXPIRATION_XML),
	"malformed: has no usable \"SecretAccessKey\": it is not there"},
	{STS_XML(AKID_XML SECRET_XML EXPIRATION_XML),
	"malformed: has no usable \"SessionToken\": it is not there"},
	{STS_XML(AKID_XML SECRET_XML TOKEN_XML),
	"malformed: has no usable \"Expiration\": it is not there"},
	{"<AssumeRoleResult>" WHOLE_XML "</AssumeRoleResult>",
	"malformed: has no usable \"AccessKeyId\": it is not there"},
	{STS_XML(AKID_XML SECRET_XML "<SessionToken>t0&#10;ken</SessionToken>"
			 EXPIRATION_XML),
	"malformed: has no usable \"SessionToken\": " NOT_ASCII},
	{STS_XML(AKID_XML SECRET_XML TOKEN_XML "<Expiration>soon</Expiration>"),
	"malformed: has no usable \"Expiration\": it is no time"},
	{STS_XML(AKID_XML SECRET_XML TOKEN_XML
			 "<Expiration>2001-01-01T00:00:00Z</Expiration>"),
		"expired: has credentials that expired at 2001-01-01T00:00:00Z: "
	"AKID s3cret t0ken 130633740322 978307200"},

	/* no XML at all */
	{"", "malformed: is not XML"},
	{"{\"Credentials\":{" WHOLE_JSON "}}", "malformed: is not XML"},
	{"<a><Credentials>" WHOLE_XML "</Credentials>", "malformed: is not XML"},
	{"<!DOCTYPE a [<!ENTITY x \"y\">]><a><Credentials>" WHOLE_XML
	"</Credentials></a>", "malformed: is not XML"},
};

typedef GlueCredentialReplyStatus (*Decode) (const char *body, size_t len,
											 long long now,
											 GlueTemporaryCredentials *credentials,
											 char reason[GLUE_CREDENTIAL_REASON_SIZE]);

/*
 * Decode from an allocation of exactly the body's size, into memory that was
 * used before.
 */
static GlueCredentialReplyStatus
decode_body(Decode decode, const char *body, size_t len,
			GlueTemporaryCredentials *credentials, char *reason)
{
	char	   *copy = malloc(len > 0 ? len : 1);
	GlueCredentialReplyStatus status;

	memcpy(copy, body, len);
	memset(credentials, 'x', sizeof(*credentials));
	memset(reason, 'x', GLUE_CREDENTIAL_REASON_SIZE);
	status = decode(copy, len, NOW, credentials, reason);
	free(copy);
	return status;
}

static bool
is_zeroed(const GlueTemporaryCredentials *credentials)
{
	const char *bytes = (const char *) credentials;

	for (size_t i = 0; i < sizeof(*credentials); i++)
	{
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static void
run_case(Decode decode, const ReplyCase *c)
{
	static const char *const words[] = {
		"", "expired: ", "refused: ", "malformed: "
	};
	GlueTemporaryCredentials credentials;
	char		reason[GLUE_CREDENTIAL_REASON_SIZE];
	char		text[sizeof(credentials) + sizeof(reason)];
	GlueCredentialReplyStatus status = decode_body(decode, c->body,
												   strlen(c->body),
												   &credentials, reason);
	bool		has_reason = status != GLUE_CREDENTIALS_OK;
	bool		has_credentials = status == GLUE_CREDENTIALS_OK ||
		status == GLUE_CREDENTIALS_EXPIRED;

	snprintf(text, sizeof(text), "%s%s%s", words[status],
			 has_reason ? reason : "",
			 has_reason && has_credentials ? ": " : "");
	if (has_credentials)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 "%s %s %s %s %lld", credentials.access_key_id,
				 credentials.secret_access_key, credentials.session_token,
				 credentials.account_id[0] ? credentials.account_id : "-",
				 credentials.expiration);
	else
		ok(is_zeroed(&credentials), "nothing is left");
	if (has_reason)
		ok(strstr(reason, "s3cret") == NULL && strstr(reason, "t0ken") == NULL,
		   "no secret in the reason");
	is_str(text, c->want, "an answer");
}

/*
 * Values of all lengths around the size of their buffers.
 */
static void
test_lengths(void)
{
	static const struct
	{
		Decode		decode;
		size_t		size;
		const char *before;
		const char *after;
	}			cases[] = {
		{glue_credential_reply_json, GLUE_ACCESS_KEY_ID_SIZE,
			"{\"SecretAccessKey\":\"s3cret\"," TOKEN_JSON EXPIRATION_JSON
		",\"AccessKeyId\":\"", "\"}"},
		{glue_credential_reply_json, GLUE_SECRET_KEY_SIZE,
			"{\"AccessKeyId\":\"AKID\"," TOKEN_JSON EXPIRATION_JSON
		",\"SecretAccessKey\":\"", "\"}"},
		{glue_credential_reply_json, GLUE_SESSION_TOKEN_SIZE,
		"{" KEYS_JSON EXPIRATION_JSON ",\"Token\":\"", "\"}"},
		{glue_credential_reply_xml, GLUE_ACCESS_KEY_ID_SIZE,
			"<a><Credentials>" SECRET_XML TOKEN_XML EXPIRATION_XML
		"<AccessKeyId>", "</AccessKeyId></Credentials></a>"},
		{glue_credential_reply_xml, GLUE_SECRET_KEY_SIZE,
			"<a><Credentials>" AKID_XML TOKEN_XML EXPIRATION_XML
		"<SecretAccessKey>", "</SecretAccessKey></Credentials></a>"},
		{glue_credential_reply_xml, GLUE_SESSION_TOKEN_SIZE,
			"<a><Credentials>" AKID_XML SECRET_XML EXPIRATION_XML
		"<SessionToken>", "</SessionToken></Credentials></a>"},
	};
	static char value[2 * GLUE_SESSION_TOKEN_SIZE];
	static char body[3 * GLUE_SESSION_TOKEN_SIZE];
	GlueTemporaryCredentials credentials;
	char		reason[GLUE_CREDENTIAL_REASON_SIZE];

	memset(value, 'k', sizeof(value));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		/* a value that fills the buffer counts as truncated */
		size_t		longest = cases[i].size - 2;

		for (size_t len = longest - 1; len <= longest + 3; len++)
		{
			int			used = sprintf(body, "%s%.*s%s", cases[i].before,
									   (int) len, value, cases[i].after);

			is_int(decode_body(cases[i].decode, body, (size_t) used,
							   &credentials, reason),
				   len <= longest ? GLUE_CREDENTIALS_OK
				   : GLUE_CREDENTIALS_MALFORMED,
				   "a value around the size of its buffer");
			if (len > longest)
				ok(strstr(reason, "is too long") != NULL, "is too long");
		}
	}
}

/*
 * A refusal's texts are cleaned and cut.
 */
static void
test_long_refusal(void)
{
	GlueTemporaryCredentials credentials;
	char		reason[GLUE_CREDENTIAL_REASON_SIZE];
	char		body[4000];
	int			used = sprintf(body, "{\"Code\":\"");

	memset(body + used, 'C', 900);
	used += 900;
	used += sprintf(body + used, "\",\"Message\":\"\\u001b[31m\xc3\xa9");
	memset(body + used, 'M', 2000);
	used += 2000;
	used += sprintf(body + used, "\"}");
	is_int(decode_body(glue_credential_reply_json, body, (size_t) used,
					   &credentials, reason), GLUE_CREDENTIALS_REFUSED,
		   "a long refusal");
	ok(strncmp(reason, "is CCC", 6) == 0 &&
	   strstr(reason, "C: [31m\xc3\xa9MMM") != NULL &&
	   strlen(reason) < GLUE_CREDENTIAL_REASON_SIZE, "is cut and cleaned");
}

static void
test_cleansing(void)
{
	static const char body[] = "{" WHOLE_JSON "}";
	static const char half[] = "{" KEYS_JSON TOKEN_JSON "\"x\":1}";
	static const char broken[] = "<a><Credentials>" WHOLE_XML;
	GlueTemporaryCredentials credentials;
	char		reason[GLUE_CREDENTIAL_REASON_SIZE];

	decode_body(glue_credential_reply_json, body, strlen(body), &credentials,
				reason);
	watch_cleansing("s3cret", 6);
	glue_temporary_credentials_cleanse(&credentials);
	is_int(was_cleansed(), 1, "credentials are cleansed");
	ok(is_zeroed(&credentials), "all of them");

	/* once in the tree, once in its copy */
	watch_cleansing("s3cret", 6);
	decode_body(glue_credential_reply_json, half, strlen(half), &credentials,
				reason);
	ok(was_cleansed() >= 2, "half an answer is cleansed");
	watch_cleansing("s3cret", 6);
	decode_body(glue_credential_reply_xml, broken, strlen(broken),
				&credentials, reason);
	ok(was_cleansed() >= 1, "broken XML is cleansed");
	ok(is_zeroed(&credentials), "all of it");
}

#define IDENTITY_XML(fields) \
	"<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">" \
	"<GetCallerIdentityResult>" fields "</GetCallerIdentityResult>" \
	"<ResponseMetadata><RequestId>01234567</RequestId></ResponseMetadata>" \
	"</GetCallerIdentityResponse>"
#define ARN_XML		"<Arn>arn:aws:iam::123456789012:user/Alice</Arn>"
#define USER_XML	"<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>"
#define ACCOUNT_XML	"<Account>123456789012</Account>"

static void
test_identity(void)
{
	static const char *const bad[] = {
		"", "{}", "<a/>",
		IDENTITY_XML(USER_XML ACCOUNT_XML),
		IDENTITY_XML(ARN_XML ACCOUNT_XML),
		IDENTITY_XML(ARN_XML USER_XML),
		IDENTITY_XML(ARN_XML USER_XML "<Account>1234567890123</Account>"),
		IDENTITY_XML(ARN_XML USER_XML "<Account>12345678901</Account>"),
		IDENTITY_XML(ARN_XML USER_XML "<Account>12345678901x</Account>"),
		"<a>" ARN_XML USER_XML ACCOUNT_XML "</a>",
		"<a>" IDENTITY_XML(ARN_XML USER_XML ACCOUNT_XML),
	};
	static const char good[] = IDENTITY_XML(ARN_XML USER_XML ACCOUNT_XML);
	static char body[4000];
	GlueCallerIdentity identity;

	ok(glue_caller_identity_xml(good, strlen(good), &identity),
	   "an identity");
	is_str(identity.account, "123456789012", "its account");
	is_str(identity.arn, "arn:aws:iam::123456789012:user/Alice", "its ARN");
	is_str(identity.user_id, "AIDACKCEVSQ6C2EXAMPLE", "its user");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!glue_caller_identity_xml(bad[i], strlen(bad[i]), &identity),
		   "no identity");

	for (int len = GLUE_ARN_SIZE - 2; len <= GLUE_ARN_SIZE; len++)
	{
		sprintf(body, "<GetCallerIdentityResult>" ACCOUNT_XML USER_XML
				"<Arn>%0*d</Arn></GetCallerIdentityResult>", len, 0);
		is_int(glue_caller_identity_xml(body, strlen(body), &identity),
			   len <= GLUE_ARN_SIZE - 2, "an ARN around its limit");
	}
}

static void
test_times(void)
{
	static const struct
	{
		const char *text;
		long long	want;		/* -1 if it is refused */
	}			cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2009-02-13T23:31:30Z", 1234567890},
		{"2021-08-05T19:58:02Z", 1628193482},
		{"2024-02-29T12:00:00Z", 1709208000},
		{"2038-01-19T03:14:08Z", 2147483648LL},
		{"9999-12-31T23:59:59Z", 253402300799LL},
		{"2009-02-13T23:31:30.5Z", 1234567890},
		{"2009-02-13T23:31:30.999999999Z", 1234567890},
		{"2009-02-14T00:31:30+01:00", 1234567890},
		{"2009-02-13T18:01:30-05:30", 1234567890},
		{"2009-02-13T23:31:30+00:00", 1234567890},
		{"", -1},
		{"2009-02-13", -1},
		{"2009-02-13T23:31:30", -1},
		{"2009-02-13T23:31:30z", -1},
		{"2009-02-13t23:31:30Z", -1},
		{"2009-02-13 23:31:30Z", -1},
		{"2009-02-13T23:31:30Zx", -1},
		{"2009-02-13T23:31:30ZZ", -1},
		{"2009-02-13T23:31:30.Z", -1},
		{"2009-02-13T23:31:30.5", -1},
		{"2009-02-13T23:31:30+01", -1},
		{"2009-02-13T23:31:30+0100", -1},
		{"2009-02-13T23:31:30+01:00Z", -1},
		{"2009-02-13T23:31:30+24:00", -1},
		{"2009-02-13T23:31:30+01:60", -1},
		{"2009-02-13T23:31:60Z", -1},
		{"2009-02-13T23:60:30Z", -1},
		{"2009-02-13T24:00:00Z", -1},
		{"2009-02-30T00:00:00Z", -1},
		{"2023-02-29T00:00:00Z", -1},
		{"2009-02-00T00:00:00Z", -1},
		{"2009-02-32T00:00:00Z", -1},
		{"2009-00-13T00:00:00Z", -1},
		{"2009-13-13T00:00:00Z", -1},
		{"1969-12-31T00:00:00Z", -1},
		{"0000-01-01T00:00:00Z", -1},
		{"09-02-13T23:31:30Z", -1},
		{"2009-2-13T23:31:30Z", -1},
		{"+2009-02-13T23:31:30Z", -1},
		{" 2009-02-13T23:31:30Z", -1},
		{"2009-02-13T23:31:-1Z", -1},
		{"1234567890", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		long long	seconds = -2;
		bool		done = glue_parse_iso8601(cases[i].text, &seconds);

		is_int(done ? seconds : -1, cases[i].want, cases[i].text);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(json_cases) / sizeof(ReplyCase); i++)
		run_case(glue_credential_reply_json, &json_cases[i]);
	for (size_t i = 0; i < sizeof(xml_cases) / sizeof(ReplyCase); i++)
		run_case(glue_credential_reply_xml, &xml_cases[i]);
	test_lengths();
	test_long_refusal();
	test_cleansing();
	test_identity();
	test_times();
	return tap_done();
}
