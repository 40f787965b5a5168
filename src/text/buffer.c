/*-------------------------------------------------------------------------
 *
 * buffer.c
 *	  Text that is put together in a buffer of fixed size.
 *
 * What does not fit is dropped and remembered, so that whoever puts a text
 * together needs to check only once, at the end.  There are two kinds: one is
 * whole or empty, never cut; the other is cut, and tells how long it would be.
 *
 * IDENTIFICATION
 *	  src/text/buffer.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/buffer.h"

#include "text/ascii.h"

/*
 * Begin a text in a buffer of size bytes, which may be 0.
 */
void
glue_text_begin(GlueTextBuffer *out, char *data, size_t size)
{
	out->data = data;
	out->len = 0;
	out->size = size;
	out->overflow = false;
}

void
glue_text_put(GlueTextBuffer *out, const char *bytes, size_t len)
{
	/* ">=" because the NUL at the end needs a place as well */
	if (out->overflow || len >= out->size - out->len)
	{
		out->overflow = true;
		return;
	}
	memcpy(out->data + out->len, bytes, len);
	out->len += len;
}

void
glue_text_put_string(GlueTextBuffer *out, const char *string)
{
	glue_text_put(out, string, strlen(string));
}

void
glue_text_put_char(GlueTextBuffer *out, char c)
{
	glue_text_put(out, &c, 1);
}

/*
 * Put bytes percent-encoded.
 */
void
glue_text_put_encoded(GlueTextBuffer *out, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		char		encoded[3];

		glue_text_put(out, encoded,
					  glue_percent_encode_byte(bytes[i], encoded));
	}
}

/*
 * End the text with a NUL.  Returns its length; 0, and an empty text, if
 * something did not fit.  The rest of the buffer may hold parts of it then.
 */
size_t
glue_text_end(GlueTextBuffer *out)
{
	if (out->size == 0)
		return 0;
	if (out->overflow)
		out->len = 0;
	out->data[out->len] = '\0';

	return out->len;
}

/*
 * Percent-encode one byte, unless it is one of RFC 3986's unreserved
 * characters; returns how many characters that takes.
 */
size_t
glue_percent_encode_byte(char byte, char encoded[3])
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char c = (unsigned char) byte;

	if (glue_is_alphanumeric(byte) ||
		c == '-' || c == '.' || c == '_' || c == '~')
	{
		encoded[0] = byte;
		return 1;
	}
	encoded[0] = '%';
	encoded[1] = digits[c >> 4];
	encoded[2] = digits[c & 0x0f];
	return 3;
}

/*
 * End the text with a NUL, in the place of the last byte if there is no other.
 * Returns the length of the whole text.
 */
size_t
glue_counted_end(GlueCountedText *out)
{
	if (out->size > 0)
		out->data[out->used < out->size ? out->used : out->size - 1] = '\0';
	return out->used;
}
