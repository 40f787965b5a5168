/*-------------------------------------------------------------------------
 *
 * mailbox.c
 *	  Rows that another process commits, independently of our transaction.
 *
 * A caller hands the rows over in a box in shared memory, and waits until the
 * journal's worker of its database has committed them.  The worker takes all
 * filled boxes at once.
 *
 * Either side may exit at any time.  The box of a caller is then freed or
 * abandoned; the boxes of a worker become filled again, for the next worker.
 *
 * A message that is too large for a box is stored in a segment of dynamic
 * shared memory, which exists while one of the two is attached.
 *
 * IDENTIFICATION
 *	  src/journal/mailbox.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "journal/mailbox.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/news.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

/*
 * Longest wait of a caller, and the time after which it asks for a worker
 * again.
 */
#define PATIENCE_MS		10000
#define ASK_AGAIN_MS	1000

#define SEE_LOG	"See glue_worker_summary and the server log."

/* The box of this process as a caller, and its segment; or NULL. */
static GlueBox *own_box = NULL;
static dsm_segment *own_segment = NULL;
static TimestampTz own_deadline;

/*
 * Does this process wait for a box, or has it not yet looked whether it was
 * given one?
 */
static bool own_waiting = false;

/* prototypes of private functions */
static void fill_box(Oid table, const char *tuples, Size len, int ntuples);
static long ms_left(void);
pg_noreturn static void raise_obstacle(void);
static void raise_failure(const GlueBoxFailure *failure);
static void leave_at_exit(int code, Datum arg);

/* ----------------------------------------------------------------
 * The caller
 * ----------------------------------------------------------------
 */

/*
 * Send tuples to the worker, to be inserted into a table; glue_mailbox_await()
 * must follow, or glue_mailbox_leave() at the end of the transaction after an error
 * in between.
 *
 * The tuples are MinimalTuples, each at a MAXALIGNed place.
 */
void
glue_mailbox_post(Oid table, const char *tuples, Size len, int ntuples)
{
	static bool registered = false;
	static uint32 wait_event = 0;

	if (!registered)
		before_shmem_exit(leave_at_exit, (Datum) 0);
	registered = true;

	glue_mailbox_leave();
	own_deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											   PATIENCE_MS);
	own_box = glue_box_ask();
	own_waiting = own_box == NULL;
	while (own_box == NULL && (own_box = glue_box_given()) == NULL)
		(void) glue_news_await(ms_left(),
							   GLUE_WAIT_EVENT(wait_event, "GlueConnJournalBox"));
	own_waiting = false;
	fill_box(table, tuples, len, ntuples);
	glue_news_wake(GLUE_WORK_JOURNAL);
}

/*
 * Wait until the tuples are recorded; returns 0, or, if none is because of an
 * existing row, the ID of that row.
 *
 * Raises an error if they were not recorded, or if there is no answer in time.
 */
int64
glue_mailbox_await(void)
{
	static uint32 wait_event = 0;
	int64		blocked_by;

	Assert(own_box != NULL);
	while (glue_box_state(own_box) != GLUE_BOX_ANSWERED)
	{
		if (glue_news_await(Min(ms_left(), ASK_AGAIN_MS),
							GLUE_WAIT_EVENT(wait_event, "GlueConnJournal")))
			glue_news_wake(GLUE_WORK_JOURNAL);
	}
	if (own_box->failure.sqlstate != 0)
		raise_failure(&own_box->failure);
	blocked_by = own_box->blocked_by;
	glue_mailbox_leave();
	return blocked_by;
}

static void
fill_box(Oid table, const char *tuples, Size len, int ntuples)
{
	char	   *message = (char *) own_box->room;

	own_box->table = table;
	own_box->ntuples = ntuples;
	own_box->segment = DSM_HANDLE_INVALID;
	if (len > GLUE_BOX_ROOM)
	{
		own_segment = dsm_create(len, 0);
		own_box->segment = dsm_segment_handle(own_segment);
		message = dsm_segment_address(own_segment);
	}
	memcpy(message, tuples, len);
	glue_box_fill(own_box);
}

/* The rest of the time limit; raises an error if it is exceeded. */
static long
ms_left(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now >= own_deadline)
		raise_obstacle();
	return TimestampDifferenceMilliseconds(now, own_deadline) + 1;
}

/* No worker has recorded the call: raise an error with the probable cause. */
static void
raise_obstacle(void)
{
	static const struct
	{
		const char *detail;
		const char *hint;
	}			known[] = {
		[GLUE_OBSTACLE_UNKNOWN] = {"", SEE_LOG},
		[GLUE_OBSTACLE_NO_LAUNCHER] =
		{"The launcher of the background workers does not run. ",
		"See the server log.  If there was no room for it, raise \"max_worker_processes\" and restart the server."},
		[GLUE_OBSTACLE_NO_ROOM] =
		{"There is no room for another background worker. ",
		"Raise \"max_worker_processes\"."},
		[GLUE_OBSTACLE_STANDBY] =
		{"The background worker waits for a synchronous standby. ",
		"See \"synchronous_standby_names\" and pg_stat_replication."},
		[GLUE_OBSTACLE_BUSY] =
		{"The background worker of this database is stuck or overloaded. ",
		SEE_LOG},
	};
	GlueObstacle obstacle = glue_work_obstacle(GLUE_WORK_JOURNAL);

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("no background worker has recorded the call in time"),
			 errdetail_internal("%sNothing was sent.", known[obstacle].detail),
			 errhint("%s", known[obstacle].hint)));
}

static void
raise_failure(const GlueBoxFailure *failure)
{
	ereport(ERROR,
			(errcode(failure->sqlstate),
			 errmsg_internal("%s", failure->message),
			 failure->detail[0] != '\0' ?
			 errdetail_internal("%s", failure->detail) : 0,
			 failure->hint[0] != '\0' ? errhint("%s", failure->hint) : 0,
			 errcontext("recording the call, before anything was sent")));
}

/*
 * Give up the box that this process has or waits for, in any state.  Raises no
 * error.
 */
void
glue_mailbox_leave(void)
{
	GlueBox    *box = own_box;
	dsm_segment *segment = own_segment;

	/* without a box no segment is attached; attaching would need memory */
	if (box == NULL && !own_waiting)
		return;
	own_box = NULL;
	own_segment = NULL;
	own_waiting = false;
	glue_box_leave(box);
	if (segment != NULL)
		dsm_detach(segment);
}

/* A before_shmem_exit callback */
static void
leave_at_exit(int code, Datum arg)
{
	glue_mailbox_leave();
}

/* ----------------------------------------------------------------
 * The worker
 * ----------------------------------------------------------------
 */

/*
 * The tuples in a taken box; NULL if its caller does not wait any more.
 *
 * *segment holds them, or is NULL; it must be detached in the same transaction,
 * unless that is rolled back.
 */
const char *
glue_mailbox_open(GlueBox *box, dsm_segment **segment)
{
	*segment = NULL;
	if (glue_box_state(box) == GLUE_BOX_ABANDONED)
		return NULL;
	if (box->segment == DSM_HANDLE_INVALID)
		return (const char *) box->room;
	*segment = dsm_attach(box->segment);
	return *segment != NULL ? dsm_segment_address(*segment) : NULL;
}

/*
 * Prepare the answer: the tuples are recorded, or none is, because of another
 * row, or because of an error.
 */
void
glue_mailbox_answer(GlueBox *box, int64 blocked_by, const ErrorData *error)
{
	GlueBoxFailure *failure = &box->failure;
	int			encoding = GetDatabaseEncoding();

	box->blocked_by = blocked_by;
	failure->sqlstate = error != NULL ? error->sqlerrcode : 0;
	if (error == NULL)
		return;
	glue_copy_clipped(failure->message, sizeof(failure->message),
					  error->message, encoding);
	glue_copy_clipped(failure->detail, sizeof(failure->detail), error->detail,
					  encoding);
	glue_copy_clipped(failure->hint, sizeof(failure->hint), error->hint,
					  encoding);
}
