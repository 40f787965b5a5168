/*-------------------------------------------------------------------------
 *
 * sender_gone.c
 *	  The age of the last message of an undo, for endpoints without a clock.
 *
 * An undo waits until none of its messages can arrive any more: for a time
 * after the last sender was gone, by AWS's clock (see undo.c).  But some
 * endpoints send no Date, and a proxy can remove it from their answers.  Then
 * that wait would not end.
 *
 * The wait is an interval, not a time of day.  So a monotonic clock of this
 * machine is sufficient: after the only process that may send a message has
 * read the connection, it notes the time, and it removes the note before it
 * sends a message.  So every message was sent before the note.
 *
 * Notes are in shared memory, and not in the table, because that clock is not
 * valid after a restart, or on another machine.  If a note is lost, the wait
 * starts again: it is never too short.
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

/* Requests with the same hash replace each other. */
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

/*
 * Note that no process sends a message of an undo any more, unless that was
 * noted before.
 */
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

/* Remove the note: a message is about to be sent. */
void
glue_sender_gone_forget(int64 request)
{
	SenderGoneNote *note = place_of(request);

	glue_shared_lock(LW_EXCLUSIVE);
	if (is_of(note, request))
		note->database = InvalidOid;
	glue_shared_unlock();
}

/* The age of the note; 0 if there is none. */
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
