/*-------------------------------------------------------------------------
 *
 * profile_set.c
 *	  The merged contents of AWS's shared files.
 *
 * A set is a tree of entries: sections, their properties, and nested properties.
 * The lists are short, so a linear search is enough.
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

struct GlueProfileEntry
{
	GlueProfileSection type;	/* 0: it is a property */
	char	   *name;
	char	   *value;			/* of a property; lines after the first each
								 * follow a '\n' */
	GlueProfileFileKind kind;	/* of the file that value is from */
	bool		is_prefixed;	/* a section with a heading "[type name]" */
	GlueProfileEntry *inner;	/* properties: of a section, or the lines of
								 * value if they are some */
	GlueProfileEntry *next;
};

static GlueSpan
span_of(const char *text)
{
	GlueSpan	span = {text, strlen(text)};

	return span;
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

/* Free a list with all its entries, which are nested three deep at most. */
static void
free_entries(GlueProfileEntry **list)
{
	while (*list != NULL)
	{
		GlueProfileEntry *entry = *list;

		*list = entry->next;
		free_string(entry->name);
		free_string(entry->value);
		free_entries(&entry->inner);
		free(entry);
	}
}

/*
 * Find an entry in a section or in the whole set by its name; that of a property
 * ignoring case.  NULL if there is none, or no parent.
 */
static GlueProfileEntry *
find(const GlueProfileEntry *parent, GlueProfileSection type, GlueSpan name)
{
	GlueProfileEntry *entry = parent != NULL ? parent->inner : NULL;

	while (entry != NULL &&
		   (entry->type != type ||
			!glue_same_word(name.start, name.len, entry->name) ||
			(type != 0 && memcmp(name.start, entry->name, name.len) != 0)))
		entry = entry->next;
	return entry;
}

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
	free_entries(&set);
}

/*
 * Does this section exist?  It may be empty.
 */
bool
glue_profile_set_has(const GlueProfileSet *set, GlueProfileSection section,
					 const char *name)
{
	return find(set, section, span_of(name)) != NULL;
}

/*
 * Get the value of a property, or unless key is NULL, of the one nested in it.
 * NULL if there is none.  The set owns the value, which may be empty or have
 * several lines.
 */
const char *
glue_profile_set_get(const GlueProfileSet *set, GlueProfileSection section,
					 const char *name, const char *property, const char *key)
{
	GlueProfileEntry *entry = find(set, section, span_of(name));

	entry = find(entry, 0, span_of(property));
	if (key != NULL)
		entry = find(entry, 0, span_of(key));
	return entry != NULL ? entry->value : NULL;
}

/*
 * Find a section of the set, or a property, or add it.  NULL if there is no
 * memory.
 */
GlueProfileEntry *
glue_profile_entry(GlueProfileEntry *parent, GlueProfileSection type,
				   GlueSpan name)
{
	GlueProfileEntry *entry = find(parent, type, name);

	if (entry != NULL)
		return entry;
	entry = calloc(1, sizeof(GlueProfileEntry));
	if (entry == NULL)
		return NULL;
	entry->type = type;
	entry->name = copy_span(name);
	if (entry->name == NULL)
	{
		free(entry);
		return NULL;
	}
	entry->next = parent->inner;
	parent->inner = entry;
	return entry;
}

/*
 * Of a section that the configuration file has with and without its type in the
 * heading, keep only the properties under the former.  Returns whether the
 * properties under a heading count.
 */
bool
glue_profile_use_prefixed(GlueProfileEntry *section, bool is_prefixed)
{
	GlueProfileEntry **link = &section->inner;

	if (section->is_prefixed || !is_prefixed)
		return section->is_prefixed == is_prefixed;
	section->is_prefixed = true;
	while (*link != NULL)
	{
		GlueProfileEntry *property = *link;

		if (property->kind == GLUE_PROFILE_CONFIG)
		{
			*link = property->next;
			property->next = NULL;
			free_entries(&property);
		}
		else
			link = &property->next;
	}
	return true;
}

/*
 * Add a property to a section, or to a property that it is nested in, or replace
 * its value.
 *
 * If the value comes from the configuration file, and the credentials file has
 * one already, nothing is changed, and *property is NULL.  Returns false if
 * there is no memory; the set can only be freed then.
 */
bool
glue_profile_put(GlueProfileEntry *parent, GlueProfileFileKind kind,
				 GlueSpan key, GlueSpan value, GlueProfileEntry **property)
{
	GlueProfileEntry *entry = glue_profile_entry(parent, 0, key);

	*property = NULL;
	if (entry == NULL)
		return false;
	if (entry->value != NULL && entry->kind == GLUE_PROFILE_CREDENTIALS &&
		kind == GLUE_PROFILE_CONFIG)
		return true;

	free_string(entry->value);
	free_entries(&entry->inner);
	entry->value = copy_span(value);
	entry->kind = kind;
	*property = entry;
	return entry->value != NULL;
}

/*
 * Add a line to a value.  Returns false if there is no memory.
 */
bool
glue_profile_append(GlueProfileEntry *property, GlueSpan line)
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
