/*-------------------------------------------------------------------------
 *
 * secret_value.c
 *	  The end of a value within a text.
 *
 * A password in a URL or a message may lack its required encoding, so its end
 * is often a guess.  Every guess errs towards the longer value, because the
 * rest is hidden together with the password.
 *
 * IDENTIFICATION
 *	  src/secret/secret_value.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/secret_value.h"

#include <string.h>

/* longest placeholder, such as "${password}" */
#define MAX_PLACEHOLDER 256

/*
 * Return the position of the quote that closes the one before start, or the
 * end.
 *
 * At n levels of escapes, 2^n - 1 backslashes precede a plain quote.
 */
static size_t
find_closing_quote(const GlueText *text, size_t start, size_t backslashes)
{
	char		quote = text->bytes[start - 1];
	size_t		run = 0;
	size_t		end;

	for (end = start; end < text->len; end++)
	{
		char		c = text->bytes[end];

		if (c == '\\')
		{
			run++;
			continue;
		}
		if (c == quote && run % (2 * (backslashes + 1)) == backslashes)
			break;
		run = 0;
	}
	return end;
}

/*
 * Can a quoted value end before this place?
 */
static bool
may_end_value(const GlueText *text, size_t at)
{
	return at >= text->len || strchr("&;,)}]\\\"", text->bytes[at]) != NULL ||
		glue_is_space(text->bytes[at]);
}

/*
 * If a quoted value starts at *start, move *start behind the quote and return
 * the position of the closing one.  Otherwise return 0.
 *
 * The quotes may be escaped, once or more often; the closing one is then
 * escaped as the opening one is.  If the quotes must enclose all of the value
 * and do not, they are part of it, so 0 is returned.
 */
size_t
glue_value_quoted_end(const GlueText *text, size_t *start, bool must_enclose)
{
	const char *bytes = text->bytes;
	size_t		at = *start;
	size_t		backslashes;
	size_t		end;

	while (at < text->len && bytes[at] == '\\')
		at++;
	if (at == text->len || !glue_is_quote(bytes[at]))
		return 0;
	backslashes = at - *start;
	at++;
	end = find_closing_quote(text, at, backslashes);
	if (end < text->len && must_enclose && !may_end_value(text, end + 1))
		return 0;
	*start = at;
	if (end < text->len)
		end -= backslashes;
	return end < at ? at : end;
}

/*
 * Return the end of a value in brackets, behind them, or 0 if there is no
 * bracket at start.
 *
 * SQL Server's driver escapes a brace as "}}".  So unless there is another one
 * within, two of them do not end it.
 */
size_t
glue_value_bracketed_end(const GlueText *text, size_t start)
{
	size_t		depth = 0;

	for (size_t i = start; i < text->len; i++)
	{
		char		c = text->bytes[i];

		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' && depth == 1 && i + 1 < text->len &&
				 text->bytes[i + 1] == '}')
			i++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth == 0)
			return i == start ? 0 : i + 1;
	}
	return depth == 0 ? 0 : text->len;
}

/*
 * Is this an ampersand, plain or percent-encoded?
 */
static bool
is_ampersand(const GlueText *text, size_t at)
{
	const char *bytes = &text->bytes[at];

	return bytes[0] == '&' ||
		(bytes[0] == '%' && text->len - at > 2 &&
		 bytes[1] == '2' && bytes[2] == '6');
}

/*
 * Does a parameter start here, or the text end?
 *
 * Each call reads at most up to the next separator, so that all calls for one
 * value together are linear.
 */
static bool
starts_parameter(const GlueText *text, size_t at)
{
	size_t		start;

	while (at < text->len && glue_is_space(text->bytes[at]))
		at++;
	if (at == text->len)
		return true;
	start = at;
	while (at < text->len && glue_is_name_character(text->bytes[at]))
		at++;
	if (at == start)
		return false;
	at = glue_value_skip_blanks(text, at);
	return at < text->len && text->bytes[at] == '=';
}

/*
 * Is there a separator at this place that ends the value?
 *
 * The character before the name is the introducer of the list: a query with
 * "&" may have ";" in its values and the other way round.  If there is no
 * introducer, a separator only counts if another parameter follows it; only
 * the first white space is checked, which keeps the search linear.
 */
static bool
ends_value(const GlueText *text, size_t start, size_t at, char introducer)
{
	char		c = text->bytes[at];

	switch (introducer)
	{
		case '?':
		case '&':
			return c == '&';
		case ';':
			return c == ';';
		case '(':
			return c == ')';
	}
	if (glue_is_space(c))
		return !(at > start && glue_is_space(text->bytes[at - 1])) &&
			starts_parameter(text, at + 1);
	return (c == '&' || c == ';' || c == ',') &&
		starts_parameter(text, at + 1);
}

/*
 * Return the end of a value that started before or at start.
 */
size_t
glue_value_unquoted_end(const GlueText *text, size_t start, char introducer,
						size_t equals_width)
{
	const char *bytes = text->bytes;
	size_t		end;

	for (end = start; end < text->len; end++)
	{
		char		c = bytes[end];

		if (text->kind == GLUE_TEXT_PROSE &&
			(glue_is_space(c) || glue_is_quote(c)))
			break;
		if (equals_width > 1 && is_ampersand(text, end))
			break;
		if (ends_value(text, start, end, introducer))
			break;
	}

	/* the backslash of an escaped quote belongs to the quote */
	if (end < text->len && glue_is_quote(bytes[end]))
	{
		while (end > start && bytes[end - 1] == '\\')
			end--;
	}
	return end;
}

/*
 * Is this a placeholder, such as "${password}", or the dynamic reference
 * "{{resolve:secretsmanager:name}}"?
 */
bool
glue_value_is_placeholder(const char *value, size_t len)
{
	return len > 3 && glue_value_placeholder_end(value, len) == len;
}

static bool
is_of_placeholder(char c, bool doubled)
{
	return c != '$' && c != '\0' &&
		(glue_is_name_character(c) ||
		 strchr(doubled ? ":/@ " : ":/@", c) != NULL);
}

/*
 * Return the length of the placeholder at the start of the text, or 0.
 */
size_t
glue_value_placeholder_end(const char *text, size_t len)
{
	bool		doubled = len > 0 && text[0] == '{';
	size_t		at = 2;

	if (len < 4 || text[1] != '{' || !(doubled || text[0] == '$'))
		return 0;
	while (at < len && at < MAX_PLACEHOLDER &&
		   is_of_placeholder(text[at], doubled))
		at++;
	if (at == 2 || at == len || text[at] != '}')
		return 0;
	if (!doubled)
		return at + 1;
	return at + 1 < len && text[at + 1] == '}' ? at + 2 : 0;
}

size_t
glue_value_skip_blanks(const GlueText *text, size_t at)
{
	while (at < text->len && glue_is_blank(text->bytes[at]))
		at++;
	return at;
}
