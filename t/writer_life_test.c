/* SPDX-License-Identifier: MIT */
/* A writer's beginning, its changes and its end; see writer_test.c for what it
 * does in between. */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "fake_clock.h"
#include "peer.h"

static int
count(const int *what)
{
	int n;

	pthread_mutex_lock(&peer.lock);
	n = *what;
	pthread_mutex_unlock(&peer.lock);
	return n;
}

static bool
is_down(void *arg)
{
	struct fettle_ctx *i = writer_instance(arg);
	struct instance_stats s;

	instance_stats(i, &s);
	instance_unref(i);
	return s.state == INSTANCE_DOWN;
}

struct opens {
	struct writer *w;
	int n;
};

/* Tried so often, and waiting for the next time. */
static bool
was_tried(void *arg)
{
	const struct opens *o = arg;

	return count(&peer.opened) >= o->n && is_down(o->w);
}

static void
await_inside(void)
{
	peer_await(peer_is_inside, NULL);
}

static const struct writer_options usual = { .room = 1 << 20,
	.drain_ns = 10 * NS_PER_S };

/* A time that does not come while the test runs. */
static int64_t
never(void)
{
	return INT64_MAX / 2;
}

/* --- opening ------------------------------------------------------------- */

static void
it_is_opened_at_once_and_whoever_asks_can_wait_for_that(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	struct fettle_ctx *i;

	(void)state;
	writer_settle_open(w, never());
	assert_int_equal(count(&peer.opened), 1);
	i = writer_instance(w);
	assert_true(instance_is_open(i));
	assert_ptr_equal(i->writer, w);
	instance_unref(i);
	peer_stop(w);
	assert_int_equal(count(&peer.closed), 1);
}

static void
what_cannot_be_opened_is_tried_again_and_its_queue_kept(void **state)
{
	struct opens o = { .n = 1 };
	size_t n = 4;

	(void)state;
	peer.opens_that_fail = 8;
	o.w = peer_writer(0, NULL);
	writer_settle_open(o.w, never()); /* it has been tried */
	peer_put(o.w, 1, 4);
	for (int64_t wait = 1; o.n <= 8; wait = wait < 32 ? 2 * wait : 60) {
		peer_await(was_tried, &o);
		assert_int_equal(count(&peer.opened), o.n);
		/* it may not be asleep yet; it never wakes too early */
		fake_clock_advance(wait * NS_PER_S - 1);
		assert_int_equal(count(&peer.opened), o.n++);
		peer_await_passing(NS_PER_S, was_tried, &o);
		if (o.n == 8)
			break;
	}
	peer_await_passing(NS_PER_S, peer_has_got, &n);
	assert_int_equal(count(&peer.opened), 9);
	peer_stop(o.w);
	peer_check_got(1, 4);
}

static void
one_that_is_down_ends_at_once(void **state)
{
	struct opens o = { .n = 1 };

	(void)state;
	peer.opens_that_fail = 1000;
	o.w = peer_writer(0, NULL);
	peer_put(o.w, 1, 4);
	peer_await(was_tried, &o);
	writer_stop(o.w);
	assert_true(writer_ended(o.w, never())); /* no time goes by */
	assert_int_equal(peer_stats(o.w).dropped_drain, 4);
	assert_int_equal(peer_stats(o.w).lists, 0);
	assert_int_equal(count(&peer.closed), 0);
	writer_unref(o.w);
}

/* The machine has no thread to give while this is set. */
static bool no_threads;

int __real_pthread_create(
    pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(
    pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *arg)
{
	return no_threads ? EAGAIN
			  : __real_pthread_create(thread, attr, run, arg);
}

static void
without_a_thread_it_has_ended_before_it_began(void **state)
{
	struct writer *w;

	(void)state;
	no_threads = true;
	w = peer_writer(0, NULL);
	no_threads = false;
	writer_settle_open(w, never());
	peer_put(w, 1, 4);
	writer_stop(w);
	assert_true(writer_ended(w, never()));
	assert_int_equal(count(&peer.opened), 0);
	writer_unref(w);
}

/* --- a peer that hangs --------------------------------------------------- */

static void
a_writer_that_hangs_drops_its_oldest_and_holds_up_nobody(void **state)
{
	const struct writer_options small = { .room = 4000,
		.drain_ns = NS_PER_S };
	struct writer *w = peer_writer(0, &small);
	struct writer_stats s;
	size_t n = 4;

	(void)state;
	peer_hang(true);
	peer_put(w, 1, 4);
	await_inside();
	for (int64_t i = 5; i <= 204; i++)
		peer_put(w, i, 1); /* would wait here */
	s = peer_stats(w);
	assert_int_equal(s.entered, 204);
	assert_true(s.dropped_full > 100);
	assert_true(s.bytes <= s.room);
	assert_int_equal(s.room, 4000);
	assert_int_equal(s.lists + s.dropped_full, 204);
	fake_clock_advance(7 * NS_PER_S);
	assert_int_equal(peer_stats(w).oldest_ns, 7 * NS_PER_S);
	peer_hang(false);
	peer_await(peer_has_got, &n);
	assert_int_equal(writer_settle(w, never()), 0);
	s = peer_stats(w);
	assert_int_equal(s.sent + s.dropped_full, 204);
	/* what was in hand, then the youngest without a gap */
	for (size_t i = 4; i < peer.got.n; i++)
		assert_int_equal(
		    peer.got.v[i], 205 - (int64_t)(peer.got.n - i));
	assert_int_equal(peer.calls.v[1].seq, peer.calls.v[1].first);
	peer_stop(w);
}

static void
who_settles_waits_until_all_is_delivered_or_dropped(void **state)
{
	struct writer *w = peer_writer(0, NULL);

	(void)state;
	assert_int_equal(writer_settle(w, never()), 0);
	peer_put(w, 1, 6); /* young, and half a batch */
	assert_int_equal(writer_settle(w, never()), 0);
	peer_check_got(1, 6);
	peer_hang(true);
	peer_put(w, 7, 4);
	await_inside();
	assert_int_equal(writer_settle(w, clock_mono()), -ETIMEDOUT);
	peer_hang(false);
	assert_int_equal(writer_settle(w, never()), 0);
	peer_check_got(1, 10);
	peer_stop(w);
}

/* --- another instance ---------------------------------------------------- */

static void
another_instance_takes_over_the_queue(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	struct fettle_ctx *old = writer_instance(w), *next = peer_instance(0);
	const struct writer_options more = { .room = 2 << 20,
		.drain_ns = NS_PER_S };
	char queue[33];

	(void)state;
	peer_put(w, 1, 4);
	assert_int_equal(writer_settle(w, never()), 0);
	memcpy(queue, peer.queue, sizeof(queue));
	peer_put(w, 5, 2);
	writer_replace(w, next, &more);
	writer_settle_open(w, never());
	assert_int_equal(count(&peer.opened), 2);
	assert_int_equal(count(&peer.flushed), 1);
	assert_int_equal(count(&peer.closed), 1);
	assert_false(instance_is_open(old));
	instance_unref(old);
	old = writer_instance(w);
	assert_ptr_equal(old, next);
	instance_unref(old);
	instance_unref(next);
	assert_int_equal(peer_stats(w).room, 2 << 20);
	assert_int_equal(writer_settle(w, never()), 0);
	assert_string_equal(peer.queue, queue);
	assert_int_equal(peer.calls.v[1].seq, 5);
	peer_stop(w);
	peer_check_got(1, 6);
}

static void
a_successor_adopts_what_is_open(void **state)
{
	struct writer *w = peer_writer(PEER_ADOPTS, NULL);
	struct fettle_ctx *next = peer_instance(PEER_ADOPTS);

	(void)state;
	writer_settle_open(w, never());
	writer_replace(w, next, &usual);
	writer_settle_open(w, never());
	assert_int_equal(count(&peer.adopted), 1);
	assert_int_equal(count(&peer.opened), 1);
	assert_int_equal(count(&peer.closed), 1);
	assert_true(instance_is_open(next));
	instance_unref(next);
	peer_put(w, 1, 4);
	assert_int_equal(writer_settle(w, never()), 0);
	peer_stop(w);
	assert_int_equal(count(&peer.closed), 2);
}

static void
where_adoption_fails_the_old_one_goes_on(void **state)
{
	struct writer *w = peer_writer(PEER_ADOPTS, NULL);
	struct fettle_ctx *old = writer_instance(w),
			  *next = peer_instance(PEER_ADOPTS), *now;
	const struct writer_options other = { .room = 1,
		.drain_ns = NS_PER_S };

	(void)state;
	writer_settle_open(w, never());
	peer.adopts_that_fail = 1;
	writer_replace(w, next, &other);
	writer_settle_open(w, never());
	assert_int_equal(count(&peer.adopted), 1);
	now = writer_instance(w);
	assert_ptr_equal(now, old);
	assert_true(instance_is_open(old));
	assert_int_equal(count(&peer.closed), 0);
	assert_int_equal(peer_stats(w).room, 1 << 20);
	instance_unref(now);
	instance_unref(old);
	instance_unref(next);
	peer_put(w, 1, 4);
	assert_int_equal(writer_settle(w, never()), 0);
	peer_stop(w);
}

static void
who_replaces_does_not_wait_for_a_call_but_the_successor_does(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	struct fettle_ctx *first = peer_instance(0),
			  *second = peer_instance(0), *now;

	(void)state;
	peer_hang(true);
	peer_put(w, 1, 4);
	await_inside();
	writer_replace(w, first, &usual);
	writer_replace(w, second, &usual); /* which is what holds */
	assert_int_equal(count(&peer.opened), 1);
	assert_int_equal(count(&peer.closed), 0);
	peer_hang(false);
	writer_settle_open(w, never());
	now = writer_instance(w);
	assert_ptr_equal(now, second);
	assert_int_equal(count(&peer.opened), 2);
	assert_false(instance_is_open(first));
	instance_unref(now);
	instance_unref(first);
	instance_unref(second);
	peer_stop(w);
	peer_check_got(1, 4);
}

static struct writer *retrying;

/* Waits to try again for the n-th time. */
static bool
has_retried(void *n)
{
	return peer_stats(retrying).retried >= *(size_t *)n;
}

static void
await_retry(struct writer *w, size_t n)
{
	retrying = w;
	peer_await(has_retried, &n);
}

static void
a_successor_does_not_wait_for_the_end_of_a_pause(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	struct fettle_ctx *next = peer_instance(0);
	size_t n = 4;

	(void)state;
	peer.after_s = 600;
	peer_script((const int[]){ FETTLE_RETRY }, 1);
	peer_put(w, 1, 4);
	await_retry(w, 1);
	writer_replace(w, next, &usual);
	peer_await(peer_has_got, &n); /* no time goes by */
	instance_unref(next);
	peer_stop(w);
}

/* --- the end ------------------------------------------------------------- */

static void
at_the_end_the_queue_is_emptied_flushed_and_closed(void **state)
{
	struct writer *w = peer_writer(0, NULL);

	(void)state;
	peer_put(w, 1, 11);
	writer_stop(w);
	assert_true(writer_ended(w, never()));
	peer_check_got(1, 11);
	assert_int_equal(peer_stats(w).dropped_drain, 0);
	assert_int_equal(count(&peer.flushed), 1);
	assert_int_equal(count(&peer.closed), 1);
	assert_int_equal(writer_settle(w, clock_mono()), 0);
	writer_unref(w);
}

static void
at_the_end_a_pause_is_cut_short(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	size_t n = 4;

	(void)state;
	peer.after_s = 600;
	peer_script((const int[]){ FETTLE_RETRY }, 1);
	peer_put(w, 1, 4);
	await_retry(w, 1);
	writer_stop(w); /* in the middle of a pause of ten minutes */
	fake_clock_advance(NS_PER_S);
	peer_await(peer_has_got, &n);
	assert_true(writer_ended(w, never()));
	assert_int_equal(peer_stats(w).dropped_drain, 0);
	writer_unref(w);
}

static bool
has_ended(void *w)
{
	return writer_ended(w, 0);
}

static void
what_the_drain_leaves_is_lost_and_counted(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	const int64_t began = clock_mono();
	struct writer_stats s;

	(void)state;
	writer_settle_open(w, never());
	for (int i = 0; i < 1000; i++)
		peer_script((const int[]){ FETTLE_RETRY }, 1);
	peer_put(w, 1, 10);
	writer_stop(w);
	fake_clock_advance(10 * NS_PER_S - 1);
	assert_false(writer_ended(w, 0));
	peer_await_passing(NS_PER_MS, has_ended, w);
	assert_true(clock_mono() >= began + 10 * NS_PER_S);
	s = peer_stats(w);
	assert_int_equal(s.dropped_drain, 10);
	assert_int_equal(s.lists, 0);
	assert_int_equal(s.bytes, 0);
	assert_int_equal(s.entered, 10);
	assert_int_equal(count(&peer.closed), 1);
	assert_int_equal(writer_settle(w, clock_mono()), 0); /* dropped */
	writer_unref(w);
}

static void
the_drain_is_tried_again_and_again(void **state)
{
	struct writer *w = peer_writer(0, NULL);

	(void)state;
	peer.after_s = 60; /* as if there were time */
	for (int i = 0; i < 9; i++)
		peer_script((const int[]){ FETTLE_RETRY }, 1);
	peer_put(w, 1, 10);
	writer_stop(w);
	for (size_t n = 1; n <= 9; n++) {
		await_retry(w, n);
		fake_clock_advance(NS_PER_S);
	}
	assert_true(writer_ended(w, never()));
	assert_int_equal(peer_stats(w).dropped_drain, 0);
	peer_check_got(1, 10);
	writer_unref(w);
}

static void
without_a_drain_nothing_is_waited_for(void **state)
{
	const struct writer_options none = { .room = 1 << 20 };
	struct writer *w = peer_writer(0, &none);

	(void)state;
	writer_settle_open(w, never());
	peer_put(w, 1, 3);
	writer_stop(w);
	assert_true(writer_ended(w, never()));
	assert_int_equal(peer_stats(w).dropped_drain, 3);
	writer_unref(w);
}

static void
a_write_that_hangs_is_not_waited_for_beyond_the_deadline(void **state)
{
	struct writer *w = peer_writer(0, NULL);

	(void)state;
	peer_hang(true);
	peer_put(w, 1, 8);
	await_inside();
	writer_stop(w);
	fake_clock_advance(20 * NS_PER_S);
	assert_false(writer_ended(w, clock_mono()));
	assert_int_equal(peer_stats(w).lists, 8);
	assert_int_equal(peer_stats(w).dropped_drain, 0);
	peer_hang(false); /* it returns after all */
	assert_true(writer_ended(w, never()));
	assert_int_equal(peer_stats(w).sent, 4);
	assert_int_equal(peer_stats(w).dropped_drain, 4);
	writer_unref(w);
}

#define LIFE_TEST(f) cmocka_unit_test_setup_teardown(f, peer_begin, peer_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIFE_TEST(
		    it_is_opened_at_once_and_whoever_asks_can_wait_for_that),
		LIFE_TEST(
		    what_cannot_be_opened_is_tried_again_and_its_queue_kept),
		LIFE_TEST(one_that_is_down_ends_at_once),
		LIFE_TEST(without_a_thread_it_has_ended_before_it_began),
		LIFE_TEST(
		    a_writer_that_hangs_drops_its_oldest_and_holds_up_nobody),
		LIFE_TEST(who_settles_waits_until_all_is_delivered_or_dropped),
		LIFE_TEST(another_instance_takes_over_the_queue),
		LIFE_TEST(a_successor_adopts_what_is_open),
		LIFE_TEST(where_adoption_fails_the_old_one_goes_on),
		LIFE_TEST(
		    who_replaces_does_not_wait_for_a_call_but_the_successor_does),
		LIFE_TEST(a_successor_does_not_wait_for_the_end_of_a_pause),
		LIFE_TEST(at_the_end_the_queue_is_emptied_flushed_and_closed),
		LIFE_TEST(at_the_end_a_pause_is_cut_short),
		LIFE_TEST(what_the_drain_leaves_is_lost_and_counted),
		LIFE_TEST(the_drain_is_tried_again_and_again),
		LIFE_TEST(without_a_drain_nothing_is_waited_for),
		LIFE_TEST(
		    a_write_that_hangs_is_not_waited_for_beyond_the_deadline),
	};

	return cmocka_run_group_tests_name("writer_life", tests, NULL, NULL);
}
