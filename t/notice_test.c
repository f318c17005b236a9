/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert/notice.h"
#include "alert/rule.h"
#include "base/alloc.h"
#include "base/clock.h"

/* 2025-11-22 09:10:00 UTC */
#define BEGAN (INT64_C(1763802600) * NS_PER_S)
#define MINUTES(n) (INT64_C(60) * (n)*NS_PER_S)

static const struct notice_from from = { "hub-1", NULL, BEGAN + MINUTES(14) };

static const struct truth ok = { RANK_OK, false };
static const struct truth warning = { RANK_WARNING, false };
static const struct truth failure = { RANK_FAILURE, false };

/* A failure of cpu that is 14 minutes old. */
static struct message_item
cpu_item(void)
{
	return (struct message_item){ .rule = "cpu",
		.series = "web-1:cpu.percent",
		.host = "web-1",
		.plugin = "cpu",
		.field = "percent",
		.unit = FETTLE_PERCENT,
		.kind = KIND_FIRING,
		.truth = failure,
		.seen = failure,
		.was = ok,
		.changes = 1,
		.incident = 7,
		.event = 1,
		.mark = 0xbeef,
		.number = 97,
		.limit = 90,
		.worst = 97,
		.since_ns = BEGAN };
}

static struct notice *
make(struct message_item *items, size_t n)
{
	const struct message m = {
		.serial = 1, .receiver = "slack", .n = n, .items = items
	};

	return notice_new(&m, &from);
}

/* Of one alert. */
static void
check(struct message_item i, const char *title, const char *text)
{
	struct notice *n = make(&i, 1);

	assert_string_equal(n->notice.title, title);
	assert_string_equal(n->notice.text, text);
	notice_free(n);
}

static void
firing_says_what_where_since_when_and_what_comes_next(void **state)
{
	struct message_item i = cpu_item();

	(void)state;
	check(i, "failure: web-1 cpu.percent 97 % (limit 90 %)",
	    "host: web-1\nseries: cpu.percent\nvalue: 97 % (limit 90 %)\n"
	    "state: failure, was ok\n"
	    "since: 2025-11-22 09:10 UTC, for 14 min\nworst: 97 %\n"
	    "next: a message when it changes, no reminder\nrule: cpu");
	i.plugin = "disk";
	i.instance = "/home";
	i.field = "free";
	i.unit = FETTLE_BYTES;
	i.number = 1.5 * (1 << 30);
	i.limit = 2.0 * (1 << 30);
	i.worst = NAN;
	i.truth = warning;
	i.text = "Call <ops> & \"friends\"";
	i.remind_ns = BEGAN + MINUTES(254);
	check(i, "warning: web-1 disk[/home].free 1.5 GiB (limit 2 GiB)",
	    "Call <ops> & \"friends\"\nhost: web-1\nseries: disk[/home].free\n"
	    "value: 1.5 GiB (limit 2 GiB)\nstate: warning, was ok\n"
	    "since: 2025-11-22 09:10 UTC, for 14 min\n"
	    "next: a reminder at 2025-11-22 13:24 UTC\nrule: cpu");
	i = cpu_item();
	i.plugin = "network";
	i.instance = "eth0";
	i.field = "rx_errors";
	i.unit = "/s";
	i.number = 12;
	i.limit = 0.5;
	i.worst = 34;
	check(i, "failure: web-1 network[eth0].rx_errors 12/s (limit 0.5/s)",
	    "host: web-1\nseries: network[eth0].rx_errors\n"
	    "value: 12/s (limit 0.5/s)\nstate: failure, was ok\n"
	    "since: 2025-11-22 09:10 UTC, for 14 min\nworst: 34/s\n"
	    "next: a message when it changes, no reminder\nrule: cpu");
}

static void
eased_and_resolved_say_how_bad_it_was(void **state)
{
	struct message_item i = cpu_item();

	(void)state;
	i.was = failure;
	i.number = 85;
	i.limit = 80;
	i.truth = i.seen = warning;
	i.kind = KIND_EASED;
	check(i, "eased to warning: web-1 cpu.percent 85 % (limit 80 %)",
	    "host: web-1\nseries: cpu.percent\nvalue: 85 % (limit 80 %)\n"
	    "state: warning, was failure\n"
	    "since: 2025-11-22 09:10 UTC, for 14 min\nworst: 97 %\n"
	    "next: a message when it changes, no reminder\nrule: cpu");
	i.kind = KIND_RESOLVED;
	i.truth = i.seen = ok;
	i.number = 50.25;
	i.changes = 14;
	i.changed_ns = BEGAN + MINUTES(4); /* it was held back since */
	check(i, "resolved after 4 min: web-1 cpu.percent 50.2 %",
	    "host: web-1\nseries: cpu.percent\nvalue: 50.2 % (limit 80 %)\n"
	    "state: ok, was failure\n"
	    "began: 2025-11-22 09:10 UTC\nended: 2025-11-22 09:14 UTC\n"
	    "worst: 97 %\n"
	    "changed: 14 times since the last message\nrule: cpu");
	/* it only is below what this receiver is told of */
	i.truth = warning;
	i.seen = ok;
	i.number = 85;
	i.changes = 1;
	i.changed_ns = BEGAN;
	check(i,
	    "now warning after 14 min: web-1 cpu.percent 85 % (limit 80 %)",
	    "host: web-1\nseries: cpu.percent\nvalue: 85 % (limit 80 %)\n"
	    "state: warning, was failure\n"
	    "began: 2025-11-22 09:10 UTC\nworst: 97 %\nrule: cpu");
}

static void
closed_is_not_said_to_be_well(void **state)
{
	struct message_item i[2] = { cpu_item(), cpu_item() };
	struct notice *n;

	(void)state;
	i[0].kind = KIND_CLOSED;
	i[0].closing = CLOSING_SERIES;
	i[0].truth = i[0].seen = ok;
	i[0].was = failure;
	check(i[0], "closed: web-1 cpu.percent (no data for too long)",
	    "host: web-1\nseries: cpu.percent\n"
	    "state: no longer watched, was failure: no data for too long\n"
	    "began: 2025-11-22 09:10 UTC\nworst: 97 %\nrule: cpu");
	/* another rule may watch it, and others may be told */
	i[1] = i[0];
	i[1].closing = CLOSING_RULE;
	check(i[1], "closed: web-1 cpu.percent (rule removed)",
	    "host: web-1\nseries: cpu.percent\n"
	    "state: no longer watched by this rule, was failure: rule removed\n"
	    "began: 2025-11-22 09:10 UTC\nworst: 97 %\nrule: cpu");
	i[1].closing = CLOSING_NOTIFY;
	check(i[1], "closed: web-1 cpu.percent (no longer reported here)",
	    "host: web-1\nseries: cpu.percent\n"
	    "state: no longer reported here, was failure\n"
	    "began: 2025-11-22 09:10 UTC\nworst: 97 %\nrule: cpu");
	i[1] = cpu_item();
	n = make(i, 1);
	assert_int_equal(n->notice.severity, FETTLE_NO_DATA);
	notice_free(n);
	n = make(i, 2);
	assert_string_equal(
	    n->notice.title, "2 alerts on web-1: 1 failure, 1 closed");
	notice_free(n);
}

static void
titles_say_what_has_happened(void **state)
{
	struct message_item i = cpu_item();
	struct notice *n;

#define TITLE(t)                                                              \
	do {                                                                  \
		n = make(&i, 1);                                              \
		assert_string_equal(n->notice.title, t);                      \
		notice_free(n);                                               \
	} while (0)

	(void)state;
	i.kind = KIND_REMINDER;
	TITLE("still failure after 14 min: web-1 cpu.percent 97 % (limit 90 "
	      "%)");
	i.kind = KIND_MISSED;
	i.truth = ok;
	i.number = 12;
	TITLE("missed: web-1 cpu.percent reached 97 % (limit 90 %)");
	i.kind = KIND_CLOSED;
	i.closing = CLOSING_RULE;
	TITLE("closed: web-1 cpu.percent (rule removed)");
	i.kind = KIND_NO_DATA;
	i.truth = (struct truth){ RANK_OK, true };
	TITLE("no data: web-1 cpu.percent");
	i.truth = (struct truth){ RANK_FAILURE, true };
	TITLE("no data, was failure: web-1 cpu.percent");
	i.kind = KIND_DATA_BACK;
	i.truth = ok;
	TITLE("data back: web-1 cpu.percent 12 %");
	i.truth = warning;
	TITLE("data back, still warning: web-1 cpu.percent 12 % (limit 90 %)");
	/* of the hub itself */
	i.host = "";
	TITLE("data back, still warning: hub-1 cpu.percent 12 % (limit 90 %)");
}

static void
a_silent_host_is_said_to_be_silent(void **state)
{
	struct message_item i = cpu_item();

	(void)state;
	i.rule = RULE_HOST_SILENT;
	i.plugin = "host";
	i.field = "silent";
	i.unit = "";
	i.number = i.limit = i.worst = NAN;
	i.firing = 3;
	check(i, "failure: web-1 is silent",
	    "host: web-1\nstate: failure, was ok\n"
	    "last heard: 2025-11-22 09:10 UTC, 14 min ago\n"
	    "firing there: 3 alerts, held back while it is silent\n"
	    "next: a message when it changes, no reminder\n"
	    "rule: host.silent");
	i.kind = KIND_RESOLVED;
	i.truth = i.seen = ok;
	i.was = failure;
	i.firing = 1; /* nothing is held back any more */
	check(i, "resolved after 14 min: web-1 is heard again",
	    "host: web-1\nstate: ok, was failure\n"
	    "began: 2025-11-22 09:10 UTC\n"
	    "firing there: 1 alert\n"
	    "rule: host.silent");
	i.firing = 0;
	i.rule = RULE_HUB_ISOLATED;
	i.host = "";
	i.kind = KIND_FIRING;
	i.truth = i.seen = failure;
	i.was = ok;
	check(i, "failure: most hosts are silent",
	    "hub: hub-1\nperhaps: this hub is cut off, not they\n"
	    "state: failure, was ok\n"
	    "since: 2025-11-22 09:10 UTC, for 14 min\n"
	    "next: a message when it changes, no reminder\n"
	    "rule: hub.isolated");
	i.kind = KIND_RESOLVED;
	i.truth = i.seen = ok;
	i.was = failure;
	check(i, "resolved after 14 min: most hosts are heard again",
	    "hub: hub-1\nstate: ok, was failure\n"
	    "began: 2025-11-22 09:10 UTC\n"
	    "rule: hub.isolated");
}

static void
names_from_outside_are_cut_and_made_harmless(void **state)
{
	struct message_item i = cpu_item();
	const struct fettle_tag tag = { "k", "v\nSubject: x" };
	char *host = xcalloc(10241, 1);
	struct notice *n;

	(void)state;
	host[0] = 'x';
	for (size_t at = 1; at < 10239; at += 2)
		memcpy(host + at, "\xc3\xa4", 2);
	i.host = host;
	i.instance = "\xe2\x80\xae"
		     "evil\r\n<!channel>\x1b[31m";
	i.tags = &tag;
	i.n_tags = 1;
	i.unit = "\r\n";
	n = make(&i, 1);
	assert_true(strlen(n->notice.title) <= NOTICE_TITLE_MAX);
	assert_null(strpbrk(n->notice.title, "\r\n\x1b"));
	assert_non_null(strstr(n->notice.title,
	    "[\\u{202e}evil\\x0d\\x0a<!channel>\\x1b[31m]"
	    "{k=v\\x0aSubject: x}.percent"));
	/* on a character boundary */
	assert_non_null(strstr(n->notice.title, "\xc3\xa4…"));
	assert_null(strpbrk(n->notice.text, "\r\x1b"));
	assert_null(strstr(n->notice.text, "\nSubject"));
	assert_true(strlen(n->notice.text) < 4000);
	notice_free(n);
	free(host);
}

static void
a_digest_names_the_worst_first_and_counts_the_rest(void **state)
{
	enum { N = 53 };
	struct message_item items[N];
	struct notice *n;
	const char *text;
	size_t lines = 1;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		items[i] = cpu_item();
		items[i].truth = i == 1 ? ok : warning;
		items[i].kind = i == 1 ? KIND_RESOLVED : KIND_FIRING;
		if (i >= N - 2) {
			items[i].truth = failure;
			items[i].host = i == N - 1 ? "web-2" : "";
		}
	}
	n = make(items, N);
	assert_string_equal(n->notice.title,
	    "53 alerts on 3 hosts: 2 failures, 50 warnings, 1 over");
	text = n->notice.text;
	for (const char *s = text; (s = strchr(s, '\n')) != NULL; s++)
		lines++;
	assert_int_equal(lines, NOTICE_NAMED_MAX + 1);
	assert_memory_equal(text,
	    "failure: hub-1 cpu.percent 97 % (limit 90 %)\nfailure: ", 54);
	assert_string_equal(text + strlen(text) - 9, "\n+ 3 more");
	assert_null(strstr(text, "resolved"));
	assert_int_equal(n->notice.severity, FETTLE_FAILURE);
	assert_int_equal(n->notice.n, N);
	notice_free(n);
	n = make(items, 2);
	assert_string_equal(
	    n->notice.title, "2 alerts on web-1: 1 warning, 1 over");
	assert_string_equal(n->notice.text,
	    "warning: web-1 cpu.percent 97 % (limit 90 %)\n"
	    "resolved after 14 min: web-1 cpu.percent 97 %");
	notice_free(n);
}

/* The id of a notice of these items as the caller's. */
static char *
id_of(struct message_item *items, size_t n_items)
{
	struct notice *n = make(items, n_items);
	char *id = xstrdup(n->notice.id);

	notice_free(n);
	return id;
}

static void
the_id_is_that_of_the_event_the_incident_that_of_the_alert(void **state)
{
	struct message_item i[2] = { cpu_item(), cpu_item() };
	char *first = id_of(i, 1), *again, *both = id_of(i, 2);
	struct notice *n;

	(void)state;
	i[0].number = 99;
	again = id_of(i, 1);
	assert_string_equal(first, again);
	free(again);
	n = make(i, 1);
	assert_memory_equal(n->notice.alerts[0]->incident, first,
	    strlen(n->notice.alerts[0]->incident));
	assert_string_equal(
	    first + strlen(n->notice.alerts[0]->incident), "-1-0000beef");
	notice_free(n);
	i[0].event = 2;
	again = id_of(i, 1);
	assert_string_not_equal(first, again);
	free(again);
	again = id_of(i, 2);
	assert_string_not_equal(both, again);
	free(again);
	i[0].event = 1;
	/* numbered anew: of another incident */
	i[0].mark++;
	again = id_of(i, 1);
	assert_string_not_equal(first, again);
	free(again);
	again = id_of(i, 2);
	assert_string_not_equal(both, again);
	free(again);
	i[0].mark--;
	i[0].series = "web-2:cpu.percent";
	again = id_of(i, 1);
	assert_string_not_equal(first, again);
	free(again);
	free(first);
	free(both);
}

static void
alerts_are_there_as_data(void **state)
{
	struct message_item i = cpu_item();
	const struct fettle_alert *a;
	struct notice *n;

	(void)state;
	i.kind = KIND_REMINDER;
	i.host = "";
	i.was = warning;
	n = make(&i, 1);
	assert_int_equal(n->notice.reason, FETTLE_REMINDER);
	assert_int_equal(n->notice.severity, FETTLE_FAILURE);
	assert_int_equal(n->notice.n, 1);
	a = n->notice.alerts[0];
	assert_string_equal(a->host, "hub-1");
	assert_string_equal(a->rule, "cpu");
	assert_int_equal(a->severity, FETTLE_FAILURE);
	assert_int_equal(a->was, FETTLE_WARNING);
	assert_true(a->value == 97 && a->limit == 90 && a->worst == 97);
	assert_int_equal(a->since_ns, BEGAN);
	assert_int_equal(a->held, 1);
	notice_free(n);
}

static void
a_test_is_marked_as_one(void **state)
{
	struct notice *n = notice_new_test("slack", &from);

	(void)state;
	assert_int_equal(n->notice.reason, FETTLE_TEST);
	assert_int_equal(n->notice.n, 0);
	assert_string_equal(n->notice.title, "test: hub-1 reaches slack");
	assert_string_equal(n->notice.text,
	    "This is a test, nothing is wrong.\nhost: hub-1\n"
	    "sent: 2025-11-22 09:24 UTC");
	notice_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    firing_says_what_where_since_when_and_what_comes_next),
		cmocka_unit_test(eased_and_resolved_say_how_bad_it_was),
		cmocka_unit_test(closed_is_not_said_to_be_well),
		cmocka_unit_test(titles_say_what_has_happened),
		cmocka_unit_test(a_silent_host_is_said_to_be_silent),
		cmocka_unit_test(names_from_outside_are_cut_and_made_harmless),
		cmocka_unit_test(
		    a_digest_names_the_worst_first_and_counts_the_rest),
		cmocka_unit_test(
		    the_id_is_that_of_the_event_the_incident_that_of_the_alert),
		cmocka_unit_test(alerts_are_there_as_data),
		cmocka_unit_test(a_test_is_marked_as_one),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
