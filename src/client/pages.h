/*-------------------------------------------------------------------------
 *
 * pages.h
 *	  Paginated operations of AWS.
 *
 * IDENTIFICATION
 *	  src/client/pages.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_PAGES_H
#define GLUE_CLIENT_PAGES_H

#include "client/client.h"

/* A list that is being read.  All fields but asked_at are private. */
typedef struct GluePages
{
	TimestampTz asked_at;		/* time of the request for the current page */

	GlueCall	call;
	const char *member;			/* name of the answer's member with the
								 * entries */
	int			page_size;
	MemoryContext context;		/* of the current page */
	json_object *entries;		/* of the current page, or NULL */
	size_t		next;			/* the entry to be returned next */
	bool		is_last;
	uint64		npages;
	char	   *past_token;		/* of an earlier page */
	uint64		past_token_until;	/* number of the page whose token replaces
									 * it */
} GluePages;

extern void glue_pages_init(GluePages *pages, const GlueCall *call,
							const char *member);
extern json_object *glue_pages_next(GluePages *pages);
extern json_object *glue_pages_next_unchecked(GluePages *pages,
											  const char **problem);

#endif							/* GLUE_CLIENT_PAGES_H */
