/*-------------------------------------------------------------------------
 *
 * json_reader.h
 *	  A strict parser of JSON texts into json-c trees.
 *
 * IDENTIFICATION
 *	  src/text/json_reader.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TEXT_JSON_READER_H
#define GLUE_TEXT_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

extern bool glue_json_read(const char *text, size_t len, int max_depth,
						   bool unique, json_object **tree);

#endif							/* GLUE_TEXT_JSON_READER_H */
