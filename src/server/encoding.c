/*-------------------------------------------------------------------------
 *
 * encoding.c
 *	  Conversion between the database's encoding and UTF-8.
 *
 * AWS uses UTF-8, a database any encoding.  PostgreSQL's own conversion raises
 * an error that quotes the bytes that could not be converted.  That is wrong
 * for output, because they may be part of a password, and for input, because
 * an answer must be recorded whatever characters it has.  So these functions
 * raise no errors.
 *
 * The conversion function is looked up in the catalog pg_conversion.  Outside
 * of a transaction that is impossible, and only ASCII is converted.
 *
 * IDENTIFICATION
 *	  src/server/encoding.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "server/encoding.h"
#include "server/secret_memory.h"
#include "text/json.h"

/* prototypes of private functions */
static bool convert(int from, int to, const char *text, int len,
					char *buffer, int size);

/*
 * Convert text of the database to UTF-8; return false if that is impossible.
 *
 * *utf8 is the text itself if no conversion is needed, and otherwise secret
 * memory of the current context; it may lack a NUL at the end.
 */
bool
glue_utf8_from_server(const char *text, int len,
					  const char **utf8, int *utf8_len)
{
	int			encoding = GetDatabaseEncoding();
	int			size = len * MAX_CONVERSION_GROWTH + 1;
	char	   *buffer;

	*utf8 = text;

	*utf8_len = len;
	if (encoding == PG_UTF8 || len == 0)
		return true;
	if (encoding == PG_SQL_ASCII)
		return glue_utf8_valid(text, len);

	buffer = glue_secret_alloc(size);
	if (!convert(encoding, PG_UTF8, text, len, buffer, size))
		return false;
	*utf8 = buffer;
	*utf8_len = strlen(buffer);
	return true;
}

/* Copy text of the database as UTF-8; unchanged if that is impossible. */
char *
glue_utf8_copy(const char *text, int len)
{
	const char *utf8;
	int			utf8_len;

	return glue_utf8_from_server(text, len, &utf8, &utf8_len) ?
		pnstrdup(utf8, utf8_len) : pnstrdup(text, len);
}

/*
 * Convert UTF-8 to the database's encoding; characters that it lacks, and bytes
 * that are not UTF-8, become "?".  Returns new memory, or the argument itself.
 */
char *
glue_server_from_utf8(const char *utf8)
{
	int			encoding = GetDatabaseEncoding();
	int			len = strlen(utf8);
	int			size = len * MAX_CONVERSION_GROWTH + 1;
	char	   *buffer;
	char	   *end;

	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII || len == 0)
		return unconstify(char *, utf8);

	buffer = palloc(size);
	if (convert(PG_UTF8, encoding, utf8, len, buffer, size))
		return buffer;

	/* some character cannot be converted: convert one by one */
	end = buffer;
	while (*utf8 != '\0')
	{
		int			char_len = strnlen(utf8, pg_encoding_mblen(PG_UTF8, utf8));

		if (!glue_utf8_valid(utf8, char_len))
			char_len = 1;		/* from glue_utf8_copy() */
		if (!IS_HIGHBIT_SET(*utf8))
			strlcpy(end, utf8, char_len + 1);
		else if (!convert(PG_UTF8, encoding, utf8, char_len,
						  end, size - (end - buffer)))
			strcpy(end, "?");
		end += strlen(end);
		utf8 += char_len;
	}
	return buffer;
}

/* Convert a whole text; return false if that is impossible. */
static bool
convert(int from, int to, const char *text, int len, char *buffer, int size)
{
	Oid			conversion = IsTransactionState() ?
		FindDefaultConversionProc(from, to) : InvalidOid;

	return OidIsValid(conversion) &&
		pg_do_encoding_conversion_buf(conversion, from, to,
									  (unsigned char *) unconstify(char *, text),
									  len, (unsigned char *) buffer, size,
									  true) == len;
}

/* Copy as many whole characters as fit; NULL becomes "". */
void
glue_copy_clipped(char *to, Size size, const char *from, int encoding)
{
	int			len = 0;

	if (from != NULL)
		len = pg_encoding_mbcliplen(encoding, from, strlen(from), size - 1);
	memcpy(to, from != NULL ? from : "", len);
	to[len] = '\0';
}
