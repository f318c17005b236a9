/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <string.h>

#include "alert/ledger.h"

/* Moments and durations here are small numbers; nothing depends on units. */
enum { COOLDOWN = 300, REFUSED = 3600 };

static const struct truth ok = { RANK_OK, false };
static const struct truth lost = { RANK_OK, true };
static const struct truth warning = { RANK_WARNING, false };
static const struct truth failure = { RANK_FAILURE, false };
static const struct truth failure_lost = { RANK_FAILURE, true };

static struct entry entry;
static struct standing now;

static int
begin(void **state)
{
	(void)state;
	entry_init(&entry, COOLDOWN);
	now = (struct standing){ .truth = ok,
		.severities = SEVERITIES_ALL,
		.refused_ns = REFUSED };
	return 0;
}

static struct verdict
decide(void)
{
	struct verdict v = entry_owed(&entry, &now);

	if (v.owed)
		entry_hold(&entry, &now, &v);
	return v;
}

/* The world is another; the entry is brought up to date. */
static struct verdict
becomes(int64_t at, struct truth t)
{
	struct verdict v;

	entry_moved(&entry, now.truth, t, now.severities, 95, false);
	now.now = at;
	now.truth = t;
	v = decide();
	entry_settle(&entry, &v, at, at);
	return v;
}

static void
send(void)
{
	const struct verdict v = decide();

	assert_true(v.owed);
	assert_int_equal(v.hold, HOLD_NONE);
	entry_begin(&entry, &v, now.truth, now.now);
}

static void
deliver(void)
{
	send();
	entry_delivered(&entry, now.now);
}

static void
expect(struct verdict v, enum kind kind, enum hold hold, int64_t until)
{
	assert_true(v.owed);
	assert_string_equal(kind_name(v.kind), kind_name(kind));
	assert_string_equal(hold_name(v.hold), hold_name(hold));
	if (hold != HOLD_NONE)
		assert_int_equal(v.until, until);
}

static void
who_knows_only_good_is_owed_nothing(void **state)
{
	(void)state;
	assert_true(entry_knows_good(&entry));
	assert_false(decide().owed);
	assert_int_equal(decide().until, STAMP_NEVER);
}

static void
a_rise_goes_at_once_and_recovery_waits(void **state)
{
	(void)state;
	expect(becomes(10, warning), KIND_FIRING, HOLD_NONE, 0);
	deliver();
	expect(becomes(20, failure), KIND_FIRING, HOLD_NONE, 0);
	deliver();
	expect(becomes(30, ok), KIND_RESOLVED, HOLD_COOLDOWN, 20 + COOLDOWN);
	expect(becomes(20 + COOLDOWN, ok), KIND_RESOLVED, HOLD_NONE, 0);
	deliver();
	assert_false(decide().owed);
	expect(becomes(30 + COOLDOWN, failure), KIND_FIRING, HOLD_NONE, 0);
}

static void
losing_the_data_of_a_failure_is_no_rise(void **state)
{
	(void)state;
	becomes(10, failure);
	deliver();
	expect(becomes(20, failure_lost), KIND_NO_DATA, HOLD_COOLDOWN,
	    10 + COOLDOWN);
	becomes(10 + COOLDOWN, failure_lost);
	deliver();
	expect(becomes(320, failure), KIND_DATA_BACK, HOLD_COOLDOWN,
	    10 + 2 * COOLDOWN);
}

static void
losing_the_data_of_what_is_ok_is_a_rise(void **state)
{
	(void)state;
	expect(becomes(10, lost), KIND_NO_DATA, HOLD_NONE, 0);
	deliver();
	expect(becomes(20, failure_lost), KIND_FIRING, HOLD_NONE, 0);
	deliver();
	entry.cooldown_ns = 0;
	expect(becomes(30, warning), KIND_EASED, HOLD_NONE, 0);
	deliver();
	expect(becomes(40, lost), KIND_NO_DATA, HOLD_NONE, 0);
	deliver();
	expect(becomes(50, ok), KIND_DATA_BACK, HOLD_NONE, 0);
}

static void
what_was_over_before_it_could_be_sent_is_told_as_missed(void **state)
{
	(void)state;
	becomes(10, failure);
	send();
	entry.under_way = false; /* not delivered */
	expect(becomes(20, ok), KIND_MISSED, HOLD_NONE, 0);
	deliver();
	assert_false(decide().owed);
	assert_int_equal(entry.changes, 0);
}

static void
after_a_silence_only_what_is_still_so_is_told(void **state)
{
	struct verdict v;

	(void)state;
	entry_moved(&entry, ok, failure, now.severities, 95, false);
	now.truth = failure;
	v = decide();
	v.hold = HOLD_SILENCE;
	entry_settle(&entry, &v, 10, 10);
	assert_int_equal(entry.ready_at, STAMP_NONE);
	assert_false(becomes(20, ok).owed);
}

static void
who_perhaps_knows_is_told_the_truth(void **state)
{
	(void)state;
	becomes(10, failure);
	send();
	entry_unknown(&entry);
	expect(becomes(20, failure), KIND_FIRING, HOLD_NONE, 0);
	expect(becomes(30, ok), KIND_RESOLVED, HOLD_NONE, 0);
	deliver();
	assert_false(decide().owed);
}

static void
the_event_number_stays_until_the_content_changes(void **state)
{
	(void)state;
	becomes(10, warning);
	send();
	assert_int_equal(entry.event, 1);
	entry_unknown(&entry);
	send();
	assert_int_equal(entry.event, 1);
	entry_unknown(&entry);
	becomes(20, failure);
	send();
	assert_int_equal(entry.event, 2);
	entry_delivered(&entry, 20);
	becomes(20 + COOLDOWN, warning);
	send();
	assert_int_equal(entry.event, 3);
}

static void
reminders_wait_for_the_cooldown_as_well(void **state)
{
	(void)state;
	now.remind_ns = 60;
	becomes(10, failure);
	deliver();
	assert_false(decide().owed);
	assert_int_equal(decide().until, 70);
	expect(
	    becomes(70, failure), KIND_REMINDER, HOLD_COOLDOWN, 10 + COOLDOWN);
	expect(becomes(10 + COOLDOWN, failure), KIND_REMINDER, HOLD_NONE, 0);
	deliver();
	assert_int_equal(decide().until, 10 + COOLDOWN + 60);
}

static void
refused_content_waits_but_other_content_does_not(void **state)
{
	(void)state;
	becomes(10, failure);
	send();
	entry_refused(&entry, 10);
	expect(decide(), KIND_FIRING, HOLD_REFUSED, 10 + REFUSED);
	expect(becomes(20, warning), KIND_FIRING, HOLD_NONE, 0);
	expect(becomes(30, failure), KIND_FIRING, HOLD_REFUSED, 10 + REFUSED);
	expect(becomes(10 + REFUSED, failure), KIND_FIRING, HOLD_NONE, 0);
}

static void
refused_content_waits_for_a_longer_cooldown_too(void **state)
{
	(void)state;
	entry.cooldown_ns = 2 * REFUSED;
	becomes(10, failure);
	send();
	entry_refused(&entry, 10);
	expect(decide(), KIND_FIRING, HOLD_REFUSED, 10 + 2 * REFUSED);
}

static void
not_heard_yet_stops_all_but_rises(void **state)
{
	(void)state;
	becomes(10, warning);
	deliver();
	entry.cooldown_ns = 0;
	now.unheard = true;
	expect(becomes(20, ok), KIND_RESOLVED, HOLD_UNHEARD, STAMP_NEVER);
	expect(becomes(30, failure), KIND_FIRING, HOLD_NONE, 0);
}

static void
severities_decide_what_is_seen(void **state)
{
	(void)state;
	now.severities = SEVERITY(RANK_FAILURE);
	assert_false(becomes(10, warning).owed);
	assert_false(becomes(20, lost).owed);
	assert_int_equal(entry.changes, 0);
	expect(becomes(30, failure), KIND_FIRING, HOLD_NONE, 0);
	deliver();
	entry.cooldown_ns = 0;
	expect(becomes(40, warning), KIND_RESOLVED, HOLD_NONE, 0);
}

static void
narrower_severities_take_nothing_back(void **state)
{
	(void)state;
	becomes(10, warning);
	deliver();
	entry.cooldown_ns = 0;
	now.severities = SEVERITY(RANK_FAILURE);
	assert_false(becomes(20, warning).owed);
	expect(becomes(30, ok), KIND_RESOLVED, HOLD_NONE, 0);
}

static void
changes_are_counted_from_message_to_message(void **state)
{
	(void)state;
	becomes(10, failure);
	assert_int_equal(entry.changes, 1);
	send();
	becomes(20, ok); /* under way */
	entry_delivered(&entry, 20);
	assert_int_equal(entry.changes, 1);
	becomes(30, failure);
	becomes(40, ok);
	assert_int_equal(entry.changes, 3);
	becomes(20 + COOLDOWN, ok);
	deliver();
	assert_int_equal(entry.changes, 0);
}

static void
a_closed_entry_owes_closed_or_is_over(void **state)
{
	(void)state;
	entry.closing = CLOSING_RULE;
	assert_true(entry_over(&entry));
	entry.closing = CLOSING_NOT;
	becomes(10, failure);
	deliver();
	entry.closing = CLOSING_RULE;
	now.truth = ok;
	expect(decide(), KIND_CLOSED, HOLD_COOLDOWN, 10 + COOLDOWN);
	now.now = 10 + COOLDOWN;
	assert_false(entry_over(&entry));
	deliver();
	assert_true(entry_over(&entry));
}

static void
worst_and_since_last_as_long_as_it_is_not_good(void **state)
{
	(void)state;
	becomes(10, failure);
	assert_int_equal(entry.since, 10);
	becomes(20, failure_lost);
	assert_true(entry.worst == 95);
	deliver();
	assert_int_equal(entry.since, 10);
	entry.cooldown_ns = 0;
	becomes(30, ok);
	deliver();
	assert_int_equal(entry.since, STAMP_NONE);
	assert_true(isnan(entry.worst));
}

static void
the_worse_number_depends_on_the_direction(void **state)
{
	(void)state;
	assert_true(entry_worse(1, 2, false) == 2);
	assert_true(entry_worse(1, 2, true) == 1);
	assert_true(entry_worse(NAN, 2, true) == 2);
	assert_true(entry_worse(1, NAN, false) == 1);
	assert_true(isnan(entry_worse(NAN, NAN, false)));
}

/* A flapping alert, looked at every second: what is confirmed is a cooldown
 * apart unless it is a rise. */
static void
a_flapping_alert_costs_two_messages_a_cooldown(void **state)
{
	int sent = 0;

	(void)state;
	for (int64_t at = 0; at < 10 * COOLDOWN; at++) {
		const struct verdict v =
		    becomes(at, at / 7 % 2 == 0 ? failure : ok);

		if (!v.owed || v.hold != HOLD_NONE)
			continue;
		sent++;
		entry_begin(&entry, &v, now.truth, at);
		entry_delivered(&entry, at);
	}
	assert_in_range(sent, 10, 21);
}

#define LEDGER_TEST(f) cmocka_unit_test_setup(f, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGER_TEST(who_knows_only_good_is_owed_nothing),
		LEDGER_TEST(a_rise_goes_at_once_and_recovery_waits),
		LEDGER_TEST(losing_the_data_of_a_failure_is_no_rise),
		LEDGER_TEST(losing_the_data_of_what_is_ok_is_a_rise),
		LEDGER_TEST(
		    what_was_over_before_it_could_be_sent_is_told_as_missed),
		LEDGER_TEST(after_a_silence_only_what_is_still_so_is_told),
		LEDGER_TEST(who_perhaps_knows_is_told_the_truth),
		LEDGER_TEST(the_event_number_stays_until_the_content_changes),
		LEDGER_TEST(reminders_wait_for_the_cooldown_as_well),
		LEDGER_TEST(refused_content_waits_but_other_content_does_not),
		LEDGER_TEST(refused_content_waits_for_a_longer_cooldown_too),
		LEDGER_TEST(not_heard_yet_stops_all_but_rises),
		LEDGER_TEST(severities_decide_what_is_seen),
		LEDGER_TEST(narrower_severities_take_nothing_back),
		LEDGER_TEST(changes_are_counted_from_message_to_message),
		LEDGER_TEST(a_closed_entry_owes_closed_or_is_over),
		LEDGER_TEST(worst_and_since_last_as_long_as_it_is_not_good),
		LEDGER_TEST(the_worse_number_depends_on_the_direction),
		LEDGER_TEST(a_flapping_alert_costs_two_messages_a_cooldown),
	};

	return cmocka_run_group_tests_name("alert_ledger", tests, NULL, NULL);
}
