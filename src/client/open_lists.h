/*-------------------------------------------------------------------------
 *
 * open_lists.h
 *	  Lists that are read while the statement may change connections.
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

/* A list, from the first call of a set-returning function to the last. */
typedef struct GlueOpenList
{
	/* set before glue_open_list_begin() */
	MemoryContext context;		/* parent of all data of the list, whose
								 * deletion ends it */
	const GlueTarget *target;
	GluePages	pages;

	/* private */
	json_object *entry;			/* the entry to be delivered next, or NULL */
	bool		tracked;		/* the fields below are for tracked lists */
	dlist_node	node;			/* in open_lists */
	ExprContext *executor;		/* context of the execution that reads the
								 * list */
	ResourceOwner owner;		/* the portal's, which lives as long as the
								 * list */
	MemoryContextCallback at_end;

	/* the entries read ahead; NULL: none, or all were returned */
	Tuplestorestate *ahead;
	TupleTableSlot *slot;
	bool		damaged;		/* an error occurred while an entry was added */
} GlueOpenList;

extern void glue_open_list_begin(GlueOpenList *list, ExprContext *executor,
								 bool tracked);
extern bool glue_open_list_next(GlueOpenList *list, Datum *entry);
extern void glue_open_lists_read(const GlueTarget *target);

#endif							/* GLUE_CLIENT_OPEN_LISTS_H */
