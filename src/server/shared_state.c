/*-------------------------------------------------------------------------
 *
 * shared_state.c
 *	  Shared memory of the extension, if the library is preloaded.
 *
 * The extension works without shared_preload_libraries; then each backend has
 * a private state.  Files with shared state define it as a part, and need not
 * know which of the two it is: glue_shared_attach() returns memory that was
 * initialized once, for the server or for the process.
 *
 * A part with a file is kept over a clean restart, if it is shared.  The files
 * work like PostgreSQL's own statistics file, and are in the same directory: a
 * file is written at shutdown, and read and removed at start, so that there is
 * none after a crash.  A damaged file, or one of another version, is ignored.
 *
 * One lock protects all parts.  It is held for a few instructions, at most for
 * a copy of credentials, and never during a wait.  Data that a process only
 * publishes about itself need no lock: the process counts its changes, and a
 * reader tries again if there was a change during its copy.
 *
 * IDENTIFICATION
 *	  src/server/shared_state.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/mman.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "port/pg_crc32c.h"
#include "server/shared_state.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

#define TRANCHE_NAME	"glue_conn"

#define FILE_MAGIC		0x474c5545	/* "GLUE" */

/* Limit of a reader's attempts. */
#define MAX_LOOKS		1000

/* The header of a file; all but magic are about the part. */
typedef struct FileHeader
{
	uint32		magic;
	uint32		version;
	uint64		size;
	pg_crc32c	crc;
} FileHeader;

static GlueSharedPart *const *shared_parts;
static int	nshared_parts = 0;
static LWLock *shared_lock = NULL;	/* NULL: nothing is shared */

static shmem_request_hook_type prev_shmem_request_hook = NULL;
static shmem_startup_hook_type prev_shmem_startup_hook = NULL;

/* prototypes of private functions */
static void request_memory(void);
static void start_up(void);
static void put_away(int code, Datum arg);
static void fill_header(FileHeader *header, const GlueSharedPart *part);
static bool read_file(const GlueSharedPart *part);
static bool read_all(FILE *file, const GlueSharedPart *part);
static void write_file(const GlueSharedPart *part);
static Size net_size(const GlueSharedPart *part);
static Size part_size(const GlueSharedPart *part);
static void set_up(GlueSharedPart *part, void *memory, bool initialize);
static void clear(GlueSharedPart *part);

/*
 * Define the parts.
 *
 * To be called once, from _PG_init(); parts must stay valid.
 */
void
glue_shared_state_init(GlueSharedPart *const *parts, int nparts)
{
	shared_parts = parts;
	nshared_parts = nparts;
	if (!process_shared_preload_libraries_in_progress)
		return;
	prev_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	prev_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_up;
}

/*
 * The memory of a part; allocated here if nothing is shared.
 */
void *
glue_shared_attach(GlueSharedPart *part)
{
	if (part->memory == NULL && part->own_size != 0)
		part->size = part->own_size;
	if (part->memory == NULL)
		set_up(part, MemoryContextAlloc(TopMemoryContext, part_size(part)),
			   true);
	return part->memory;
}

/* Is the state shared with other backends? */
bool
glue_shared_is_shared(void)
{
	return shared_lock != NULL;
}

void
glue_shared_lock(LWLockMode mode)
{
	Assert(shared_lock == NULL || !LWLockHeldByMe(shared_lock));
	if (shared_lock != NULL)
		LWLockAcquire(shared_lock, mode);
}

void
glue_shared_unlock(void)
{
	Assert(shared_lock == NULL || LWLockHeldByMe(shared_lock));
	if (shared_lock != NULL)
		LWLockRelease(shared_lock);
}

/*
 * Begin and end a change of published data.  No error may be raised in
 * between.
 */
void
glue_show_begin(GlueShown *shown)
{
	shown->nchanges++;
	pg_write_barrier();
}

void
glue_show_end(GlueShown *shown)
{
	pg_write_barrier();
	shown->nchanges++;
}

/*
 * Copy published data of another process; false if it is changing all the
 * time, because waiting for it is not worthwhile.
 */
bool
glue_shown_copy(void *copy, const GlueShown *shown, Size size)
{
	for (int i = 0; i < MAX_LOOKS; i++)
	{
		uint32		before = *(volatile const uint32 *) &shown->nchanges;

		pg_read_barrier();
		memcpy(copy, shown, size);
		pg_read_barrier();
		if (before % 2 == 0 &&
			before == *(volatile const uint32 *) &shown->nchanges)
			return true;
	}
	return false;
}

static void
request_memory(void)
{
	if (prev_shmem_request_hook)
		prev_shmem_request_hook();
	for (int i = 0; i < nshared_parts; i++)
		RequestAddinShmemSpace(part_size(shared_parts[i]));
	RequestNamedLWLockTranche(TRANCHE_NAME, 1);
}

static void
start_up(void)
{
	bool		is_new = false;

	if (prev_shmem_startup_hook)
		prev_shmem_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (int i = 0; i < nshared_parts; i++)
	{
		GlueSharedPart *part = shared_parts[i];
		bool		found;
		void	   *memory = ShmemInitStruct(part->name, part_size(part),
											 &found);

		set_up(part, memory, !found);
		is_new |= !found;
	}
	LWLockRelease(AddinShmemInitLock);
	shared_lock = &GetNamedLWLockTranche(TRANCHE_NAME)->lock;

	if (IsUnderPostmaster)
		return;
	on_shmem_exit(put_away, (Datum) 0);
	for (int i = 0; i < nshared_parts && is_new; i++)
	{
		if (shared_parts[i]->file != NULL && !read_file(shared_parts[i]))
			clear(shared_parts[i]);
	}
}

/*
 * An on_shmem_exit callback of the postmaster: no other process exists any
 * more.
 */
static void
put_away(int code, Datum arg)
{
	for (int i = 0; i < nshared_parts && code == 0; i++)
	{
		if (shared_parts[i]->file != NULL)
			write_file(shared_parts[i]);
	}
}

static Size
net_size(const GlueSharedPart *part)
{
	return part->size + part->size_per_backend * MaxBackends;
}

/* A secret part has whole pages of its own. */
static Size
part_size(const GlueSharedPart *part)
{
	Size		page = sysconf(_SC_PAGESIZE);

	return part->secret ? TYPEALIGN(page, net_size(part)) + page :
		MAXALIGN(net_size(part));
}

static void
set_up(GlueSharedPart *part, void *memory, bool initialize)
{
	part->memory = part->secret ?
		(void *) TYPEALIGN(sysconf(_SC_PAGESIZE), memory) : memory;

	/*
	 * without MADV_DONTDUMP, only the administrator can keep secrets out of
	 * core dumps
	 */
#ifdef MADV_DONTDUMP
	if (part->secret)
		madvise(part->memory,
				TYPEALIGN(sysconf(_SC_PAGESIZE), net_size(part)), MADV_DONTDUMP);
#endif
	if (initialize)
		clear(part);
}

static void
clear(GlueSharedPart *part)
{
	memset(part->memory, 0, net_size(part));
	if (part->initialize != NULL)
		part->initialize(part->memory);
}

/* ----------------------------------------------------------------
 * Files; no other process exists when they are read or written
 * ----------------------------------------------------------------
 */

/* In place, because a copy of a struct need not have the padding's zeros. */
static void
fill_header(FileHeader *header, const GlueSharedPart *part)
{
	memset(header, 0, sizeof(FileHeader));
	header->magic = FILE_MAGIC;
	header->version = part->file_version;
	header->size = net_size(part);
	INIT_CRC32C(header->crc);
	COMP_CRC32C(header->crc, part->memory, header->size);
	FIN_CRC32C(header->crc);
}

/*
 * Fill a part from its file, and remove that.  Returns false if there is no
 * valid one; the contents of the part are undefined then.
 */
static bool
read_file(const GlueSharedPart *part)
{
	char		path[MAXPGPATH];
	FILE	   *file;
	bool		done;

	snprintf(path, sizeof(path), "%s/%s", PGSTAT_STAT_PERMANENT_DIRECTORY,
			 part->file);
	file = AllocateFile(path, PG_BINARY_R);
	if (file == NULL)
	{
		if (errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not read file \"%s\": %m", path)));
		return false;
	}
	done = read_all(file, part);
	FreeFile(file);
	if (!done)
		ereport(LOG,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("ignoring invalid data in file \"%s\"", path)));
	unlink(path);
	return done;
}

static bool
read_all(FILE *file, const GlueSharedPart *part)
{
	FileHeader	header;
	FileHeader	expected;

	if (fread(&header, sizeof(header), 1, file) != 1 ||
		fread(part->memory, net_size(part), 1, file) != 1 ||
		getc(file) != EOF)
		return false;
	fill_header(&expected, part);
	return memcmp(&header, &expected, sizeof(header)) == 0;
}

/* Write the file of a part.  After a failure, there is none. */
static void
write_file(const GlueSharedPart *part)
{
	char		path[MAXPGPATH];
	char		new_path[MAXPGPATH + 4];
	FileHeader	header;
	FILE	   *file;
	bool		done;

	snprintf(path, sizeof(path), "%s/%s", PGSTAT_STAT_PERMANENT_DIRECTORY,
			 part->file);
	snprintf(new_path, sizeof(new_path), "%s.tmp", path);
	fill_header(&header, part);
	file = AllocateFile(new_path, PG_BINARY_W);
	done = file != NULL &&
		fwrite(&header, sizeof(header), 1, file) == 1 &&
		fwrite(part->memory, header.size, 1, file) == 1;
	if (file != NULL && FreeFile(file) != 0)
		done = false;
	if (done)
		durable_rename(new_path, path, LOG);
	else
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not write file \"%s\": %m", new_path)));
		unlink(new_path);
	}
}
