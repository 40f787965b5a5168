/*-------------------------------------------------------------------------
 *
 * target.h
 *	  Where the requests of a queue go, and as whom.
 *
 * For queue/job.c and queue/run.c alone.
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
#include "store/claims.h"

/* What is known of a target from one transaction to the next. */
typedef struct GlueTargetState
{
	GlueBlockedTarget target;
	TimestampTz blocked_until;	/* it is left alone so long */
	int			failures;		/* in a row */
	TimestampTz next_call_at;	/* when its rate permits another request */
} GlueTargetState;

/* A target, as it was found in one transaction. */
typedef struct GlueWorkTarget
{
	dlist_node	node;			/* in GlueWorkTargets.targets */
	MemoryContext context;		/* of the target */
	GlueTargetState *state;
	GlueAccess	access;
	GlueBlockedTarget key;		/* what it is known by, with the next two */
	const char *region;
	const char *catalog_id;		/* or NULL */
	int			njobs;			/* that use it */
	bool		current;		/* found in the latest transaction */
	GlueCredentialPlan plan;	/* how its credentials are to be got */
	bool		connected;		/* credentials were found */
	GlueFailure *failure;		/* there are none, or the target is not to be
								 * used */
	bool		refused;		/* the latter: its requests fail */
	bool		has_tags;		/* some request has, and wants the account */
	const char *account;		/* then, or why it is not known */
	GlueFailure *no_account;
} GlueWorkTarget;

/* All targets of whoever works a queue. */
typedef struct GlueWorkTargets
{
	MemoryContext context;
	Oid			schema;			/* of the extension */
	const GlueTransactions *transactions;
	dlist_head	targets;
	List	   *states;

	/* what is done for others while credentials are waited for */
	GlueHttpMeanwhile meanwhile;
	void	   *meanwhile_arg;
	bool		connecting;		/* they are being waited for */
	bool		in_meanwhile;	/* and that is being done */
} GlueWorkTargets;

extern void glue_work_targets_init(GlueWorkTargets *all, Oid schema,
								   const GlueTransactions *transactions,
								   GlueHttpMeanwhile meanwhile,
								   void *meanwhile_arg);
extern void glue_work_targets_expire(GlueWorkTargets *all);
extern bool glue_work_targets_connect(GlueWorkTargets *all);
extern List *glue_work_targets_blocked(const GlueWorkTargets *all);

extern GlueWorkTarget *glue_work_target_use(GlueWorkTargets *all,
											const GlueClaim *request);
extern bool glue_work_target_connected(const GlueWorkTarget *target);
extern void glue_work_target_release(GlueWorkTarget *target);
extern TimestampTz glue_work_target_block(GlueWorkTarget *target);
extern TimestampTz glue_work_target_take_turn(GlueWorkTarget *target);

extern TimestampTz glue_work_backoff(int failures);
extern bool glue_work_as_role(Oid role, Oid *user, int *security_context);

#endif							/* GLUE_QUEUE_TARGET_H */
