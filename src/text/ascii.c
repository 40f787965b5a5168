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

/*
 * The value of a hexadecimal digit; -1 for any other character.
 */
int
glue_hex_digit(char c)
{
	if (glue_is_digit(c))
		return c - '0';
	c = glue_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

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
