/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/roster.h"

struct thing {
	struct roster_row row;
	int n;
};

static struct thing *
take(struct roster *r, const char *name, uint64_t id)
{
	void *row = NULL;

	assert_int_equal(roster_take(r, name, id, &row), 0);
	return row;
}

static void
what_is_there_again_is_remembered(void **state)
{
	struct roster r = { .size = sizeof(struct thing) };

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		roster_begin(&r);
		for (int i = 0; i < 100; i++) {
			char name[16];
			struct thing *t;

			snprintf(name, sizeof(name), "%d", i);
			t = take(&r, name, 1);
			assert_string_equal(t->row.name, name);
			assert_int_equal(t->row.fresh, turn == 0);
			assert_int_equal(t->n, turn == 0 ? 0 : 100 * i + turn);
			t->n = 100 * i + turn + 1;
		}
		roster_end(&r);
		assert_int_equal(r.n, 100);
	}
	roster_fini(&r);
	assert_int_equal(r.n, 0);
}

static void
what_was_away_is_forgotten(void **state)
{
	struct roster r = { .size = sizeof(struct thing) };

	(void)state;
	roster_begin(&r);
	take(&r, "a", 1)->n = 1;
	take(&r, "b", 1)->n = 2;
	take(&r, "c", 1)->n = 3;
	roster_end(&r);
	roster_begin(&r);
	assert_int_equal(take(&r, "c", 1)->n, 3);
	assert_int_equal(take(&r, "a", 1)->n, 1);
	roster_end(&r);
	assert_int_equal(r.n, 2);
	roster_begin(&r);
	assert_true(take(&r, "b", 1)->row.fresh);
	assert_int_equal(take(&r, "b2", 1)->n, 0);
	assert_int_equal(take(&r, "a", 1)->n, 1);
	assert_int_equal(take(&r, "c", 1)->n, 3);
	roster_end(&r);
	roster_begin(&r);
	assert_int_equal(take(&r, "b", 1)->n, 0);
	roster_end(&r);
	roster_begin(&r);
	roster_end(&r);
	assert_int_equal(r.n, 0);
	roster_fini(&r);
}

static void
another_one_of_the_same_name_is_new(void **state)
{
	struct roster r = { .size = sizeof(struct thing) };
	struct thing *t;

	(void)state;
	roster_begin(&r);
	take(&r, "a", 1)->n = 1;
	roster_end(&r);
	roster_begin(&r);
	t = take(&r, "a", 2);
	assert_true(t->row.fresh);
	assert_int_equal(t->n, 0);
	roster_end(&r);
	roster_begin(&r);
	assert_false(take(&r, "a", 2)->row.fresh);
	roster_end(&r);
	roster_fini(&r);
}

static void
a_name_is_there_once_in_a_reading(void **state)
{
	struct roster r = { .size = sizeof(struct thing) };
	void *row;

	(void)state;
	roster_begin(&r);
	take(&r, "a", 1);
	assert_int_equal(roster_take(&r, "a", 1, &row), -EEXIST);
	assert_int_equal(roster_take(&r, "a", 2, &row), -EEXIST);
	roster_end(&r);
	assert_int_equal(r.n, 1);
	roster_fini(&r);
}

static void
a_name_has_at_most_63_bytes(void **state)
{
	struct roster r = { .size = sizeof(struct thing) };
	char name[ROSTER_NAME + 1];
	void *row;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[ROSTER_NAME] = '\0';
	roster_begin(&r);
	assert_int_equal(roster_take(&r, name, 1, &row), -ENAMETOOLONG);
	name[ROSTER_NAME - 1] = '\0';
	assert_string_equal(take(&r, name, 1)->row.name, name);
	roster_end(&r);
	roster_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_again_is_remembered),
		cmocka_unit_test(what_was_away_is_forgotten),
		cmocka_unit_test(another_one_of_the_same_name_is_new),
		cmocka_unit_test(a_name_is_there_once_in_a_reading),
		cmocka_unit_test(a_name_has_at_most_63_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
