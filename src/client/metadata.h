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
#include "client/target.h"
#include "http/http.h"

typedef enum GlueMetadataOutcome
{
	GLUE_METADATA_PENDING,
	GLUE_METADATA_FOUND,
	GLUE_METADATA_ABSENT,		/* there is no such service, or no role */
	GLUE_METADATA_FAILED		/* the service exists, but returned none */
} GlueMetadataOutcome;

/* The kind of a request. */
typedef enum GlueMetadataStep
{
	GLUE_METADATA_CONTAINER,	/* its endpoint, for credentials */
	GLUE_METADATA_SESSION,		/* IMDS, for a session */
	GLUE_METADATA_ROLE,			/* in that, for the name of the role */
	GLUE_METADATA_CREDENTIALS	/* and for its credentials */
} GlueMetadataStep;

/* Headers that a message can have. */
#define GLUE_METADATA_HEADERS	2

/* Asking a service for credentials.  Lives where it was started. */
typedef struct GlueMetadata
{
	GlueMetadataOutcome outcome;
	const char *reason;			/* unless found: words without secrets that
								 * fit into a sentence */
	int64		pause_until;	/* by glue_monotonic_us(); 0: it waits for
								 * news */

	/* for metadata.c alone */
	GlueInstanceSource instance;
	GlueMetadataStep step;
	GlueHttpMessage message;	/* under way, or that has ended */
	const char *headers[GLUE_METADATA_HEADERS];
	int			max_attempts;
	int			attempts;
	GlueHttpTransfer *transfer; /* the last one, or NULL */
	const char *session;		/* a header */
	int			nsessions;
} GlueMetadata;

extern void glue_metadata_start_container(GlueMetadata *metadata,
										  const GlueTarget *target,
										  GlueCallback on_news);
extern void glue_metadata_start_instance(GlueMetadata *metadata,
										 const GlueTarget *target,
										 GlueCallback on_news);
extern void glue_metadata_advance(GlueMetadata *metadata,
								  GlueTemporaryCredentials *credentials);

#endif							/* GLUE_CLIENT_METADATA_H */
