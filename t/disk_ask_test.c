/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "read/disk/ask.h"
#include "read/disk/statvfs.h"

/* --- a file system that keeps whoever asks ------------------------------- */

/* guarded by mutex; changed says that it was */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t inside, asked;
static bool held;

/* "/busy..." keeps whoever asks while held; "/gone" fails; others answer. */
int
disk_statvfs(const char *path, struct statvfs *fs)
{
	pthread_mutex_lock(&mutex);
	asked++;
	inside++;
	pthread_cond_broadcast(&changed);
	while (held && strncmp(path, "/busy", 5) == 0)
		pthread_cond_wait(&changed, &mutex);
	inside--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
	memset(fs, 0, sizeof *fs);
	fs->f_blocks = strlen(path);
	return strcmp(path, "/gone") == 0 ? -ESTALE : 0;
}

static void
hold(bool on)
{
	pthread_mutex_lock(&mutex);
	held = on;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

/* Waits until n threads are inside. */
static void
wait_inside(size_t n)
{
	pthread_mutex_lock(&mutex);
	while (inside != n)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static size_t
count_asked(void)
{
	size_t n;

	pthread_mutex_lock(&mutex);
	n = asked;
	pthread_mutex_unlock(&mutex);
	return n;
}

static int
set_up(void **state)
{
	struct asker *asker = asker_new();

	assert_non_null(asker);
	held = false;
	asked = 0;
	*state = asker;
	return 0;
}

static int
tear_down(void **state)
{
	asker_end(*state);
	return 0;
}

/* Long enough for any machine: it ends when there is an answer. */
static bool
take(struct question *q, struct answer *a)
{
	return question_take(q, INT64_C(60000000000), a);
}

static struct question *
ask(struct asker *asker, const char *point)
{
	struct question *q = question_new(asker, point);

	assert_non_null(q);
	assert_int_equal(question_ask(q), 0);
	return q;
}

static void
an_answer_can_be_taken_once(void **state)
{
	struct question *q = ask(*state, "/abc");
	struct answer a;

	assert_true(take(q, &a));
	assert_int_equal(a.err, 0);
	assert_int_equal(a.fs.f_blocks, 4);
	assert_true(a.took_ns >= 0);
	assert_false(take(q, &a));
	assert_int_equal(question_ask(q), 0);
	assert_true(take(q, &a));
	assert_int_equal(count_asked(), 2);
	question_drop(q);
}

static void
an_error_is_an_answer(void **state)
{
	struct question *q = ask(*state, "/gone");
	struct answer a;

	assert_true(take(q, &a));
	assert_int_equal(a.err, -ESTALE);
	question_drop(q);
}

static void
a_deadline_ends_the_wait_and_the_answer_comes_later(void **state)
{
	struct question *q;
	struct answer a;

	hold(true);
	q = ask(*state, "/busy");
	assert_false(question_take(q, 1000000, &a));
	assert_false(question_take(q, 0, &a));
	wait_inside(1);
	hold(false);
	assert_true(take(q, &a));
	assert_true(a.took_ns > 0);
	question_drop(q);
}

static void
nobody_is_asked_twice_at_a_time(void **state)
{
	struct question *q;
	struct answer a;

	hold(true);
	q = ask(*state, "/busy");
	wait_inside(1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(question_ask(q), 0);
	assert_int_equal(count_asked(), 1);
	hold(false);
	assert_true(take(q, &a));
	assert_int_equal(count_asked(), 1);
	question_drop(q);
}

static void
one_that_is_held_up_holds_up_no_other(void **state)
{
	struct question *busy, *idle;
	struct answer a;

	hold(true);
	busy = ask(*state, "/busy");
	wait_inside(1);
	idle = question_new(*state, "/idle");
	for (int i = 0; i < 10; i++) {
		assert_int_equal(question_ask(idle), 0);
		assert_true(take(idle, &a));
	}
	assert_false(question_take(busy, 0, &a));
	hold(false);
	assert_true(take(busy, &a));
	question_drop(busy);
	question_drop(idle);
}

static void
all_are_asked_at_once(void **state)
{
	struct question *q[8];
	struct answer a;
	char point[32];

	hold(true);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(point, sizeof(point), "/busy/%u", i);
		q[i] = ask(*state, point);
	}
	wait_inside(8);
	hold(false);
	for (unsigned i = 0; i < 8; i++) {
		assert_true(take(q[i], &a));
		question_drop(q[i]);
	}
}

static void
a_crowd_holds_up_so_many_threads_and_no_more(void **state)
{
	struct question *q[ASK_THREADS], *more, *waiting;
	struct answer a;

	hold(true);
	for (unsigned i = 0; i < ASK_THREADS; i++)
		q[i] = ask(*state, "/busy");
	wait_inside(ASK_THREADS);
	more = question_new(*state, "/more");
	assert_int_equal(question_ask(more), -EAGAIN);
	assert_false(take(more, &a));
	hold(false);
	for (unsigned i = 0; i < ASK_THREADS; i++)
		assert_true(take(q[i], &a));
	waiting = ask(*state, "/idle");
	assert_int_equal(question_ask(more), 0);
	assert_true(take(more, &a));
	assert_true(take(waiting, &a));
	for (unsigned i = 0; i < ASK_THREADS; i++)
		question_drop(q[i]);
	question_drop(more);
	question_drop(waiting);
}

static void
more_questions_than_threads_are_answered_in_turn(void **state)
{
	struct question *q[3 * ASK_THREADS];
	struct answer a;

	for (unsigned i = 0; i < 3 * ASK_THREADS; i++)
		q[i] = question_new(*state, "/idle");
	for (unsigned i = 0; i < 3 * ASK_THREADS; i++)
		while (question_ask(q[i]) == -EAGAIN)
			;
	for (unsigned i = 0; i < 3 * ASK_THREADS; i++) {
		assert_true(take(q[i], &a));
		question_drop(q[i]);
	}
	assert_int_equal(count_asked(), 3 * ASK_THREADS);
}

static void
a_question_can_be_dropped_in_any_state(void **state)
{
	struct question *q;

	question_drop(NULL);
	question_drop(question_new(*state, "/idle"));
	question_drop(ask(*state, "/idle"));
	hold(true);
	q = ask(*state, "/busy");
	wait_inside(1);
	question_drop(q);
	hold(false);
	wait_inside(0);
}

static void
an_end_leaves_behind_who_is_held_up(void **state)
{
	struct asker *asker = asker_new();
	struct question *busy[4], *idle;
	struct answer a;

	(void)state;
	hold(true);
	for (unsigned i = 0; i < 4; i++)
		busy[i] = ask(asker, "/busy");
	wait_inside(4);
	idle = ask(asker, "/idle");
	assert_true(take(idle, &a));
	question_drop(idle);
	for (unsigned i = 0; i < 4; i++)
		question_drop(busy[i]);
	asker_end(asker);
	hold(false); /* they end with what is theirs alone */
	wait_inside(0);
}

#define ASK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(an_answer_can_be_taken_once),
		ASK_TEST(an_error_is_an_answer),
		ASK_TEST(a_deadline_ends_the_wait_and_the_answer_comes_later),
		ASK_TEST(nobody_is_asked_twice_at_a_time),
		ASK_TEST(one_that_is_held_up_holds_up_no_other),
		ASK_TEST(all_are_asked_at_once),
		ASK_TEST(a_crowd_holds_up_so_many_threads_and_no_more),
		ASK_TEST(more_questions_than_threads_are_answered_in_turn),
		ASK_TEST(a_question_can_be_dropped_in_any_state),
		ASK_TEST(an_end_leaves_behind_who_is_held_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
