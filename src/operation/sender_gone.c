/*-------------------------------------------------------------------------
 *
 * sender_gone.c
 *	  How long ago the last sender of an undo was gone, where AWS does not tell.
 *
 * An undo waits until nothing of it can arrive any more: so long after whoever sent
 * something was gone, by AWS's clock (see undo.c).  But there are endpoints that
 * do not tell the time, and a proxy can take it out of their answers.  Then that
 * wait would have no end.
 *
 * It is the length of the wait that counts, and not what time it is.  So a clock of
 * this machine will do that nobody sets: it is noted that a look at the connection
 * is over, which was by someone who alone may send something; and the note is
 * thrown away before anything is sent.  So whatever has been sent was sent before
 * the note.
 *
 * Notes are in shared memory, and not in the table, for that clock means nothing
 * after a restart, or elsewhere.  If one is lost, the wait begins anew: it is
 * never too short.
 *
 * IDENTIFICATION
 *	  src/operation/sender_gone.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/clock.h"
#include "miscadmin.h"
#include "operation/sender_gone.h"

/* Requests that have the same place push each other out. */
#define NUM_NOTES		1021

typedef struct SenderGoneNote
{
	Oid			database;		/* 0: free */
	int64		request;
	int64		at_ms;			/* by glue_boot_ms() */
} SenderGoneNote;

GlueSharedPart glue_sender_gone_part = {
	.name = "glue_conn undo senders gone",
	.size = NUM_NOTES * sizeof(SenderGoneNote),
};

/* prototypes of private functions */
static SenderGoneNote *place_of(int64 request);
static bool is_of(const SenderGoneNote *note, int64 request);

/* Nobody sends anything of an undo any more, unless that was noted before. */
void
glue_sender_gone_note(int64 request)
{
	SenderGoneNote *note = place_of(request);

	glue_shared_lock(LW_EXCLUSIVE);
	if (!is_of(note, request))
		*note = (SenderGoneNote)
	{
		MyDatabaseId, request, glue_boot_ms()
	};
	glue_shared_unlock();
}

/* Something is about to be sent. */
void
glue_sender_gone_forget(int64 request)
{
	SenderGoneNote *note = place_of(request);

	glue_shared_lock(LW_EXCLUSIVE);
	if (is_of(note, request))
		note->database = InvalidOid;
	glue_shared_unlock();
}

/* For how long that has been so; 0 if it is not known. */
int64
glue_sender_gone_ms(int64 request)
{
	SenderGoneNote *note = place_of(request);
	int64		ms = 0;

	glue_shared_lock(LW_SHARED);
	if (is_of(note, request))
		ms = glue_boot_ms() - note->at_ms;
	glue_shared_unlock();
	return ms;
}

static SenderGoneNote *
place_of(int64 request)
{
	SenderGoneNote *notes = glue_shared_attach(&glue_sender_gone_part);

	return &notes[((uint64) request + MyDatabaseId) % NUM_NOTES];
}

static bool
is_of(const SenderGoneNote *note, int64 request)
{
	return note->database == MyDatabaseId && note->request == request;
}
