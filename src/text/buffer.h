/*-------------------------------------------------------------------------
 *
 * buffer.h
 *	  Text that is put together in a buffer of fixed size.
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

typedef struct GlueTextBuffer
{
	char	   *data;			/* the caller's */
	size_t		len;
	size_t		size;			/* includes the terminating NUL */
	bool		overflow;		/* something did not fit */
} GlueTextBuffer;

/*
 * Text like that of snprintf(): what does not fit is dropped, but counted.  To
 * begin, give it the buffer and its size.
 */
typedef struct GlueCountedText
{
	char	   *data;			/* the caller's; NULL if size is 0 */
	size_t		size;
	size_t		used;			/* may go beyond size */
} GlueCountedText;

extern void glue_text_begin(GlueTextBuffer *out, char *data, size_t size);
extern void glue_text_put(GlueTextBuffer *out, const char *bytes, size_t len);
extern void glue_text_put_string(GlueTextBuffer *out, const char *string);
extern void glue_text_put_char(GlueTextBuffer *out, char c);
extern size_t glue_text_end(GlueTextBuffer *out);

extern void glue_text_put_encoded(GlueTextBuffer *out, const char *bytes,
								  size_t len);
extern size_t glue_percent_encode_byte(char byte, char encoded[3]);

extern size_t glue_counted_end(GlueCountedText *out);

static inline void
glue_counted_put(GlueCountedText *out, const char *bytes, size_t len)
{
	if (out->used < out->size)
	{
		size_t		room = out->size - out->used;

		memcpy(out->data + out->used, bytes, len < room ? len : room);
	}
	out->used += len;
}

static inline void
glue_counted_put_char(GlueCountedText *out, char c)
{
	if (out->used < out->size)
		out->data[out->used] = c;
	out->used++;
}

#endif							/* GLUE_TEXT_BUFFER_H */
