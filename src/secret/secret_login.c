/*-------------------------------------------------------------------------
 *
 * secret_login.c
 *	  Passwords before an "@".
 *
 * These forms are found:
 *
 *	- user information of a URL, "//user:password@host"
 *	- Oracle's "oracle:thin:user/password@host"
 *	- both without their prefixes: "user:password@tcp(host:3306)/db",
 *	  "user:password@host:5432", "user/password@//host:1521/service"
 *
 * User names are kept.
 *
 * IDENTIFICATION
 *	  src/secret/secret_login.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/secret_search.h"

#include <string.h>

/* longest user name before Oracle's slash */
#define MAX_ORACLE_USER 128

/* longest login without a URL */
#define MAX_LOGIN 256

/*
 * Is there an "@" at this place or later?
 */
static bool
has_at_sign_from(GlueSecretSearch *search, size_t at)
{
	if (search->last_at_sign == GLUE_NOT_LOOKED_FOR)
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
 * Is this another URL, as in "mysql://jdbc:mysql://host" of Athena's
 * connectors, and not a user named "jdbc"?
 */
static bool
is_nested_url(const char *text, size_t len)
{
	size_t		at = strlen("jdbc:");

	if (!glue_begins_exactly(text, len, "jdbc:"))
		return false;
	while (at < len && (glue_is_lower(text[at]) || glue_is_digit(text[at]) ||
						text[at] == '-'))
		at++;
	return len - at > 2 && text[at] == ':' &&
		((text[at + 1] == '/' && text[at + 2] == '/') ||
		 (at == strlen("jdbc:oracle") &&
		  memcmp(&text[at - 6], "oracle", 6) == 0));
}

/*
 * Return the end of an authority.  *at_sign is its last "@" and *colon its
 * first ":"; if there is none, they are the end of the text.
 *
 * No authority contains "//", so all of these together are linear.
 */
static size_t
end_of_authority(const GlueText *text, size_t start, size_t *at_sign,
				 size_t *colon)
{
	const char *bytes = text->bytes;
	size_t		end;

	*at_sign = *colon = text->len;
	for (end = start; end < text->len; end++)
	{
		if (strchr("/?#;", bytes[end]) != NULL || glue_is_space(bytes[end]) ||
			glue_is_quote(bytes[end]))
			break;
		if (bytes[end] == '@')
			*at_sign = end;
		if (bytes[end] == ':' && *colon == text->len)
			*colon = end;
	}
	return end;
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
 * Is this a list of hosts, each with or without a port?
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
			if (glue_value_placeholder_end(&text[i + 1], len - i - 1) > 0)
				return true;
		}
		else if (text[i] == ',')
			in_port = false;
		else if (in_port && !glue_is_digit(text[i]))
			return false;
	}
	return true;
}

/*
 * Look for a password in the user information of a URL, whose authority starts
 * after the two slashes.
 *
 * A password may contain "/", "?", "#", ";" and "@" that should have been
 * encoded.  So it extends to the last "@" of the authority, or the last one
 * before the first "=", whichever is later: parameters follow "=", and "@" is
 * common in them.  If there is an "@" later still, and no port follows the
 * colon, then the whole rest is hidden, which also keeps the search linear.
 */
bool
glue_login_find_user_info(GlueSecretSearch *search, size_t slashes)
{
	const char *text = search->text.bytes;
	size_t		start = slashes + 2;
	size_t		end;
	size_t		at_sign;
	size_t		colon;

	if (!has_at_sign_from(search, start) ||
		is_nested_url(&text[start], search->text.len - start))
		return false;

	end = end_of_authority(&search->text, start, &at_sign, &colon);
	if (colon == search->text.len)
		return false;

	look_at_piece(search, start);
	if (search->piece_last_at_sign < search->piece_end &&
		search->piece_last_at_sign >= end)
		at_sign = search->piece_last_at_sign;

	if (at_sign < search->text.len)
		return at_sign > colon &&
			glue_secret_search_take(search, GLUE_NAME_SECRET,
									colon + 1, at_sign);
	if (!has_at_sign_from(search, end) ||
		is_host_list(&text[start], end - start))
		return false;
	while (end < search->text.len &&
		   (search->text.kind == GLUE_TEXT_VALUE || !glue_is_space(text[end])))
		end++;
	return glue_secret_search_take(search, GLUE_NAME_SECRET,
								   colon + 1, end);
}

/*
 * Return the position of the user, behind "oracle:driver:", or 0 if the text
 * is not of that form or has no login.
 */
static size_t
start_of_oracle_user(GlueSecretSearch *search, size_t colon)
{
	const char *text = search->text.bytes;
	size_t		start = colon + 1;

	if (colon < 6 || !glue_secret_same_name(&text[colon - 6], 6, "oracle") ||
		!has_at_sign_from(search, start))
		return 0;
	while (start < search->text.len && glue_is_name_character(text[start]))
		start++;
	if (start == search->text.len || text[start] != ':')
		return 0;
	start++;

	/* "thin://@host" is common, and has no login */
	if (glue_begins_exactly(&text[start], search->text.len - start, "//@"))
		return 0;
	return start;
}

/*
 * The password ends at the last "@" before the parameters, or at the last one
 * of all if there is none before them, or at the end of a word of prose.
 */
static size_t
end_of_oracle_password(const GlueText *text, size_t start)
{
	const char *bytes = text->bytes;
	size_t		at_sign = text->len;
	size_t		end;

	for (end = start; end < text->len; end++)
	{
		if (bytes[end] == '@')
			at_sign = end;
		else if (bytes[end] == '?' && at_sign < text->len)
			break;
		else if (text->kind == GLUE_TEXT_PROSE &&
				 (glue_is_space(bytes[end]) || glue_is_quote(bytes[end])))
			break;
	}
	return at_sign < text->len ? at_sign : end;
}

/*
 * Look for Oracle's "oracle:driver:user/password@", given the first colon.
 */
bool
glue_login_find_oracle(GlueSecretSearch *search, size_t colon)
{
	const char *text = search->text.bytes;
	size_t		start = start_of_oracle_user(search, colon);
	size_t		slash = start;

	if (start == 0)
		return false;

	/* the bound keeps this linear; after a slash, a secret is always found */
	while (slash < search->text.len && slash - start < MAX_ORACLE_USER &&
		   text[slash] != '/' && text[slash] != '@')
		slash++;
	if (slash == search->text.len || text[slash] != '/')
		return false;
	return glue_secret_search_take(search, GLUE_NAME_SECRET, slash + 1,
								   end_of_oracle_password(&search->text,
														  slash + 1));
}

/*
 * Return the start of the word before an "@", behind the last secret.
 */
static size_t
start_of_login(const GlueSecretSearch *search, size_t at_sign)
{
	const char *text = search->text.bytes;
	size_t		lowest = at_sign > MAX_LOGIN ? at_sign - MAX_LOGIN : 0;
	size_t		start = at_sign;

	if (lowest < search->end)
		lowest = search->end;
	while (start > lowest && !glue_is_space(text[start - 1]) &&
		   !glue_is_quote(text[start - 1]) && text[start - 1] != '=')
		start--;
	return start;
}

/*
 * Is this a port at the end of an address?
 */
static bool
has_port(const GlueText *text, size_t at)
{
	const char *bytes = text->bytes;
	size_t		start = at + 1;

	if (text->len - at < 2 || bytes[at] != ':')
		return false;
	for (at = start; at < text->len && glue_is_digit(bytes[at]);)
		at++;
	return at > start &&
		(at == text->len || strchr("/:,;?) ", bytes[at]) != NULL);
}

/*
 * Is this the address of a host, with a port, or in the parentheses of Go's
 * drivers?
 */
static bool
is_host(const GlueText *text, size_t at)
{
	const char *bytes = text->bytes;
	size_t		start;

	if (glue_begins_exactly(&bytes[at], text->len - at, "tcp(") ||
		glue_begins_exactly(&bytes[at], text->len - at, "unix("))
		return true;
	if (glue_begins_exactly(&bytes[at], text->len - at, "//"))
		at += 2;
	start = at;
	while (at < text->len && at - start < MAX_LOGIN &&
		   glue_is_name_character(bytes[at]))
		at++;
	return at > start && has_port(text, at);
}

/*
 * Look for a login outside of a URL, given its "@": "user:password@" before
 * the address of a host, or "user/password@" as in Oracle's tools.
 */
bool
glue_login_find_bare(GlueSecretSearch *search, size_t at_sign)
{
	const char *text = search->text.bytes;
	size_t		start;
	size_t		user;

	if (!is_host(&search->text, at_sign + 1))
		return false;
	start = user = start_of_login(search, at_sign);
	while (user < at_sign && glue_is_name_character(text[user]))
		user++;
	if (user == start || user == at_sign ||
		(text[user] != ':' && text[user] != '/') || text[user + 1] == '/' ||
		glue_secret_same_name(&text[start], user - start, "jdbc") ||
		glue_secret_same_name(&text[start], user - start, "oracle"))
		return false;
	return glue_secret_search_take(search, GLUE_NAME_SECRET, user + 1, at_sign);
}
