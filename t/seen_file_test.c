/* SPDX-License-Identifier: MIT */
/* What came from whom, on a disk that fails as the test says. */
#include "test.h"

#include <errno.h>

#include "deliver/seen_file.h"
#include "fake_clock.h"
#include "fake_store.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "ffffffffffffffffffffffffffffffff"

static struct seen seen;
static struct seen_file *file;

static void
start(void)
{
	seen_init(&seen, 1000);
	file = seen_file_start(&seen, "/state/seen.db");
}

static void
stop(void)
{
	assert_true(seen_file_stop(file, INT64_MAX));
	seen_fini(&seen);
}

static int
begin(void **state)
{
	(void)state;
	fake_disk_init();
	fake_clock_set(NS_PER_S, 1000 * NS_PER_S);
	start();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	stop();
	fake_disk_fini();
	return 0;
}

/* Takes the n lists from seq on; how many of them had come before. */
static uint64_t
take(const char *queue, uint64_t seq, uint64_t n)
{
	const struct seen_batch b = { queue, "web-1", seq, n, 0, 0 };
	uint64_t skip;

	seen_lock(&seen);
	skip = seen_skip(&seen, &b);
	seen_taken(&seen, &b, clock_wall());
	seen_unlock(&seen);
	seen_durable(&seen, &b);
	return skip;
}

static bool
has_queues(void *n)
{
	struct seen_counts c;
	size_t behind;

	return seen_sums(&seen, &c, &behind) == *(size_t *)n;
}

/* Time goes by while its thread has not done so much yet. */
struct passing {
	bool (*is)(void *arg);
	void *arg;
};

static bool
is_after_a_step(void *arg)
{
	const struct passing *p = arg;

	if (p->is(p->arg))
		return true;
	fake_clock_advance(10 * NS_PER_S);
	return false;
}

static void
await(bool (*is)(void *), void *arg)
{
	struct passing p = { is, arg };

	assert_true(fake_clock_await(is_after_a_step, &p));
}

static bool
has_committed(void *times)
{
	return fake_disk.commits >= *(int *)times;
}

static void
it_is_written_down_while_it_runs(void **state)
{
	size_t one = 1;
	int once = 1;

	(void)state;
	take(A, 1, 10);
	assert_int_equal(fake_disk.commits, 0);
	await(has_committed, &once);
	fake_disk_save();
	stop();
	fake_disk_restore();
	start();
	assert_true(has_queues(&one));
	assert_int_equal(take(A, 10, 2), 1);
}

static void
what_could_not_be_read_at_the_start_is_read_when_it_can(void **state)
{
	size_t none = 0, two = 2;

	(void)state;
	take(A, 1, 10);
	stop();
	fake_disk.open_fails = -EACCES;
	start();
	assert_true(has_queues(&none));
	take(B, 1, 1);
	fake_disk.open_fails = 0;
	await(has_queues, &two);
	assert_int_equal(take(A, 10, 2), 1);
	assert_int_equal(take(B, 1, 1), 1);
}

static void
a_file_that_is_gone_is_written_anew(void **state)
{
	size_t one = 1;
	int thrice = 3;

	(void)state;
	take(A, 1, 10);
	stop();
	start();
	fake_disk.gone = true;
	take(A, 11, 1);
	await(has_committed, &thrice);
	fake_disk_save();
	stop();
	fake_disk_restore();
	start();
	assert_true(has_queues(&one));
	assert_int_equal(take(A, 11, 2), 1);
}

static void
a_file_that_is_damaged_is_begun_anew_at_once(void **state)
{
	size_t two = 2;

	(void)state;
	take(A, 1, 10);
	fake_disk.damaged = true;
	stop(); /* the only time that it is written */
	assert_int_equal(fake_disk.opens, 2);
	start();
	take(B, 1, 1);
	stop();
	start();
	assert_true(has_queues(&two));
	assert_int_equal(take(A, 10, 2), 1);
}

static void
damage_that_is_found_as_it_is_read_costs_what_was_there_only(void **state)
{
	size_t one = 1;

	(void)state;
	take(A, 1, 10);
	stop();
	fake_disk.damaged = true;
	start();
	take(B, 1, 1);
	stop();
	start();
	assert_true(has_queues(&one));
	assert_int_equal(take(B, 1, 1), 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_written_down_while_it_runs),
		TEST(what_could_not_be_read_at_the_start_is_read_when_it_can),
		TEST(a_file_that_is_gone_is_written_anew),
		TEST(a_file_that_is_damaged_is_begun_anew_at_once),
		TEST(
		    damage_that_is_found_as_it_is_read_costs_what_was_there_only),
	};

	return cmocka_run_group_tests_name("seen_file", tests, NULL, NULL);
}
