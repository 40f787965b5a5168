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

#include "store/claims.h"

extern void glue_claims_hold(const GlueClaims *queue);
extern bool glue_claims_have_old_cluster(const GlueClaims *queue);
extern void glue_claims_enter_cluster(const GlueClaims *queue);
extern void glue_request_take_over(const GlueClaims *queue,
								   const GlueClaim *request, int64 id);
extern void glue_request_redirect(const GlueClaims *queue,
								  const GlueClaim *request,
								  const GlueTarget *target);
extern bool glue_request_keeps_id(const GlueClaims *queue,
								  const GlueClaim *request, Oid sequence);
extern int64 glue_requests_drop_held(const GlueClaims *queue, Datum ids,
									 bool any);

#endif							/* GLUE_STORE_REQUEST_HOME_H */
