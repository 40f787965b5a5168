/*-------------------------------------------------------------------------
 *
 * secret_markup.c
 *	  Names and values in XML and YAML.
 *
 * Some properties contain whole files.  These forms are found:
 *
 *	- an element, <password>...</password>
 *	- Hadoop's <name>password</name> <value>...</value>
 *	- attributes, name="password" value="..."
 *	- a line of YAML, "password: ...", also in a list, "user: u, password:
 *	  ..."
 *
 * Every backward scan has a limit, which keeps the search linear.
 *
 * IDENTIFICATION
 *	  src/secret/secret_markup.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/secret_search.h"

#include <string.h>

/* longest start tag, and largest distance between a name and its value */
#define MAX_TAG 256

/* result of line_start() */
#define NOT_FIRST ((size_t) -1)

/*
 * Return the position of the last such character before at, or at.
 */
static size_t
back_to(const GlueText *text, size_t at, char c)
{
	size_t		lowest = at > MAX_TAG ? at - MAX_TAG : 0;

	for (size_t i = at; i > lowest; i--)
	{
		if (text->bytes[i - 1] == c)
			return i - 1;
	}
	return at;
}

/*
 * Return the start of the white space before at.
 */
static size_t
skip_back(const GlueText *text, size_t at)
{
	size_t		lowest = at > MAX_TAG ? at - MAX_TAG : 0;

	while (at > lowest && glue_is_space(text->bytes[at - 1]))
		at--;
	return at;
}

static bool
ends_with(const GlueText *text, size_t end, const char *part)
{
	size_t		len = strlen(part);

	return end >= len && memcmp(&text->bytes[end - len], part, len) == 0;
}

/*
 * Classify an attribute "value", or the content of an element, by the
 * attribute that ends before this place.
 */
GlueNameKind
glue_markup_attribute_kind(const GlueText *text, size_t name_start)
{
	size_t		end = skip_back(text, name_start);
	size_t		start;
	size_t		equals;

	if (end == 0 || !glue_is_quote(text->bytes[end - 1]))
		return GLUE_NAME_PLAIN;
	end--;
	start = back_to(text, end, text->bytes[end]) + 1;
	if (start > end)
		return GLUE_NAME_PLAIN;
	equals = skip_back(text, start - 1);
	if (!ends_with(text, equals, "name=") && !ends_with(text, equals, "key="))
		return GLUE_NAME_PLAIN;
	return glue_secret_name_kind(&text->bytes[start], end - start);
}

static size_t
end_of_cdata(const GlueText *text, size_t at)
{
	while (at < text->len &&
		   !(text->len - at > 2 && memcmp(&text->bytes[at], "]]>", 3) == 0))
		at++;
	return at;
}

/*
 * Classify the name of an element; if that is "value", the name in front of
 * it; or if that is not a secret's, the attribute with its name.
 */
static GlueNameKind
classify_tag(const GlueText *text, size_t tag, size_t end)
{
	size_t		name_end = tag;
	size_t		name = tag;
	GlueNameKind kind;

	while (name_end < end && !glue_is_space(text->bytes[name_end]))
	{
		if (text->bytes[name_end] == ':')
			name = name_end + 1;
		name_end++;
	}
	if (name_end == name || !glue_is_name_character(text->bytes[name]))
		return GLUE_NAME_PLAIN;
	if (glue_secret_same_name(&text->bytes[name], name_end - name, "value"))
	{
		size_t		close = skip_back(text, tag - 1);

		if (!ends_with(text, close, "</name>"))
			return GLUE_NAME_PLAIN;
		name_end = close - strlen("</name>");
		name = back_to(text, name_end, '>') + 1;
		if (name > name_end)
			return GLUE_NAME_PLAIN;
	}
	kind = glue_secret_name_kind(&text->bytes[name], name_end - name);
	return kind != GLUE_NAME_PLAIN ? kind :
		glue_markup_attribute_kind(text, end);
}

/*
 * Look for the content of an element that is a secret, given the ">" of its
 * start tag.
 */
bool
glue_markup_find_element(GlueSecretSearch *search, size_t at)
{
	static const char cdata[] = "<![CDATA[";
	const GlueText *text = &search->text;
	const char *bytes = text->bytes;
	size_t		tag = back_to(text, at, '<');
	size_t		start = at + 1;
	size_t		end;
	GlueNameKind kind;

	if (tag == at || bytes[at - 1] == '/')
		return false;
	kind = classify_tag(text, tag + 1, at);
	if (kind < GLUE_NAME_ADDRESS)
		return false;
	if (text->len - start > strlen(cdata) &&
		memcmp(&bytes[start], cdata, strlen(cdata)) == 0)
	{
		start += strlen(cdata);
		return glue_secret_search_take(search, kind, start,
									   end_of_cdata(text, start));
	}
	while (start < text->len && glue_is_space(bytes[start]))
		start++;
	end = start;
	while (end < text->len && bytes[end] != '<')
		end++;
	while (end > start && glue_is_space(bytes[end - 1]))
		end--;
	return glue_secret_search_take(search, kind, start, end);
}

/*
 * Return the start of the line with this name as its first one, except for
 * blanks and the mark of a list; NOT_FIRST if it is not the first.
 */
static size_t
line_start(const GlueText *text, size_t at)
{
	size_t		lowest = at > MAX_TAG ? at - MAX_TAG : 0;

	while (at > lowest && (text->bytes[at - 1] == ' ' ||
						   text->bytes[at - 1] == '\t' ||
						   text->bytes[at - 1] == '-'))
		at--;
	return at == 0 || text->bytes[at - 1] == '\n' ||
		text->bytes[at - 1] == '\r' ? at : NOT_FIRST;
}

/*
 * Does a name follow a separator of members, and not begin a placeholder?
 */
static bool
follows_separator(const GlueText *text, size_t at)
{
	char		before;

	at = skip_back(text, at);
	before = at > 0 ? text->bytes[at - 1] : '\0';
	return before != '\0' && strchr(",;{(", before) != NULL &&
		!(before == '{' && at > 1 &&
		  (text->bytes[at - 2] == '$' || text->bytes[at - 2] == '{'));
}

/*
 * Return the end of a block of YAML: before the first line without
 * indentation.
 */
static size_t
end_of_block(const GlueText *text, size_t at)
{
	const char *bytes = text->bytes;

	for (; at < text->len; at++)
	{
		if (bytes[at] == '\n' && at + 1 < text->len &&
			!glue_is_space(bytes[at + 1]))
			return at;
	}
	return text->len;
}

static bool
is_in(const GlueText *text, size_t at, const char *characters)
{
	return strchr(characters, text->bytes[at]) != NULL;
}

/*
 * Return the end of an unquoted value, or 0 if this is prose.
 */
static size_t
end_of_plain(const GlueText *text, size_t start, size_t line)
{
	const char *bytes = text->bytes;
	size_t		end = start;
	size_t		word_end;

	if (text->len - start > 1 && memcmp(&bytes[start], "//", 2) == 0)
		return 0;
	while (end < text->len && !glue_is_space(bytes[end]) &&
		   !is_in(text, end, ",;})"))
		end++;
	word_end = end;
	end = glue_value_skip_blanks(text, end);
	if (end == text->len || is_in(text, end, ",;})\r\n"))
		return word_end;
	if (line == NOT_FIRST)
		return 0;
	while (end < text->len && bytes[end] != '\n' && bytes[end] != '\r')
		end++;
	if (end == text->len && line == 0)
		return 0;
	while (glue_is_space(bytes[end - 1]))
		end--;
	return end;
}

/*
 * Look for a value of YAML that is a secret, given its name and its start,
 * behind the colon.
 *
 * The name must be the first of its line, or follow a comma or the like.
 * Several words after it are prose, and no secret, unless they fill one line
 * of several.
 */
bool
glue_markup_find_line(GlueSecretSearch *search, size_t name_start,
					  size_t name_end, size_t value)
{
	const GlueText *text = &search->text;
	const char *bytes = text->bytes;
	size_t		line = line_start(text, name_start);
	size_t		next = value;
	size_t		end;
	GlueNameKind kind;

	if (value == text->len ||
		(line == NOT_FIRST && !follows_separator(text, name_start)))
		return false;
	kind = glue_secret_name_kind(&bytes[name_start], name_end - name_start);
	if (kind < GLUE_NAME_ADDRESS)
		return false;
	if (line != NOT_FIRST && strchr("|>\n", bytes[value]) != NULL)
		end = end_of_block(text, value);
	else if ((end = glue_value_quoted_end(text, &next, false)) == 0)
		end = end_of_plain(text, value, line);
	while (next < end && glue_is_space(bytes[next]))
		next++;
	return end > next && glue_secret_search_take(search, kind, next, end);
}
