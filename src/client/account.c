/*-------------------------------------------------------------------------
 *
 * account.c
 *	  Which AWS account a target's connections belong to.
 *
 * Some operations address a connection by its ARN, which has the account in
 * it.  The API of AWS Glue never tells that; but where no catalog says it, it
 * is the caller's own, and AWS STS knows whose the credentials are.
 *
 * The answer is kept for the life of the backend, for the access key that it
 * is about.  A key belongs to one account for ever, so whoever changes the
 * credentials changes the key, and the answer is asked for anew.
 *
 * IDENTIFICATION
 *	  src/client/account.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "client/sts.h"
#include "utils/memutils.h"

/* More keys than one backend uses at a time; a new one takes the oldest's. */
#define MAX_KNOWN_ACCOUNTS	16

/* The account of an access key, as the STS at this URL has told. */
typedef struct KnownAccount
{
	char	   *access_key_id;	/* NULL: this one is free */
	char	   *sts_url;
	char		account[GLUE_ACCOUNT_ID_SIZE];
} KnownAccount;

/* prototypes of private functions */
static const char *find_known(const char *access_key_id, const char *sts_url);
static void remember(const char *access_key_id, const char *sts_url,
					 const char *account);

static KnownAccount known_accounts[MAX_KNOWN_ACCOUNTS];
static int	next_known_account = 0;

/*
 * Find the account that a target's connections belong to.
 *
 * Returns NULL and sets *account, which belongs to the current memory context
 * or to the target, or returns why it is not known.
 */
GlueFailure *
glue_account_find(const GlueTarget *target,
				  const GlueCredentials *credentials,
				  GlueRenewCredentials renew_credentials,
				  const char **account)
{
	GlueCallerIdentity identity;
	GlueFailure *failure;

	*account = glue_target_account(target);
	if (*account == NULL)
		*account = find_known(credentials->access_key_id,
							  target->sts_endpoint.url);
	if (*account != NULL)
		return NULL;

	failure = glue_sts_caller_identity(target, credentials, renew_credentials,
									   &identity);
	if (failure != NULL)
		return failure;
	remember(credentials->access_key_id, target->sts_endpoint.url,
			 identity.account);
	*account = pstrdup(identity.account);
	return NULL;
}

/* A copy of what is known about a key, or NULL. */
static const char *
find_known(const char *access_key_id, const char *sts_url)
{
	for (int i = 0; i < MAX_KNOWN_ACCOUNTS; i++)
	{
		const KnownAccount *known = &known_accounts[i];

		if (known->access_key_id != NULL &&
			strcmp(known->access_key_id, access_key_id) == 0 &&
			strcmp(known->sts_url, sts_url) == 0)
			return pstrdup(known->account);
	}
	return NULL;
}

static void
remember(const char *access_key_id, const char *sts_url, const char *account)
{
	KnownAccount *known = &known_accounts[next_known_account];
	char	   *key_copy = MemoryContextStrdup(TopMemoryContext, access_key_id);
	char	   *url_copy = MemoryContextStrdup(TopMemoryContext, sts_url);

	if (known->access_key_id != NULL)
	{
		pfree(known->access_key_id);
		pfree(known->sts_url);
	}
	known->access_key_id = key_copy;
	known->sts_url = url_copy;
	strlcpy(known->account, account, sizeof(known->account));
	next_known_account = (next_known_account + 1) % MAX_KNOWN_ACCOUNTS;
}
