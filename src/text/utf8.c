/*-------------------------------------------------------------------------
 *
 * utf8.c
 *	  Characters of UTF-8.
 *
 * IDENTIFICATION
 *	  src/text/utf8.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/utf8.h"

#include <string.h>

#include "text/assertion.h"

/*
 * Return the number of bytes of the character at the start of text, or 0 if it
 * is invalid.  len is at least 1.
 */
static size_t
character_width(const unsigned char *text, size_t len)
{
	unsigned char first = text[0];
	unsigned char lowest = 0x80;
	unsigned char highest = 0xBF;
	size_t		width;

	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	width = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	if (len < width)
		return 0;

	/* the second byte decides whether a form is overlong or out of range */
	if (first == 0xE0)
		lowest = 0xA0;
	else if (first == 0xED)
		highest = 0x9F;
	else if (first == 0xF0)
		lowest = 0x90;
	else if (first == 0xF4)
		highest = 0x8F;
	if (text[1] < lowest || text[1] > highest)
		return 0;
	for (size_t i = 2; i < width; i++)
	{
		if ((text[i] & 0xC0) != 0x80)
			return 0;
	}
	return width;
}

/*
 * Is this UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates,
 * nothing above U+10FFFF?
 */
bool
glue_utf8_valid(const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *) text;
	size_t		at = 0;

	while (at < len)
	{
		uint64_t	chunk;
		size_t		width;

		/* nearly all text is ASCII: skip eight bytes at a time */
		while (len - at >= sizeof(chunk))
		{
			memcpy(&chunk, bytes + at, sizeof(chunk));
			if ((chunk & UINT64_C(0x8080808080808080)) != 0)
				break;
			at += sizeof(chunk);
		}
		if (at == len)
			break;
		width = character_width(bytes + at, len - at);
		if (width == 0)
			return false;
		at += width;
	}
	return true;
}

/*
 * Read the code point at the start of text, of at least one byte, into *code.
 * Returns its width in bytes, or 0 if it is invalid.
 */
size_t
glue_utf8_decode(const char *text, size_t len, uint32_t *code)
{
	const unsigned char *bytes = (const unsigned char *) text;
	size_t		width = character_width(bytes, len);

	glue_assert(len > 0);

	/* the first byte of n > 1 bytes begins with n ones and a zero */
	*code = width > 1 ? bytes[0] & (0xFFu >> (width + 1)) : bytes[0];
	for (size_t i = 1; i < width; i++)
		*code = *code << 6 | (bytes[i] & 0x3F);
	return width;
}

/*
 * Count the code points of valid UTF-8.
 */
size_t
glue_utf8_length(const char *text, size_t len)
{
	size_t		count = 0;

	/* every byte but a continuation starts a code point */
	for (size_t i = 0; i < len; i++)
		count += ((unsigned char) text[i] & 0xC0) != 0x80;
	return count;
}

/*
 * Return the length of the longest prefix of valid UTF-8 text that has at
 * most limit bytes and does not end within a code point.
 */
size_t
glue_utf8_clip(const char *text, size_t len, size_t limit)
{
	if (len <= limit)
		return len;
	while (limit > 0 && ((unsigned char) text[limit] & 0xC0) == 0x80)
		limit--;
	return limit;
}

/*
 * Is this a control character, or one that changes the order or the line of
 * text in a terminal or browser?
 */
bool
glue_utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) ||
		code == 0x61C || code == 0x200E || code == 0x200F ||
		(code >= 0x2028 && code <= 0x202E) ||
		(code >= 0x2066 && code <= 0x2069);
}

/*
 * Replace each control character of valid UTF-8 with a question mark, except
 * for the ASCII ones in kept.  Returns the new length of the text.
 */
size_t
glue_utf8_hide_controls(char *text, size_t len, const char *kept)
{
	size_t		used = 0;
	size_t		width;
	uint32_t	code;

	for (size_t at = 0; at < len; at += width)
	{
		width = glue_utf8_decode(text + at, len - at, &code);
		if (width == 0)
			return used;
		if (glue_utf8_is_control(code) &&
			(code == 0 || code > 0x7F || strchr(kept, (int) code) == NULL))
			text[used++] = '?';
		else
		{
			memmove(text + used, text + at, width);
			used += width;
		}
	}
	return used;
}
