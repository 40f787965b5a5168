/*-------------------------------------------------------------------------
 *
 * request_functions.h
 *	  What all SQL functions about one request have in common.
 *
 * IDENTIFICATION
 *	  src/functions/request_functions.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_REQUEST_FUNCTIONS_H
#define GLUE_REQUEST_FUNCTIONS_H

#include "fmgr.h"
#include "functions/function_call.h"
#include "store/request_queue.h"

extern void glue_request_find_visible(const GlueRequestQueue *queue, int64 id,
									  GlueRequestState *found);
extern Datum glue_request_function_end(const GlueFunction *function,
									   const GlueRequestState *found);
extern bool glue_request_has_ended(const GlueRequestState *request);
extern void glue_request_refuse_held(int64 id,
									 const GlueRequestState *request);

#endif							/* GLUE_REQUEST_FUNCTIONS_H */
