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

/*
 * One life of a connection, from its creation to its deletion: AWS has created
 * it between these times, by AWS's clock.  0: not known.
 */
typedef struct GlueLife
{
	TimestampTz from;
	TimestampTz until;
} GlueLife;

/* The ownership of an entry. */
typedef struct GlueOwned
{
	bool		owned;
	bool		elsewhere;		/* at another target than the given one */
	const char *endpoint;		/* place of the connection; "": AWS */
	const char *account;
	bool		maybe_late;		/* for a deletion: a message to create it may
								 * still arrive */
	bool		doubtful;		/* not owned, but it may have been created */
	GlueLife	life;

	/*
	 * another row that still holds its name and owns, or may own, the same
	 * connection; or NULL
	 */
	const char *rival;			/* its table */
	GlueLife	rival_life;
} GlueOwned;

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

/* in store/provision_owner.c */
extern bool glue_provision_look(const GlueProvisions *provisions, int64 id,
								const GlueTarget *target, const char *name,
								bool to_delete, GlueOwned *owned);
extern void glue_provision_lock(const GlueProvisions *provisions, int64 id);
extern void glue_provision_own(const GlueProvisions *provisions, int64 id,
							   const GlueTarget *target, const char *name,
							   const GlueLife *life, bool is_new);
extern void glue_provision_doubt(const GlueProvisions *provisions, int64 id,
								 const GlueTarget *target, const char *name);
extern void glue_provision_lost(const GlueProvisions *provisions, int64 id);
extern void glue_provision_unclaim(const GlueProvisions *provisions, int64 id);
extern void glue_provision_drop(const GlueProvisions *provisions, int64 id);
extern void glue_provision_plan_gone(const GlueProvisions *provisions);
extern void glue_provision_gone(const GlueProvisions *provisions,
								const GlueTarget *target, const char *name);

#endif							/* GLUE_STORE_PROVISION_H */
