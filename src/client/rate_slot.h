/*-------------------------------------------------------------------------
 *
 * rate_slot.h
 *	  How fast AWS takes requests, and who waits to make one.
 *
 * For client/turn.c, but for the shared part, and for functions/rate.c, which shows
 * what is known.
 *
 * IDENTIFICATION
 *	  src/client/rate_slot.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_RATE_SLOT_H
#define GLUE_CLIENT_RATE_SLOT_H

#include "aws/credential_reply.h"
#include "aws/endpoint.h"
#include "aws/rate_limit.h"
#include "lib/ilist.h"
#include "server/shared_state.h"

#define GLUE_OPERATION_SIZE		64

/*
 * Whose requests are counted together.  What is behind the end of a text is zero,
 * so that keys are compared as they are.
 */
typedef struct GlueRateKey
{
	char		endpoint[GLUE_ENDPOINT_MAX_LEN + 1];	/* URL */
	char		region[GLUE_REGION_MAX_LEN + 1];
	char		caller[GLUE_ACCESS_KEY_ID_SIZE];	/* account, or else access
													 * key */
	char		operation[GLUE_OPERATION_SIZE];
	int			is_account;		/* the caller is one, or else an access key */
	Oid			claimant;		/* who says so, unless it is known */

	/* of a limit of our own; 0 of one of AWS's */
	int			ceiling;		/* requests a second at most */
	Oid			server;			/* whose option it is; 0: the setting's */
	Oid			database;		/* of the server */
} GlueRateKey;

/* Room for the name of a target. */
#define GLUE_RATE_NAME_SIZE		(GLUE_ENDPOINT_MAX_LEN + 17)

/* What is known of them. */
typedef struct GlueRateSlot
{
	uint64		used;			/* number of its last use; 0: free */
	GlueRateKey key;
	Oid			maker;			/* the role that it counts for */
	GlueRateLimit limit;
	int			nwaiting;		/* calls */
	dlist_head	lines[GLUE_RATE_CLASSES];	/* of GlueRatePlace */
} GlueRateSlot;

/* The place of a process in a line. */
typedef struct GlueRatePlace
{
	dlist_node	node;
	bool		in_line;
	bool		called;			/* it is to ask now */
	int			process;		/* number of its PGPROC */
	int64		due_at;			/* when it will have asked, if it is first */
} GlueRatePlace;

/* Lines that one process can be in. */
#define GLUE_RATE_PLACES		16

extern GlueSharedPart glue_rate_part;

extern GlueRatePlace *glue_rate_place(int number);
extern bool glue_rate_slot_copy(int number, GlueRateSlot *copy);
extern const char *glue_rate_key_name(const GlueRateKey *key, char *name,
									  Size size);
extern uint64 glue_rate_key_hash(const GlueRateKey *key);

/* these need the lock */
extern GlueRateSlot *glue_rate_slot_find(const GlueRateKey *key, uint64 hash,
										 Oid maker);
extern int64 glue_rate_slot_ask(GlueRateSlot *slot, GlueRateClass class,
								GlueRatePlace *place, bool first, int64 now,
								uint32 *epoch);
extern void glue_rate_slot_leave(GlueRateSlot *slot, GlueRateClass class,
								 GlueRatePlace *place, bool comes_again);
extern GlueRateNews glue_rate_slot_give(GlueRateSlot *slot, uint32 epoch,
										GlueRateAnswer answer, int64 pause);

#endif							/* GLUE_CLIENT_RATE_SLOT_H */
