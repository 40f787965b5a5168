/*-------------------------------------------------------------------------
 *
 * account.c
 *	  The AWS account that the credentials of a target belong to.
 *
 * A connection is identified by its catalog.  Unless a catalog is named, that
 * is the catalog of the caller's account.  The API of AWS Glue never returns
 * the account, and two foreign servers can lead to the same one.  So the
 * account is determined before anything is changed, from the first of these
 * that knows it:
 *
 *	- the credentials: AWS returns the account with those of a role, and a
 *	  profile can name it
 *	- an earlier result for the same access key, because an access key never
 *	  changes its account
 *	- a superuser's setting, for servers that cannot reach AWS STS
 *	- AWS STS, whose GetCallerIdentity needs no permissions
 *
 * The result is kept for the access key and the endpoint that returned it, in
 * shared memory if the library is preloaded.  An entry may be evicted; the
 * account is determined again then.
 *
 * IDENTIFICATION
 *	  src/client/account.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "client/client.h"
#include "client/credential_chain.h"
#include "client/sts.h"
#include "common/hashfn.h"

/*
 * Access keys whose account is kept; the least recently used one is evicted.
 * Temporary credentials have a new key every hour, but come with their
 * account, so few other keys exist.
 */
#define NUM_KNOWN_ACCOUNTS	256
#define NUM_OWN_ACCOUNTS	32	/* in a process that shares nothing */

typedef struct KnownAccount
{
	uint64		used;			/* number of its last use; 0: free */
	char		access_key_id[GLUE_ACCESS_KEY_ID_SIZE];
	uint64		secret;			/* hash of the secret access key */
	char		endpoint[GLUE_ENDPOINT_MAX_LEN + 1];
	char		account_id[GLUE_ACCOUNT_ID_SIZE];
} KnownAccount;

typedef struct KnownAccounts
{
	uint64		nuses;
	KnownAccount known[NUM_KNOWN_ACCOUNTS];
} KnownAccounts;

/* prototypes of private functions */
static int	nknown(void);
static const char *find_known(const GlueAccess *access);
static void remember(const GlueAccess *access, const char *account_id);
static KnownAccount *find_entry(KnownAccounts *accounts,
								const GlueAccess *access);
static const char *asked_endpoint(const GlueTarget *target);
static uint64 secret_of(const GlueAccess *access);
static void set_account(GlueAccess *access, const char *account_id);
static void check_claim(const GlueTarget *target);

GlueSharedPart glue_account_part = {
	.name = "glue_conn accounts",
	.size = sizeof(KnownAccounts),
	.own_size = offsetof(KnownAccounts, known) +
	NUM_OWN_ACCOUNTS * sizeof(KnownAccount),
};

/*
 * Set the account, and with it the catalog, of an access that has credentials,
 * if that needs no call; return false if it does.  Raises an error if the
 * server's option contradicts the credentials.
 */
bool
glue_account_at_hand(GlueAccess *access)
{
	const char *account_id = access->credentials.account_id;

	if (account_id == NULL)
		account_id = find_known(access);
	if (account_id == NULL)
		account_id = access->target.claimed_account;
	if (account_id == NULL)
		return false;
	set_account(access, account_id);
	return true;
}

/*
 * Do the same for an access whose credentials may not be fetched yet, if they
 * are available without a call, too.
 */
void
glue_account_peek(GlueAccess *access)
{
	GlueCredentialPlan plan;

	if (access->target.account_id == NULL &&
		glue_credentials_plan(&access->target, &plan, true) &&
		glue_credentials_at_hand(&access->target, &plan, &access->credentials))
		(void) glue_account_at_hand(access);
}

/*
 * Set the account, and with it the catalog, of an access that has credentials,
 * with a call if necessary.
 *
 * Returns NULL on success, else the failure.
 */
GlueFailure *
glue_account_find(GlueAccess *access)
{
	GlueCall	call;

	if (glue_account_at_hand(access))
		return NULL;
	glue_account_prepare(access, &call);
	glue_client_run(&call, 1);
	return glue_account_learn(access, &call);
}

/* Fill in the call that returns the account. */
void
glue_account_prepare(const GlueAccess *access, GlueCall *call)
{
	glue_sts_prepare_identity(call, &access->target, &access->credentials);
}

/* Take the result of that call: as glue_account_find(). */
GlueFailure *
glue_account_learn(GlueAccess *access, GlueCall *call)
{
	GlueCallerIdentity identity;
	GlueFailure *failure = glue_sts_identity_answer(call, &identity);

	if (failure != NULL)
		return failure;
	remember(access, identity.account);
	set_account(access, identity.account);
	return NULL;
}

/* The number of entries; the part must have been attached. */
static int
nknown(void)
{
	return (glue_account_part.size - offsetof(KnownAccounts, known)) /
		sizeof(KnownAccount);
}

/* A copy of the known account of the access key, or NULL. */
static const char *
find_known(const GlueAccess *access)
{
	KnownAccounts *accounts = glue_shared_attach(&glue_account_part);
	KnownAccount *entry;
	char		account_id[GLUE_ACCOUNT_ID_SIZE] = "";

	glue_shared_lock(LW_EXCLUSIVE);
	entry = find_entry(accounts, access);
	if (entry != NULL)
	{
		entry->used = ++accounts->nuses;
		strcpy(account_id, entry->account_id);
	}
	glue_shared_unlock();
	return account_id[0] != '\0' ? pstrdup(account_id) : NULL;
}

static void
remember(const GlueAccess *access, const char *account_id)
{
	KnownAccounts *accounts = glue_shared_attach(&glue_account_part);
	KnownAccount *entry;

	if (strlen(access->credentials.access_key_id) >= GLUE_ACCESS_KEY_ID_SIZE)
		return;
	glue_shared_lock(LW_EXCLUSIVE);
	entry = find_entry(accounts, access);
	if (entry == NULL)
	{
		entry = &accounts->known[0];
		for (int i = 1; i < nknown(); i++)
		{
			if (accounts->known[i].used < entry->used)
				entry = &accounts->known[i];
		}
	}
	entry->used = ++accounts->nuses;
	strcpy(entry->access_key_id, access->credentials.access_key_id);
	entry->secret = secret_of(access);
	strcpy(entry->endpoint, asked_endpoint(&access->target));
	strlcpy(entry->account_id, account_id, sizeof(entry->account_id));
	glue_shared_unlock();
}

/* The entry of the access key; NULL if there is none.  Needs the lock. */
static KnownAccount *
find_entry(KnownAccounts *accounts, const GlueAccess *access)
{
	uint64		secret = secret_of(access);

	for (int i = 0; i < nknown(); i++)
	{
		KnownAccount *entry = &accounts->known[i];

		if (entry->used != 0 && entry->secret == secret &&
			strcmp(entry->access_key_id,
				   access->credentials.access_key_id) == 0 &&
			strcmp(entry->endpoint, asked_endpoint(&access->target)) == 0)
			return entry;
	}
	return NULL;
}

/*
 * The secret is compared, too: a role could set the access key ID of another
 * account in its user mapping.
 */
static uint64
secret_of(const GlueAccess *access)
{
	const char *secret = access->credentials.secret_access_key;

	return hash_bytes_extended((const unsigned char *) secret, strlen(secret),
							   0);
}

/* The endpoint that a call for the account would go to. */
static const char *
asked_endpoint(const GlueTarget *target)
{
	return target->asks_endpoint ? target->endpoint.url :
		target->sts_endpoint.url;
}

/*
 * The catalog is that of the account, unless a catalog is named, or the
 * account was resolved earlier and may have been another one.
 */
static void
set_account(GlueAccess *access, const char *account_id)
{
	GlueTarget *target = &access->target;

	target->account_id = pstrdup(account_id);
	if (target->catalog == NULL)
		target->catalog = target->account_id;
	check_claim(target);
}

/*
 * The setting is about the credentials of the server process, and matters only
 * if they come without an account.  But the option of a server is about all of
 * its users.  If it is wrong, the server leads to another account than its
 * users believe.
 */
static void
check_claim(const GlueTarget *target)
{
	if (!target->claimed_by_server ||
		strcmp(target->claimed_account, target->account_id) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("AWS credentials do not belong to the account of foreign server \"%s\"",
					target->server),
			 errdetail("They belong to %s, and option \"account_id\" is %s.",
					   target->account_id, target->claimed_account),
			 errhint("Correct the option, or use other credentials.")));
}
