/*-------------------------------------------------------------------------
 *
 * open_lists.h
 *	  Lists that are read while something else may go on.
 *
 * IDENTIFICATION
 *	  src/client/open_lists.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_OPEN_LISTS_H
#define GLUE_CLIENT_OPEN_LISTS_H

#include "client/pages.h"
#include "executor/executor.h"
#include "lib/ilist.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

/* A list, from the first call of a function that returns it to the last. */
typedef struct GlueOpenList
{
	/* set before glue_open_list_begin() */
	MemoryContext context;		/* to which all of the list belongs */
	const GlueTarget *target;
	GluePages	pages;

	/* private */
	json_object *entry;			/* was read, and is to be delivered, or NULL */
	bool		tracked;		/* the rest is about lists that are */
	dlist_node	node;			/* in open_lists */
	ExprContext *executor;		/* where the list is read */
	ResourceOwner owner;		/* that is there for as long as the list */
	MemoryContextCallback at_end;

	/* what was read ahead; NULL: nothing, or all of it was returned */
	Tuplestorestate *ahead;
	TupleTableSlot *slot;
	bool		damaged;		/* an error came when it was added to */
} GlueOpenList;

extern void glue_open_list_begin(GlueOpenList *list, ExprContext *executor,
								 bool tracked);
extern bool glue_open_list_next(GlueOpenList *list, Datum *entry);
extern void glue_open_list_end(GlueOpenList *list);
extern void glue_open_lists_read(const GlueTarget *target);

#endif							/* GLUE_CLIENT_OPEN_LISTS_H */
