/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "alert/rule.h"
#include "alert/shelf.h"
#include "base/clock.h"
#include "base/glob.h"
#include "chance.h"
#include "flow/schema.h"

static struct policy *policy;

static int
begin(void **state)
{
	(void)state;
	policy = policy_new("me");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	policy_free(policy);
	return 0;
}

static struct rule *
add(const char *pattern, const char *name)
{
	char why[256];
	struct rule *r = rule_new(pattern, name, why, sizeof(why));

	if (r == NULL)
		fail_msg("%s: %s", pattern, why);
	r->limits.failure = 90;
	r->pos = (struct pos){ "f", (unsigned)policy->rules.n + 1, 1 };
	vec_add(&policy->rules) = r;
	return r;
}

/* Which of the rules are asked about a series, by number. */
static unsigned
asked(const char *plugin, const char *instance)
{
	struct shelf shelf = { 0 };
	const size_t *places;
	unsigned found = 0;
	size_t n;

	shelf_fill(&shelf, policy);
	places = shelf_find(&shelf, plugin, instance, &n);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || places[i] > places[i - 1]);
		found |= 1u << places[i];
	}
	shelf_fini(&shelf);
	return found;
}

/* Which of the rules count, by number. */
static unsigned
counting(const char *host, const char *plugin, const char *instance,
    const char *field)
{
	char host_name[64], plugin_name[64];
	struct host h = { .name = host_name };
	struct schema schema = { .plugin = plugin_name };
	const struct series s = {
		.host = &h, .schema = &schema, .instance = instance
	};
	unsigned counts = 0;

	snprintf(host_name, sizeof(host_name), "%s", host);
	snprintf(plugin_name, sizeof(plugin_name), "%s", plugin);
	for (size_t i = 0; i < policy->rules.n; i++)
		if (policy_applies(policy, policy->rules.v[i], &s, field))
			counts |= 1u << i;
	assert_int_equal(counts & ~asked(plugin, instance), 0);
	return counts;
}

static void
the_most_specific_rule_counts(void **state)
{
	(void)state;
	add("disk[*].percent", NULL);
	add("disk[/home].percent", NULL);
	add("web-*:disk[*].percent", NULL);
	add("disk", NULL);
	assert_int_equal(counting("db", "disk", "/", "percent"), 1);
	assert_int_equal(counting("db", "disk", "/home", "percent"), 2);
	assert_int_equal(counting("web-1", "disk", "/home", "percent"), 4);
	assert_int_equal(counting("db", "disk", "/", "free"), 8);
	assert_int_equal(counting("db", "disk", NULL, "percent"), 8);
	assert_int_equal(counting("db", "cpu", NULL, "percent"), 0);
}

static void
rules_of_different_names_live_side_by_side(void **state)
{
	(void)state;
	add("cpu.percent", NULL);
	add("web-*:cpu.percent", "night");
	add("cpu.*", "night");
	assert_int_equal(counting("db", "cpu", NULL, "percent"), 1 | 4);
	assert_int_equal(counting("web-1", "cpu", NULL, "percent"), 1 | 2);
}

static void
count_line(void *arg, const char *text)
{
	int *n = arg;

	assert_non_null(strstr(text, "neither is more specific"));
	++*n;
}

static int
ties(void)
{
	struct diags *d = diags_new();
	int n = 0;

	policy_check(policy, d);
	diags_each(d, 0, count_line, &n);
	diags_free(d);
	return n;
}

static void
a_tie_is_told_where_both_may_mean_a_series(void **state)
{
	(void)state;
	add("web-*:cpu.percent", NULL);
	add("*-web:cpu.percent", NULL);
	assert_int_equal(ties(), 1);
	add("*-db:cpu.percent", NULL); /* less than web- and -web */
	assert_int_equal(ties(), 1);
	add("disk[/home].percent", NULL);
	add("disk[/srv].percent", NULL); /* never the same */
	assert_int_equal(ties(), 1);
	add("disk.percent", NULL); /* without instance: other series */
	assert_int_equal(ties(), 1);
	add("statsd{country=de}", NULL);
	add("statsd{country=fr}", NULL);
	assert_int_equal(ties(), 1);
	add("statsd{city=xx}", NULL); /* beside either */
	assert_int_equal(ties(), 3);
	add("*-web:cpu.percent", "other name");
	assert_int_equal(ties(), 3);
}

static void
what_would_never_work_is_refused(void **state)
{
	char why[256];
	struct rule *r = add("cpu.percent", NULL);

	(void)state;
	assert_true(rule_check(r, why, sizeof(why)));
	r->limits.warning = 91;
	assert_false(rule_check(r, why, sizeof(why)));
	r->limits.below = true;
	assert_true(rule_check(r, why, sizeof(why)));
	r->limits.hysteresis = -1;
	assert_false(rule_check(r, why, sizeof(why)));
	r->limits.hysteresis = 0;
	r->remind_ns = 59 * NS_PER_S;
	assert_false(rule_check(r, why, sizeof(why)));
	r->remind_ns = 60 * NS_PER_S;
	assert_true(rule_check(r, why, sizeof(why)));
	r->cooldown_ns = INT64_MAX;
	assert_false(rule_check(r, why, sizeof(why)));
	r->cooldown_ns = 0;
	r->limits.warning = r->limits.failure = NAN;
	assert_false(rule_check(r, why, sizeof(why)));
}

static void
a_name_that_could_be_mistaken_is_refused(void **state)
{
	static const char *const wrong[] = { "host.silent", "hub.isolated",
		"cpu\n.percent", "cpu\t", "", "disk[", "\xff" };
	char why[256], long_one[RULE_ID_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_null(rule_new(wrong[i], NULL, why, sizeof(why)));
	assert_null(rule_new("cpu", "a\nb", why, sizeof(why)));
	memset(long_one, 'a', sizeof(long_one));
	long_one[RULE_ID_MAX + 1] = '\0';
	assert_null(rule_new(long_one, NULL, why, sizeof(why)));
	long_one[RULE_ID_MAX] = '\0';
	rule_free(rule_new(long_one, NULL, why, sizeof(why)));
}

static void
identities_tell_rules_apart(void **state)
{
	(void)state;
	add("cpu", NULL);
	add("cpu", "night");
	assert_ptr_equal(policy_rule(policy, "cpu"), policy->rules.v[0]);
	assert_ptr_equal(
	    policy_rule(policy, "cpu (night)"), policy->rules.v[1]);
	assert_null(policy_rule(policy, "cpu (day)"));
}

/* --- globs that overlap -------------------------------------------------- */

/* All texts of a and b up to five characters. */
static bool
some_text_matches(const char *a, const char *b)
{
	for (unsigned len = 0; len <= 5; len++)
		for (unsigned bits = 0; bits < 1u << len; bits++) {
			char text[6] = "";

			for (unsigned i = 0; i < len; i++)
				text[i] = bits >> i & 1 ? 'a' : 'b';
			if (glob_match(a, text) && glob_match(b, text))
				return true;
		}
	return false;
}

/* Up to four steps, so that what overlaps has a short text in common: of three
 * characters of a, two of b at most. */
static void
glob_by_chance(char *glob, uint64_t *seed)
{
	static const char steps[] = "ab*?";
	size_t n = chance_of(seed, 4), at = 0;

	while (n-- > 0)
		glob[at++] = steps[chance_of(seed, 4)];
	glob[at] = '\0';
}

static void
globs_overlap_where_a_text_matches_both(void **state)
{
	uint64_t seed = 1;
	int overlapping = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char a[8], b[8];

		glob_by_chance(a, &seed);
		glob_by_chance(b, &seed);
		overlapping += glob_overlap(a, b);
		if (glob_overlap(a, b) != some_text_matches(a, b))
			fail_msg("'%s' and '%s'", a, b);
		if (glob_overlap(a, b) != glob_overlap(b, a))
			fail_msg("'%s' and '%s', turned", a, b);
	}
	assert_in_range(overlapping, 300, 2700);
	assert_true(glob_overlap("\\*", "*"));
	assert_false(glob_overlap("\\*", "a"));
	assert_true(glob_overlap("?", "\xc3\xa4"));
}

static void
names_weigh_more_than_patterns(void **state)
{
	(void)state;
	assert_int_equal(glob_weight("*"), 0);
	assert_int_equal(glob_weight("w?b-*"), 3);
	assert_int_equal(glob_weight("*\\*\xc3\xa4"), 2);
	assert_true(glob_weight("web\\*") == SIZE_MAX);
}

static void
only_those_that_may_mean_a_series_are_asked(void **state)
{
	(void)state;
	add("disk[/].percent", NULL);
	add("web-1:disk[*].percent", NULL);
	add("c*.percent", NULL);
	add("disk[\\[x].percent", NULL);
	add("cpu", NULL);
	assert_int_equal(asked("disk", "/"), 1u | 2u | 4u | 8u);
	assert_int_equal(asked("disk", "/home"), 2u | 4u | 8u);
	assert_int_equal(asked("disk", "[x"), 2u | 4u | 8u);
	assert_int_equal(asked("cpu", NULL), 4u | 16u);
	assert_int_equal(asked("load", NULL), 4u);
}

#define RULE_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(the_most_specific_rule_counts),
		RULE_TEST(rules_of_different_names_live_side_by_side),
		RULE_TEST(a_tie_is_told_where_both_may_mean_a_series),
		RULE_TEST(what_would_never_work_is_refused),
		RULE_TEST(a_name_that_could_be_mistaken_is_refused),
		RULE_TEST(only_those_that_may_mean_a_series_are_asked),
		RULE_TEST(identities_tell_rules_apart),
		RULE_TEST(globs_overlap_where_a_text_matches_both),
		RULE_TEST(names_weigh_more_than_patterns),
	};

	return cmocka_run_group_tests_name("alert_rule", tests, NULL, NULL);
}
