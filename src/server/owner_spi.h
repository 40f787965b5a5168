/*-------------------------------------------------------------------------
 *
 * owner_spi.h
 *	  Plans of statements that are executed with the rights of an owner.
 *
 * IDENTIFICATION
 *	  src/server/owner_spi.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_OWNER_SPI_H
#define GLUE_SERVER_OWNER_SPI_H

#include "executor/spi.h"
#include "server/impersonation.h"

/* A plan that a backend keeps; zeroed at first. */
typedef struct GlueKeptPlan
{
	SPIPlanPtr	plan;
	char	   *key;			/* what its statement depends on */
	bool		ready;			/* it was, and is as long as it is valid */
} GlueKeptPlan;

extern SPIPlanPtr glue_kept_plan(GlueKeptPlan *kept, Oid owner,
								 const char *text, int nparameters,
								 const Oid *types);

/* for statements that find their rows by a key */
extern bool glue_plan_is_kept(const GlueKeptPlan *kept, const char *key);
extern void glue_keep_plan(GlueKeptPlan *kept, Oid owner, const char *key,
						   const char *text, int nparameters,
						   const Oid *types);
extern SPIPlanPtr glue_ready_plan(GlueKeptPlan *kept, Oid owner);

extern uint64 glue_execute_as(GlueImpersonation *saved, Oid owner,
							  SPIPlanPtr plan, Datum *values,
							  const char *nulls);
extern uint64 glue_execute_latest(GlueImpersonation *saved, Oid owner,
								  SPIPlanPtr plan, Datum *values,
								  const char *nulls);
extern void glue_execute_end(const GlueImpersonation *saved);

#endif							/* GLUE_SERVER_OWNER_SPI_H */
