/*-------------------------------------------------------------------------
 *
 * profile_grammar.c
 *	  The grammar of AWS's shared configuration and credentials files.
 *
 * Terms:
 *
 *	- section: a heading in brackets and the lines up to the next one.
 *	  Most are profiles, "[profile name]" in the configuration file and
 *	  "[name]" in the credentials file; others are named after their type.
 *	- property: "key = value" in a section
 *	- continuation: an indented line, which belongs to the property before
 *	  it.  It adds a line to the value; or, if the value was empty, it is a
 *	  nested property.
 *
 * The grammar is that of AWS's newer SDKs.  It distinguishes errors from
 * unknown input.  A malformed line makes the whole file invalid, because wrong
 * credentials are worse than none.  A section or property with an unknown type
 * or an invalid name is skipped, because other programs use the same files.
 *
 * Errors do not quote the file: a malformed line may be a part of a secret.
 *
 * IDENTIFICATION
 *	  src/aws/profile_grammar.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_grammar.h"

#include <string.h>

#include "text/ascii.h"

/*
 * The position of the reader in a file.  A skipped section or property is
 * recorded as well, because its lines must be distinguished from stray ones.
 */
typedef struct Reader
{
	GlueProfileSet *set;
	GlueProfileFileKind kind;
	bool		in_section;
	GlueProfileEntry *section;	/* NULL if skipped */
	bool		in_property;	/* may a continuation follow? */
	bool		in_nested;		/* must the next continuation be a nested
								 * property? */
	GlueProfileEntry *property; /* NULL if skipped */
	const char *reason;			/* reason of the failure */
} Reader;

static const char out_of_memory[] = "out of memory";

/* prototypes of private functions */
static bool read_line(Reader *reader, GlueSpan line);
static bool read_heading(Reader *reader, GlueSpan line);
static bool classify_heading(const Reader *reader, GlueSpan heading,
							 GlueProfileSection *type, GlueSpan *name);
static bool open_section(Reader *reader, GlueProfileSection type, GlueSpan name,
						 bool is_prefixed);
static bool read_property(Reader *reader, GlueSpan line);
static bool read_continuation(Reader *reader, GlueSpan line);
static bool split_property(Reader *reader, GlueSpan line, const char *no_sign,
						   const char *no_key, GlueSpan *key, GlueSpan *value);

static bool
fail(Reader *reader, const char *reason)
{
	reader->reason = reason;
	return false;
}

static GlueSpan
between(const char *start, const char *end)
{
	GlueSpan	span = {start, end - start};

	return span;
}

static GlueSpan
trim(GlueSpan span)
{
	while (span.len > 0 && glue_is_blank(span.start[0]))
	{
		span.start++;
		span.len--;
	}
	while (span.len > 0 && glue_is_blank(span.start[span.len - 1]))
		span.len--;
	return span;
}

/*
 * Take the first line from a text that is not empty.
 */
static GlueSpan
next_line(GlueSpan *rest)
{
	GlueSpan	line = *rest;
	const char *end = memchr(rest->start, '\n', rest->len);

	if (end != NULL)
	{
		line.len = end - rest->start;
		rest->start = end + 1;
		rest->len -= line.len + 1;
	}
	else
		rest->len = 0;

	if (line.len > 0 && line.start[line.len - 1] == '\r')
		line.len--;
	return line;
}

/*
 * Remove the comment at the end of a line; in properties, where "#" and ";"
 * may be part of a value, a comment must follow white space.
 */
static GlueSpan
without_comment(GlueSpan line, bool must_follow_space)
{
	for (size_t i = 1; i < line.len; i++)
	{
		if ((line.start[i] == '#' || line.start[i] == ';') &&
			(!must_follow_space || glue_is_blank(line.start[i - 1])))
			line.len = i;
	}
	return line;
}

/*
 * Can this be the name of a section or the key of a property?
 */
static bool
is_name(GlueSpan span)
{
	for (size_t i = 0; i < span.len; i++)
	{
		char		c = span.start[i];

		if (!glue_is_alphanumeric(c) && memchr("_-/.%@:+", c, 8) == NULL)
			return false;
	}
	return span.len > 0;
}

/*
 * Read a file's text into the set.
 *
 * Lines may end with CR LF, and a UTF-8 byte order mark may come first.
 * Returns false, with error filled in, if the file is malformed; the set can
 * only be freed then.
 */
bool
glue_profile_set_read(GlueProfileSet *set, GlueProfileFileKind kind,
					  const char *contents, size_t len, GlueProfileError *error)
{
	Reader		reader = {.set = set, .kind = kind};
	GlueSpan	rest = {contents, len};

	error->line = 0;
	error->reason = NULL;

	if (len >= 3 && memcmp(contents, "\xef\xbb\xbf", 3) == 0)
	{
		rest.start += 3;
		rest.len -= 3;
	}
	for (int line = 1; rest.len > 0; line++)
	{
		if (!read_line(&reader, next_line(&rest)))
		{
			error->line = reader.reason == out_of_memory ? 0 : line;
			error->reason = reader.reason;
			return false;
		}
	}
	return true;
}

/*
 * Read one line, without its end.
 */
static bool
read_line(Reader *reader, GlueSpan line)
{
	if (memchr(line.start, '\0', line.len) != NULL)
		return fail(reader, "there is a zero byte");

	if (trim(line).len == 0 || line.start[0] == '#' || line.start[0] == ';')
		return true;
	if (line.start[0] == '[')
		return read_heading(reader, line);
	if (!reader->in_section)
		return fail(reader, "there is no section heading before this line");
	if (glue_is_blank(line.start[0]))
		return read_continuation(reader, trim(line));
	return read_property(reader, line);
}

/*
 * Read "[type name]" and make it the current section.
 */
static bool
read_heading(Reader *reader, GlueSpan line)
{
	GlueProfileSection type;
	GlueSpan	heading = trim(without_comment(line, false));
	GlueSpan	name;

	if (heading.start[heading.len - 1] != ']')
		return fail(reader, "a section heading must end with \"]\"");

	heading.start++;
	heading.len -= 2;
	heading = trim(heading);

	reader->in_section = true;
	reader->section = NULL;
	reader->in_property = false;
	reader->property = NULL;

	if (!classify_heading(reader, heading, &type, &name) || !is_name(name))
		return true;
	return open_section(reader, type, name, name.start != heading.start);
}

/*
 * Determine type and name of a section from the text in the brackets.  Returns
 * false for an unknown type.
 */
static bool
classify_heading(const Reader *reader, GlueSpan heading,
				 GlueProfileSection *type, GlueSpan *name)
{
	static const struct
	{
		const char *word;
		GlueProfileSection type;
	}			types[] = {
		{"profile", GLUE_SECTION_PROFILE},
		{"sso-session", GLUE_SECTION_SSO_SESSION},
		{"services", GLUE_SECTION_SERVICES}
	};

	*type = GLUE_SECTION_PROFILE;
	*name = heading;
	if (reader->kind == GLUE_PROFILE_CREDENTIALS)
		return true;

	for (int i = 0; i < 3; i++)
	{
		size_t		len = strlen(types[i].word);

		if (heading.len > len && glue_is_blank(heading.start[len]) &&
			memcmp(heading.start, types[i].word, len) == 0)
		{
			*type = types[i].type;
			*name = trim(between(heading.start + len,
								 heading.start + heading.len));
			return true;
		}
	}
	return heading.len == strlen("default") &&
		memcmp(heading.start, "default", heading.len) == 0;
}

/*
 * Make a section the current one, and add it if it is new.
 *
 * A configuration file may spell the default profile in two ways.  If it uses
 * both, "[profile default]" counts and "[default]" is skipped.
 */
static bool
open_section(Reader *reader, GlueProfileSection type, GlueSpan name,
			 bool is_prefixed)
{
	GlueProfileEntry *section = glue_profile_entry(reader->set, type, name);

	if (section == NULL)
		return fail(reader, out_of_memory);
	if (glue_profile_use_prefixed(section, is_prefixed) ||
		reader->kind == GLUE_PROFILE_CREDENTIALS)
		reader->section = section;
	return true;
}

static bool
read_property(Reader *reader, GlueSpan line)
{
	GlueSpan	key;
	GlueSpan	value;

	if (!split_property(reader, line,
						"a property must have the form \"key = value\"",
						"a property must have a key before the \"=\"",
						&key, &value))
		return false;

	reader->in_property = true;
	reader->in_nested = value.len == 0;
	reader->property = NULL;
	if (reader->section != NULL && is_name(key) &&
		!glue_profile_put(reader->section, reader->kind, key, value,
						  &reader->property))
		return fail(reader, out_of_memory);
	return true;
}

/*
 * Read an indented line, trimmed.  A comment in it is part of the value,
 * except among nested properties.
 */
static bool
read_continuation(Reader *reader, GlueSpan line)
{
	GlueSpan	key;
	GlueSpan	value;
	GlueProfileEntry *nested;

	if (!reader->in_property)
		return fail(reader, "an indented line must follow a property");

	if (reader->in_nested)
	{
		if (line.start[0] == '#' || line.start[0] == ';')
			return true;
		if (!split_property(reader, line,
							"a nested property must have the form \"key = value\"",
							"a nested property must have a key before the \"=\"",
							&key, &value))
			return false;
		if (reader->property != NULL &&
			!glue_profile_put(reader->property, reader->kind, key, value,
							  &nested))
			return fail(reader, out_of_memory);
	}

	if (reader->property != NULL &&
		!glue_profile_append(reader->property, line))
		return fail(reader, out_of_memory);
	return true;
}

/*
 * Split "key = value # comment".  no_sign and no_key are the reasons for
 * failures.
 */
static bool
split_property(Reader *reader, GlueSpan line, const char *no_sign,
			   const char *no_key, GlueSpan *key, GlueSpan *value)
{
	const char *sign;

	line = without_comment(line, true);
	sign = memchr(line.start, '=', line.len);
	if (sign == NULL)
		return fail(reader, no_sign);

	*key = trim(between(line.start, sign));
	*value = trim(between(sign + 1, line.start + line.len));
	if (key->len == 0)
		return fail(reader, no_key);
	return true;
}
