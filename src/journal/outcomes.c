/*-------------------------------------------------------------------------
 *
 * outcomes.c
 *	  The outcomes of calls whose transactions have not ended.
 *
 * A transaction that is rolled back cannot leave the answer of AWS Glue in a
 * table, but in shared memory.  The process that resolves the call finds it
 * there, and need not find out so much.  This is only an optimization: an
 * outcome that is not here, or was lost in a crash, is looked up in AWS Glue.
 *
 * So the hash table has a fixed size, and a call that finds no place takes
 * that of the oldest entry.  The ID of the request selects the row of an
 * entry.  Consecutive IDs are in consecutive rows, so that they fill the table
 * evenly.
 *
 * No function here raises errors, because they are called at the end of
 * transactions.
 *
 * IDENTIFICATION
 *	  src/journal/outcomes.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "journal/outcomes.h"
#include "miscadmin.h"
#include "text/json.h"

#define NUM_ROWS		256
#define ROW_LENGTH		16

typedef struct OutcomeEntry
{
	Oid			database;		/* InvalidOid: free */
	int64		id;
	uint64		age;			/* in the order of the notes */
	GlueOutcomeNote call;
} OutcomeEntry;

typedef struct OutcomeTable
{
	uint64		notes;			/* so far */
	OutcomeEntry entries[NUM_ROWS][ROW_LENGTH];
} OutcomeTable;

GlueSharedPart glue_outcome_part = {
	.name = "glue_conn outcomes",
	.size = sizeof(OutcomeTable),
};

/* A free entry, or else the oldest one. */
static OutcomeEntry *
make_entry(OutcomeEntry *row)
{
	OutcomeEntry *oldest = &row[0];

	for (int i = 0; i < ROW_LENGTH; i++)
	{
		if (!OidIsValid(row[i].database))
			return &row[i];
		if (row[i].age < oldest->age)
			oldest = &row[i];
	}
	return oldest;
}

static OutcomeEntry *
find_entry(OutcomeEntry *row, int64 id)
{
	for (int i = 0; i < ROW_LENGTH; i++)
	{
		if (row[i].id == id && row[i].database == MyDatabaseId)
			return &row[i];
	}
	return NULL;
}

static OutcomeEntry *
row_of(OutcomeTable *outcomes, int64 id)
{
	return outcomes->entries[((uint64) id + MyDatabaseId) % NUM_ROWS];
}

static void
note_failure(GlueOutcomeNote *call, const GlueFailure *failure)
{
	strlcpy(call->code, failure->code, sizeof(call->code));
	snprintf(call->message, sizeof(call->message), "%s: %s",
			 failure->message, failure->detail);
	call->message[glue_utf8_clip(call->message, strlen(call->message),
								 sizeof(call->message) - 2)] = '\0';
	if (failure->request_id != NULL &&
		strlen(failure->request_id) < sizeof(call->request_id))
		strcpy(call->request_id, failure->request_id);
}

/*
 * Note the outcome of a call of this database, and whether it is final;
 * aws_ended_at is its time by AWS's clock, 0 if that is not known.  failure is
 * the reason of NOTHING, or NULL.
 */
void
glue_outcome_note(int64 id, GlueOutcome outcome, bool answered,
				  TimestampTz aws_ended_at, const GlueFailure *failure)
{
	OutcomeTable *outcomes;
	OutcomeEntry *row;
	OutcomeEntry *entry;
	OutcomeEntry noted = {
		.database = MyDatabaseId,
		.id = id,
		.call.outcome = outcome,
		.call.answered_at = answered ? GetCurrentTimestamp() : 0,
		.call.aws_ended_at = answered ? aws_ended_at : 0,
	};

	if (!glue_shared_is_shared())
		return;
	if (outcome == GLUE_OUTCOME_UNKNOWN)
	{
		glue_outcome_forget(id);
		return;
	}
	if (failure != NULL)
		note_failure(&noted.call, failure);

	outcomes = glue_shared_attach(&glue_outcome_part);
	row = row_of(outcomes, id);
	glue_shared_lock(LW_EXCLUSIVE);
	entry = find_entry(row, id);
	if (entry == NULL)
		entry = make_entry(row);
	noted.age = ++outcomes->notes;
	*entry = noted;
	glue_shared_unlock();
}

/* The outcome of a call of this database, as far as it was noted. */
void
glue_outcome_find(int64 id, GlueOutcomeNote *found)
{
	OutcomeEntry *entry;

	memset(found, 0, sizeof(*found));
	if (!glue_shared_is_shared())
		return;
	glue_shared_lock(LW_SHARED);
	entry = find_entry(row_of(glue_shared_attach(&glue_outcome_part),
							  id), id);
	if (entry != NULL)
		*found = entry->call;
	glue_shared_unlock();
}

/* Remove the entry of a call of this database: it is not needed any more. */
void
glue_outcome_forget(int64 id)
{
	OutcomeEntry *entry;

	if (!glue_shared_is_shared())
		return;
	glue_shared_lock(LW_EXCLUSIVE);
	entry = find_entry(row_of(glue_shared_attach(&glue_outcome_part),
							  id), id);
	if (entry != NULL)
		entry->database = InvalidOid;
	glue_shared_unlock();
}
