/*-------------------------------------------------------------------------
 *
 * read_file.c
 *	  Reading files that hold secrets.
 *
 * A file is opened before it is looked at, so that what is checked is what is
 * read.  Its contents go to the caller's buffer and nowhere else: stdio's would
 * keep a copy that is not cleansed.
 *
 * IDENTIFICATION
 *	  src/server/read_file.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "server/read_file.h"
#include "storage/fd.h"

/*
 * Open a file, to be closed with CloseTransientFile(); below 0, see errno.  A
 * pipe without a writer does not stop us.
 */
int
glue_file_open(const char *path)
{
	return OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
}

/*
 * Read until there is no more, or no more room: what is appended meanwhile is
 * left for the next time.  Returns how much it was; below 0, see errno.
 */
ssize_t
glue_file_read(int file, char *buffer, size_t size)
{
	size_t		used = 0;
	ssize_t		len;

	do
	{
		len = read(file, buffer + used, size - used);
		if (len > 0)
			used += len;
	} while (len > 0 || (len < 0 && errno == EINTR));
	return len < 0 ? len : (ssize_t) used;
}
