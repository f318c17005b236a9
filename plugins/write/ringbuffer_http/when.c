/* SPDX-License-Identifier: MIT */
#include "when.h"

#include <string.h>
#include <time.h>

static int64_t
clamp(int64_t ns)
{
	return ns > 0 ? ns : 1;
}

int64_t
when_number(const struct reader_number *n)
{
	uint64_t m = n->mantissa;
	int e = n->exponent + 9;

	if (n->negative || n->real <= 0)
		return 1;
	if (n->real >= (double)INT64_MAX / WHEN_NS)
		return INT64_MAX;
	if (!n->exact)
		return clamp((int64_t)(n->real * WHEN_NS));
	/* below 2^63 as was just seen, so the product fits */
	for (; e > 0; e--)
		m *= 10;
	for (; e < 0 && m > 0; e++)
		m /= 10;
	return m <= INT64_MAX ? clamp((int64_t)m) : INT64_MAX;
}

/* Reads n digits. */
static bool
digits(const char **s, int n, int *number)
{
	*number = 0;
	for (; n > 0; n--, ++*s) {
		if (**s < '0' || **s > '9')
			return false;
		*number = *number * 10 + (**s - '0');
	}
	return true;
}

/* A separator, and two digits up to max. */
static bool
part(const char **s, char separator, int max, int *number)
{
	if (**s != separator)
		return false;
	++*s;
	return digits(s, 2, number) && *number <= max;
}

static int64_t
fraction(const char **s)
{
	int64_t ns = 0, unit = WHEN_NS / 10;

	for (; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
		ns += unit * (**s - '0');
	return ns;
}

/* Z, +01:00, +0100, +01 or nothing; seconds east of Greenwich. */
static bool
zone(const char **s, int64_t *east)
{
	const char sign = **s;
	int hours, minutes = 0;

	*east = 0;
	if (sign == '\0')
		return true;
	++*s;
	if (sign == 'Z' || sign == 'z')
		return true;
	if ((sign != '+' && sign != '-') || !digits(s, 2, &hours) ||
	    hours > 14)
		return false;
	if (**s == ':')
		++*s;
	if (**s != '\0' && (!digits(s, 2, &minutes) || minutes > 59))
		return false;
	*east = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

/* 2026-11-22, a day that there is. */
static bool
date(const char **s, struct tm *tm)
{
	struct tm same;
	int year, month, day;

	if (!digits(s, 4, &year) || !part(s, '-', 12, &month) ||
	    !part(s, '-', 31, &day))
		return false;
	*tm = (struct tm){
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day
	};
	same = *tm;
	return timegm(&same) != -1 && same.tm_mon == tm->tm_mon &&
	       same.tm_mday == tm->tm_mday;
}

bool
when_iso(const char *s, int64_t *ns)
{
	struct tm tm;
	int64_t seconds, east, rest = 0;

	if (!date(&s, &tm) || *s == '\0' || strchr("Tt ", *s) == NULL ||
	    !part(&s, *s, 23, &tm.tm_hour) || !part(&s, ':', 59, &tm.tm_min) ||
	    !part(&s, ':', 60, &tm.tm_sec))
		return false;
	if ((*s == '.' || *s == ',') && s[1] >= '0' && s[1] <= '9') {
		s++;
		rest = fraction(&s);
	}
	if (!zone(&s, &east) || *s != '\0')
		return false;
	seconds = (int64_t)timegm(&tm) - east;
	if (seconds >= INT64_MAX / WHEN_NS)
		*ns = INT64_MAX;
	else
		*ns = seconds < 0 ? 1 : clamp(seconds * WHEN_NS + rest);
	return true;
}

bool
when_text(char *s, int64_t *ns)
{
	struct reader_number n;
	struct reader r;
	bool ok;

	if (when_iso(s, ns))
		return true;
	reader_init(&r, s, strlen(s));
	ok = reader_number(&r, &n) && reader_done(&r);
	reader_fini(&r);
	if (ok)
		*ns = when_number(&n);
	return ok;
}
