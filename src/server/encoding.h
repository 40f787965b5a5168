/*-------------------------------------------------------------------------
 *
 * encoding.h
 *	  Conversion between the database's encoding and UTF-8.
 *
 * IDENTIFICATION
 *	  src/server/encoding.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_ENCODING_H
#define GLUE_SERVER_ENCODING_H

extern bool glue_utf8_from_server(const char *text, int len,
								  const char **utf8, int *utf8_len);
extern char *glue_utf8_copy(const char *text, int len);
extern char *glue_server_from_utf8(const char *utf8);
extern void glue_copy_clipped(char *to, Size size, const char *from,
							  int encoding);

#endif							/* GLUE_SERVER_ENCODING_H */
