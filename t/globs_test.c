/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "common/globs.h"

#define GLOBS(...)                                                            \
	(&(struct fettle_strings){                                            \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *),    \
	    (const char *const[]){ __VA_ARGS__ } })

static const struct fettle_strings none = { 0, NULL };

static void
a_name_is_its_own_pattern(void **state)
{
	(void)state;
	assert_true(globs_match(GLOBS("/mnt/[x]"), "/mnt/[x]"));
	assert_true(globs_match(GLOBS("/mnt/[x]"), "/mnt/x"));
	assert_true(globs_match(GLOBS("a\\b"), "a\\b"));
}

static void
a_pattern_is_of_the_whole_name(void **state)
{
	(void)state;
	assert_false(globs_match(GLOBS("/mnt/?"), "/mnt/xy"));
	assert_false(globs_match(GLOBS("sd"), "sda"));
	assert_true(globs_match(GLOBS("/mnt*"), "/mnt/x/y"));
	assert_true(globs_match(GLOBS("*"), ".hidden"));
	assert_true(globs_match(GLOBS("nvme*", "sd?"), "sdb"));
	assert_false(globs_match(&none, "sda"));
}

static void
a_name_may_be_any_bytes(void **state)
{
	(void)state;
	assert_true(globs_match(GLOBS("/mnt/?"), "/mnt/\377"));
}

static void
without_lists_what_is_usual_is_wanted(void **state)
{
	(void)state;
	assert_true(globs_want(&none, &none, "sda", true));
	assert_false(globs_want(&none, &none, "loop0", false));
}

static void
what_is_included_is_all_that_is_wanted(void **state)
{
	const struct fettle_strings *loops = GLOBS("loop*");

	(void)state;
	assert_true(globs_want(loops, &none, "loop0", false));
	assert_false(globs_want(loops, &none, "sda", true));
}

static void
what_is_excluded_never_is(void **state)
{
	(void)state;
	assert_false(globs_want(&none, GLOBS("sd*"), "sda", true));
	assert_false(globs_want(GLOBS("sda"), GLOBS("sd*"), "sda", true));
	assert_false(globs_want(&none, GLOBS("sd*"), "loop0", false));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_its_own_pattern),
		cmocka_unit_test(a_pattern_is_of_the_whole_name),
		cmocka_unit_test(a_name_may_be_any_bytes),
		cmocka_unit_test(without_lists_what_is_usual_is_wanted),
		cmocka_unit_test(what_is_included_is_all_that_is_wanted),
		cmocka_unit_test(what_is_excluded_never_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
