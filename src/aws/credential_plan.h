/*-------------------------------------------------------------------------
 *
 * credential_plan.h
 *	  The choice among all sources of credentials.
 *
 * IDENTIFICATION
 *	  src/aws/credential_plan.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_CREDENTIAL_PLAN_H
#define GLUE_AWS_CREDENTIAL_PLAN_H

#include <stdbool.h>

#include "aws/profile_chain.h"

extern bool glue_credential_plan(const GlueConfiguration *configuration,
								 GlueCredentialPlan *plan,
								 GlueConfigurationError *error);

#endif							/* GLUE_AWS_CREDENTIAL_PLAN_H */
