/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "config/units.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

static void
duration(const char *text, int64_t want)
{
	char why[200] = "";
	int64_t ns;

	if (units_duration(text, &ns, why, sizeof(why)) != 0)
		fail_msg("%s: %s", text, why);
	assert_int_equal(ns, want);
}

static void
no_duration(const char *text, const char *want)
{
	char why[200] = "";
	int64_t ns;

	assert_int_equal(units_duration(text, &ns, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, want);
}

static void
durations_have_units(void **state)
{
	(void)state;
	duration("500ms", 500 * MS);
	duration("10s", 10 * S);
	duration("5m", 300 * S);
	duration("1h", 3600 * S);
	duration("7d", 7 * 86400 * S);
	duration("1h30m", 5400 * S);
	duration("1d2h3m4s5ms", (86400 + 7200 + 180 + 4) * S + 5 * MS);
	duration("1.5s", 1500 * MS);
	duration("0.1s", 100 * MS);
	duration("0.000000001s", 1);
	duration("0", 0);
	duration("0s", 0);
	duration("106751d", INT64_C(106751) * 86400 * S);
}

static void
other_durations_say_what_would_be_right(void **state)
{
	static const char form[] =
	    "a duration is a number with a unit (ms, s, m, h, d), such as "
	    "10s or 1h30m";
	static const char *const texts[] = { "", "10", "s", "10 s", " 10s",
		"10s ", "10S", "10sec", "1h 30m", "30m1h", "1h1h", "1h30",
		".5s", "1.s", "1,5s", "+1s", "0x1s", "1e3s", "1.5.5s", "ten",
		"1s\n", "\xc2\xbdh" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		no_duration(texts[i], form);
	no_duration("-1s", "a duration cannot be negative");
	no_duration("-0", "a duration cannot be negative");
	no_duration("106752d", "a duration is at most 106751 days");
	no_duration(
	    "9223372036854775808s", "a duration is at most 106751 days");
	no_duration(
	    "99999999999999999999s", "a duration is at most 106751 days");
	no_duration("106751d24h", "a duration is at most 106751 days");
}

static void
size(const char *text, uint64_t want)
{
	char why[200] = "";
	uint64_t bytes;

	if (units_size(text, &bytes, why, sizeof(why)) != 0)
		fail_msg("%s: %s", text, why);
	assert_int_equal(bytes, want);
}

static void
no_size(const char *text, const char *want)
{
	char why[200] = "";
	uint64_t bytes;

	assert_int_equal(units_size(text, &bytes, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, want);
}

static void
sizes_are_bytes_or_have_units(void **state)
{
	(void)state;
	size("0", 0);
	size("4096", 4096);
	size("4096B", 4096);
	size("10kB", 10000);
	size("10KB", 10000);
	size("10MB", 10000000);
	size("1GB", 1000000000);
	size("2TB", UINT64_C(2000000000000));
	size("64KiB", 65536);
	size("64MiB", 64 << 20);
	size("1GiB", 1 << 30);
	size("1.5 GiB", UINT64_C(3) << 29);
	size("1TiB", UINT64_C(1) << 40);
	size("0.3kB", 300);
	size("18446744073709551615", UINT64_MAX);
	size(
	    "16777215.5TiB", (UINT64_C(16777215) << 40) + (UINT64_C(1) << 39));
}

static void
other_sizes_say_what_would_be_right(void **state)
{
	static const char form[] =
	    "a size is a number of bytes, or one with a unit (kB, MB, GB, TB, "
	    "KiB, MiB, GiB, TiB), such as 64MiB";
	static const char big[] = "a size is below 16777216 TiB";
	static const char *const texts[] = { "", "B", "64M", "64mb", "64Mb",
		"64MIB", "64  MiB", "64 ", " 64", "64MiB ", "64MiB1", "+64",
		"0x40", "1e6", "1.", ".5MiB", "64\tMiB", "1_000", "1,000" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		no_size(texts[i], form);
	no_size("-1", "a size cannot be negative");
	no_size("-0", "a size cannot be negative");
	no_size("1.5", "a number of bytes is whole");
	no_size("1.5B", "a number of bytes is whole");
	no_size("18446744073709551616", big);
	no_size("16777216TiB", big);
	no_size("99999999999999999999999999999999TiB", big);
}

static void
integer(const char *text, int64_t want)
{
	char why[200] = "";
	int64_t n;

	if (units_integer(text, &n, why, sizeof(why)) != 0)
		fail_msg("%s: %s", text, why);
	assert_int_equal(n, want);
}

static void
no_integer(const char *text, const char *want)
{
	char why[200] = "";
	int64_t n;

	assert_int_equal(units_integer(text, &n, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, want);
}

static void
whole_numbers_have_64_bits(void **state)
{
	static const char range[] =
	    "a whole number is from -9223372036854775808 to "
	    "9223372036854775807";
	static const char form[] = "a whole number has nothing but digits";
	static const char *const texts[] = { "", "-", "+", "--1", "1.0", "1e3",
		"0x10", " 1", "1 ", "1_000", "ten", "1\n", "\xd9\xa1" };

	(void)state;
	integer("0", 0);
	integer("-0", 0);
	integer("+7", 7);
	integer("-7", -7);
	integer("010", 10);
	integer("9223372036854775807", INT64_MAX);
	integer("-9223372036854775808", INT64_MIN);
	no_integer("9223372036854775808", range);
	no_integer("-9223372036854775809", range);
	no_integer("99999999999999999999999", range);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		no_integer(texts[i], form);
}

static void
real(const char *text, double want)
{
	char why[200] = "";
	double x;

	if (units_real(text, &x, why, sizeof(why)) != 0)
		fail_msg("%s: %s", text, why);
	if (x != want)
		fail_msg("%s is %g", text, x);
	assert_false(signbit(x) && x == 0);
}

static void
no_real(const char *text, const char *want)
{
	char why[200] = "";
	double x;

	assert_int_equal(units_real(text, &x, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, want);
}

static void
numbers_are_decimal_and_finite(void **state)
{
	static const char form[] = "a number is written as 42, 0.5 or 1e6";
	static const char *const texts[] = { "", ".", "-", "+.", "e5", "1e",
		"1e+", "nan", "inf", "-inf", "infinity", ".inf", "0x1p3", " 1",
		"1 ", "1,5", "1.2.3", "1e5.5", "1d" };

	(void)state;
	real("42", 42);
	real("-0.5", -0.5);
	real("+1e6", 1e6);
	real("1.5E-3", 0.0015);
	real(".5", 0.5);
	real("5.", 5);
	real("-0", 0);
	real("1e-999", 0);
	real("1.7976931348623157e308", 1.7976931348623157e308);
	no_real("1e999", "a number is below 1.8e308");
	no_real("-1e999", "a number is below 1.8e308");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		no_real(texts[i], form);
}

static void
truth_has_six_words(void **state)
{
	static const char *const yes[] = { "true", "yes", "on" };
	static const char *const no[] = { "false", "no", "off" };
	static const char *const neither[] = { "", "True", "YES", "1", "0",
		"y", "n", "true ", "enabled" };
	char why[200];
	int truth;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
		    units_bool(yes[i], &truth, why, sizeof(why)), 0);
		assert_int_equal(truth, 1);
		assert_int_equal(
		    units_bool(no[i], &truth, why, sizeof(why)), 0);
		assert_int_equal(truth, 0);
	}
	for (size_t i = 0; i < sizeof(neither) / sizeof(*neither); i++) {
		assert_int_equal(
		    units_bool(neither[i], &truth, why, sizeof(why)), -EINVAL);
		assert_string_equal(
		    why, "write true, false, yes, no, on or off");
	}
}

static void
a_reason_that_does_not_fit_is_cut(void **state)
{
	char why[10];
	int64_t n;

	(void)state;
	assert_int_equal(units_integer("x", &n, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "a whole n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(other_durations_say_what_would_be_right),
		cmocka_unit_test(sizes_are_bytes_or_have_units),
		cmocka_unit_test(other_sizes_say_what_would_be_right),
		cmocka_unit_test(whole_numbers_have_64_bits),
		cmocka_unit_test(numbers_are_decimal_and_finite),
		cmocka_unit_test(truth_has_six_words),
		cmocka_unit_test(a_reason_that_does_not_fit_is_cut),
	};

	return cmocka_run_group_tests_name("config units", tests, NULL, NULL);
}
