/*-------------------------------------------------------------------------
 *
 * classify_failures.c
 *	  Classify the failures that are described on the standard input.
 *
 * Driver of test/peer/retry_like_botocore.py.  A failure is a line "OPERATION
 * STATUS CODE"; there may be no code.  Prints a line for each: "none",
 * "transient" or "throttling", and the longest wait before the second retry.
 *
 * IDENTIFICATION
 *	  test/unit/classify_failures.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/retry.h"

#include <stdio.h>

#include "glue/model.h"

int
main(void)
{
	static const char *const kinds[] = {
		[GLUE_RETRY_NONE] = "none",
		[GLUE_RETRY_TRANSIENT] = "transient",
		[GLUE_RETRY_THROTTLING] = "throttling",
	};
	char		line[200];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		char		operation[100];
		char		code[100] = "";
		int			status;
		GlueRetryKind kind;

		if (sscanf(line, "%99s %d %99s", operation, &status, code) < 2)
			return 1;
		kind = glue_retry_classify(status, code,
								   glue_model_has_error(operation, code));
		printf("%s %d\n", kinds[kind], glue_retry_delay_ms(kind, 2, 1.0, NULL));
	}
	return 0;
}
