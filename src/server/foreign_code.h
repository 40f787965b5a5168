/*-------------------------------------------------------------------------
 *
 * foreign_code.h
 *	  Code of other roles in what hangs on a table.
 *
 * IDENTIFICATION
 *	  src/server/foreign_code.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_FOREIGN_CODE_H
#define GLUE_SERVER_FOREIGN_CODE_H

#include "nodes/nodeFuncs.h"

/* What is looked for in an expression, and found. */
typedef struct GlueForeignCode
{
	Oid			owner;			/* of the table */
	Oid			function;		/* that is not the owner's; or InvalidOid, and
								 * then it may be a type that is not */
	bool		any;			/* there is one that is not PostgreSQL's */
} GlueForeignCode;

extern bool glue_find_foreign_code(Node *node, void *context);
extern bool glue_is_foreign_function(Oid function, void *context);
extern bool glue_is_foreign_type(Oid oid, Oid owner);
extern Oid	glue_function_owner(Oid function);

#endif							/* GLUE_SERVER_FOREIGN_CODE_H */
