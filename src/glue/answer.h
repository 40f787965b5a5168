/*-------------------------------------------------------------------------
 *
 * answer.h
 *	  Validation of AWS Glue's answers.
 *
 * IDENTIFICATION
 *	  src/glue/answer.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_ANSWER_H
#define GLUE_GLUE_ANSWER_H

#include <stdbool.h>

#include "aws/reply.h"

/* Size of the problem of an answer, one sentence. */
#define GLUE_ANSWER_PROBLEM_SIZE	512

extern void glue_answer_check(GlueReply *reply, const char *operation);
extern bool glue_answer_check_entry(json_object *entry, const char *member,
									size_t index,
									char problem[GLUE_ANSWER_PROBLEM_SIZE]);
extern bool glue_answer_has_name(json_object *connection);

#endif							/* GLUE_GLUE_ANSWER_H */
