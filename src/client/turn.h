/*-------------------------------------------------------------------------
 *
 * turn.h
 *	  When it is the turn of a call to be sent.
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

typedef enum GlueTurnState
{
	GLUE_TURN_NONE,				/* neither of these */
	GLUE_TURN_WAITING,
	GLUE_TURN_TAKEN				/* the call may be under way */
} GlueTurnState;

/* The turn of a call.  Lives in the memory context where it was begun. */
typedef struct GlueTurn
{
	GlueTurnState state;
	GlueRateKey key;			/* of AWS's limit */
	GlueRateKey own;			/* of our own, if it has a ceiling */
	uint64		hash;			/* of the key */
	uint64		own_hash;
	Oid			user;			/* whose call it is */
	bool		paced;			/* our own limit lets it go */
	char		caller[GLUE_ACCESS_KEY_ID_SIZE];	/* of the key */
	GlueRateClass class;
	int64		timeout;		/* of waiting in vain */
	int64		waiting_since;	/* 0: it has not asked */
	int64		ask_at;			/* when to ask again */
	bool		first;			/* it was refused, and goes first */
	uint32		epoch;			/* of the token, if it is taken */
	GlueRateSlot *slot;			/* unless none */
	struct TurnLine *line;		/* NULL: it waits without a line */
	dlist_node	node;			/* in the line, or in those that are taken */
	void		(*on_news) (void *arg);
	void	   *on_news_arg;
	MemoryContextCallback leave;
} GlueTurn;

extern void glue_turn_init(GlueTurn *turn, const GlueCall *call,
						   void (*on_news) (void *arg), void *on_news_arg);
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
