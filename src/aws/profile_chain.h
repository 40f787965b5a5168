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
	/* first steps: these need no credentials */
	GLUE_CREDENTIAL_STEP_KEYS,	/* keys in the configuration */
	GLUE_CREDENTIAL_STEP_WEB_IDENTITY,	/* AssumeRoleWithWebIdentity, unsigned */
	GLUE_CREDENTIAL_STEP_CONTAINER, /* see glue_container_source() */
	GLUE_CREDENTIAL_STEP_INSTANCE,	/* see glue_instance_source() */

	/* later steps: with the credentials of the step before */
	GLUE_CREDENTIAL_STEP_ASSUME_ROLE	/* AssumeRole */
} GlueCredentialStepKind;

/*
 * One step.  Strings are borrowed from the configuration, and NULL if they are
 * not set or do not apply to this kind.
 */
typedef struct GlueCredentialStep
{
	GlueCredentialStepKind kind;
	const char *profile;		/* with the property; NULL: environment */
	GlueStaticKeys keys;
	const char *account_id;		/* of the keys, if configured */
	const char *token_file;		/* of a web identity */
	const char *role_arn;
	const char *role_session_name;
	const char *external_id;
	int			duration_seconds;	/* 0 if not set */
	const char *region;			/* of the profile; the environment's region
								 * takes precedence */
} GlueCredentialStep;

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

extern GlueSourceStatus glue_source_step(const GlueConfiguration *configuration,
										 GlueCredentialStep *step,
										 GlueConfigurationError *error);
extern GlueSourceStatus glue_profile_chain(const GlueConfiguration *configuration,
										   GlueCredentialPlan *plan,
										   GlueConfigurationError *error);

#endif							/* GLUE_AWS_PROFILE_CHAIN_H */
