/*-------------------------------------------------------------------------
 *
 * kept_file.c
 *	  Files that keep shared memory over a clean restart.
 *
 * They work like PostgreSQL's own statistics file, and are in the same
 * directory: a file is written at shutdown, and read and removed at start, so
 * that there is none after a crash.  A damaged file, or one of another
 * version, is ignored.
 *
 * IDENTIFICATION
 *	  src/server/kept_file.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "pgstat.h"
#include "port/pg_crc32c.h"
#include "server/kept_file.h"
#include "storage/fd.h"

#define MAGIC	0x474c5545		/* "GLUE" */

typedef struct KeptHeader
{
	uint32		magic;
	uint32		version;		/* of the memory's layout */
	uint64		size;			/* of the memory */
	pg_crc32c	crc;			/* of the memory */
} KeptHeader;

/* prototypes of private functions */
static void fill_header(KeptHeader *header, uint32 version,
						const void *memory, Size size);
static bool read_all(FILE *file, uint32 version, void *memory, Size size);

/*
 * Read a file, and remove it.  Returns false if there is no valid one; the
 * contents of memory are undefined then.
 */
bool
glue_kept_file_read(const char *name, uint32 version, void *memory, Size size)
{
	char		path[MAXPGPATH];
	FILE	   *file;
	bool		done;

	snprintf(path, sizeof(path), "%s/%s", PGSTAT_STAT_PERMANENT_DIRECTORY,
			 name);
	file = AllocateFile(path, PG_BINARY_R);
	if (file == NULL)
	{
		if (errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not read file \"%s\": %m", path)));
		return false;
	}
	done = read_all(file, version, memory, size);
	FreeFile(file);
	if (!done)
		ereport(LOG,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("ignoring invalid data in file \"%s\"", path)));
	unlink(path);
	return done;
}

static void
fill_header(KeptHeader *header, uint32 version, const void *memory, Size size)
{
	memset(header, 0, sizeof(KeptHeader));
	header->magic = MAGIC;
	header->version = version;
	header->size = size;
	INIT_CRC32C(header->crc);
	COMP_CRC32C(header->crc, memory, size);
	FIN_CRC32C(header->crc);
}

static bool
read_all(FILE *file, uint32 version, void *memory, Size size)
{
	KeptHeader	header;
	KeptHeader	expected;

	if (fread(&header, sizeof(header), 1, file) != 1 ||
		fread(memory, size, 1, file) != 1 || getc(file) != EOF)
		return false;
	fill_header(&expected, version, memory, size);
	return memcmp(&header, &expected, sizeof(header)) == 0;
}

/* Write a file.  After a failure, there is none. */
void
glue_kept_file_write(const char *name, uint32 version, const void *memory,
					 Size size)
{
	char		path[MAXPGPATH];
	char		new_path[MAXPGPATH + 4];
	KeptHeader	header;
	FILE	   *file;
	bool		done;

	snprintf(path, sizeof(path), "%s/%s", PGSTAT_STAT_PERMANENT_DIRECTORY,
			 name);
	snprintf(new_path, sizeof(new_path), "%s.tmp", path);
	fill_header(&header, version, memory, size);
	file = AllocateFile(new_path, PG_BINARY_W);
	done = file != NULL &&
		fwrite(&header, sizeof(header), 1, file) == 1 &&
		fwrite(memory, size, 1, file) == 1;
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
