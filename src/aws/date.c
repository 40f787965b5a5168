/*-------------------------------------------------------------------------
 *
 * date.c
 *	  Times in AWS's formats.
 *
 * There are two formats: that of the Date header of every answer, and ISO
 * 8601, in answers with credentials.  They are parsed without strptime(),
 * which depends on the locale, into seconds since 1970; earlier times are
 * rejected.
 *
 * IDENTIFICATION
 *	  src/aws/date.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/date.h"

#include <string.h>
#include <time.h>

#include "text/ascii.h"

static int
number(const char *digits, int count)
{
	int			value = 0;

	for (int i = 0; i < count; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

/*
 * Compute the seconds of a day and of "12:00:00"; false unless both exist.
 */
static bool
seconds_since_epoch(int year, int month, int day, const char *clock,
					int max_second, long long *seconds)
{
	struct tm	date = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day
	};
	int			hour = number(clock, 2);
	int			minute = number(clock + 3, 2);
	int			second = number(clock + 6, 2);

	/* timegm() normalizes a day that does not exist */
	*seconds = timegm(&date) + hour * 3600 + minute * 60 + second;
	return year >= 1970 && date.tm_mon == month - 1 && date.tm_mday == day &&
		hour < 24 && minute < 60 && second <= max_second;
}

/*
 * Parse a Date header, "Sun, 06 Nov 1994 08:49:37 GMT", into seconds since
 * 1970.
 *
 * HTTP's two other formats are obsolete since 1997; they are rejected.
 */
bool
glue_reply_parse_date(const char *date, long long *epoch_seconds)
{
	static const char form[] = "xxx, dd xxx dddd dd:dd:dd GMT";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int			month = 1;

	if (!glue_has_form(date, form) || date[strlen(form)] != '\0')
		return false;
	while (month <= 12 && memcmp(date + 8, months + 3 * (month - 1), 3) != 0)
		month++;
	return seconds_since_epoch(number(date + 12, 4), month,
							   number(date + 5, 2), date + 17, 60,
							   epoch_seconds);
}

/*
 * Parse a time of the form "2026-01-31T12:00:00Z" into seconds since 1970.
 *
 * Fractions of a second are dropped, and an offset, "+01:00", may replace "Z".
 */
bool
glue_parse_iso8601(const char *text, long long *epoch_seconds)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	int			offset;

	if (!glue_has_form(text, form) ||
		!seconds_since_epoch(number(text, 4), number(text + 5, 2),
							 number(text + 8, 2), text + 11, 59,
							 epoch_seconds))
		return false;
	text += strlen(form);
	if (glue_has_form(text, ".d"))
		text += 1 + strspn(text + 1, "0123456789");
	if (strcmp(text, "Z") == 0)
		return true;

	if ((*text != '+' && *text != '-') || !glue_has_form(text + 1, "dd:dd") ||
		text[6] != '\0' || number(text + 1, 2) > 23 || number(text + 4, 2) > 59)
		return false;
	offset = number(text + 1, 2) * 3600 + number(text + 4, 2) * 60;
	*epoch_seconds += *text == '+' ? -offset : offset;
	return true;
}
