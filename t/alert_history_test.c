/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/history.h"
#include "alert/record.h"
#include "base/alloc.h"

static struct history history;

static int
begin(void **state)
{
	(void)state;
	history_init(&history);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	history_fini(&history);
	return 0;
}

/* At that time, in ns; answered with these words, or NULL. */
static void
happens(const char *series, int64_t time, const char *words)
{
	const struct history_event e = { .time_ns = time,
		.what = words != NULL ? HISTORY_DELIVERED : HISTORY_MOVED,
		.is = { RANK_FAILURE, false },
		.number = (double)time,
		.receiver = words != NULL ? "slack" : NULL,
		.words = words };

	history_add(&history, "cpu", series, &e);
}

struct told {
	int64_t times[HISTORY_EVENTS];
	char words[HISTORY_WORDS + 1];
	size_t n;
};

static void
tell(void *arg, const struct history_event *e)
{
	struct told *t = arg;

	t->times[t->n++] = e->time_ns;
	if (e->words != NULL)
		snprintf(t->words, sizeof(t->words), "%s", e->words);
}

static struct told
past_of(const struct history *h, const char *series)
{
	struct told t = { .n = 0 };
	const size_t n = history_each(h, "cpu", series, tell, &t);

	assert_int_equal(n, t.n);
	return t;
}

/* Records as they are on a disk. */
static struct {
	char *keys[8], *values[8];
	size_t lens[8], n, gone;
} disk;

static void
put(void *arg, const char *key, const void *data, size_t len)
{
	(void)arg;
	disk.gone += data == NULL;
	if (data == NULL || disk.n == 8)
		return;
	disk.keys[disk.n] = xstrdup(key);
	disk.values[disk.n] = xmalloc(len);
	memcpy(disk.values[disk.n], data, len);
	disk.lens[disk.n++] = len;
}

static void
clear_disk(void)
{
	for (size_t i = 0; i < disk.n; i++) {
		free(disk.keys[i]);
		free(disk.values[i]);
	}
	memset(&disk, 0, sizeof(disk));
}

static void
load(struct history *h)
{
	for (size_t i = 0; i < disk.n; i++)
		assert_true(history_load(
		    h, disk.keys[i], disk.values[i], disk.lens[i]));
}

static void
the_last_events_of_each_alert_are_known(void **state)
{
	struct told t;

	(void)state;
	for (int64_t i = 1; i <= HISTORY_EVENTS + 5; i++)
		happens("web-1:cpu.percent", i, NULL);
	happens("web-2:cpu.percent", 7, NULL);
	t = past_of(&history, "web-1:cpu.percent");
	assert_int_equal(t.n, HISTORY_EVENTS);
	assert_int_equal(t.times[0], 6);
	assert_int_equal(t.times[t.n - 1], HISTORY_EVENTS + 5);
	assert_int_equal(past_of(&history, "web-2:cpu.percent").n, 1);
	assert_int_equal(past_of(&history, "web-3:cpu.percent").n, 0);
}

/* About a message to slack. */
static void
attempt(int64_t time, enum history_what what, int answer)
{
	const struct history_event e = { .time_ns = time,
		.what = what,
		.is = { RANK_FAILURE, false },
		.number = NAN,
		.kind = KIND_FIRING,
		.answer = answer,
		.receiver = "slack" };

	history_add(&history, "cpu", "web-1:cpu.percent", &e);
}

static void
a_server_that_is_away_for_hours_drives_nothing_out(void **state)
{
	static const int64_t known[] = { 0, 1, 2, 203, 998, 999, 1000, 1001 };
	struct told t;

	(void)state;
	happens("web-1:cpu.percent", 0, NULL);
	for (int i = 0; i < 100; i++) {
		attempt(2 * i + 1, HISTORY_SENT, 0);
		attempt(2 * i + 2, HISTORY_FAILED, FETTLE_UNKNOWN);
	}
	attempt(202, HISTORY_SENT, 0);
	attempt(203, HISTORY_FAILED, FETTLE_UNAUTHORISED);
	/* what is tried after a change is news, and so is that it arrived */
	happens("web-1:cpu.percent", 998, NULL);
	attempt(999, HISTORY_SENT, 0);
	attempt(1000, HISTORY_FAILED, FETTLE_UNAUTHORISED);
	attempt(1001, HISTORY_DELIVERED, FETTLE_DELIVERED);
	t = past_of(&history, "web-1:cpu.percent");
	assert_int_equal(t.n, sizeof(known) / sizeof(*known));
	for (size_t i = 0; i < t.n; i++)
		assert_int_equal(t.times[i], known[i]);
}

static void
only_what_changed_is_written_and_all_where_it_is_lost(void **state)
{
	(void)state;
	happens("web-1:cpu.percent", 1, NULL);
	happens("web-2:cpu.percent", 2, NULL);
	history_commit(&history, put, NULL);
	assert_int_equal(disk.n, 2);
	clear_disk();
	history_commit(&history, put, NULL);
	assert_int_equal(disk.n, 0);
	happens("web-2:cpu.percent", 3, NULL);
	happens("web-2:cpu.percent", 4, NULL);
	history_commit(&history, put, NULL);
	assert_int_equal(disk.n, 1);
	assert_string_equal(disk.keys[0], "cpu\tweb-2:cpu.percent");
	clear_disk();
	history_unsaved(&history);
	history_commit(&history, put, NULL);
	assert_int_equal(disk.n, 2);
	clear_disk();
}

static void
what_is_read_comes_before_what_is_known(void **state)
{
	struct history next;
	struct told t;

	(void)state;
	happens("web-1:cpu.percent", 1, NULL);
	happens("web-1:cpu.percent", 2, "200 ok");
	history_commit(&history, put, NULL);
	history_init(&next);
	load(&next);
	t = past_of(&next, "web-1:cpu.percent");
	assert_int_equal(t.n, 2);
	assert_int_equal(t.times[1], 2);
	assert_string_equal(t.words, "200 ok");
	history_fini(&next);
	for (int64_t i = 1; i < HISTORY_EVENTS; i++)
		happens("web-1:cpu.percent", i + 10, NULL);
	history_init(&next);
	for (size_t i = 0; i < 3; i++) {
		const struct history_event e = { .time_ns = 20,
			.number = NAN };

		history_add(&next, "cpu", "web-1:cpu.percent", &e);
	}
	load(&next);
	t = past_of(&next, "web-1:cpu.percent");
	assert_int_equal(t.n, 5);
	assert_int_equal(t.times[0], 1);
	assert_int_equal(t.times[4], 20);
	history_fini(&next);
	clear_disk();
}

static void
a_record_has_room_for_the_last_of_long_answers(void **state)
{
	char words[2 * HISTORY_WORDS];
	struct history next;
	struct told t;

	(void)state;
	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	for (int64_t i = 1; i <= HISTORY_EVENTS; i++)
		happens("web-1:cpu.percent", i, words);
	history_commit(&history, put, NULL);
	assert_in_range(
	    disk.lens[0], RECORD_PAST_MAX / 2, RECORD_PAST_MAX + 2);
	history_init(&next);
	load(&next);
	t = past_of(&next, "web-1:cpu.percent");
	assert_in_range(t.n, 2, 4);
	assert_int_equal(t.times[t.n - 1], HISTORY_EVENTS);
	history_fini(&next);
	clear_disk();
}

static void
why_it_was_closed_is_known_again_whatever_it_was(void **state)
{
	struct history_event e = { .what = HISTORY_CLOSED, .number = NAN };
	struct history next;

	(void)state;
	for (int c = CLOSING_NOT; c <= CLOSING_PLUGIN; c++) {
		e.closing = (enum closing)c;
		history_add(&history, "cpu", closing_name(e.closing), &e);
	}
	history_commit(&history, put, NULL);
	assert_int_equal(disk.n, CLOSING_PLUGIN + 1);
	history_init(&next);
	load(&next);
	history_fini(&next);
	clear_disk();
}

static void
there_are_so_many_and_who_is_forgotten_goes_from_the_disk(void **state)
{
	char series[32];

	(void)state;
	for (int i = 0; i < HISTORY_ALERTS; i++) {
		snprintf(series, sizeof(series), "web-%d:cpu.percent", i);
		happens(series, 1, NULL);
	}
	history_commit(&history, put, NULL);
	happens("web-0:cpu.percent", 2, NULL);
	happens("more:cpu.percent", 3, NULL);
	assert_int_equal(past_of(&history, "web-0:cpu.percent").n, 2);
	assert_int_equal(past_of(&history, "web-1:cpu.percent").n, 0);
	assert_false(history_load(
	    &history, "cpu\tone too many", disk.values[0], disk.lens[0]));
	clear_disk();
	history_commit(&history, put, NULL);
	assert_int_equal(disk.gone, 1);
	assert_int_equal(disk.n, 2);
	clear_disk();
}

static void
what_is_damaged_has_no_effect(void **state)
{
	static const char *const wrong[] = { "", "cpu", "cpu\ta\tb",
		"cpu\ta\nb", "c\x01\ta" };

	(void)state;
	happens("web-1:cpu.percent", 1, "ok");
	history_commit(&history, put, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(history_load(
		    &history, wrong[i], disk.values[0], disk.lens[0]));
	assert_false(history_load(
	    &history, "cpu\tother", disk.values[0], disk.lens[0] - 1));
	assert_int_equal(past_of(&history, "other").n, 0);
	clear_disk();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_events_of_each_alert_are_known),
		TEST(a_server_that_is_away_for_hours_drives_nothing_out),
		TEST(only_what_changed_is_written_and_all_where_it_is_lost),
		TEST(what_is_read_comes_before_what_is_known),
		TEST(a_record_has_room_for_the_last_of_long_answers),
		TEST(why_it_was_closed_is_known_again_whatever_it_was),
		TEST(
		    there_are_so_many_and_who_is_forgotten_goes_from_the_disk),
		TEST(what_is_damaged_has_no_effect),
	};

	return cmocka_run_group_tests_name("alert_history", tests, NULL, NULL);
}
