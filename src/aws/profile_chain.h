/*-------------------------------------------------------------------------
 *
 * profile_chain.h
 *	  The steps that lead from a profile to credentials.
 *
 * IDENTIFICATION
 *	  src/aws/profile_chain.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_PROFILE_CHAIN_H
#define GLUE_AWS_PROFILE_CHAIN_H

#include "aws/credential_sources.h"

/* Limit of steps: a chain of more than two roles is rare. */
#define GLUE_PLAN_MAX_STEPS		10

/*
 * The way to credentials: from the source to the last role, at least one step.
 * The keys of the first step may be secret, but they are borrowed as well.
 */
typedef struct GlueCredentialPlan
{
	int			nsteps;
	GlueCredentialStep steps[GLUE_PLAN_MAX_STEPS];
} GlueCredentialPlan;

extern GlueSourceStatus glue_profile_chain(const GlueConfiguration *configuration,
										   GlueCredentialPlan *plan,
										   GlueConfigurationError *error);

/* in credential_plan.c: the choice among this and the other sources */
extern bool glue_credential_plan(const GlueConfiguration *configuration,
								 GlueCredentialPlan *plan,
								 GlueConfigurationError *error);

#endif							/* GLUE_AWS_PROFILE_CHAIN_H */
