/*-------------------------------------------------------------------------
 *
 * json_syntax.h
 *	  Is a text JSON, to the letter of RFC 8259?
 *
 * IDENTIFICATION
 *	  src/json_syntax.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JSON_SYNTAX_H
#define GLUE_JSON_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

extern bool glue_json_syntax_valid(const char *text, size_t len,
								   int max_depth);

#endif							/* GLUE_JSON_SYNTAX_H */
