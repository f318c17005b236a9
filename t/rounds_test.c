/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rounds.h"

#define SECOND INT64_C(1000000000)
#define T0 (1763800000 * SECOND)

/* --- what is posted, as text: `TIME FIELD=NUMBER ...;' a list ------------ */

static char posted[4096];
static size_t posts;

static void
post(void *arg, const struct fettle_list *const *lists, size_t n)
{
	(void)arg;
	posts++;
	for (size_t i = 0; i < n; i++) {
		const struct fettle_list *l = lists[i];
		char *at = posted + strlen(posted);

		assert_int_equal(l->size, sizeof(*l));
		at += sprintf(at, "%s%s%s%lld", l->plugin,
		    l->instance ? "/" : "", l->instance ? l->instance : "",
		    (long long)((l->time_ns - T0) / SECOND));
		for (size_t k = 0; k < l->n; k++)
			if (l->values[k].kind == FETTLE_COUNTER)
				at += sprintf(at, " %s=%llu",
				    l->fields[k]->name,
				    (unsigned long long)l->values[k].count);
			else if (l->values[k].kind != 0)
				at += sprintf(at, " %s=%g", l->fields[k]->name,
				    l->values[k].real);
			else
				at += sprintf(at, " %s=-", l->fields[k]->name);
		strcpy(at, ";");
	}
}

static void
assert_posted(const char *expected)
{
	assert_string_equal(posted, expected);
	posted[0] = '\0';
}

static int
setup(void **state)
{
	struct rounds *r = malloc(sizeof(*r));

	posted[0] = '\0';
	posts = 0;
	assert_int_equal(rounds_init(r, 100, 7, post, NULL), 0);
	*state = r;
	return 0;
}

static int
teardown(void **state)
{
	rounds_fini(*state);
	free(*state);
	return 0;
}

/* seconds: of the stamp and of the clock. */
static void
add(struct rounds *r, const char *plugin, const char *field, double number,
    double seconds)
{
	const struct rounds_value v = { .plugin = plugin,
		.field = field,
		.value = fettle_gauge(number),
		.time_ns = T0 + (int64_t)(seconds * 1e9),
		.interval_ns = 10 * SECOND };

	rounds_add(r, &v, (int64_t)(seconds * 1e9));
}

/* --- rounds -------------------------------------------------------------- */

static void
the_first_round_ends_with_the_next_and_that_when_it_is_complete(void **state)
{
	struct rounds *r = *state;

	add(r, "p", "a", 1, 0);
	add(r, "p", "b", 2, 0.001);
	rounds_flush(r);
	assert_posted("");
	add(r, "p", "b", 4, 10.001);
	rounds_flush(r);
	assert_posted("p0 a=1 b=2;");
	add(r, "p", "a", 3, 10);
	rounds_flush(r);
	assert_posted("p10 a=3 b=4;");
	add(r, "p", "a", 5, 20);
	add(r, "p", "b", 6, 20);
	rounds_flush(r);
	assert_posted("p20 a=5 b=6;");
}

static void
things_do_not_mix_and_leave_together(void **state)
{
	struct rounds *r = *state;

	for (int i = 0; i < 3; i++) {
		add(r, "p", "a", 1, i * 10);
		add(r, "q", "a", 2, i * 10);
		add(r, "p", "b", 3, i * 10);
		add(r, "q", "b", 4, i * 10);
	}
	rounds_flush(r);
	assert_int_equal(posts, 3);
	assert_posted("p0 a=1 b=3;q0 a=2 b=4;p10 a=1 b=3;q10 a=2 b=4;"
		      "p20 a=1 b=3;q20 a=2 b=4;");
}

static void
what_is_missing_has_no_value_and_is_forgotten_after_three(void **state)
{
	struct rounds *r = *state;

	add(r, "p", "a", 1, 0);
	add(r, "p", "b", 1, 0);
	for (int i = 1; i < 6; i++)
		add(r, "p", "a", i, i * 10);
	rounds_flush(r);
	assert_posted("p0 a=1 b=1;p10 a=1 b=-;p20 a=2 b=-;p30 a=3;p40 a=4;"
		      "p50 a=5;");
	assert_int_equal(r->dropped, 0);
}

static void
a_new_field_comes_by_itself_and_belongs_to_the_next_round(void **state)
{
	struct rounds *r = *state;

	add(r, "p", "a", 1, 0);
	add(r, "p", "a", 2, 10);
	add(r, "p", "b", 3, 10);
	rounds_flush(r);
	assert_posted("p0 a=1;p10 a=2;p10 b=3;");
	add(r, "p", "a", 4, 20);
	add(r, "p", "b", 5, 20);
	rounds_flush(r);
	assert_posted("p20 a=4 b=5;");
}

static void
what_is_late_is_posted_by_itself(void **state)
{
	struct rounds *r = *state;

	add(r, "p", "a", 1, 100);
	add(r, "p", "a", 2, 110);
	add(r, "p", "a", 3, 50);
	add(r, "p", "a", 4, 120);
	rounds_flush(r);
	assert_posted("p100 a=1;p110 a=2;p50 a=3;p120 a=4;");
}

static void
who_comes_more_often_than_he_says_is_taken_at_his_word_but_for_twins(
    void **state)
{
	struct rounds *r = *state;

	add(r, "p", "a", 1, 0);
	add(r, "p", "b", 1, 0);
	add(r, "p", "a", 2, 1);
	add(r, "p", "b", 2, 1);
	add(r, "p", "b", 9, 1.001);
	add(r, "p", "a", 3, 2);
	add(r, "p", "a", 9, 2.001);
	add(r, "p", "b", 3, 2);
	rounds_flush(r);
	assert_posted("p0 a=1 b=1;p1 a=2 b=2;p2 a=3 b=3;");
	assert_int_equal(r->dropped, 2);
}

static void
a_round_that_nothing_comes_to_ends_after_six_intervals(void **state)
{
	struct rounds *r = *state;

	add(r, "p", "a", 1, 0);
	rounds_tick(r, 60 * SECOND, -1);
	assert_posted("");
	rounds_tick(r, 60 * SECOND + 1, -1);
	assert_posted("p0 a=1;");
	rounds_tick(r, 600 * SECOND, -1);
	assert_posted("");
}

static void
what_adds_begins_at_nothing_each_time(void **state)
{
	struct rounds *r = *state;
	struct rounds_value v = { .plugin = "p",
		.instance = "i",
		.field = "a",
		.value = fettle_count(5),
		.adds = true,
		.interval_ns = 10 * SECOND };

	for (int i = 0; i < 3; i++) {
		v.time_ns = T0 + i * 10 * SECOND;
		rounds_add(r, &v, 0);
	}
	rounds_flush(r);
	assert_posted("p/i0 a=5;p/i10 a=10;p/i20 a=15;");
}

static void
a_field_keeps_its_kind(void **state)
{
	struct rounds *r = *state;
	struct rounds_value v = { .plugin = "p",
		.field = "a",
		.value = fettle_count(5),
		.time_ns = T0 + 10 * SECOND,
		.interval_ns = 10 * SECOND };

	add(r, "p", "a", 1, 0);
	rounds_add(r, &v, 0);
	assert_int_equal(r->dropped, 1);
	rounds_tick(r, 100 * SECOND, -1);
	assert_posted("p0 a=1;");
}

static void
things_and_fields_are_bounded_and_old_things_make_room(void **state)
{
	struct rounds *r = *state;
	char name[32];

	for (int i = 0; i < 150; i++) {
		sprintf(name, "p%d", i);
		add(r, name, "a", i, i);
	}
	assert_int_equal(r->things.n, 100);
	assert_int_equal(r->dropped, 50);
	rounds_tick(r, 1000 * SECOND, 90 * SECOND);
	assert_int_equal(r->things.n, 10);
	posted[0] = '\0';
	for (int i = 0; i < ROUNDS_FIELDS + 10; i++) {
		sprintf(name, "f%d", i);
		add(r, "p95", name, i, 2000);
	}
	assert_int_equal(r->dropped, 50 + 11); /* `a' is one of them */
}

/* Or who may send could take a kilobyte for each field of each thing. */
static void
fields_are_bounded_together_and_old_things_make_room(void **state)
{
	enum { ALL = ROUNDS_SPARE + ROUNDS_SHARE * 100 };
	struct rounds *r = *state;
	char plugin[16], field[16];

	for (int i = 0; i <= ALL; i++) {
		snprintf(plugin, sizeof(plugin), "p%d", i / ROUNDS_FIELDS);
		snprintf(field, sizeof(field), "f%d", i % ROUNDS_FIELDS);
		add(r, plugin, field, 1, 0);
	}
	assert_int_equal(r->n_fields, ALL);
	assert_int_equal(r->dropped, 1);
	rounds_tick(r, SECOND, 2 * SECOND);
	assert_int_equal(r->n_fields, 0);
	add(r, plugin, field, 1, 1);
	add(r, plugin, "g", 1, 1);
	assert_int_equal(r->n_fields, 2);
	for (int i = 2; i < 10; i++) /* g is forgotten */
		add(r, plugin, field, 1, i * 10);
	assert_int_equal(r->n_fields, 1);
	assert_int_equal(r->dropped, 1);
}

static void
a_thing_that_was_forgotten_is_a_new_one(void **state)
{
	struct rounds *r = *state;

	add(r, "p", "a", 1, 0);
	rounds_tick(r, 1000 * SECOND, 900 * SECOND);
	assert_int_equal(r->things.n, 0);
	add(r, "p", "a", 2, 1000);
	assert_int_equal(r->things.n, 1);
}

int
main(void)
{
#define ROUNDS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		ROUNDS_TEST(
		    the_first_round_ends_with_the_next_and_that_when_it_is_complete),
		ROUNDS_TEST(things_do_not_mix_and_leave_together),
		ROUNDS_TEST(
		    what_is_missing_has_no_value_and_is_forgotten_after_three),
		ROUNDS_TEST(
		    a_new_field_comes_by_itself_and_belongs_to_the_next_round),
		ROUNDS_TEST(what_is_late_is_posted_by_itself),
		ROUNDS_TEST(
		    who_comes_more_often_than_he_says_is_taken_at_his_word_but_for_twins),
		ROUNDS_TEST(
		    a_round_that_nothing_comes_to_ends_after_six_intervals),
		ROUNDS_TEST(what_adds_begins_at_nothing_each_time),
		ROUNDS_TEST(a_field_keeps_its_kind),
		ROUNDS_TEST(
		    things_and_fields_are_bounded_and_old_things_make_room),
		ROUNDS_TEST(
		    fields_are_bounded_together_and_old_things_make_room),
		ROUNDS_TEST(a_thing_that_was_forgotten_is_a_new_one),
	};

	return cmocka_run_group_tests_name("rounds", tests, NULL, NULL);
}
