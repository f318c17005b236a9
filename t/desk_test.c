/* SPDX-License-Identifier: MIT */
/* The desk with its threads, on a disk that fails as the test says
 * (fake_store.h), in a time that is the test's (fake_clock.h). */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "alert/courier.h"
#include "alert/desk.h"
#include "captured.h"
#include "fake_clock.h"
#include "fake_store.h"
#include "flow/cache.h"
#include "flow/filter.h"
#include "lists.h"

enum { PACE_MS = 1000, MESSAGES = 64 };

/* --- receivers ----------------------------------------------------------- */

/* What a receiver does, and what it was told. */
struct ear {
	_Atomic int answer, n;
	_Atomic bool deaf;
	char titles[MESSAGES][256];
	int commits[MESSAGES]; /* so far, when it was told */
	enum fettle_reason reasons[MESSAGES];
};

static struct ear ears[2];

static int
hear(struct fettle_ctx *ctx, const struct fettle_notice *notice)
{
	struct ear *e = &ears[strcmp(ctx->label, "slack") != 0];
	const struct timespec moment = { .tv_nsec = 1000 * 1000 };
	const int n = e->n;

	snprintf(e->titles[n], sizeof(e->titles[n]), "%s", notice->title);
	e->commits[n] = fake_disk.commits;
	e->reasons[n] = notice->reason;
	e->n++;
	while (e->deaf)
		nanosleep(&moment, NULL);
	snprintf(ctx->reason, sizeof(ctx->reason), "said %d", e->answer);
	return e->answer;
}

static const struct fettle_plugin hearing = {
	FETTLE_ABI,
	.pace_ms = PACE_MS,
	.notify = hear,
};

/* --- the world ----------------------------------------------------------- */

static struct guard guard;
static struct plugin *plugin;
static struct series_table table;
static struct desk *desk;
static struct courier *couriers[2];
static const char *const names[] = { "slack", "mail" };

/* One rule, x.v at 90 is a failure; hub: hosts are watched too. */
static struct policy *
make_policy(size_t receivers, bool hub)
{
	struct policy *p = policy_new("here");
	char why[128];
	struct rule *r = rule_new("x.v", NULL, why, sizeof(why));

	assert_non_null(r);
	r->limits.failure = 90;
	r->cooldown_ns = 60 * NS_PER_S;
	vec_add(&p->rules) = r;
	if (hub)
		p->hosts = rule_new_hosts();
	for (size_t i = 0; i < receivers; i++) {
		policy_listen(
		    p, names[i], SEVERITIES_ALL, PACE_MS * NS_PER_MS);
		rule_notify(r, names[i]);
		if (hub)
			rule_notify(p->hosts, names[i]);
	}
	return p;
}

static void
start(size_t receivers, bool hub)
{
	const struct courier_options options = { .drain_ns = NS_PER_S };

	desk = desk_new("here");
	table.filter = desk_filter(desk);
	desk_start(desk, make_policy(receivers, hub), "/state/alerts.db");
	for (size_t i = 0; i < receivers; i++) {
		struct fettle_ctx *ctx =
		    instance_new(plugin, names[i], NULL, &guard);

		ctx->timeout_ns = 3600 * NS_PER_S;
		couriers[i] = courier_start(desk, ctx, &options);
		instance_unref(ctx);
	}
}

/* The table forgets its series as well, which know the desk. */
static void
stop(void)
{
	for (size_t i = 0; i < 2; i++) {
		if (couriers[i] == NULL)
			continue;
		assert_true(courier_ended(
		    couriers[i], courier_stop(couriers[i]) + NS_PER_S));
		courier_unref(couriers[i]);
		couriers[i] = NULL;
	}
	assert_true(desk_stop(desk, clock_mono() + NS_PER_S));
	series_fini(&table);
	series_init(&table, &lists_limits, NULL);
	table.forget = cache_forget;
	desk_free(desk);
	desk = NULL;
}

static int
begin(void **state)
{
	char why[100];

	/* no record of the log is held back for what the test before did */
	fake_clock_set(clock_mono() + 100000 * NS_PER_S, LISTS_TIME);
	fake_disk_init();
	memset(ears, 0, sizeof(ears));
	plugin = plugin_new("hearing", &hearing, why, sizeof(why));
	series_init(&table, &lists_limits, NULL);
	table.forget = cache_forget;
	return guard_init(&guard) < 0 || captured_begin(state) != 0;
}

static int
end(void **state)
{
	fake_disk.hangs = fake_disk.open_hangs = false;
	ears[0].deaf = ears[1].deaf = false;
	stop();
	series_fini(&table);
	plugin_free(plugin);
	guard_fini(&guard);
	fake_disk_fini();
	return captured_end(state);
}

/* A list comes, of plugin x on that host, that was measured so long before it
 * was sent by it, or by a hub. */
static void
comes_kept(const char *host, double number, int64_t kept_ns, struct via *via)
{
	const struct fettle_value v = fettle_gauge(number);
	struct fettle_list l = lists_one("x", NULL, &v);
	const struct fettle_list *all = &l;
	struct batch_origin o = lists_origin();
	struct taken taken;
	struct batch *b;

	l.host = host;
	l.time_ns = clock_wall() - kept_ns;
	l.interval_ns = 10 * NS_PER_S;
	o.names.now_ns = clock_mono();
	o.names.now_wall_ns = clock_wall();
	o.sent_ns = clock_wall();
	o.via = via;
	b = batch_build(&table, &o, &all, 1, &taken);
	assert_non_null(b);
	cache_update(&b->lists[0], 0);
	table.filter->pass(table.filter, b);
	batch_unref(b);
}

static void
comes_from(const char *host, double number)
{
	comes_kept(host, number, 0, NULL);
}

static void
comes(double number)
{
	comes_from("here", number);
}

/* Time goes by, and the same comes as it would. */
static void
goes_on(double number, int lists)
{
	for (int i = 0; i < lists; i++) {
		fake_clock_advance(10 * NS_PER_S);
		comes(number);
	}
}

static struct desk_stats
stats(void)
{
	struct desk_stats s;

	desk_stats(desk, &s);
	return s;
}

struct wanted {
	const struct ear *ear;
	int n;
};

static bool
has_heard(void *arg)
{
	const struct wanted *w = arg;

	return w->ear->n >= w->n;
}

static const char *
heard(int receiver, int n)
{
	struct wanted w = { &ears[receiver], n };

	assert_true(fake_clock_await(has_heard, &w));
	return ears[receiver].titles[n - 1];
}

struct answers {
	const char *receiver;
	uint64_t n;
};

static bool
is_delivered(void *arg)
{
	const struct answers *a = arg;
	struct desk_receiver r;

	desk_receiver(desk, a->receiver, &r);
	return r.sent + r.failed >= a->n && r.under_way == 0;
}

/* Until that many answers have come, and what they changed is on disk.  Time
 * that goes by before that does not count for what is paced from then on. */
static void
answered_by(const char *receiver, uint64_t n)
{
	struct answers a = { receiver, n };

	assert_true(fake_clock_await(is_delivered, &a));
}

static void
answered(uint64_t n)
{
	answered_by("slack", n);
}

static bool
is_in_state(void *arg)
{
	return stats().store == *(enum desk_store *)arg;
}

static void
store_becomes(enum desk_store s)
{
	assert_true(fake_clock_await(is_in_state, &s));
}

static bool
has_said(void *arg)
{
	return captured_count(arg) > 0;
}

/* Once, shortly after the state that it tells of. */
static void
is_said(const char *what)
{
	char *arg = xstrdup(what);

	assert_true(fake_clock_await(has_said, arg));
	assert_int_equal(captured_count(what), 1);
	free(arg);
}

/* --- tests --------------------------------------------------------------- */

static void
what_is_told_was_on_disk_before(void **state)
{
	int before;

	(void)state;
	start(1, false);
	comes(10);
	store_becomes(DESK_STORE_OK);
	before = fake_disk.commits;
	goes_on(95, 1);
	assert_non_null(strstr(heard(0, 1), "x.v"));
	assert_true(ears[0].commits[0] > before);
	answered(1);
	goes_on(95, 3);
	goes_on(10, 1);
	assert_int_equal(ears[0].n, 1); /* the cooldown holds it */
	fake_clock_advance(61 * NS_PER_S);
	heard(0, 2);
	assert_int_equal(stats().by_rank[RANK_OK], 1);
}

static void
a_disk_that_fails_keeps_nothing_back_and_heals(void **state)
{
	(void)state;
	start(1, false);
	comes(10);
	fake_disk.commit_fails = -EIO;
	goes_on(95, 1);
	heard(0, 1);
	store_becomes(DESK_STORE_DEGRADED);
	is_said("alerts cannot be kept");
	assert_non_null(strstr(stats().why, "alerts.db"));
	answered(1);
	fake_disk.commit_fails = 0;
	fake_clock_advance(61 * NS_PER_S);
	store_becomes(DESK_STORE_OK);
	is_said("alerts are kept again");
	fake_disk_save();
	stop();
	fake_disk_restore();
	start(1, false);
	goes_on(95, 3);
	assert_int_equal(stats().by_rank[RANK_FAILURE], 1);
	assert_int_equal(ears[0].n, 1); /* that was told is known */
}

static bool
is_hung(void *arg)
{
	(void)arg;
	return fake_disk.hung;
}

static void
a_disk_that_hangs_is_said_and_delays_only_what_is_told(void **state)
{
	const int64_t begun = clock_wall();

	(void)state;
	start(1, false);
	fake_disk.hangs = true;
	comes(10);
	assert_true(fake_clock_await(is_hung, NULL));
	assert_int_equal(stats().store, DESK_STORE_OK);
	goes_on(95, 2); /* each 10 s after the one before, none waits */
	assert_int_equal(stats().by_rank[RANK_FAILURE], 1);
	assert_int_equal(stats().store, DESK_STORE_HANGS);
	assert_non_null(strstr(stats().why, "alerts.db: the disk has not"));
	assert_int_equal(stats().since_ns, begun);
	is_said("the disk has not answered");
	assert_int_equal(ears[0].n, 0);
	fake_disk.hangs = false;
	heard(0, 1);
	answered(1);
	store_becomes(DESK_STORE_OK);
	is_said("the disk answered after");
}

static void
what_is_gone_meanwhile_is_gone_from_a_disk_that_heals(void **state)
{
	bool kept;

	(void)state;
	start(1, false);
	comes(95);
	heard(0, 1);
	answered(1);
	assert_int_equal(
	    desk_silence(desk, pattern_parse("y", (char[64]){ 0 }, 64), "y",
		"why", 3600 * NS_PER_S, &kept),
	    1);
	assert_true(kept);
	fake_disk.commit_fails = -EIO;
	assert_true(desk_unsilence(desk, 1, &kept));
	assert_false(kept);
	assert_false(desk_unsilence(desk, 1, &kept));
	fake_disk.commit_fails = 0;
	fake_clock_advance(61 * NS_PER_S);
	store_becomes(DESK_STORE_OK);
	stop();
	start(1, false);
	assert_int_equal(stats().engine.silences, 0);
	assert_int_equal(stats().engine.alerts, 1);
}

static void
what_cannot_be_read_at_the_start_is_not_lost(void **state)
{
	char why[64];
	bool kept;

	(void)state;
	start(1, false);
	comes_from("web-1", 95);
	fake_clock_advance(10 * NS_PER_S); /* it may be a replay */
	heard(0, 1);
	answered(1);
	assert_int_equal(desk_silence(desk, pattern_parse("y", why, 64), "y",
			     "why", 3600 * NS_PER_S, &kept),
	    1);
	fake_disk_save();
	stop();
	fake_disk_restore();
	fake_disk.open_fails = -EIO;
	start(1, false);
	assert_int_equal(stats().store, DESK_STORE_DEGRADED);
	comes(95);
	heard(0, 2);
	answered(1);
	assert_int_equal(desk_silence(desk, pattern_parse("z", why, 64), "z",
			     "why", 3600 * NS_PER_S, &kept),
	    1);
	assert_false(kept);
	fake_disk.open_fails = 0;
	fake_clock_advance(61 * NS_PER_S);
	store_becomes(DESK_STORE_OK);
	assert_int_equal(stats().engine.silences, 2);
	assert_int_equal(stats().by_rank[RANK_FAILURE], 2);
	comes_from("web-1", 10); /* it was told of before */
	fake_clock_advance(10 * NS_PER_S);
	heard(0, 3);
	answered(2);
	assert_non_null(
	    strstr(ears[0].titles[2], "resolved after 71 s: web-1"));
	stop();
	start(1, false);
	assert_int_equal(stats().engine.silences, 2);
	assert_int_equal(stats().by_rank[RANK_FAILURE], 1);
	assert_int_equal(stats().by_rank[RANK_OK], 1);
}

static void *
six_seconds(void *arg)
{
	(void)arg;
	fake_clock_await(is_hung, NULL);
	fake_clock_advance(6 * NS_PER_S);
	return NULL;
}

static void
a_disk_that_hangs_at_the_start_is_waited_for_but_not_for_ever(void **state)
{
	pthread_t time_goes_by;

	(void)state;
	start(1, false);
	comes_from("web-1", 95);
	fake_clock_advance(10 * NS_PER_S); /* it may be a replay */
	heard(0, 1);
	answered(1);
	stop();
	fake_disk.open_hangs = true;
	pthread_create(&time_goes_by, NULL, six_seconds, NULL);
	start(1, false);
	pthread_join(time_goes_by, NULL);
	assert_int_equal(captured_count("alerts begin without"), 1);
	comes(10);
	assert_int_equal(stats().by_rank[RANK_OK], 1);
	fake_disk.open_hangs = false;
	store_becomes(DESK_STORE_OK);
	assert_int_equal(stats().by_rank[RANK_FAILURE], 1);
	assert_int_equal(ears[0].n, 1);
}

static void
killed_under_way_it_is_said_once_more(void **state)
{
	(void)state;
	start(1, false);
	comes(10);
	ears[0].deaf = true;
	goes_on(95, 1);
	heard(0, 1);
	fake_disk_save(); /* as it would be after a kill */
	ears[0].deaf = false;
	answered(1);
	stop();
	fake_disk_restore();
	start(1, false);
	goes_on(95, 1);
	assert_int_equal(ears[0].n, 1);
	goes_on(95, 6);
	heard(0, 2);
	answered(1);
	goes_on(95, 6);
	assert_int_equal(ears[0].n, 2);
}

static void
one_that_hangs_delays_nobody_else(void **state)
{
	(void)state;
	start(2, false);
	comes(10);
	ears[0].deaf = true;
	goes_on(95, 1);
	heard(0, 1);
	heard(1, 1);
	answered_by("mail", 1);
	goes_on(10, 8);
	heard(1, 2);
	assert_int_equal(ears[0].n, 1);
	ears[0].deaf = false;
	heard(0, 1);
}

static void
what_was_kept_is_not_judged_but_by_another_hubs_clock(void **state)
{
	static const char *const queues[] = {
		"0123456789abcdef0123456789abcdef"
	};
	struct via *via = via_new(queues, 1, NULL);

	(void)state;
	start(1, false);
	comes_kept("web-1", 95, 61 * NS_PER_S, NULL);
	assert_int_equal(stats().engine.late, 1);
	assert_int_equal(stats().engine.alerts, 0);
	comes_kept("web-2", 95, 600 * NS_PER_S, via);
	assert_int_equal(stats().engine.late, 1);
	assert_int_equal(stats().by_rank[RANK_FAILURE], 1);
	via_unref(via);
}

static void
a_step_of_the_clock_changes_no_alert(void **state)
{
	(void)state;
	start(1, false);
	comes(95);
	heard(0, 1);
	answered(1);
	fake_clock_step(3600 * NS_PER_S);
	goes_on(95, 3);
	assert_int_equal(captured_count("the wall clock was stepped by"), 1);
	fake_clock_step(-7200 * NS_PER_S);
	goes_on(95, 3);
	assert_int_equal(stats().engine.late, 0);
	assert_int_equal(stats().by_rank[RANK_FAILURE], 1);
	assert_int_equal(ears[0].n, 1);
}

static bool
host_is_told(void *arg)
{
	(void)arg;
	fake_clock_advance(NS_PER_S);
	return ears[0].n > 0;
}

static void
a_silent_host_is_told_though_nothing_comes(void **state)
{
	(void)state;
	start(1, true);
	comes_from("web-1", 10);
	fake_clock_advance(10 * NS_PER_S);
	comes_from("web-1", 10);
	assert_true(fake_clock_await(host_is_told, NULL));
	assert_non_null(strstr(ears[0].titles[0], "web-1"));
	assert_non_null(strstr(ears[0].titles[0], "silent"));
}

static void
a_test_says_what_the_receiver_said(void **state)
{
	const int64_t long_ns = 30 * NS_PER_S;
	char said[64];
	int answer;
	struct desk_receiver r;

	(void)state;
	start(1, false);
	assert_int_equal(desk_test(desk, "slack", clock_mono() + long_ns,
			     &answer, said, sizeof(said)),
	    DESK_TESTED);
	assert_int_equal(answer, FETTLE_DELIVERED);
	assert_string_equal(said, "said 0");
	assert_int_equal(ears[0].reasons[0], FETTLE_TEST);
	assert_int_equal(desk_test(desk, "nobody", clock_mono() + long_ns,
			     &answer, said, sizeof(said)),
	    DESK_NO_RECEIVER);
	/* the next is paced: the time for it does not come */
	assert_true(desk_receiver(desk, "slack", &r));
	assert_true(r.next_ns >= clock_wall() + PACE_MS * NS_PER_MS);
	assert_int_equal(desk_test(desk, "slack", clock_mono(), &answer, said,
			     sizeof(said)),
	    DESK_TEST_LATE);
	fake_clock_advance(PACE_MS * NS_PER_MS);
	heard(0, 2);
	assert_int_equal(stats().engine.alerts, 0);
}

static void
collect(void *arg, const struct history_event *e)
{
	char *text = arg;
	const size_t len = strlen(text);

	snprintf(text + len, 256 - len, "%s%s%s ", history_name(e->what),
	    e->words != NULL ? ":" : "", e->words != NULL ? e->words : "");
}

static void
what_happened_is_remembered_in_order(void **state)
{
	char text[256] = "";

	(void)state;
	start(1, false);
	comes(10);
	ears[0].answer = FETTLE_RETRY;
	goes_on(95, 1);
	heard(0, 1);
	answered(1);
	ears[0].answer = FETTLE_DELIVERED;
	goes_on(95, 1);
	heard(0, 2);
	answered(2);
	goes_on(10, 1);
	assert_int_equal(
	    desk_history(desk, "x.v", "here:x.v", collect, text), 6);
	assert_string_equal(text, "moved sent failed:said 1 "
				  "delivered:said 0 moved held ");
	assert_int_equal(
	    desk_history(desk, "x.v", "there:x.v", collect, text), 0);
	stop();
	start(1, false);
	text[0] = '\0';
	desk_history(desk, "x.v", "here:x.v", collect, text);
	assert_memory_equal(
	    text, "moved sent failed:said 1 delivered:said 0 moved held ", 53);
}

static void
a_series_may_be_forgotten_and_come_back(void **state)
{
	(void)state;
	start(1, false);
	comes(10);
	fake_clock_advance(NS_PER_S);
	series_sweep(&table, clock_mono(), 0);
	assert_int_equal(stats().engine.alerts, 1); /* its truth stays */
	goes_on(95, 1);
	heard(0, 1);
}

static void
a_reload_brings_rules_and_takes_them(void **state)
{
	(void)state;
	start(1, false);
	comes(95);
	heard(0, 1);
	answered(1);
	fake_clock_advance(2 * NS_PER_S);
	desk_reload(desk, policy_new("here"));
	assert_int_equal(stats().engine.alerts, 0);
	desk_reload(desk, make_policy(1, false));
	goes_on(95, 1);
	assert_int_equal(stats().by_rank[RANK_FAILURE], 1);
}

static void
without_rules_it_does_nothing(void **state)
{
	(void)state;
	desk = desk_new("here");
	table.filter = desk_filter(desk);
	desk_start(desk, policy_new("here"), NULL);
	comes(95);
	assert_int_equal(stats().engine.tracks, 0);
	assert_int_equal(fake_disk.commits, 0);
	assert_int_equal(stats().store, DESK_STORE_NONE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_told_was_on_disk_before),
		TEST(a_disk_that_fails_keeps_nothing_back_and_heals),
		TEST(a_disk_that_hangs_is_said_and_delays_only_what_is_told),
		TEST(what_is_gone_meanwhile_is_gone_from_a_disk_that_heals),
		TEST(what_cannot_be_read_at_the_start_is_not_lost),
		TEST(
		    a_disk_that_hangs_at_the_start_is_waited_for_but_not_for_ever),
		TEST(killed_under_way_it_is_said_once_more),
		TEST(one_that_hangs_delays_nobody_else),
		TEST(what_was_kept_is_not_judged_but_by_another_hubs_clock),
		TEST(a_step_of_the_clock_changes_no_alert),
		TEST(a_silent_host_is_told_though_nothing_comes),
		TEST(a_test_says_what_the_receiver_said),
		TEST(what_happened_is_remembered_in_order),
		TEST(a_series_may_be_forgotten_and_come_back),
		TEST(a_reload_brings_rules_and_takes_them),
		TEST(without_rules_it_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
