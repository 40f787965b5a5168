/*-------------------------------------------------------------------------
 *
 * foreign_code.h
 *	  Detection of other roles' code in the definition of a table.
 *
 * IDENTIFICATION
 *	  src/server/foreign_code.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_FOREIGN_CODE_H
#define GLUE_SERVER_FOREIGN_CODE_H

#include "nodes/nodeFuncs.h"

/* Input and result of a search. */
typedef struct GlueForeignCode
{
	Oid			owner;			/* owner of the table */
	Oid			function;		/* function of another role; if it is
								 * InvalidOid, a type may be another role's */
	bool		any;			/* found code that is not PostgreSQL's */
} GlueForeignCode;

extern bool glue_find_foreign_code(Node *node, void *context);
extern bool glue_is_foreign_function(Oid function, void *context);
extern bool glue_is_foreign_type(Oid oid, Oid owner);
extern bool glue_extension_has(Oid catalog, Oid object);
extern Oid	glue_function_owner(Oid function);

#endif							/* GLUE_SERVER_FOREIGN_CODE_H */
