/*-------------------------------------------------------------------------
 *
 * difference.h
 *	  Descriptions of differences between a sent definition and AWS Glue's.
 *
 * IDENTIFICATION
 *	  src/glue/difference.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_DIFFERENCE_H
#define GLUE_GLUE_DIFFERENCE_H

#include <stdbool.h>

#include <json-c/json.h>

#include "glue/violation.h"

/*
 * Receives the differences in a stable order: the SQL/JSON path of the member
 * in the ConnectionInput, and a sentence without secrets that describes the
 * difference.  The strings are valid only during the call.  It must return.
 */
typedef void (*GlueDifferenceSink) (void *arg, const char *path,
									const char *message);

/* the result of a comparison, and its sink */
typedef struct GlueDifferences
{
	GlueDifferenceSink sink;	/* or NULL */
	void	   *arg;
	bool		equal;			/* no difference so far */
} GlueDifferences;

extern void glue_difference_report(GlueDifferences *differences,
								   const GluePath *path,
								   json_object *sent, json_object *got);
extern void glue_difference_report_tag(GlueDifferences *differences,
									   const char *key, json_object *sent,
									   json_object *got);
extern void glue_difference_tell(GlueDifferences *differences,
								 const GluePath *path, const char *message);
extern void glue_difference_tell_member(GlueDifferences *differences,
										const char *member, const char *key,
										const char *message);
extern const char *glue_difference_describe(json_object *value,
											char buffer[GLUE_QUOTED_SIZE]);

#endif							/* GLUE_GLUE_DIFFERENCE_H */
