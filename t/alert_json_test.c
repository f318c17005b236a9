/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "alert_world.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "control/alert_json.h"

static void
keep_alert(void *arg, const struct alert_view *v)
{
	json_t **all = arg;

	json_array_append_new(
	    *all, alert_json(v, policy_rule(policy, v->of.rule)));
}

/* The one alert there is. */
static json_t *
the_alert(void)
{
	json_t *all = json_array(), *one;

	engine_each_alert(engine, keep_alert, &all);
	assert_int_equal(json_array_size(all), 1);
	one = json_incref(json_array_get(all, 0));
	json_decref(all);
	return one;
}

/* Compares and frees. */
static void
check(json_t *got, const char *wanted)
{
	json_error_t error;
	json_t *want = json_loads(wanted, 0, &error);
	char *text = json_dumps(got, JSON_SORT_KEYS);

	if (want == NULL)
		fail_msg("%s: %s", error.text, wanted);
	if (!json_equal(got, want))
		fail_msg("got %s\nnot %s", text, wanted);
	free(text);
	json_decref(want);
	json_decref(got);
}

static void
check_member(json_t *o, const char *key, const char *wanted)
{
	json_t *value = json_object_get(o, key);
	char *text;

	assert_non_null(value);
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS);
	if (strcmp(text, wanted) != 0)
		fail_msg("%s is %s, not %s", key, text, wanted);
	free(text);
}

static void
an_alert_has_every_member(void **state)
{
	struct rule *r = add_rule(policy, "disk[*].percent", 90);

	(void)state;
	r->message = xstrdup("clean up");
	start();
	say(track_of("web-1", "disk", "/home"), 95.5);
	check(the_alert(),
	    "{\"rule\": \"disk[*].percent\", \"host\": \"web-1\","
	    " \"series\": \"web-1:disk[/home].percent\","
	    " \"plugin\": \"disk\", \"instance\": \"/home\", \"tags\": {},"
	    " \"field\": \"percent\", \"unit\": \"percent\","
	    " \"state\": \"failure\", \"level\": \"failure\","
	    " \"since\": 1000000.0, \"value\": 95.5,"
	    " \"value_time\": 1000000.0, \"limit\": 90.0, \"below\": false,"
	    " \"worst\": 95.5, \"next\": null, \"silence\": null,"
	    " \"incident\": 1, \"message\": \"clean up\"}");
}

static void
what_is_pending_says_what_it_will_be_and_when(void **state)
{
	struct rule *r = add_rule(policy, "cpu.percent", 90);
	struct track *t;
	json_t *o;

	(void)state;
	r->limits.warning = 80;
	r->for_ns = 30 * NS_PER_S;
	r->clear_for_ns = 20 * NS_PER_S;
	start();
	t = track_of("me", "cpu", NULL);
	say(t, 50);
	o = the_alert();
	check_member(o, "state", "\"ok\"");
	check_member(o, "since", "null");
	check_member(o, "limit", "80.0");
	check_member(o, "next", "null");
	json_decref(o);
	at(10);
	say(t, 85);
	at(20);
	say(t, 95);
	o = the_alert();
	check_member(o, "state", "\"pending\"");
	check_member(o, "since", "1000010.0");
	check_member(o, "limit", "80.0");
	check_member(o, "next",
	    "{\"at\": 1000040.0, \"from\": 1000010.0, "
	    "\"state\": \"warning\"}");
	json_decref(o);
	at(30);
	say(t, 95);
	at(40);
	say(t, 95);
	o = the_alert();
	check_member(o, "state", "\"warning\"");
	check_member(o, "next",
	    "{\"at\": 1000050.0, \"from\": 1000020.0, "
	    "\"state\": \"failure\"}");
	json_decref(o);
	at(50);
	say(t, 95);
	at(60);
	say(t, 85);
	o = the_alert();
	check_member(o, "state", "\"failure\"");
	check_member(o, "limit", "90.0");
	check_member(o, "next",
	    "{\"at\": 1000080.0, \"from\": 1000060.0, "
	    "\"state\": \"warning\"}");
	json_decref(o);
	at(70);
	say(t, 10);
	at(80);
	say(t, 10);
	o = the_alert();
	check_member(o, "state", "\"warning\"");
	check_member(o, "next",
	    "{\"at\": 1000090.0, \"from\": 1000070.0, \"state\": \"ok\"}");
	json_decref(o);
}

static void
without_data_the_level_is_held(void **state)
{
	struct track *t, *other;
	json_t *o;

	(void)state;
	t = watch_cpu();
	other = track_of("me", "memory", NULL);
	say(t, 95);
	for (int64_t s = 10; s <= 50; s += 10) {
		at(s);
		say(other, 1);
	}
	o = the_alert();
	check_member(o, "state", "\"no-data\"");
	check_member(o, "level", "\"failure\"");
	check_member(o, "value", "95.0");
	check_member(o, "value_time", "1000000.0");
	check_member(o, "limit", "90.0");
	json_decref(o);
}

static void
names_stay_what_they_are_or_become_text(void **state)
{
	json_t *o;

	(void)state;
	add_rule(policy, "disk[*].percent", 90);
	start();
	say(track_of("we\033b", "disk", "/a\xff"), 95);
	o = the_alert();
	check_member(o, "host", "\"we\\u001Bb\"");
	check_member(o, "instance", "\"/a\\\\xff\"");
	json_decref(o);
}

static void
keep_row(void *arg, const struct row_view *v)
{
	*(json_t **)arg = alert_row_json(v, engine);
}

static json_t *
the_row(void)
{
	json_t *row = NULL;

	engine_each_row(engine, keep_row, &row);
	assert_non_null(row);
	return row;
}

static void
a_receiver_says_what_it_knows_and_what_is_held_back(void **state)
{
	struct rule *r = add_rule(policy, "cpu.percent", 90);
	struct track *t;

	(void)state;
	r->remind_ns = 3600 * NS_PER_S;
	start();
	t = track_of("me", "cpu", NULL);
	say(t, 95);
	at(5);
	check(the_row(),
	    "{\"receiver\": \"slack\", \"told\": \"ok\", \"told_at\": null,"
	    " \"maybe\": null, \"under_way\": false, \"changes\": 1,"
	    " \"silence\": null, \"owed\": \"firing\", \"hold\": null,"
	    " \"why\": null, \"until\": null, \"reminder\": null}");
	message_free(deliver());
	check(the_row(),
	    "{\"receiver\": \"slack\", \"told\": \"failure\","
	    " \"told_at\": 1000005.0, \"maybe\": null,"
	    " \"under_way\": false, \"changes\": 0, \"silence\": null,"
	    " \"owed\": null, \"hold\": null, \"why\": null,"
	    " \"until\": null, \"reminder\": 1003605.0}");
	at(10);
	say(t, 50);
	check(the_row(),
	    "{\"receiver\": \"slack\", \"told\": \"failure\","
	    " \"told_at\": 1000005.0, \"maybe\": null,"
	    " \"under_way\": false, \"changes\": 1, \"silence\": null,"
	    " \"owed\": \"resolved\", \"hold\": \"cooldown\","
	    " \"why\": \"cooldown\", \"until\": 1000305.0,"
	    " \"reminder\": null}");
}

static void
keep_silence(void *arg, const struct silence_view *v)
{
	*(json_t **)arg = alert_silence_json(v);
}

static void
a_silence_says_who_wanted_it_why_and_how_long(void **state)
{
	char why[100];
	json_t *o = NULL, *row;
	struct track *t;

	(void)state;
	t = watch_cpu();
	engine_silence(engine, pattern_parse("cpu", why, sizeof(why)), "cpu",
	    "a disk is\nchanged", 60 * NS_PER_S);
	engine_silence(engine, pattern_parse("cpu", why, sizeof(why)), "cpu",
	    "a disk is changed", 60 * NS_PER_S);
	say(t, 95);
	engine_each_silence(engine, keep_silence, &o);
	check(o, "{\"number\": 1, \"pattern\": \"cpu\","
		 " \"reason\": \"a disk is changed\", \"from\": 1000000.0,"
		 " \"until\": 1000060.0}");
	row = the_row();
	check_member(row, "hold", "\"silence\"");
	check_member(row, "silence", "1");
	check_member(row, "until", "1000060.0");
	json_decref(row);
}

/* --- sentences ----------------------------------------------------------- */

static void
check_sentence(const struct history_event *e, const char *wanted)
{
	json_t *o = alert_event_json(e);

	assert_string_equal(
	    json_string_value(json_object_get(o, "text")), wanted);
	json_decref(o);
}

static void
what_happened_is_a_sentence(void **state)
{
	static const struct truth failure = { RANK_FAILURE, false };
	static const struct truth blind = { RANK_FAILURE, true };
	struct history_event e = { .what = HISTORY_MOVED,
		.was = truth_good,
		.is = failure,
		.number = 97 };

	(void)state;
	check_sentence(&e, "failure, was ok");
	e.was = failure;
	e.is = blind;
	check_sentence(&e, "no data, held at failure, was failure");
	e = (struct history_event){ .what = HISTORY_HELD,
		.kind = KIND_RESOLVED,
		.hold = HOLD_COOLDOWN,
		.receiver = "slack" };
	check_sentence(&e, "slack: resolved held back: cooldown");
	e = (struct history_event){ .what = HISTORY_SENT,
		.kind = KIND_FIRING,
		.is = failure,
		.receiver = "slack" };
	check_sentence(&e, "slack: firing sent (failure)");
	e = (struct history_event){ .what = HISTORY_DELIVERED,
		.kind = KIND_FIRING,
		.took_ns = 84000000,
		.words = "HTTP 200",
		.receiver = "slack" };
	check_sentence(&e, "slack: firing delivered: HTTP 200 (84.0 ms)");
	e.words = ""; /* a plugin need not say anything */
	check_sentence(&e, "slack: firing delivered (84.0 ms)");
	e.what = HISTORY_FAILED;
	e.answer = FETTLE_RETRY;
	e.words = "503\033[31m";
	check_sentence(&e, "slack: firing not delivered, to be tried again: "
			   "503\\x1b[31m (84.0 ms)");
	e.answer = FETTLE_UNAUTHORISED;
	e.words = NULL;
	e.took_ns = 0;
	check_sentence(&e, "slack: firing not let in");
	e.answer = FETTLE_UNKNOWN;
	check_sentence(&e, "slack: firing sent, perhaps delivered");
	e = (struct history_event){
		.what = HISTORY_CLOSED, .was = failure, .closing = CLOSING_RULE
	};
	check_sentence(&e, "watched no longer: rule removed");
}

static void
what_happened_has_the_members_of_its_kind(void **state)
{
	struct history_event e = { .time_ns = 1000000 * NS_PER_S,
		.what = HISTORY_MOVED,
		.was = truth_good,
		.is = { RANK_FAILURE, true },
		.number = 97 };

	(void)state;
	check(alert_event_json(&e),
	    "{\"time\": 1000000.0, \"what\": \"moved\","
	    " \"state\": \"no-data\", \"value\": 97.0,"
	    " \"text\": \"no data, held at failure, was ok\"}");
	e.what = HISTORY_HELD;
	e.kind = KIND_FIRING;
	e.hold = HOLD_SILENCE;
	e.receiver = "mail";
	e.until_ns = 1000060 * NS_PER_S;
	check(alert_event_json(&e),
	    "{\"time\": 1000000.0, \"what\": \"held\", \"state\": null,"
	    " \"value\": null, \"receiver\": \"mail\","
	    " \"text\": \"mail: firing held back: silence\","
	    " \"until\": 1000060.0}");
}

static void
a_rule_says_all_that_is_configured(void **state)
{
	struct rule *r = add_rule(policy, "cpu.percent", 90);

	(void)state;
	r->for_ns = 300 * NS_PER_S;
	check(alert_rule_json(r),
	    "{\"rule\": \"cpu.percent\", \"warning\": null,"
	    " \"failure\": 90.0, \"below\": false, \"hysteresis\": 0.0,"
	    " \"for\": 300.0, \"clear_for\": 0.0, \"missing\": 3,"
	    " \"remind\": 0.0, \"cooldown\": 300.0, \"notify\": [\"slack\"]}");
}

#define WORLD_TEST(f)                                                         \
	cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_alert_has_every_member),
		WORLD_TEST(what_is_pending_says_what_it_will_be_and_when),
		WORLD_TEST(without_data_the_level_is_held),
		WORLD_TEST(names_stay_what_they_are_or_become_text),
		WORLD_TEST(
		    a_receiver_says_what_it_knows_and_what_is_held_back),
		WORLD_TEST(a_silence_says_who_wanted_it_why_and_how_long),
		WORLD_TEST(what_happened_is_a_sentence),
		WORLD_TEST(what_happened_has_the_members_of_its_kind),
		WORLD_TEST(a_rule_says_all_that_is_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
