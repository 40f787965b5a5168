/*-------------------------------------------------------------------------
 *
 * read_file.h
 *	  Reading files that hold secrets.
 *
 * IDENTIFICATION
 *	  src/server/read_file.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_READ_FILE_H
#define GLUE_SERVER_READ_FILE_H

extern int	glue_file_open(const char *path);
extern ssize_t glue_file_read(int file, char *buffer, size_t size);

#endif							/* GLUE_SERVER_READ_FILE_H */
