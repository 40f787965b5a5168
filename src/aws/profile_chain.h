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

#include "aws/configuration.h"
#include "aws/credential_sources.h"

typedef enum GlueCredentialStepKind
{
	/* to begin with: these need no credentials */
	GLUE_CREDENTIAL_STEP_KEYS,	/* keys are at hand */
	GLUE_CREDENTIAL_STEP_WEB_IDENTITY,	/* AssumeRoleWithWebIdentity, unsigned */
	GLUE_CREDENTIAL_STEP_CONTAINER, /* glue_container_source() says where */
	GLUE_CREDENTIAL_STEP_INSTANCE,	/* glue_instance_source() says where */

	/* to go on with: done with the credentials of the step before */
	GLUE_CREDENTIAL_STEP_ASSUME_ROLE	/* AssumeRole */
} GlueCredentialStepKind;

/*
 * One step.  Strings are borrowed from the configuration, and NULL if they
 * are not given or of no meaning for this kind.
 */
typedef struct GlueCredentialStep
{
	GlueCredentialStepKind kind;
	const char *profile;		/* that asks for it; NULL: environment */
	GlueStaticKeys keys;
	const char *account_id;		/* that the keys belong to, if it says so */
	const char *token_file;		/* of a web identity */
	const char *role_arn;
	const char *role_session_name;
	const char *external_id;
	int			duration_seconds;	/* 0 if not given */
	const char *region;			/* of the profile; the environment's region
								 * comes before it */
} GlueCredentialStep;

/* Enough for roles behind roles: one account seldom needs more than two. */
#define GLUE_PLAN_MAX_STEPS		10

/*
 * How to get credentials: from the source outwards, at least one step.  The
 * keys of the first may be secrets, but they are borrowed as well.
 */
typedef struct GlueCredentialPlan
{
	int			nsteps;
	GlueCredentialStep steps[GLUE_PLAN_MAX_STEPS];
} GlueCredentialPlan;

extern GlueSourceStatus glue_source_step(const GlueConfiguration *configuration,
										 GlueCredentialStep *step,
										 GlueConfigurationError *error);
extern GlueSourceStatus glue_profile_chain(const GlueConfiguration *configuration,
										   GlueCredentialPlan *plan,
										   GlueConfigurationError *error);

#endif							/* GLUE_AWS_PROFILE_CHAIN_H */
