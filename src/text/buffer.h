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

typedef struct GlueTextBuffer
{
	char	   *data;			/* the caller's */
	size_t		len;
	size_t		size;			/* includes the terminating NUL */
	bool		overflow;		/* something did not fit */
} GlueTextBuffer;

extern void glue_text_begin(GlueTextBuffer *out, char *data, size_t size);
extern void glue_text_put(GlueTextBuffer *out, const char *bytes, size_t len);
extern void glue_text_put_string(GlueTextBuffer *out, const char *string);
extern void glue_text_put_char(GlueTextBuffer *out, char c);
extern size_t glue_text_end(GlueTextBuffer *out);

extern size_t glue_percent_encode_byte(char byte, char encoded[3]);

#endif							/* GLUE_TEXT_BUFFER_H */
