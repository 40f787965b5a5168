/*-------------------------------------------------------------------------
 *
 * home.h
 *	  The home of a request: the identity of its database.
 *
 * IDENTIFICATION
 *	  src/server/home.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_HOME_H
#define GLUE_SERVER_HOME_H

#include "utils/uuid.h"

extern int64 glue_home(Oid schema);
extern bool glue_home_is_known(Oid schema);
extern int64 glue_cluster(void);
extern const pg_uuid_t *glue_database_id(Oid schema);

#endif							/* GLUE_SERVER_HOME_H */
