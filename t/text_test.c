/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static void
check_real(double number, const char *text)
{
	struct text t = { 0 };

	text_real(&t, number);
	assert_string_equal(t.data, text);
	assert_int_equal(strlen(t.data), t.len);
	text_free(&t);
}

static void
reals_are_written_as_people_would(void **state)
{
	(void)state;
	check_real(0, "0");
	check_real(-0.0, "-0.0");
	check_real(1, "1");
	check_real(-17, "-17");
	check_real(16.7, "16.7");
	check_real(-16.7, "-16.7");
	check_real(0.5, "0.5");
	check_real(0.001, "0.001");
	check_real(0.1 + 0.2, "0.30000000000000004");
	check_real(1.0 / 3, "0.3333333333333333");
	check_real(100.0 / 3, "33.333333333333336");
	check_real(99.99999999999999, "99.99999999999999");
	check_real(1763800001.1, "1763800001.1");
	check_real(1763800001.123456, "1763800001.123456");
	check_real(4503599627370495.5, "4503599627370495.5");
	check_real(9007199254740991.0, "9007199254740991");
	check_real(25200000000.0, "25200000000");
	check_real(0.000123, "0.000123");
	check_real(1e-7, "1e-07");
	check_real(1e30, "1e+30");
	check_real(0x1p64, "1.8446744073709552e+19");
	check_real(5e-324, "4.94065645841247e-324");
	check_real(1.7976931348623157e308, "1.7976931348623157e+308");
}

/* xorshift64*, seeded: the same numbers at every run. */
static uint64_t
next_random(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 0x2545f4914f6cdd1d;
}

static size_t
significant_digits(const char *s)
{
	size_t n = 0;

	for (s += strspn(s, "-0."); *s != '\0' && *s != 'e'; s++)
		n += *s != '.';
	return n;
}

/* Unchanged, and with a fraction no longer than it must be. */
static void
check_reads_back(double number)
{
	struct text t = { 0 };
	char shortest[40];
	int digits = 0;
	double back;

	text_real(&t, number);
	back = strtod(t.data, NULL);
	if (memcmp(&back, &number, sizeof(back)) != 0)
		fail_msg("%a is written as %s", number, t.data);
	if (strchr(t.data, '.') != NULL && strchr(t.data, 'e') == NULL) {
		do
			snprintf(shortest, sizeof(shortest), "%.*e", digits++,
			    number);
		while (strtod(shortest, NULL) != number);
		if (significant_digits(t.data) > significant_digits(shortest))
			fail_msg("%s is longer than %s", t.data, shortest);
	}
	text_free(&t);
}

static void
every_real_reads_back_the_same(void **state)
{
	uint64_t bits;
	double number;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		bits = next_random();
		memcpy(&number, &bits, sizeof(number));
		if (isfinite(number))
			check_reads_back(number);
		/* what machines measure: ratios, seconds, bytes */
		check_reads_back((double)(bits >> 40) / 1e6);
		check_reads_back((double)(bits >> 40) / (double)(1 + i));
		check_reads_back(ldexp((double)(bits >> 11), -60 + i % 60));
		check_reads_back(100.0 * (double)(bits & 1023) /
				 (double)(1 + (bits >> 54)));
		check_reads_back(-(double)(bits >> (i % 60)));
	}
}

static void
neighbours_of_powers_read_back_the_same(void **state)
{
	(void)state;
	for (int e = -1070; e < 1023; e++) {
		check_reads_back(ldexp(1, e));
		check_reads_back(nextafter(ldexp(1, e), 0));
		check_reads_back(nextafter(ldexp(1, e), INFINITY));
	}
	for (double x = 1e-300; x < 1e300; x *= 10) {
		check_reads_back(x);
		check_reads_back(nextafter(x, 0));
		check_reads_back(nextafter(x, INFINITY));
	}
}

/* A place for a locale with another point, where the system has none. */
static const char *
other_point(void)
{
	static char place[] = "/tmp/text_test.XXXXXX";
	char command[256];

	if (setlocale(LC_ALL, "de_DE.UTF-8") != NULL)
		return "";
	if (mkdtemp(place) == NULL)
		return NULL;
	snprintf(command, sizeof(command),
	    "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1",
	    place);
	setenv("LOCPATH", place, 1);
	if (system(command) == 0 && setlocale(LC_ALL, "de_DE.UTF-8") != NULL)
		return place;
	return NULL;
}

static void
the_point_is_a_point_in_every_locale(void **state)
{
	const char *place = other_point();
	char command[64];

	(void)state;
	if (place == NULL)
		skip();
	assert_string_equal(localeconv()->decimal_point, ",");
	check_real(16.7, "16.7");
	check_real(1.25e-9, "1.25e-09");
	check_real(1.5e30, "1.5e+30");
	setlocale(LC_ALL, "C");
	if (*place == '\0')
		return;
	snprintf(command, sizeof(command), "rm -r %s", place);
	assert_int_equal(system(command), 0);
}

static void
whole_numbers_keep_64_bits(void **state)
{
	struct text t = { 0 };

	(void)state;
	text_uint(&t, 0);
	text_char(&t, ' ');
	text_uint(&t, UINT64_MAX);
	text_char(&t, ' ');
	text_int(&t, INT64_MIN);
	text_char(&t, ' ');
	text_int(&t, INT64_MAX);
	text_char(&t, ' ');
	text_int(&t, -1);
	assert_string_equal(t.data,
	    "0 18446744073709551615 -9223372036854775808 "
	    "9223372036854775807 -1");
	text_free(&t);
}

static void
check_json(const char *s)
{
	struct text t = { 0 };
	json_t *v;

	text_json(&t, s);
	v = json_loads(t.data, JSON_DECODE_ANY, NULL);
	assert_non_null(v);
	assert_string_equal(json_string_value(v), s);
	json_decref(v);
	text_free(&t);
}

static void
json_strings_read_back_the_same(void **state)
{
	char all[32];

	(void)state;
	check_json("");
	check_json("/home");
	check_json("\"\\\"");
	check_json("a\"b\\c\nd\te\x7f");
	check_json("caf\xc3\xa9 \xf0\x9f\x90\xa7");
	for (int i = 1; i < 32; i++)
		all[i - 1] = (char)i;
	all[31] = '\0';
	check_json(all);
}

static void
nothing_in_a_text_is_markup(void **state)
{
	struct text t = { 0 };

	(void)state;
	for (const char *s = "<!here> a&b \"c\" \xc3\xa9"; *s != '\0'; s++)
		text_markup(&t, *s);
	assert_string_equal(t.data, "&lt;!here&gt; a&amp;b \"c\" \xc3\xa9");
	text_free(&t);
}

static void
text_grows_and_stays_terminated(void **state)
{
	struct text t = { 0 };

	(void)state;
	text_add(&t, NULL, 0);
	assert_string_equal(t.data, "");
	for (int i = 0; i < 10000; i++) {
		text_str(&t, "abc");
		text_char(&t, ',');
		assert_int_equal(t.data[t.len], '\0');
	}
	assert_int_equal(t.len, 40000);
	assert_int_equal(strlen(t.data), 40000);
	text_clear(&t);
	assert_int_equal(t.len, 0);
	assert_string_equal(t.data, "");
	assert_true(t.cap >= 40000);
	text_free(&t);
	assert_null(t.data);
}

static void
what_does_not_fit_memory_is_said_once_at_the_end(void **state)
{
	struct text t = { 0 };

	(void)state;
	text_str(&t, "abc");
	text_add(&t, "", SIZE_MAX / 2);
	assert_true(t.failed);
	text_str(&t, "def");
	text_char(&t, 'g');
	text_real(&t, 1.5);
	assert_string_equal(t.data, "abc");
	text_clear(&t);
	assert_false(t.failed);
	text_str(&t, "again");
	assert_string_equal(t.data, "again");
	text_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reals_are_written_as_people_would),
		cmocka_unit_test(every_real_reads_back_the_same),
		cmocka_unit_test(neighbours_of_powers_read_back_the_same),
		cmocka_unit_test(the_point_is_a_point_in_every_locale),
		cmocka_unit_test(whole_numbers_keep_64_bits),
		cmocka_unit_test(json_strings_read_back_the_same),
		cmocka_unit_test(nothing_in_a_text_is_markup),
		cmocka_unit_test(text_grows_and_stays_terminated),
		cmocka_unit_test(
		    what_does_not_fit_memory_is_said_once_at_the_end),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
