/*-------------------------------------------------------------------------
 *
 * source_url.h
 *	  Faults in the URL of a data source.
 *
 * IDENTIFICATION
 *	  src/glue/source_url.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_SOURCE_URL_H
#define GLUE_GLUE_SOURCE_URL_H

#include <stdbool.h>

/* A fault, as words that follow the name of the property. */
typedef struct GlueUrlFault
{
	const char *message;
	const char *form;			/* correct form, which ends the message in
								 * quotes, or NULL */
} GlueUrlFault;

/* These return false if there is no fault. */
typedef bool (*GlueUrlCheck) (const char *text, GlueUrlFault *fault);

extern bool glue_jdbc_url_fault(const char *url, GlueUrlFault *fault);
extern bool glue_mongodb_url_fault(const char *url, GlueUrlFault *fault);
extern bool glue_kafka_servers_fault(const char *servers,
									 GlueUrlFault *fault);
extern bool glue_host_fault(const char *host, GlueUrlFault *fault);

#endif							/* GLUE_GLUE_SOURCE_URL_H */
