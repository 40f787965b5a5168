/*-------------------------------------------------------------------------
 *
 * turn.h
 *	  The turn of an attempt: its token of the rate limit.
 *
 * IDENTIFICATION
 *	  src/client/turn.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_TURN_H
#define GLUE_CLIENT_TURN_H

#include "client/call.h"
#include "client/rate_slot.h"
#include "http/clock.h"
#include "http/http_transfer.h"

typedef enum GlueTurnState
{
	GLUE_TURN_NONE,				/* neither of the others */
	GLUE_TURN_WAITING,
	GLUE_TURN_TAKEN				/* the call may be under way */
} GlueTurnState;

/* The turn of a call.  Lives in the memory context where it was begun. */
typedef struct GlueTurn
{
	GlueTurnState state;
	GlueRateKey key;			/* AWS's limit */
	GlueRateKey own;			/* our own limit, if it has a ceiling */
	uint64		hash;			/* of the key */
	uint64		own_hash;
	Oid			user;			/* role of the call */
	bool		paced;			/* our own limit has given a token */
	GlueRateClass class;
	int64		timeout;		/* limit for a wait without success */
	int64		waiting_since;	/* 0: no request for a token yet */
	int64		ask_at;			/* time of the next request for a token */
	bool		first;			/* it was throttled, and goes first */
	uint32		epoch;			/* of the token */
	GlueRateSlot *slot;			/* NULL: no slot */
	struct TurnLine *line;		/* NULL: not in a line */
	dlist_node	node;			/* member of the line, or of the list of turns
								 * without a line or of taken turns */
	GlueCallback on_news;
	MemoryContextCallback leave;
} GlueTurn;

extern void glue_turn_init(GlueTurn *turn, const GlueCall *call,
						   GlueCallback on_news);
extern bool glue_turn_take(GlueTurn *turn);
extern bool glue_turn_is_hopeless(const GlueTurn *turn);
extern void glue_turn_give(GlueTurn *turn, GlueRateAnswer answer,
						   int64 pause);
extern void glue_turn_leave(GlueTurn *turn);

/* all turns of this process */
extern void glue_turns_tell(void);
extern int	glue_turns_waiting(const GlueTarget *target,
							   const GlueCredentials *credentials);
extern int	glue_turns_claim_ahead(const GlueTarget *target,
								   const GlueCredentials *credentials);

#endif							/* GLUE_CLIENT_TURN_H */
