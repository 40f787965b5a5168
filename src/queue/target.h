/*-------------------------------------------------------------------------
 *
 * target.h
 *	  The targets of requests: the endpoint, the account and the role.
 *
 * IDENTIFICATION
 *	  src/queue/target.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_TARGET_H
#define GLUE_QUEUE_TARGET_H

#include "client/access.h"
#include "client/credential_chain.h"
#include "lib/ilist.h"
#include "store/jobs.h"

/* The state of a target that outlives a transaction. */
typedef struct GlueTargetState
{
	GlueBlockedTarget target;
	TimestampTz blocked_until;	/* no request is claimed before */
	int			failures;		/* consecutive ones */
	int			njobs;			/* claimed and not yet recorded */
} GlueTargetState;

/* A target, as it was looked up in one transaction. */
typedef struct GlueWorkTarget
{
	dlist_node	node;			/* in GlueWorkTargets.targets */
	MemoryContext context;		/* of the target */
	GlueTargetState *state;		/* its identity, with the next four members */
	GlueAccess	access;
	const char *region;
	const char *endpoint;
	const char *catalog_id;		/* or NULL */
	const char *account_id;		/* account of its requests; or NULL: not known
								 * yet */
	int			njobs;			/* number of jobs that use it */
	bool		current;		/* looked up in the latest transaction */
	GlueCredentialPlan plan;	/* the source of its credentials */
	bool		wanted;			/* a job waits for them */
	GlueCall	fetch;			/* that gets them... */
	bool		fetching;		/* ... and is under way */
	bool		connected;		/* credentials were found */
	GlueFailure *failure;		/* there are none, or the target is not to be
								 * used */
	bool		refused;		/* the target is not to be used: its requests
								 * fail */
	bool		asks_account;	/* some job asks for the account of the
								 * credentials */
	bool		has_tags;		/* some request has, and needs an ARN... */
	GlueFailure *no_account;	/* ... whose account cannot be found: the
								 * reason */
} GlueWorkTarget;

extern GlueTargetState *glue_target_state_find(List **states,
											   const GlueRequest *request,
											   MemoryContext context);
extern TimestampTz glue_target_state_block(GlueTargetState *state);
extern TimestampTz glue_work_backoff(int failures);
extern void glue_work_target_resolve(GlueWorkTarget *target,
									 const GlueRequest *request, Oid schema);
extern bool glue_work_target_connected(const GlueWorkTarget *target);
extern bool glue_work_target_lacks_account(const GlueWorkTarget *target);
extern void glue_work_target_learn_account(GlueWorkTarget *target,
										   GlueCall *call);

#endif							/* GLUE_QUEUE_TARGET_H */
