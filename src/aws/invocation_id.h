/*-------------------------------------------------------------------------
 *
 * invocation_id.h
 *	  The headers that identify the attempts of one call.
 *
 * IDENTIFICATION
 *	  src/aws/invocation_id.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_INVOCATION_ID_H
#define GLUE_AWS_INVOCATION_ID_H

#define GLUE_INVOCATION_RANDOM_LEN		16	/* bytes */
#define GLUE_INVOCATION_ID_SIZE			37	/* a UUID's text, and NUL */
#define GLUE_INVOCATION_ATTEMPT_SIZE	40	/* "attempt=N; max=M", and NUL */

extern void glue_invocation_id(const unsigned char random[GLUE_INVOCATION_RANDOM_LEN],
							   char id[GLUE_INVOCATION_ID_SIZE]);
extern void glue_invocation_attempt(int attempt, int max_attempts,
									char text[GLUE_INVOCATION_ATTEMPT_SIZE]);

#endif							/* GLUE_AWS_INVOCATION_ID_H */
