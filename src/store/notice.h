/*-------------------------------------------------------------------------
 *
 * notice.h
 *	  Notifications of the states of requests.
 *
 * IDENTIFICATION
 *	  src/store/notice.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_NOTICE_H
#define GLUE_STORE_NOTICE_H

extern void glue_request_notify(int64 id, const char *operation,
								const char *name, const char *state,
								const char *status);

#endif							/* GLUE_STORE_NOTICE_H */
