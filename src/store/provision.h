/*-------------------------------------------------------------------------
 *
 * provision.h
 *	  The names that rows hold, in the table glue_provision.
 *
 * IDENTIFICATION
 *	  src/store/provision.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_PROVISION_H
#define GLUE_STORE_PROVISION_H

#include "nodes/pg_list.h"
#include "server/owner_spi.h"
#include "store/request.h"

/* The table, open until the end of the transaction. */
typedef GlueOwnTable GlueProvisions;

/* A name and its table.  Text is UTF-8, but for the name of the server. */
typedef struct GlueProvisionName
{
	Oid			relation;
	const char *server;			/* or NULL */
	const char *region;
	const char *catalog_id;		/* or NULL */
	const char *name;
} GlueProvisionName;

/* An entry of the table. */
typedef struct GlueProvisionEntry
{
	int64		id;
	const char *name;			/* UTF-8 */
} GlueProvisionEntry;

extern void glue_provisions_open(GlueProvisions *provisions, Oid schema);
extern int64 glue_provision_claim(const GlueProvisions *provisions,
								  const GlueProvisionName *name);
extern int64 glue_provision_find(const GlueProvisions *provisions,
								 const GlueProvisionName *name);
extern Oid	glue_provision_holder(const GlueProvisions *provisions,
								  const GlueProvisionName *name);
extern int64 glue_provision_release(const GlueProvisions *provisions,
									const GlueProvisionName *name);
extern void glue_provision_hold_again(const GlueProvisions *provisions,
									  int64 id);
extern List *glue_provision_release_all(const GlueProvisions *provisions,
										const GlueProvisionName *name);
extern List *glue_provision_let_go(const GlueProvisions *provisions,
								   Oid relation, const char *name);

#endif							/* GLUE_STORE_PROVISION_H */
