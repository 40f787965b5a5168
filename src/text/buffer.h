/*-------------------------------------------------------------------------
 *
 * buffer.h
 *	  Text in a buffer of fixed size.
 *
 * IDENTIFICATION
 *	  src/text/buffer.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TEXT_BUFFER_H
#define GLUE_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The caller initializes it with its buffer and the size. */
typedef struct GlueTextBuffer
{
	char	   *data;			/* NULL if size is 0 */
	size_t		size;			/* includes the terminating NUL */
	size_t		len;			/* of the whole text; may exceed size */
} GlueTextBuffer;

extern void glue_text_put_all(GlueTextBuffer *out, ...)
			__attribute__((sentinel));
extern void glue_text_put_encoded(GlueTextBuffer *out, const char *bytes,
								  size_t len);
extern size_t glue_text_end(GlueTextBuffer *out);
extern size_t glue_text_end_whole(GlueTextBuffer *out);

static inline void
glue_text_put(GlueTextBuffer *out, const char *bytes, size_t len)
{
	if (out->len < out->size)
	{
		size_t		room = out->size - out->len;

		memcpy(out->data + out->len, bytes, len < room ? len : room);
	}
	out->len += len;
}

static inline void
glue_text_put_string(GlueTextBuffer *out, const char *string)
{
	glue_text_put(out, string, strlen(string));
}

static inline void
glue_text_put_char(GlueTextBuffer *out, char c)
{
	if (out->len < out->size)
		out->data[out->len] = c;
	out->len++;
}

#endif							/* GLUE_TEXT_BUFFER_H */
