/*-------------------------------------------------------------------------
 *
 * profile_set.c
 *	  The merged contents of AWS's shared files.
 *
 * A set is a list of sections, each a list of properties, some of which have
 * nested properties.  The lists are short, so a linear search is enough.
 *
 * Both files are read into one set.  The credentials file takes precedence, in
 * either order of reading; so each value records its file.
 *
 * Secrets: each key and value has an allocation of exactly its size, and is
 * cleansed before it is freed.  Nothing is ever reallocated, which could leave
 * a copy in freed memory.
 *
 * IDENTIFICATION
 *	  src/aws/profile_set.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_set.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "text/ascii.h"

struct GlueProfileProperty
{
	char	   *key;			/* in lower case */
	char	   *value;			/* lines after the first each follow a '\n' */
	GlueProfileFileKind kind;	/* of the file that value is from */
	GlueProfileProperty *nested;	/* the lines of value, if properties */
	GlueProfileProperty *next;
};

struct GlueProfileSet
{
	GlueProfileEntry *entries;
};

/* prototypes of private functions */
static GlueProfileEntry *find_entry(const GlueProfileSet *set,
									GlueProfileSection type,
									const char *name, size_t len);
static GlueProfileProperty *find_property(GlueProfileProperty *list,
										  const char *key, size_t len);
static bool put_property(GlueProfileProperty **list, GlueProfileFileKind kind,
						 GlueSpan key, GlueSpan value,
						 GlueProfileProperty **property);
static void free_properties(GlueProfileProperty **list);
static char *copy_span(GlueSpan span);
static void free_string(char *string);

/*
 * Make an empty set; NULL if there is no memory.
 */
GlueProfileSet *
glue_profile_set_new(void)
{
	return calloc(1, sizeof(GlueProfileSet));
}

/*
 * Cleanse and free a set, or NULL.
 */
void
glue_profile_set_free(GlueProfileSet *set)
{
	if (set == NULL)
		return;

	while (set->entries != NULL)
	{
		GlueProfileEntry *entry = set->entries;

		set->entries = entry->next;
		free_properties(&entry->properties);
		free_string(entry->name);
		free(entry);
	}
	free(set);
}

/*
 * Does this section exist?  It may be empty.
 */
bool
glue_profile_set_has(const GlueProfileSet *set, GlueProfileSection section,
					 const char *name)
{
	return find_entry(set, section, name, strlen(name)) != NULL;
}

/*
 * Get a property's value, or NULL if there is none.  The set owns the value,
 * which may be empty or have several lines.
 */
const char *
glue_profile_set_get(const GlueProfileSet *set, GlueProfileSection section,
					 const char *name, const char *property)
{
	GlueProfileEntry *entry = find_entry(set, section, name, strlen(name));
	GlueProfileProperty *found = NULL;

	if (entry != NULL)
		found = find_property(entry->properties, property, strlen(property));
	return found != NULL ? found->value : NULL;
}

/*
 * Get the value of a nested property; as above.
 */
const char *
glue_profile_set_get_nested(const GlueProfileSet *set,
							GlueProfileSection section, const char *name,
							const char *property, const char *key)
{
	GlueProfileEntry *entry = find_entry(set, section, name, strlen(name));
	GlueProfileProperty *found = NULL;

	if (entry != NULL)
		found = find_property(entry->properties, property, strlen(property));
	if (found != NULL)
		found = find_property(found->nested, key, strlen(key));
	return found != NULL ? found->value : NULL;
}

/*
 * Find a section, or add it.  NULL if there is no memory; the set can only be
 * freed then.
 */
GlueProfileEntry *
glue_profile_set_entry(GlueProfileSet *set, GlueProfileSection type,
					   GlueSpan name)
{
	GlueProfileEntry *entry = find_entry(set, type, name.start, name.len);

	if (entry != NULL)
		return entry;

	entry = calloc(1, sizeof(GlueProfileEntry));
	if (entry == NULL)
		return NULL;
	entry->type = type;
	entry->next = set->entries;
	set->entries = entry;
	entry->name = copy_span(name);

	return entry->name != NULL ? entry : NULL;
}

/*
 * Remove the properties from one kind of file from a section.
 */
void
glue_profile_entry_clear(GlueProfileEntry *entry, GlueProfileFileKind kind)
{
	GlueProfileProperty **link = &entry->properties;

	while (*link != NULL)
	{
		GlueProfileProperty *property = *link;

		if (property->kind == kind)
		{
			*link = property->next;
			property->next = NULL;
			free_properties(&property);
		}
		else
			link = &property->next;
	}
}

/*
 * Add a property to a section, or replace its value.
 *
 * If the value comes from the configuration file, and the credentials file has
 * one already, nothing is changed, and *property is NULL.  Returns false if
 * there is no memory; the set can only be freed then.
 */
bool
glue_profile_entry_put(GlueProfileEntry *entry, GlueProfileFileKind kind,
					   GlueSpan key, GlueSpan value,
					   GlueProfileProperty **property)
{
	return put_property(&entry->properties, kind, key, value, property);
}

/*
 * Add a line to a value.  Returns false if there is no memory.
 */
bool
glue_profile_property_append(GlueProfileProperty *property, GlueSpan line)
{
	size_t		len = strlen(property->value);
	char	   *longer = malloc(len + 1 + line.len + 1);

	if (longer == NULL)
		return false;

	memcpy(longer, property->value, len);
	longer[len] = '\n';
	memcpy(longer + len + 1, line.start, line.len);
	longer[len + 1 + line.len] = '\0';

	free_string(property->value);
	property->value = longer;
	return true;
}

/*
 * Nest a property in another, or replace its value.  Returns false if there is
 * no memory; the set can only be freed then.
 */
bool
glue_profile_property_nest(GlueProfileProperty *property,
						   GlueSpan key, GlueSpan value)
{
	GlueProfileProperty *nested;

	return put_property(&property->nested, property->kind, key, value,
						&nested);
}

static GlueProfileEntry *
find_entry(const GlueProfileSet *set, GlueProfileSection type,
		   const char *name, size_t len)
{
	GlueProfileEntry *entry = set->entries;

	while (entry != NULL &&
		   (entry->type != type || strlen(entry->name) != len ||
			memcmp(entry->name, name, len) != 0))
		entry = entry->next;
	return entry;
}

/*
 * Find a property by its key, ignoring case.
 */
static GlueProfileProperty *
find_property(GlueProfileProperty *list, const char *key, size_t len)
{
	for (; list != NULL; list = list->next)
	{
		size_t		i = 0;

		while (i < len && list->key[i] == glue_lower(key[i]))
			i++;
		if (i == len && list->key[i] == '\0')
			return list;
	}
	return NULL;
}

static bool
put_property(GlueProfileProperty **list, GlueProfileFileKind kind,
			 GlueSpan key, GlueSpan value, GlueProfileProperty **property)
{
	GlueProfileProperty *found = find_property(*list, key.start, key.len);

	*property = NULL;
	if (found != NULL && found->kind == GLUE_PROFILE_CREDENTIALS &&
		kind == GLUE_PROFILE_CONFIG)
		return true;

	if (found == NULL)
	{
		found = calloc(1, sizeof(GlueProfileProperty));
		if (found == NULL)
			return false;
		found->next = *list;
		*list = found;
		found->key = copy_span(key);
		if (found->key == NULL)
			return false;
		for (char *c = found->key; *c != '\0'; c++)
			*c = glue_lower(*c);
	}

	free_string(found->value);
	free_properties(&found->nested);
	found->value = copy_span(value);
	found->kind = kind;
	*property = found;

	return found->value != NULL;
}

/*
 * Free a list of properties.  Nested lists have no further nesting.
 */
static void
free_properties(GlueProfileProperty **list)
{
	while (*list != NULL)
	{
		GlueProfileProperty *property = *list;

		*list = property->next;
		free_string(property->key);
		free_string(property->value);
		free_properties(&property->nested);
		free(property);
	}
}

static char *
copy_span(GlueSpan span)
{
	char	   *copy = malloc(span.len + 1);

	if (copy != NULL)
	{
		memcpy(copy, span.start, span.len);
		copy[span.len] = '\0';
	}
	return copy;
}

/*
 * Cleanse and free a string, or NULL.
 */
static void
free_string(char *string)
{
	if (string == NULL)
		return;

	OPENSSL_cleanse(string, strlen(string));
	free(string);
}
