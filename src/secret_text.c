/*-------------------------------------------------------------------------
 *
 * secret_text.c
 *	  Finding the secrets in a text.
 *
 * Credentials hide in URLs and other values that are no secrets themselves,
 * and AWS quotes what it was sent in messages.  These forms are found:
 *
 *	- user information of a URL, "//user:password@host"
 *	- Oracle's "oracle:thin:user/password@host"
 *	- parameters, "password=..." in whatever list, with "=" or the name
 *	  percent-encoded or not
 *	- members of JSON, "\"password\": ...", also escaped once more
 *	- HTTP headers that carry credentials, as AWS quotes them in the message
 *	  about a wrong signature
 *
 * User names stay.  So do placeholders such as "${password}", which a job
 * fills in, and what has been redacted already, so that redacting twice gives
 * the same as once.
 *
 * As in secret_value.c, every guess errs towards hiding too much.
 *
 * Each search takes time in proportion to the length of the text, whatever is
 * in it; the comments say how where it is not plain.
 *
 * IDENTIFICATION
 *	  src/secret_text.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret_text.h"

#include <string.h>

#include "secret_name.h"

/* longest name of a parameter that we look at; of longer ones, the end */
#define MAX_NAME 128

/* longest user name before Oracle's slash */
#define MAX_ORACLE_USER 128

/* of last_at_sign: not looked for yet */
#define UNKNOWN ((size_t) -1)

/* The bytes that may stand in the middle of something to be found. */
static const bool is_trigger[256] = {
	['/'] = true,
	['='] = true,
	['%'] = true,
	[':'] = true,
};

static bool find_user_info(GlueSecretSearch *search, size_t slashes);
static bool has_at_sign_from(GlueSecretSearch *search, size_t at);
static bool is_host_list(const char *text, size_t len);
static void look_at_piece(GlueSecretSearch *search, size_t at);
static bool find_oracle_password(GlueSecretSearch *search, size_t colon);
static bool find_parameter(GlueSecretSearch *search, size_t at, size_t width);
static bool find_after_colon(GlueSecretSearch *search, size_t colon);
static bool find_json_value(GlueSecretSearch *search, size_t start);
static bool read_name(const GlueSecretSearch *search, size_t end,
					  size_t *name_start, size_t *name_end, bool *quoted);
static bool is_secret_parameter(const char *name, size_t len);
static bool found(GlueSecretSearch *search, size_t start, size_t end);
static int	hex_digit(char c);

/*
 * Start a search.  The text must stay where it is until the search is over,
 * and need not be terminated.
 */
void
glue_secret_search_begin(GlueSecretSearch *search, const char *text,
						 size_t len, GlueTextKind kind)
{
	memset(search, 0, sizeof(*search));
	search->text.bytes = text;

	search->text.len = len;
	search->text.kind = kind;
	search->last_at_sign = UNKNOWN;
}

/*
 * Find the next secret.  Returns false if there is none any more.
 *
 * Secrets are found in order and do not overlap.
 */
bool
glue_secret_search_next(GlueSecretSearch *search)
{
	const char *text = search->text.bytes;
	bool		is_found = false;

	for (; search->at < search->text.len; search->at++)
	{
		size_t		at = search->at;
		size_t		left = search->text.len - at;

		if (!is_trigger[(unsigned char) text[at]])
			continue;
		switch (text[at])
		{
			case '/':
				is_found = left > 1 && text[at + 1] == '/' &&
					find_user_info(search, at);

				break;
			case '=':
				is_found = find_parameter(search, at, 1);
				break;
			case '%':
				is_found = left > 2 && text[at + 1] == '3' &&
					(text[at + 2] | 0x20) == 'd' &&
					find_parameter(search, at, 3);

				break;
			case ':':
				is_found = find_oracle_password(search, at) ||
					find_after_colon(search, at);
				break;
			default:
				break;
		}
		if (is_found)
		{
			search->at = search->end;
			return true;
		}
	}
	return false;
}

/*
 * Look for a password in the user information of a URL, whose authority
 * starts after the two slashes.
 *
 * A password may contain "/", "?", "#", ";" and "@" that should have been
 * encoded.  So it goes up to the last "@" of the authority, or the last one
 * before the first "=", whichever is later: after "=" we would be among
 * parameters, where "@" is common.  If there is an "@" later still, and what
 * follows the colon is no port, then all of the rest is taken, which also
 * keeps the search linear.
 */
static bool
find_user_info(GlueSecretSearch *search, size_t slashes)
{
	const char *text = search->text.bytes;
	size_t		start = slashes + 2;
	size_t		end = start;
	size_t		at_sign = search->text.len;
	size_t		colon = search->text.len;

	if (!has_at_sign_from(search, start))
		return false;

	/* no authority contains "//", so all these loops are linear together */
	while (end < search->text.len && strchr("/?#;", text[end]) == NULL &&
		   !glue_is_space(text[end]) && !glue_is_quote(text[end]))
	{
		if (text[end] == '@')
			at_sign = end;
		if (text[end] == ':' && colon == search->text.len)
			colon = end;
		end++;
	}
	if (colon == search->text.len)
		return false;

	look_at_piece(search, start);
	if (search->piece_last_at_sign < search->piece_end &&
		search->piece_last_at_sign >= end)
		at_sign = search->piece_last_at_sign;

	if (at_sign < search->text.len)
		return at_sign > colon && found(search, colon + 1, at_sign);
	if (!has_at_sign_from(search, end) ||
		is_host_list(&text[start], end - start))
		return false;
	while (end < search->text.len &&
		   (search->text.kind == GLUE_TEXT_VALUE || !glue_is_space(text[end])))
		end++;
	return found(search, colon + 1, end);
}

/*
 * Is there an "@" at this place or later?
 */
static bool
has_at_sign_from(GlueSecretSearch *search, size_t at)
{
	if (search->last_at_sign == UNKNOWN)
	{
		search->last_at_sign = search->text.len;
		for (size_t i = search->text.len; i > at; i--)
		{
			if (search->text.bytes[i - 1] == '@')
			{
				search->last_at_sign = i - 1;
				break;
			}
		}
	}
	return search->last_at_sign >= at &&
		search->last_at_sign < search->text.len;
}

/*
 * Is this a list of hosts, each with a port or none?
 */
static bool
is_host_list(const char *text, size_t len)
{
	bool		in_port = false;

	if (len > 0 && text[0] == '[')
		return true;			/* an IPv6 address */
	for (size_t i = 0; i < len; i++)
	{
		if (text[i] == ':')
		{
			in_port = true;
			if (glue_value_is_placeholder(&text[i + 1], len - i - 1))
				return true;
		}
		else if (text[i] == ',')
			in_port = false;
		else if (in_port && (text[i] < '0' || text[i] > '9'))
			return false;
	}
	return true;
}

/*
 * Make piece_end and piece_last_at_sign valid for the piece around at.
 */
static void
look_at_piece(GlueSecretSearch *search, size_t at)
{
	const char *bytes = search->text.bytes;
	size_t		len = search->text.len;
	size_t		end = at;
	size_t		at_sign = len;

	if (at < search->piece_end)
		return;
	while (end < len && bytes[end] != '=' &&
		   !glue_is_space(bytes[end]) && !glue_is_quote(bytes[end]))
	{
		if (bytes[end] == '@')
			at_sign = end;
		end++;
	}
	search->piece_end = end;
	search->piece_last_at_sign = at_sign < end ? at_sign : end;
}

/*
 * Look for Oracle's "oracle:driver:user/password@", given the first colon.
 *
 * The password ends at the last "@" before the parameters, or at the last one
 * of all if there is none before them, or where a word of prose ends.
 */
static bool
find_oracle_password(GlueSecretSearch *search, size_t colon)
{
	const char *text = search->text.bytes;
	size_t		start = colon + 1;
	size_t		slash;
	size_t		end;
	size_t		at_sign = search->text.len;

	if (colon < 6 || !glue_secret_same_name(&text[colon - 6], 6, "oracle") ||
		!has_at_sign_from(search, start))
		return false;
	while (start < search->text.len && glue_is_name_character(text[start]))
		start++;
	if (start == search->text.len || text[start] != ':')
		return false;
	start++;

	/* many write "thin://@host", where nobody logs in */
	if (search->text.len - start > 2 && memcmp(&text[start], "//@", 3) == 0)
		return false;

	/* the bound keeps this linear; if there is a slash, we do find a secret */
	slash = start;
	while (slash < search->text.len && slash - start < MAX_ORACLE_USER &&
		   text[slash] != '/' && text[slash] != '@')
		slash++;
	if (slash == search->text.len || text[slash] != '/')
		return false;

	for (end = slash + 1; end < search->text.len; end++)
	{
		if (text[end] == '@')
			at_sign = end;
		else if (text[end] == '?' && at_sign < search->text.len)
			break;
		else if (search->text.kind == GLUE_TEXT_PROSE &&
				 (glue_is_space(text[end]) || glue_is_quote(text[end])))
			break;
	}
	return found(search, slash + 1, at_sign < search->text.len ? at_sign : end);
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

	if (!read_name(search, at, &name_start, &name_end, &quoted) ||
		!is_secret_parameter(&text->bytes[name_start], name_end - name_start))
		return false;
	introducer = name_start > 0 ? text->bytes[name_start - 1] : '\0';

	start = glue_value_skip_blanks(text, at + width);
	end = glue_value_quoted_end(text, &start, text->kind == GLUE_TEXT_VALUE);
	if (end > 0)
		return found(search, start, end);

	/* what follows a closing bracket still belongs to the value */
	end = glue_value_bracketed_end(text, start);
	end = glue_value_unquoted_end(text, end > 0 ? end : start,
								  introducer, width);
	while (end > start && glue_is_space(text->bytes[end - 1]))
		end--;
	return found(search, start, end);
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
		return glue_secret_name_kind(&bytes[name_start], name_len) ==
			GLUE_NAME_SECRET && find_json_value(search, start);
	if (!glue_secret_same_name(&bytes[name_start], name_len,
							   "authorization") &&
		!glue_secret_same_name(&bytes[name_start], name_len,
							   "xamzsecuritytoken"))
		return false;

	/* the value of a header is the rest of its line */
	end = start;
	while (end < search->text.len && bytes[end] != '\n' && bytes[end] != '\r')
		end++;
	return found(search, start, end);
}

/*
 * Take the value of a member of a JSON object for a secret.
 */
static bool
find_json_value(GlueSecretSearch *search, size_t start)
{
	static const char *const literals[] = {"null", "true", "false"};
	const char *text = search->text.bytes;
	size_t		end;

	end = glue_value_quoted_end(&search->text, &start, false);
	if (end > 0)
		return found(search, start, end);
	if (start < search->text.len && (text[start] == '{' || text[start] == '['))
	{
		/* hide all that follows, unless there is nothing in the brackets */
		end = glue_value_skip_blanks(&search->text, start + 1);
		if (end < search->text.len && (text[end] == '}' || text[end] == ']'))
			return false;
		return found(search, start, search->text.len);
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
	return found(search, start, end);
}

/*
 * Read the name that ends before end, with blanks and a quote in between.
 *
 * Returns false if there is none.  Of a name longer than MAX_NAME, the last
 * part is returned, which keeps the search linear.
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
 * Is this the name of a secret, once it is percent-decoded?  If that shows
 * more than a name, its last part counts.
 */
static bool
is_secret_parameter(const char *name, size_t len)
{
	char		decoded[MAX_NAME];
	size_t		used = 0;
	size_t		start = 0;

	for (size_t i = 0; i < len && used < sizeof(decoded); i++)
	{
		int			high = i + 2 < len ? hex_digit(name[i + 1]) : -1;
		int			low = i + 2 < len ? hex_digit(name[i + 2]) : -1;
		char		c = name[i];

		if (c == '%' && high >= 0 && low >= 0)
		{
			c = (char) (high * 16 + low);
			i += 2;
		}
		decoded[used++] = c;
		if (c == '&' || c == '?' || c == ';' || c == '=')
			start = used;
	}
	return glue_secret_name_kind(&decoded[start], used - start) ==
		GLUE_NAME_SECRET;
}

/*
 * Take text[start] up to text[end] for a secret, unless it is none.
 */
static bool
found(GlueSecretSearch *search, size_t start, size_t end)
{
	const char *value = &search->text.bytes[start];
	size_t		len = end > start ? end - start : 0;

	if (len == 0 ||
		(len == strlen(GLUE_REDACTED) &&
		 memcmp(value, GLUE_REDACTED, len) == 0) ||
		(glue_value_is_placeholder(value, len) && value[len - 1] == '}' &&
		 memchr(value, '}', len) == value + len - 1))
		return false;
	search->start = start;
	search->end = end;
	return true;
}

static int
hex_digit(char c)
{
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
