/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "common/selector.h"

static const struct fettle_tag tags[] = { { "country", "de" },
	{ "tier", "a,b" } };

/* Whether web-1:disk[INSTANCE].FIELD is meant, with tags where it has an
 * instance. */
static bool
means(const char *pattern, const char *instance, const char *field)
{
	const struct fettle_list l = { .size = sizeof l,
		.host = "web-1",
		.plugin = "disk",
		.instance = instance,
		.tags = tags,
		.n_tags = instance != NULL ? 2 : 0 };
	char why[128];
	struct selector *s = selector_new(pattern, why, sizeof(why));
	bool yes;

	if (s == NULL)
		fail_msg("%s: %s", pattern, why);
	yes = selector_meets(s, &l) && selector_meets_field(s, field);
	selector_free(s);
	return yes;
}

static void
parts_that_are_not_said_mean_anything(void **state)
{
	(void)state;
	assert_true(means("disk", NULL, "percent"));
	assert_true(means("disk", "/home", "percent"));
	assert_true(means("*", "/home", "percent"));
	assert_true(means("web-1:disk", "/home", "percent"));
	assert_true(means("web-?:d*k[/*].p*t", "/home", "percent"));
	assert_false(means("web-2:disk", "/home", "percent"));
	assert_false(means("dis", "/home", "percent"));
}

static void
a_field_without_brackets_is_that_without_instance(void **state)
{
	(void)state;
	assert_true(means("disk.percent", NULL, "percent"));
	assert_false(means("disk.percent", "/home", "percent"));
	assert_false(means("disk[*].percent", NULL, "percent"));
	assert_true(means("disk[*].percent", "/home", "percent"));
	assert_false(means("disk[/home].percent", "/home", "free"));
}

static void
tags_are_found_in_any_order(void **state)
{
	(void)state;
	assert_true(means("disk[x]{country=de}", "x", "f"));
	assert_true(means("disk{tier=*,country=??}.f", NULL, "f") == false);
	assert_true(means("disk[x]{tier=*,country=??}.f", "x", "f"));
	assert_true(means("disk[x]{tier=a\\,b}", "x", "f"));
	assert_false(means("disk[x]{country=fr}", "x", "f"));
}

static void
a_backslash_takes_the_next_as_it_is(void **state)
{
	(void)state;
	assert_true(means("disk[a]b]", "a]b", "f"));
	assert_true(means("disk[\\*]", "*", "f"));
	assert_false(means("disk[\\*]", "x", "f"));
	assert_true(means("disk[a.b:c]", "a.b:c", "f"));
	assert_true(means("disk[?]", "\xc3\xa4", "f"));
	assert_true(means("disk[\\\\x41]", "\\x41", "f"));
}

static void
what_is_no_pattern_is_said(void **state)
{
	static const char *const wrong[][2] = {
		{ "", "no plugin" },
		{ ":cpu", "no host before the ':'" },
		{ "a:", "no plugin" },
		{ "cpu[0", "a '[' without its ']'" },
		{ "cpu{a", "tags are {key=value,...}" },
		{ "cpu{a=b", "a '{' without its '}'" },
		{ "cpu[0]x", "it is not of the form "
			     "[HOST:]PLUGIN[[INSTANCE]][{TAGS}][.FIELD]" },
		{ "cpu.", "it is not of the form "
			  "[HOST:]PLUGIN[[INSTANCE]][{TAGS}][.FIELD]" },
	};
	char why[128];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof *wrong; i++) {
		assert_null(selector_new(wrong[i][0], why, sizeof(why)));
		assert_string_equal(why, wrong[i][1]);
	}
}

static void
stars_take_as_much_as_is_needed(void **state)
{
	(void)state;
	assert_true(selector_glob("*a*b", "xxaxxbxxab"));
	assert_false(selector_glob("*a*b", "xxaxxbxxa"));
	assert_true(selector_glob("", ""));
	assert_true(selector_glob("***", "x"));
	assert_false(selector_glob("?", ""));
	assert_false(selector_glob("\\", ""));
	assert_true(selector_glob("\\", "\\"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_that_are_not_said_mean_anything),
		cmocka_unit_test(
		    a_field_without_brackets_is_that_without_instance),
		cmocka_unit_test(tags_are_found_in_any_order),
		cmocka_unit_test(a_backslash_takes_the_next_as_it_is),
		cmocka_unit_test(what_is_no_pattern_is_said),
		cmocka_unit_test(stars_take_as_much_as_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
