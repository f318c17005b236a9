/* SPDX-License-Identifier: MIT */
#include "config/units.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define DIGITS "0123456789"
#define ITEMS(a) (sizeof(a) / sizeof *(a))

/* A decimal number: what is before the point, and the rest of it. */
struct decimal {
	uint64_t whole;
	double rest; /* below 1 */
};

struct unit {
	const char *name;
	uint64_t factor;
};

static int wrong(char *why, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
wrong(char *why, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Digits at *s, which moves behind them.  -ERANGE: too many. */
static int
take_whole(const char **s, uint64_t *number)
{
	*number = 0;
	for (; **s >= '0' && **s <= '9'; (*s)++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(
			*number, (uint64_t)(**s - '0'), number))
			return -ERANGE;
	return 0;
}

/* Digits, perhaps a point and digits.  -EINVAL: there is no number. */
static int
take_decimal(const char **s, struct decimal *number)
{
	double place = 1;
	int rc;

	number->rest = 0;
	if (**s < '0' || **s > '9')
		return -EINVAL;
	rc = take_whole(s, &number->whole);
	if (rc < 0 || **s != '.')
		return rc;
	(*s)++;
	if (**s < '0' || **s > '9')
		return -EINVAL;
	for (; **s >= '0' && **s <= '9'; (*s)++)
		number->rest += (**s - '0') * (place /= 10);
	return 0;
}

/* The unit at *s, which moves behind it; NULL: none of them. */
static const struct unit *
take_unit(const char **s, const struct unit *units, size_t n)
{
	const size_t len = strcspn(*s, DIGITS);

	for (size_t i = 0; i < n; i++)
		if (strlen(units[i].name) == len &&
		    strncmp(units[i].name, *s, len) == 0) {
			*s += len;
			return &units[i];
		}
	return NULL;
}

/* number * factor, to the nearest; -ERANGE where it does not fit. */
static int
multiply(const struct decimal *number, uint64_t factor, uint64_t *product)
{
	const double rest = number->rest * (double)factor;

	if (__builtin_mul_overflow(number->whole, factor, product) ||
	    __builtin_add_overflow(*product, (uint64_t)(rest + 0.5), product))
		return -ERANGE;
	return 0;
}

int
units_duration(const char *text, int64_t *ns, char *why, size_t len)
{
	static const struct unit units[] = {
		{ "ms", (uint64_t)NS_PER_MS },
		{ "s", (uint64_t)NS_PER_S },
		{ "m", 60 * (uint64_t)NS_PER_S },
		{ "h", 3600 * (uint64_t)NS_PER_S },
		{ "d", 86400 * (uint64_t)NS_PER_S },
	};
	uint64_t below = UINT64_MAX, sum = 0;

	*ns = 0;
	if (strcmp(text, "0") == 0)
		return 0;
	if (*text == '-')
		return wrong(why, len, "a duration cannot be negative");
	do {
		const struct unit *unit = NULL;
		struct decimal number;
		uint64_t part;
		int rc = take_decimal(&text, &number);

		if (rc == 0)
			unit = take_unit(&text, units, ITEMS(units));
		if (rc == -EINVAL || (rc == 0 && unit == NULL) ||
		    (rc == 0 && unit->factor >= below))
			return wrong(why, len,
			    "a duration is a number with a unit (ms, s, m, "
			    "h, d), such as 10s or 1h30m");
		if (rc < 0 || multiply(&number, unit->factor, &part) < 0 ||
		    __builtin_add_overflow(sum, part, &sum) || sum > INT64_MAX)
			return wrong(
			    why, len, "a duration is at most 106751 days");
		below = unit->factor; /* 1h30m, not 30m1h, nor 1h1h */
	} while (*text != '\0');
	*ns = (int64_t)sum;
	return 0;
}

int
units_size(const char *text, uint64_t *bytes, char *why, size_t len)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "B", 1 },
		{ "kB", 1000 },
		{ "KB", 1000 },
		{ "MB", 1000000 },
		{ "GB", 1000000000 },
		{ "TB", 1000000000000 },
		{ "KiB", UINT64_C(1) << 10 },
		{ "MiB", UINT64_C(1) << 20 },
		{ "GiB", UINT64_C(1) << 30 },
		{ "TiB", UINT64_C(1) << 40 },
	};
	const struct unit *unit = NULL;
	struct decimal number;
	int rc;

	*bytes = 0;
	if (*text == '-')
		return wrong(why, len, "a size cannot be negative");
	rc = take_decimal(&text, &number);
	if (rc == 0 && text[0] == ' ' && text[1] != '\0')
		text++;
	if (rc == 0)
		unit = take_unit(&text, units, ITEMS(units));
	if (rc == -EINVAL || (rc == 0 && (unit == NULL || *text != '\0')))
		return wrong(why, len,
		    "a size is a number of bytes, or one with a unit (kB, "
		    "MB, GB, TB, KiB, MiB, GiB, TiB), such as 64MiB");
	if (rc == 0 && unit->factor == 1 && number.rest > 0)
		return wrong(why, len, "a number of bytes is whole");
	if (rc < 0 || multiply(&number, unit->factor, bytes) < 0)
		return wrong(why, len, "a size is below 16777216 TiB");
	return 0;
}

int
units_integer(const char *text, int64_t *number, char *why, size_t len)
{
	const bool negative = *text == '-';
	uint64_t digits;
	int rc;

	*number = 0;
	text += *text == '-' || *text == '+';
	rc = *text == '\0' ? -EINVAL : take_whole(&text, &digits);
	if (rc == -EINVAL || (rc == 0 && *text != '\0'))
		return wrong(
		    why, len, "a whole number has nothing but digits");
	if (rc < 0 || digits > (uint64_t)INT64_MAX + negative)
		return wrong(why, len,
		    "a whole number is from -9223372036854775808 to "
		    "9223372036854775807");
	*number = negative ? (int64_t)(0 - digits) : (int64_t)digits;
	return 0;
}

/* [-+] digits [. digits] [e [-+] digits]; either digits about the point may be
 * missing.  So neither hexadecimal nor inf nor spaces reach strtod. */
static bool
is_real(const char *s)
{
	size_t digits;

	s += *s == '-' || *s == '+';
	digits = strspn(s, DIGITS);
	s += digits;
	if (*s == '.') {
		const size_t more = strspn(++s, DIGITS);

		digits += more;
		s += more;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		if (*s == '\0')
			return false;
		s += strspn(s, DIGITS);
	}
	return digits > 0 && *s == '\0';
}

int
units_real(const char *text, double *number, char *why, size_t len)
{
	*number = 0;
	if (!is_real(text))
		return wrong(
		    why, len, "a number is written as 42, 0.5 or 1e6");
	*number = strtod(text, NULL) + 0.0; /* of -0 too this makes 0 */
	if (!isfinite(*number)) {
		*number = 0;
		return wrong(why, len, "a number is below 1.8e308");
	}
	return 0;
}

int
units_bool(const char *text, int *truth, char *why, size_t len)
{
	static const char *const words[] = { "false", "true", "no", "yes",
		"off", "on" };

	*truth = 0;
	for (size_t i = 0; i < ITEMS(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*truth = i % 2;
			return 0;
		}
	return wrong(why, len, "write true, false, yes, no, on or off");
}
