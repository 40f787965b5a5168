/*-------------------------------------------------------------------------
 *
 * log.h
 *	  Lines of the server log about requests that do not succeed.
 *
 * For src/queue alone.
 *
 * IDENTIFICATION
 *	  src/queue/log.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_LOG_H
#define GLUE_QUEUE_LOG_H

#include "store/job_ending.h"
#include "store/jobs.h"

extern char *glue_log_line(const GlueRequest *request, const GlueJobOutcome *outcome, const char *aws_request_id);
extern void glue_log_write(const char *line);

#endif							/* GLUE_QUEUE_LOG_H */
