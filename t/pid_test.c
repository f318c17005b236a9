/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "proc_root.h"
#include "read/processes/pid.h"

static void
parse_fixture(const char *fixture, struct pid_stat *s, char **text)
{
	size_t len;

	*text = fixture_text(fixture, &len);
	assert_true(pid_stat_parse(*text, len, s));
}

static void
processes_of_any_kernel_are_understood(void **state)
{
	struct pid_stat s;
	char *text;

	(void)state;
	parse_fixture("processes/linux-6.18", &s, &text);
	assert_string_equal(s.comm, "cat");
	assert_int_equal(s.state, 'R');
	assert_int_equal(s.ticks, 15);
	assert_int_equal(s.threads, 1);
	assert_int_equal(s.start, 1185564);
	assert_int_equal(s.resident, 414);
	free(text);
	parse_fixture("processes/linux-2.6.32", &s, &text);
	assert_string_equal(s.comm, "sshd");
	assert_int_equal(s.ticks, 13);
	assert_int_equal(s.start, 2310);
	assert_int_equal(s.resident, 303);
	free(text);
	parse_fixture("processes/linux-2.4", &s, &text);
	assert_string_equal(s.comm, "init");
	assert_int_equal(s.ticks, 404);
	assert_int_equal(s.start, 62);
	assert_int_equal(s.resident, 120);
	free(text);
	parse_fixture("processes/kernel-thread", &s, &text);
	assert_string_equal(s.comm, "kworker/u8:3-events_unbound");
	assert_int_equal(s.state, 'I');
	free(text);
}

static void
a_name_may_hold_brackets_spaces_and_newlines(void **state)
{
	struct pid_stat s;
	char *text;

	(void)state;
	parse_fixture("processes/brackets", &s, &text);
	assert_string_equal(s.comm, "a) R 1 (b\n");
	assert_int_equal(s.state, 'S');
	assert_int_equal(s.ticks, 12);
	assert_int_equal(s.threads, 2);
	assert_int_equal(s.start, 900);
	assert_int_equal(s.resident, 33);
	free(text);
}

/* Up to the space behind the memory nothing is taken for whole. */
static void
a_process_that_is_cut_short_has_no_numbers(void **state)
{
	struct pid_stat s;
	size_t len, whole;
	char *text = fixture_text("processes/linux-6.18", &len), *copy;

	(void)state;
	whole = (size_t)(strstr(text, " 414 ") - text) + 5;
	for (size_t n = 0; n <= len; n++) {
		copy = strndup(text, n);
		assert_int_equal(pid_stat_parse(copy, n, &s), n >= whole);
		free(copy);
	}
	free(text);
}

static void
io_counts_whole_lines(void **state)
{
	static const char text[] =
	    "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\n"
	    "write_bytes: 8192\ncancelled_write_bytes: 5\n";
	static const char cut[] = "read_bytes: 4096\nwrite_bytes: 81";
	uint64_t got, put;

	(void)state;
	assert_true(pid_io_parse(text, &got, &put));
	assert_int_equal(got, 4096);
	assert_int_equal(put, 8192);
	assert_false(pid_io_parse(cut, &got, &put));
	assert_false(pid_io_parse("", &got, &put));
}

static void
a_name_that_was_cut_off_is_found_in_the_arguments(void **state)
{
	static const char args[] = "/opt/bin/a-server-with-a-long-name\0-x";
	static const char script[] = "python3\0/opt/a-server-with-a-long-name";

	(void)state;
	assert_string_equal(pid_name("a-server-with-a", args, sizeof(args)),
	    "a-server-with-a-long-name");
	assert_string_equal(
	    pid_name("a-server-with-a", script, sizeof(script)),
	    "a-server-with-a-long-name");
	assert_string_equal(pid_name("b-server-with-a", args, sizeof(args)),
	    "b-server-with-a");
	assert_string_equal(pid_name("short", args, sizeof(args)), "short");
	assert_string_equal(
	    pid_name("fifteen-letters", "", 0), "fifteen-letters");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_of_any_kernel_are_understood),
		cmocka_unit_test(a_name_may_hold_brackets_spaces_and_newlines),
		cmocka_unit_test(a_process_that_is_cut_short_has_no_numbers),
		cmocka_unit_test(io_counts_whole_lines),
		cmocka_unit_test(
		    a_name_that_was_cut_off_is_found_in_the_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
