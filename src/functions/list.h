/*-------------------------------------------------------------------------
 *
 * list.h
 *	  The SQL functions that return lists of AWS Glue's.
 *
 * IDENTIFICATION
 *	  src/functions/list.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_LIST_H
#define GLUE_FUNCTIONS_LIST_H

#include "functions/function.h"

/* Connects a function, and fills in the call whose answers hold a list. */
typedef void (*GlueBeginList) (FunctionCallInfo fcinfo,
							   GlueFunction *function, GlueCall *call);

extern void glue_prepare_list_connections(const GlueFunction *function,
										  GlueCall *call);
extern Datum glue_return_list(FunctionCallInfo fcinfo, GlueBeginList begin,
							  const char *member, bool tracked);

#endif							/* GLUE_FUNCTIONS_LIST_H */
