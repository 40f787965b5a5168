/*-------------------------------------------------------------------------
 *
 * parts.c
 *	  The cost of the pure parts of a call: signing, validating, redacting.
 *
 * Usage: parts ROUNDS CALLS FILE
 *
 * FILE holds the reference request.  Every round makes CALLS calls of each
 * part in turn, so that other load of the machine affects all of them.  Prints
 * a line "name TAB microseconds a call" for each part and round.
 *
 * IDENTIFICATION
 *	  test/bench/parts.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/sigv4.h"
#include "glue/normalize.h"
#include "glue/redact.h"
#include "glue/validate.h"
#include "text/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char body[4096];
static size_t body_len;
static json_object *input;
static GlueSigv4Signer *signer;

static void
fail(const char *failure)
{
	fprintf(stderr, "parts: %s\n", failure);
	exit(1);
}

/* Sign the reference request, as of a day. */
static void
sign(const char *amz_date)
{
	const GlueSigv4Header headers[] = {
		{"content-type", "application/x-amz-json-1.1"},
		{"host", "glue.us-east-1.amazonaws.com"},
		{"x-amz-date", amz_date},
		{"x-amz-target", "AWSGlue.CreateConnection"},
	};
	const GlueSigv4Message message = {
		.method = "POST",
		.path = "/",
		.query = "",
		.headers = headers,
		.nheaders = sizeof(headers) / sizeof(headers[0]),
		.body = body,
		.body_len = body_len,
		.amz_date = amz_date,
		.region = "us-east-1",
		.service = "glue",
	};
	char		authorization[1024];

	if (!glue_sigv4_authorization(signer, &message, "AKIDEXAMPLE",
								  "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
								  authorization, sizeof(authorization)))
		fail("could not sign");
}

static void
sign_with_kept_key(int call)
{
	sign("20260101T000000Z");
}

/* The signer keeps one key, so that no two calls may be of the same day. */
static void
sign_with_new_key(int call)
{
	sign(call % 2 == 0 ? "20260101T000000Z" : "20260102T000000Z");
}

static void
ignore_violation(void *arg, const GlueViolation *violation)
{
	if (violation->severity == GLUE_SEVERITY_ERROR)
		fail(violation->message);
}

static void
validate(int call)
{
	glue_normalize_connection_input(input);
	glue_validate_connection_input_tree(input, false, ignore_violation, NULL);
}

/* Redacting changes the tree, so each call needs one of its own. */
static json_object *
copy_input(void)
{
	json_object *copy = NULL;

	if (json_object_deep_copy(input, &copy, NULL) != 0)
		fail("out of memory");
	return copy;
}

static void
copy_only(int call)
{
	json_object_put(copy_input());
}

static void
copy_and_redact(int call)
{
	json_object *copy = copy_input();

	if (!glue_redact_tree(copy))
		fail("could not redact");
	json_object_put(copy);
}

/* Returns the microseconds that one of so many calls of a part takes. */
static double
measure(void (*part) (int call), int calls)
{
	struct timespec start;
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int call = 0; call < calls; call++)
		part(call);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((end.tv_sec - start.tv_sec) * 1e6 +
			(end.tv_nsec - start.tv_nsec) / 1e3) / calls;
}

static void
prepare(const char *file_name)
{
	FILE	   *file = fopen(file_name, "r");
	json_object *message;

	if (file == NULL)
		fail("could not read the request");
	body_len = fread(body, 1, sizeof(body), file);
	fclose(file);
	message = glue_json_tree_parse(body, body_len);
	input = json_object_object_get(message, "ConnectionInput");
	signer = glue_sigv4_signer_new();
	if (input == NULL || signer == NULL)
		fail("could not prepare");
}

int
main(int argc, char **argv)
{
	int			rounds = argc == 4 ? atoi(argv[1]) : 0;
	int			calls = argc == 4 ? atoi(argv[2]) : 0;

	if (rounds <= 0 || calls <= 0)
		fail("usage: parts ROUNDS CALLS FILE");
	prepare(argv[3]);

	/* round 0 warms up */
	for (int round = 0; round <= rounds; round++)
	{
		double		kept = measure(sign_with_kept_key, calls);
		double		anew = measure(sign_with_new_key, calls);
		double		validated = measure(validate, calls);
		double		copied = measure(copy_only, calls);
		double		redacted = measure(copy_and_redact, calls) - copied;

		if (round == 0)
			continue;
		printf("sign kept\t%.3f\n", kept);
		printf("sign new\t%.3f\n", anew);
		printf("validate pure\t%.3f\n", validated);
		printf("redact pure\t%.3f\n", redacted);
	}
	return 0;
}
