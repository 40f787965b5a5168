/*-------------------------------------------------------------------------
 *
 * json_syntax.c
 *	  Is a text JSON, to the letter of RFC 8259?
 *
 * json-c has a strict mode, but what it refuses changes from one version to
 * the next, and two of them refuse every string that is not ASCII.  So the
 * text is read here first, by the grammar and nothing else; json-c then gets
 * only what means the same to all of its versions and modes.
 *
 * Beyond the grammar, what json-c cannot represent is refused as well, since
 * it would put something else in its place: NUL and lone surrogates among the
 * escapes, and integers that need more than 64 bits.
 *
 * IDENTIFICATION
 *	  src/json_syntax.c
 *
 *-------------------------------------------------------------------------
 */
#include "json_syntax.h"

#include <stdint.h>
#include <string.h>

/* the text that is still to be read */
typedef struct Scanner
{
	const char *at;
	const char *end;
} Scanner;

static bool scan_value(Scanner *scanner, int depth);
static bool scan_object(Scanner *scanner, int depth);
static bool scan_array(Scanner *scanner, int depth);
static bool scan_string(Scanner *scanner);
static bool scan_escape(Scanner *scanner);
static int	scan_code_unit(Scanner *scanner);
static bool scan_number(Scanner *scanner);
static bool scan_digits(Scanner *scanner);
static bool is_at_most(const char *digits, const char *end, uint64_t limit);
static void skip_space(Scanner *scanner);
static bool take(Scanner *scanner, char wanted);
static bool take_word(Scanner *scanner, const char *word);

/*
 * Is this one JSON text, with at most max_depth values inside each other?
 *
 * Whether it is valid UTF-8 is not looked at.
 */
bool
glue_json_syntax_valid(const char *text, size_t len, int max_depth)
{
	Scanner		scanner = {text, text + len};

	return scan_value(&scanner, max_depth) && scanner.at == scanner.end;
}

/*
 * Each of these reads one part of the grammar.  Where it returns false, the
 * text is not valid, and it does not matter how far it was read.
 */

/* A value, and the white space around it. */
static bool
scan_value(Scanner *scanner, int depth)
{
	bool		valid;

	skip_space(scanner);
	if (depth == 0 || scanner->at == scanner->end)
		return false;

	switch (*scanner->at)
	{
		case '{':
			valid = scan_object(scanner, depth - 1);
			break;
		case '[':
			valid = scan_array(scanner, depth - 1);
			break;
		case '"':
			valid = scan_string(scanner);
			break;
		case 't':
			valid = take_word(scanner, "true");
			break;
		case 'f':
			valid = take_word(scanner, "false");
			break;
		case 'n':
			valid = take_word(scanner, "null");
			break;
		default:
			valid = scan_number(scanner);
			break;
	}
	skip_space(scanner);
	return valid;
}

static bool
scan_object(Scanner *scanner, int depth)
{
	scanner->at++;
	skip_space(scanner);
	if (take(scanner, '}'))
		return true;

	do
	{
		skip_space(scanner);
		if (!scan_string(scanner))
			return false;
		skip_space(scanner);
		if (!take(scanner, ':') || !scan_value(scanner, depth))
			return false;
	} while (take(scanner, ','));

	return take(scanner, '}');
}

static bool
scan_array(Scanner *scanner, int depth)
{
	scanner->at++;
	skip_space(scanner);
	if (take(scanner, ']'))
		return true;

	do
	{
		if (!scan_value(scanner, depth))
			return false;
	} while (take(scanner, ','));

	return take(scanner, ']');
}

static bool
scan_string(Scanner *scanner)
{
	if (!take(scanner, '"'))
		return false;

	while (scanner->at < scanner->end)
	{
		unsigned char c = (unsigned char) *scanner->at++;

		if (c == '"')
			return true;
		if (c < 0x20 || (c == '\\' && !scan_escape(scanner)))
			return false;
	}
	return false;
}

/* What follows a backslash. */
static bool
scan_escape(Scanner *scanner)
{
	char		c = scanner->at < scanner->end ? *scanner->at++ : '\0';
	int			code;

	if (c != 'u')
		return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;

	code = scan_code_unit(scanner);
	if (code < 0xD800 || code > 0xDFFF)
		return code > 0;

	/* a surrogate stands for a character only as the first of two */
	if (code > 0xDBFF || !take_word(scanner, "\\u"))
		return false;
	code = scan_code_unit(scanner);
	return code >= 0xDC00 && code <= 0xDFFF;
}

/* Four hex digits: returns their value, or -1. */
static int
scan_code_unit(Scanner *scanner)
{
	int			code = 0;

	if (scanner->end - scanner->at < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		char		c = *scanner->at++;

		code <<= 4;
		if (c >= '0' && c <= '9')
			code |= c - '0';
		else if (c >= 'a' && c <= 'f')
			code |= c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			code |= c - 'A' + 10;
		else
			return -1;
	}
	return code;
}

static bool
scan_number(Scanner *scanner)
{
	bool		negative = take(scanner, '-');
	const char *digits = scanner->at;
	const char *digits_end;

	if (!take(scanner, '0') && !scan_digits(scanner))
		return false;
	digits_end = scanner->at;

	if (take(scanner, '.') && !scan_digits(scanner))
		return false;
	if (take(scanner, 'e') || take(scanner, 'E'))
	{
		if (!take(scanner, '-'))
			take(scanner, '+');
		if (!scan_digits(scanner))
			return false;
	}

	/* json-c keeps the text of what is no integer */
	return scanner->at > digits_end ||
		is_at_most(digits, digits_end,
				   negative ? (uint64_t) INT64_MAX + 1 : UINT64_MAX);
}

/* At least one digit. */
static bool
scan_digits(Scanner *scanner)
{
	const char *start = scanner->at;

	while (scanner->at < scanner->end &&
		   *scanner->at >= '0' && *scanner->at <= '9')
		scanner->at++;
	return scanner->at > start;
}

/* Is the number with these digits at most this? */
static bool
is_at_most(const char *digits, const char *end, uint64_t limit)
{
	uint64_t	value = 0;

	for (; digits < end; digits++)
	{
		uint64_t	digit = (uint64_t) (*digits - '0');

		if (value > (limit - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	return true;
}

static void
skip_space(Scanner *scanner)
{
	while (take(scanner, ' ') || take(scanner, '\n') ||
		   take(scanner, '\t') || take(scanner, '\r'))
		;
}

/* Read this character, if it is the next. */
static bool
take(Scanner *scanner, char wanted)
{
	if (scanner->at == scanner->end || *scanner->at != wanted)
		return false;
	scanner->at++;
	return true;
}

/* Read these characters, if they are the next. */
static bool
take_word(Scanner *scanner, const char *word)
{
	size_t		len = strlen(word);

	if ((size_t) (scanner->end - scanner->at) < len ||
		memcmp(scanner->at, word, len) != 0)
		return false;
	scanner->at += len;
	return true;
}
