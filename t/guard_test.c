/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <poll.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "plugin/guard.h"

struct call {
	struct guarded guarded; /* first: found from its address */
	int told;
};

static struct guard guard;

static void
tell(struct guarded *g)
{
	((struct call *)(void *)g)->told++;
}

static int
begin(void **state)
{
	(void)state;
	return guard_init(&guard);
}

static int
end(void **state)
{
	(void)state;
	guard_fini(&guard);
	return 0;
}

/* A call that began a second ago. */
static void
call_begin(struct call *c, int64_t deadline)
{
	*c = (struct call){ .guarded = { .on_late = tell } };
	guard_begin(&guard, &c->guarded, clock_mono() - NS_PER_S, deadline);
}

static bool
fires(void)
{
	struct pollfd fd = { .fd = guard_fd(&guard), .events = POLLIN };

	return poll(&fd, 1, 30000) == 1;
}

/* In how many seconds it fires, rounded; -1: not at all. */
static int64_t
fires_in(void)
{
	struct itimerspec left;

	assert_int_equal(timerfd_gettime(guard_fd(&guard), &left), 0);
	if (left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0)
		return -1;
	return (left.it_value.tv_sec + 50) / 100 * 100;
}

static int64_t
in(int64_t seconds)
{
	return clock_mono() + seconds * NS_PER_S;
}

static void
a_late_call_is_told_once(void **state)
{
	struct call c;

	(void)state;
	call_begin(&c, clock_mono());
	assert_true(fires());
	assert_int_equal(c.told, 0);
	guard_check(&guard, clock_mono());
	assert_int_equal(c.told, 1);
	guard_check(&guard, in(1000));
	assert_int_equal(c.told, 1);
	assert_int_equal(fires_in(), -1);
	assert_true(guard_end(&guard, &c.guarded));
	assert_false(c.guarded.under_way);
}

static void
a_call_that_ends_in_time_is_not_told(void **state)
{
	struct call c;

	(void)state;
	call_begin(&c, in(1000));
	guard_check(&guard, clock_mono());
	assert_true(c.guarded.under_way);
	assert_false(guard_end(&guard, &c.guarded));
	guard_check(&guard, in(2000));
	assert_int_equal(c.told, 0);
}

static void
a_call_may_be_late_again_another_time(void **state)
{
	struct call c;

	(void)state;
	call_begin(&c, clock_mono());
	guard_check(&guard, clock_mono());
	assert_true(guard_end(&guard, &c.guarded));
	call_begin(&c, in(1000));
	assert_false(guard_end(&guard, &c.guarded));
	call_begin(&c, in(500));
	guard_check(&guard, in(600));
	assert_int_equal(c.told, 1);
	assert_true(guard_end(&guard, &c.guarded));
}

static void
the_timer_is_set_to_the_earliest_deadline(void **state)
{
	struct call a, b, c;

	(void)state;
	assert_int_equal(fires_in(), -1);
	call_begin(&a, in(2000));
	assert_int_equal(fires_in(), 2000);
	call_begin(&b, in(1000));
	assert_int_equal(fires_in(), 1000);
	call_begin(&c, in(3000));
	assert_int_equal(fires_in(), 1000);
	/* nobody is woken for a call that ends; the timer is left as it is */
	guard_end(&guard, &b.guarded);
	assert_int_equal(fires_in(), 1000);
	guard_check(&guard, in(1001));
	assert_int_equal(fires_in(), 2000);
	guard_check(&guard, in(2001));
	assert_int_equal(a.told, 1);
	assert_int_equal(fires_in(), 3000);
	guard_end(&guard, &a.guarded);
	guard_end(&guard, &c.guarded);
	guard_check(&guard, clock_mono());
	assert_int_equal(fires_in(), -1);
}

static void
all_that_are_late_are_told_at_once(void **state)
{
	struct call calls[20];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		call_begin(&calls[i], in(i % 2 ? 1000 : 100));
	guard_check(&guard, in(500));
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(calls[i].told, i % 2 == 0);
	assert_int_equal(fires_in(), 1000);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(
		    guard_end(&guard, &calls[i].guarded), i % 2 == 0);
}

static void
a_wish_to_be_woken_is_granted_beside_the_deadlines(void **state)
{
	struct call c;

	(void)state;
	guard_wake_at(&guard, in(1000));
	assert_int_equal(fires_in(), 1000);
	call_begin(&c, in(2000));
	assert_int_equal(fires_in(), 1000);
	guard_wake_at(&guard, in(3000)); /* in place of the one before */
	assert_int_equal(fires_in(), 2000);
	guard_wake_at(&guard, in(500));
	assert_int_equal(fires_in(), 500);
	guard_check(&guard, clock_mono()); /* something else was due */
	assert_int_equal(fires_in(), 500);
	guard_check(&guard, in(501));
	assert_int_equal(c.told, 0);
	assert_int_equal(fires_in(), 2000);
	guard_wake_at(&guard, in(700));
	guard_wake_at(&guard, INT64_MAX);
	assert_int_equal(fires_in(), 2000);
	guard_wake_at(&guard, clock_mono());
	assert_true(fires());
	guard_end(&guard, &c.guarded);
}

static void *
call_much(void *arg)
{
	struct call c;

	for (int i = 0; i < 2000; i++) {
		call_begin(&c, clock_mono() - (i % 2) * NS_PER_S);
		if (guard_end(&guard, &c.guarded))
			++*(int *)arg;
	}
	return NULL;
}

static void
calls_come_and_go_while_somebody_looks(void **state)
{
	pthread_t threads[3];
	int late[3] = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, call_much, &late[i]);
	for (int i = 0; i < 2000; i++)
		guard_check(&guard, clock_mono());
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(guard.calls.n, 0);
}

#define GUARD_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		GUARD_TEST(a_late_call_is_told_once),
		GUARD_TEST(a_call_that_ends_in_time_is_not_told),
		GUARD_TEST(a_call_may_be_late_again_another_time),
		GUARD_TEST(the_timer_is_set_to_the_earliest_deadline),
		GUARD_TEST(all_that_are_late_are_told_at_once),
		GUARD_TEST(a_wish_to_be_woken_is_granted_beside_the_deadlines),
		GUARD_TEST(calls_come_and_go_while_somebody_looks),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
