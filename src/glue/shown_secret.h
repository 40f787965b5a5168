/*-------------------------------------------------------------------------
 *
 * shown_secret.h
 *	  Secrets that AWS Glue returns in clear text.
 *
 * IDENTIFICATION
 *	  src/glue/shown_secret.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_SHOWN_SECRET_H
#define GLUE_GLUE_SHOWN_SECRET_H

#include <stdbool.h>

#include <json-c/json.h>

extern bool glue_shown_secret_differs(const char *key, json_object *sent,
									  json_object *got);

#endif							/* GLUE_GLUE_SHOWN_SECRET_H */
