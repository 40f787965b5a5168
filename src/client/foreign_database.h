/*-------------------------------------------------------------------------
 *
 * foreign_database.h
 *	  Foreign servers that stand for a database elsewhere.
 *
 * IDENTIFICATION
 *	  src/client/foreign_database.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_FOREIGN_DATABASE_H
#define GLUE_CLIENT_FOREIGN_DATABASE_H

#include "glue/jdbc_url.h"

/* An option of a foreign server. */
typedef struct GlueForeignOption
{
	const char *name;			/* NULL if the wrapper has no such option */
	const char *value;			/* UTF-8; NULL if not set */
	bool		is_set;
} GlueForeignOption;

typedef struct GlueForeignDatabase
{
	GlueEngine	engine;
	const char *wrapper;		/* name of the wrapper, as its authors write
								 * it */
	GlueForeignOption host;		/* for oracle_fdw, a whole connect string */
	GlueForeignOption other_host;	/* alternative to host */
	GlueForeignOption port;
	GlueForeignOption database;
	bool		needs_ssl;
} GlueForeignDatabase;

extern void glue_foreign_database_read(const char *server,
									   GlueForeignDatabase *database);

#endif							/* GLUE_CLIENT_FOREIGN_DATABASE_H */
