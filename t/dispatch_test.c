/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "flow/cache.h"
#include "flow/dispatch.h"
#include "lists.h"

enum { PATIENCE_S = 30, GOT_MAX = 100000 };

/* A writer that notes the numbers of what it gets, and may be told to let
 * only so many batches through. */
static struct {
	struct sink sink; /* first: found from its address */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int64_t got[GOT_MAX];
	size_t n;
	int entered;	   /* batches */
	pthread_t bringer; /* of the last one: the thread */
	int tickets;	   /* how many more may pass; below 0: all */
} noter = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER };

static struct series_table table;
static struct dispatch d;
static bool running;

static void
note(struct sink *sink, struct batch *b)
{
	(void)sink;
	pthread_mutex_lock(&noter.lock);
	noter.entered++;
	noter.bringer = pthread_self();
	pthread_cond_broadcast(&noter.changed);
	while (noter.tickets == 0)
		pthread_cond_wait(&noter.changed, &noter.lock);
	noter.tickets -= noter.tickets > 0;
	for (uint32_t i = 0; i < b->n && noter.n < GOT_MAX; i++)
		noter.got[noter.n++] = lists_number(b->pubs[i]);
	pthread_mutex_unlock(&noter.lock);
}

static void
let_pass(int batches)
{
	pthread_mutex_lock(&noter.lock);
	noter.tickets = batches;
	pthread_cond_broadcast(&noter.changed);
	pthread_mutex_unlock(&noter.lock);
}

static void
await_entry(int n)
{
	pthread_mutex_lock(&noter.lock);
	while (noter.entered < n)
		pthread_cond_wait(&noter.changed, &noter.lock);
	pthread_mutex_unlock(&noter.lock);
}

static int
begin(void **state)
{
	const struct route route = { &noter.sink, NULL, 0 };

	(void)state;
	noter.sink.put = note;
	noter.n = 0;
	noter.entered = 0;
	noter.tickets = -1;
	series_init(&table, &lists_limits, NULL);
	dispatch_init(&d, &table);
	router_set(&d.router, &route, 1);
	return 0;
}

static void
start(void)
{
	assert_int_equal(dispatch_start(&d), 0);
	running = true;
}

static void
stop(void)
{
	dispatch_stop(&d);
	running = false;
}

static int
end(void **state)
{
	(void)state;
	let_pass(-1);
	if (running) /* the test has failed */
		stop();
	dispatch_fini(&d);
	series_fini(&table);
	return 0;
}

static struct batch *
batch(int64_t number)
{
	return lists_batch(&table, "p", number, 1);
}

static int
post(int64_t number)
{
	struct batch *b = batch(number);
	const int rc = dispatch_post(&d, b);

	if (rc < 0)
		batch_unref(b);
	return rc;
}

static void
settle(void)
{
	assert_int_equal(
	    dispatch_settle(&d, clock_mono() + PATIENCE_S * NS_PER_S), 0);
}

static void
check_got(const int64_t *numbers, size_t n)
{
	assert_int_equal(noter.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(noter.got[i], numbers[i]);
}

#define CHECK_GOT(...)                                                        \
	check_got((const int64_t[]){ __VA_ARGS__ },                           \
	    sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static void
batches_pass_in_the_order_in_which_they_came(void **state)
{
	(void)state;
	start();
	dispatch_put(&d, lists_batch(&table, "p", 1, 3));
	dispatch_put(&d, batch(4));
	dispatch_put(&d, batch(5));
	dispatch_kick(&d);
	settle();
	CHECK_GOT(1, 2, 3, 4, 5);
	assert_int_equal(post(6), 0);
	assert_int_equal(post(7), 0);
	settle();
	CHECK_GOT(1, 2, 3, 4, 5, 6, 7);
	assert_int_equal(d.lists, 7);
	assert_int_equal(d.displaced, 0);
	stop();
}

static void
what_passes_is_cached_and_has_its_rates(void **state)
{
	struct batch *b = batch(5);

	(void)state;
	start();
	dispatch_put(&d, batch_ref(b));
	settle(); /* without a kick */
	assert_true(b->pubs[0]->rates[0] == 5);
	assert_true(b->lists[0].series->cached->v[0].value.real == 5);
	batch_unref(b);
	stop();
}

static void
own_reads_displace_the_oldest_of_them(void **state)
{
	struct batch *b = batch(0);

	(void)state;
	d.room = 3 * b->bytes;
	dispatch_put(&d, b);
	assert_int_equal(post(100), 0);
	assert_int_equal(post(101), 0);
	for (int i = 1; i < 10; i++)
		dispatch_put(&d, batch(i));
	assert_int_equal(d.displaced, 7);
	assert_int_equal(d.own.lists, 3);
	assert_true(d.own.bytes <= d.room);
	dispatch_put(&d, lists_batch(&table, "p", 10, 2)); /* two of them */
	assert_int_equal(d.displaced, 9);
	start();
	settle();
	CHECK_GOT(9, 10, 11, 100, 101);
	dispatch_put(&d, lists_batch(&table, "p", 20, 50)); /* alone */
	settle();
	assert_int_equal(noter.n, 55);
	stop();
}

static void
what_was_posted_is_never_displaced(void **state)
{
	struct batch *b = batch(0), *large;

	(void)state;
	d.room = 3 * b->bytes;
	batch_unref(b);
	for (int i = 0; i < 3; i++)
		assert_int_equal(post(i), 0);
	for (int i = 3; i < 10; i++)
		assert_int_equal(post(i), -EAGAIN);
	assert_int_equal(d.posted.lists, 3);
	assert_int_equal(d.displaced, 0);
	dispatch_put(&d, batch(50)); /* has room of its own */
	start();
	settle();
	CHECK_GOT(50, 0, 1, 2);
	/* there is room again, and once for what is larger than it */
	large = lists_batch(&table, "p", 60, 50);
	assert_true(large->bytes > d.room);
	assert_int_equal(dispatch_post(&d, large), 0);
	settle();
	assert_int_equal(noter.n, 54);
	stop();
}

static void
at_the_end_nothing_more_is_taken_and_all_goes_through(void **state)
{
	(void)state;
	for (int i = 0; i < 600; i++)
		dispatch_put(&d, batch(i));
	assert_int_equal(post(600), 0);
	dispatch_close(&d);
	assert_int_equal(post(999), -ESHUTDOWN);
	dispatch_put(&d, batch(1000)); /* the last reads */
	start();
	stop();
	assert_int_equal(noter.n, 602);
	for (int i = 0; i < 600; i++)
		assert_int_equal(noter.got[i], i);
	assert_int_equal(noter.got[600], 1000);
	assert_int_equal(noter.got[601], 600);
	assert_int_equal(post(999), -ESHUTDOWN);
}

static void
who_settles_waits_for_what_was_there_or_until_the_deadline(void **state)
{
	(void)state;
	start();
	settle(); /* nothing there */
	let_pass(0);
	assert_int_equal(post(1), 0);
	assert_int_equal(
	    dispatch_settle(&d, clock_mono() + NS_PER_MS), -ETIMEDOUT);
	assert_int_equal(dispatch_settle(&d, 0), -ETIMEDOUT);
	let_pass(-1);
	settle();
	CHECK_GOT(1);
	stop();
}

/* Settles in a thread of its own. */
struct settler {
	pthread_t thread;
	int rc;
	size_t got; /* lists that had passed then */
	_Atomic bool back;
};

static void *
settle_run(void *arg)
{
	struct settler *s = arg;

	s->rc = dispatch_settle(&d, clock_mono() + PATIENCE_S * NS_PER_S);
	pthread_mutex_lock(&noter.lock);
	s->got = noter.n;
	pthread_mutex_unlock(&noter.lock);
	s->back = true;
	return NULL;
}

static bool
is_hurried(void)
{
	bool hurry;

	pthread_mutex_lock(&d.lock);
	hurry = d.hurry;
	pthread_mutex_unlock(&d.lock);
	return hurry;
}

static void
what_is_displaced_is_not_taken_for_what_is_waited_for(void **state)
{
	const struct timespec moment = { 0, 1000 * 1000 };
	struct batch *b = batch(1);
	struct settler s = { .rc = 1 };

	(void)state;
	d.room = b->bytes;
	let_pass(0);
	start();
	dispatch_put(&d, b);
	dispatch_kick(&d);
	await_entry(1); /* it is under way */
	dispatch_put(&d, batch(2));
	assert_int_equal(post(100), 0);
	pthread_create(&s.thread, NULL, settle_run, &s);
	while (!is_hurried())
		nanosleep(&moment, NULL);
	dispatch_put(&d, batch(3));
	dispatch_put(&d, batch(4));
	assert_int_equal(d.displaced, 2);
	let_pass(1);
	await_entry(2); /* 1 is through, 4 under way, 100 waits */
	for (int i = 0; i < 50 && !s.back; i++)
		nanosleep(&moment, NULL);
	let_pass(-1);
	pthread_join(s.thread, NULL);
	assert_int_equal(s.rc, 0);
	assert_int_equal(s.got, 3);
	CHECK_GOT(1, 4, 100);
	stop();
}

/* --- in the thread's place ----------------------------------------------- */

static void
await_sleep(void)
{
	bool asleep;

	do {
		pthread_mutex_lock(&d.lock);
		asleep = d.waiting;
		pthread_mutex_unlock(&d.lock);
	} while (!asleep);
}

static void
a_reader_passes_what_it_put_while_the_thread_sleeps(void **state)
{
	(void)state;
	start();
	await_sleep();
	dispatch_put(&d, batch(1));
	dispatch_put(&d, batch(2));
	dispatch_pass(&d);
	CHECK_GOT(1, 2);
	assert_true(pthread_equal(noter.bringer, pthread_self()));
	dispatch_pass(&d); /* nothing there */
	assert_int_equal(post(3), 0);
	settle();
	CHECK_GOT(1, 2, 3);
	assert_false(pthread_equal(noter.bringer, pthread_self()));
	stop();
}

static void
what_is_much_is_left_to_the_thread(void **state)
{
	(void)state;
	start();
	await_sleep();
	for (int i = 0; i < 300; i++)
		dispatch_put(&d, batch(i));
	dispatch_pass(&d);
	settle();
	assert_int_equal(noter.n, 300);
	assert_false(pthread_equal(noter.bringer, pthread_self()));
	stop();
}

static void *
pass_run(void *arg)
{
	(void)arg;
	dispatch_put(&d, batch(1));
	dispatch_pass(&d);
	return NULL;
}

static void
what_comes_while_a_reader_passes_goes_after_it(void **state)
{
	pthread_t reader;

	(void)state;
	start();
	await_sleep();
	let_pass(0);
	pthread_create(&reader, NULL, pass_run, NULL);
	await_entry(1);
	assert_int_equal(post(2), 0);
	dispatch_put(&d, batch(3));
	dispatch_pass(&d); /* there is somebody at work */
	assert_int_equal(
	    dispatch_settle(&d, clock_mono() + NS_PER_MS), -ETIMEDOUT);
	assert_int_equal(noter.entered, 1);
	let_pass(-1);
	settle();
	CHECK_GOT(1, 3, 2);
	pthread_join(reader, NULL);
	stop();
}

/* --- many at a time ------------------------------------------------------ */

enum { EACH = 3000 };

static void *
post_much(void *arg)
{
	const int64_t first = *(const int64_t *)arg;

	for (int i = 0; i < EACH; i++) {
		while (post(first + i) == -EAGAIN)
			dispatch_settle(
			    &d, clock_mono() + PATIENCE_S * NS_PER_S);
		if (i % 100 == 0)
			settle();
	}
	return NULL;
}

static void *
put_much(void *arg)
{
	const int64_t first = *(const int64_t *)arg;

	for (int i = 0; i < EACH; i++) {
		dispatch_put(&d, batch(first + i));
		if (i % 10 == 0)
			dispatch_pass(&d);
	}
	return NULL;
}

static void
look(void *arg, struct series *s)
{
	if (s->cached != NULL)
		*(double *)arg += s->cached->v[0].value.real;
}

static void
threads_may_post_read_look_and_route(void **state)
{
	const struct route route = { &noter.sink, NULL, 0 };
	int64_t firsts[] = { 100000, 200000, 300000 };
	int64_t last[3] = { -1, -1, -1 };
	pthread_t threads[3];
	double sum = 0;

	(void)state;
	table.limits.series = table.limits.series_per_host = 1000000;
	d.room = 100000;
	start();
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, i < 2 ? post_much : put_much,
		    &firsts[i]);
	for (int i = 0; i < 50; i++) {
		router_set(&d.router, &route, 1);
		pthread_mutex_lock(&d.cache_lock);
		series_lock(&table);
		series_each(&table, look, &sum);
		series_unlock(&table);
		pthread_mutex_unlock(&d.cache_lock);
	}
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	settle();
	stop();
	assert_int_equal(noter.n + d.displaced, 3 * EACH);
	assert_int_equal(noter.n, d.lists);
	for (size_t i = 0; i < noter.n; i++) { /* each in its own order */
		const size_t who = (size_t)(noter.got[i] / 100000 - 1);

		assert_true(noter.got[i] > last[who]);
		assert_true(who == 2 || last[who] < 0 ||
			    noter.got[i] == last[who] + 1);
		last[who] = noter.got[i];
	}
}

#define DISPATCH_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISPATCH_TEST(batches_pass_in_the_order_in_which_they_came),
		DISPATCH_TEST(what_passes_is_cached_and_has_its_rates),
		DISPATCH_TEST(own_reads_displace_the_oldest_of_them),
		DISPATCH_TEST(what_was_posted_is_never_displaced),
		DISPATCH_TEST(
		    at_the_end_nothing_more_is_taken_and_all_goes_through),
		DISPATCH_TEST(
		    who_settles_waits_for_what_was_there_or_until_the_deadline),
		DISPATCH_TEST(
		    what_is_displaced_is_not_taken_for_what_is_waited_for),
		DISPATCH_TEST(
		    a_reader_passes_what_it_put_while_the_thread_sleeps),
		DISPATCH_TEST(what_is_much_is_left_to_the_thread),
		DISPATCH_TEST(what_comes_while_a_reader_passes_goes_after_it),
		DISPATCH_TEST(threads_may_post_read_look_and_route),
	};

	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
