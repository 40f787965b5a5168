/*-------------------------------------------------------------------------
 *
 * read_file.c
 *	  Reading files that hold secrets.
 *
 * A file is opened before its checks, so that the checked file is the one that
 * is read.  Its contents go only to the caller's buffer: stdio would keep a
 * copy that is not cleansed.
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
 * Open a file, to be closed with CloseTransientFile(); returns below 0 and
 * sets errno on failure.  A FIFO without a writer does not block.
 */
int
glue_file_open(const char *path)
{
	return OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
}

/*
 * Read to the end of the file or of the buffer; concurrent appends are left
 * for the next call.  Returns the number of bytes; below 0, with errno, on
 * failure.
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
