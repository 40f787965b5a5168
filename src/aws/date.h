/*-------------------------------------------------------------------------
 *
 * date.h
 *	  Times in AWS's formats.
 *
 * IDENTIFICATION
 *	  src/aws/date.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_DATE_H
#define GLUE_AWS_DATE_H

#include <stdbool.h>

extern bool glue_reply_parse_date(const char *date, long long *epoch_seconds);
extern bool glue_parse_iso8601(const char *text, long long *epoch_seconds);

#endif							/* GLUE_AWS_DATE_H */
