/*-------------------------------------------------------------------------
 *
 * secret_text.c
 *	  Search for the secrets in a text.
 *
 * Credentials can be a part of URLs and other values that are no secrets
 * themselves, and AWS's messages may quote the request.  These are found:
 *
 *	- passwords before an "@": see secret_login.c
 *	- values whose form identifies them as secrets: see secret_form.c
 *	- parameters, "password=..." in any kind of list, with "=" or the name
 *	  percent-encoded or not
 *	- members of JSON, "\"password\": ...", also escaped once more
 *	- XML and YAML: see secret_markup.c
 *	- HTTP headers that carry credentials, as AWS quotes them in the message
 *	  about a wrong signature
 *
 * User names are kept.  So are values whose form excludes a secret, such as a
 * placeholder, and redacted values, so that redaction is idempotent.
 *
 * As in secret_value.c, every guess errs towards hiding too much.
 *
 * Each search takes linear time in the length of any text; comments explain
 * that where it is not obvious.
 *
 * IDENTIFICATION
 *	  src/secret/secret_text.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/secret_search.h"

#include <string.h>

#include "secret/secret_form.h"
#include "text/ascii.h"

/* longest name of a parameter; longer ones are truncated at the front */
#define MAX_NAME 128

/* The bytes that may be in the middle of a secret's syntax. */
static const bool is_trigger[256] = {
	['/'] = true,
	['='] = true,
	['%'] = true,
	[':'] = true,
	['@'] = true,
	['>'] = true,
	['-'] = true,
	['_'] = true,
	[' '] = true,
	['J'] = true,
};

/*
 * Look for a secret by its form, given a character of it.
 */
static bool
find_form(GlueSecretSearch *search, size_t at)
{
	size_t		start;
	size_t		end;

	return glue_form_find(&search->text, at, &start, &end) &&
		start >= search->end &&
		glue_secret_search_take(search, GLUE_NAME_SECRET, start, end);
}

/*
 * Read the name that ends before end, with blanks and a quote in between.
 *
 * Returns false if there is none.  A name longer than MAX_NAME is truncated at
 * the front, which keeps the search linear.
 */
static bool
read_name(const GlueSecretSearch *search, size_t end,
		  size_t *name_start, size_t *name_end, bool *quoted)
{
	const char *text = search->text.bytes;
	size_t		lowest = end > MAX_NAME ? end - MAX_NAME : 0;
	size_t		at = end;

	while (at > lowest && (text[at - 1] == ' ' || text[at - 1] == '\t'))
		at--;
	*quoted = at > lowest && glue_is_quote(text[at - 1]);
	if (*quoted)
	{
		at--;
		while (at > lowest && text[at - 1] == '\\')
			at--;
	}
	*name_end = at;
	while (at > lowest &&
		   (glue_is_name_character(text[at - 1]) ||
			(*quoted && text[at - 1] == ' ')))
		at--;
	*name_start = at;
	return *name_end > *name_start;
}

/*
 * Classify a percent-decoded name.  If the decoded text is more than a name,
 * its last part counts.
 */
static GlueNameKind
parameter_kind(const char *name, size_t len)
{
	char		decoded[MAX_NAME];
	size_t		used = 0;
	size_t		start = 0;

	for (size_t i = 0; i < len && used < sizeof(decoded); i++)
	{
		char		c = name[i];
		int			code = c != '%' ? -1 :
			glue_parse_hex(&name[i + 1], len - i - 1, 2);

		if (code >= 0)
		{
			c = (char) code;
			i += 2;
		}
		decoded[used++] = c;
		if (c == '&' || c == '?' || c == ';' || c == '=')
			start = used;
	}
	return glue_secret_name_kind(&decoded[start], used - start);
}

/*
 * Look for a parameter that is a secret, given its equals sign, which is
 * width bytes long (three if it is percent-encoded).
 */
static bool
find_parameter(GlueSecretSearch *search, size_t at, size_t width)
{
	const GlueText *text = &search->text;
	size_t		name_start;
	size_t		name_end;
	size_t		start;
	size_t		end;
	bool		quoted;
	char		introducer;
	GlueNameKind kind;

	if (!read_name(search, at, &name_start, &name_end, &quoted))
		return false;
	kind = parameter_kind(&text->bytes[name_start], name_end - name_start);
	if (glue_secret_same_name(&text->bytes[name_start], name_end - name_start,
							  "value"))
		kind = glue_markup_attribute_kind(text, name_start);
	if (kind < GLUE_NAME_ADDRESS)
		return false;
	introducer = name_start > 0 ? text->bytes[name_start - 1] : '\0';

	start = glue_value_skip_blanks(text, at + width);
	end = glue_value_quoted_end(text, &start, text->kind == GLUE_TEXT_VALUE);
	if (end > 0)
		return glue_secret_search_take(search, kind, start, end);

	/* text after a closing bracket still belongs to the value */
	end = glue_value_bracketed_end(text, start);
	end = glue_value_unquoted_end(text, end > 0 ? end : start,
								  introducer, width);
	while (end > start && glue_is_space(text->bytes[end - 1]))
		end--;
	return glue_secret_search_take(search, kind, start, end);
}

static bool
is_header(const char *name, size_t len)
{
	static const char *const headers[] = {
		"authorization", "cookie", "proxyauthorization", "setcookie",
		"xamzsecuritytoken", "xapikey",
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(char *); i++)
	{
		if (glue_secret_same_name(name, len, headers[i]))
			return true;
	}
	return false;
}

/*
 * Report the value of a member of a JSON object as a secret.
 */
static bool
find_json_value(GlueSecretSearch *search, GlueNameKind kind, size_t start)
{
	static const char *const literals[] = {"null", "true", "false"};
	const char *text = search->text.bytes;
	size_t		end;

	end = glue_value_quoted_end(&search->text, &start, false);
	if (end > 0)
		return glue_secret_search_take(search, kind, start, end);
	if (start < search->text.len && (text[start] == '{' || text[start] == '['))
	{
		/* hide all that follows, unless the brackets are empty */
		end = glue_value_skip_blanks(&search->text, start + 1);
		if (end < search->text.len && (text[end] == '}' || text[end] == ']'))
			return false;
		return glue_secret_search_take(search, kind, start, search->text.len);
	}
	end = start;
	while (end < search->text.len && strchr(",}]\\", text[end]) == NULL &&
		   !glue_is_space(text[end]) && !glue_is_quote(text[end]))
		end++;
	for (size_t i = 0; i < sizeof(literals) / sizeof(char *); i++)
	{
		if (end - start == strlen(literals[i]) &&
			memcmp(&text[start], literals[i], end - start) == 0)
			return false;
	}
	return glue_secret_search_take(search, kind, start, end);
}

/*
 * Look for a member of a JSON object or a header that is a secret, given its
 * colon.
 */
static bool
find_after_colon(GlueSecretSearch *search, size_t colon)
{
	const char *bytes = search->text.bytes;
	size_t		name_start;
	size_t		name_end;
	size_t		name_len;
	size_t		start;
	size_t		end;
	bool		quoted;

	if (!read_name(search, colon, &name_start, &name_end, &quoted))
		return false;
	name_len = name_end - name_start;
	start = glue_value_skip_blanks(&search->text, colon + 1);
	if (quoted)
	{
		GlueNameKind kind = glue_secret_name_kind(&bytes[name_start], name_len);

		return kind >= GLUE_NAME_ADDRESS &&
			find_json_value(search, kind, start);
	}
	if (!is_header(&bytes[name_start], name_len))
		return glue_markup_find_line(search, name_start, name_end, start);

	/* the value of a header is the rest of its line */
	end = start;
	while (end < search->text.len && bytes[end] != '\n' && bytes[end] != '\r')
		end++;
	return glue_secret_search_take(search, GLUE_NAME_SECRET, start, end);
}

/*
 * Look for a secret around a character of the text.
 */
static bool
find_from(GlueSecretSearch *search, size_t at)
{
	const char *text = search->text.bytes;
	size_t		left = search->text.len - at;

	switch (text[at])
	{
		case '/':
			return left > 1 && text[at + 1] == '/' ?
				glue_login_find_user_info(search, at) :
				find_form(search, at);
		case '=':
			return find_parameter(search, at, 1);
		case '%':
			return left > 2 && text[at + 1] == '3' &&
				glue_lower(text[at + 2]) == 'd' &&
				find_parameter(search, at, 3);
		case ':':
			return glue_login_find_oracle(search, at) ||
				find_after_colon(search, at);
		case '@':
			return glue_login_find_bare(search, at);
		case '>':
			return glue_markup_find_element(search, at);
		case ' ':
			/* of "Bearer", "Basic", "ApiKey" or "Token" */
			return at > 0 && text[at - 1] != '\0' &&
				strchr("rcynRCYN", text[at - 1]) != NULL &&
				find_form(search, at);
		default:
			return find_form(search, at);
	}
}

/*
 * Find the next secret.  Returns false if there is none.
 *
 * Secrets are found in order and do not overlap.
 */
bool
glue_secret_search_next(GlueSecretSearch *search)
{
	const char *text = search->text.bytes;

	if (search->at == 0 && glue_form_is_encoded_secret(text, search->text.len) &&
		glue_secret_search_take(search, GLUE_NAME_SECRET, 0,
								search->text.len))
	{
		search->at = search->end;
		return true;
	}
	for (; search->at < search->text.len; search->at++)
	{
		if (is_trigger[(unsigned char) text[search->at]] &&
			find_from(search, search->at))
		{
			search->at = search->end;
			return true;
		}
	}
	return false;
}
