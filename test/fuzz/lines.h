/*-------------------------------------------------------------------------
 *
 * lines.h
 *	  The input of a fuzzer, taken for lines.
 *
 * A fuzzer of a function with several arguments reads one from each line, so
 * that its corpus can be read and written by hand.  Each line is a string of
 * its own, without room to spare: a sanitizer sees it if one is left.
 *
 * IDENTIFICATION
 *	  test/fuzz/lines.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LINES_H
#define LINES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

#define MAX_LINES	40

typedef struct Lines
{
	int			count;
	char	   *lines[MAX_LINES];
} Lines;

static inline char *
copy_of(const char *text, size_t len)
{
	char	   *copy = malloc(len + 1);

	require(copy != NULL);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/*
 * Split an input into lines.  The last line that there is room for has all the
 * rest; a NUL ends a line that is read as a string.
 */
static inline void
split_lines(Lines *lines, const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;

	lines->count = 0;
	while (size > 0 && lines->count < MAX_LINES)
	{
		const char *line_break = lines->count == MAX_LINES - 1 ? NULL :
			memchr(text, '\n', size);
		size_t		len = line_break != NULL ? line_break - text : size;

		lines->lines[lines->count++] = copy_of(text, len);
		len += line_break != NULL;
		text += len;
		size -= len;
	}
}

static inline void
free_lines(Lines *lines)
{
	for (int i = 0; i < lines->count; i++)
		free(lines->lines[i]);
}

/* A line, counted from 0; "" if there are fewer. */
static inline const char *
line_at(const Lines *lines, int i)
{
	return i < lines->count ? lines->lines[i] : "";
}

/* The number that a line begins with, or 0, but within these bounds. */
static inline long long
number_at(const Lines *lines, int i, long long min, long long max)
{
	long long	number = strtoll(line_at(lines, i), NULL, 10);

	return number < min ? min : number > max ? max : number;
}

/* No time that PostgreSQL knows is more milliseconds from 1970. */
#define MAX_TIME_MS	10000000000000000LL

static inline long long
time_at(const Lines *lines, int i)
{
	return number_at(lines, i, -MAX_TIME_MS, MAX_TIME_MS);
}

#endif							/* LINES_H */
