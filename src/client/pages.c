/*-------------------------------------------------------------------------
 *
 * pages.c
 *	  Paginated operations of AWS.
 *
 * A page is requested when its first entry is needed, and freed when the next
 * page is.  So a caller that needs few entries makes few calls, and a list of
 * any length needs the memory of one page.
 *
 * Two problems can occur.  The entries may be so large that an answer exceeds
 * our limit; then smaller pages are requested.  And a service could return the
 * same token again and again.  Tokens are opaque, so only a repeated token can
 * be detected.  A set of all tokens would need memory; it is enough to
 * remember one, and to replace it after twice as many pages.  Then a cycle of
 * any length is detected before its third round ends.
 *
 * IDENTIFICATION
 *	  src/client/pages.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/client.h"
#include "client/pages.h"
#include "glue/answer.h"
#include "glue/model.h"
#include "miscadmin.h"
#include "server/jsonb_tree.h"
#include "server/secret_memory.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static void read_page(GluePages *pages);
static void run_call(GluePages *pages);
static const GlueCredentials *keep_credentials(GluePages *pages,
											   const GlueCredentials *renewed);
static const char *next_token(const GluePages *pages);
static void remember_token(GluePages *pages, const char *token);

/*
 * Begin to read a list.
 *
 * call has been prepared; its request gets the members for pagination.  The
 * data of pages belong to the current memory context.
 */
void
glue_pages_init(GluePages *pages, const GlueCall *call, const char *member)
{
	Assert(call->arguments != NULL && call->attempts == 0);
	memset(pages, 0, sizeof(GluePages));
	pages->call = *call;
	pages->member = member;
	pages->page_size = glue_model_operation(call->operation)->page_size;
	pages->context = AllocSetContextCreate(CurrentMemoryContext,
										   "glue_conn page",
										   ALLOCSET_DEFAULT_SIZES);
}

/*
 * Read the next entry, an object; NULL after the last one.
 *
 * It is valid until the next call.  Raises an error if the page cannot be
 * read, or the entry is malformed; the next call then tries again.
 */
json_object *
glue_pages_next(GluePages *pages)
{
	const char *problem;
	json_object *entry = glue_pages_next_unchecked(pages, &problem);

	if (problem == NULL)
		return entry;
	pages->next--;
	glue_failure_raise(ERROR,
					   glue_call_malformed_answer(&pages->call, problem));
	return NULL;				/* keep the compiler quiet */
}

/*
 * Do the same, but return the problem of a malformed entry in *problem, which
 * is NULL otherwise.
 */
json_object *
glue_pages_next_unchecked(GluePages *pages, const char **problem)
{
	char		text[GLUE_ANSWER_PROBLEM_SIZE];
	json_object *entry;

	*problem = NULL;
	while (pages->entries == NULL ||
		   pages->next >= json_object_array_length(pages->entries))
	{
		if (pages->is_last)
			return NULL;
		CHECK_FOR_INTERRUPTS();
		read_page(pages);
	}
	entry = json_object_array_get_idx(pages->entries, pages->next);
	if (!glue_answer_check_entry(entry, pages->member, pages->next++, text))
		*problem = pstrdup(text);
	return entry;
}

/* Read a page; after an error, there is no current page. */
static void
read_page(GluePages *pages)
{
	json_object *entries;
	const char *token;

	run_call(pages);
	entries = json_object_object_get(pages->call.answer, pages->member);
	pages->npages++;
	if (!json_object_is_type(entries, json_type_array))
		glue_failure_raise(ERROR,
						   glue_call_malformed_answer(&pages->call,
													  "it holds no list"));
	token = next_token(pages);
	if (token != NULL)
	{
		remember_token(pages, token);
		glue_tree_add(pages->call.arguments, "NextToken",
					  json_object_new_string(token));
	}
	pages->is_last = token == NULL;
	pages->entries = entries;
	pages->next = 0;
}

/*
 * Request a page, and a smaller one if the answer is too large.
 *
 * If an error ends the wait, the results of the call are freed.
 */
static void
run_call(GluePages *pages)
{
	for (;;)
	{
		GlueCall	call = pages->call;
		MemoryContext old_context;

		pages->entries = NULL;
		MemoryContextReset(pages->context);
		glue_tree_add(call.arguments, "MaxResults",
					  json_object_new_int(pages->page_size));
		pages->asked_at = GetCurrentTimestamp();

		old_context = MemoryContextSwitchTo(pages->context);
		glue_client_run(&call, 1);
		MemoryContextSwitchTo(old_context);
		if (call.credentials != pages->call.credentials)
			call.credentials = keep_credentials(pages, call.credentials);
		pages->call = call;

		if (call.failure == NULL)
			return;
		if (strcmp(call.failure->code, GLUE_CODE_TOO_LARGE) != 0 ||
			pages->page_size == 1)
			glue_failure_raise(ERROR, call.failure);
		pages->page_size /= 2;
	}
}

/* Use credentials that were renewed for this page for the later pages, too. */
static const GlueCredentials *
keep_credentials(GluePages *pages, const GlueCredentials *renewed)
{
	MemoryContext old_context =
		MemoryContextSwitchTo(MemoryContextGetParent(pages->context));
	GlueCredentials *kept = palloc(sizeof(GlueCredentials));

	*kept = glue_secret_credentials(renewed);
	MemoryContextSwitchTo(old_context);
	return kept;
}

/* The token of the page after the current one, or NULL. */
static const char *
next_token(const GluePages *pages)
{
	json_object *token = json_object_object_get(pages->call.answer,
												"NextToken");

	if (!json_object_is_type(token, json_type_string) ||
		json_object_get_string_len(token) == 0)
		return NULL;
	return json_object_get_string(token);
}

/*
 * Raise an error if the token is a repeated one; remember it if it is the next
 * to be remembered.
 */
static void
remember_token(GluePages *pages, const char *token)
{
	if (pages->past_token != NULL && strcmp(token, pages->past_token) == 0)
		glue_failure_raise(ERROR,
						   glue_call_malformed_answer(&pages->call,
													  "its page token is repeated, so the list would never end"));
	if (pages->npages < pages->past_token_until)
		return;
	if (pages->past_token != NULL)
		pfree(pages->past_token);
	pages->past_token = MemoryContextStrdup(MemoryContextGetParent(pages->context),
											token);
	pages->past_token_until = pages->npages * 2;
}
