/*-------------------------------------------------------------------------
 *
 * date.c
 *	  Times as AWS writes them.
 *
 * There are two forms: that of the Date header of every answer, and that of
 * ISO 8601, in answers that hand out credentials.  Both are read by hand, since
 * strptime() follows the locale, and as seconds since 1970; what is before that
 * is refused.
 *
 * IDENTIFICATION
 *	  src/aws/date.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/date.h"

#include <string.h>

#include "text/ascii.h"

/* the parts of a time, as people count them: months and days from 1 */
typedef struct TimeParts
{
	int			year;
	int			month;
	int			day;
	int			hour;
	int			minute;
	int			second;
} TimeParts;

static bool take_day(const char **text, TimeParts *time);
static bool take_clock(const char **text, int max_second, TimeParts *time);
static bool take_fraction(const char **text);
static bool take_offset(const char *text, long long *seconds);
static bool take_number(const char **text, int digits, int max, int *number);
static bool take_char(const char **text, char c);
static long long seconds_since_epoch(const TimeParts *time);
static long long days_since_epoch(int year, int month, int day);

/*
 * Read the date of a Date header, "Sun, 06 Nov 1994 08:49:37 GMT", as seconds
 * since 1970.
 *
 * HTTP has two more forms, which are obsolete since 1997; they are refused.
 */
bool
glue_reply_parse_date(const char *date, long long *epoch_seconds)
{
	static const char form[] = "xxx, dd xxx dddd dd:dd:dd GMT";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *day;
	const char *year;
	const char *clock;
	TimeParts	time = {.month = 1};

	if (strlen(date) != strlen(form))
		return false;
	for (size_t i = 0; i < strlen(form); i++)
	{
		if (form[i] != 'x' && form[i] != 'd' && date[i] != form[i])
			return false;
	}
	day = date + 5;
	year = date + 12;
	clock = date + 17;
	while (time.month <= 12 &&
		   memcmp(date + 8, months + 3 * (time.month - 1), 3) != 0)
		time.month++;

	if (time.month > 12 ||
		!take_number(&day, 2, 31, &time.day) || time.day < 1 ||
		!take_number(&year, 4, 9999, &time.year) || time.year < 1970 ||
		!take_clock(&clock, 60, &time))
		return false;
	*epoch_seconds = seconds_since_epoch(&time);
	return true;
}

/*
 * Read a time as "2026-01-31T12:00:00Z", as seconds since 1970.
 *
 * Fractions of a second are dropped, and an offset, "+01:00", may stand in the
 * place of "Z".
 */
bool
glue_parse_iso8601(const char *text, long long *epoch_seconds)
{
	TimeParts	time;
	long long	offset;

	if (!take_day(&text, &time) || !take_char(&text, 'T') ||
		!take_clock(&text, 59, &time) || !take_fraction(&text) ||
		!take_offset(text, &offset))
		return false;
	*epoch_seconds = seconds_since_epoch(&time) - offset;
	return true;
}

/*
 * Take a day that exists, "2026-01-31".
 */
static bool
take_day(const char **text, TimeParts *time)
{
	long long	first;
	long long	next;

	if (!take_number(text, 4, 9999, &time->year) || time->year < 1970 ||
		!take_char(text, '-') ||
		!take_number(text, 2, 12, &time->month) || time->month < 1 ||
		!take_char(text, '-') ||
		!take_number(text, 2, 31, &time->day) || time->day < 1)
		return false;
	first = days_since_epoch(time->year, time->month, 1);
	next = days_since_epoch(time->year + time->month / 12,
							time->month % 12 + 1, 1);
	return first + time->day <= next;
}

/*
 * Take "12:00:00".
 */
static bool
take_clock(const char **text, int max_second, TimeParts *time)
{
	return take_number(text, 2, 23, &time->hour) && take_char(text, ':') &&
		take_number(text, 2, 59, &time->minute) && take_char(text, ':') &&
		take_number(text, 2, max_second, &time->second);
}

/*
 * Take a fraction of a second, ".123", if there is one.
 */
static bool
take_fraction(const char **text)
{
	if (!take_char(text, '.'))
		return true;
	if (!glue_is_digit(**text))
		return false;
	while (glue_is_digit(**text))
		(*text)++;
	return true;
}

/*
 * Take what a time ends with: "Z", or its distance from there.
 */
static bool
take_offset(const char *text, long long *seconds)
{
	int			sign = *text == '-' ? -1 : 1;
	int			hours;
	int			minutes;

	*seconds = 0;
	if (strcmp(text, "Z") == 0)
		return true;

	if ((!take_char(&text, '+') && !take_char(&text, '-')) ||
		!take_number(&text, 2, 23, &hours) || !take_char(&text, ':') ||
		!take_number(&text, 2, 59, &minutes) || *text != '\0')
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

/*
 * Take a number of so many digits.
 */
static bool
take_number(const char **text, int digits, int max, int *number)
{
	*number = 0;
	for (int i = 0; i < digits; i++)
	{
		char		c = **text;

		if (!glue_is_digit(c))
			return false;
		*number = *number * 10 + (c - '0');
		(*text)++;
	}
	return *number <= max;
}

static bool
take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static long long
seconds_since_epoch(const TimeParts *time)
{
	long long	days = days_since_epoch(time->year, time->month, time->day);

	return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

/*
 * Days from 1970-01-01 to a day of the Gregorian calendar.
 *
 * Counted in years that begin with March, so that the leap day is the last of
 * its year; 719468 days lie between 1 March of the year 0 and 1970.
 */
static long long
days_since_epoch(int year, int month, int day)
{
	int			march_year = month > 2 ? year : year - 1;
	int			march_month = month > 2 ? month - 3 : month + 9;
	int			day_of_year = (153 * march_month + 2) / 5 + day - 1;

	return 365LL * march_year + march_year / 4 - march_year / 100 +
		march_year / 400 + day_of_year - 719468;
}
