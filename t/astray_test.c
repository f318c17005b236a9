/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "flow/astray.h"

#define HOUR (3600 * NS_PER_S)

static struct astray a;

static int
begin(void **state)
{
	(void)state;
	astray_init(&a);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	astray_fini(&a);
	return 0;
}

struct seen {
	size_t n;
	char host[300];
	int64_t ahead_ns;
};

static void
see(void *arg, const char *host, int64_t ahead_ns)
{
	struct seen *s = arg;

	s->n++;
	snprintf(s->host, sizeof(s->host), "%s", host);
	s->ahead_ns = ahead_ns;
}

static struct seen
look(int64_t now_ns)
{
	struct seen s = { 0 };

	astray_each(&a, now_ns, see, &s);
	return s;
}

static void
a_host_is_news_once_until_its_lists_are_taken_again(void **state)
{
	(void)state;
	assert_false(astray_any(&a));
	assert_true(astray_found(&a, "web-1", HOUR, 1));
	assert_false(astray_found(&a, "web-1", 2 * HOUR, 2));
	assert_true(astray_any(&a));
	assert_int_equal(look(2).n, 1);
	assert_string_equal(look(2).host, "web-1");
	assert_int_equal(look(2).ahead_ns, 2 * HOUR);
	assert_false(astray_over(&a, "web-2"));
	assert_true(astray_over(&a, "web-1"));
	assert_false(astray_over(&a, "web-1"));
	assert_int_equal(look(3).n, 0);
	assert_true(astray_found(&a, "web-1", -HOUR, 4));
	assert_int_equal(look(5).ahead_ns, -HOUR);
}

static void
who_is_silent_for_an_hour_is_forgotten(void **state)
{
	(void)state;
	astray_found(&a, "web-1", HOUR, 0);
	astray_found(&a, "web-2", HOUR, HOUR);
	assert_int_equal(look(HOUR).n, 2);
	assert_int_equal(look(HOUR + 1).n, 1);
	assert_string_equal(look(HOUR + 1).host, "web-2");
	assert_true(astray_found(&a, "web-1", HOUR, HOUR + 2));
}

static void
of_very_many_the_first_hundred_are_known(void **state)
{
	char name[ASTRAY_NAME + 2];

	(void)state;
	for (int i = 0; i < ASTRAY_HOSTS; i++) {
		snprintf(name, sizeof(name), "web-%d", i);
		assert_true(astray_found(&a, name, HOUR, i));
	}
	assert_false(astray_found(&a, "one-more", HOUR, ASTRAY_HOSTS));
	assert_int_equal(look(ASTRAY_HOSTS).n, ASTRAY_HOSTS);
	/* where some are forgotten there is room again */
	assert_true(astray_found(&a, "one-more", HOUR, HOUR + ASTRAY_HOSTS));
	assert_int_equal(look(HOUR + ASTRAY_HOSTS).n, 1);
}

static void
what_is_too_long_for_a_name_is_not_kept(void **state)
{
	char name[ASTRAY_NAME + 2];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[ASTRAY_NAME + 1] = '\0';
	assert_false(astray_found(&a, name, HOUR, 0));
	assert_true(astray_found(&a, name + 1, HOUR, 0));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_host_is_news_once_until_its_lists_are_taken_again),
		TEST(who_is_silent_for_an_hour_is_forgotten),
		TEST(of_very_many_the_first_hundred_are_known),
		TEST(what_is_too_long_for_a_name_is_not_kept),
	};

	return cmocka_run_group_tests_name("astray", tests, NULL, NULL);
}
