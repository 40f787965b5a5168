/*-------------------------------------------------------------------------
 *
 * provision_owner.h
 *	  What the rows of provisioning tables own.
 *
 * IDENTIFICATION
 *	  src/store/provision_owner.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_PROVISION_OWNER_H
#define GLUE_STORE_PROVISION_OWNER_H

#include "store/provision.h"
#include "utils/timestamp.h"

/*
 * One life of a connection, from its creation to its deletion: AWS has created it
 * between these, by its own clock.  0: nobody knows when.
 */
typedef struct GlueLife
{
	TimestampTz from;
	TimestampTz until;
} GlueLife;

/* What is owned by an entry. */
typedef struct GlueOwned
{
	bool		owned;
	bool		elsewhere;		/* at another target than was asked about */
	const char *endpoint;		/* where it is; "": AWS */
	const char *account;
	bool		maybe_late;		/* if it is to be deleted: what was sent to
								 * create it may yet arrive */
	bool		doubtful;		/* not owned, but it may have been created */
	GlueLife	life;

	/* the same connection by a row that still holds its name, or may; or NULL */
	const char *rival;			/* its table */
	GlueLife	rival_life;
} GlueOwned;

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

#endif							/* GLUE_STORE_PROVISION_OWNER_H */
