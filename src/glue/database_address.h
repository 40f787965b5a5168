/*-------------------------------------------------------------------------
 *
 * database_address.h
 *	  Validation of hosts and ports of databases.
 *
 * IDENTIFICATION
 *	  src/glue/database_address.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_DATABASE_ADDRESS_H
#define GLUE_GLUE_DATABASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define GLUE_MAX_PORT 65535

typedef enum GlueAddressStatus
{
	GLUE_ADDRESS_OK,

	/* problems of a host */
	GLUE_ADDRESS_NO_HOST,
	GLUE_ADDRESS_SOCKET,		/* a directory */
	GLUE_ADDRESS_HOST_LIST,
	GLUE_ADDRESS_LOCAL,			/* loopback and the like */
	GLUE_ADDRESS_BAD_HOST,
	GLUE_ADDRESS_IPV6,			/* not supported in the URL */

	/* problems of other parts */
	GLUE_ADDRESS_BAD_PORT,
	GLUE_ADDRESS_NO_DATABASE,
	GLUE_ADDRESS_BAD_DATABASE,	/* not possible in the URL */
	GLUE_ADDRESS_PARAMETERS,	/* more than host, port and database */
	GLUE_ADDRESS_OTHER_ENGINE,
	GLUE_ADDRESS_BAD_SYNTAX
} GlueAddressStatus;

extern GlueAddressStatus glue_host_check(const char *host);
extern const char *glue_address_status_message(GlueAddressStatus status);

#endif							/* GLUE_GLUE_DATABASE_ADDRESS_H */
