/*-------------------------------------------------------------------------
 *
 * service.h
 *	  The databases of the background workers.
 *
 * IDENTIFICATION
 *	  src/server/service.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_SERVICE_H
#define GLUE_SERVER_SERVICE_H

extern bool glue_service_exists(void);
extern bool glue_service_expected(void);

#endif							/* GLUE_SERVER_SERVICE_H */
