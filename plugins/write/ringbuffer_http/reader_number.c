/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <math.h>
#include <stdlib.h>

/* Takes digits in; false if there is none.  Beyond 19 the mantissa is not
 * exact any more. */
static bool
digits(struct reader *r, struct reader_number *n, unsigned *count)
{
	const char *from = r->p;

	for (; *r->p >= '0' && *r->p <= '9'; r->p++) {
		if (*count == 19) {
			n->exact = false;
			continue;
		}
		n->mantissa = n->mantissa * 10 + (unsigned)(*r->p - '0');
		if (n->mantissa > 0)
			++*count;
	}
	return r->p > from || reader_fail(r, "a digit is expected");
}

static bool
exponent(struct reader *r, struct reader_number *n)
{
	bool negative;
	int e = 0;

	r->p++;
	negative = *r->p == '-';
	if (*r->p == '-' || *r->p == '+')
		r->p++;
	if (*r->p < '0' || *r->p > '9')
		return reader_fail(r, "a digit is expected");
	for (; *r->p >= '0' && *r->p <= '9'; r->p++)
		if (e < 100000)
			e = e * 10 + (*r->p - '0');
	n->exponent += negative ? -e : e;
	return true;
}

/* The grammar, and what of the number fits. */
static bool
scan(struct reader *r, struct reader_number *n)
{
	unsigned count = 0;
	const char *point;

	n->negative = *r->p == '-';
	r->p += n->negative;
	if (*r->p == '0') {
		r->p++;
		if (*r->p >= '0' && *r->p <= '9')
			return reader_fail(r, "a number begins with 0");
	} else if (!digits(r, n, &count)) {
		return false;
	}
	n->whole = true;
	if (*r->p == '.') {
		n->whole = false;
		point = ++r->p;
		if (!digits(r, n, &count))
			return false;
		n->exponent = -(int)(r->p - point);
	}
	if (*r->p == 'e' || *r->p == 'E') {
		n->whole = false;
		return exponent(r, n);
	}
	return true;
}

static bool
number_fail(struct reader *r, char *from, const char *what)
{
	r->p = from;
	return reader_fail(r, what);
}

static bool
whole(struct reader *r, char *from, struct reader_number *n)
{
	if (!n->exact || n->mantissa > (uint64_t)INT64_MAX + n->negative)
		return number_fail(r, from, "a whole number beyond 64 bits");
	n->integer = (int64_t)(n->negative ? 0 - n->mantissa : n->mantissa);
	n->real = (double)n->integer;
	return true;
}

/* Both factors are exact doubles, so one rounding gives the nearest. */
static bool
quick(struct reader_number *n)
{
	static const double ten[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
		1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
		1e19, 1e20, 1e21, 1e22 };
	const double m = (double)n->mantissa;

	if (!n->exact || n->mantissa > UINT64_C(1) << 53 ||
	    n->exponent < -22 || n->exponent > 22)
		return false;
	n->real =
	    n->exponent < 0 ? m / ten[-n->exponent] : m * ten[n->exponent];
	if (n->negative)
		n->real = -n->real;
	return true;
}

bool
reader_number(struct reader *r, struct reader_number *n)
{
	char *from;

	if (reader_peek(r) != READER_NUMBER)
		return r->what == NULL &&
		       reader_fail(r, "a number is expected");
	from = r->p;
	*n = (struct reader_number){ .exact = true };
	if (!scan(r, n))
		return false;
	if (n->whole)
		return whole(r, from, n);
	if (quick(n))
		return true;
	/* the program never leaves the C locale: the point is a point */
	n->real = strtod(from, NULL);
	return isfinite(n->real) ||
	       number_fail(r, from, "a number that is too large");
}
