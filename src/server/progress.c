/*-------------------------------------------------------------------------
 *
 * progress.c
 *	  How far long commands have got, for others to see.
 *
 * PostgreSQL's own reports of progress are for the commands that it knows, so there
 * is a place here for each process, which it alone writes; see
 * server/shared_state.c.  A process shows one command at a time, the outer one, as
 * long as that lasts.  Without the library preloaded there is nobody to show it to.
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

/* Ours, while there is something to show; how deep commands are nested. */
static GlueProgress *own = NULL;
static int	depth = 0;

/* prototypes of private functions */
static void end_with_context(void *arg);
static void end_at_exit(int code, Datum arg);

/* Begin to show a command; glue_progress_end() must follow. */
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

/* The same until a memory context is gone, be it by an error. */
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

/* A phase begins, of so many steps, or -1: not known. */
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

/* Some steps more are done. */
void
glue_progress_add(int64 done)
{
	if (own == NULL || depth > 1)
		return;
	glue_show_begin(&own->shown);
	own->done += done;
	glue_show_end(&own->shown);
}

/* Raises no error. */
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
 * Copy what a process shows; false if the number is not that of one.  The pid is 0
 * if it shows nothing.
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
