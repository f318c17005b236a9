/* SPDX-License-Identifier: MIT */
/* Questions to instances that are read, hang, cannot be opened, or go. */
#include "test.h"

#include <errno.h>

#include "fake_clock.h"
#include "flow/question.h"
#include "jobs.h"

enum { TEN = 10 };

static void
start(void)
{
	assert_int_equal(pool_start(&jobs.pool), 0);
}

/* To the next moment of the grid of ten seconds. */
static int64_t
to_the_next_ten(void)
{
	return TEN * NS_PER_S - (clock_wall() - JOBS_EPOCH) % (TEN * NS_PER_S);
}

static int64_t
soon(void)
{
	return clock_mono() + INSTANCE_ASK_S * NS_PER_S;
}

static struct question *
put(struct job *j, const char *text)
{
	struct question *q = question_new(text);

	assert_int_equal(pool_ask(&jobs.pool, j, q), 0);
	return q;
}

static void
check(struct question *q, int rc, const char *answer)
{
	assert_true(question_wait(q, soon()));
	assert_int_equal(q->rc, rc);
	assert_string_equal(q->answer, answer);
	question_unref(q);
}

static void
an_instance_at_rest_answers_and_is_read_when_it_was_to_be(void **state)
{
	struct subject *s = jobs_subject("s");
	struct job *j = jobs_add(s, TEN * NS_PER_S, 0);

	(void)state;
	start();
	jobs_await(&s->reads, 1);
	jobs_await_rest();
	check(put(j, "a"), 0, "a 1");
	check(put(j, "no"), -EINVAL, "Invalid argument");
	check(put(j, "c"), 0, "c 3");
	jobs_await_rest();
	fake_clock_advance(to_the_next_ten() - 1);
	jobs_nothing(s);
	fake_clock_advance(1);
	jobs_await(&s->reads, 2);
	jobs_stop();
}

static void
a_source_that_is_never_read_answers(void **state)
{
	struct subject *s = jobs_subject("s");
	struct job *j = jobs_add(s, TEN * NS_PER_S, JOBS_SOURCE);

	(void)state;
	start();
	jobs_await(&s->opened, 1);
	check(put(j, "a"), 0, "a 1");
	jobs_await_rest();
	check(put(j, "b"), 0, "b 2");
	jobs_stop();
	assert_int_equal(s->opened, 1);
}

static void
one_that_is_down_says_why(void **state)
{
	struct subject *s = jobs_subject("s");
	struct job *j = jobs_add(s, TEN * NS_PER_S, 0);

	(void)state;
	s->opens_that_fail = 1;
	start();
	jobs_await(&s->opened, 1);
	jobs_await_rest();
	check(put(j, "a"), -ENOTCONN, "it is down: No such file or directory");
	assert_int_equal(jobs_count(&s->opened), 1);
	fake_clock_advance(NS_PER_S); /* the wait after a failure is kept */
	jobs_await(&s->reads, 1);
	check(put(j, "a"), 0, "a 1");
	jobs_stop();
}

static void
while_a_read_hangs_nobody_waits_longer_than_he_wants(void **state)
{
	struct subject *s = jobs_subject("s");
	struct question *q, *late;
	struct job *j;

	(void)state;
	s->hangs = true;
	j = jobs_add(s, TEN * NS_PER_S, 0);
	start();
	jobs_await(&s->inside, 1);
	q = put(j, "gone");
	late = put(j, "here");
	assert_false(question_wait(q, clock_mono()));
	question_unref(q);
	fake_clock_advance(TEN * NS_PER_S);
	guard_check(&jobs.guard, clock_mono());
	q = question_new("stuck");
	assert_int_equal(pool_ask(&jobs.pool, j, q), -EBUSY);
	question_unref(q);
	jobs_hang(s, false);
	check(late, 0, "here 1"); /* the one that left was not put */
	jobs_stop();
}

static void
a_few_may_wait_and_no_more(void **state)
{
	struct subject *s = jobs_subject("s");
	struct question *q[POOL_QUESTIONS], *more;
	struct job *j;

	(void)state;
	s->hangs = true;
	j = jobs_add(s, TEN * NS_PER_S, 0);
	start();
	jobs_await(&s->inside, 1);
	for (int i = 0; i < POOL_QUESTIONS; i++)
		q[i] = put(j, "a");
	more = question_new("more");
	assert_int_equal(pool_ask(&jobs.pool, j, more), -EAGAIN);
	jobs_hang(s, false);
	for (int i = 0; i < POOL_QUESTIONS; i++) {
		assert_true(question_wait(q[i], soon()));
		assert_int_equal(q[i]->rc, 0);
		question_unref(q[i]);
	}
	assert_int_equal(pool_ask(&jobs.pool, j, more), 0);
	check(more, 0, "more 17");
	jobs_stop();
}

static void
an_answer_that_hangs_delays_the_others_once(void **state)
{
	struct subject *hung = jobs_subject("hung"),
		       *fine = jobs_subject("fine");
	struct question *q;
	struct job *j;

	(void)state;
	j = jobs_add(hung, TEN * NS_PER_S, 0);
	jobs_add(fine, TEN * NS_PER_S, 0);
	start();
	jobs_await(&fine->reads, 1);
	jobs_await_rest();
	jobs_hang(hung, true);
	q = put(j, "a");
	jobs_await(&hung->inside, 1);
	fake_clock_advance(to_the_next_ten() + POOL_SLOW_MS * NS_PER_MS);
	guard_check(&jobs.guard, clock_mono());
	pool_check(&jobs.pool, clock_mono());
	jobs_await(&fine->reads, 2);
	assert_int_equal(jobs_count(&hung->reads), 1);
	jobs_hang(hung, false);
	check(q, 0, "a 1");
	jobs_await(&hung->reads, 2); /* what was due meanwhile */
	jobs_stop();
}

static void
a_read_that_is_due_goes_before_questions(void **state)
{
	struct subject *s = jobs_subject("s");
	struct question *a, *b;
	struct job *j = jobs_add(s, TEN * NS_PER_S, 0);

	(void)state;
	start();
	jobs_await(&s->reads, 1);
	jobs_await_rest();
	jobs_hang(s, true);
	s->hangs = s->hangs_in_open = false;
	a = put(j, "a");
	jobs_await(&s->inside, 1);
	fake_clock_advance(to_the_next_ten());
	b = put(j, "b");
	s->hangs = true;
	pthread_mutex_lock(&jobs.lock);
	s->hangs_in_ask = false;
	pthread_cond_broadcast(&jobs.changed);
	pthread_mutex_unlock(&jobs.lock);
	check(a, 0, "a 1");
	jobs_await(&s->reads, 2);
	assert_int_equal(jobs_count(&s->asked), 1);
	jobs_hang(s, false);
	check(b, 0, "b 2");
	jobs_stop();
}

static void
who_asks_one_that_goes_is_told(void **state)
{
	struct subject *s = jobs_subject("s");
	struct question *q;
	struct job *j;

	(void)state;
	s->hangs = true;
	j = jobs_add(s, TEN * NS_PER_S, 0);
	start();
	jobs_await(&s->inside, 1);
	q = put(j, "a");
	pool_remove(&jobs.pool, j);
	jobs_hang(s, false);
	check(q, -ESHUTDOWN, "it has ended");
	assert_int_equal(jobs_count(&s->asked), 0);
	jobs_stop();
}

#define POOL_TEST(f) cmocka_unit_test_setup_teardown(f, jobs_begin, jobs_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(
		    an_instance_at_rest_answers_and_is_read_when_it_was_to_be),
		POOL_TEST(a_source_that_is_never_read_answers),
		POOL_TEST(one_that_is_down_says_why),
		POOL_TEST(
		    while_a_read_hangs_nobody_waits_longer_than_he_wants),
		POOL_TEST(a_few_may_wait_and_no_more),
		POOL_TEST(an_answer_that_hangs_delays_the_others_once),
		POOL_TEST(a_read_that_is_due_goes_before_questions),
		POOL_TEST(who_asks_one_that_goes_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
