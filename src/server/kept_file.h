/*-------------------------------------------------------------------------
 *
 * kept_file.h
 *	  Files that keep shared memory over a clean restart.
 *
 * IDENTIFICATION
 *	  src/server/kept_file.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_KEPT_FILE_H
#define GLUE_SERVER_KEPT_FILE_H

extern bool glue_kept_file_read(const char *name, uint32 version,
								void *memory, Size size);
extern void glue_kept_file_write(const char *name, uint32 version,
								 const void *memory, Size size);

#endif							/* GLUE_SERVER_KEPT_FILE_H */
