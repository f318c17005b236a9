/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <stdio.h>

#include "reader_oracle.h"

static void
takes(const char *text, size_t len)
{
	const char *what;
	json_t *v = oracle_read(text, len, &what);

	if (v == NULL)
		fail_msg("refused (%s): %.60s", what, text);
	json_decref(v);
	if (!oracle_agrees(text, len))
		fail_msg("jansson reads it otherwise: %.60s", text);
}

#define TAKES(text) takes(text, sizeof(text) - 1)

/* Refused, with that reason at that byte. */
static void
refuses(const char *text, size_t len, size_t offset, const char *what)
{
	char *copy = malloc(len + 1);
	struct reader r;

	memcpy(copy, text, len);
	reader_init(&r, copy, len);
	reader_skip(&r);
	assert_false(reader_done(&r));
	assert_string_equal(r.what, what);
	assert_int_equal(r.offset, offset);
	reader_fini(&r);
	free(copy);
	if (!oracle_agrees(text, len))
		fail_msg("jansson takes it: %.60s", text);
}

#define REFUSES(text, offset, what)                                           \
	refuses(text, sizeof(text) - 1, offset, what)

static void
json_is_taken(void **state)
{
	(void)state;
	TAKES("{}");
	TAKES("[]");
	TAKES(
	    " \t\r\n{ \"a\" : [ 1 , -2.5e3 , \"x\" , true , false , null ] } ");
	TAKES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"");
	TAKES("\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"");
	TAKES("{\"\": 0, \"a\": {\"a\": {\"a\": []}}}");
	TAKES("[[[[[[[[1]]]]]]]]");
	TAKES("-0");
	TAKES("[0, -0.0, 9223372036854775807, -9223372036854775808]");
}

static void
what_is_no_json_is_refused_where_it_is_wrong(void **state)
{
	(void)state;
	REFUSES("", 0, "the text ends here");
	REFUSES("  ", 2, "the text ends here");
	REFUSES("[1,]", 3, "a value is expected");
	REFUSES("[1 2]", 3, "a comma is expected");
	REFUSES("{\"a\" 1}", 5, "a colon is expected");
	REFUSES("{a: 1}", 1, "a value is expected");
	REFUSES("{1: 1}", 1, "a string is expected");
	REFUSES("[1}", 2, "a comma is expected");
	REFUSES("[1", 2, "the text ends here");
	REFUSES("{\"a\":", 5, "the text ends here");
	REFUSES("{} {}", 3, "something follows the value");
	REFUSES("nul", 0, "a value is expected");
	REFUSES("[truth]", 1, "a value is expected");
	REFUSES("NaN", 0, "a value is expected");
	REFUSES("[Infinity]", 1, "a value is expected");
	REFUSES("\xef\xbb\xbf{}", 0, "a value is expected");
	REFUSES("[1]\0", 3, "something follows the value");
	REFUSES("[\0]", 1, "a value is expected");
}

static void
strings_are_utf8_without_nul(void **state)
{
	(void)state;
	REFUSES("\"abc", 4, "the text ends here");
	REFUSES("\"a\nb\"", 2, "a control character in a string");
	REFUSES("\"a\0b\"", 2, "a control character in a string");
	REFUSES("\"\\x\"", 2, "no such escape");
	REFUSES("\"\\", 2, "the text ends here");
	REFUSES("\"\\u12g4\"", 2, "four hexadecimal digits are expected");
	REFUSES("\"\\u0000\"", 2, "U+0000 is not taken");
	REFUSES("\"\\ud800\"", 2, "half a surrogate pair");
	REFUSES("\"\\udc00\"", 2, "half a surrogate pair");
	REFUSES("\"\\ud800\\u0041\"", 2, "half a surrogate pair");
	REFUSES("\"\xff\"", 1, "invalid UTF-8");
	REFUSES("\"\xc0\xaf\"", 1, "invalid UTF-8");
	REFUSES("\"\xe0\x80\xaf\"", 1, "invalid UTF-8");
	REFUSES("\"\xed\xa0\x80\"", 1, "invalid UTF-8");
	REFUSES("\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8");
	REFUSES("\"\xe2\x82\"", 1, "invalid UTF-8");
	REFUSES("\"\xe2\x82", 1, "invalid UTF-8");
}

static void
numbers_follow_the_grammar_and_fit(void **state)
{
	(void)state;
	REFUSES("01", 1, "a number begins with 0");
	REFUSES("-", 1, "the text ends here");
	REFUSES("-a", 1, "a digit is expected");
	REFUSES("1.", 2, "the text ends here");
	REFUSES("[1.e5]", 3, "a digit is expected");
	REFUSES("[1e]", 3, "a digit is expected");
	REFUSES("[1e+]", 4, "a digit is expected");
	REFUSES("+1", 0, "a value is expected");
	REFUSES(".5", 0, "a value is expected");
	REFUSES("[0x10]", 2, "a comma is expected");
	REFUSES("1e999", 0, "a number that is too large");
	REFUSES("[-1e999]", 1, "a number that is too large");
	REFUSES("9223372036854775808", 0, "a whole number beyond 64 bits");
	REFUSES("-9223372036854775809", 0, "a whole number beyond 64 bits");
	REFUSES(
	    "[100000000000000000000000]", 1, "a whole number beyond 64 bits");
	TAKES("[1e-999, 1E5, 1e+5, 1.5e-5, 123456789012345678901.5]");
}

static void
names_are_not_repeated(void **state)
{
	char text[4096] = "{", *p = text + 1;

	(void)state;
	REFUSES("{\"a\":1,\"b\":2,\"a\":3}", 14,
	    "a name that the object has already");
	REFUSES("{\"a\":1,\"\\u0061\":3}", 8,
	    "a name that the object has already");
	REFUSES("[{\"x\":{\"y\":[{\"a\":1,\"a\":1}]}}]", 20,
	    "a name that the object has already");
	TAKES("[{\"a\":1},{\"a\":1}]");
	for (int i = 0; i < 100; i++)
		p += sprintf(p, "\"k%d\":%d,", i, i);
	strcpy(p, "\"z\":0}");
	takes(text, strlen(text));
	strcpy(p, "\"k7\":0}");
	assert_true(oracle_agrees(text, strlen(text)));
	assert_false(oracle_skip(text, strlen(text)));
}

static void
a_million_brackets_end_at_the_ninth(void **state)
{
	char *text = malloc(1000000);
	struct reader r;

	(void)state;
	memset(text, '[', 1000000);
	reader_init(&r, text, 999999);
	reader_skip(&r);
	assert_string_equal(r.what, "too deep");
	assert_int_equal(r.offset, 8);
	reader_fini(&r);
	free(text);
}

static struct reader_number
number(const char *text)
{
	char copy[64];
	struct reader_number n;
	struct reader r;

	strcpy(copy, text);
	reader_init(&r, copy, strlen(copy));
	assert_true(reader_number(&r, &n));
	reader_fini(&r);
	return n;
}

static void
numbers_are_the_nearest_double_and_exact_decimals(void **state)
{
	struct reader_number n = number("1763800000.123456789");

	(void)state;
	assert_true(n.exact);
	assert_true(n.mantissa == UINT64_C(1763800000123456789));
	assert_int_equal(n.exponent, -9);
	n = number("-9223372036854775808");
	assert_true(n.whole && n.integer == INT64_MIN);
	n = number("9007199254740993");
	assert_true(n.integer == INT64_C(9007199254740993));
	assert_false(number("12345678901234567890.5").exact);
	assert_true(number("0.1").real == 0.1);
	assert_true(
	    number("2.2250738585072011e-308").real == 2.2250738585072011e-308);
	assert_true(number("16.600000000000001").real == 16.600000000000001);
	assert_true(
	    number("1.7976931348623157e308").real == 0x1.fffffffffffffp1023);
	assert_true(number("0.0000000000000000000000001").real == 1e-25);
}

/* A small generator, so that a seed says all. */
static uint32_t
draw(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void
random_numbers_read_as_jansson_reads_them(void **state)
{
	uint32_t seed = 20261122;
	char text[64];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		const uint64_t bits =
		    (uint64_t)draw(&seed) << 32 | draw(&seed);
		double d;

		memcpy(&d, &bits, sizeof(d));
		if (i % 2)
			d = (double)(bits >> 40) / 1000;
		if (!isfinite(d))
			continue;
		snprintf(text, sizeof(text), "%.*e", (int)(bits % 18), d);
		/* printing may round it up to what is no number any more */
		if (isfinite(strtod(text, NULL)) &&
		    number(text).real != strtod(text, NULL))
			fail_msg("%s", text);
	}
}

static void
damaged_documents_are_judged_as_jansson_judges_them(void **state)
{
	static const char seed_text[] =
	    "{\"v\":1,\"host\":\"web-1\",\"tags\":{\"env\":\"pr\\u00f6d\"},"
	    "\"plugins\":[{\"plugin\":\"disk\",\"fields\":[[\"total\","
	    "\"gauge\"]],\"rows\":[[\"/home\",1763800000,1e12,71.2],"
	    "[[\"/x\",{\"fs\":\"ext4\"}],1763800000.5,-0.0,null]]}],"
	    "\"x\":[true,false,\"\\ud83d\\ude00\",\"\xc3\xa9\"]}";
	static const char bytes[] = "{}[]\",:\\u0eE.-+ 1tfn\x01\xff\xc3\xa9";
	const size_t len = sizeof(seed_text) - 1;
	uint32_t seed = 1763800000;
	char text[sizeof(seed_text)];

	(void)state;
	takes(seed_text, len);
	for (int i = 0; i < 60000; i++) {
		size_t n = len;

		memcpy(text, seed_text, len);
		for (uint32_t k = draw(&seed) % 3 + 1; k > 0; k--)
			text[draw(&seed) % len] =
			    bytes[draw(&seed) % (sizeof(bytes) - 1)];
		if (draw(&seed) % 8 == 0)
			n = draw(&seed) % len;
		if (!oracle_agrees(text, n))
			fail_msg("round %d: %.*s", i, (int)n, text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_taken),
		cmocka_unit_test(what_is_no_json_is_refused_where_it_is_wrong),
		cmocka_unit_test(strings_are_utf8_without_nul),
		cmocka_unit_test(numbers_follow_the_grammar_and_fit),
		cmocka_unit_test(names_are_not_repeated),
		cmocka_unit_test(a_million_brackets_end_at_the_ninth),
		cmocka_unit_test(
		    numbers_are_the_nearest_double_and_exact_decimals),
		cmocka_unit_test(random_numbers_read_as_jansson_reads_them),
		cmocka_unit_test(
		    damaged_documents_are_judged_as_jansson_judges_them),
	};

	return cmocka_run_group_tests_name("ingest_reader", tests, NULL, NULL);
}
