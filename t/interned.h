/* SPDX-License-Identifier: MIT */
/* A table of series, and lists that go into it one by one; for the tests of
 * what it is made of. */
#ifndef T_INTERNED_H
#define T_INTERNED_H

#include "lists.h"

static struct series_table table;
static int forgotten; /* series that were freed */

static inline void
interned_forget(struct series *s)
{
	(void)s;
	forgotten++;
}

static inline int
interned_begin(void **state)
{
	(void)state;
	series_init(&table, &lists_limits, NULL);
	table.forget = interned_forget;
	forgotten = 0;
	return 0;
}

static inline int
interned_end(void **state)
{
	(void)state;
	series_fini(&table);
	return 0;
}

/* Interns one list as batch_build does; out may be NULL. */
static inline enum drop
intern(const struct fettle_list *l, struct intern *how, struct series **out)
{
	const struct fettle_field *const *layout;
	struct series *s = NULL;
	enum drop why;

	series_lock(&table);
	why = series_intern(&table, how, l, &s, &layout);
	series_unlock(&table);
	if (why == DROP_NONE) {
		assert_non_null(s);
		for (size_t i = 0; i < l->n; i++)
			assert_true(field_same(
			    layout != NULL
				? layout[i]
				: series_field(s, l->fields[i]->name),
			    l->fields[i]));
	}
	if (out != NULL)
		*out = s;
	return why;
}

static inline struct intern
now_here(void)
{
	return lists_origin().names;
}

static inline struct series *
get(const struct fettle_list *l)
{
	struct intern how = now_here();
	struct series *s;

	assert_int_equal(intern(l, &how, &s), DROP_NONE);
	return s;
}

static inline void
drops(const struct fettle_list *l, enum drop reason)
{
	struct intern how = now_here();

	assert_int_equal(intern(l, &how, NULL), reason);
}

#define INTERNED_TEST(f)                                                      \
	cmocka_unit_test_setup_teardown(f, interned_begin, interned_end)

#endif
