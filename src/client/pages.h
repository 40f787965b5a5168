/*-------------------------------------------------------------------------
 *
 * pages.h
 *	  Operations of AWS that answer page by page.
 *
 * IDENTIFICATION
 *	  src/client/pages.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_PAGES_H
#define GLUE_CLIENT_PAGES_H

#include "client/client.h"

/* A list that is being read.  Everything of it is private but asked_at. */
typedef struct GluePages
{
	TimestampTz asked_at;		/* when the current page was asked for */

	GlueCall	call;
	const char *member;			/* of the answer, that holds the entries */
	int			page_size;
	MemoryContext context;		/* of the current page */
	json_object *entries;		/* of the current page, or NULL */
	size_t		next;			/* the entry to be returned next */
	bool		is_last;
	uint64		npages;
	char	   *past_token;		/* of one of the pages before */
	uint64		past_token_until;	/* the page with which to replace it */
} GluePages;

extern void glue_pages_init(GluePages *pages, const GlueCall *call,
							const char *member);
extern json_object *glue_pages_next(GluePages *pages);
extern json_object *glue_pages_next_unchecked(GluePages *pages,
											  const char **problem);

#endif							/* GLUE_CLIENT_PAGES_H */
