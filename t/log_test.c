/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>

#include "base/log.h"
#include "captured.h"
#include "fake_clock.h"

/* 2027-01-15T08:00:00.123Z; long after the last record of any test before. */
static int
begin(void **state)
{
	static int64_t mono = 1000 * NS_PER_S;

	mono += 1000 * NS_PER_S;
	fake_clock_set(mono, INT64_C(1800000000123) * NS_PER_MS);
	log_setup(LOG_FORMAT_TEXT, LOG_INFO);
	return captured_begin(state);
}

static void
a_record_is_a_line_with_time_level_and_source(void **state)
{
	const struct fettle_tag fields[] = { { "peer", "10.0.0.7" },
		{ "path", "/in gest" }, { "why", "" } };

	(void)state;
	log_record(LOG_WARNING, "cpu", fields, 3, "%d lost", 3);
	assert_string_equal(captured(),
	    "2027-01-15T08:00:00.123Z warning cpu: 3 lost peer=10.0.0.7 "
	    "path=\"/in gest\" why=\"\"\n");
}

static void
the_journal_gets_a_priority_and_no_time(void **state)
{
	(void)state;
	log_setup(LOG_FORMAT_JOURNAL, LOG_INFO);
	log_notice("started");
	assert_string_equal(captured(), "<5>fettled: started\n");
}

static void
as_json_a_record_is_an_object(void **state)
{
	const struct fettle_tag fields[] = { { "pa\"th", "a\\b\"\n" } };
	json_t *o;

	(void)state;
	log_setup(LOG_FORMAT_JSON, LOG_INFO);
	log_record(LOG_ERR, "x", fields, 1, "he said \"no\"\r");
	o = json_loads(captured(), 0, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "time")),
	    "2027-01-15T08:00:00.123Z");
	assert_string_equal(
	    json_string_value(json_object_get(o, "level")), "error");
	assert_string_equal(
	    json_string_value(json_object_get(o, "source")), "x");
	assert_string_equal(json_string_value(json_object_get(o, "message")),
	    "he said \"no\"\\x0d");
	assert_string_equal(
	    json_string_value(json_object_get(o, "pa\"th")), "a\\b\"\\x0a");
	json_decref(o);
}

static void
nothing_that_is_logged_breaks_a_line_or_reaches_a_terminal(void **state)
{
	const struct fettle_tag fields[] = { { "k\ney", "v\nal\x1b[2J" } };
	static const enum log_format formats[] = { LOG_FORMAT_TEXT,
		LOG_FORMAT_JOURNAL, LOG_FORMAT_JSON };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		log_setup(formats[i], LOG_INFO);
		log_record(LOG_INFO, "so\nurce", fields, 1,
		    "te\nxt\x1b[31m \xff \xe2\x80\xae");
		assert_int_equal(captured_count("\n"), i + 1);
		assert_int_equal(captured_count("\x1b"), 0);
		assert_int_equal(captured_count("\xff"), 0);
		assert_int_equal(captured_count("\xe2\x80\xae"), 0);
	}
}

static void
what_is_less_urgent_than_the_level_is_not_written(void **state)
{
	(void)state;
	log_debug("a");
	log_setup(LOG_FORMAT_TEXT, LOG_DEBUG);
	log_debug("b");
	log_setup(LOG_FORMAT_TEXT, LOG_ERR);
	log_warning("c");
	log_error("d");
	assert_int_equal(captured_count("\n"), 2);
	assert_int_equal(captured_count(": b\n"), 1);
	assert_int_equal(captured_count(": d\n"), 1);
}

static void
a_source_that_logs_too_much_is_held_back_and_that_is_said(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		log_record(LOG_INFO, "noisy", NULL, 0, "number %d", i);
	assert_int_equal(captured_count("number"), 40);
	log_record(LOG_INFO, "quiet", NULL, 0, "heard");
	assert_int_equal(captured_count("heard"), 1);
	fake_clock_advance(NS_PER_S - 1);
	log_record(LOG_INFO, "noisy", NULL, 0, "too early");
	assert_int_equal(captured_count("too early"), 0);
	fake_clock_advance(1);
	log_record(LOG_INFO, "noisy", NULL, 0, "one a second");
	log_record(LOG_INFO, "noisy", NULL, 0, "not two");
	assert_int_equal(captured_count("noisy: 61 records held back\n"), 1);
	assert_int_equal(captured_count("one a second"), 1);
	assert_int_equal(captured_count("not two"), 0);
	fake_clock_advance(100 * NS_PER_S);
	for (int i = 0; i < 100; i++)
		log_record(LOG_INFO, "noisy", NULL, 0, "again %d", i);
	assert_int_equal(captured_count("again"), 40);
}

static void
what_is_not_urgent_enough_uses_up_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		log_record(LOG_DEBUG, "chatty", NULL, 0, "psst");
	log_record(LOG_INFO, "chatty", NULL, 0, "now");
	assert_int_equal(captured_count("chatty: now"), 1);
	assert_int_equal(captured_count("held back"), 0);
}

static void
a_long_text_is_cut_between_characters(void **state)
{
	char text[4000];

	(void)state;
	text[0] = 'x';
	for (size_t i = 1; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 3);
	log_info("%s", text);
	assert_int_equal(captured_count("\xc3\xa9"), 511);
	assert_int_equal(captured_count("\\x"), 0);
}

/* Everything at its longest, and all of it to be escaped. */
static void
no_line_is_longer_than_a_pipe_takes_at_once(void **state)
{
	static const enum log_format formats[] = { LOG_FORMAT_TEXT,
		LOG_FORMAT_JOURNAL, LOG_FORMAT_JSON };
	struct fettle_tag fields[20];
	char text[5000];

	(void)state;
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < 10; i++)
		text[11 * i] = '\x1b';
	for (size_t i = 0; i < 20; i++)
		fields[i] = (struct fettle_tag){ text + i, text + i };
	for (size_t i = 0; i < 3; i++) {
		log_setup(formats[i], LOG_INFO);
		log_record(LOG_INFO, text, fields, 20, "%s", text);
	}
	for (const char *s = captured(); *s != '\0';) {
		const size_t len = strcspn(s, "\n") + 1;
		json_t *o = json_loadb(s, len, 0, NULL);

		assert_in_range(len, PIPE_BUF / 2, PIPE_BUF);
		assert_true(*s != '{' || json_is_object(o));
		json_decref(o);
		s += len;
	}
	assert_int_equal(captured_count("\n"), 3);
}

/* Fills what is between us and a reader; returns the reader's end. */
static int
full_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], "x", 1) == 1)
		continue;
	fcntl(ends[1], F_SETFL, 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	return ends[0];
}

static void
who_logs_does_not_wait_for_who_reads(void **state)
{
	const int reader = full_pipe();
	char text[100000];
	ssize_t n;

	(void)state;
	for (int i = 0; i < 3; i++)
		log_record(LOG_INFO, "patient", NULL, 0, "lost");
	while (read(reader, text, sizeof(text)) == sizeof(text))
		continue;
	log_record(LOG_INFO, "patient", NULL, 0, "heard");
	n = read(reader, text, sizeof(text) - 1);
	close(reader);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text,
	    "2027-01-15T08:00:00.123Z warning patient: 3 records held back\n"
	    "2027-01-15T08:00:00.123Z info patient: heard\n");
}

static void
nobody_to_read_is_no_reason_to_end(void **state)
{
	const int reader = full_pipe();

	(void)state;
	close(reader);
	signal(SIGPIPE, SIG_IGN);
	log_record(LOG_INFO, "alone", NULL, 0, "to a pipe without a reader");
	close(STDERR_FILENO);
	log_record(LOG_INFO, "alone", NULL, 0, "to nobody");
	signal(SIGPIPE, SIG_DFL);
}

static void *
log_much(void *arg)
{
	for (int i = 0; i < 40; i++)
		log_record(LOG_INFO, arg, NULL, 0, "%060d", i);
	return NULL;
}

static void
records_of_threads_do_not_mix(void **state)
{
	char names[4][8] = { "a", "b", "c", "d" };
	pthread_t threads[4];
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, log_much, names[i]);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (const char *s = captured(); *s != '\0'; lines++) {
		const size_t len = strcspn(s, "\n");

		assert_int_equal(len, strlen("2027-01-15T08:00:00.123Z info "
					     "a: ") +
					  60);
		s += len + 1;
	}
	assert_int_equal(lines, 160);
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, begin, captured_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(a_record_is_a_line_with_time_level_and_source),
		LOG_TEST(the_journal_gets_a_priority_and_no_time),
		LOG_TEST(as_json_a_record_is_an_object),
		LOG_TEST(
		    nothing_that_is_logged_breaks_a_line_or_reaches_a_terminal),
		LOG_TEST(what_is_less_urgent_than_the_level_is_not_written),
		LOG_TEST(
		    a_source_that_logs_too_much_is_held_back_and_that_is_said),
		LOG_TEST(what_is_not_urgent_enough_uses_up_nothing),
		LOG_TEST(a_long_text_is_cut_between_characters),
		LOG_TEST(no_line_is_longer_than_a_pipe_takes_at_once),
		LOG_TEST(who_logs_does_not_wait_for_who_reads),
		LOG_TEST(records_of_threads_do_not_mix),
		/* leaves something held back */
		LOG_TEST(nobody_to_read_is_no_reason_to_end),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
