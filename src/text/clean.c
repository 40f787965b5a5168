/*-------------------------------------------------------------------------
 *
 * clean.c
 *	  Remote text, cleaned for error reports.
 *
 * A server's message may have any length, and may contain line ends, terminal
 * escapes or invalid UTF-8, or be a whole web page.  The result is one line of
 * valid UTF-8 without control characters.
 *
 * IDENTIFICATION
 *	  src/text/clean.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/clean.h"

#include <string.h>

#include "text/ascii.h"
#include "text/json.h"

/*
 * Length of the tag at the start of a text; 0 if there is none.  Styles and
 * scripts count as part of their tag.
 */
static size_t
tag_len(const char *input, size_t len)
{
	const char *limit = input + len;
	const char *end;

	if (input[0] != '<')
		return 0;

	end = memchr(input, '>', len);
	if (end != NULL &&
		(glue_begins_with(input, len, "<style") ||
		 glue_begins_with(input, len, "<script")))
	{
		while (end < limit && !glue_begins_with(end, limit - end, "</"))
			end++;
	}
	else if (end != NULL)
		end++;

	return (end != NULL ? end : limit) - input;
}

/*
 * Take the next character, or the next tag of markup, from a text, and
 * determine its replacement: a space for white space, control characters and
 * tags, a question mark for a byte that is no UTF-8.
 *
 * Returns the number of bytes taken, at least 1.
 */
static size_t
next_piece(const char *input, size_t len, bool is_markup,
		   const char **piece, size_t *piece_len)
{
	size_t		count = is_markup ? tag_len(input, len) : 0;
	bool		is_space = count > 0;

	if (count == 0)
	{
		uint32_t	code;

		count = glue_utf8_decode(input, len, &code);
		is_space = count > 0 && (code == ' ' || glue_utf8_is_control(code));
	}

	*piece = is_space ? " " : count > 0 ? input : "?";
	*piece_len = is_space || count == 0 ? 1 : count;
	return count > 0 ? count : 1;
}

/*
 * Copy as much of a text as fits into a buffer of size bytes, as one line of
 * valid UTF-8 with single spaces, and end it with a NUL.
 *
 * If is_markup, it is HTML or XML, and its tags are left out.
 */
void
glue_clean_text(char *buffer, size_t size,
				const char *input, size_t len, bool is_markup)
{
	size_t		used = 0;
	size_t		space = 0;		/* 1 if one is due before the next character */

	while (len > 0)
	{
		const char *piece;
		size_t		piece_len;
		size_t		count;

		count = next_piece(input, len, is_markup, &piece, &piece_len);
		if (*piece == ' ')
			space = used > 0;
		else
		{
			if (used + space + piece_len >= size)
				break;
			if (space)
				buffer[used++] = ' ';
			memcpy(buffer + used, piece, piece_len);
			used += piece_len;
			space = 0;
		}
		input += count;
		len -= count;
	}
	buffer[used] = '\0';
}
