/*-------------------------------------------------------------------------
 *
 * ascii.c
 *	  ASCII characters and words, independent of the locale.
 *
 * isdigit(), strcasecmp() and the like depend on the database's locale, in
 * which "ID" may differ from "id".  Protocols, URLs and AWS's names have the
 * same meaning in all locales.
 *
 * IDENTIFICATION
 *	  src/text/ascii.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/ascii.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

/*
 * Does a text begin with a prefix, ignoring case?
 */
bool
glue_begins_with(const char *text, size_t len, const char *prefix)
{
	for (; *prefix != '\0'; prefix++, text++, len--)
	{
		if (len == 0 || glue_lower(*text) != glue_lower(*prefix))
			return false;
	}
	return true;
}

/* Likewise, but case matters. */
bool
glue_begins_exactly(const char *text, size_t len, const char *prefix)
{
	size_t		prefix_len = strlen(prefix);

	return len >= prefix_len && memcmp(text, prefix, prefix_len) == 0;
}

/* The rest of a text after a prefix; NULL if it begins otherwise. */
const char *
glue_skip_prefix(const char *text, const char *prefix)
{
	size_t		len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/*
 * Is a text, which need not be terminated, the word, ignoring case?
 */
bool
glue_same_word(const char *text, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
	{
		if (word[i] == '\0' || glue_lower(text[i]) != glue_lower(word[i]))
			return false;
	}
	return word[len] == '\0';
}

/*
 * Are two texts equal, ignoring case?
 */
bool
glue_same_but_case(const char *a, const char *b)
{
	while (*a != '\0' && glue_lower(*a) == glue_lower(*b))
	{
		a++;
		b++;
	}
	return *a == *b;
}

/*
 * Read a number that consists of digits alone.  Returns false for any other
 * text, or if it is not between min, which is not negative, and max.
 */
bool
glue_parse_number(const char *text, size_t len, int min, int max, int *value)
{
	long long	number = 0;

	for (size_t i = 0; i < len; i++)
	{
		if (!glue_is_digit(text[i]))
			return false;
		number = number * 10 + (text[i] - '0');
		if (number > max)
			return false;
	}
	*value = (int) number;
	return len > 0 && number >= min;
}

/*
 * Read a number of so many hexadecimal digits.  Returns -1 if the text begins
 * otherwise.
 */
int
glue_parse_hex(const char *text, size_t len, size_t ndigits)
{
	int			number = 0;

	for (size_t i = 0; i < ndigits; i++)
	{
		const char *digit = i == len ? NULL :
			memchr(hex_digits, glue_lower(text[i]), strlen(hex_digits));

		if (digit == NULL)
			return -1;
		number = number * 16 + (int) (digit - hex_digits);
	}
	return number;
}

/* Write bytes as hexadecimal digits in lower case, and a NUL. */
void
glue_write_hex(const unsigned char *bytes, size_t len, char *hex)
{
	for (; len > 0; len--, bytes++)
	{
		*hex++ = hex_digits[*bytes >> 4];
		*hex++ = hex_digits[*bytes & 0xf];
	}
	*hex = '\0';
}

/*
 * Is this a label of a DNS name?  "_" is not allowed in the names of hosts, but
 * works.
 */
bool
glue_is_dns_label(const char *label, size_t len)
{
	if (len == 0 || len > GLUE_DNS_LABEL_MAX_LEN ||
		label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (!glue_is_alphanumeric(label[i]) && label[i] != '-' &&
			label[i] != '_')
			return false;
	}
	return true;
}

/* Is the text one of a list that NULL ends? */
bool
glue_is_one_of(const char *text, const char *const *list)
{
	for (; *list != NULL; list++)
	{
		if (strcmp(text, *list) == 0)
			return true;
	}
	return false;
}

/* Does the text begin like the form: "d" is a digit, and "x" any character? */
bool
glue_has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++)
	{
		if (*form == 'd' ? !glue_is_digit(*text) :
			*form == 'x' ? *text == '\0' : *text != *form)
			return false;
	}
	return true;
}
