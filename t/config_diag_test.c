/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <string.h>

#include "config/diag.h"
#include "config/suggest.h"
#include "config_said.h"

static void
messages_stand_in_the_order_of_the_files(void **state)
{
	struct diags *d = diags_new();

	(void)state;
	diag_error(d, (struct pos){ "b", 9, 1 }, "one");
	diag_error(d, (struct pos){ "a", 1, 1 }, "two");
	diag_error(d, (struct pos){ "b", 10, 1 }, "three");
	diag_error(d, (struct pos){ "b", 9, 12 }, "four");
	diag_error(d, (struct pos){ "b", 9, 2 }, "five");
	diag_error(d, (struct pos){ "b", 0, 0 }, "six");
	assert_said(d, "b: six\nb:9:1: one\nb:9:2: five\nb:9:12: four\n"
		       "b:10:1: three\na:1:1: two\n");
	assert_int_equal(diags_errors(d), 6);
	diags_free(d);
}

static void
what_is_told_twice_is_said_once(void **state)
{
	struct diags *d = diags_new();

	(void)state;
	diag_error(d, (struct pos){ "a", 1, 1 }, "%s", "one");
	diag_error(d, (struct pos){ "a", 1, 1 }, "two");
	diag_error(d, (struct pos){ "a", 1, 1 }, "one");
	diag_error(d, (struct pos){ "a", 1, 2 }, "one");
	diag_note(d, (struct pos){ "a", 1, 1 }, "one");
	assert_said(
	    d, "a:1:1: one\na:1:1: two\na:1:1: note: one\na:1:2: one\n");
	assert_int_equal(diags_errors(d), 3);
	diags_free(d);
}

static void
notes_are_no_errors_and_can_be_left_out(void **state)
{
	struct diags *d = diags_new();
	struct buf b = { 0 };

	(void)state;
	diag_note(d, (struct pos){ "a", 1, 1 }, "by the way");
	assert_int_equal(diags_errors(d), 0);
	assert_said(d, "a:1:1: note: by the way\n");
	diag_error(d, (struct pos){ "a", 2, 1 }, "no");
	diags_each(d, 0, said_add, &b);
	assert_string_equal(b.data, "a:2:1: no\n");
	buf_free(&b);
	diags_free(d);
}

static void
a_message_is_one_printable_line(void **state)
{
	struct diags *d = diags_new();

	(void)state;
	diag_error(d, (struct pos){ "a\n\x1b[2J", 1, 1 }, "no '%s'",
	    "x\ny\xff\xe2\x80\xae");
	assert_said(d, "a\\x0a\\x1b[2J:1:1: no 'x\\x0ay\\xff\\u{202e}'\n");
	diags_free(d);
}

static void
a_message_does_not_grow_without_end(void **state)
{
	struct diags *d = diags_new();
	char text[2001], line[1100];

	(void)state;
	memset(text, 'x', 2000);
	text[2000] = '\0';
	diag_error(d, (struct pos){ "a", 1, 1 }, "%s", text);
	snprintf(line, sizeof(line), "a:1:1: %.1024s...\n", text);
	assert_said(d, line);
	diags_free(d);
}

static void
what_it_is_told_is_copied(void **state)
{
	struct diags *d = diags_new();
	char file[] = "a", text[] = "x";

	(void)state;
	diag_error(d, (struct pos){ file, 1, 1 }, "%s", text);
	file[0] = text[0] = '?';
	assert_said(d, "a:1:1: x\n");
	diags_free(d);
}

static void
nothing_told_is_nothing_said(void **state)
{
	struct diags *d = diags_new();

	(void)state;
	assert_said(d, "");
	assert_int_equal(diags_errors(d), 0);
	diags_free(d);
	diags_free(NULL);
}

static const char *
nearest(const char *text)
{
	static const char *const names[] = { "interval", "per_core", "to",
		"url", "timeout", "mounts" };

	return suggest(text, names, sizeof(names) / sizeof(*names));
}

static void
the_name_that_was_meant_is_found(void **state)
{
	(void)state;
	assert_string_equal(nearest("per_cor"), "per_core");
	assert_string_equal(nearest("percore"), "per_core");
	assert_string_equal(nearest("per-core"), "per_core");
	assert_string_equal(nearest("PerCore"), "per_core");
	assert_string_equal(nearest("Interval"), "interval");
	assert_string_equal(nearest("intreval"), "interval");
	assert_string_equal(nearest("tiemout"), "timeout");
	assert_string_equal(nearest("ulr"), "url");
	assert_string_equal(nearest("mount"), "mounts");
	assert_string_equal(nearest("int"), "interval");
}

/* A plugin that is there but cannot be loaded is not taken for another. */
static void
nothing_is_nearer_than_the_name_itself(void **state)
{
	static const char *const names[] = { "probe1", "probe2", "probe2x" };

	(void)state;
	assert_string_equal(suggest("probe2", names, 3), "probe2");
}

static void
what_is_near_no_name_is_left_alone(void **state)
{
	char text[5001];
	const char *long_name;

	(void)state;
	assert_null(nearest("verbose"));
	assert_null(nearest("x"));
	assert_null(nearest("ab"));
	assert_null(nearest(""));
	memset(text, 'a', 5000);
	text[5000] = '\0';
	assert_null(nearest(text));
	assert_null(suggest("a", NULL, 0));
	long_name = text;
	assert_null(suggest("aa", &long_name, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_stand_in_the_order_of_the_files),
		cmocka_unit_test(what_is_told_twice_is_said_once),
		cmocka_unit_test(notes_are_no_errors_and_can_be_left_out),
		cmocka_unit_test(a_message_is_one_printable_line),
		cmocka_unit_test(a_message_does_not_grow_without_end),
		cmocka_unit_test(what_it_is_told_is_copied),
		cmocka_unit_test(nothing_told_is_nothing_said),
		cmocka_unit_test(the_name_that_was_meant_is_found),
		cmocka_unit_test(nothing_is_nearer_than_the_name_itself),
		cmocka_unit_test(what_is_near_no_name_is_left_alone),
	};

	return cmocka_run_group_tests_name("config diag", tests, NULL, NULL);
}
