/*-------------------------------------------------------------------------
 *
 * described_plan.h
 *	  A plan for credentials as a line of text, for tests to compare.
 *
 * IDENTIFICATION
 *	  test/unit/described_plan.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DESCRIBED_PLAN_H
#define DESCRIBED_PLAN_H

#include <stdio.h>
#include <string.h>

#include "aws/profile_chain.h"

static void
describe_word(char *text, size_t size, const char *name, const char *value)
{
	size_t		used = strlen(text);

	if (value != NULL)
		snprintf(text + used, size - used, "%s%s%s", used > 0 ? " " : "",
				 name, value);
}

/*
 * "step > step > ...", each with its kind and its data, for example "keys abc
 * def of=B > role arn:... session=s".
 */
static void
describe_plan(const GlueCredentialPlan *plan, char *text, size_t size)
{
	static const char *const kinds[] = {
		"keys", "web", "container", "instance", "role"
	};

	text[0] = '\0';
	for (int i = 0; i < plan->nsteps; i++)
	{
		const GlueCredentialStep *step = &plan->steps[i];
		char		duration[16];

		snprintf(duration, sizeof(duration), "%d", step->duration_seconds);
		describe_word(text, size, i > 0 ? "> " : "", kinds[step->kind]);
		describe_word(text, size, "", step->keys.access_key_id);
		describe_word(text, size, "", step->keys.secret_access_key);
		describe_word(text, size, "token=", step->keys.session_token);
		describe_word(text, size, "account=", step->account_id);
		describe_word(text, size, "", step->token_file);
		describe_word(text, size, "", step->role_arn);
		describe_word(text, size, "session=", step->role_session_name);
		describe_word(text, size, "external=", step->external_id);
		if (step->duration_seconds != 0)
			describe_word(text, size, "duration=", duration);
		describe_word(text, size, "region=", step->region);
		describe_word(text, size, "of=", step->profile);
	}
}

#endif							/* DESCRIBED_PLAN_H */
