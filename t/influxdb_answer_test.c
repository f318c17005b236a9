/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "write/influxdb/answer.h"

static void
read_answer(struct answer *a, const char *body, size_t n)
{
	answer_init(a, body, strlen(body), n);
}

static void
check_text(const struct answer *a, const char *text)
{
	assert_int_equal(a->len, strlen(text));
	assert_memory_equal(a->text, text, a->len);
}

/* Of n lines: what it is, and the text. */
static void
check(const char *body, size_t n, enum answer_what what, const char *text)
{
	struct answer a;

	read_answer(&a, body, n);
	if (a.what != what)
		fail_msg("%s: %d, not %d", body, a.what, what);
	check_text(&a, text);
	answer_fini(&a);
}

#define TYPE                                                                  \
	"field type conflict: input field \\\"x\\\" on measurement "          \
	"\\\"m\\\" is type float, already exists as type integer"
#define TYPE_TEXT                                                              \
	"field type conflict: input field \"x\" on measurement \"m\" is type " \
	"float, already exists as type integer"

static void
the_message_of_every_version_is_found(void **state)
{
	(void)state;
	check("{\"error\":\"unable to parse 'm': missing fields\"}\n", 2,
	    ANSWER_TEXT, "unable to parse 'm': missing fields");
	check("{\"code\":\"invalid\",\"message\":\"no such thing\"}", 2,
	    ANSWER_TEXT, "no such thing");
	check("{\"error\":\"parsing failed for write_lp endpoint\",\"data\":"
	      "{\"original_line\":\"m\",\"line_number\":2,"
	      "\"error_message\":\"No fields were provided\"}}",
	    2, ANSWER_TEXT, "No fields were provided");
	check("cannot read line protocol\n", 2, ANSWER_TEXT,
	    "cannot read line protocol\n");
	check("", 2, ANSWER_TEXT, "");
	check("{\"error\":\"\"}", 2, ANSWER_TEXT, "{\"error\":\"\"}");
	check("{\"error\":7,\"message\":[]}", 2, ANSWER_TEXT,
	    "{\"error\":7,\"message\":[]}");
	check("[{\"error\":\"x\"}]", 2, ANSWER_TEXT, "[{\"error\":\"x\"}]");
}

static void
all_lines_dropped_is_not_the_same_as_some(void **state)
{
	static const char v1[] =
	    "{\"error\":\"partial write: " TYPE " dropped=3\"}\n";
	static const char v2[] =
	    "{\"code\":\"unprocessable entity\",\"message\":\"failure "
	    "writing points to database: partial write: points beyond "
	    "retention policy dropped=3\"}";

	(void)state;
	check(v1, 3, ANSWER_NONE, "partial write: " TYPE_TEXT " dropped=3");
	check(v1, 2, ANSWER_NONE, "partial write: " TYPE_TEXT " dropped=3");
	check(v1, 4, ANSWER_TEXT, "partial write: " TYPE_TEXT " dropped=3");
	check(v2, 3, ANSWER_NONE,
	    "failure writing points to database: partial write: points "
	    "beyond retention policy dropped=3");
	check("{\"error\":\"partial write: m dropped=0\"}", 1, ANSWER_TEXT,
	    "partial write: m dropped=0");
	check("{\"error\":\"partial write: m dropped=\"}", 1, ANSWER_TEXT,
	    "partial write: m dropped=");
	check("{\"error\":\"partial write: m dropped=5 \"}", 1, ANSWER_TEXT,
	    "partial write: m dropped=5 ");
	check("{\"error\":\"dropped=5\"}", 1, ANSWER_TEXT, "dropped=5");
	check("{\"error\":\"partial write: m dropped="
	      "99999999999999999999999999999999\"}",
	    5000, ANSWER_NONE,
	    "partial write: m dropped=99999999999999999999999999999999");
	/* what it quotes is a part of a line, not what it says */
	check("{\"error\":\"partial write: unable to parse 'm,h=dropped=9 "
	      "x': bad dropped=0\"}",
	    1, ANSWER_TEXT,
	    "partial write: unable to parse 'm,h=dropped=9 x': bad "
	    "dropped=0");
}

static void
a_database_that_is_not_there_is_known(void **state)
{
	(void)state;
	check("{\"error\":\"database not found: \\\"metrics\\\"\"}\n", 1,
	    ANSWER_NO_DATABASE, "database not found: \"metrics\"");
	check("{\"error\":\"retention policy not found: x\"}", 1, ANSWER_TEXT,
	    "retention policy not found: x");
}

#define PARTIAL "{\"error\":\"partial write of line protocol occurred\","

static void
lines_with_a_number_are_named_and_no_others(void **state)
{
	static const char body[] =
	    PARTIAL "\"data\":[{\"original_line\":\"m x=1\",\"line_number\":4,"
		    "\"error_message\":\"bad type\"},{\"line_number\":1}]}";
	struct answer a;

	(void)state;
	read_answer(&a, body, 4);
	assert_int_equal(a.what, ANSWER_SOME);
	assert_int_equal(a.n_bad, 2);
	assert_int_equal(a.bad[0].line, 3);
	assert_string_equal(a.bad[0].why, "bad type");
	assert_int_equal(a.bad[1].line, 0);
	assert_null(a.bad[1].why);
	check_text(&a, "bad type");
	answer_fini(&a);
}

static void
numbers_that_cannot_be_name_nothing(void **state)
{
	static const char *const data[] = { "[]", "[{}]",
		"[{\"line_number\":0}]", "[{\"line_number\":-1}]",
		"[{\"line_number\":5}]", "[{\"line_number\":1.5}]",
		"[{\"line_number\":\"1\"}]",
		"[{\"line_number\":9223372036854775807}]",
		"[{\"line_number\":1},{\"line_number\":1}]",
		"[{\"line_number\":1},7]", "{\"line_number\":1}", "null" };

	(void)state;
	for (size_t i = 0; i < sizeof(data) / sizeof(*data); i++) {
		char *body = xasprintf(PARTIAL "\"data\":%s}", data[i]);

		check(body, 4, ANSWER_TEXT,
		    "partial write of line protocol occurred");
		free(body);
	}
}

/* The server may have had more to name. */
static void
as_many_lines_as_are_ever_named_are_not_believed(void **state)
{
	(void)state;
	for (size_t n = ANSWER_LINES - 1; n <= ANSWER_LINES + 1; n++) {
		char *body = xasprintf(PARTIAL "\"data\":["), *longer;
		struct answer a;

		for (size_t i = 0; i < n; i++) {
			longer = xasprintf("%s%s{\"line_number\":%zu}", body,
			    i > 0 ? "," : "", i + 1);
			free(body);
			body = longer;
		}
		longer = xasprintf("%s]}", body);
		free(body);
		read_answer(&a, longer, 5000);
		assert_int_equal(
		    a.what, n < ANSWER_LINES ? ANSWER_SOME : ANSWER_TEXT);
		answer_fini(&a);
		free(longer);
	}
}

static void
what_is_no_text_at_all_is_survived(void **state)
{
	static const char zeros[] = "{\"error\":\"a\0b\"}\0";
	char *deep = xasprintf("%065535d", 0);
	struct answer a;

	(void)state;
	answer_init(&a, zeros, sizeof(zeros), 1);
	assert_int_equal(a.what, ANSWER_TEXT);
	assert_int_equal(a.len, sizeof(zeros));
	answer_fini(&a);
	memset(deep, '[', 65535);
	check(deep, 1, ANSWER_TEXT, deep);
	free(deep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_message_of_every_version_is_found),
		cmocka_unit_test(all_lines_dropped_is_not_the_same_as_some),
		cmocka_unit_test(a_database_that_is_not_there_is_known),
		cmocka_unit_test(lines_with_a_number_are_named_and_no_others),
		cmocka_unit_test(numbers_that_cannot_be_name_nothing),
		cmocka_unit_test(
		    as_many_lines_as_are_ever_named_are_not_believed),
		cmocka_unit_test(what_is_no_text_at_all_is_survived),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
