/* SPDX-License-Identifier: MIT */
/* When lists leave, and what becomes of each answer.  See writer_life_test.c
 * for the rest. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chance.h"
#include "fake_clock.h"
#include "peer.h"

static size_t
calls(void)
{
	size_t n;

	pthread_mutex_lock(&peer.lock);
	n = peer.calls.n;
	pthread_mutex_unlock(&peer.lock);
	return n;
}

static struct peer_call
call(size_t i)
{
	struct peer_call c;

	pthread_mutex_lock(&peer.lock);
	assert_true(i < peer.calls.n);
	c = peer.calls.v[i];
	pthread_mutex_unlock(&peer.lock);
	return c;
}

static void
check_call(size_t i, int64_t first, size_t n, uint64_t seq)
{
	const struct peer_call c = call(i);

	assert_int_equal(c.first, first);
	assert_int_equal(c.n, n);
	assert_int_equal(c.seq, seq);
}

static void
await_calls(size_t n)
{
	peer_await(peer_was_called, &n);
}

struct retries {
	struct writer *w;
	uint64_t n;
};

static bool
has_retried(void *arg)
{
	const struct retries *r = arg;

	return peer_stats(r->w).retried >= r->n;
}

/* Until it waits to try again for the n-th time. */
static void
await_retry(struct writer *w, uint64_t n)
{
	struct retries r = { w, n };

	peer_await(has_retried, &r);
}

/* Nothing is sent though there is real time to do it in. */
static void
nothing_happens(void)
{
	const struct timespec moment = { 0, 5 * 1000 * 1000 };
	const size_t before = calls();

	nanosleep(&moment, NULL);
	assert_int_equal(calls(), before);
}

/* --- when ---------------------------------------------------------------- */

static void
what_enters_leaves_together_after_a_second(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	const int64_t entered = clock_mono();

	(void)state;
	peer_put(w, 1, 1);
	fake_clock_advance(NS_PER_S / 2);
	peer_put(w, 2, 2);
	fake_clock_advance(NS_PER_S / 2 - 1);
	nothing_happens();
	assert_int_equal(peer_stats(w).lists, 3);
	assert_int_equal(peer_stats(w).oldest_ns, NS_PER_S - 1);
	fake_clock_advance(1);
	await_calls(1);
	check_call(0, 1, 3, 1);
	assert_int_equal(call(0).at, entered + NS_PER_S);
	assert_int_equal(strlen(peer.queue), 32);
	peer_put(w, 4, 1);
	nothing_happens(); /* it is young */
	fake_clock_advance(NS_PER_S);
	await_calls(2);
	check_call(1, 4, 1, 4);
	peer_stop(w);
	peer_check_got(1, 4);
}

static void
a_full_batch_leaves_at_once(void **state)
{
	struct writer *w = peer_writer(0, NULL);

	(void)state;
	peer_put(w, 1, 3);
	nothing_happens();
	peer_put(w, 4, 1);
	await_calls(1);
	check_call(0, 1, 4, 1);
	peer_put(w, 5, 9);
	await_calls(3);
	check_call(1, 5, 4, 5);
	check_call(2, 9, 4, 9);
	peer_stop(w);
	peer_check_got(1, 13);
}

static void
the_section_may_say_when_lists_leave(void **state)
{
	const struct writer_options options = { .room = 1 << 20,
		.interval_ns = 30 * NS_PER_S,
		.drain_ns = 10 * NS_PER_S };
	struct writer *w = peer_writer(0, &options);

	(void)state;
	peer_put(w, 1, 1);
	fake_clock_advance(30 * NS_PER_S - 1);
	nothing_happens();
	fake_clock_advance(1);
	await_calls(1);
	peer_stop(w);
}

static void
a_spread_writer_sends_at_a_moment_of_its_own(void **state)
{
	const int64_t interval = 10 * NS_PER_S;
	struct writer *w;
	int64_t offset;

	(void)state;
	/* so short after the start that there was no such moment yet */
	fake_clock_set(1, clock_wall());
	w = peer_writer(PEER_SPREAD, NULL);
	peer_put(w, 1, 1);
	fake_clock_advance(interval);
	await_calls(1);
	offset = (int64_t)(strtoull(peer.queue + 16, NULL, 16) %
			   (uint64_t)interval);
	for (int64_t i = 2; i < 6; i++) {
		const int64_t since =
		    (clock_mono() + interval - offset) % interval;

		peer_put(w, i, 1);
		fake_clock_advance(interval - since - 1);
		nothing_happens();
		fake_clock_advance(1);
		await_calls((size_t)i);
		fake_clock_advance(3 * NS_PER_S);
	}
	peer_stop(w);
}

static void
to_be_flushed_is_not_to_wait(void **state)
{
	struct writer *w = peer_writer(0, NULL);

	(void)state;
	peer_put(w, 1, 2);
	writer_flush(w);
	await_calls(1);
	check_call(0, 1, 2, 1);
	peer_put(w, 3, 1); /* the flush is over */
	nothing_happens();
	peer_stop(w);
}

/* --- answers ------------------------------------------------------------- */

static void
what_is_to_be_retried_is_sent_again_as_it_was(void **state)
{
	static const int script[] = { FETTLE_RETRY, -ECONNREFUSED, 77 };
	struct writer *w = peer_writer(0, NULL);

	(void)state;
	peer_script(script, 3);
	peer_put(w, 1, 4);
	for (unsigned i = 1; i <= 3; i++) {
		await_retry(w, i);
		check_call(i - 1, 1, 4, 1);
		peer_put(w, i + 4, 1); /* comes later */
		fake_clock_advance(NS_PER_S << (i - 1));
	}
	await_calls(5);
	check_call(3, 1, 4, 1);
	check_call(4, 5, 3, 5);
	assert_int_equal(writer_settle(w, INT64_MAX / 2), 0);
	assert_int_equal(peer_stats(w).retried, 3);
	assert_int_equal(peer_stats(w).sent, 7);
	peer_stop(w);
	peer_check_got(1, 7);
}

static void
a_server_may_say_when_to_come_back(void **state)
{
	static const int script[] = { FETTLE_RETRY };
	struct writer *w = peer_writer(0, NULL);

	(void)state;
	peer.after_s = 30;
	peer_script(script, 1);
	peer_put(w, 1, 4);
	await_retry(w, 1);
	fake_clock_advance(30 * NS_PER_S - 1);
	nothing_happens();
	fake_clock_advance(1);
	await_calls(2);
	peer_stop(w);
	peer_check_got(1, 4);
}

static void
waits_get_longer_while_nothing_is_delivered(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	size_t n = 40;

	(void)state;
	for (size_t i = 0; i < n; i++)
		peer_script((const int[]){ FETTLE_RETRY }, 1);
	peer_put(w, 1, 4);
	for (size_t i = 1; i <= 10; i++) { /* never longer than that */
		await_retry(w, i);
		fake_clock_advance(
		    (i > 6 ? 60 : INT64_C(1) << (i - 1)) * NS_PER_S);
		await_calls(i + 1);
	}
	/* and much longer than a second, most of the time */
	peer_await_passing(NS_PER_S, peer_was_called, &n);
	assert_true(call(n - 1).at - call(10).at > 120 * NS_PER_S);
	n = 4;
	peer_await_passing(NS_PER_S, peer_has_got, &n);
	peer_stop(w);
}

static bool
is_third(int64_t number)
{
	return number == 3;
}

static void
a_batch_that_is_refused_is_halved_until_the_bad_list_is_alone(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	static const int64_t good[] = { 1, 2, 4, 5, 6, 7, 8 };
	size_t n = 7;

	(void)state;
	peer.is_bad = is_third;
	peer_put(w, 1, 8);
	peer_await(peer_has_got, &n);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(peer.got.v[i], good[i]);
	check_call(0, 1, 4, 1);
	check_call(1, 1, 2, 1);
	check_call(2, 3, 2, 3);
	check_call(3, 3, 1, 3);
	check_call(4, 4, 1, 4);
	assert_int_equal(peer_stats(w).dropped_refused, 1);
	assert_int_equal(peer_stats(w).retried, 0);
	peer_stop(w);
}

static bool
is_even(int64_t number)
{
	return number % 2 == 0;
}

static void
lists_that_the_plugin_names_are_given_up_and_the_others_delivered(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	size_t n = 5;

	(void)state;
	peer.is_bad = is_even;
	peer.names_bad = true;
	peer_put(w, 1, 10);
	writer_flush(w);
	peer_await(peer_has_got, &n);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(peer.got.v[i], 2 * i + 1);
	assert_int_equal(writer_settle(w, INT64_MAX / 2), 0);
	assert_int_equal(calls(), 3);
	assert_int_equal(peer_stats(w).dropped_refused, 5);
	assert_int_equal(peer_stats(w).sent, 5);
	peer_stop(w);
}

static void
what_is_too_large_is_cut_smaller(void **state)
{
	struct writer *w = peer_writer(0, NULL);
	size_t n = 8;

	(void)state;
	peer.at_most = 1;
	peer_put(w, 1, 8);
	peer_await(peer_has_got, &n);
	check_call(0, 1, 4, 1);
	check_call(1, 1, 2, 1);
	check_call(2, 1, 1, 1);
	peer_check_got(1, 8);
	assert_int_equal(peer_stats(w).dropped_too_large, 0);
	peer_stop(w);
}

static void
what_is_too_large_alone_is_given_up(void **state)
{
	static const int script[] = { FETTLE_TOO_LARGE, FETTLE_TOO_LARGE,
		FETTLE_TOO_LARGE };
	struct writer *w = peer_writer(0, NULL);
	size_t n = 3;

	(void)state;
	peer_script(script, 3); /* of four, of two, of one */
	peer_put(w, 1, 4);
	peer_await(peer_has_got, &n);
	peer_check_got(2, 4);
	assert_int_equal(peer_stats(w).dropped_too_large, 1);
	peer_stop(w);
}

static void
write_secret(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
who_is_unauthorised_comes_back_in_a_minute_with_a_new_secret(void **state)
{
	const struct writer_options options = { .room = 1 << 20,
		.drain_ns = 10 * NS_PER_S };
	char path[] = "/tmp/fettle-writer-XXXXXX", *yaml;
	struct fettle_ctx *i;
	struct writer *w;

	(void)state;
	close(mkstemp(path));
	write_secret(path, "old");
	yaml = xasprintf("{token_file: \"%s\"}", path);
	i = peer_instance_with(0, yaml);
	w = writer_start(i, &options, NULL, NULL);
	peer_script((const int[]){ FETTLE_UNAUTHORISED }, 1);
	peer_hang(true);
	peer_put(w, 1, 4);
	await_calls(1);
	assert_string_equal(peer.secret, "old");
	write_secret(path, "new");
	peer_hang(false);
	await_retry(w, 1);
	fake_clock_advance(54 * NS_PER_S - 1);
	nothing_happens();
	fake_clock_advance(12 * NS_PER_S + 1);
	await_calls(2);
	check_call(1, 1, 4, 1);
	assert_string_equal(peer.secret, "new");
	peer_stop(w);
	assert_int_equal(instance_is_open(i), 0);
	instance_unref(i);
	unlink(path);
	free(yaml);
}

/* --- whatever the peer does ---------------------------------------------- */

static bool
is_seventh(int64_t number)
{
	return number % 7 == 0;
}

/* Looks all the time whether the numbers add up. */
struct auditor {
	struct writer *w;
	_Atomic bool over, wrong;
	pthread_t thread;
};

static bool
adds_up(const struct writer_stats *s)
{
	return s->entered == s->sent + s->lists + s->dropped_full +
				 s->dropped_refused + s->dropped_too_large +
				 s->dropped_drain;
}

static void *
audit(void *arg)
{
	struct auditor *a = arg;

	while (!a->over) {
		const struct writer_stats s = peer_stats(a->w);

		if (!adds_up(&s))
			a->wrong = true;
		sched_yield();
	}
	return NULL;
}

static void
script_by_chance(uint64_t *seed)
{
	for (int i = 0; i < 40; i++)
		peer_script((const int[]){ (int)chance_of(seed, 6) - 1 }, 1);
	peer.after_s = (double)chance_of(seed, 2);
	peer.at_most = chance_of(seed, 5);
	peer.is_bad = chance_of(seed, 2) ? is_seventh : NULL;
	peer.names_bad = chance_of(seed, 2);
}

static bool
has_nothing_left(void *w)
{
	return peer_stats(w).lists == 0;
}

static void
play(uint64_t seed)
{
	const struct writer_options options = { .room = 6000,
		.drain_ns = 10 * NS_PER_S };
	struct auditor a = { .w = peer_writer(0, &options) };
	struct writer_stats s;

	pthread_create(&a.thread, NULL, audit, &a);
	script_by_chance(&seed);
	for (int64_t next = 1; next <= 200;) {
		const size_t n = 1 + chance_of(&seed, 9);

		peer_put(a.w, next, n);
		next += (int64_t)n;
		if (chance_of(&seed, 3) == 0)
			fake_clock_advance(
			    (int64_t)chance_of(&seed, 3000) * NS_PER_MS);
		if (chance_of(&seed, 10) == 0)
			writer_flush(a.w);
	}
	peer_await_passing(NS_PER_S, has_nothing_left, a.w);
	a.over = true;
	pthread_join(a.thread, NULL);
	s = peer_stats(a.w);
	assert_true(adds_up(&s));
	assert_false(a.wrong);
	assert_int_equal(peer.got.n, s.sent);
	for (size_t i = 1; i < peer.got.n; i++) /* in order, each once */
		assert_true(peer.got.v[i] > peer.got.v[i - 1]);
	for (size_t i = 0; i < peer.calls.n; i++) /* numbers of the queue */
		assert_int_equal(peer.calls.v[i].seq, peer.calls.v[i].first);
	peer_stop(a.w);
}

static void
order_is_kept_and_the_numbers_add_up_whatever_happens(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		play(seed);
		peer_end(state);
		peer_begin(state);
	}
}

#define WRITER_TEST(f) cmocka_unit_test_setup_teardown(f, peer_begin, peer_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WRITER_TEST(what_enters_leaves_together_after_a_second),
		WRITER_TEST(a_full_batch_leaves_at_once),
		WRITER_TEST(the_section_may_say_when_lists_leave),
		WRITER_TEST(a_spread_writer_sends_at_a_moment_of_its_own),
		WRITER_TEST(to_be_flushed_is_not_to_wait),
		WRITER_TEST(what_is_to_be_retried_is_sent_again_as_it_was),
		WRITER_TEST(a_server_may_say_when_to_come_back),
		WRITER_TEST(waits_get_longer_while_nothing_is_delivered),
		WRITER_TEST(
		    a_batch_that_is_refused_is_halved_until_the_bad_list_is_alone),
		WRITER_TEST(
		    lists_that_the_plugin_names_are_given_up_and_the_others_delivered),
		WRITER_TEST(what_is_too_large_is_cut_smaller),
		WRITER_TEST(what_is_too_large_alone_is_given_up),
		WRITER_TEST(
		    who_is_unauthorised_comes_back_in_a_minute_with_a_new_secret),
		WRITER_TEST(
		    order_is_kept_and_the_numbers_add_up_whatever_happens),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
