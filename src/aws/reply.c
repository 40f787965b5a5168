/*-------------------------------------------------------------------------
 *
 * reply.c
 *	  Decoding of answers from AWS services.
 *
 * An answer is a success with a JSON object, an error with a code and a
 * message, or malformed: a success status with a body that is not the
 * service's.
 *
 * Services encode errors differently.  The code is in one of two members of
 * the JSON body or in a header, bare or with a namespace and a URL; older
 * services use XML; errors of proxies and load balancers are HTML or plain
 * text.  The decoding of an error never fails: code and message are the best
 * description that any answer allows.
 *
 * No remote text is kept unchanged.  Codes and headers are reduced to
 * printable ASCII and messages to one line of valid UTF-8, so that they are
 * safe in an error report and a log.  A message is truncated where it begins
 * to quote our request: AWS does that when a signature is wrong, and the
 * request's headers hold the session token.
 *
 * IDENTIFICATION
 *	  src/aws/reply.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/reply.h"

#include <stdio.h>
#include <string.h>

#include "text/ascii.h"
#include "text/clean.h"
#include "text/json.h"
#include "text/xml.h"

/* Enough of an HTML page or plain text to recognize its author. */
#define MAX_FOREIGN_TEXT_LEN	300

/* A header to be kept, and its buffer. */
typedef struct KeptHeader
{
	const char *name;
	size_t		offset;			/* of its buffer in GlueReplyHeaders */
} KeptHeader;

static const KeptHeader kept_headers[] = {
	{"x-amzn-requestid", offsetof(GlueReplyHeaders, request_id)},
	{"x-amzn-request-id", offsetof(GlueReplyHeaders, request_id)},
	{"x-amz-request-id", offsetof(GlueReplyHeaders, request_id)},
	{"x-amzn-errortype", offsetof(GlueReplyHeaders, error_type)},
	{"content-type", offsetof(GlueReplyHeaders, content_type)},
	{"date", offsetof(GlueReplyHeaders, date)},
	{"x-amz-retry-after", offsetof(GlueReplyHeaders, retry_after)},
	{NULL, 0}
};

/*
 * Texts with which a message begins to quote the request; compared without
 * case.
 */
static const char *const quotations[] = {
	"The Canonical String",
	"The String-to-Sign",
	"The String to Sign",
	"Credential=",
	"Authorization=",
	"Authorization:",
	"Authorization header:",
	"AWS4-HMAC-SHA256",
	"X-Amz-Security-Token",
	NULL
};

/* prototypes of private functions */
static void keep_header(char buffer[GLUE_REPLY_HEADER_MAX + 1],
						const char *value, size_t len);
static void decode_success(GlueReply *reply, const char *body, size_t len);
static const char *describe_type(json_object *tree);
static const char *describe_text(const char *body, size_t len);
static void decode_error(GlueReply *reply, int http_status,
						 const GlueReplyHeaders *headers,
						 const char *body, size_t len);
static void decode_json_error(GlueReply *reply, json_object *tree);
static void append_federation_source(GlueReply *reply, json_object *tree);
static bool decode_xml_error(GlueReply *reply, const char *body, size_t len);
static void set_message(GlueReply *reply, const char *input);
static void set_foreign_message(GlueReply *reply,
								const char *body, size_t len);

/*
 * Skip the white space of JSON and HTTP, and a byte order mark.
 */
static void
skip_white_space(const char **input, size_t *len)
{
	if (glue_begins_with(*input, *len, "\xef\xbb\xbf"))
	{
		*input += 3;
		*len -= 3;
	}
	while (*len > 0 && memchr(" \t\r\n", **input, 4) != NULL)
	{
		(*input)++;
		(*len)--;
	}
}

/*
 * Reduce "namespace#Code:http://..." to "Code", and that to the characters
 * that are valid in codes; NULL gives an empty code.
 */
static void
set_code(char code[GLUE_REPLY_CODE_MAX + 1], const char *input)
{
	size_t		used = 0;

	for (; input != NULL && strchr(":,", *input) == NULL; input++)
	{
		char		c = *input;

		if (c == '#')
			used = 0;
		else if (used < GLUE_REPLY_CODE_MAX &&
				 (glue_is_alphanumeric(c) || c == '.' || c == '_' || c == '-'))
			code[used++] = c;
	}
	code[used] = '\0';
}

/*
 * Truncate a message where it begins to quote the request.
 */
static void
cut_quotation(char *message)
{
	size_t		len = strlen(message);

	for (size_t i = 0; i < len; i++)
	{
		for (const char *const *quotation = quotations; *quotation; quotation++)
		{
			if (glue_begins_with(message + i, len - i, *quotation))
				len = i;
		}
	}

	while (len > 0 && message[len - 1] == ' ')
		len--;
	message[len] = '\0';
}

/* A page often repeats its title in its heading: remove the repetition. */
static void
drop_repetition(char *message)
{
	size_t		len = strlen(message);

	for (size_t half = len / 2; half > 0; half--)
	{
		const char *rest = message + half + 1;

		if (message[half] == ' ' && strncmp(message, rest, half) == 0 &&
			(rest[half] == ' ' || rest[half] == '\0'))
		{
			memmove(message, rest, strlen(rest) + 1);
			return;
		}
	}
}

/*
 * Process one header line of an answer, with or without its line end.
 *
 * Lines come in order.  A status line restarts the answer, because an interim
 * one may have come before.  The first of several headers with the same name
 * counts.
 */
void
glue_reply_header(GlueReplyHeaders *headers, const char *line, size_t len)
{
	const char *colon;
	size_t		name_len;

	if (glue_begins_with(line, len, "HTTP/"))
	{
		memset(headers, 0, sizeof(*headers));
		return;
	}

	colon = memchr(line, ':', len);
	if (colon == NULL)
		return;
	name_len = colon - line;

	if (glue_same_word(line, name_len, "age"))
		headers->has_age = true;
	for (const KeptHeader *kept = kept_headers; kept->name != NULL; kept++)
	{
		if (glue_same_word(line, name_len, kept->name))
			keep_header((char *) headers + kept->offset,
						colon + 1, len - name_len - 1);
	}
}

/*
 * Decode a complete answer.
 *
 * reply need not be initialized.  glue_reply_clear() frees its tree, which
 * only a success has.
 */
void
glue_reply_decode(GlueReply *reply, int http_status,
				  const GlueReplyHeaders *headers,
				  const char *body, size_t body_len)
{
	memset(reply, 0, sizeof(*reply));
	if (http_status >= 200 && http_status <= 299)
		decode_success(reply, body, body_len);
	else
		decode_error(reply, http_status, headers, body, body_len);
}

/*
 * Free the tree of a reply.  A reply of zeroes is allowed.
 */
void
glue_reply_clear(GlueReply *reply)
{
	glue_json_tree_free(reply->tree);
	memset(reply, 0, sizeof(*reply));
}

/*
 * Copy a header's value, trimmed and reduced to printable ASCII, unless there
 * is one already.
 */
static void
keep_header(char buffer[GLUE_REPLY_HEADER_MAX + 1],
			const char *value, size_t len)
{
	size_t		used = 0;

	if (buffer[0] != '\0')
		return;

	skip_white_space(&value, &len);
	for (size_t i = 0; i < len && used < GLUE_REPLY_HEADER_MAX; i++)
	{
		if (value[i] >= ' ' && value[i] < 0x7f)
			buffer[used++] = value[i];
	}
	while (used > 0 && buffer[used - 1] == ' ')
		used--;
	buffer[used] = '\0';
}

/*
 * A success is a JSON object, or empty for an operation without output.
 */
static void
decode_success(GlueReply *reply, const char *body, size_t len)
{
	const char *found;

	skip_white_space(&body, &len);
	reply->tree = len == 0 ? json_object_new_object()
		: glue_json_tree_parse(body, len);
	if (json_object_is_type(reply->tree, json_type_object))
	{
		reply->kind = GLUE_REPLY_SUCCESS;
		return;
	}

	/* json-c's tree for null is NULL, as for invalid JSON */
	found = reply->tree != NULL ? describe_type(reply->tree)
		: describe_text(body, len);
	glue_json_tree_free(reply->tree);
	reply->tree = NULL;
	reply->kind = GLUE_REPLY_MALFORMED;
	snprintf(reply->message, sizeof(reply->message),
			 "expected a JSON object but found %s", found);
}

static const char *
describe_type(json_object *tree)
{
	switch (json_object_get_type(tree))
	{
		case json_type_array:
			return "a JSON array";
		case json_type_string:
			return "a JSON string";
		case json_type_boolean:
			return "a JSON boolean";
		case json_type_null:
			return "a JSON null";
		default:
			return "a JSON number";
	}
}

/*
 * Describe a body that is invalid JSON.
 */
static const char *
describe_text(const char *body, size_t len)
{
	if (glue_begins_with(body, len, "<!doctype html") ||
		glue_begins_with(body, len, "<html"))
		return "an HTML page";
	if (len > 0 && body[0] == '<')
		return "XML or HTML";
	if (len == 4 && memcmp(body, "null", 4) == 0)
		return "a JSON null";
	if (len > 0 && (body[0] == '{' || body[0] == '['))
		return "JSON that is truncated or not valid";
	return "text that is not JSON";
}

/*
 * Find code and message of an error in the most specific place: the body, the
 * header, the HTTP status.
 */
static void
decode_error(GlueReply *reply, int http_status,
			 const GlueReplyHeaders *headers, const char *body, size_t len)
{
	json_object *tree;

	reply->kind = GLUE_REPLY_ERROR;
	skip_white_space(&body, &len);

	tree = len > 0 ? glue_json_tree_parse(body, len) : NULL;
	if (json_object_is_type(tree, json_type_object))
		decode_json_error(reply, tree);
	else if (len > 0 && !decode_xml_error(reply, body, len))
		set_foreign_message(reply, body, len);
	glue_json_tree_free(tree);

	if (reply->code[0] == '\0')
		set_code(reply->code, headers->error_type);
	if (reply->code[0] == '\0')
		snprintf(reply->code, sizeof(reply->code), "HTTP %d", http_status);
}

static void
decode_json_error(GlueReply *reply, json_object *tree)
{
	static const char *const code_members[] = {"__type", "code", "Code"};
	static const char *const message_members[] = {"message", "Message"};

	for (int i = 0; i < 3 && reply->code[0] == '\0'; i++)
		set_code(reply->code, glue_json_tree_text(tree, code_members[i]));
	for (int i = 0; i < 2 && reply->message[0] == '\0'; i++)
		set_message(reply, glue_json_tree_text(tree, message_members[i]));
	append_federation_source(reply, tree);
}

/*
 * Glue federates other catalogs, and marks their errors with members of their
 * own.
 */
static void
append_federation_source(GlueReply *reply, json_object *tree)
{
	json_object *from_source;
	char		code[GLUE_REPLY_CODE_MAX + 1];
	size_t		used = strlen(reply->message);
	size_t		size = sizeof(reply->message) - used;
	const char *space = used > 0 ? " " : "";
	int			added = 0;

	set_code(code, glue_json_tree_text(tree, "FederationSourceErrorCode"));
	if (code[0] != '\0')
		added = snprintf(reply->message + used, size,
						 "%s(from the federation source: %s)", space, code);
	else if (json_object_object_get_ex(tree, "FromFederationSource",
									   &from_source) &&
			 json_object_is_type(from_source, json_type_boolean) &&
			 json_object_get_boolean(from_source))
		added = snprintf(reply->message + used, size,
						 "%s(from the federation source)", space);

	/* append all of it or nothing */
	if ((size_t) added >= size)
		reply->message[used] = '\0';
}

/*
 * Decode <ErrorResponse><Error><Code>...</Code><Message>..., in any
 * namespace, with or without the outer element.
 */
static bool
decode_xml_error(GlueReply *reply, const char *body, size_t len)
{
	char		code[GLUE_REPLY_CODE_MAX + 1];
	char		message[GLUE_REPLY_MESSAGE_MAX + 1];
	GlueXmlField fields[] = {
		{"Error/Code", code, sizeof(code)},
		{"Error/Message", message, sizeof(message)}
	};

	if (body[0] != '<')
		return false;

	glue_xml_text(body, len, fields, 2);
	set_code(reply->code, code);
	set_message(reply, message);

	return reply->code[0] != '\0';
}

/*
 * Set the message from the service's own text.
 */
static void
set_message(GlueReply *reply, const char *input)
{
	if (input == NULL)
		input = "";
	glue_clean_text(reply->message, sizeof(reply->message), input,
					strlen(input), false);
	cut_quotation(reply->message);
}

/*
 * Set the message from the body of another program: the beginning of its text,
 * without markup.
 */
static void
set_foreign_message(GlueReply *reply, const char *body, size_t len)
{
	glue_clean_text(reply->message, MAX_FOREIGN_TEXT_LEN + 1,
					body, len, body[0] == '<');
	drop_repetition(reply->message);
	cut_quotation(reply->message);
}
