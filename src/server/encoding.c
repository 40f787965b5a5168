/*-------------------------------------------------------------------------
 *
 * encoding.c
 *	  Text between the database's encoding and UTF-8.
 *
 * AWS speaks UTF-8, a database any encoding.  PostgreSQL's own conversion
 * raises an error that shows the bytes it could not convert.  That is wrong
 * on the way out, where the bytes may be of a password, and on the way in,
 * where an answer must be recorded whatever characters it has.  So nothing
 * here raises an error.
 *
 * Which function converts is looked up in a catalog.  Outside of a transaction
 * that cannot be done, and nothing but ASCII is converted.
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
 * Convert text of the database to UTF-8; false if that cannot be done.
 *
 * *utf8 is the text itself where there is nothing to do, and else secret
 * memory of the current context; it need not be NUL-terminated.
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

/*
 * Convert valid UTF-8 to the database's encoding, with "?" for characters
 * that it does not have.  The result is new memory, or the argument itself.
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

	/* some character is the culprit: convert them one by one */
	end = buffer;
	while (*utf8 != '\0')
	{
		int			char_len = pg_encoding_mblen(PG_UTF8, utf8);

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

/* Convert all of a text, or say that it cannot be done. */
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
