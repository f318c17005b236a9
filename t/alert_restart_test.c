/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "alert_world.h"
#include "base/alloc.h"
#include "base/clock.h"

/* What is stored, and what comes back of it. */

static void
drop(void *arg, enum record_table table, const char *key, const void *data,
    size_t len)
{
	(void)arg, (void)table, (void)key, (void)data, (void)len;
}

static void
what_does_not_change_is_not_stored(void **state)
{
	struct track *t;

	(void)state;
	t = watch_cpu();
	say(t, 50);
	assert_true(engine_changed(engine));
	engine_commit(engine, drop, NULL);
	for (int64_t s = 10; s < 1000; s += 10) {
		at(s);
		say(t, 50 + (double)(s % 30));
		assert_false(engine_changed(engine));
	}
	at(1000);
	say(t, 95);
	assert_true(engine_changed(engine));
}

static void
a_step_of_the_wall_clock_is_stored(void **state)
{
	struct track *t;

	(void)state;
	add_rule(policy, "cpu.percent", 90)->for_ns = 30 * NS_PER_S;
	start();
	t = track_of("me", "cpu", NULL);
	say(t, 95);
	engine_commit(engine, drop, NULL);
	assert_false(engine_changed(engine));
	engine_at(engine, 5 * NS_PER_S, (WALL + 3605) * NS_PER_S);
	engine_step(engine, 3600 * NS_PER_S);
	assert_true(engine_changed(engine));
	assert_int_equal(engine_now(engine), 5 * NS_PER_S);
	for (int64_t s = 10; s < 30; s += 10)
		pass(t, &percent, (WALL + 3600 + s) * NS_PER_S, 10 * NS_PER_S,
		    95);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "ok");
	pass(t, &percent, (WALL + 3630) * NS_PER_S, 10 * NS_PER_S, 95);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "failure");
}

struct copying {
	struct engine *to;
	enum record_table without; /* RECORD_N: all of them */
	size_t n;
};

static void
copy(void *arg, enum record_table table, const char *key, const void *data,
    size_t len)
{
	struct copying *c = arg;

	c->n++;
	if (data != NULL && table != c->without && table != RECORD_DEAD)
		assert_int_equal(engine_load(c->to, table, key, data, len), 0);
}

/* The engine ends in order, and another goes on after some seconds. */
static void
restart(enum record_table without, int64_t seconds)
{
	struct copying c = { engine_new(policy, &tuning_default), without, 0 };

	engine_unsaved(engine);
	engine_stop(engine);
	engine_commit(engine, copy, &c);
	engine_free(engine);
	engine = c.to;
	second += seconds;
	start();
}

/* What was stored cannot be read: another begins, some seconds later, without
 * it.  The caller merges it, or frees it. */
static struct engine *
restart_blind(int64_t seconds)
{
	struct copying c = { engine_new(policy, &tuning_default), RECORD_N,
		0 };

	engine_commit(engine, copy, &c);
	engine_free(engine);
	engine = engine_new(policy, &tuning_default);
	second += seconds;
	engine_start_blind(
	    engine, second * NS_PER_S, (WALL + second) * NS_PER_S);
	return c.to;
}

static void
merge(struct engine *before)
{
	engine_merge(engine, before);
	engine_free(before);
}

static void
what_is_read_late_is_known_again(void **state)
{
	struct engine *before;

	(void)state;
	say(watch_cpu(), 95);
	expect("me:cpu.percent", KIND_FIRING, 1);
	before = restart_blind(60);
	merge(before);
	/* it has not come since: as after a kill */
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "failure");
	assert_null(deliver());
	at(70);
	say(track_of("me", "cpu", NULL), 50);
	at(299);
	engine_tick(engine);
	assert_null(deliver()); /* the cooldown is that of before */
	at(300);
	expect("me:cpu.percent", KIND_RESOLVED, 2);
}

static void
what_came_meanwhile_counts_and_what_was_told_is_not_told_again(void **state)
{
	struct track *ok, *bad, *flat;
	struct engine *before;

	(void)state;
	add_rule(policy, "cpu[*].percent", 90)->for_ns = 20 * NS_PER_S;
	start();
	for (int64_t s = 0; s <= 20; s += 10) {
		at(s);
		say(track_of("me", "cpu", "ok"), 95);
		say(track_of("me", "cpu", "bad"), 95);
		say(track_of("me", "cpu", "flat"), 50);
	}
	message_free(deliver());
	at(22);
	message_free(deliver());
	before = restart_blind(18);
	ok = track_of("me", "cpu", "ok");
	bad = track_of("me", "cpu", "bad");
	flat = track_of("me", "cpu", "flat");
	say(ok, 50);   /* it was over meanwhile */
	say(bad, 95);  /* goes on, and would begin anew */
	say(flat, 95); /* begins */
	assert_string_equal(truth_of(NULL, "me:cpu[bad].percent"), "ok");
	merge(before);
	assert_string_equal(truth_of(NULL, "me:cpu[bad].percent"), "failure");
	assert_string_equal(truth_of(NULL, "me:cpu[ok].percent"), "ok");
	assert_null(deliver());
	at(50), say(flat, 95), say(bad, 95);
	at(60), say(flat, 95), say(bad, 95);
	expect("me:cpu[flat].percent", KIND_FIRING, 1);
	at(330), engine_tick(engine);
	expect("me:cpu[ok].percent", KIND_RESOLVED, 2);
}

static void
who_was_told_meanwhile_is_not_told_again(void **state)
{
	struct engine *before;

	(void)state;
	say(watch_cpu(), 95);
	expect("me:cpu.percent", KIND_FIRING, 1);
	before = restart_blind(60);
	say(track_of("me", "cpu", NULL), 95);
	expect("me:cpu.percent", KIND_FIRING, 1); /* nobody knew */
	merge(before);
	at(70);
	say(track_of("me", "cpu", NULL), 50);
	at(359);
	engine_tick(engine);
	assert_null(deliver());
	at(360);
	expect("me:cpu.percent", KIND_RESOLVED, 2);
}

static void
both_silences_are_kept(void **state)
{
	struct engine *before;
	char why[64];

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	start();
	assert_int_equal(
	    engine_silence(engine, pattern_parse("me:x", why, sizeof(why)),
		"me:x", "why", 100 * NS_PER_S),
	    1);
	before = restart_blind(60);
	assert_int_equal(
	    engine_silence(engine, pattern_parse("me:y", why, sizeof(why)),
		"me:y", "why", 100 * NS_PER_S),
	    1);
	merge(before);
	assert_int_equal(engine_stats(engine).silences, 2);
	assert_true(engine_unsilence(engine, 1));
	at(99);
	engine_tick(engine);
	assert_int_equal(engine_stats(engine).silences, 1);
	at(100); /* by the clock of before */
	engine_tick(engine);
	assert_int_equal(engine_stats(engine).silences, 0);
}

static void
hosts_that_were_known_are_missed(void **state)
{
	struct engine *before;

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	policy->hosts = rule_new_hosts();
	rule_notify(policy->hosts, "slack");
	start();
	say(track_of("web-1", "cpu", NULL), 50);
	say(track_of("web-2", "cpu", NULL), 50);
	before = restart_blind(10);
	say(track_of("web-2", "cpu", NULL), 50);
	merge(before);
	assert_int_equal(engine_stats(engine).hosts, 2);
	at(20), say(track_of("web-2", "cpu", NULL), 50);
	at(40), say(track_of("web-2", "cpu", NULL), 50);
	at(60), say(track_of("web-2", "cpu", NULL), 50);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "failure");
	assert_string_equal(truth_of(NULL, "web-2:host.silent"), "ok");
}

static void
when_a_host_fell_silent_is_known_by_the_clock_of_now(void **state)
{
	struct engine *before;
	struct message_item i;

	(void)state;
	policy->hosts = rule_new_hosts();
	policy->hosts->remind_ns = 60 * NS_PER_S;
	rule_notify(policy->hosts, "slack");
	start();
	say(track_of("web-1", "cpu", NULL), 50);
	for (int64_t s = 0; s <= 50; s += 5) {
		at(s);
		engine_tick(engine);
	}
	expect("web-1:host.silent", KIND_FIRING, 1);
	before = restart_blind(10);
	merge(before);
	at(349);
	engine_tick(engine);
	assert_null(deliver());
	at(350);
	i = expect("web-1:host.silent", KIND_REMINDER, 2);
	assert_int_equal(i.since_ns, WALL * NS_PER_S);
	assert_int_equal(i.changed_ns, (WALL + 35) * NS_PER_S);
}

static void
all_of_it_survives_a_restart(void **state)
{
	char why[64];

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	policy->hosts = rule_new_hosts();
	start();
	engine_silence(engine, pattern_parse("me:x", why, sizeof(why)), "me:x",
	    "why", 3600 * NS_PER_S);
	say(track_of("me", "cpu", NULL), 95);
	say(track_of("web-1", "cpu", "0"), 95);
	message_free(deliver());
	restart(RECORD_N, 5);
	assert_int_equal(engine_now(engine), 5 * NS_PER_S);
	assert_int_equal(engine_stats(engine).alerts, 2);
	assert_int_equal(engine_stats(engine).hosts, 2);
	assert_int_equal(engine_stats(engine).silences, 1);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "failure");
	assert_null(engine_begin(engine, "slack"));
	at(10);
	say(track_of("me", "cpu", NULL), 50);
	at(299);
	assert_null(engine_begin(engine, "slack"));
	at(300);
	expect("me:cpu.percent", KIND_RESOLVED, 2);
}

/* Another policy, with the same rules, of a machine that is measured by cpu
 * alone. */
static void
remove_memory(void)
{
	policy_free(policy);
	policy = make_policy();
	policy_measure(policy, "cpu");
	add_rule(policy, "*.percent", 90);
}

static void
measure_three(void)
{
	policy_measure(policy, "cpu");
	policy_measure(policy, "memory");
	add_rule(policy, "*.percent", 90);
	start();
	say(track_of("me", "cpu", NULL), 50);
	say(track_of("me", "memory", NULL), 95);
	say(track_of("me", "posted", NULL), 50);
	expect("me:memory.percent", KIND_FIRING, 1);
	at(10);
	say(track_of("web-1", "memory", NULL), 50);
}

/* What no plugin here has measured goes on, for who knows who sends it. */
static void
only_memory_is_closed(void)
{
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "ok");
	assert_string_equal(truth_of(NULL, "me:memory.percent"), "none");
	assert_string_equal(truth_of(NULL, "me:posted.percent"), "ok");
	assert_string_equal(truth_of(NULL, "web-1:memory.percent"), "ok");
	at(400);
	engine_tick(engine);
	assert_int_equal(expect("me:memory.percent", KIND_CLOSED, 2).closing,
	    CLOSING_PLUGIN);
}

static void
what_a_plugin_measured_that_went_meanwhile_is_closed(void **state)
{
	struct copying c;

	(void)state;
	measure_three();
	c = (struct copying){ engine_new(policy, &tuning_default), RECORD_N,
		0 };
	engine_commit(engine, copy, &c);
	engine_free(engine);
	engine = c.to;
	remove_memory();
	engine_reload(engine, policy);
	at(20);
	start();
	only_memory_is_closed();
	policy_measure(policy, "memory");
	restart(RECORD_N, 10);
	say(track_of("me", "memory", NULL), 50);
	restart(RECORD_N, 10);
	assert_string_equal(truth_of(NULL, "me:memory.percent"), "ok");
}

static void
what_a_plugin_measured_is_closed_when_it_is_read_late(void **state)
{
	struct engine *before;

	(void)state;
	measure_three();
	before = restart_blind(10);
	remove_memory();
	engine_reload(engine, policy);
	merge(before);
	only_memory_is_closed();
}

static void
what_was_judged_before_a_restart_is_not_judged_again(void **state)
{
	struct track *t;

	(void)state;
	say(watch_cpu(), 50);
	at(10);
	say(track_of("me", "cpu", NULL), 95);
	restart(RECORD_N, 5);
	t = track_of("me", "cpu", NULL);
	pass(t, &percent, WALL * NS_PER_S, 10 * NS_PER_S, 50);
	pass(t, &percent, (WALL + 10) * NS_PER_S, 10 * NS_PER_S, 50);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "failure");
	assert_int_equal(engine_stats(engine).late, 2);
	pass(t, &percent, (WALL + 20) * NS_PER_S, 10 * NS_PER_S, 50);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "ok");
}

static void
a_host_that_was_silent_before_the_start_gets_its_time(void **state)
{
	enum { AGES = 8 * 86400 };

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	policy->hosts = rule_new_hosts();
	start();
	say(track_of("web-1", "cpu", NULL), 95);
	at(40);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "failure");
	restart(RECORD_N, AGES);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "failure");
	at(40 + AGES + 34);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "web-1:cpu.percent"), "failure");
	at(40 + AGES + 35);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "none");
	assert_int_equal(engine_stats(engine).alerts, 0);
	assert_int_equal(engine_stats(engine).hosts, 0);
}

static void
without_the_clock_no_cooldown_is_endless(void **state)
{
	(void)state;
	add_rule(policy, "cpu.percent", 90);
	at(100000);
	start();
	at(200000);
	say(track_of("me", "cpu", NULL), 95);
	message_free(deliver());
	restart(RECORD_CLOCK, 5);
	assert_int_equal(engine_now(engine), 0);
	at(second + 5);
	say(track_of("me", "cpu", NULL), 50);
	at(second + 295);
	message_free(deliver());
	assert_true(engine_wake(engine) > (second + 86400) * NS_PER_S);
}

static void
without_its_alert_a_row_is_closed(void **state)
{
	struct message_item i;

	(void)state;
	say(watch_cpu(), 95);
	message_free(deliver());
	restart(RECORD_ALERT, 400);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "none");
	i = expect("me:cpu.percent", KIND_CLOSED, 2);
	assert_true(isnan(i.number) && isnan(i.limit));
	assert_int_equal(engine_stats(engine).rows, 0);
	assert_int_equal(engine_stats(engine).tracks, 0);
}

static void
spoil(void *arg, enum record_table table, const char *key, const void *data,
    size_t len)
{
	struct engine *e = arg;

	if (data == NULL)
		return;
	assert_int_equal(engine_load(e, table, key, data, len - 1), -EINVAL);
	assert_int_equal(engine_load(e, table, "", data, len), -EINVAL);
	assert_int_equal(engine_load(e, RECORD_N, key, data, len), -EINVAL);
}

static void
a_damaged_record_has_no_effect(void **state)
{
	struct engine *other = engine_new(policy, &tuning_default);
	const struct engine_stats none = { 0 };
	struct engine_stats stats;
	char why[64];

	(void)state;
	say(watch_cpu(), 95);
	engine_silence(engine, pattern_parse("me:x", why, sizeof(why)), "me:x",
	    "why", 3600 * NS_PER_S);
	engine_commit(engine, spoil, other);
	stats = engine_stats(other);
	assert_memory_equal(&stats, &none, sizeof(stats));
	engine_free(other);
}

/* The machine had another name, or is an agent of a hub that is none now. */
static void
an_alert_of_a_host_that_is_no_more_is_closed(void **state)
{
	(void)state;
	say(watch_cpu(), 95);
	message_free(deliver());
	free(policy->local);
	policy->local = xstrdup("myself");
	restart(RECORD_N, 10);
	for (int64_t day = 1; day < 7; day++) {
		at(10 + day * 86400);
		say(track_of("myself", "cpu", NULL), 50);
		assert_string_equal(
		    truth_of(NULL, "me:cpu.percent"), "failure");
	}
	at(10 + INT64_C(7) * 86400);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "none");
	assert_string_equal(truth_of(NULL, "myself:cpu.percent"), "ok");
	assert_int_equal(
	    expect("me:cpu.percent", KIND_CLOSED, 2).closing, CLOSING_HOST);
}

/* This machine takes over the name of an agent that is gone. */
static void
a_name_that_was_silent_and_is_our_own_is_told_of(void **state)
{
	(void)state;
	add_rule(policy, "cpu.percent", 90);
	policy->hosts = rule_new_hosts();
	start();
	say(track_of("web-1", "cpu", NULL), 50);
	at(35);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "failure");
	free(policy->local);
	policy->local = xstrdup("web-1");
	restart(RECORD_N, 10);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "none");
	say(track_of("web-1", "cpu", NULL), 95);
	expect("web-1:cpu.percent", KIND_FIRING, 1);
}

static void
who_comes_every_hour_is_not_silent_a_minute_after_a_restart(void **state)
{
	struct track *t;

	(void)state;
	policy->hosts = rule_new_hosts();
	start();
	t = track_of("web-1", "cpu", NULL);
	pass(t, &percent, WALL * NS_PER_S, 3600 * NS_PER_S, 50);
	restart(RECORD_N, 5);
	at(second + 3 * 3600);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "ok");
	at(second + 3600);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "failure");
}

/* A machine without a clock of its own begins in 1970. */
static void
a_wall_clock_that_was_decades_off_is_survived(void **state)
{
	static const int64_t years = INT64_C(56) * 365 * 86400;
	struct track *t;

	(void)state;
	t = watch_cpu();
	say(t, 95);
	message_free(deliver());
	restart(RECORD_N, years);
	restart(RECORD_N, 5);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "failure");
	assert_true(engine_now(engine) >= STAMP_SPAN_MAX);
	for (int i = 0; i < 8; i++)
		restart(RECORD_N, years / 14);
	say(track_of("me", "cpu", NULL), 95);
	assert_null(engine_begin(engine, "slack"));
}

/* What it takes for so many alerts of a host. */
static clock_t
take_up(const char *host, int n)
{
	const clock_t begun = clock();
	char instance[16];

	for (int i = 0; i < n; i++) {
		snprintf(instance, sizeof(instance), "%d", i);
		say(track_of(host, "cpu", instance), 50);
	}
	return clock() - begun;
}

/* Work that grows with the square of it would be a hundredfold. */
static void
ten_times_the_alerts_of_a_host_are_little_more_work_for_each(void **state)
{
	enum { MANY = 30000 };
	clock_t few;

	(void)state;
	add_rule(policy, "cpu[*].percent", 90);
	start();
	for (int round = 0; round < 2; round++) {
		few = take_up("few", MANY / 10);
		assert_true(
		    take_up("many", MANY) < 40 * few + CLOCKS_PER_SEC / 10);
		restart(RECORD_N, 10);
	}
}

#define RESTART_TEST(f)                                                       \
	cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RESTART_TEST(what_does_not_change_is_not_stored),
		RESTART_TEST(a_step_of_the_wall_clock_is_stored),
		RESTART_TEST(all_of_it_survives_a_restart),
		RESTART_TEST(what_is_read_late_is_known_again),
		RESTART_TEST(
		    what_came_meanwhile_counts_and_what_was_told_is_not_told_again),
		RESTART_TEST(who_was_told_meanwhile_is_not_told_again),
		RESTART_TEST(both_silences_are_kept),
		RESTART_TEST(hosts_that_were_known_are_missed),
		RESTART_TEST(
		    when_a_host_fell_silent_is_known_by_the_clock_of_now),
		RESTART_TEST(
		    what_a_plugin_measured_that_went_meanwhile_is_closed),
		RESTART_TEST(
		    what_a_plugin_measured_is_closed_when_it_is_read_late),
		RESTART_TEST(
		    what_was_judged_before_a_restart_is_not_judged_again),
		RESTART_TEST(
		    a_host_that_was_silent_before_the_start_gets_its_time),
		RESTART_TEST(without_the_clock_no_cooldown_is_endless),
		RESTART_TEST(without_its_alert_a_row_is_closed),
		RESTART_TEST(a_damaged_record_has_no_effect),
		RESTART_TEST(an_alert_of_a_host_that_is_no_more_is_closed),
		RESTART_TEST(a_name_that_was_silent_and_is_our_own_is_told_of),
		RESTART_TEST(a_wall_clock_that_was_decades_off_is_survived),
		RESTART_TEST(
		    who_comes_every_hour_is_not_silent_a_minute_after_a_restart),
		RESTART_TEST(
		    ten_times_the_alerts_of_a_host_are_little_more_work_for_each),
	};

	return cmocka_run_group_tests_name("alert_restart", tests, NULL, NULL);
}
