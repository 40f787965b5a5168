/*-------------------------------------------------------------------------
 *
 * target.h
 *	  The targets of requests: the endpoint, the account and the role.
 *
 * For src/queue alone.
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
#include "queue/transaction.h"

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

/* All targets of a queue process. */
typedef struct GlueWorkTargets
{
	MemoryContext context;
	const GlueQueueProcess *process;
	dlist_head	targets;
	List	   *states;
} GlueWorkTargets;

extern TimestampTz glue_target_state_block(GlueTargetState *state);
extern TimestampTz glue_work_backoff(int failures);
extern void glue_work_target_resolve(GlueWorkTarget *target,
									 const GlueRequest *request, Oid schema);
extern bool glue_work_target_connected(const GlueWorkTarget *target);
extern bool glue_work_target_lacks_account(const GlueWorkTarget *target);
extern void glue_work_target_learn_account(GlueWorkTarget *target,
										   GlueCall *call);

/* in queue/targets.c */
extern void glue_work_targets_init(GlueWorkTargets *all,
								   const GlueQueueProcess *process);
extern void glue_work_targets_expire(GlueWorkTargets *all);
extern List *glue_work_targets_blocked(const GlueWorkTargets *all,
									   bool full_too);
extern int	glue_work_targets_room(const GlueWorkTargets *all);
extern GlueCall *glue_work_targets_fetch(GlueWorkTargets *all);
extern void glue_work_targets_fetched(GlueCall *call);

extern GlueWorkTarget *glue_work_target_use(GlueWorkTargets *all,
											const GlueRequest *request);
extern void glue_work_target_release(GlueWorkTarget *target);

#endif							/* GLUE_QUEUE_TARGET_H */
