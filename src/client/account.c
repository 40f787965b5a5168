/*-------------------------------------------------------------------------
 *
 * account.c
 *	  Which AWS account the credentials of a target belong to.
 *
 * A connection is identified by the catalog that it is in, and unless a catalog
 * is named, that is the one of the caller's account.  The API of AWS Glue never
 * tells which account that is, and two foreign servers can lead to the same one.
 * So it is found out before anything is changed, from the first that knows:
 *
 *	- the credentials themselves: AWS tells with those of a role, and a profile
 *	  can
 *	- what was found out before about the same access key, which belongs to one
 *	  account for ever
 *	- a superuser, for servers that cannot reach AWS STS
 *	- AWS STS, which tells everyone who they are, whatever they may not do
 *
 * What was found out is kept for the access key and the endpoint that told it,
 * in shared memory if the library is preloaded.  Any of it may be forgotten, and
 * is found out anew then.
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
 * Access keys whose account is kept; those that were not asked for lately make
 * room.  Temporary credentials, which have a new key every hour, tell their
 * account themselves, so there are few others.
 */
#define NUM_KNOWN_ACCOUNTS	256

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
}			KnownAccounts;

/* prototypes of private functions */
static const char *find_known(const GlueAccess *access);
static void remember(const GlueAccess *access, const char *account_id);
static KnownAccount *find_entry(KnownAccounts * accounts,
								const GlueAccess *access);
static const char *asked_endpoint(const GlueTarget *target);
static uint64 secret_of(const GlueAccess *access);
static void set_account(GlueAccess *access, const char *account_id);
static void check_claim(const GlueTarget *target);

GlueSharedPart glue_account_part = {
	.name = "glue_conn accounts",
	.size = sizeof(KnownAccounts),
};

/*
 * Set the account, and with it the catalog, of an access that has credentials, if
 * no call is needed for that; false if one is.  Raises an error if the server
 * says something else than the credentials.
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
 * Do the same of an access that has no credentials yet, and need not have any: if
 * they are at hand as well.
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
 * Set the account, and with it the catalog, of an access that has credentials, by
 * a call if need be.
 *
 * Returns NULL, or why it is not known.
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

/* Fill in the call that tells it. */
void
glue_account_prepare(const GlueAccess *access, GlueCall *call)
{
	glue_sts_prepare_identity(call, &access->target, &access->credentials);
}

/* The call has ended: as glue_account_find(). */
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

/* A copy of what is known about the access key, or NULL. */
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
		for (int i = 1; i < NUM_KNOWN_ACCOUNTS; i++)
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
find_entry(KnownAccounts * accounts, const GlueAccess *access)
{
	uint64		secret = secret_of(access);

	for (int i = 0; i < NUM_KNOWN_ACCOUNTS; i++)
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

/* A role that knows an access key and not its secret is not of the account. */
static uint64
secret_of(const GlueAccess *access)
{
	const char *secret = access->credentials.secret_access_key;

	return hash_bytes_extended((const unsigned char *) secret, strlen(secret),
							   0);
}

/* The endpoint that would be asked. */
static const char *
asked_endpoint(const GlueTarget *target)
{
	return target->asks_endpoint ? target->endpoint.url :
		target->sts_endpoint.url;
}

/*
 * Unless a catalog is named, or the account was known before and may have been
 * another one, it is that of the account.
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
 * The setting is about the credentials of the server process, where they do not
 * tell.  But the option of a server is about all of its users, and where it is
 * wrong, the server leads elsewhere than is believed.
 */
static void
check_claim(const GlueTarget *target)
{
	if (!target->claimed_by_server ||
		strcmp(target->claimed_account, target->account_id) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("AWS credentials belong to another account than foreign server \"%s\" says",
					target->server),
			 errdetail("They belong to %s, and option \"account_id\" is %s.",
					   target->account_id, target->claimed_account),
			 errhint("Correct the option, or use other credentials.")));
}
