/*-------------------------------------------------------------------------
 *
 * sigv4_message.c
 *	  The canonical form of an HTTP message, for its signature.
 *
 * AWS and we both hash the request, so both must first normalize it byte for
 * byte, because a library or a proxy may have changed it on the way:
 *
 *		method
 *		path, normalised and encoded
 *		query
 *		name:value of each signed header, sorted and normalised
 *		(an empty line)
 *		names of the signed headers
 *		hash of the body
 *
 * All given headers are signed; the caller omits those that a proxy may
 * change.
 *
 * IDENTIFICATION
 *	  src/aws/sigv4_message.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/sigv4_message.h"

#include <string.h>

/*
 * Sort the headers by name.  Headers with the same name keep their order,
 * which is the order of their values in the canonical request.
 */
static bool
sort_headers(const GlueSigv4Message *message,
			 const GlueSigv4Header *sorted[GLUE_SIGV4_MAX_HEADERS])
{
	if (message->nheaders > GLUE_SIGV4_MAX_HEADERS)
		return false;

	for (int i = 0; i < message->nheaders; i++)
	{
		const GlueSigv4Header *header = &message->headers[i];
		int			place = i;

		while (place > 0 && strcmp(sorted[place - 1]->name, header->name) > 0)
		{
			sorted[place] = sorted[place - 1];
			place--;
		}
		sorted[place] = header;
	}
	return true;
}

/*
 * Write a header's value without white space at its ends and with one space
 * for each run of it inside, quoted or not.
 */
static void
put_header_value(GlueTextBuffer *out, const char *value)
{
	static const char white_space[] = " \t\n\v\f\r";
	const char *word = value + strspn(value, white_space);

	while (*word != '\0')
	{
		size_t		len = strcspn(word, white_space);

		glue_text_put(out, word, len);
		word += len;
		word += strspn(word, white_space);
		if (*word != '\0')
			glue_text_put_char(out, ' ');
	}
}

/*
 * Write "name:value" lines.  The values of a repeated header share a line.
 */
static void
put_headers(GlueTextBuffer *out, const GlueSigv4Header *const *sorted,
			int nheaders)
{
	for (int i = 0; i < nheaders; i++)
	{
		if (i > 0 && strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
			glue_text_put_char(out, ',');
		else
		{
			if (i > 0)
				glue_text_put_char(out, '\n');
			glue_text_put_string(out, sorted[i]->name);
			glue_text_put_char(out, ':');
		}
		put_header_value(out, sorted[i]->value);
	}
	if (nheaders > 0)
		glue_text_put_char(out, '\n');
}

/*
 * Write the names, each once, separated by ";".
 */
static void
put_names(GlueTextBuffer *out, const GlueSigv4Header *const *sorted,
		  int nheaders)
{
	for (int i = 0; i < nheaders; i++)
	{
		if (i > 0 && strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
			continue;
		if (i > 0)
			glue_text_put_char(out, ';');
		glue_text_put_string(out, sorted[i]->name);
	}
}

/*
 * Write the canonical path.
 *
 * Empty and "." segments are dropped, ".." drops the segment before it and a
 * slash at the end stays.  Then the path is percent-encoded, although it is
 * encoded already: every service but S3 signs it encoded twice.
 */
static void
put_path(GlueTextBuffer *out, const char *path)
{
	size_t		root = out->len;
	size_t		path_len = strlen(path);
	const char *segment = path;

	while (*segment != '\0')
	{
		size_t		len = strcspn(segment, "/");

		if (len == 2 && memcmp(segment, "..", 2) == 0)
		{
			if (out->len > out->size)
				return;
			while (out->len > root && out->data[--out->len] != '/')
				;
		}
		else if (len > 0 && !(len == 1 && segment[0] == '.'))
		{
			glue_text_put_char(out, '/');
			glue_text_put_encoded(out, segment, len);
		}
		segment += len;
		if (*segment == '/')
			segment++;
	}

	/* The root already ends with a slash. */
	if (out->len == root || path[path_len - 1] == '/')
		glue_text_put_char(out, '/');
}

/*
 * Write the canonical request.  body_hash is the SHA-256 of the body in
 * hexadecimal.  Too many headers are treated as a text that does not fit.
 */
void
glue_sigv4_put_message(GlueTextBuffer *out, const GlueSigv4Message *message,
					   const char *body_hash)
{
	const GlueSigv4Header *sorted[GLUE_SIGV4_MAX_HEADERS];

	if (!sort_headers(message, sorted))
	{
		out->len = out->size;
		return;
	}

	glue_text_put_all(out, message->method, "\n", NULL);
	put_path(out, message->path);
	glue_text_put_all(out, "\n", message->query, "\n", NULL);
	put_headers(out, sorted, message->nheaders);
	glue_text_put_char(out, '\n');
	put_names(out, sorted, message->nheaders);
	glue_text_put_all(out, "\n", body_hash, NULL);
}

/*
 * Write the names of the signed headers, for the canonical request and the
 * Authorization header.
 */
void
glue_sigv4_put_signed_headers(GlueTextBuffer *out,
							  const GlueSigv4Message *message)
{
	const GlueSigv4Header *sorted[GLUE_SIGV4_MAX_HEADERS];

	if (sort_headers(message, sorted))
		put_names(out, sorted, message->nheaders);
	else
		out->len = out->size;
}
