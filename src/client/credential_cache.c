/*-------------------------------------------------------------------------
 *
 * credential_cache.c
 *	  Cache of temporary AWS credentials.
 *
 * Temporary credentials cost one or two network calls, and their sources limit
 * the rate of requests.  So they are cached, in shared memory if the library
 * is preloaded.
 *
 * The times are those of AWS's SDKs: from 15 minutes before the end (the
 * advisory time) one backend tries to refresh them while all others use the
 * old ones; from 10 minutes before the end (the mandatory time) no backend
 * uses the old ones.
 *
 *		|---------------- good ----------------|- advisory -|- mandatory -|
 *											   -15 min		-10 min		 end
 *
 * At most one caller refreshes an entry at a time.
 * glue_credential_cache_look() selects it, and it must then either store new
 * credentials or give up; other callers wait only if the entry has no usable
 * credentials.  The refreshing process is identified by a number that is never
 * reused.  A process also gives up at its exit.
 *
 * Nothing here waits, and removed credentials are cleansed.
 *
 * IDENTIFICATION
 *	  src/client/credential_cache.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "client/credential_cache.h"
#include "storage/ipc.h"

#define ADVISORY_MS		(15 * 60 * 1000)
#define MANDATORY_MS	(10 * 60 * 1000)

/*
 * Pause of all backends after a failed refresh of good credentials: one
 * attempt a minute makes four before the refresh becomes mandatory.
 */
#define RETRY_MS		(60 * 1000)

/*
 * Pause after a successful refresh, even if the new credentials end soon,
 * because the source has no newer ones: an instance's credentials are not
 * renewed before their last minutes, and a role's may last only 15 minutes.
 */
#define REST_MS			2000

/*
 * Number of entries, one for each role of each account.  A new entry evicts
 * one without credentials, or else the least recently used one.  So a failing
 * entry never evicts a good one.
 */
#define NUM_SLOTS		64

typedef struct CacheSlot
{
	GlueCredentialKey key;		/* zero: free */
	TimestampTz used_at;
	uint64		refresher;		/* 0 if no backend refreshes */
	TimestampTz retry_at;		/* no advisory refresh before this */
	TimestampTz failed_at;		/* time of the last failed refresh, or 0 */
	char		failure[GLUE_CACHE_FAILURE_SIZE];	/* its reason, without
													 * secrets */

	/* The remaining fields are invalid while expires_at is 0. */
	TimestampTz expires_at;
	TimestampTz rests_until;	/* no refresh at all before this */
	GlueTemporaryCredentials credentials;	/* their expiration may be older */
} CacheSlot;

typedef struct CredentialCache
{
	uint64		nrefreshers;	/* number of refreshers so far */
	CacheSlot	slots[NUM_SLOTS];
} CredentialCache;

/* The number of this process as a refresher; 0 before its first refresh. */
static uint64 own_number = 0;

/* prototypes of private functions */
static CacheSlot *find_slot(CredentialCache *cache,
							const GlueCredentialKey *key);
static CacheSlot *claim_slot(CredentialCache *cache,
							 const GlueCredentialKey *key);
static bool makes_room_before(const CacheSlot *a, const CacheSlot *b);
static void start_refresh(CredentialCache *cache, CacheSlot *slot);
static void give_up_at_exit(int code, Datum arg);
static GlueCacheAnswer choose_answer(const CacheSlot *slot,
									 const char *rejected_access_key_id,
									 TimestampTz since, bool nested,
									 TimestampTz now);
static void copy_out(const CacheSlot *slot,
					 GlueTemporaryCredentials *credentials);

GlueSharedPart glue_credential_cache_part = {
	.name = "glue_conn credentials",
	.size = sizeof(CredentialCache),
	.secret = true,
};

/*
 * Look credentials up, and copy them for the caller, which cleanses them.
 *
 * Credentials with the access key rejected_access_key_id, if that is not NULL,
 * do not count: AWS has rejected them.  If the result is MAY_REFRESH or
 * MUST_REFRESH, the caller must call glue_credential_cache_put() or
 * glue_credential_cache_give_up(), also if it fails.  If it is WAIT, the caller
 * looks again later; since is the time of its first look.
 *
 * nested: this process makes no progress with its refreshes before the caller has
 * ended, so the caller does not wait for them.
 */
GlueCacheAnswer
glue_credential_cache_look(const GlueCredentialKey *key,
						   const char *rejected_access_key_id,
						   TimestampTz since, bool nested,
						   GlueTemporaryCredentials *credentials,
						   char failure[GLUE_CACHE_FAILURE_SIZE])
{
	CredentialCache *cache = glue_shared_attach(&glue_credential_cache_part);
	TimestampTz now = GetCurrentTimestamp();
	CacheSlot  *slot;
	GlueCacheAnswer answer;

	glue_shared_lock(LW_EXCLUSIVE);
	slot = find_slot(cache, key);
	if (slot == NULL)
		slot = claim_slot(cache, key);
	slot->used_at = now;
	answer = choose_answer(slot, rejected_access_key_id, since, nested,
						   now);
	if (answer == GLUE_CACHE_MAY_REFRESH || answer == GLUE_CACHE_MUST_REFRESH)
		start_refresh(cache, slot);
	if (answer == GLUE_CACHE_HIT || answer == GLUE_CACHE_MAY_REFRESH)
		copy_out(slot, credentials);
	strlcpy(failure, slot->failure, GLUE_CACHE_FAILURE_SIZE);
	glue_shared_unlock();
	return answer;
}

/*
 * Look up credentials that are good and need no refresh yet; return false if
 * there are none, or the caller would have to wait.
 */
bool
glue_credential_cache_peek(const GlueCredentialKey *key,
						   GlueTemporaryCredentials *credentials)
{
	CredentialCache *cache = glue_shared_attach(&glue_credential_cache_part);
	TimestampTz now = GetCurrentTimestamp();
	CacheSlot  *slot;
	bool		found;

	glue_shared_lock(LW_EXCLUSIVE);
	slot = find_slot(cache, key);
	found = slot != NULL &&
		choose_answer(slot, NULL, now, false, now) == GLUE_CACHE_HIT;
	if (found)
	{
		slot->used_at = now;
		copy_out(slot, credentials);
	}
	glue_shared_unlock();
	return found;
}

/* Store the result of a refresh, for all callers. */
void
glue_credential_cache_put(const GlueCredentialKey *key,
						  const GlueTemporaryCredentials *credentials)
{
	CredentialCache *cache = glue_shared_attach(&glue_credential_cache_part);
	CacheSlot  *slot;

	glue_shared_lock(LW_EXCLUSIVE);
	slot = find_slot(cache, key);
	if (slot == NULL)
		slot = claim_slot(cache, key);
	slot->credentials = *credentials;
	slot->expires_at =
		time_t_to_timestamptz((pg_time_t) credentials->expiration);
	slot->rests_until = Min(slot->expires_at,
							TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
														REST_MS));
	slot->retry_at = 0;
	slot->failed_at = 0;
	slot->refresher = 0;
	glue_shared_unlock();
}

/*
 * End a refresh without a result.
 *
 * failure is its reason, without secrets, for the backends that wait for it.
 * If it is NULL, only this backend has given up, and another one should try.
 */
void
glue_credential_cache_give_up(const GlueCredentialKey *key,
							  const char *failure)
{
	CredentialCache *cache = glue_shared_attach(&glue_credential_cache_part);
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
}

/*
 * Extend credentials that have expired, because their source has no newer
 * ones; return false if there are none.
 *
 * This is for the credentials of an EC2 instance alone: AWS keeps them valid
 * while the instance metadata service is unavailable.  They count as good for
 * extension_ms, after which the source is asked again.
 */
bool
glue_credential_cache_extend(const GlueCredentialKey *key, int extension_ms,
							 GlueTemporaryCredentials *credentials)
{
	CredentialCache *cache = glue_shared_attach(&glue_credential_cache_part);
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
		copy_out(slot, credentials);
	}
	glue_shared_unlock();
	return found;
}

/*
 * A before_shmem_exit callback: after a FATAL error, no PG_CATCH of the
 * refresher runs.
 */
static void
give_up_at_exit(int code, Datum arg)
{
	CredentialCache *cache = glue_shared_attach(&glue_credential_cache_part);

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < NUM_SLOTS; i++)
	{
		if (cache->slots[i].refresher == own_number)
			cache->slots[i].refresher = 0;
	}
	glue_shared_unlock();
}

/* The caller of the functions below holds the lock. */

static CacheSlot *
find_slot(CredentialCache *cache, const GlueCredentialKey *key)
{
	for (int i = 0; i < NUM_SLOTS; i++)
	{
		if (memcmp(&cache->slots[i].key, key, sizeof(*key)) == 0)
			return &cache->slots[i];
	}
	return NULL;
}

/*
 * Make a slot for a key.  If a backend is refreshing the evicted slot, its
 * result will get another slot.
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
	slot->key = *key;
	return slot;
}

static bool
makes_room_before(const CacheSlot *a, const CacheSlot *b)
{
	if ((a->expires_at == 0) != (b->expires_at == 0))
		return a->expires_at == 0;
	return a->used_at < b->used_at;
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

/* Determine the result for a slot, for a caller that has waited since then. */
static GlueCacheAnswer
choose_answer(const CacheSlot *slot, const char *rejected_access_key_id,
			  TimestampTz since, bool nested, TimestampTz now)
{
	bool		rejected = rejected_access_key_id != NULL &&
		strcmp(slot->credentials.access_key_id, rejected_access_key_id) == 0;
	TimestampTz advisory =
		TimestampTzPlusMilliseconds(slot->expires_at, -(int64) ADVISORY_MS);
	TimestampTz mandatory =
		TimestampTzPlusMilliseconds(slot->expires_at, -(int64) MANDATORY_MS);

	if (slot->expires_at == 0 || rejected ||
		(now >= mandatory && now >= slot->rests_until))
	{
		if (slot->refresher != 0 &&
			!(nested && slot->refresher == own_number))
			return GLUE_CACHE_WAIT;

		/* after another caller's failed refresh, do not try again */
		return slot->failed_at > since ?
			GLUE_CACHE_JUST_FAILED : GLUE_CACHE_MUST_REFRESH;
	}
	if (now >= advisory && now >= slot->rests_until &&
		now >= slot->retry_at && slot->refresher == 0)
		return GLUE_CACHE_MAY_REFRESH;
	return GLUE_CACHE_HIT;
}

static void
copy_out(const CacheSlot *slot, GlueTemporaryCredentials *credentials)
{
	*credentials = slot->credentials;
	credentials->expiration = timestamptz_to_time_t(slot->expires_at);
}
