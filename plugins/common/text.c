/* SPDX-License-Identifier: MIT */
#include "common/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for len more and the NUL; NULL once memory has run out. */
static char *
text_room(struct text *t, size_t len)
{
	size_t need, cap;
	char *data;

	if (t->failed)
		return NULL;
	if (len < t->cap - t->len)
		return t->data + t->len;
	if (len > SIZE_MAX / 4 || t->len > SIZE_MAX / 4) {
		t->failed = true;
		return NULL;
	}
	need = t->len + len + 1;
	cap = need > 2 * t->cap ? need + 64 : 2 * t->cap;
	data = realloc(t->data, cap);
	if (data == NULL) {
		t->failed = true;
		return NULL;
	}
	t->data = data;
	t->cap = cap;
	return data + t->len;
}

void
text_add(struct text *t, const void *data, size_t len)
{
	char *to = text_room(t, len);

	if (to == NULL)
		return;
	if (len > 0)
		memcpy(to, data, len);
	to[len] = '\0';
	t->len += len;
}

void
text_str(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void
text_char(struct text *t, char c)
{
	char *to = text_room(t, 1);

	if (to == NULL)
		return;
	to[0] = c;
	to[1] = '\0';
	t->len++;
}

/* Writes the digits so that they end before end; returns where they begin. */
static char *
put_uint(char *end, uint64_t number)
{
	do
		*--end = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return end;
}

void
text_uint(struct text *t, uint64_t number)
{
	char digits[20], *end = digits + sizeof(digits);
	const char *begin = put_uint(end, number);

	text_add(t, begin, (size_t)(end - begin));
}

void
text_int(struct text *t, int64_t number)
{
	if (number >= 0) {
		text_uint(t, (uint64_t)number);
		return;
	}
	text_char(t, '-');
	text_uint(t, 0 - (uint64_t)number);
}

/*
 * The digits behind the point of a number between 0.001 and 2^52, as many as
 * tell it from its neighbours, to be written at `to'; returns their end.
 *
 * The fraction is rest / 2^scale and half the distance to a neighbour is
 * margin / 2^scale, both exact.  The next digit is what 10 * rest has above
 * 2^scale; multiplying by 5 and halving 2^scale instead keeps all in 64
 * bits.  What is left in the end is less than the margin, from one side or
 * the other.  There is never a carry: it would have ended a digit before.
 */
static char *
put_fraction(char *to, uint64_t rest, unsigned scale)
{
	uint64_t margin = 1, one;
	unsigned digit;

	do {
		rest *= 5;
		margin *= 5;
		scale--;
		one = UINT64_C(1) << scale;
		digit = (unsigned)(rest >> scale);
		rest &= one - 1;
		*to++ = (char)('0' + digit);
	} while (rest >= margin && rest <= one - margin);
	if (rest > one / 2)
		to[-1]++;
	return to;
}

/* A number between 0.001 and 2^52 that is not whole. */
static void
text_decimal(struct text *t, double number)
{
	char out[96], *begin, *end;
	int exponent;
	const double mantissa = frexp(number, &exponent);
	/* number = bits / 2^scale; bits has one more than a double holds, the
	 * last stands for half the distance to a neighbour */
	const uint64_t bits = (uint64_t)ldexp(mantissa, 54);
	const unsigned scale = (unsigned)(54 - exponent);
	const uint64_t whole = bits >> scale;

	begin = put_uint(out + 20, whole);
	out[20] = '.';
	end = put_fraction(out + 21, bits - (whole << scale), scale);
	text_add(t, begin, (size_t)(end - begin));
}

/* Any number.  printf and strtod agree about the point; whatever it is in this
 * locale, what leaves is a point. */
static void
text_printf(struct text *t, double number)
{
	char out[64], *s = out;

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, sizeof(out), "%.*g", digits, number);
		if (strtod(out, NULL) == number)
			break;
	}
	while (*s != '\0') {
		const size_t n = strspn(s, "0123456789+-e");

		text_add(t, s, n);
		s += n;
		if (*s == '\0')
			break;
		text_char(t, '.');
		s += strcspn(s, "0123456789");
	}
}

void
text_real(struct text *t, double number)
{
	assert(isfinite(number));
	if (signbit(number)) {
		text_char(t, '-');
		number = -number;
		if (number == 0) {
			/* "-0" would be read as the integer */
			text_str(t, "0.0");
			return;
		}
	}
	if (number < 0x1p53 && number == (double)(uint64_t)number)
		text_uint(t, (uint64_t)number);
	else if (number >= 0.001 && number < 0x1p52)
		text_decimal(t, number);
	else
		text_printf(t, number);
}

void
text_json(struct text *t, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	const char *from = s;

	text_char(t, '"');
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		text_add(t, from, (size_t)(s - from));
		from = s + 1;
		text_char(t, '\\');
		if (c >= 0x20) {
			text_char(t, *s);
			continue;
		}
		text_str(t, "u00");
		text_char(t, hex[c >> 4]);
		text_char(t, hex[c & 15]);
	}
	text_add(t, from, (size_t)(s - from));
	text_char(t, '"');
}

void
text_markup(struct text *t, char c)
{
	switch (c) {
	case '&':
		text_str(t, "&amp;");
		break;
	case '<':
		text_str(t, "&lt;");
		break;
	case '>':
		text_str(t, "&gt;");
		break;
	default:
		text_char(t, c);
	}
}

void
text_clear(struct text *t)
{
	t->len = 0;
	t->failed = false;
	if (t->data != NULL)
		t->data[0] = '\0';
}

void
text_free(struct text *t)
{
	free(t->data);
	*t = (struct text){ 0 };
}
