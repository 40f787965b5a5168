/*-------------------------------------------------------------------------
 *
 * metadata.h
 *	  Credentials from the machine that the server runs on.
 *
 * IDENTIFICATION
 *	  src/client/metadata.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_METADATA_H
#define GLUE_CLIENT_METADATA_H

#include "aws/credential_reply.h"
#include "aws/credential_sources.h"

typedef enum GlueMetadataOutcome
{
	GLUE_METADATA_FOUND,
	GLUE_METADATA_ABSENT,		/* there is no such service, or no role */
	GLUE_METADATA_FAILED		/* the service exists, but returned none */
} GlueMetadataOutcome;

extern GlueMetadataOutcome glue_metadata_container(const GlueContainerSource *source,
												   const char *ca_file,
												   GlueTemporaryCredentials *credentials,
												   const char **reason);
extern GlueMetadataOutcome glue_metadata_instance(const GlueInstanceSource *source,
												  GlueTemporaryCredentials *credentials,
												  const char **reason);

#endif							/* GLUE_CLIENT_METADATA_H */
