/*-------------------------------------------------------------------------
 *
 * request_home.h
 *	  The home of requests: the database that they were made in.
 *
 * IDENTIFICATION
 *	  src/store/request_home.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUEST_HOME_H
#define GLUE_STORE_REQUEST_HOME_H

#include "store/jobs.h"

extern void glue_requests_hold(const GlueJobQueue *queue);
extern bool glue_requests_have_old_cluster(const GlueJobQueue *queue);
extern void glue_requests_enter_cluster(const GlueJobQueue *queue);
extern void glue_request_take_over(const GlueJobQueue *queue,
								   const GlueRequest *request, int64 id);
extern void glue_request_redirect(const GlueJobQueue *queue,
								  const GlueRequest *request,
								  const GlueTarget *target);
extern bool glue_request_keeps_id(const GlueJobQueue *queue,
								  const GlueRequest *request, Oid sequence);
extern int64 glue_requests_drop_held(const GlueJobQueue *queue, Datum ids,
									 bool any);

#endif							/* GLUE_STORE_REQUEST_HOME_H */
