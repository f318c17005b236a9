/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "control/protocol.h"

struct fake_daemon {
	int written;
};

static json_t *
run_echo(void *daemon, const json_t *request)
{
	const char *say = control_text(request, "say");

	(void)daemon;
	if (say == NULL)
		return control_error("nothing to say");
	return json_pack("{s:b,s:s}", "ok", 1, "said", say);
}

static json_t *
run_write(void *daemon, const json_t *request)
{
	struct fake_daemon *d = daemon;

	(void)request;
	return json_pack("{s:b,s:i}", "ok", 1, "written", ++d->written);
}

static json_t *
run_broken(void *daemon, const json_t *request)
{
	(void)daemon;
	(void)request;
	return json_pack("{s:s}", "error", "\xff");
}

static const struct control_command commands[] = {
	{ "echo", true, run_echo, false },
	{ "write", false, run_write, false },
	{ "broken", true, run_broken, false },
};
enum { COMMANDS = sizeof(commands) / sizeof *commands };

static char *
answer_to(struct fake_daemon *d, const char *line, size_t n, bool reads_only,
    size_t *len)
{
	return control_run(
	    control_read(commands, COMMANDS, line, n, reads_only), d, len);
}

static void
check_answer(const char *line, bool reads_only, const char *expected)
{
	struct fake_daemon d = { 0 };
	size_t len;
	char *answer = answer_to(&d, line, strlen(line), reads_only, &len);

	assert_string_equal(answer, expected);
	assert_int_equal(strlen(answer), len);
	free(answer);
}

static void
a_request_is_answered_by_its_command(void **state)
{
	(void)state;
	check_answer("{\"do\":\"echo\",\"say\":\"hi\"}", true,
	    "{\"ok\":true,\"said\":\"hi\"}");
	check_answer(" { \"say\" : \"a\\nb\", \"do\" : \"echo\" } \r", true,
	    "{\"ok\":true,\"said\":\"a\\nb\"}");
	check_answer(
	    "{\"do\":\"echo\"}", true, "{\"error\":\"nothing to say\"}");
	check_answer(
	    "{\"do\":\"write\"}", false, "{\"ok\":true,\"written\":1}");
}

static void
what_only_reads_is_all_that_a_reader_may(void **state)
{
	(void)state;
	check_answer("{\"do\":\"write\"}", true,
	    "{\"error\":\"'write' is not permitted: only reading is\"}");
}

static void
an_unknown_command_is_told_its_nearest_name(void **state)
{
	(void)state;
	check_answer("{\"do\":\"ecoh\"}", false,
	    "{\"error\":\"unknown command 'ecoh', did you mean 'echo'?\"}");
	check_answer("{\"do\":\"\\u001b[2Jqqqqqqq\"}", false,
	    "{\"error\":\"unknown command '\\\\x1b[2Jqqqqqqq'\"}");
	check_answer(
	    "{\"do\":\"\"}", false, "{\"error\":\"unknown command ''\"}");
}

static void
a_long_unknown_name_is_cut_between_characters(void **state)
{
	struct buf line = { 0 }, expected = { 0 };

	(void)state;
	buf_puts(&line, "{\"do\":\"a");
	buf_puts(&expected, "{\"error\":\"unknown command 'a");
	for (int i = 0; i < 100; i++)
		buf_puts(&line, "\xc3\xa9");
	for (int i = 0; i < 31; i++)
		buf_puts(&expected, "\xc3\xa9");
	buf_puts(&line, "\"}");
	buf_puts(&expected, "'\"}");
	check_answer(line.data, false, expected.data);
	buf_free(&line);
	buf_free(&expected);
}

static void
check_complaint(const char *line, const char *begin)
{
	struct fake_daemon d = { 0 };
	size_t len;
	char *answer = answer_to(&d, line, strlen(line), false, &len);

	assert_int_equal(strncmp(answer, begin, strlen(begin)), 0);
	free(answer);
}

static void
what_is_not_a_request_is_an_error(void **state)
{
	static const char no_json[] = "{\"error\":\"the request is not JSON: ";
	static const char no_object[] =
	    "{\"error\":\"the request is not a JSON object\"}";
	static const char no_do[] =
	    "{\"error\":\"the request has no \\\"do\\\" that names a command\"}";

	(void)state;
	check_complaint("", no_json);
	check_complaint("hello", no_json);
	check_complaint("{\"do\":\"echo\"", no_json);
	check_complaint("{\"do\":\"echo\"} x", no_json);
	check_complaint("{\"do\":\"echo\"}{\"do\":\"echo\"}", no_json);
	check_complaint("{\"do\":\"echo\",\"do\":\"write\"}", no_json);
	check_complaint("{\"do\":\"echo\",\"say\":\"\xff\"}", no_json);
	check_complaint("{\"do\":\"echo\",\"say\":\"\\u0000\"}", no_json);
	check_complaint("[]", no_object);
	check_complaint("[\"do\",\"echo\"]", no_object);
	check_complaint("{}", no_do);
	check_complaint("{\"do\":5}", no_do);
	check_complaint("{\"DO\":\"echo\"}", no_do);
}

static void
nesting_ends_at_eight_levels(void **state)
{
	static const char deep[] =
	    "{\"error\":\"the request is nested deeper than 8 levels\"}";
	struct buf line = { 0 };

	(void)state;
	check_answer("{\"do\":\"echo\",\"say\":\"x\",\"y\":[[[[[[[]]]]]]]}",
	    true, "{\"ok\":true,\"said\":\"x\"}");
	check_answer("{\"do\":\"echo\",\"say\":\"x\",\"y\":[[[[[[[{}]]]]]]]}",
	    true, deep);
	check_answer("{\"do\":\"echo\",\"say\":\"[[[[[[[[[[\\\"[[[[[\"}", true,
	    "{\"ok\":true,\"said\":\"[[[[[[[[[[\\\"[[[[[\"}");
	for (int i = 0; i < 60000; i++)
		buf_putc(&line, '[');
	check_answer(line.data, true, deep);
	buf_free(&line);
}

static void
a_line_may_have_64_kib(void **state)
{
	static const char begin[] = "{\"do\":\"echo\",\"say\":\"hi\"}";
	struct buf line = { 0 };

	(void)state;
	buf_puts(&line, begin);
	while (line.len < CONTROL_REQUEST_MAX)
		buf_putc(&line, ' ');
	check_answer(line.data, true, "{\"ok\":true,\"said\":\"hi\"}");
	buf_putc(&line, ' ');
	check_answer(line.data, true,
	    "{\"error\":\"the request is longer than 65536 bytes\"}");
	buf_free(&line);
}

static void
an_answer_that_cannot_be_json_is_an_error(void **state)
{
	(void)state;
	check_answer("{\"do\":\"broken\"}", true,
	    "{\"error\":\"the answer is not JSON\"}");
}

static void
errors_are_made_printable(void **state)
{
	json_t *error = control_error("a\nb\xff %s", "\033[31m");

	(void)state;
	assert_string_equal(
	    control_text(error, "error"), "a\\x0ab\\xff \\x1b[31m");
	json_decref(error);
}

/* Whatever comes, what leaves is one line, and an object. */
static void
damaged_requests_get_an_object_on_one_line(void **state)
{
	static const char whole[] =
	    "{\"do\":\"echo\",\"say\":\"h\\u00e9\\\"llo\",\"x\":[1,2.5e3,null]}";
	struct fake_daemon d = { 0 };
	unsigned seed = 20251122;

	(void)state;
	print_message("seed %u\n", seed);
	for (int i = 0; i < 20000; i++) {
		char line[sizeof(whole)];
		size_t len, n = sizeof(whole) - 1;
		char *answer;
		json_t *json;

		memcpy(line, whole, sizeof(line));
		for (int k = rand_r(&seed) % 3; k >= 0; k--)
			line[(size_t)rand_r(&seed) % n] =
			    (char)(rand_r(&seed) % 256);
		n -= (size_t)rand_r(&seed) % 4 == 0 ? (size_t)rand_r(&seed) % n
						    : 0;
		answer = answer_to(&d, line, n, true, &len);
		json = json_loadb(answer, len, 0, NULL);
		assert_true(json_is_object(json));
		assert_null(memchr(answer, '\n', len));
		json_decref(json);
		free(answer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_answered_by_its_command),
		cmocka_unit_test(what_only_reads_is_all_that_a_reader_may),
		cmocka_unit_test(an_unknown_command_is_told_its_nearest_name),
		cmocka_unit_test(
		    a_long_unknown_name_is_cut_between_characters),
		cmocka_unit_test(what_is_not_a_request_is_an_error),
		cmocka_unit_test(nesting_ends_at_eight_levels),
		cmocka_unit_test(a_line_may_have_64_kib),
		cmocka_unit_test(an_answer_that_cannot_be_json_is_an_error),
		cmocka_unit_test(errors_are_made_printable),
		cmocka_unit_test(damaged_requests_get_an_object_on_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
