/*-------------------------------------------------------------------------
 *
 * credential_cache.c
 *	  Temporary AWS credentials, until they run out.
 *
 * Getting temporary credentials takes a call or two over the network, and the
 * services that give them out limit how often they may be asked.  So they are
 * kept, in shared memory if the library is preloaded.
 *
 * Times are AWS's own: from 15 minutes before the end (the advisory time) one
 * backend tries to get new ones while all go on with the old; from 10 minutes
 * before the end (the mandatory time) no backend uses the old ones.
 *
 *		|---------------- good ----------------|- advisory -|- mandatory -|
 *											   -15 min		-10 min		 end
 *
 * For each entry at most one backend refreshes at a time.  It is told so by
 * glue_credential_cache_get(), and must then either put new credentials in or
 * give up; the others wait for that only if they cannot do without.  A
 * refresher has a number that no other process has before or after it, and gives
 * up whatever ends it.
 *
 * Nothing here waits while it holds the lock, and what is dropped is
 * cleansed.  A backend that waits for another one lets its own transfers go on
 * meanwhile.
 *
 * IDENTIFICATION
 *	  src/client/credential_cache.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "aws/credential_reply.h"
#include "client/credential_cache.h"
#include "http/http.h"
#include "server/compat.h"
#include "server/secret_memory.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"

#define ADVISORY_MS		(15 * 60 * 1000)
#define MANDATORY_MS	(10 * 60 * 1000)

/*
 * How long a failed attempt to refresh good credentials keeps others from
 * trying: one in a minute leaves four before they become mandatory.
 */
#define RETRY_MS		(60 * 1000)

/*
 * How long what was just got is not asked for again, however soon it ends: the
 * source has nothing newer.  An instance's does so in its last minutes, and a
 * role may be one of 15 minutes to begin with.
 */
#define REST_MS			2000

/* How often a waiting backend looks by itself whether it is still to wait. */
#define WAIT_MS			1000

/*
 * Entries.  Each is one role of one account; when there are more than this, one
 * without credentials makes room, or else the one that was not used for the
 * longest time.  So no entry loses credentials to one that gets none.
 */
#define NUM_SLOTS		64

typedef struct CacheSlot
{
	bool		in_use;
	GlueCredentialKey key;
	TimestampTz used_at;
	uint64		refresher;		/* 0 if no backend refreshes */
	TimestampTz retry_at;		/* no advisory refresh before */
	TimestampTz failed_at;		/* when the last refresh failed, or 0 */
	char		failure[GLUE_CACHE_FAILURE_SIZE];	/* why; without secrets */

	/* Remaining fields are invalid while expires_at is 0. */
	TimestampTz expires_at;
	TimestampTz rests_until;	/* just got: no refresh before */
	char		access_key_id[GLUE_ACCESS_KEY_ID_SIZE];
	char		secret_access_key[GLUE_SECRET_KEY_SIZE];
	char		session_token[GLUE_SESSION_TOKEN_SIZE]; /* "" if there is none */
	char		account_id[GLUE_ACCOUNT_ID_SIZE];	/* "" if not known */
} CacheSlot;

typedef struct CredentialCache
{
	ConditionVariable refreshed;
	uint64		nrefreshers;	/* numbers that were given out */
	CacheSlot	slots[NUM_SLOTS];
} CredentialCache;

/* The number of this process, once it has refreshed something. */
static uint64 own_number = 0;

/* prototypes of private functions */
static void initialize(void *memory);
static CredentialCache *attach(void);
static CacheSlot *find_slot(CredentialCache *cache,
							const GlueCredentialKey *key);
static CacheSlot *claim_slot(CredentialCache *cache,
							 const GlueCredentialKey *key);
static bool makes_room_before(const CacheSlot *a, const CacheSlot *b);
static void cleanse_credentials(CacheSlot *slot);
static void start_refresh(CredentialCache *cache, CacheSlot *slot);
static void give_up_at_exit(int code, Datum arg);
static bool is_being_refreshed(const CacheSlot *slot);
static bool choose_answer(CacheSlot *slot, const char *rejected_access_key_id,
						  TimestampTz began_at, TimestampTz now,
						  GlueCacheAnswer *answer);
static void copy_out(const CacheSlot *slot, GlueCredentials *credentials);

GlueSharedPart glue_credential_cache_part = {
	.name = "glue_conn credentials",
	.size = sizeof(CredentialCache),
	.secret = true,
	.initialize = initialize,
};

/*
 * Look for credentials, which are copied into the current memory context.
 *
 * Credentials with the access key rejected_access_key_id, if that is not
 * NULL, do not count: AWS has refused them.  If the answer is to refresh, the
 * caller must call glue_credential_cache_put() or
 * glue_credential_cache_give_up(), also if it fails.
 *
 * Waits while another backend gets credentials that cannot be done without,
 * and serves interrupts meanwhile.
 */
GlueCacheAnswer
glue_credential_cache_get(const GlueCredentialKey *key,
						  const char *rejected_access_key_id,
						  GlueCredentials *credentials,
						  char failure[GLUE_CACHE_FAILURE_SIZE])
{
	static uint32 wait_event = 0;
	CredentialCache *cache = attach();
	TimestampTz began_at = GetCurrentTimestamp();
	GlueCacheAnswer answer;
	bool		chosen = false;
	CacheSlot  *copy = (CacheSlot *) glue_secret_alloc(sizeof(CacheSlot));

	while (!chosen)
	{
		TimestampTz now = GetCurrentTimestamp();
		CacheSlot  *slot;

		ConditionVariablePrepareToSleep(&cache->refreshed);
		glue_shared_lock(LW_EXCLUSIVE);
		slot = find_slot(cache, key);
		if (slot == NULL)
			slot = claim_slot(cache, key);
		slot->used_at = now;
		chosen = choose_answer(slot, rejected_access_key_id, began_at, now,
							   &answer);
		if (chosen && (answer == GLUE_CACHE_MAY_REFRESH ||
					   answer == GLUE_CACHE_MUST_REFRESH))
			start_refresh(cache, slot);
		*copy = *slot;
		glue_shared_unlock();

		if (!chosen)
			glue_http_wait_as(WAIT_MS,
							  GLUE_WAIT_EVENT(wait_event,
											  "GlueConnCredentials"));
	}
	ConditionVariableCancelSleep();
	if (answer == GLUE_CACHE_HIT || answer == GLUE_CACHE_MAY_REFRESH)
		copy_out(copy, credentials);
	strlcpy(failure, copy->failure, GLUE_CACHE_FAILURE_SIZE);
	return answer;
}

/*
 * Look for credentials that are good and need not be refreshed yet; false if
 * there are none, or the caller would have to wait.
 */
bool
glue_credential_cache_peek(const GlueCredentialKey *key,
						   GlueCredentials *credentials)
{
	CredentialCache *cache = attach();
	CacheSlot  *copy = (CacheSlot *) glue_secret_alloc(sizeof(CacheSlot));
	TimestampTz now = GetCurrentTimestamp();
	GlueCacheAnswer answer;
	CacheSlot  *slot;
	bool		found;

	glue_shared_lock(LW_EXCLUSIVE);
	slot = find_slot(cache, key);
	found = slot != NULL && choose_answer(slot, NULL, now, now, &answer) &&
		answer == GLUE_CACHE_HIT;
	if (found)
	{
		slot->used_at = now;
		*copy = *slot;
	}
	glue_shared_unlock();

	if (found)
		copy_out(copy, credentials);
	return found;
}

/*
 * Put in what a refresh has brought, and let the others have it.  There is room
 * for whatever may be in a reply.
 */
void
glue_credential_cache_put(const GlueCredentialKey *key,
						  const GlueCredentials *credentials,
						  TimestampTz expires_at)
{
	CredentialCache *cache = attach();
	const char *token = credentials->session_token ?
		credentials->session_token : "";
	CacheSlot  *slot;

	Assert(strlen(credentials->access_key_id) < GLUE_ACCESS_KEY_ID_SIZE);
	Assert(strlen(credentials->secret_access_key) < GLUE_SECRET_KEY_SIZE);
	Assert(strlen(token) < GLUE_SESSION_TOKEN_SIZE);
	glue_shared_lock(LW_EXCLUSIVE);
	slot = find_slot(cache, key);
	if (slot == NULL)
		slot = claim_slot(cache, key);
	cleanse_credentials(slot);
	strcpy(slot->access_key_id, credentials->access_key_id);
	strcpy(slot->secret_access_key, credentials->secret_access_key);
	strcpy(slot->session_token, token);
	strlcpy(slot->account_id,
			credentials->account_id ? credentials->account_id : "",
			sizeof(slot->account_id));
	slot->expires_at = expires_at;
	slot->rests_until = Min(expires_at,
							TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
														REST_MS));
	slot->retry_at = 0;
	slot->failed_at = 0;
	slot->refresher = 0;
	glue_shared_unlock();

	ConditionVariableBroadcast(&cache->refreshed);
}

/*
 * End a refresh that has brought nothing.
 *
 * failure says why, without secrets, to the backends that have waited for it.
 * NULL means that only this backend has given up, and that another one should
 * try.
 */
void
glue_credential_cache_give_up(const GlueCredentialKey *key,
							  const char *failure)
{
	CredentialCache *cache = attach();
	CacheSlot  *slot;

	glue_shared_lock(LW_EXCLUSIVE);
	slot = find_slot(cache, key);
	if (slot != NULL && slot->refresher != 0 &&
		slot->refresher == own_number)
	{
		slot->refresher = 0;
		slot->retry_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													 RETRY_MS);
		slot->failed_at = failure ? GetCurrentTimestamp() : 0;
		strlcpy(slot->failure, failure ? failure : "",
				sizeof(slot->failure));
	}
	glue_shared_unlock();
	ConditionVariableBroadcast(&cache->refreshed);
}

/*
 * Go on with credentials that have run out, because their source cannot give
 * newer ones; false if there are none.
 *
 * That is for the credentials of an EC2 instance alone, which AWS keeps valid
 * while the instance metadata service is in trouble.  They count as good
 * until extension_ms from now, when the source is asked again.
 */
bool
glue_credential_cache_extend(const GlueCredentialKey *key, int extension_ms,
							 GlueCredentials *credentials)
{
	CredentialCache *cache = attach();
	CacheSlot  *copy = (CacheSlot *) glue_secret_alloc(sizeof(CacheSlot));
	CacheSlot  *slot;
	bool		found;

	glue_shared_lock(LW_EXCLUSIVE);
	slot = find_slot(cache, key);
	found = slot != NULL && slot->expires_at != 0;
	if (found)
	{
		slot->expires_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													   ADVISORY_MS +
													   extension_ms);
		slot->refresher = 0;
		*copy = *slot;
	}
	glue_shared_unlock();
	ConditionVariableBroadcast(&cache->refreshed);

	if (found)
		copy_out(copy, credentials);
	return found;
}

/*
 * A before_shmem_exit callback: a FATAL error does not return to the code that
 * would give up.
 */
static void
give_up_at_exit(int code, Datum arg)
{
	CredentialCache *cache = attach();

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < NUM_SLOTS; i++)
	{
		if (cache->slots[i].refresher == own_number)
			cache->slots[i].refresher = 0;
	}
	glue_shared_unlock();
	ConditionVariableBroadcast(&cache->refreshed);
}

static void
initialize(void *memory)
{
	CredentialCache *cache = memory;

	ConditionVariableInit(&cache->refreshed);
}

static CredentialCache *
attach(void)
{
	return glue_shared_attach(&glue_credential_cache_part);
}

/* The functions below are called with the lock held. */

static CacheSlot *
find_slot(CredentialCache *cache, const GlueCredentialKey *key)
{
	for (int i = 0; i < NUM_SLOTS; i++)
	{
		if (cache->slots[i].in_use &&
			memcmp(&cache->slots[i].key, key, sizeof(*key)) == 0)
			return &cache->slots[i];
	}
	return NULL;
}

/*
 * Make a slot for a key.  If a backend is just refreshing the slot that has to
 * make room, its result will get another slot.
 */
static CacheSlot *
claim_slot(CredentialCache *cache, const GlueCredentialKey *key)
{
	CacheSlot  *slot = &cache->slots[0];

	for (int i = 1; i < NUM_SLOTS; i++)
	{
		if (makes_room_before(&cache->slots[i], slot))
			slot = &cache->slots[i];
	}
	OPENSSL_cleanse(slot, sizeof(CacheSlot));
	slot->in_use = true;
	slot->key = *key;
	return slot;
}

static bool
makes_room_before(const CacheSlot *a, const CacheSlot *b)
{
	if (a->in_use != b->in_use)
		return !a->in_use;
	if ((a->expires_at == 0) != (b->expires_at == 0))
		return a->expires_at == 0;
	return a->used_at < b->used_at;
}

/* What was there may be longer than what takes its place. */
static void
cleanse_credentials(CacheSlot *slot)
{
	slot->expires_at = 0;
	OPENSSL_cleanse(slot->access_key_id, sizeof(slot->access_key_id));
	OPENSSL_cleanse(slot->secret_access_key, sizeof(slot->secret_access_key));
	OPENSSL_cleanse(slot->session_token, sizeof(slot->session_token));
}

static void
start_refresh(CredentialCache *cache, CacheSlot *slot)
{
	if (own_number == 0)
	{
		before_shmem_exit(give_up_at_exit, (Datum) 0);
		own_number = ++cache->nrefreshers;
	}
	slot->refresher = own_number;
}

static bool
is_being_refreshed(const CacheSlot *slot)
{
	return slot->refresher != 0 && slot->refresher != own_number;
}

/*
 * What is to be done about a slot?  False if the answer must be waited for.
 */
static bool
choose_answer(CacheSlot *slot, const char *rejected_access_key_id,
			  TimestampTz began_at, TimestampTz now, GlueCacheAnswer *answer)
{
	bool		refreshing = is_being_refreshed(slot);
	bool		rejected = rejected_access_key_id != NULL &&
		strcmp(slot->access_key_id, rejected_access_key_id) == 0;
	TimestampTz advisory =
		TimestampTzPlusMilliseconds(slot->expires_at, -(int64) ADVISORY_MS);
	TimestampTz mandatory =
		TimestampTzPlusMilliseconds(slot->expires_at, -(int64) MANDATORY_MS);

	if (slot->expires_at == 0 || rejected ||
		(now >= mandatory && now >= slot->rests_until))
	{
		/* a backend that has waited for a failure need not try itself */
		*answer = slot->failed_at > began_at ?
			GLUE_CACHE_JUST_FAILED : GLUE_CACHE_MUST_REFRESH;
		return !refreshing;
	}
	if (now >= advisory && now >= slot->rests_until &&
		now >= slot->retry_at && !refreshing)
		*answer = GLUE_CACHE_MAY_REFRESH;
	else
		*answer = GLUE_CACHE_HIT;
	return true;
}

static void
copy_out(const CacheSlot *slot, GlueCredentials *credentials)
{
	GlueCredentials kept = {
		slot->access_key_id, slot->secret_access_key, slot->session_token,
		slot->account_id, timestamptz_to_time_t(slot->expires_at)
	};

	*credentials = glue_secret_credentials(&kept);
}
