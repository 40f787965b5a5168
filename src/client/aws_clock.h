/*-------------------------------------------------------------------------
 *
 * aws_clock.h
 *	  AWS's clock.
 *
 * IDENTIFICATION
 *	  src/client/aws_clock.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_AWS_CLOCK_H
#define GLUE_CLIENT_AWS_CLOCK_H

#include "aws/reply.h"
#include "datatype/timestamp.h"
#include "server/shared_state.h"

/*
 * A moment by AWS's clock, within these bounds; 0 if it is not known.  The
 * upper bound depends on the clock of this machine, which may have stopped
 * during a suspend.  So a decision that must not be too early uses the Date of
 * a later answer.
 */
typedef struct GlueAwsMoment
{
	TimestampTz earliest;
	TimestampTz latest;
	bool		answered;		/* the endpoint has answered once; if not, a
								 * call can find out its time */
} GlueAwsMoment;

extern GlueSharedPart glue_aws_clock_part;

extern void glue_aws_clock_observe(const char *url,
								   const GlueReplyHeaders *headers,
								   int64 sent_ms, int64 received_ms);
extern GlueAwsMoment glue_aws_clock_at(const char *url, int64 boot_ms);
extern GlueAwsMoment glue_aws_clock_now(const char *url);
extern int64 glue_epoch_ms(TimestampTz time);

#endif							/* GLUE_CLIENT_AWS_CLOCK_H */
