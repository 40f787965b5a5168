/*-------------------------------------------------------------------------
 *
 * request.h
 *	  The common part of the SQL functions about one request.
 *
 * IDENTIFICATION
 *	  src/functions/request.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_REQUEST_H
#define GLUE_FUNCTIONS_REQUEST_H

#include "fmgr.h"
#include "functions/function.h"
#include "store/requests.h"

extern void glue_request_find_visible(const GlueRequestQueue *queue, int64 id,
									  GlueRequestState *found);
extern bool glue_request_has_ended(const GlueRequestState *request);
extern void glue_request_refuse_held(int64 id,
									 const GlueRequestState *request);

#endif							/* GLUE_FUNCTIONS_REQUEST_H */
