/*-------------------------------------------------------------------------
 *
 * rate_slot.h
 *	  The rate limits of AWS, shared by all processes, and their queues.
 *
 * For client/turn.c, and for functions/rate.c, which shows the slots.
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
 * Key of a limit.  The bytes behind the end of a text are zero, so that keys can
 * be compared by memcmp().
 */
typedef struct GlueRateKey
{
	char		endpoint[GLUE_ENDPOINT_MAX_LEN + 1];	/* URL */
	char		region[GLUE_REGION_MAX_LEN + 1];
	char		caller[GLUE_ACCESS_KEY_ID_SIZE];	/* account, or else access
													 * key */
	char		operation[GLUE_OPERATION_SIZE];
	int			is_account;		/* or else the caller is an access key */
	Oid			claimant;		/* role that uses the key; 0 if the account is
								 * verified */

	/* of a limit of our own; 0 for AWS's */
	int			ceiling;		/* requests a second */
	Oid			server;			/* server with the option; 0: the setting */
	Oid			database;		/* of the server */
} GlueRateKey;

/* Room for the name of a target. */
#define GLUE_RATE_NAME_SIZE		(GLUE_ENDPOINT_MAX_LEN + 17)

/* The state of a limit. */
typedef struct GlueRateSlot
{
	uint64		used;			/* number of its last use; 0: free */
	GlueRateKey key;
	Oid			maker;			/* role that the slot belongs to */
	GlueRateLimit limit;
	int			nwaiting;		/* number of waiting calls */
	dlist_head	lines[GLUE_RATE_CLASSES];	/* of GlueRatePlace */
} GlueRateSlot;

/* The place of a process in a line. */
typedef struct GlueRatePlace
{
	dlist_node	node;
	bool		in_line;
	bool		called;			/* it is to ask now */
	int			process;		/* number of its PGPROC */
	int64		due_at;			/* deadline for asking, if it is first */
} GlueRatePlace;

/* Number of lines that one process can be in. */
#define GLUE_RATE_PLACES		16

extern GlueSharedPart glue_rate_part;

extern GlueRatePlace *glue_rate_place(int number);
extern bool glue_rate_slot_copy(int number, GlueRateSlot *copy);
extern const char *glue_rate_key_name(const GlueRateKey *key, char *name,
									  Size size);
extern uint64 glue_rate_key_hash(const GlueRateKey *key);

/* these require the lock */
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
