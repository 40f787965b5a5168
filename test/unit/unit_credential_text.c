/*-------------------------------------------------------------------------
 *
 * unit_credential_text.c
 *	  Unit test of the validation of access keys and roles.
 *
 * IDENTIFICATION
 *	  test/unit/unit_credential_text.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/credential_text.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

typedef struct TextCase
{
	bool		good;
	const char *text;
} TextCase;

static const TextCase credential_cases[] = {
	{true, "AKIDEXAMPLE"},
	{true, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
	{true, "!~"},
	{false, ""},
	{false, "key\n"},
	{false, "key\r"},
	{false, " key"},
	{false, "k\tey"},
	{false, "k\177ey"},
	{false, "cl\303\251"},
};

static const TextCase role_cases[] = {
	{true, "arn:aws:iam::123456789012:role/r"},
	{true, "arn:aws-us-gov:iam::123456789012:role/path/to/reader"},
	{true, "arn:aws:iam::123456789012:role/aws-service-role/a_b+c=d,e.f@g-h"},
	{false, ""},
	{false, "r"},
	{false, "arn:"},
	{false, "arn:aws:iam::123456789012:role/"},
	{false, "arn:aws:iam::123456789012:role"},
	{false, "arn:aws:iam::123456789012:user/r"},
	{false, "arn:aws:iam::12345678901:role/r"},
	{false, "arn:aws:iam::1234567890123:role/r"},
	{false, "arn:aws:iam::12345678901x:role/r"},
	{false, "arn:aws:iam:us-east-1:123456789012:role/r"},
	{false, "arn:aws:sts::123456789012:assumed-role/r/s"},
	{false, " arn:aws:iam::123456789012:role/r"},
	{false, "arn:aws:iam::123456789012:role/r\n"},
};

static const TextCase external_id_cases[] = {
	{true, "ab"},
	{true, "Shop_1+=,.@:/-"},
	{false, ""},
	{false, "a"},
	{false, "a b"},
	{false, "ab\n"},
	{false, "a;b"},
	{false, "cl\303\251"},
};

static void
test_cases(const char *what, const TextCase *cases, size_t count,
		   const char *(*problem) (const char *text))
{
	for (size_t i = 0; i < count; i++)
	{
		char		name[100];

		snprintf(name, sizeof(name), "%s %d is %s", what, (int) i,
				 cases[i].good ? "good" : "bad");
		ok((problem(cases[i].text) == NULL) == cases[i].good, name);
	}
}

/* A text of some length made of one letter, behind a prefix */
static const char *
long_text(const char *prefix, size_t len)
{
	static char text[4096];

	memset(text, 'x', len);
	text[len] = '\0';
	memcpy(text, prefix, strlen(prefix));
	return text;
}

static void
test_limits(void)
{
	const char *role = "arn:aws:iam::123456789012:role/";

	ok(glue_role_arn_problem(long_text(role, 2048)) == NULL,
	   "the longest role");
	ok(glue_role_arn_problem(long_text(role, 2049)) != NULL,
	   "a longer role");
	ok(glue_external_id_problem(long_text("", 1224)) == NULL,
	   "the longest external ID");
	ok(glue_external_id_problem(long_text("", 1225)) != NULL,
	   "a longer external ID");
}

#define TEST_CASES(what, cases, problem) \
	test_cases(what, cases, sizeof(cases) / sizeof(cases[0]), problem)

int
main(void)
{
	TEST_CASES("key", credential_cases, glue_credential_problem);
	TEST_CASES("role", role_cases, glue_role_arn_problem);
	TEST_CASES("external ID", external_id_cases, glue_external_id_problem);
	test_limits();
	return tap_done();
}
