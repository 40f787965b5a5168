/*-------------------------------------------------------------------------
 *
 * progress.c
 *	  Progress of long commands, for the view glue_progress.
 *
 * PostgreSQL's own progress reporting is limited to its own commands, so each
 * process has a slot of ours, which only it writes; see server/shared_state.c.
 * A process shows one command at a time, the outermost one.  If the library is
 * not preloaded, progress is not recorded: other sessions could not see it.
 *
 * IDENTIFICATION
 *	  src/server/progress.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "server/compat.h"
#include "server/progress.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

GlueSharedPart glue_progress_part = {
	.name = "glue_conn progress",
	.size_per_backend = sizeof(GlueProgress),
};

/* The slot of this process during a command, and the nesting depth. */
static GlueProgress *own = NULL;
static int	depth = 0;

/* prototypes of private functions */
static void end_with_context(void *arg);
static void end_at_exit(int code, Datum arg);

/* Begin to report a command; glue_progress_end() must follow. */
void
glue_progress_begin(const char *command)
{
	static bool registered = false;
	GlueProgress *places;

	depth++;
	if (!glue_shared_is_shared() || own != NULL)
		return;
	if (!registered)
		before_shmem_exit(end_at_exit, (Datum) 0);
	registered = true;
	places = glue_shared_attach(&glue_progress_part);
	own = &places[GLUE_PROCESS_NUMBER(MyProc)];
	glue_show_begin(&own->shown);
	strlcpy(own->command, command, sizeof(own->command));
	own->phase[0] = '\0';
	own->done = 0;
	own->total = -1;
	own->database = MyDatabaseId;
	own->role = GetUserId();
	own->since = GetCurrentTimestamp();
	own->pid = MyProcPid;
	glue_show_end(&own->shown);
}

/* The same; the end of a memory context, after an error as well, ends it. */
void
glue_progress_begin_function(const char *command, MemoryContext context)
{
	MemoryContextCallback *end =
		MemoryContextAlloc(context, sizeof(MemoryContextCallback));

	end->func = end_with_context;
	end->arg = NULL;
	glue_progress_begin(command);
	MemoryContextRegisterResetCallback(context, end);
}

/* A MemoryContextCallbackFunction */
static void
end_with_context(void *arg)
{
	glue_progress_end();
}

/* Begin a phase with a number of steps, or -1 if that is unknown. */
void
glue_progress_phase(const char *phase, int64 total)
{
	if (own == NULL || depth > 1)
		return;
	glue_show_begin(&own->shown);
	strlcpy(own->phase, phase, sizeof(own->phase));
	own->done = 0;
	own->total = total;
	glue_show_end(&own->shown);
}

/* Add to the finished steps. */
void
glue_progress_add(int64 done)
{
	if (own == NULL || depth > 1)
		return;
	glue_show_begin(&own->shown);
	own->done += done;
	glue_show_end(&own->shown);
}

/* End a command.  Raises no error. */
void
glue_progress_end(void)
{
	if (--depth > 0 || own == NULL)
		return;
	glue_show_begin(&own->shown);
	own->pid = 0;
	glue_show_end(&own->shown);
	own = NULL;
}

/* A before_shmem_exit callback */
static void
end_at_exit(int code, Datum arg)
{
	depth = 1;
	glue_progress_end();
}

/*
 * Copy the slot of a process; false if there is no such number.  The pid is 0
 * if no command is under way.
 */
bool
glue_progress_copy(int number, GlueProgress *copy)
{
	GlueProgress *places;

	if (!glue_shared_is_shared() || number >= MaxBackends)
		return false;
	places = glue_shared_attach(&glue_progress_part);
	if (!glue_shown_copy(copy, &places[number].shown, sizeof(GlueProgress)))
		copy->pid = 0;
	return true;
}
