/*-------------------------------------------------------------------------
 *
 * provision_owner.h
 *	  The connections that rows of provisioning tables own.
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
