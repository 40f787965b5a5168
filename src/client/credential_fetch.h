/*-------------------------------------------------------------------------
 *
 * credential_fetch.h
 *	  Getting the credentials that a plan leads to.
 *
 * IDENTIFICATION
 *	  src/client/credential_fetch.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CREDENTIAL_FETCH_H
#define GLUE_CLIENT_CREDENTIAL_FETCH_H

#include "client/call.h"
#include "client/credential_cache.h"
#include "client/metadata.h"

/* Lives in the memory context where it was started. */
typedef struct GlueCredentialFetch
{
	bool		ended;

	/* until then, the event to wait for: one of these, or else news */
	GlueCall   *call;			/* to be made, and to end */
	int64		pause_until;	/* 0 or a time, by glue_monotonic_us() */

	/* for credential_fetch.c alone */
	GlueCall   *for_call;
	const GlueTarget *target;
	GlueCredentialPlan plan;
	GlueCredentialKey key;		/* of the plan, in the cache */
	TimestampTz began_at;
	bool		refreshing;		/* on request of the cache */
	bool		may_fail;		/* credentials are still good */
	int			nsteps;			/* of the plan that are done */
	bool		asked;			/* and the next one has begun */
	GlueCredentials current;	/* of the last step that is done */
	GlueCredentials credentials;	/* that it ends with... */
	GlueFailure *failure;		/* ... unless there are none */
	GlueTemporaryCredentials *temporary;	/* just got; in secret memory */
	GlueMetadata metadata;		/* while that is asked */
	GlueCallback on_news;
	MemoryContextCallback leave;
} GlueCredentialFetch;

extern int	glue_credential_fetch_runs;

extern GlueCredentialFetch *glue_credential_fetch_start(GlueCall *call,
														GlueCallback on_news);
extern void glue_credential_fetch_advance(GlueCredentialFetch *fetch);
extern GlueFailure *glue_credential_fetch_take(const GlueCredentialFetch *fetch);

#endif							/* GLUE_CLIENT_CREDENTIAL_FETCH_H */
