/*-------------------------------------------------------------------------
 *
 * builtins.h
 *	  PostgreSQL's utils/builtins.h, for files that also use json-c.
 *
 * Both declare "json_object": PostgreSQL a function, json-c a type.  Our code
 * does not call the function, so it is declared under another name.  Files of
 * this extension include this header instead of PostgreSQL's own.
 *
 * IDENTIFICATION
 *	  src/server/builtins.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_BUILTINS_H
#define GLUE_SERVER_BUILTINS_H

#define json_object sql_json_object
#include "utils/builtins.h"
#undef json_object

#endif							/* GLUE_SERVER_BUILTINS_H */
