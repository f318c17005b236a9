/* SPDX-License-Identifier: MIT */
/* Calls that hang, instances that come, change and go, and the end; see
 * pool_test.c for when they are read. */
#include "test.h"

#include <errno.h>

#include "fake_clock.h"
#include "flow/draft.h"
#include "jobs.h"

enum { TEN = 10 };

static void
start(void)
{
	assert_int_equal(pool_start(&jobs.pool), 0);
}

static void
pass(int64_t ns, const struct subject *s, int reads)
{
	fake_clock_advance(ns);
	jobs_await(&s->reads, reads);
	jobs_await_rest();
}

/* To the next moment of the grid of ten seconds. */
static int64_t
to_the_next_ten(void)
{
	return TEN * NS_PER_S - (clock_wall() - JOBS_EPOCH) % (TEN * NS_PER_S);
}

static int
threads(void)
{
	int stuck;

	return pool_threads(&jobs.pool, &stuck);
}

static int
stuck(void)
{
	int n;

	pool_threads(&jobs.pool, &n);
	return n;
}

static bool
has_threads(void *n)
{
	return threads() == *(int *)n;
}

static void
await_threads(int n)
{
	assert_true(fake_clock_await(has_threads, &n));
}

/* What the main thread does when the guard's timer fires; it is set to fire
 * within 50 ms if anything waits. */
static void
look(void)
{
	int64_t armed;

	pthread_mutex_lock(&jobs.guard.lock);
	armed = jobs.guard.armed;
	pthread_mutex_unlock(&jobs.guard.lock);
	assert_true(armed <= clock_mono() + POOL_SLOW_MS * NS_PER_MS);
	fake_clock_advance(POOL_SLOW_MS * NS_PER_MS);
	guard_check(&jobs.guard, clock_mono());
	pool_check(&jobs.pool, clock_mono());
}

static void
replace(struct job *j, struct subject *s, int64_t interval_ns, int how)
{
	struct fettle_ctx *i = jobs_instance(s, interval_ns, how);

	pool_replace(&jobs.pool, j, i);
	instance_unref(i);
}

/* --- calls that hang ----------------------------------------------------- */

static void
a_read_that_hangs_delays_the_others_once(void **state)
{
	struct subject *hung = jobs_subject("hung"),
		       *fine = jobs_subject("fine");

	(void)state;
	jobs_add(hung, TEN * NS_PER_S, 0);
	jobs_add(fine, TEN * NS_PER_S, 0);
	start();
	pass(0, fine, 1);
	jobs_hang(hung, true);
	fake_clock_advance(to_the_next_ten());
	jobs_await(&hung->inside, 1);
	assert_int_equal(jobs_count(&fine->reads), 1);
	look(); /* 50 ms later */
	jobs_await(&fine->reads, 2);
	await_threads(2);
	for (int n = 3; n < 6; n++) { /* from now on in time */
		fake_clock_advance(to_the_next_ten());
		jobs_await(&fine->reads, n);
		assert_int_equal((fine->at[n - 1] - fine->at[0] + JOBS_PAST) %
				     (TEN * NS_PER_S),
		    0);
	}
	assert_int_equal(jobs_count(&hung->reads), 2);
	jobs_hang(hung, false);
	jobs_await(&hung->inside, 0);
	jobs_await_rest(); /* and there is one reader again */
	pass(to_the_next_ten(), fine, 6);
	jobs_await(&hung->reads, 3);
	jobs_stop();
}

static void
a_call_past_its_deadline_is_stuck_and_not_made_again(void **state)
{
	struct subject *s = jobs_subject("s");

	(void)state;
	jobs_hang(s, true);
	s->hangs_in_open = false;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	jobs_await(&s->inside, 1);
	assert_int_equal(stuck(), 0);
	for (int n = 0; n < 5; n++) {
		fake_clock_advance(TEN * NS_PER_S);
		guard_check(&jobs.guard, clock_mono());
		pool_check(&jobs.pool, clock_mono());
	}
	assert_int_equal(stuck(), 1);
	assert_int_equal(jobs_count(&s->reads), 1);
	jobs_hang(s, false);
	jobs_await(&s->inside, 0);
	jobs_await_rest();
	assert_int_equal(stuck(), 0);
	pass(to_the_next_ten(), s, 2);
	jobs_stop();
}

static void
an_open_that_hangs_at_the_start_delays_the_others_once(void **state)
{
	struct subject *hung = jobs_subject("hung"),
		       *fine = jobs_subject("fine");

	(void)state;
	jobs_hang(hung, true);
	jobs_add(hung, TEN * NS_PER_S, 0);
	jobs_add(fine, TEN * NS_PER_S, 0);
	start();
	jobs_await(&hung->inside, 1);
	look();
	jobs_await(&fine->reads, 1);
	jobs_hang(hung, false);
	jobs_await(&hung->reads, 1);
	jobs_await_rest();
	jobs_stop();
}

static void
whoever_waits_for_the_start_is_told_how_far_it_is(void **state)
{
	struct subject *hung = jobs_subject("hung"),
		       *fine = jobs_subject("fine");

	(void)state;
	jobs_hang(hung, true);
	jobs_add(fine, TEN * NS_PER_S, 0);
	jobs_add(hung, TEN * NS_PER_S, 0);
	start();
	jobs_await(&hung->inside, 1);
	assert_false(pool_settle(&jobs.pool, clock_mono()));
	jobs_hang(hung, false);
	assert_true(pool_settle(&jobs.pool, INT64_MAX / 2));
	jobs_await_rest();
	jobs_stop();
}

static void
what_is_added_while_the_only_reader_hangs_is_served_soon(void **state)
{
	struct subject *hung = jobs_subject("hung"),
		       *fine = jobs_subject("fine");

	(void)state;
	jobs_add(hung, TEN * NS_PER_S, 0);
	start();
	pass(0, hung, 1);
	jobs_hang(hung, true);
	fake_clock_advance(to_the_next_ten());
	jobs_await(&hung->inside, 1);
	fake_clock_advance(NS_PER_S);
	guard_check(&jobs.guard, clock_mono());
	pool_check(&jobs.pool, clock_mono()); /* nothing else to do */
	jobs_add(fine, TEN * NS_PER_S, 0);
	look();
	jobs_await(&fine->reads, 1);
	jobs_hang(hung, false);
	jobs_await_rest();
	jobs_stop();
}

static void
if_all_hang_there_is_a_reader_for_each_and_no_more(void **state)
{
	struct subject *s[5];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		s[i] = jobs_subject("s");
		jobs_hang(s[i], true);
		jobs_add(s[i], TEN * NS_PER_S, 0);
	}
	start();
	for (int n = 0; n < 20; n++) {
		fake_clock_advance(NS_PER_S);
		guard_check(&jobs.guard, clock_mono());
		pool_check(&jobs.pool, clock_mono());
		if (n < 5)
			jobs_await(&s[n]->inside, 1);
		assert_true(threads() <= 6);
	}
	for (size_t i = 0; i < 5; i++)
		jobs_hang(s[i], false);
	for (size_t i = 0; i < 5; i++)
		jobs_await(&s[i]->reads, 1);
	jobs_await_rest();
	jobs_stop();
}

/* --- changes ------------------------------------------------------------- */

static void
a_successor_is_opened_when_the_old_one_is_closed(void **state)
{
	struct subject *old = jobs_subject("old"), *next = jobs_subject("new");
	struct fettle_ctx *now;
	struct job *j;

	(void)state;
	j = jobs_add(old, TEN * NS_PER_S, 0);
	start();
	pass(0, old, 1);
	jobs_take_one();
	replace(j, next, 2 * NS_PER_S, 0);
	pass(0, next, 1);
	assert_int_equal(jobs_count(&old->closed), 1);
	assert_int_equal(jobs_count(&next->opened), 1);
	now = pool_instance(&jobs.pool, j);
	assert_string_equal(now->label, "new");
	instance_unref(now);
	assert_int_equal(jobs_take_one().interval_ns, 2 * NS_PER_S);
	pass(2 * NS_PER_S, next, 2);
	assert_int_equal(jobs_take_one().time_ns % (2 * NS_PER_S), 0);
	assert_int_equal(jobs_count(&old->reads), 1);
	jobs_stop();
	assert_int_equal(next->closed, 1);
}

static void
a_successor_may_adopt_what_is_open(void **state)
{
	struct subject *old = jobs_subject("old"), *next = jobs_subject("new");
	struct job *j;

	(void)state;
	j = jobs_add(old, TEN * NS_PER_S, JOBS_ADOPTS);
	start();
	pass(0, old, 1);
	replace(j, next, TEN * NS_PER_S, JOBS_ADOPTS);
	pass(0, next, 1);
	assert_int_equal(next->adopted, 1);
	assert_int_equal(next->opened, 0);
	assert_int_equal(old->closed, 1);
	jobs_stop();
}

static void
where_adoption_fails_the_old_one_goes_on_at_its_pace(void **state)
{
	struct subject *old = jobs_subject("old"), *next = jobs_subject("new");
	struct job *j;

	(void)state;
	j = jobs_add(old, TEN * NS_PER_S, JOBS_ADOPTS);
	start();
	pass(0, old, 1);
	pass(to_the_next_ten(), old, 2);
	jobs_take(&(struct read_list){ 0 }, 1);
	jobs_take_one();
	fake_clock_advance(4 * NS_PER_S);
	next->adopts_that_fail = 1;
	replace(j, next, TEN * NS_PER_S, JOBS_ADOPTS);
	jobs_await(&next->adopted, 1);
	jobs_await_rest();
	jobs_nothing(old); /* it is not due */
	assert_int_equal(old->closed, 0);
	pass(6 * NS_PER_S, old, 3);
	assert_int_equal(
	    jobs_take_one().time_ns, JOBS_EPOCH + 2 * TEN * NS_PER_S);
	pass(TEN * NS_PER_S, old, 4);
	assert_int_equal(next->opened, 0);
	assert_int_equal(next->reads, 0);
	jobs_stop();
	assert_int_equal(old->closed, 1);
	assert_int_equal(next->closed, 0);
}

static void
a_successor_waits_for_the_end_of_a_call(void **state)
{
	struct subject *old = jobs_subject("old"),
		       *first = jobs_subject("first"),
		       *second = jobs_subject("second");
	struct job *j;

	(void)state;
	jobs_hang(old, true);
	old->hangs_in_open = false;
	j = jobs_add(old, TEN * NS_PER_S, 0);
	start();
	jobs_await(&old->inside, 1);
	replace(j, first, TEN * NS_PER_S, 0);
	replace(j, second, TEN * NS_PER_S, 0); /* which is what holds */
	assert_int_equal(jobs_count(&old->closed), 0);
	jobs_hang(old, false);
	pass(0, second, 1);
	assert_int_equal(old->closed, 1);
	assert_int_equal(first->opened, 0);
	jobs_stop();
}

static void
a_successor_of_one_that_is_down_is_opened_at_once(void **state)
{
	struct subject *down = jobs_subject("down"),
		       *next = jobs_subject("next");
	struct job *j;

	(void)state;
	down->opens_that_fail = 100;
	j = jobs_add(down, TEN * NS_PER_S, JOBS_ADOPTS);
	start();
	for (int n = 1; n < 5; n++) {
		jobs_await(&down->opened, n);
		jobs_await_rest();
		fake_clock_advance(NS_PER_S << (n - 1));
	}
	jobs_await(&down->opened, 5);
	jobs_await_rest();
	next->opens_that_fail = 1;
	replace(j, next, TEN * NS_PER_S, JOBS_ADOPTS);
	jobs_await(&next->opened, 1);
	jobs_await_rest();
	assert_int_equal(next->adopted, 0); /* there was nothing */
	pass(NS_PER_S, next, 1);	    /* it begins with a second */
	assert_int_equal(down->closed, 0);
	jobs_stop();
}

static void
what_is_removed_is_closed_when_it_is_at_rest(void **state)
{
	struct subject *a = jobs_subject("a"), *b = jobs_subject("b"),
		       *down = jobs_subject("down");
	struct job *ja, *jb, *jd;

	(void)state;
	down->opens_that_fail = 100;
	ja = jobs_add(a, TEN * NS_PER_S, 0);
	jb = jobs_add(b, TEN * NS_PER_S, 0);
	jd = jobs_add(down, TEN * NS_PER_S, 0);
	start();
	pass(0, b, 1);
	pool_remove(&jobs.pool, jd);
	pool_remove(&jobs.pool, ja);
	jobs_await(&a->closed, 1);
	jobs_await_rest();
	jobs_hang(b, true);
	fake_clock_advance(to_the_next_ten());
	jobs_await(&b->inside, 1);
	pool_remove(&jobs.pool, jb);
	assert_int_equal(jobs_count(&b->closed), 0);
	jobs_hang(b, false);
	jobs_await(&b->closed, 1);
	jobs_await_rest();
	fake_clock_advance(100 * NS_PER_S);
	jobs_nothing(a);
	assert_int_equal(jobs.pool.jobs.n, 0);
	assert_int_equal(down->closed, 0);
	jobs_stop();
}

static void
what_is_removed_with_a_successor_takes_it_along(void **state)
{
	struct subject *old = jobs_subject("old"), *next = jobs_subject("new");
	struct job *j;

	(void)state;
	j = jobs_add(old, TEN * NS_PER_S, 0);
	jobs_hang(old, true);
	old->hangs_in_open = false;
	start();
	jobs_await(&old->inside, 1);
	replace(j, next, TEN * NS_PER_S, 0);
	pool_remove(&jobs.pool, j);
	jobs_hang(old, false);
	jobs_await(&old->closed, 1);
	jobs_await_rest();
	assert_int_equal(next->opened, 0);
	jobs_stop();
}

/* --- the end ------------------------------------------------------------- */

static void
at_the_end_all_are_closed(void **state)
{
	struct subject *s[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		s[i] = jobs_subject("s");
		jobs_add(s[i], TEN * NS_PER_S, i == 3 ? JOBS_SOURCE : 0);
	}
	start();
	for (size_t i = 0; i < 3; i++)
		pass(0, s[i], 1);
	assert_int_equal(pool_stop(&jobs.pool, INT64_MAX / 2), 0);
	assert_int_equal(threads(), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(s[i]->closed, 1);
		assert_int_equal(s[i]->reads, i == 3 ? 0 : 1);
	}
}

struct stopper {
	pthread_t thread;
	int64_t deadline;
	int left, done;
};

static void *
stop_run(void *arg)
{
	struct stopper *s = arg;

	s->left = pool_stop(&jobs.pool, s->deadline);
	pthread_mutex_lock(&jobs.lock);
	s->done = 1;
	pthread_mutex_unlock(&jobs.lock);
	return NULL;
}

/* Two that are; a little time goes by. */
static bool
are_closed(void *subjects)
{
	struct subject **s = subjects;

	fake_clock_advance(NS_PER_MS);
	return jobs_count(&s[0]->closed) + jobs_count(&s[1]->closed) == 2;
}

static bool
has_stopped(void *stopper)
{
	fake_clock_advance(NS_PER_MS);
	return jobs_count(&((struct stopper *)stopper)->done) == 1;
}

static void
at_the_end_only_what_hangs_is_left_behind(void **state)
{
	struct subject *hung = jobs_subject("hung"), *a = jobs_subject("a"),
		       *b = jobs_subject("b");
	struct subject *others[] = { a, b };
	struct stopper s = { .left = -1 };

	(void)state;
	jobs_add(hung, TEN * NS_PER_S, 0);
	jobs_add(a, TEN * NS_PER_S, 0);
	jobs_add(b, TEN * NS_PER_S, 0);
	start();
	pass(0, b, 1);
	jobs_hang(hung, true);
	fake_clock_advance(to_the_next_ten());
	jobs_await(&hung->inside, 1); /* in the only reader */
	s.deadline = clock_mono() + 3600 * NS_PER_S;
	pthread_create(&s.thread, NULL, stop_run, &s);
	assert_true(fake_clock_await(are_closed, others)); /* long before */
	assert_int_equal(jobs_count(&s.done), 0);
	fake_clock_advance(3600 * NS_PER_S);
	assert_true(fake_clock_await(has_stopped, &s));
	pthread_join(s.thread, NULL);
	assert_int_equal(s.left, 1);
	assert_int_equal(jobs_count(&hung->closed), 0);
	jobs_hang(hung, false); /* it returns after all */
	assert_int_equal(pool_stop(&jobs.pool, INT64_MAX / 2), 0);
	assert_int_equal(hung->closed, 1);
}

static void
one_read_can_be_had_without_a_pool(void **state)
{
	struct subject *s = jobs_subject("s");
	struct fettle_ctx *i = jobs_instance(s, TEN * NS_PER_S, 0);
	struct draft draft = { 0 };

	(void)state;
	assert_int_equal(instance_open(i), 0);
	assert_int_equal(pool_read(i, &draft), 0);
	assert_int_equal(pool_read(i, &draft), 0);
	assert_int_equal(draft.lists.n, 1);
	assert_null(i->draft);
	s->reads_that_fail = 1;
	assert_int_equal(pool_read(i, &draft), -EIO);
	draft_fini(&draft);
	instance_close(i);
	instance_unref(i);
}

#define LIFE_TEST(f) cmocka_unit_test_setup_teardown(f, jobs_begin, jobs_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIFE_TEST(a_read_that_hangs_delays_the_others_once),
		LIFE_TEST(
		    a_call_past_its_deadline_is_stuck_and_not_made_again),
		LIFE_TEST(
		    an_open_that_hangs_at_the_start_delays_the_others_once),
		LIFE_TEST(whoever_waits_for_the_start_is_told_how_far_it_is),
		LIFE_TEST(
		    what_is_added_while_the_only_reader_hangs_is_served_soon),
		LIFE_TEST(if_all_hang_there_is_a_reader_for_each_and_no_more),
		LIFE_TEST(a_successor_is_opened_when_the_old_one_is_closed),
		LIFE_TEST(a_successor_may_adopt_what_is_open),
		LIFE_TEST(
		    where_adoption_fails_the_old_one_goes_on_at_its_pace),
		LIFE_TEST(a_successor_waits_for_the_end_of_a_call),
		LIFE_TEST(a_successor_of_one_that_is_down_is_opened_at_once),
		LIFE_TEST(what_is_removed_is_closed_when_it_is_at_rest),
		LIFE_TEST(what_is_removed_with_a_successor_takes_it_along),
		LIFE_TEST(at_the_end_all_are_closed),
		LIFE_TEST(at_the_end_only_what_hangs_is_left_behind),
		LIFE_TEST(one_read_can_be_had_without_a_pool),
	};

	return cmocka_run_group_tests_name("pool_life", tests, NULL, NULL);
}
