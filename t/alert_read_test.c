/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alert/read.h"
#include "alert/truth.h"
#include "base/clock.h"
#include "config/load.h"
#include "config_said.h"

static const struct fettle_field cpu_fields[] = {
	{ "percent", FETTLE_GAUGE, FETTLE_PERCENT, "." },
	{ "user", FETTLE_GAUGE, FETTLE_PERCENT, "." },
};
static const struct fettle_field memory_fields[] = {
	{ "available", FETTLE_GAUGE, FETTLE_BYTES, "." },
	{ "percent", FETTLE_GAUGE, FETTLE_PERCENT, "." },
};

static struct plugin plugins[] = {
	{ .name = "cpu",
	    .d = { .headline = "cpu.percent",
		.fields = FETTLE_FIELDS(cpu_fields) } },
	{ .name = "memory", .d = { .fields = FETTLE_FIELDS(memory_fields) } },
	{ .name = "statsd", .d = { .flags = FETTLE_DYNAMIC } },
};

static struct policy *policy;
static struct policy_source source;
static struct node *tree;
static struct diags *diags;

static const struct plugin *
find(void *arg, const char *name)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(plugins) / sizeof(*plugins); i++)
		if (strcmp(plugins[i].name, name) == 0)
			return &plugins[i];
	return NULL;
}

static int
begin(void **state)
{
	(void)state;
	policy = policy_new("me");
	policy_listen(policy, "slack", SEVERITIES_ALL, NS_PER_S);
	policy_listen(policy, "mail", SEVERITIES_ALL, NS_PER_S);
	source = (struct policy_source){ .cooldown_ns = 300 * NS_PER_S,
		.find = find };
	diags = diags_new();
	tree = NULL;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	policy_free(policy);
	diags_free(diags);
	node_free(tree);
	return 0;
}

/* Reads it as the file f, and expects these mistakes and notes. */
static void
take(const char *text, const char *said)
{
	tree = config_parse("f", text, strlen(text), diags);
	assert_non_null(tree);
	source.thresholds = node_get(tree, "thresholds");
	policy_read(policy, &source, diags);
	assert_said(diags, said);
}

static void
a_number_is_a_warning_of_the_headline(void **state)
{
	const struct rule *r;

	(void)state;
	take("thresholds:\n  cpu: 90\n", "");
	assert_int_equal(policy->rules.n, 1);
	r = policy_rule(policy, "cpu");
	assert_non_null(r);
	assert_string_equal(pattern_field(r->pattern), "percent");
	assert_true(r->limits.warning == 90);
	assert_true(isnan(r->limits.failure));
	assert_int_equal(r->cooldown_ns, 300 * NS_PER_S);
	assert_int_equal(r->missing, 3);
	assert_int_equal(r->notify.n, 2);
	assert_null(policy->hosts);
}

static void
everything_can_be_said(void **state)
{
	const struct rule *r;

	(void)state;
	take("thresholds:\n"
	     "  \"web-*:cpu.user\": {warning: 80, failure: 95.5, for: 5m,\n"
	     "    clear_for: 1m, hysteresis: 2, missing: 0, remind: 4h,\n"
	     "    cooldown: 0, notify: [mail], message: look, name: night}\n",
	    "");
	r = policy_rule(policy, "web-*:cpu.user (night)");
	assert_non_null(r);
	assert_true(r->limits.warning == 80 && r->limits.failure == 95.5);
	assert_true(r->limits.hysteresis == 2);
	assert_false(r->limits.below);
	assert_int_equal(r->for_ns, 300 * NS_PER_S);
	assert_int_equal(r->clear_for_ns, 60 * NS_PER_S);
	assert_int_equal(r->missing, 0);
	assert_int_equal(r->remind_ns, 4 * 3600 * NS_PER_S);
	assert_int_equal(r->cooldown_ns, 0);
	assert_int_equal(r->notify.n, 1);
	assert_string_equal(r->notify.v[0], "mail");
	assert_string_equal(r->message, "look");
}

static void
limits_have_units(void **state)
{
	(void)state;
	take("thresholds:\n"
	     "  memory.available: {below: true, failure: 200MiB}\n"
	     "  statsd.wait: {failure: 250ms}\n",
	    "");
	assert_true(policy->rules.v[0]->limits.failure == 200 << 20);
	assert_true(policy->rules.v[1]->limits.failure == 0.25);
}

static void
the_headline_keeps_the_host(void **state)
{
	struct host h = { .name = (char[]){ "web-1" } };
	struct schema schema = { .plugin = (char[]){ "cpu" } };
	const struct series s = { .host = &h, .schema = &schema };

	(void)state;
	take("thresholds:\n  \"web-1:cpu\": 90\n", "");
	assert_true(policy_applies(policy, policy->rules.v[0], &s, "percent"));
	assert_false(policy_applies(policy, policy->rules.v[0], &s, "user"));
	h.name[4] = '2';
	assert_false(
	    policy_applies(policy, policy->rules.v[0], &s, "percent"));
}

static void
mistakes_are_told_with_their_place(void **state)
{
	(void)state;
	take("thresholds:\n"
	     "  cpu.persent: 90\n"
	     "  cpu.xyz: 90\n"
	     "  cpu.user: {warning: many}\n"
	     "  memory.percent: {warning: 90, failure: 80}\n"
	     "  memory.available: {failure: 1, notify: [slack, pager]}\n"
	     "  \"disk[\": 1\n"
	     "  network.rate: 5\n"
	     "  \"*.percent\": {failure: 5, hysteresis: 6, remind: 10s}\n"
	     "  statsd.x: {warn: 1}\n"
	     "  statsd.y: {}\n",
	    "f:2:3: threshold 'cpu.persent': plugin cpu has no "
	    "field 'persent'; did you mean 'percent'?\n"
	    "f:3:3: threshold 'cpu.xyz': plugin cpu has no field 'xyz'\n"
	    "f:4:23: option 'warning' of threshold 'cpu.user': "
	    "'many' is no number, size or duration\n"
	    "f:5:3: threshold 'memory.percent': the failure is "
	    "milder than the warning\n"
	    "f:6:42: threshold 'memory.available': there is no "
	    "receiver 'pager'\n"
	    "f:7:3: threshold 'disk[': a '[' without its ']'\n"
	    "f:8:3: threshold 'network.rate': no plugin network "
	    "is installed, and none is loaded that would bring "
	    "its values\n"
	    "f:9:3: threshold '*.percent': reminders come a "
	    "minute apart or more\n"
	    "f:9:52: note: threshold '*.percent': reminders come "
	    "every cooldown, which is longer\n"
	    "f:10:14: unknown option 'warn' of threshold "
	    "statsd.x; did you mean 'warning'?\n"
	    "f:11:3: threshold 'statsd.y': it has neither a "
	    "warning nor a failure\n");
}

static void
what_no_percentage_would_clear_is_a_mistake(void **state)
{
	(void)state;
	take("thresholds:\n"
	     "  cpu.percent: {failure: 5, hysteresis: 5}\n"
	     "  cpu.user: {below: true, failure: 95, hysteresis: 5}\n",
	    "f:2:41: threshold 'cpu.percent': once it has "
	    "breached 5 no percentage would clear it\n"
	    "f:3:52: threshold 'cpu.user': once it has breached "
	    "95 no percentage would clear it\n");
}

static void
a_limit_in_another_unit_is_a_mistake(void **state)
{
	(void)state;
	take("thresholds:\n"
	     "  cpu.percent: 90m\n"
	     "  memory.available: {below: true, failure: 3s,\n"
	     "                     hysteresis: 1MiB}\n"
	     "  memory.percent: {warning: 90, failure: 64MiB}\n"
	     "  memory.*: {warning: 1GiB}\n"
	     "  statsd.x: {warning: 5s}\n",
	    "f:2:16: option 'warning' of threshold 'cpu.percent': "
	    "'90m' is in seconds, and its numbers are not\n"
	    "f:3:44: option 'failure' of threshold 'memory.available': "
	    "'3s' is in seconds, and its numbers are not\n"
	    "f:5:42: option 'failure' of threshold 'memory.percent': "
	    "'64MiB' is in bytes, and its numbers are not\n");
}

static void
what_is_unknown_may_come_from_others(void **state)
{
	(void)state;
	source.others = true;
	take("thresholds:\n  network.rate: 5\n",
	    "f:2:3: note: threshold 'network.rate': no plugin "
	    "network is installed; it is for what others bring\n");
	assert_int_equal(policy->rules.n, 1);
}

static void
reminders_below_the_cooldown_are_noted(void **state)
{
	(void)state;
	take("thresholds:\n  cpu.user: {failure: 9, remind: 1m}\n",
	    "f:2:34: note: threshold 'cpu.user': reminders come "
	    "every cooldown, which is longer\n");
}

static void
two_rules_for_the_same_are_a_mistake(void **state)
{
	(void)state;
	take("thresholds:\n"
	     "  cpu: 90\n"
	     "  cpu.percent: 95\n"
	     "  cpu.user: 95\n",
	    "f:3:3: threshold 'cpu.percent' and 'cpu' (line 2) "
	    "may mean the same series, and neither is more "
	    "specific\n");
}

static void
a_hub_has_a_rule_for_hosts(void **state)
{
	(void)state;
	source.hub = true;
	take("thresholds:\n  cpu: 90\n", "");
	assert_non_null(policy->hosts);
	assert_int_equal(policy->hosts->notify.n, 2);
	assert_int_equal(policy->hosts->cooldown_ns, 300 * NS_PER_S);
	assert_int_equal(policy->rules.n, 1);
}

static void
the_rule_for_hosts_takes_no_limits(void **state)
{
	(void)state;
	source.hub = true;
	take("thresholds:\n"
	     "  host.silent: {cooldown: 1h, notify: slack, failure: 3}\n",
	    "f:2:55: threshold 'host.silent' has no option 'failure'\n");
	assert_int_equal(policy->hosts->notify.n, 1);
	assert_int_equal(policy->hosts->cooldown_ns, 3600 * NS_PER_S);
}

static void
who_hears_no_host_needs_no_rule_for_them(void **state)
{
	(void)state;
	take("thresholds:\n  host.silent: {cooldown: 1h}\n",
	    "f:2:3: note: threshold 'host.silent': no other host "
	    "is heard here\n");
	assert_null(policy->hosts);
}

static void
without_thresholds_there_are_no_rules(void **state)
{
	(void)state;
	take("interval: 1s\n", "");
	assert_int_equal(policy->rules.n, 0);
}

static void
thresholds_are_a_mapping(void **state)
{
	(void)state;
	take(
	    "thresholds: [cpu]\n", "f:1:13: 'thresholds' must be a mapping\n");
}

#define READ_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READ_TEST(a_number_is_a_warning_of_the_headline),
		READ_TEST(everything_can_be_said),
		READ_TEST(limits_have_units),
		READ_TEST(the_headline_keeps_the_host),
		READ_TEST(mistakes_are_told_with_their_place),
		READ_TEST(what_no_percentage_would_clear_is_a_mistake),
		READ_TEST(a_limit_in_another_unit_is_a_mistake),
		READ_TEST(what_is_unknown_may_come_from_others),
		READ_TEST(reminders_below_the_cooldown_are_noted),
		READ_TEST(two_rules_for_the_same_are_a_mistake),
		READ_TEST(a_hub_has_a_rule_for_hosts),
		READ_TEST(the_rule_for_hosts_takes_no_limits),
		READ_TEST(who_hears_no_host_needs_no_rule_for_them),
		READ_TEST(without_thresholds_there_are_no_rules),
		READ_TEST(thresholds_are_a_mapping),
	};

	return cmocka_run_group_tests_name("alert_read", tests, NULL, NULL);
}
