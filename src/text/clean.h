/*-------------------------------------------------------------------------
 *
 * clean.h
 *	  Remote text, cleaned for error reports.
 *
 * IDENTIFICATION
 *	  src/text/clean.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TEXT_CLEAN_H
#define GLUE_TEXT_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

extern void glue_clean_text(char *buffer, size_t size,
							const char *input, size_t len, bool is_markup);

#endif							/* GLUE_TEXT_CLEAN_H */
