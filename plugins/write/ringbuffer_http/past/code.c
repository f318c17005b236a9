/* SPDX-License-Identifier: MIT */
#include "code.h"

#include <math.h>

/* Where the ranges begin; a decade of three digits has 900 codes, one of six
 * 900 000. */
enum {
	SMALL = 1000,		  /* a millionth */
	ONE = SMALL + 6 * 900,	  /* 1 */
	LARGE = ONE + 999 * 1000, /* 1000 */
};

/* clang-format off */
#define TEN(d)                                                                \
	1e##d##0, 1e##d##1, 1e##d##2, 1e##d##3, 1e##d##4, 1e##d##5, 1e##d##6, \
	    1e##d##7, 1e##d##8, 1e##d##9
/* clang-format on */

static const double tens[] = { TEN(0), TEN(1), TEN(2), TEN(3), TEN(4), TEN(5),
	TEN(6), TEN(7), TEN(8), TEN(9), TEN(10), TEN(11), TEN(12), TEN(13),
	TEN(14), TEN(15), TEN(16), TEN(17), TEN(18), TEN(19), TEN(20), TEN(21),
	TEN(22), TEN(23), TEN(24), TEN(25), TEN(26), TEN(27), TEN(28), TEN(29),
	1e300, 1e301, 1e302, 1e303, 1e304, 1e305, 1e306, 1e307, 1e308 };

/* What is rounded up to the next decade has the code of its beginning. */

static int32_t
code_small(double x)
{
	int k = 0;

	if (x * 1e9 < SMALL)
		return (int32_t)(x * 1e9 + 0.5);
	while (k < 5 && x * tens[5 - k] >= 1)
		k++;
	return SMALL + 900 * k + (int32_t)(x * tens[8 - k] + 0.5) - 100;
}

static int32_t
code_large(double x)
{
	int exponent, e;

	frexp(x, &exponent);
	e = (exponent - 1) * 1233 / 4096; /* log10(2), not too much */
	while (e < 308 && x >= tens[e + 1])
		e++;
	x = e >= 5 ? x / tens[e - 5] : x * tens[5 - e];
	return LARGE + 900000 * (e - 3) + (int32_t)(x + 0.5) - 100000;
}

int32_t
code_of(double number)
{
	const double x = fabs(number);
	int32_t code;

	if (x < 1)
		code = code_small(x);
	else if (x < 1000)
		code = ONE + (int32_t)(x * 1000 + 0.5) - 1000;
	else
		code = code_large(x);
	return number < 0 ? -code : code;
}

static double
number_small(int32_t code)
{
	const int k = (code - SMALL) / 900;

	if (code < SMALL)
		return code / 1e9;
	return ((code - SMALL) % 900 + 100) / tens[8 - k];
}

static double
number_large(int32_t code)
{
	const int e = (code - LARGE) / 900000 + 3;
	const double digits = (code - LARGE) % 900000 + 100000;

	return e >= 5 ? digits * tens[e - 5] : digits / tens[5 - e];
}

double
code_number(int32_t code)
{
	const int32_t c = code < 0 ? -code : code;
	double x;

	if (c < ONE)
		x = number_small(c);
	else if (c < LARGE)
		x = (c - ONE + 1000) / 1e3;
	else
		x = number_large(c);
	return code < 0 ? -x : x;
}
