/*-------------------------------------------------------------------------
 *
 * unit_reply.c
 *	  Unit test of the decoding of answers.
 *
 * IDENTIFICATION
 *	  test/unit/unit_reply.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

/* An error answer, and its expected decoding. */
typedef struct ErrorCase
{
	const char *name;
	int			http_status;
	const char *error_type;		/* header X-Amzn-ErrorType, or NULL */
	const char *body;
	const char *code;
	const char *message;
} ErrorCase;

#define CORAL	"http://internal.amazon.com/coral/com.amazon.coral.validate/"

static const ErrorCase error_cases[] = {
	/* the spellings of AWS's protocol tests */
	{"a simple error", 400, NULL,
		"{\n    \"__type\": \"InvalidGreeting\",\n    \"Message\": \"Hi\"\n}",
	"InvalidGreeting", "Hi"},
	{"members of its own and no message", 400, NULL,
		"{\"__type\": \"ComplexError\", \"TopLevel\": \"Top level\","
		" \"Nested\": {\"Foo\": \"bar\"}}",
	"ComplexError", ""},
	{"no member but the type", 400, NULL, "{\"__type\": \"ComplexError\"}",
	"ComplexError", ""},
	{"code in the header", 500, "FooError", "", "FooError", ""},
	{"code and URL in the header", 500, "FooError:" CORAL, "",
	"FooError", ""},
	{"namespace, code and URL in the header", 500,
		"aws.protocoltests.restjson#FooError:" CORAL, "",
	"FooError", ""},
	{"member code", 500, NULL, "{\"code\": \"FooError\"}", "FooError", ""},
	{"member code with namespace", 500, NULL,
		"{\"code\": \"aws.protocoltests.restjson#FooError\"}",
	"FooError", ""},
	{"member code with namespace and URL", 500, NULL,
		"{\"code\": \"aws.protocoltests.restjson#FooError:" CORAL "\"}",
	"FooError", ""},
	{"member __type", 500, NULL, "{\"__type\": \"FooError\"}",
	"FooError", ""},
	{"member __type with namespace", 500, NULL,
		"{\"__type\": \"aws.protocoltests.restjson#FooError\"}",
	"FooError", ""},
	{"member __type with namespace and URL", 500, NULL,
		"{\"__type\": \"aws.protocoltests.restjson#FooError:" CORAL "\"}",
	"FooError", ""},

	/* which spelling counts */
	{"__type before code before header", 400, "Header",
	"{\"code\": \"Code\", \"__type\": \"Type\"}", "Type", ""},
	{"code before header", 400, "Header", "{\"code\": \"Code\"}", "Code", ""},
	{"a code that is no string", 400, "Header",
	"{\"__type\": null, \"code\": 7}", "Header", ""},
	{"an empty code", 400, "Header", "{\"__type\": \"\"}", "Header", ""},
	{"a code of nothing but a namespace", 400, NULL,
	"{\"__type\": \"aws#:x\", \"code\": \"Code\"}", "Code", ""},
	{"a code cut at a comma", 400, NULL, "{\"__type\": \"A,B\"}", "A", ""},
	{"a code with odd characters", 400, NULL,
	"{\"__type\": \"<A>\\n B\\u00e9-_.9\"}", "AB-_.9", ""},
	{"no code anywhere", 503, NULL, "{}", "HTTP 503", ""},
	{"no body", 500, NULL, "", "HTTP 500", ""},
	{"a redirection", 301, NULL, "", "HTTP 301", ""},
	{"message before Message", 400, NULL,
		"{\"__type\": \"E\", \"Message\": \"b\", \"message\": \"a\"}",
	"E", "a"},
	{"an empty message", 400, NULL,
		"{\"__type\": \"E\", \"Message\": \"b\", \"message\": \"\"}",
	"E", "b"},
	{"a message that is no string", 400, NULL,
	"{\"__type\": \"E\", \"message\": {\"x\": 1}}", "E", ""},
	{"white space around the body", 400, NULL,
	"\r\n {\"__type\": \"E\", \"message\": \"m\"} \n", "E", "m"},
	{"a byte order mark", 400, NULL,
	"\xef\xbb\xbf{\"__type\": \"E\"}", "E", ""},

	/* messages are one clean line */
	{"line ends and control characters", 400, NULL,
		"{\"__type\": \"E\", \"message\":"
		" \" a\\r\\n\\tb\\u0007c \\u007f\\u0085 d e \"}",
	"E", "a b c d e"},
	{"characters beyond ASCII", 400, NULL,
		"{\"__type\": \"E\", \"message\": \"caf\xc3\xa9 \\ud83d\\ude00\"}",
	"E", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
	{"a message with markup of its own", 400, NULL,
		"{\"__type\": \"E\", \"message\": \"use <name>\"}",
	"E", "use <name>"},

	/* catalogs behind Glue */
	{"an error of a federation source", 400, NULL,
		"{\"__type\": \"EntityNotFoundException\", \"Message\": \"no\","
		" \"FromFederationSource\": true}",
	"EntityNotFoundException", "no (from the federation source)"},
	{"not of a federation source", 400, NULL,
		"{\"__type\": \"EntityNotFoundException\", \"Message\": \"no\","
		" \"FromFederationSource\": false}",
	"EntityNotFoundException", "no"},
	{"a federation source's code", 400, NULL,
		"{\"__type\": \"FederationSourceException\", \"Message\": \"no\","
		" \"FederationSourceErrorCode\": \"InvalidResponseException\"}",
		"FederationSourceException",
	"no (from the federation source: InvalidResponseException)"},
	{"a federation source's code without a message", 400, NULL,
		"{\"__type\": \"FederationSourceException\","
		" \"FederationSourceErrorCode\": \"OperationTimeoutException\"}",
		"FederationSourceException",
	"(from the federation source: OperationTimeoutException)"},

	/* XML */
	{"an error of AWS STS", 403, NULL,
		"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"
		"  <Error>\n    <Type>Sender</Type>\n"
		"    <Code>InvalidClientTokenId</Code>\n"
		"    <Message>The security token included in the request is "
		"invalid.</Message>\n  </Error>\n"
		"  <RequestId>7d5f9b5e-0000-0000-0000-000000000000</RequestId>\n"
		"</ErrorResponse>\n",
		"InvalidClientTokenId",
	"The security token included in the request is invalid."},
	{"XML with a declaration and a prefix", 400, NULL,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
		"<a:ErrorResponse xmlns:a=\"urn:a\"><a:Error><a:Code>C</a:Code>"
		"<a:Message>a &lt;b&gt; &#233;</a:Message></a:Error>"
		"</a:ErrorResponse>",
	"C", "a <b> \xc3\xa9"},
	{"XML with the error outermost", 404, NULL,
		"<Error><Code>NoSuchThing</Code><Message>m</Message></Error>",
	"NoSuchThing", "m"},
	{"XML with a list of errors", 400, NULL,
		"<Response><Errors><Error><Code>First</Code><Message>one</Message>"
		"</Error><Error><Code>Second</Code><Message>two</Message></Error>"
		"</Errors><RequestID>r</RequestID></Response>",
	"First", "one"},
	{"XML with text between its elements", 400, NULL,
		"<Error>a<Code>C<x>b</x>c</Code>d<Message>m</Message>e</Error>",
	"C", "m"},
	{"XML that is cut off", 400, NULL,
		"<ErrorResponse><Error><Code>C</Code><Message>m</Mess",
	"C", "m"},
	{"XML without a code", 502, "Header", "<a><b>Bad gateway</b></a>",
	"Header", "Bad gateway"},
	{"XML with entities", 500, NULL,
		"<!DOCTYPE a [<!ENTITY e \"boom\">]>"
		"<Error><Code>C</Code><Message>&e;</Message></Error>",
	"HTTP 500", "]> C &e;"},

	/* proxies and load balancers */
	{"an HTML page", 502, NULL,
		"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
		"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
		"</body>\r\n</html>\r\n",
	"HTTP 502", "502 Bad Gateway"},
	{"an HTML page with a style and a script", 403, NULL,
		"<!DOCTYPE html><html><head><STYLE type=\"text/css\">b > i { }"
		"</STYLE><script>if (a < b) x();</script></head>"
		"<p>Blocked<br>by policy</p></html>",
	"HTTP 403", "Blocked by policy"},
	{"plain text", 503, NULL, "upstream connect error\nor a <reset>\n",
	"HTTP 503", "upstream connect error or a <reset>"},
	{"text that is no UTF-8", 500, NULL,
		"caf\xe9 \xc3 \xed\xa0\x80 \xf0\x9f\x98",
	"HTTP 500", "caf? ? ??? ???"},
	{"JSON that is cut off", 500, "Header", "{\"__type\": \"E",
	"Header", "{\"__type\": \"E"},
	{"JSON of another type", 403, NULL, "\"Forbidden\"",
	"HTTP 403", "\"Forbidden\""},
	{"an unclosed tag", 500, NULL, "oops", "HTTP 500", "oops"},

	/* nothing of the message may be repeated */
	{"a signature error quotes the message", 403, NULL,
		"{\"__type\": \"InvalidSignatureException\", \"message\":"
		" \"The request signature we calculated does not match the signature"
		" you provided.\\n\\nThe Canonical String for this request should have"
		" been\\n'POST\\n/\\n\\nx-amz-security-token:SECRET'\\n\"}",
		"InvalidSignatureException",
		"The request signature we calculated does not match the signature you "
	"provided."},
	{"the string to sign alone", 403, NULL,
		"{\"__type\": \"E\", \"message\":"
		" \"No match. The String-to-Sign should have been 'SECRET'\"}",
	"E", "No match."},
	{"a credential", 400, NULL,
		"{\"__type\": \"IncompleteSignature\", \"message\": \"Authorization"
		" header requires 'Signature' parameter. Authorization=AWS4-HMAC-"
		"SHA256 Credential=SECRET\"}",
		"IncompleteSignature",
	"Authorization header requires 'Signature' parameter."},
	{"a quotation in another case, over line ends", 400, NULL,
		"{\"__type\": \"E\", \"message\": \"x the CANONICAL\\nstring SECRET\"}",
	"E", "x"},
	{"a quotation in XML", 403, NULL,
		"<Error><Code>SignatureDoesNotMatch</Code><Message>No match. "
		"The Canonical String is SECRET</Message></Error>",
	"SignatureDoesNotMatch", "No match."},
	{"a quotation in text", 403, NULL,
		"bad header <b>authorization:</b> SECRET", "HTTP 403",
	"bad header <b>"},
	{"not authorized is no quotation", 400, NULL,
		"{\"__type\": \"AccessDeniedException\", \"Message\": \"User: arn:aws:"
		"iam::123456789012:user/u is not authorized to perform: "
		"glue:CreateConnection\"}",
		"AccessDeniedException",
		"User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
	"glue:CreateConnection"},
};

/*
 * Decode a body from an allocation of exactly its size, so that an over-read
 * is found.
 */
static void
decode(GlueReply *reply, int http_status, const GlueReplyHeaders *headers,
	   const char *body)
{
	size_t		len = strlen(body);
	char	   *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, body, len);
	glue_reply_decode(reply, http_status, headers, copy, len);
	free(copy);
}

static void
test_errors(void)
{
	size_t		ncases = sizeof(error_cases) / sizeof(error_cases[0]);

	for (size_t i = 0; i < ncases; i++)
	{
		const ErrorCase *c = &error_cases[i];
		GlueReplyHeaders headers = {0};
		GlueReply	reply;

		if (c->error_type != NULL)
			strcpy(headers.error_type, c->error_type);
		decode(&reply, c->http_status, &headers, c->body);
		is_int(reply.kind, GLUE_REPLY_ERROR, c->name);
		is_str(reply.code, c->code, "its code");
		is_str(reply.message, c->message, "its message");
		ok(reply.tree == NULL, "it has no tree");
		glue_reply_clear(&reply);
	}
}

static void
test_success(void)
{
	GlueReplyHeaders headers = {0};
	GlueReply	reply;
	json_object *status;
	static const char body[] = " {\"CreateConnectionStatus\": \"READY\"}\n";

	glue_reply_decode(&reply, 200, &headers, body, strlen(body));
	is_int(reply.kind, GLUE_REPLY_SUCCESS, "a JSON object is a success");
	ok(json_object_object_get_ex(reply.tree, "CreateConnectionStatus",
								 &status), "it has its member");
	is_str(json_object_get_string(status), "READY", "with its value");
	is_str(reply.code, "", "and no code");
	glue_reply_clear(&reply);
	ok(reply.tree == NULL, "a reply that was cleared has no tree");
	glue_reply_clear(&reply);

	glue_reply_decode(&reply, 200, &headers, "{}", 2);
	is_int(reply.kind, GLUE_REPLY_SUCCESS, "an empty object is a success");
	glue_reply_clear(&reply);

	glue_reply_decode(&reply, 204, &headers, "", 0);
	is_int(reply.kind, GLUE_REPLY_SUCCESS, "no body is a success");
	ok(json_object_is_type(reply.tree, json_type_object) &&
	   json_object_object_length(reply.tree) == 0, "with an empty object");
	glue_reply_clear(&reply);
}

static void
test_malformed(void)
{
	static const char *const bodies[][2] = {
		{"[]", "a JSON array"},
		{"\"READY\"", "a JSON string"},
		{"1", "a JSON number"},
		{"1.5", "a JSON number"},
		{"true", "a JSON boolean"},
		{"null", "a JSON null"},
		{"{\"a\": ", "JSON that is truncated or not valid"},
		{"{\"a\": 1} x", "JSON that is truncated or not valid"},
		{"<html><p>SECRET", "an HTML page"},
		{"<!DOCTYPE HTML>", "an HTML page"},
		{"<Response/>", "XML or HTML"},
		{"SECRET", "text that is not JSON"},
	};
	GlueReplyHeaders headers = {0};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
	{
		GlueReply	reply;
		char		message[200];

		decode(&reply, 200, &headers, bodies[i][0]);
		snprintf(message, sizeof(message),
				 "expected a JSON object but found %s", bodies[i][1]);
		is_int(reply.kind, GLUE_REPLY_MALFORMED, bodies[i][0]);
		is_str(reply.message, message, "the found type is named");
		is_str(reply.code, "", "it has no code");
		ok(reply.tree == NULL, "it has no tree");
		glue_reply_clear(&reply);
	}
}

/*
 * Decode an error whose message is count times the same text.
 */
static void
decode_long_message(GlueReply *reply, const char *before, const char *text,
					int count, const char *after)
{
	GlueReplyHeaders headers = {0};
	char	   *body = malloc(strlen(before) + count * strlen(text) +
							  strlen(after) + 1);

	strcpy(body, before);
	for (int i = 0; i < count; i++)
		strcpy(body + strlen(before) + i * strlen(text), text);
	strcat(body, after);
	glue_reply_decode(reply, 400, &headers, body, strlen(body));
	free(body);
}

static void
test_limits(void)
{
	GlueReply	reply;

	decode_long_message(&reply, "{\"__type\": \"E\", \"message\": \"a",
						"\xc3\xa9", 2000, "\"}");
	is_int(strlen(reply.message), GLUE_REPLY_MESSAGE_MAX,
		   "a long message is cut");
	decode_long_message(&reply, "{\"__type\": \"E\", \"message\": \"",
						"\xc3\xa9", 2000, "\"}");
	is_int(strlen(reply.message), GLUE_REPLY_MESSAGE_MAX - 1,
		   "between two characters");
	decode_long_message(&reply, "{\"__type\": \"E\", \"message\": \"", "x ",
						2000, "\", \"FromFederationSource\": true}");
	ok(strstr(reply.message, "(") == NULL, "nothing is appended then");
	decode_long_message(&reply, "{\"__type\": \"E\", \"message\": \"", "x",
						2030, "\", \"FromFederationSource\": true}");
	is_int(strlen(reply.message), 2030, "nor a part of it");

	decode_long_message(&reply, "", "\xe2\x82\xac", 1000, "");
	is_int(strlen(reply.message), 300, "foreign text is cut earlier");
	decode_long_message(&reply, "aa", "\xe2\x82\xac", 1000, "");
	is_int(strlen(reply.message), 299, "between two characters as well");

	decode_long_message(&reply, "{\"__type\": \"", "Code", 100, "\"}");
	is_int(strlen(reply.code), GLUE_REPLY_CODE_MAX, "a long code is cut");

	decode_long_message(&reply, "<Error><Code>C</Code><Message>a",
						"\xc3\xa9", 2000, "</Message></Error>");
	is_int(strlen(reply.message), GLUE_REPLY_MESSAGE_MAX,
		   "a long message in XML is cut");
	decode_long_message(&reply, "<Error><Code>C</Code><Message>",
						"\xc3\xa9", 2000, "</Message></Error>");
	is_int(strlen(reply.message), GLUE_REPLY_MESSAGE_MAX - 1,
		   "between two characters");

	decode_long_message(&reply, "", "<a>", 1000, "");
	is_str(reply.code, "HTTP 400", "deep XML is given up");
	is_str(reply.message, "", "and is all markup");
	decode_long_message(&reply, "", "[", 1000, "");
	is_str(reply.code, "HTTP 400", "deep JSON is given up");
	is_int(strlen(reply.message), 300, "and taken for text");
}

static void
put_header(GlueReplyHeaders *headers, const char *line)
{
	/* from an allocation of its size, so that an over-read is found */
	size_t		len = strlen(line);
	char	   *copy = malloc(len);

	memcpy(copy, line, len);
	glue_reply_header(headers, copy, len);
	free(copy);
}

static void
test_headers(void)
{
	GlueReplyHeaders headers = {0};
	char		line[1000];

	put_header(&headers, "HTTP/1.1 200 OK\r\n");
	put_header(&headers, "X-Amzn-RequestId:  9f1c2d3e-1  \r\n");
	put_header(&headers, "content-TYPE: application/x-amz-json-1.1\r\n");
	put_header(&headers, "x-amzn-errortype: FooError:x\n");
	put_header(&headers, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
	put_header(&headers, "X-AMZ-RETRY-AFTER:1500");
	put_header(&headers, "X-Amzn-RequestId-Other: 7\r\n");
	put_header(&headers, "X-Amzn: 7\r\n");
	put_header(&headers, "\r\n");
	put_header(&headers, "");
	is_str(headers.request_id, "9f1c2d3e-1", "request ID");
	is_str(headers.content_type, "application/x-amz-json-1.1",
		   "content type");
	is_str(headers.error_type, "FooError:x", "error type");
	is_str(headers.date, "Sun, 06 Nov 1994 08:49:37 GMT", "date");
	is_str(headers.retry_after, "1500", "retry after");
	ok(!headers.has_age, "no age");

	put_header(&headers, "X-Amzn-RequestId: second\r\n");
	is_str(headers.request_id, "9f1c2d3e-1", "the first of two counts");
	put_header(&headers, "AGE: 0\r\n");
	ok(headers.has_age, "an age");

	put_header(&headers, "HTTP/1.1 200 OK\r\n");
	is_str(headers.request_id, "", "a status line begins anew");
	ok(!headers.has_age, "without an age");
	put_header(&headers, "x-amzn-request-id: a\r\n");
	is_str(headers.request_id, "a", "the second spelling of request ID");
	put_header(&headers, "HTTP/2 500\r\n");
	put_header(&headers, "x-amz-request-id: b\r\n");
	is_str(headers.request_id, "b", "the third");

	put_header(&headers, "HTTP/1.1 200 OK\r\n");
	put_header(&headers, "x-amz-request-id: a\x01\x1b[31mb\x7f\xc3\xa9"
			   "c\td\r\n");
	is_str(headers.request_id, "a[31mbcd", "only printable ASCII is kept");

	memset(line, 'x', sizeof(line));
	memcpy(line, "date: ", 6);
	line[sizeof(line) - 1] = '\0';
	put_header(&headers, line);
	is_int(strlen(headers.date), GLUE_REPLY_HEADER_MAX,
		   "a long value is cut");
}

static void
test_dates(void)
{
	static const struct
	{
		const char *date;
		long long	epoch_seconds;
	}			good[] = {
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
		{"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},
		{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
		{"Sun, 22 Nov 2026 10:15:00 GMT", 1795342500},
		{"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400},
		{"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
	};
	static const char *const bad[] = {
		"", "Sun", "Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 NOV 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun,  6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 199x 08:49:37 GMT",
		"Sun, +6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994T08:49:37 GMT"
	};
	long long	epoch_seconds;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		epoch_seconds = -1;
		ok(glue_reply_parse_date(good[i].date, &epoch_seconds), good[i].date);
		is_int(epoch_seconds, good[i].epoch_seconds, "its value");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!glue_reply_parse_date(bad[i], &epoch_seconds), bad[i]);
}

int
main(void)
{
	test_errors();
	test_success();
	test_malformed();
	test_limits();
	test_headers();
	test_dates();
	return tap_done();
}
