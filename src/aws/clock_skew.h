/*-------------------------------------------------------------------------
 *
 * clock_skew.h
 *	  The skew between this machine's clock and AWS's.
 *
 * IDENTIFICATION
 *	  src/aws/clock_skew.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_CLOCK_SKEW_H
#define GLUE_AWS_CLOCK_SKEW_H

#include <stdbool.h>

/* AWS's time minus ours; initialized with zeroes. */
typedef struct GlueClockSkew
{
	long long	seconds;
} GlueClockSkew;

extern bool glue_clock_skew_observe(GlueClockSkew *skew,
									const char *date_header, bool has_age,
									long long sent_ms, long long received_ms);
extern bool glue_clock_skew_retry(GlueClockSkew signed_with,
								  GlueClockSkew observed, const char *code);
extern long long glue_clock_skew_signing_time(GlueClockSkew skew,
											  long long now_ms);

#endif							/* GLUE_AWS_CLOCK_SKEW_H */
