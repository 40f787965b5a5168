/*-------------------------------------------------------------------------
 *
 * connection_lock.h
 *	  The lock on the name of a connection.
 *
 * IDENTIFICATION
 *	  src/store/connection_lock.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CONNECTION_LOCK_H
#define GLUE_STORE_CONNECTION_LOCK_H

#include "client/target.h"
#include "storage/lock.h"

typedef struct GlueConnectionLock
{
	LOCKTAG		all_names;		/* of the target */
	LOCKMODE	all_mode;
	LOCKTAG		name;
	LOCKMODE	mode;			/* NoLock: the lock on all names is enough */

	/* for messages; all strings stay the caller's */
	const GlueTarget *target;
	const char *operation;
	const char *connection_name;
} GlueConnectionLock;

extern void glue_connection_lock_name(GlueConnectionLock *lock,
									  const GlueTarget *target,
									  const char *operation, const char *name,
									  LOCKMODE mode, int nlocked);
extern void glue_connection_lock_sort(GlueConnectionLock *locks, int nlocks);
extern void glue_connection_lock_take(const GlueConnectionLock *locks,
									  int nlocks);
extern void glue_connection_lock_release(const GlueConnectionLock *locks,
										 int nlocks);
extern bool glue_connection_lock_try(const GlueConnectionLock *lock);
extern int64 glue_connection_lock_key(const char *endpoint, const char *region,
									  const char *catalog, const char *name);
extern void glue_connection_lock_leave(const GlueConnectionLock *lock);

#endif							/* GLUE_STORE_CONNECTION_LOCK_H */
