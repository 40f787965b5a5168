/*-------------------------------------------------------------------------
 *
 * tags.h
 *	  The tags of a connection in AWS Glue.
 *
 * IDENTIFICATION
 *	  src/operation/tags.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OPERATION_TAGS_H
#define GLUE_OPERATION_TAGS_H

#include "journal/calls.h"
#include "store/connections.h"

/* A connection, addressed for its tags. */
typedef struct GlueTagged
{
	GlueAccess *access;
	const char *name;
	const char *arn;
} GlueTagged;

extern GlueFailure *glue_tagged_find(GlueTagged *tagged,
									 GlueAccess *access,
									 const char *name);
extern json_object *glue_tags_read(const GlueTagged *tagged);
extern GlueFailure *glue_tags_answer(const GlueCall *call, json_object **tags);
extern GlueFailure *glue_tags_readable(const GlueCall *call,
									   json_object **tags);
extern void glue_tags_apply(json_object *recorded, json_object *changes);
extern void glue_tags_warn_unread(const char *name,
								  const GlueFailure *failure);
extern void glue_tags_prepare(const GlueTagged *tagged, GlueCall *call,
							  const char *operation, json_object *changes);
extern const char *glue_tags_change(const GlueTagged *tagged,
									const char *operation,
									json_object *changes,
									GlueIntent *call);
extern json_object *glue_tags_changed(const GlueTagged *tagged,
									  json_object *recorded,
									  json_object *changes);

#endif							/* GLUE_OPERATION_TAGS_H */
