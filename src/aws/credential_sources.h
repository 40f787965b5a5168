/*-------------------------------------------------------------------------
 *
 * credential_sources.h
 *	  The sources of credentials in the environment.
 *
 * IDENTIFICATION
 *	  src/aws/credential_sources.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_CREDENTIAL_SOURCES_H
#define GLUE_AWS_CREDENTIAL_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/configuration.h"

typedef enum GlueSourceStatus
{
	GLUE_SOURCE_ABSENT,			/* not configured: check the next source */
	GLUE_SOURCE_PRESENT,
	GLUE_SOURCE_INVALID			/* misconfigured: error has the problem */
} GlueSourceStatus;

#define glue_source_fail(...) \
	(glue_configuration_fail(__VA_ARGS__), GLUE_SOURCE_INVALID)

/* Keys in the configuration. */
typedef struct GlueStaticKeys
{
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token;	/* NULL without one */
} GlueStaticKeys;

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

#define GLUE_SOURCE_URL_SIZE	2048

/* The endpoint of a container: Amazon ECS or EKS Pod Identity. */
typedef struct GlueContainerSource
{
	char		url[GLUE_SOURCE_URL_SIZE];	/* to GET */
	const char *token_file;		/* holds the Authorization header; or NULL */
	const char *token;			/* its value, without a file; or NULL */
} GlueContainerSource;

/*
 * The metadata service of an EC2 instance.  The paths begin with "/" and are
 * appended to the endpoint.
 */
typedef struct GlueInstanceSource
{
	char		endpoint[GLUE_SOURCE_URL_SIZE]; /* without "/" at its end */
	int			timeout_ms;		/* of one attempt */
	int			max_attempts;
} GlueInstanceSource;

#define GLUE_INSTANCE_TOKEN_PATH	"/latest/api/token"
#define GLUE_INSTANCE_ROLE_PATH \
	"/latest/meta-data/iam/security-credentials/"	/* and the role's name */
#define GLUE_ROLE_NAME_SIZE			65

/* The longest web identity token that AWS STS accepts. */
#define GLUE_TOKEN_MAX_LEN			20000

extern GlueSourceStatus glue_source_step(const GlueConfiguration *configuration,
										 GlueCredentialStep *step,
										 GlueConfigurationError *error);
extern GlueSourceStatus glue_container_source(const GlueConfiguration *configuration,
											  GlueContainerSource *container,
											  GlueConfigurationError *error);
extern GlueSourceStatus glue_instance_source(const GlueConfiguration *configuration,
											 GlueInstanceSource *instance,
											 GlueConfigurationError *error);
extern bool glue_instance_role_name(const char *body, size_t len,
									char name[GLUE_ROLE_NAME_SIZE]);
extern const char *glue_token_problem(const char *text, size_t *len);
extern bool glue_static_keys_valid(const GlueStaticKeys *keys);

#endif							/* GLUE_AWS_CREDENTIAL_SOURCES_H */
