/*-------------------------------------------------------------------------
 *
 * sql_text.h
 *	  Operators in the text of our statements.
 *
 * An operator without a schema is looked up in the search_path, like a
 * function.  Our statements run with a search_path of pg_catalog alone, but
 * qualified names make them safe by their text.  (unnest() of several arrays
 * is syntax, not a function, and cannot be qualified.)
 *
 * IDENTIFICATION
 *	  src/store/sql_text.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_SQL_TEXT_H
#define GLUE_STORE_SQL_TEXT_H

#define EQUALS		" OPERATOR(pg_catalog.=) "
#define DIFFERS_FROM	" OPERATOR(pg_catalog.<>) "
#define IS_BEFORE	" OPERATOR(pg_catalog.<) "
#define IS_AFTER	" OPERATOR(pg_catalog.>) "
#define IS_AT_MOST	" OPERATOR(pg_catalog.<=) "
#define IS_AT_LEAST	" OPERATOR(pg_catalog.>=) "
#define PLUS		" OPERATOR(pg_catalog.+) "
#define MINUS		" OPERATOR(pg_catalog.-) "
#define TIMES		" OPERATOR(pg_catalog.*) "

/*
 * Are two values the same, or both null?  The result is null, not false, if
 * only one is.
 */
#define SAME(a, b) \
	"(" a EQUALS b " OR (" a " IS NULL AND " b " IS NULL))"

#define NOW			"pg_catalog.clock_timestamp()"

/* A number of seconds or milliseconds, as an interval. */
#define SECONDS(number) "(" number TIMES "interval '1 s')"
#define MILLISECONDS(number) "(" number TIMES "interval '1 ms')"

/*
 * The catalog or account of a request's connection; null while it is not
 * known.
 */
#define GLUE_CATALOG(request) \
	"coalesce(" request ".catalog_id, " request ".account_id)"

#endif							/* GLUE_STORE_SQL_TEXT_H */
