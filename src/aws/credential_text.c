/*-------------------------------------------------------------------------
 *
 * credential_text.c
 *	  Validation of AWS's access keys and roles.
 *
 * AWS decides whether these are valid; only values that cannot be valid are
 * rejected here.  So a key with a copied line break, or a role without its
 * ARN, is reported when it is configured.
 *
 * IDENTIFICATION
 *	  src/aws/credential_text.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/credential_text.h"

#include <stddef.h>
#include <string.h>

#include "text/ascii.h"

/* Limits of AWS's own, in characters. */
#define MAX_ROLE_ARN_LEN		2048
#define MIN_EXTERNAL_ID_LEN		2
#define MAX_EXTERNAL_ID_LEN		1224
#define ACCOUNT_ID_LEN			12

#define LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"

/* Is this valid in a header line?  A line break would split it. */
static bool
is_header_value(const char *text)
{
	for (; *text != '\0'; text++)
	{
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

/*
 * The problem of an access key ID, a secret access key or a session token, as
 * a sentence without its period; NULL if there is none.
 */
const char *
glue_credential_problem(const char *part)
{
	if (part[0] == '\0')
		return "It must not be empty";
	return is_header_value(part) ? NULL :
		"It must not have a space, a line break or a character that is not ASCII";
}

/*
 * Likewise for the ARN of a role:
 *
 *		arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME
 */
const char *
glue_role_arn_problem(const char *arn)
{
	const char *rest = glue_skip_prefix(arn, "arn:");

	if (rest != NULL)
		rest = strchr(rest, ':');
	if (rest != NULL)
		rest = glue_skip_prefix(rest, ":iam::");
	if (rest != NULL)
		rest = strspn(rest, DIGITS) == ACCOUNT_ID_LEN ?
			glue_skip_prefix(rest + ACCOUNT_ID_LEN, ":role/") : NULL;
	if (rest == NULL || rest[0] == '\0' ||
		!is_header_value(arn) || strlen(arn) > MAX_ROLE_ARN_LEN)
		return "A role has the form arn:aws:iam::123456789012:role/name";
	return NULL;
}

/*
 * Likewise for an external ID, which the trust policy of a role may require.
 */
const char *
glue_external_id_problem(const char *external_id)
{
	size_t		len = strspn(external_id, LETTERS DIGITS "_+=,.@:/-");

	if (external_id[len] != '\0' ||
		len < MIN_EXTERNAL_ID_LEN || len > MAX_EXTERNAL_ID_LEN)
		return "An external ID consists of 2 to 1224 letters, digits and characters of _+=,.@:/-";
	return NULL;
}

/* Likewise for the ID of an account. */
const char *
glue_account_id_problem(const char *account_id)
{
	return strlen(account_id) == ACCOUNT_ID_LEN &&
		strspn(account_id, DIGITS) == ACCOUNT_ID_LEN ? NULL :
		"The ID of an AWS account consists of twelve digits";
}

/*
 * Likewise for the ID of a catalog.  It is an account's, or the name of
 * another catalog, optionally after an account's.
 */
const char *
glue_catalog_id_problem(const char *catalog_id)
{
	size_t		ndigits = strspn(catalog_id, DIGITS);

	return catalog_id[ndigits] != '\0' || ndigits == 0 ? NULL :
		glue_account_id_problem(catalog_id);
}
