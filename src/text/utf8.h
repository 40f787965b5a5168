/*-------------------------------------------------------------------------
 *
 * utf8.h
 *	  Characters of UTF-8.
 *
 * IDENTIFICATION
 *	  src/text/utf8.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TEXT_UTF8_H
#define GLUE_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern bool glue_utf8_valid(const char *text, size_t len);
extern size_t glue_utf8_decode(const char *text, size_t len, uint32_t *code);
extern size_t glue_utf8_length(const char *text, size_t len);
extern size_t glue_utf8_clip(const char *text, size_t len, size_t limit);
extern bool glue_utf8_is_control(uint32_t code);
extern size_t glue_utf8_hide_controls(char *text, size_t len,
									  const char *kept);

#endif							/* GLUE_TEXT_UTF8_H */
