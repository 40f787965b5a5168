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

typedef enum GlueProfileFileKind
{
	GLUE_PROFILE_CONFIG,		/* ~/.aws/config: [profile name] */
	GLUE_PROFILE_CREDENTIALS	/* ~/.aws/credentials: [name] */
} GlueProfileFileKind;

typedef enum GlueProfileSection
{
	GLUE_SECTION_PROFILE,
	GLUE_SECTION_SSO_SESSION,
	GLUE_SECTION_SERVICES
} GlueProfileSection;

/* Both files, merged.  It holds secrets: free it as soon as possible. */
typedef struct GlueProfileSet GlueProfileSet;

extern GlueProfileSet *glue_profile_set_new(void);
extern void glue_profile_set_free(GlueProfileSet *set);
extern bool glue_profile_set_has(const GlueProfileSet *set,
								 GlueProfileSection section,
								 const char *name);
extern const char *glue_profile_set_get(const GlueProfileSet *set,
										GlueProfileSection section,
										const char *name, const char *property);
extern const char *glue_profile_set_get_nested(const GlueProfileSet *set,
											   GlueProfileSection section,
											   const char *name,
											   const char *property,
											   const char *key);

/*
 * Private to the parser of the files.
 */

/* A part of a file's text; not terminated. */
typedef struct GlueSpan
{
	const char *start;
	size_t		len;
} GlueSpan;

typedef struct GlueProfileProperty GlueProfileProperty;

/* A section, with its properties so far. */
typedef struct GlueProfileEntry
{
	GlueProfileSection type;
	char	   *name;
	bool		is_prefixed;	/* has a heading "[type name]" */
	GlueProfileProperty *properties;
	struct GlueProfileEntry *next;
} GlueProfileEntry;

extern GlueProfileEntry *glue_profile_set_entry(GlueProfileSet *set,
												GlueProfileSection type,
												GlueSpan name);
extern void glue_profile_entry_clear(GlueProfileEntry *entry,
									 GlueProfileFileKind kind);
extern bool glue_profile_entry_put(GlueProfileEntry *entry,
								   GlueProfileFileKind kind,
								   GlueSpan key, GlueSpan value,
								   GlueProfileProperty **property);
extern bool glue_profile_property_append(GlueProfileProperty *property,
										 GlueSpan line);
extern bool glue_profile_property_nest(GlueProfileProperty *property,
									   GlueSpan key, GlueSpan value);

#endif							/* GLUE_AWS_PROFILE_SET_H */
