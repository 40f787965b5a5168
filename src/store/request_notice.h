/*-------------------------------------------------------------------------
 *
 * request_notice.h
 *	  Telling whoever listens what has become of a request.
 *
 * IDENTIFICATION
 *	  src/store/request_notice.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_REQUEST_NOTICE_H
#define GLUE_REQUEST_NOTICE_H

extern void glue_request_notify(int64 id, const char *operation,
								const char *name, const char *state,
								const char *status);

#endif							/* GLUE_REQUEST_NOTICE_H */
