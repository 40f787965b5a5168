/*-------------------------------------------------------------------------
 *
 * buffer.c
 *	  Text in a buffer of fixed size.
 *
 * Text that does not fit is dropped but counted, so that the caller checks
 * only once, at the end.
 *
 * IDENTIFICATION
 *	  src/text/buffer.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/buffer.h"

#include <stdarg.h>

#include "text/ascii.h"
#include "text/assertion.h"
#include "text/utf8.h"

/* Put strings, up to a NULL. */
void
glue_text_put_all(GlueTextBuffer *out, ...)
{
	va_list		strings;
	const char *string;

	va_start(strings, out);
	while ((string = va_arg(strings, const char *)) != NULL)
		glue_text_put_string(out, string);
	va_end(strings);
}

/*
 * Put bytes with percent-encoding, except for RFC 3986's unreserved
 * characters.
 */
void
glue_text_put_encoded(GlueTextBuffer *out, const char *bytes, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) bytes[i];
		char		encoded[3] = {'%', digits[c >> 4], digits[c & 0x0f]};

		if (glue_is_alphanumeric(bytes[i]) ||
			c == '-' || c == '.' || c == '_' || c == '~')
			glue_text_put_char(out, bytes[i]);
		else
			glue_text_put(out, encoded, sizeof(encoded));
	}
}

/*
 * End the text with a NUL, after the last character that fits.  Returns the
 * length of the whole text.
 */
size_t
glue_text_end(GlueTextBuffer *out)
{
	glue_assert(out->size == 0 || out->data != NULL);
	if (out->size > 0)
		out->data[glue_utf8_clip(out->data, out->len, out->size - 1)] = '\0';
	return out->len;
}

/*
 * Likewise, but return 0, and leave an empty text, if something did not fit.
 * The rest of the buffer may hold parts of it then.
 */
size_t
glue_text_end_whole(GlueTextBuffer *out)
{
	if (out->len >= out->size)
	{
		if (out->size > 0)
			out->data[0] = '\0';
		return 0;
	}
	return glue_text_end(out);
}
