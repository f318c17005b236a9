/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/human.h"
#include "control/render.h"
#include "control/table.h"

/* The clock of this program: ages are exact. */
int64_t
clock_wall(void)
{
	return 1763800000 * NS_PER_S;
}

int64_t
clock_mono(void)
{
	return 0;
}

/* --- numbers ------------------------------------------------------------- */

static void
check_value(double value, const char *unit, const char *expected)
{
	struct buf text = { 0 };

	human_value(&text, value, unit);
	assert_string_equal(text.data, expected);
	buf_free(&text);
}

static void
values_have_few_digits_and_their_unit(void **state)
{
	(void)state;
	check_value(0, "", "0");
	check_value(42, "", "42");
	check_value(-3, "", "-3");
	check_value(0.53125, "", "0.531");
	check_value(1.5, "", "1.50");
	check_value(12.345, "", "12.3");
	check_value(999.4, "", "999");
	check_value(1234.5, "", "1234");
	check_value(0.9996, "", "1.00");
	check_value(9.996, "", "10.0");
	check_value(123456789012, "", "123456789012");
	check_value(1e15, "", "1e+15");
	check_value(0.00012, "", "0.00012");
	check_value(17, "packets", "17 packets");
	check_value(71.25, "percent", "71.2 %");
	check_value(45.26, "celsius", "45.3 °C");
	check_value(1700000000.5, "timestamp", "2023-11-14 23:13:20 XST");
	check_value(-1, "timestamp", "-");
	check_value(1e300, "timestamp", "-");
	check_value(NAN, "percent", "-");
	check_value(INFINITY, "bytes", "-");
}

static void
bytes_have_binary_prefixes(void **state)
{
	(void)state;
	check_value(0, "bytes", "0 B");
	check_value(1023, "bytes", "1023 B");
	check_value(1023.97, "bytes", "1.0 KiB");
	check_value(1024, "bytes", "1.0 KiB");
	check_value(0.5, "bytes", "0.5 B");
	check_value(13207024435, "bytes", "12.3 GiB");
	check_value(1048575, "bytes", "1.0 MiB");
	check_value(-2048, "bytes", "-2.0 KiB");
	check_value(1e24, "bytes", "867361.7 EiB");
}

static void
seconds_become_the_unit_that_fits(void **state)
{
	(void)state;
	check_value(0, "seconds", "0 s");
	check_value(0.00002, "seconds", "20.0 µs");
	check_value(0.0042, "seconds", "4.20 ms");
	check_value(0.9996, "seconds", "1.00 s");
	check_value(12.34, "seconds", "12.3 s");
	check_value(59.96, "seconds", "1 min 0 s");
	check_value(125, "seconds", "2 min 5 s");
	check_value(3599.7, "seconds", "1 h 0 min");
	check_value(7384, "seconds", "2 h 3 min");
	check_value(183600, "seconds", "2 d 3 h");
	check_value(-90, "seconds", "-1 min 30 s");
}

static void
check_rate(double rate, const char *unit, const char *expected)
{
	struct buf text = { 0 };

	human_rate(&text, rate, unit);
	assert_string_equal(text.data, expected);
	buf_free(&text);
}

static void
rates_are_per_second(void **state)
{
	(void)state;
	check_rate(34.25, "", "34.2/s");
	check_rate(1258291.2, "bytes", "1.2 MiB/s");
	check_rate(0.023, "seconds", "23.0 ms/s");
	check_rate(90, "seconds", "90 s/s");
	check_rate(NAN, "bytes", "-");
	/* as a unit, such as that of an alert */
	check_value(34.25, "/s", "34.2/s");
	check_value(1258291.2, "bytes/s", "1.2 MiB/s");
	check_value(0.023, "seconds/s", "23.0 ms/s");
	check_value(17, "packets/s", "17 packets/s");
	check_value(NAN, "bytes/s", "-");
}

static void
check_age(double seconds, const char *expected)
{
	struct buf text = { 0 };

	human_age(&text, seconds);
	assert_string_equal(text.data, expected);
	buf_free(&text);
}

static void
ages_have_one_unit(void **state)
{
	(void)state;
	check_age(0.4, "0 s ago");
	check_age(-0.4, "0 s ago");
	check_age(119.9, "119 s ago");
	check_age(120, "2 min ago");
	check_age(7200, "2 h ago");
	check_age(172800, "2 d ago");
	check_age(-3.2, "in 3 s");
	check_age(NAN, "-");
}

/* --- tables -------------------------------------------------------------- */

static char *
print(const struct table *t, bool colour)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	table_print(t, out, colour);
	fclose(out);
	return text;
}

static void
columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct table t = { .align = "<><" };
	char *text;

	(void)state;
	table_row(&t);
	table_cell(&t, TABLE_PLAIN, "caf\xc3\xa9");
	table_cell(&t, TABLE_PLAIN, "1");
	table_row(&t);
	table_cell(&t, TABLE_PLAIN, "a");
	table_cell(&t, TABLE_PLAIN, "1000");
	table_cell(&t, TABLE_PLAIN, "late");
	text = print(&t, false);
	assert_string_equal(text, "caf\xc3\xa9     1\na     1000  late\n");
	free(text);
	table_free(&t);
}

static void
a_column_of_which_only_the_name_is_there_is_left_out(void **state)
{
	struct table t = { .head = true, .align = "<<<" };
	char *text;

	(void)state;
	table_row(&t);
	table_cell(&t, TABLE_FAINT, "LABEL");
	table_cell(&t, TABLE_FAINT, "PLUGIN");
	table_cell(&t, TABLE_FAINT, "QUEUE");
	table_row(&t);
	table_cell(&t, TABLE_PLAIN, "cpu");
	table_cell(&t, TABLE_PLAIN, "%s", "");
	table_note(&t, TABLE_BAD, "no such file");
	table_row(&t);
	table_cell(&t, TABLE_PLAIN, "influx");
	table_cell(&t, TABLE_PLAIN, "%s", "");
	table_cell(&t, TABLE_PLAIN, "12");
	text = print(&t, false);
	assert_string_equal(text, "LABEL   QUEUE\n"
				  "cpu     -\n"
				  "    no such file\n"
				  "influx  12\n");
	free(text);
	table_free(&t);
}

static void
colour_takes_no_room_and_cells_cannot_bring_their_own(void **state)
{
	struct table t = { .align = "<<" };
	char *text;

	(void)state;
	table_row(&t);
	table_cell(&t, TABLE_GOOD, "up");
	table_cell(&t, TABLE_PLAIN, "x");
	table_row(&t);
	table_cell(&t, TABLE_BAD, "a\033b");
	table_cell(&t, TABLE_PLAIN, "y\nz");
	text = print(&t, true);
	assert_string_equal(text, "\033[32mup\033[0m      x\n"
				  "\033[31ma\\x1bb\033[0m  y\\x0az\n");
	free(text);
	table_free(&t);
}

static void
a_very_wide_cell_does_not_widen_every_row(void **state)
{
	struct table t = { .align = "><" };
	struct buf expected = { 0 };
	char *text;

	(void)state;
	table_row(&t);
	table_cell(&t, TABLE_PLAIN, "%0300d", 1);
	table_cell(&t, TABLE_PLAIN, "a");
	table_row(&t);
	table_cell(&t, TABLE_PLAIN, "2");
	table_cell(&t, TABLE_PLAIN, "b");
	buf_printf(&expected, "%0300d  a\n%200d  b\n", 1, 2);
	text = print(&t, false);
	assert_string_equal(text, expected.data);
	buf_free(&expected);
	free(text);
	table_free(&t);
}

/* --- values -------------------------------------------------------------- */

static void
check_series(const char *list, const char *expected)
{
	json_t *json = json_loads(list, 0, NULL);
	struct buf text = { 0 };

	assert_non_null(json);
	render_series(&text, json, "percent");
	assert_string_equal(text.data, expected);
	buf_free(&text);
	json_decref(json);
}

static void
a_series_is_written_as_a_pattern_that_means_it(void **state)
{
	(void)state;
	check_series("{\"host\":\"web-1\",\"plugin\":\"memory\","
		     "\"instance\":null,\"tags\":{}}",
	    "web-1:memory.percent");
	check_series("{\"host\":\"web-1\",\"plugin\":\"disk\","
		     "\"instance\":\"/home\"}",
	    "web-1:disk[/home].percent");
	check_series("{\"host\":\"web-1\",\"plugin\":\"disk\","
		     "\"instance\":\"\"}",
	    "web-1:disk[].percent");
	check_series("{\"host\":\"fe80::1*\",\"plugin\":\"x\","
		     "\"instance\":\"a[*]?\\\\b:c\"}",
	    "fe80\\:\\:1\\*:x[a\\[\\*\\]\\?\\\\b:c].percent");
	check_series("{\"host\":\"a{b}\",\"plugin\":\"net.out[*]{x:y}\"}",
	    "a\\{b\\}:net\\.out\\[\\*\\]\\{x\\:y\\}.percent");
	check_series("{\"host\":\"h\",\"plugin\":\"statsd\",\"instance\":"
		     "\"page.views\",\"tags\":{\"country\":\"de\","
		     "\"q\":\"a=b,{c}\"}}",
	    "h:statsd[page.views]{country=de,q=a\\=b\\,\\{c\\}}.percent");
}

static void
check_values(const char *values, const char *expected)
{
	json_t *json = json_loads(values, 0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(json);
	render_values(out, json, false);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void
counters_are_shown_as_rates_and_gauges_as_they_are(void **state)
{
	(void)state;
	check_values(
	    "[{\"host\":\"h\",\"plugin\":\"p\",\"time\":1763800000,"
	    "\"interval\":10,\"fields\":["
	    "{\"name\":\"used\",\"kind\":\"gauge\",\"unit\":\"bytes\","
	    "\"value\":2048,\"rate\":null},"
	    "{\"name\":\"read\",\"kind\":\"counter\",\"unit\":\"bytes\","
	    "\"value\":99,\"rate\":10240.0},"
	    "{\"name\":\"busy\",\"kind\":\"total\",\"unit\":\"seconds\","
	    "\"value\":99,\"rate\":null}]}]",
	    "h:p.used     2.0 KiB\n"
	    "h:p.read  10.0 KiB/s\n"
	    "h:p.busy           -\n");
}

static void
a_list_that_missed_three_intervals_says_its_age(void **state)
{
	(void)state;
	check_values("[{\"host\":\"h\",\"plugin\":\"a\",\"time\":1763799970,"
		     "\"interval\":10,\"fields\":[{\"name\":\"x\","
		     "\"kind\":\"gauge\",\"unit\":\"\",\"value\":1}]},"
		     "{\"host\":\"h\",\"plugin\":\"b\",\"time\":1763799969,"
		     "\"interval\":10,\"fields\":[{\"name\":\"x\","
		     "\"kind\":\"gauge\",\"unit\":\"\",\"value\":2}]},"
		     "{\"host\":\"h\",\"plugin\":\"c\",\"time\":1763799939,"
		     "\"interval\":0,\"fields\":[{\"name\":\"x\","
		     "\"kind\":\"gauge\",\"unit\":\"\",\"value\":3}]}]",
	    "h:a.x  1\n"
	    "h:b.x  2  31 s ago\n"
	    "h:c.x  3  61 s ago\n");
}

static void
values_that_are_not_what_they_should_be_are_survived(void **state)
{
	(void)state;
	check_values("{}", "");
	check_values("[1, null, [], {}, {\"fields\": 5}]", "");
	check_values("[{\"host\": 1, \"tags\": [1], \"fields\": [7, {}]}]",
	    ":.  -\n:.  -\n");
	check_values("[{\"host\":\"\\u001b[31m\\u202e\",\"plugin\":\"p\","
		     "\"tags\":{\"a\":5},\"fields\":[{\"name\":\"n\\n\","
		     "\"kind\":\"gauge\",\"unit\":\"\\u0007\","
		     "\"value\":1e300}]}]",
	    "\\x1b\\[31m\\u{202e}:p{a=}.n\\x0a  1e+300 \\x07\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_few_digits_and_their_unit),
		cmocka_unit_test(bytes_have_binary_prefixes),
		cmocka_unit_test(seconds_become_the_unit_that_fits),
		cmocka_unit_test(rates_are_per_second),
		cmocka_unit_test(ages_have_one_unit),
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(
		    a_column_of_which_only_the_name_is_there_is_left_out),
		cmocka_unit_test(
		    colour_takes_no_room_and_cells_cannot_bring_their_own),
		cmocka_unit_test(a_very_wide_cell_does_not_widen_every_row),
		cmocka_unit_test(
		    a_series_is_written_as_a_pattern_that_means_it),
		cmocka_unit_test(
		    counters_are_shown_as_rates_and_gauges_as_they_are),
		cmocka_unit_test(
		    a_list_that_missed_three_intervals_says_its_age),
		cmocka_unit_test(
		    values_that_are_not_what_they_should_be_are_survived),
	};

	setenv("TZ", "XST-1", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
