/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "alert_world.h"
#include "base/alloc.h"
#include "base/clock.h"

/* What the model of 22-alerts-model.py cannot say: names, rules, hostile
 * input, and what a message holds. */

static const struct fettle_field requests = { "requests", FETTLE_COUNTER,
	FETTLE_NUMBER, "." };

static void
a_message_says_what_where_and_since_when(void **state)
{
	struct rule *r = add_rule(policy, "disk[*].percent", 90);
	const struct message_item *i;
	struct message *m;

	(void)state;
	r->remind_ns = 600 * NS_PER_S;
	r->message = xstrdup("clean up");
	start();
	say(track_of("web-1", "disk", "/home"), 95.5);
	assert_null(engine_begin(engine, "slack")); /* perhaps a replay */
	at(5);
	m = deliver();
	assert_non_null(m);
	assert_int_equal(m->n, 1);
	assert_string_equal(m->receiver, "slack");
	i = &m->items[0];
	assert_string_equal(i->rule, "disk[*].percent");
	assert_string_equal(i->text, "clean up");
	assert_string_equal(i->series, "web-1:disk[/home].percent");
	assert_string_equal(i->host, "web-1");
	assert_string_equal(i->plugin, "disk");
	assert_string_equal(i->instance, "/home");
	assert_string_equal(i->field, "percent");
	assert_string_equal(i->unit, "percent");
	assert_int_equal(i->n_tags, 0);
	assert_int_equal(i->kind, KIND_FIRING);
	assert_true(i->number == 95.5 && i->worst == 95.5 && i->limit == 90);
	assert_int_equal(i->since_ns, WALL * NS_PER_S);
	assert_int_equal(i->remind_ns, (WALL + 605) * NS_PER_S);
	assert_int_equal(i->incident, 1);
	message_free(m);
}

static void
what_is_told_late_says_when_it_was_over(void **state)
{
	struct message_item i;
	struct track *t;

	(void)state;
	t = watch_cpu();
	say(t, 95);
	message_free(deliver());
	at(10);
	say(t, 50);
	at(299);
	assert_null(deliver());
	at(300);
	i = expect("me:cpu.percent", KIND_RESOLVED, 2);
	assert_int_equal(i.since_ns, WALL * NS_PER_S);
	assert_int_equal(i.changed_ns, (WALL + 10) * NS_PER_S);
}

static void
a_host_that_is_heard_again_was_silent_until_then(void **state)
{
	struct message_item i;
	struct track *t;

	(void)state;
	policy->hosts = rule_new_hosts();
	rule_notify(policy->hosts, "slack");
	start();
	t = track_of("web-1", "cpu", NULL);
	say(t, 50);
	at(35);
	engine_tick(engine);
	at(45);
	message_free(deliver());
	at(100);
	say(t, 50);
	at(345);
	say(t, 50);
	i = expect("web-1:host.silent", KIND_RESOLVED, 2);
	assert_int_equal(i.since_ns, WALL * NS_PER_S);
	assert_int_equal(i.changed_ns, (WALL + 100) * NS_PER_S);
}

static void
the_most_specific_rule_fires(void **state)
{
	struct track *t;

	(void)state;
	add_rule(policy, "cpu.percent", 50);
	add_rule(policy, "web-*:cpu.percent", 90);
	start();
	t = track_of("web-1", "cpu", NULL);
	say(t, 60);
	assert_string_equal(
	    truth_of("cpu.percent", "web-1:cpu.percent"), "none");
	assert_string_equal(
	    truth_of("web-*:cpu.percent", "web-1:cpu.percent"), "ok");
	at(10);
	say(t, 95);
	assert_string_equal(
	    truth_of("web-*:cpu.percent", "web-1:cpu.percent"), "failure");
}

static void
a_rule_that_no_longer_counts_is_closed(void **state)
{
	struct policy *old;
	struct track *t;

	(void)state;
	add_rule(policy, "cpu.percent", 50);
	start();
	t = track_of("web-1", "cpu", NULL);
	say(t, 60);
	old = policy;
	policy = make_policy();
	add_rule(policy, "cpu.percent", 50);
	add_rule(policy, "web-*:cpu.percent", 50);
	engine_reload(engine, policy);
	policy_free(old);
	assert_string_equal(
	    truth_of("cpu.percent", "web-1:cpu.percent"), "none");
	at(10);
	say(t, 60);
	assert_string_equal(
	    truth_of("web-*:cpu.percent", "web-1:cpu.percent"), "failure");
}

static void
a_rate_over_a_gap_is_no_number(void **state)
{
	struct message *m;
	struct track *t;

	(void)state;
	add_rule(policy, "web.requests", 100);
	start();
	t = track_of("me", "web", NULL);
	for (int64_t s = 0; s < 30; s += 10)
		pass(t, &requests, (WALL + s) * NS_PER_S, 10 * NS_PER_S,
		    s == 0 ? NAN : 1);
	assert_string_equal(truth_of(NULL, "me:web.requests"), "ok");
	pass(t, &requests, (WALL + 55) * NS_PER_S, 10 * NS_PER_S, 500);
	assert_string_equal(truth_of(NULL, "me:web.requests"), "ok");
	pass(t, &requests, (WALL + 65) * NS_PER_S, 10 * NS_PER_S, 500);
	assert_string_equal(truth_of(NULL, "me:web.requests"), "failure");
	m = deliver();
	assert_non_null(m);
	assert_string_equal(m->items[0].unit, "/s");
	message_free(m);
}

static void
a_host_that_paused_gives_every_series_its_time_again(void **state)
{
	struct track *there, *gone;

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	start();
	there = track_of("me", "memory", NULL);
	gone = track_of("me", "cpu", NULL);
	say(gone, 50);
	for (int64_t s = 0; s <= 40; s += 10) {
		at(s);
		say(there, 50);
	}
	at(42); /* it is being waited for */
	pass(there, &percent, (WALL + 55) * NS_PER_S, 10 * NS_PER_S, 50);
	at(45);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "ok");
	for (int64_t s = 60; s <= 90; s += 10) {
		at(s);
		say(there, 50);
	}
	at(95);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "no-data");
}

/* What came every second is gone; what comes every ten seconds is no pause. */
static void
the_fastest_series_is_missed_as_well(void **state)
{
	struct track *there, *gone;

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	start();
	there = track_of("me", "memory", NULL);
	gone = track_of("me", "cpu", NULL);
	for (int64_t s = 0; s <= 60; s++) {
		at(s);
		if (s <= 20)
			pass(gone, &percent, (WALL + s) * NS_PER_S, NS_PER_S,
			    50);
		if (s % 10 == 0)
			say(there, 50);
		engine_tick(engine);
	}
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "no-data");
}

static void
a_host_with_a_longer_interval_is_not_silent_between(void **state)
{
	struct track *cpu, *memory;

	(void)state;
	policy->hosts = rule_new_hosts();
	start();
	cpu = track_of("web-1", "cpu", NULL);
	memory = track_of("web-1", "memory", NULL);
	for (int64_t s = 0; s <= 100; s += 10) {
		at(s);
		say(cpu, 50);
		say(memory, 50);
	}
	/* its daemon was started anew */
	for (int64_t s = 120; s <= 600; s++) {
		const int64_t stamp = (WALL + s) * NS_PER_S;

		at(s);
		if (s % 120 == 0) {
			pass(cpu, &percent, stamp, 120 * NS_PER_S, 50);
			pass(memory, &percent, stamp, 120 * NS_PER_S, 50);
		}
		engine_tick(engine);
		assert_string_equal(truth_of(NULL, "web-1:host.silent"), "ok");
	}
	at(600 + 420);
	engine_tick(engine);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "failure");
}

static void
names_that_need_quoting_stay_apart(void **state)
{
	(void)state;
	add_rule(policy, "*[*].percent", 90);
	start();
	say(track_of("me", "disk", "a]"), 95);
	say(track_of("me", "disk", "a\\]"), 50);
	say(track_of("me:disk", "x", "a"), 50);
	assert_string_equal(
	    truth_of(NULL, "me:disk[a\\]].percent"), "failure");
	assert_string_equal(truth_of(NULL, "me:disk[a\\\\\\]].percent"), "ok");
	assert_string_equal(truth_of(NULL, "me\\:disk:x[a].percent"), "ok");
}

static void
what_no_rule_means_leaves_no_alert(void **state)
{
	struct track *t;

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	start();
	t = track_of("me", "disk", NULL);
	say(t, 95);
	say(track_of("me", "cpu", "0"), 95); /* with an instance */
	assert_int_equal(engine_stats(engine).alerts, 0);
	assert_int_equal(engine_stats(engine).tracks, 2);
	engine_untrack(engine, t);
	assert_int_equal(engine_stats(engine).tracks, 1);
}

static void
a_forgotten_series_keeps_its_alert(void **state)
{
	struct track *t;

	(void)state;
	t = watch_cpu();
	say(t, 95);
	engine_untrack(engine, t);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "failure");
	assert_ptr_equal(track_of("me", "cpu", NULL), t);
	at(10);
	say(t, 50);
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "ok");
	assert_int_equal(engine_stats(engine).alerts, 1);
}

static void
what_may_be_missing_and_is_ok_goes_with_its_series(void **state)
{
	struct track *quiet, *firing;

	(void)state;
	add_rule(policy, "cpu[*].percent", 90)->missing = 0;
	start();
	quiet = track_of("me", "cpu", "0");
	firing = track_of("me", "cpu", "1");
	say(quiet, 50);
	say(firing, 95);
	engine_untrack(engine, quiet);
	engine_untrack(engine, firing);
	assert_string_equal(truth_of(NULL, "me:cpu[0].percent"), "none");
	assert_string_equal(truth_of(NULL, "me:cpu[1].percent"), "failure");
	assert_int_equal(engine_stats(engine).tracks, 1);
	assert_int_equal(engine_stats(engine).rows, 1);
}

static void
what_is_forgotten_by_hand_begins_anew(void **state)
{
	char why[64];
	struct pattern *p = pattern_parse("me:cpu", why, sizeof(why));
	struct track *t;
	uint32_t mark;

	(void)state;
	add_rule(policy, "cpu.percent", 90)->cooldown_ns = 0;
	start();
	t = track_of("me", "cpu", NULL);
	say(t, 95);
	mark = expect("me:cpu.percent", KIND_FIRING, 1).mark;
	at(10);
	assert_int_equal(engine_forget(engine, p), 1);
	assert_int_equal(engine_forget(engine, p), 0);
	assert_int_equal(engine_stats(engine).alerts, 0);
	assert_int_equal(
	    expect("me:cpu.percent", KIND_CLOSED, 2).closing, CLOSING_HAND);
	assert_int_equal(engine_stats(engine).rows, 0);
	at(20);
	say(t, 95);
	/* another incident, though it has the same number */
	assert_int_not_equal(
	    expect("me:cpu.percent", KIND_FIRING, 1).mark, mark);
	pattern_free(p);
}

static void
a_host_that_was_taken_away_is_forgotten_by_hand(void **state)
{
	char why[64];
	struct pattern *p = pattern_parse("web-*:host", why, sizeof(why));
	struct track *gone, *t;

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	policy->hosts = rule_new_hosts();
	rule_notify(policy->hosts, "slack");
	start();
	gone = track_of("web-1", "cpu", NULL);
	t = track_of("web-2", "cpu", NULL);
	say(gone, 50);
	for (int64_t s = 0; s <= 50; s += INTERVAL) {
		at(s);
		say(t, 50);
		engine_tick(engine);
	}
	expect("web-1:host.silent", KIND_FIRING, 1);
	/* its number and that it is silent; the other goes on */
	assert_int_equal(engine_forget(engine, p), 2);
	assert_int_equal(engine_forget(engine, p), 0);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "none");
	assert_string_equal(truth_of(NULL, "web-1:cpu.percent"), "none");
	assert_string_equal(truth_of(NULL, "web-2:cpu.percent"), "ok");
	at(350);
	say(t, 50);
	assert_int_equal(
	    expect("web-1:host.silent", KIND_CLOSED, 2).closing, CLOSING_HAND);
	say(gone, 50);
	assert_string_equal(truth_of(NULL, "web-1:host.silent"), "ok");
	pattern_free(p);
}

static void
what_begins_anew_is_not_over_before_a_number_says_so(void **state)
{
	char why[64];
	struct pattern *p = pattern_parse("me:cpu", why, sizeof(why));
	struct rule *r = add_rule(policy, "cpu.percent", 90);
	struct track *t;

	(void)state;
	r->cooldown_ns = 15 * NS_PER_S;
	r->for_ns = 30 * NS_PER_S;
	start();
	t = track_of("me", "cpu", NULL);
	for (int64_t s = 0; s <= 30; s += 10) {
		at(s);
		say(t, 95);
	}
	message_free(deliver());
	assert_int_equal(engine_forget(engine, p), 1);
	for (int64_t s = 40; s <= 100; s += 10) {
		at(s);
		say(t, 95);
		assert_null(deliver());
	}
	assert_string_equal(truth_of(NULL, "me:cpu.percent"), "failure");
	assert_int_equal(engine_forget(engine, p), 1);
	at(110);
	say(t, 50);
	expect("me:cpu.percent", KIND_RESOLVED, 2);
	pattern_free(p);
}

static void
an_answer_that_nobody_waits_for_is_ignored(void **state)
{
	struct message *m, *again;
	struct policy *old = policy;

	(void)state;
	say(watch_cpu(), 95);
	m = engine_begin(engine, "slack");
	assert_non_null(m);
	assert_null(engine_begin(engine, "slack"));
	assert_null(engine_begin(engine, "nobody"));
	engine_answer(engine, "slack", m->serial + 1, ANSWER_DELIVERED, 0, 0);
	engine_answer(engine, "nobody", m->serial, ANSWER_DELIVERED, 0, 0);
	assert_null(engine_begin(engine, "slack"));
	/* the receiver goes, and comes back: told anew */
	policy = policy_new("me");
	add_rule(policy, "cpu.percent", 90);
	engine_reload(engine, policy);
	assert_int_equal(engine_stats(engine).rows, 0);
	engine_reload(engine, old);
	again = engine_begin(engine, "slack");
	assert_non_null(again);
	engine_answer(engine, "slack", m->serial, ANSWER_DELIVERED, 0, 0);
	assert_null(engine_begin(engine, "slack"));
	engine_answer(engine, "slack", again->serial, ANSWER_DELIVERED, 0, 0);
	at(10);
	assert_null(engine_begin(engine, "slack"));
	message_free(m);
	message_free(again);
	engine_reload(engine, old);
	policy_free(policy);
	policy = old;
}

static void
retries_are_spread_and_never_later_than_said(void **state)
{
	struct message *m;
	uint32_t mark = 0;

	(void)state;
	say(watch_cpu(), 95);
	for (int64_t wait = 1; wait <= 16; wait *= 2) {
		const uint32_t random = (uint32_t)wait * 1000000007u;
		int64_t wake;

		m = engine_begin(engine, "slack");
		assert_non_null(m);
		assert_true(wait == 1 || m->items[0].mark == mark);
		mark = m->items[0].mark;
		engine_answer(
		    engine, "slack", m->serial, ANSWER_NOT, 0, random);
		message_free(m);
		wake = engine_wake(engine) - second * NS_PER_S;
		assert_true(wake <= (wait > 1 ? wait : 1) * NS_PER_S);
		assert_true(wake >= wait * NS_PER_S / 4 * 3);
		at(second + wait);
	}
	m = engine_begin(engine, "slack");
	engine_answer(
	    engine, "slack", m->serial, ANSWER_NOT, 7000 * NS_PER_S, 0);
	message_free(m);
	assert_int_equal(engine_wake(engine), (second + 600) * NS_PER_S);
}

static void
a_silence_ends_by_hand_and_there_are_not_too_many(void **state)
{
	char why[64];
	uint64_t n = 0;

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	start();
	for (int i = 0; i < 1000; i++)
		n = engine_silence(engine,
		    pattern_parse("me:cpu", why, sizeof(why)), "me:cpu",
		    "moving", 3600 * NS_PER_S);
	assert_int_equal(n, 1000);
	assert_int_equal(
	    engine_silence(engine, pattern_parse("*", why, sizeof(why)), "*",
		"", NS_PER_S),
	    0);
	assert_true(engine_unsilence(engine, n--));
	assert_int_equal(
	    engine_silence(engine, pattern_parse("*", why, sizeof(why)), "*",
		"a\nb", NS_PER_S),
	    0);
	say(track_of("me", "cpu", NULL), 95);
	assert_null(engine_begin(engine, "slack"));
	for (; n > 1; n--)
		assert_true(engine_unsilence(engine, n));
	assert_false(engine_unsilence(engine, 2));
	assert_null(engine_begin(engine, "slack"));
	assert_true(engine_unsilence(engine, 1));
	message_free(deliver());
	at(3600);
	assert_int_equal(engine_stats(engine).silences, 0);
}

static void
no_stamp_and_no_interval_does_harm(void **state)
{
	static const int64_t odd[] = { INT64_MIN, -1, 0, 1, NS_PER_S,
		(int64_t)WALL * NS_PER_S, STAMP_MAX - 1, STAMP_MAX,
		INT64_MAX };
	enum { N = sizeof(odd) / sizeof(*odd) };
	struct rule *r = add_rule(policy, "cpu.percent", 90);

	(void)state;
	r->for_ns = NS_PER_S;
	r->missing = RULE_MISSING_MAX;
	policy->hosts = rule_new_hosts();
	start();
	for (size_t i = 0; i < N * N * 3; i++) {
		struct track *t =
		    track_of(i % 3 == 0 ? "me" : "web-1", "cpu", NULL);

		at((int64_t)i);
		pass(t, &percent, odd[i % N], odd[i / N % N],
		    i % 5 == 0	 ? NAN
		    : i % 7 == 0 ? INFINITY
				 : 95);
	}
	engine_step(engine, INT64_MIN / 4);
	engine_step(engine, INT64_MAX / 4);
	message_free(deliver());
}

static void
see_receiver(void *arg, const struct receiver_view *v)
{
	*(struct receiver_view *)arg = *v;
}

static void
see_host(void *arg, const struct host_view *v)
{
	*(struct host_view *)arg = *v;
}

static void
see_silence(void *arg, const struct silence_view *v)
{
	*(struct silence_view *)arg = *v;
}

static void
see_row(void *arg, const struct row_view *v)
{
	*(struct row_view *)arg = *v;
}

static void
everything_can_be_looked_at(void **state)
{
	struct receiver_view receiver;
	struct host_view host;
	struct silence_view silence;
	struct row_view row;
	char why[64];

	(void)state;
	add_rule(policy, "cpu.percent", 90);
	start();
	at(7);
	say(track_of("me", "cpu", NULL), 95);
	at(8);
	engine_each_receiver(engine, see_receiver, &receiver);
	assert_string_equal(receiver.name, "slack");
	assert_int_equal(receiver.ready, 1);
	engine_each_host(engine, see_host, &host);
	assert_string_equal(host.name, "me");
	assert_int_equal(host.heard_ns, (WALL + 7) * NS_PER_S);
	engine_silence(engine, pattern_parse("*", why, sizeof(why)), "*",
	    "moving", 60 * NS_PER_S);
	engine_each_silence(engine, see_silence, &silence);
	assert_int_equal(silence.number, 1);
	assert_string_equal(silence.why, "moving");
	assert_int_equal(silence.end_ns, (WALL + 68) * NS_PER_S);
	engine_each_row(engine, see_row, &row);
	assert_string_equal(row.of.plugin, "cpu");
	assert_int_equal(row.verdict.hold, HOLD_SILENCE);
	assert_int_equal(row.silence, 1);
}

static void
what_happens_while_a_message_is_under_way_waits_for_the_answer(void **state)
{
	struct message *m;
	struct row_view row;
	struct track *t;

	(void)state;
	add_rule(policy, "cpu.percent", 90)->limits.warning = 80;
	start();
	t = track_of("me", "cpu", NULL);
	say(t, 85);
	m = engine_begin(engine, "slack");
	assert_non_null(m);
	at(10);
	say(t, 95);
	at(20);
	say(t, 50);
	assert_null(engine_begin(engine, "slack"));
	engine_answer(engine, "slack", m->serial, ANSWER_NOT, 0, 0);
	message_free(m);
	engine_each_row(engine, see_row, &row);
	assert_int_equal(row.verdict.kind, KIND_MISSED);
	assert_int_equal(row.entry->due.level, RANK_WARNING);
	assert_int_equal(row.entry->changes, 3);
}

#define ENGINE_TEST(f)                                                        \
	cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_TEST(a_message_says_what_where_and_since_when),
		ENGINE_TEST(what_is_told_late_says_when_it_was_over),
		ENGINE_TEST(a_host_that_is_heard_again_was_silent_until_then),
		ENGINE_TEST(the_most_specific_rule_fires),
		ENGINE_TEST(a_rule_that_no_longer_counts_is_closed),
		ENGINE_TEST(a_rate_over_a_gap_is_no_number),
		ENGINE_TEST(
		    a_host_that_paused_gives_every_series_its_time_again),
		ENGINE_TEST(the_fastest_series_is_missed_as_well),
		ENGINE_TEST(
		    a_host_with_a_longer_interval_is_not_silent_between),
		ENGINE_TEST(names_that_need_quoting_stay_apart),
		ENGINE_TEST(what_no_rule_means_leaves_no_alert),
		ENGINE_TEST(a_forgotten_series_keeps_its_alert),
		ENGINE_TEST(
		    what_may_be_missing_and_is_ok_goes_with_its_series),
		ENGINE_TEST(what_is_forgotten_by_hand_begins_anew),
		ENGINE_TEST(a_host_that_was_taken_away_is_forgotten_by_hand),
		ENGINE_TEST(
		    what_begins_anew_is_not_over_before_a_number_says_so),
		ENGINE_TEST(an_answer_that_nobody_waits_for_is_ignored),
		ENGINE_TEST(retries_are_spread_and_never_later_than_said),
		ENGINE_TEST(a_silence_ends_by_hand_and_there_are_not_too_many),
		ENGINE_TEST(no_stamp_and_no_interval_does_harm),
		ENGINE_TEST(everything_can_be_looked_at),
		ENGINE_TEST(
		    what_happens_while_a_message_is_under_way_waits_for_the_answer),
	};

	return cmocka_run_group_tests_name("alert_engine", tests, NULL, NULL);
}
