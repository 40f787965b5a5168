/*-------------------------------------------------------------------------
 *
 * profile_set.h
 *	  The merged contents of AWS's shared files.
 *
 * IDENTIFICATION
 *	  src/aws/profile_set.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_PROFILE_SET_H
#define GLUE_AWS_PROFILE_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "text/ascii.h"

typedef enum GlueProfileFileKind
{
	GLUE_PROFILE_CONFIG,		/* ~/.aws/config: [profile name] */
	GLUE_PROFILE_CREDENTIALS	/* ~/.aws/credentials: [name] */
} GlueProfileFileKind;

/* Zero is the type of an entry that is no section. */
typedef enum GlueProfileSection
{
	GLUE_SECTION_PROFILE = 1,
	GLUE_SECTION_SSO_SESSION,
	GLUE_SECTION_SERVICES
} GlueProfileSection;

/* A section, a property of one, or a property that is nested in another. */
typedef struct GlueProfileEntry GlueProfileEntry;

/* Both files, merged.  It holds secrets: free it as soon as possible. */
typedef GlueProfileEntry GlueProfileSet;

extern GlueProfileSet *glue_profile_set_new(void);
extern void glue_profile_set_free(GlueProfileSet *set);
extern bool glue_profile_set_has(const GlueProfileSet *set,
								 GlueProfileSection section,
								 const char *name);
extern const char *glue_profile_set_get(const GlueProfileSet *set,
										GlueProfileSection section,
										const char *name, const char *property,
										const char *key);

/* private to the parser of the files */
extern GlueProfileEntry *glue_profile_entry(GlueProfileEntry *parent,
											GlueProfileSection type,
											GlueSpan name);
extern bool glue_profile_use_prefixed(GlueProfileEntry *section,
									  bool is_prefixed);
extern bool glue_profile_put(GlueProfileEntry *parent,
							 GlueProfileFileKind kind,
							 GlueSpan key, GlueSpan value,
							 GlueProfileEntry **property);
extern bool glue_profile_append(GlueProfileEntry *property, GlueSpan line);

#endif							/* GLUE_AWS_PROFILE_SET_H */
