/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>

#include "alert_world.h"
#include "base/clock.h"

/* What is shown of alerts; the rest of the views is in alert_engine_test. */

static struct pattern *
parse(const char *text)
{
	char why[100];
	struct pattern *p = pattern_parse(text, why, sizeof(why));

	if (p == NULL)
		fail_msg("'%s': %s", text, why);
	return p;
}

/* Of the one alert there is. */
static void
keep(void *arg, const struct alert_view *v)
{
	*(struct alert_view *)arg = *v;
}

static struct alert_view
the_alert(void)
{
	struct alert_view v = { 0 };

	engine_each_alert(engine, keep, &v);
	assert_non_null(v.of.series);
	return v;
}

static void
an_alert_names_the_silence_that_means_it(void **state)
{
	(void)state;
	add_rule(policy, "disk[*].percent", 90);
	start();
	say(track_of("web-1", "disk", "/home"), 95);
	assert_int_equal(the_alert().silence, 0);
	assert_int_equal(
	    engine_silence(engine, parse("cpu"), "cpu", "no", 60 * NS_PER_S),
	    1);
	assert_int_equal(the_alert().silence, 0);
	assert_int_equal(engine_silence(engine, parse("web-1:*"), "web-1:*",
			     "work", 60 * NS_PER_S),
	    2);
	assert_int_equal(the_alert().silence, 2);
	at(60);
	engine_tick(engine);
	assert_int_equal(the_alert().silence, 0);
}

static bool
meant(const char *text)
{
	const struct alert_view v = the_alert();
	struct pattern *p = parse(text);
	const bool yes = subject_meant(&v.of, p);

	pattern_free(p);
	return yes;
}

static void
patterns_mean_alerts_as_they_mean_series(void **state)
{
	(void)state;
	add_rule(policy, "disk[*].percent", 90);
	start();
	say(track_of("web-1", "disk", "/home"), 95);
	assert_true(meant("disk"));
	assert_true(meant("web-*:disk[/home].percent"));
	assert_true(meant("*:*"));
	assert_false(meant("disk.percent")); /* not without brackets */
	assert_false(meant("web-2:disk"));
	assert_false(meant("disk[/].percent"));
	assert_false(meant("disk[*].free"));
}

static void
keep_row(void *arg, const struct row_view *v)
{
	*(int64_t *)arg = v->verdict.until;
}

static void
moments_become_times_that_people_know(void **state)
{
	int64_t until = STAMP_NONE;

	(void)state;
	say(watch_cpu(), 95);
	at(5);
	message_free(deliver());
	at(10);
	say(track_of("me", "cpu", NULL), 50);
	engine_each_row(engine, keep_row, &until);
	assert_int_equal(
	    engine_wall(engine, until), (WALL + 5 + 300) * NS_PER_S);
	assert_int_equal(
	    engine_wall(engine, engine_now(engine)), (WALL + 10) * NS_PER_S);
	assert_int_equal(engine_wall(engine, STAMP_NONE), 0);
	assert_int_equal(engine_wall(engine, STAMP_NEVER), 0);
}

#define WORLD_TEST(f)                                                         \
	cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_alert_names_the_silence_that_means_it),
		WORLD_TEST(patterns_mean_alerts_as_they_mean_series),
		WORLD_TEST(moments_become_times_that_people_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
