/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "chance.h"
#include "flow/late.h"
#include "interned.h"

enum { WIDE = 300 };

/* Batches of these lists. */
static struct batch *
build(const struct fettle_list *lists, size_t n, struct taken *taken)
{
	struct batch_origin origin = lists_origin();
	const struct fettle_list **pointers = xcalloc(n, sizeof(*pointers));
	struct batch *b;

	for (size_t i = 0; i < n; i++)
		pointers[i] = &lists[i];
	b = batch_build(&table, &origin, pointers, n, taken);
	free(pointers);
	return b;
}

static struct batch *
build_all(const struct fettle_list *lists, size_t n)
{
	struct taken taken;
	struct batch *b = build(lists, n, &taken);

	assert_non_null(b);
	assert_int_equal(taken.n, n);
	assert_int_equal(b->n, n);
	return b;
}

static void
drops_one(const struct fettle_list *l, enum drop reason)
{
	const uint64_t before = table.dropped[reason];
	struct taken taken;

	assert_null(build(l, 1, &taken));
	assert_int_equal(taken.n, 0);
	assert_int_equal(taken.dropped[reason], 1);
	assert_int_equal(table.dropped[reason], before + 1);
}

/* A list of fields f0, f1, ... that are gauges, counters, totals in turn. */
struct wide {
	struct fettle_list list;
	struct fettle_field fields[WIDE];
	const struct fettle_field *pointers[WIDE];
	struct fettle_value values[WIDE];
	char names[WIDE][16];
};

static struct wide *
wide_new(size_t n)
{
	struct wide *w = NEW(struct wide);

	for (unsigned i = 0; i < WIDE; i++) {
		snprintf(w->names[i], sizeof(w->names[i]), "f%u", i);
		w->fields[i] = (struct fettle_field){ .name = w->names[i],
			.kind = (enum fettle_kind)(FETTLE_GAUGE + i % 3),
			.unit = FETTLE_NUMBER };
		w->pointers[i] = &w->fields[i];
		w->values[i] = i % 3 == 0   ? fettle_gauge(i)
			       : i % 3 == 1 ? fettle_count(UINT64_MAX - i)
					    : fettle_total(i);
	}
	w->list = (struct fettle_list){ .size = sizeof(w->list),
		.fields = w->pointers,
		.values = w->values,
		.n = n };
	return w;
}

static void
check_wide(const struct fettle_list *l, size_t n)
{
	assert_int_equal(l->n, n);
	for (unsigned i = 0; i < n; i++) {
		const unsigned k =
		    (unsigned)strtoul(l->fields[i]->name + 1, NULL, 10);

		assert_int_equal(l->fields[i]->kind, FETTLE_GAUGE + k % 3);
		assert_int_equal(l->values[i].kind, FETTLE_GAUGE + k % 3);
		if (k % 3 == 1)
			assert_int_equal(l->values[i].count, UINT64_MAX - k);
		else
			assert_true(l->values[i].real == k);
	}
}

static void
all_of_a_list_is_copied(void **state)
{
	struct fettle_tag tags[] = { { strdup("b"), strdup("2") },
		{ strdup("a"), strdup("1") } };
	struct wide *w = wide_new(3);
	struct fettle_list *l = &w->list;
	const struct fettle_list *kept;
	struct batch *b;

	(void)state;
	l->host = strdup("far");
	l->plugin = strdup("p");
	l->instance = strdup("i");
	l->instance_name = strdup("mount");
	l->tags = tags;
	l->n_tags = 2;
	l->time_ns = LISTS_TIME - 5;
	l->interval_ns = 7;
	b = build_all(l, 1);
	free((void *)(uintptr_t)l->host);
	free((void *)(uintptr_t)l->plugin);
	free((void *)(uintptr_t)l->instance);
	free((void *)(uintptr_t)l->instance_name);
	for (size_t i = 0; i < 2; i++) {
		free((void *)(uintptr_t)tags[i].key);
		free((void *)(uintptr_t)tags[i].value);
	}
	free(w);
	kept = b->pubs[0];
	assert_int_equal(kept->size, sizeof(*kept));
	assert_int_equal(kept->series, 1);
	assert_string_equal(kept->host, "far");
	assert_string_equal(kept->plugin, "p");
	assert_string_equal(kept->instance, "i");
	assert_string_equal(kept->instance_name, "mount");
	assert_int_equal(kept->n_tags, 2);
	assert_string_equal(kept->tags[0].key, "a");
	assert_string_equal(kept->tags[0].value, "1");
	assert_int_equal(kept->n_host_tags, 0);
	assert_int_equal(kept->time_ns, LISTS_TIME - 5);
	assert_int_equal(kept->interval_ns, 7);
	check_wide(kept, 3);
	batch_unref(b);
}

static void
what_is_not_said_is_the_origins(void **state)
{
	const struct fettle_value one = fettle_gauge(1);
	struct fettle_list lists[] = { lists_one(NULL, NULL, &one),
		lists_one(NULL, NULL, &one) };
	struct batch *b;

	(void)state;
	lists[1].interval_ns = -5; /* none either */
	b = build_all(lists, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct fettle_list *l = b->pubs[i];

		assert_string_equal(l->host, "here");
		assert_string_equal(l->plugin, "test");
		assert_null(l->instance);
		assert_null(l->instance_name);
		assert_int_equal(l->time_ns, LISTS_TIME);
		assert_int_equal(l->interval_ns, 10 * NS_PER_S);
	}
	batch_unref(b);
}

static void
what_is_not_finite_is_no_value(void **state)
{
	struct wide *w = wide_new(6);
	const struct fettle_list *l;
	struct batch *b;

	(void)state;
	w->values[0].real = NAN;
	w->values[2].real = INFINITY;
	w->values[3].real = -INFINITY;
	w->values[4].kind = 0;
	b = build_all(&w->list, 1);
	l = b->pubs[0];
	for (size_t i = 0; i < 6; i++) {
		if (i == 1 || i == 5) {
			assert_int_equal(
			    l->values[i].kind, l->fields[i]->kind);
			continue;
		}
		assert_int_equal(l->values[i].kind, 0);
		assert_true(l->values[i].real == 0);
	}
	batch_unref(b);
	w->values[5].real = NAN;
	batch_unref(build_all(&w->list, 1)); /* a counter is left */
	w->values[1].kind = 0;
	drops_one(&w->list, DROP_EMPTY);
	w->list.n = 0;
	drops_one(&w->list, DROP_EMPTY);
	free(w);
}

static void
a_list_is_of_the_last_month_or_the_next_minutes(void **state)
{
	const int64_t month = INT64_C(30) * 24 * 3600 * NS_PER_S;
	const struct fettle_value one = fettle_gauge(1);
	struct fettle_list l = lists_one("p", NULL, &one);

	(void)state;
	l.time_ns = LISTS_TIME + 300 * NS_PER_S;
	batch_unref(build_all(&l, 1));
	l.time_ns++;
	drops_one(&l, DROP_TIME);
	l.time_ns = INT64_MAX;
	drops_one(&l, DROP_TIME);
	l.time_ns = LISTS_TIME - month;
	batch_unref(build_all(&l, 1));
	l.time_ns--;
	drops_one(&l, DROP_TIME);
	l.time_ns = INT64_MIN;
	drops_one(&l, DROP_TIME);
}

static void
what_is_refused_does_not_hold_up_the_rest(void **state)
{
	const struct fettle_value one = fettle_gauge(1),
				  none = fettle_gauge(NAN);
	struct fettle_list lists[40];
	struct taken taken;
	struct batch *b;
	char names[40][16];

	(void)state;
	table.limits.series = 25;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "%u", i);
		lists[i] = lists_one("p", names[i], &one);
	}
	lists[3].values = &none;
	lists[5].time_ns = 1;
	lists[9].plugin = "";
	b = build(lists, 40, &taken);
	assert_int_equal(taken.n, 25);
	assert_int_equal(b->n, 25);
	assert_int_equal(taken.dropped[DROP_EMPTY], 1);
	assert_int_equal(taken.dropped[DROP_TIME], 1);
	assert_int_equal(taken.dropped[DROP_NAME], 1);
	assert_int_equal(taken.dropped[DROP_SERIES], 12);
	for (size_t i = 0, last = 0; i < 25; i++) { /* in their order */
		const size_t now = strtoul(b->pubs[i]->instance, NULL, 10);

		assert_true(i == 0 || now > last);
		last = now;
	}
	batch_unref(b);
}

static void
a_list_may_be_as_wide_as_the_limit_is_set(void **state)
{
	struct wide *w = wide_new(WIDE);
	struct batch *b;

	(void)state;
	table.limits.fields = WIDE - 1;
	drops_one(&w->list, DROP_FIELDS);
	table.limits.fields = WIDE;
	b = build_all(&w->list, 1);
	check_wide(b->pubs[0], WIDE);
	batch_unref(b);
	free(w);
}

static void
a_series_may_come_twice_in_a_batch(void **state)
{
	const struct fettle_value values[] = { fettle_gauge(1),
		fettle_gauge(2) };
	const struct fettle_list lists[] = { lists_one("p", "x", &values[0]),
		lists_one("p", "x", &values[1]) };
	struct batch *b = build_all(lists, 2);

	(void)state;
	assert_int_equal(b->pubs[0]->series, b->pubs[1]->series);
	assert_true(b->pubs[1]->values[0].real == 2);
	batch_unref(b);
}

static void
check_same(const struct fettle_list *a, const struct fettle_list *b)
{
	assert_int_equal(a->series, b->series);
	assert_string_equal(a->instance, b->instance);
	assert_int_equal(a->time_ns, b->time_ns);
	assert_int_equal(a->n, b->n);
	assert_ptr_not_equal(a->values, b->values);
	assert_ptr_not_equal(a->rates, b->rates);
	for (size_t i = 0; i < a->n; i++) {
		assert_ptr_equal(a->fields[i], b->fields[i]);
		assert_int_equal(a->values[i].kind, b->values[i].kind);
		assert_int_equal(a->values[i].count, b->values[i].count);
		assert_true(a->rates[i] == b->rates[i]);
	}
}

/* A batch of n lists, each with its fields in an order of its own. */
static struct batch *
build_mixed(size_t n, uint64_t *seed)
{
	struct fettle_list *lists = xcalloc(n, sizeof(*lists));
	struct wide **wide = xcalloc(n, sizeof(struct wide *));
	char(*names)[16] = xcalloc(n, sizeof(*names));
	struct batch *b;

	for (size_t i = 0; i < n; i++) {
		wide[i] = wide_new(1 + chance_of(seed, 12));
		for (size_t k = 0; k < wide[i]->list.n; k++) {
			const size_t at = k + chance_of(seed, 12 - k);
			const struct fettle_field *f = wide[i]->pointers[k];
			const struct fettle_value v = wide[i]->values[k];

			wide[i]->pointers[k] = wide[i]->pointers[at];
			wide[i]->values[k] = wide[i]->values[at];
			wide[i]->pointers[at] = f;
			wide[i]->values[at] = v;
		}
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		lists[i] = wide[i]->list;
		lists[i].instance = names[i];
	}
	b = build_all(lists, n);
	for (size_t i = 0; i < n; i++) {
		double *rates = (double *)(uintptr_t)b->pubs[i]->rates;

		check_wide(b->pubs[i], b->pubs[i]->n);
		for (size_t k = 0; k < b->pubs[i]->n; k++)
			rates[k] = (double)(100 * i + k);
		free(wide[i]);
	}
	free(names);
	free(wide);
	free(lists);
	return b;
}

static void
a_selection_is_equal_in_all_but_what_was_left_out(void **state)
{
	unsigned char want[30];

	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		uint64_t s = seed;
		struct batch *b = build_mixed(30, &s), *part, *again;
		size_t k = 0;

		for (size_t i = 0; i < 30; i++)
			want[i] = (unsigned char)chance_of(&s, 2);
		want[chance_of(&s, 30)] = 0;
		want[29] = 1;
		b->measured_ns = 77;
		part = batch_select(b, want);
		for (size_t i = 0; i < 30; i++)
			if (want[i])
				check_same(part->pubs[k++], b->pubs[i]);
		assert_int_equal(part->n, k);
		assert_int_equal(part->measured_ns, 77);
		assert_true(part->bytes < b->bytes);
		batch_unref(b); /* it stands alone */
		memset(want, 0, sizeof(want));
		want[part->n - 1] = 1;
		again = batch_select(part, want);
		batch_unref(part);
		assert_string_equal(again->pubs[0]->instance, "29");
		check_wide(again->pubs[0], again->pubs[0]->n);
		batch_unref(again);
	}
}

static void
a_selection_of_all_is_the_batch_itself(void **state)
{
	struct batch *b = lists_batch(&table, "p", 0, 3);

	(void)state;
	assert_null(batch_select(b, (const unsigned char[]){ 0, 0, 0 }));
	assert_ptr_equal(
	    batch_select(b, (const unsigned char[]){ 1, 1, 1 }), b);
	batch_unref(b);
	assert_int_equal(lists_number(b->pubs[2]), 2);
	batch_unref(b);
	batch_unref(NULL);
}

static void
check_refused(const struct fettle_list *l, const char *reason)
{
	char why[100] = "";

	assert_int_equal(list_check(l, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, reason);
}

static void
what_is_no_list_is_told_from_one(void **state)
{
	const struct fettle_tag none = { NULL, "v" }, half = { "k", NULL };
	struct wide *w = wide_new(3);
	struct fettle_list *l = &w->list;
	char why[100] = "";

	(void)state;
	assert_int_equal(list_check(l, why, sizeof(why)), 0);
	l->size = 0;
	check_refused(l, "its size is not that of a list");
	l->size = sizeof(*l);
	l->fields = NULL;
	check_refused(l, "no fields or no values");
	l->fields = w->pointers;
	l->values = NULL;
	check_refused(l, "no fields or no values");
	l->values = w->values;
	w->pointers[1] = NULL;
	check_refused(l, "field 1 has no name, kind or unit");
	w->pointers[1] = &w->fields[1];
	w->fields[1].name = NULL;
	check_refused(l, "field 1 has no name, kind or unit");
	w->fields[1].name = "b";
	w->fields[1].unit = NULL;
	check_refused(l, "field 1 has no name, kind or unit");
	w->fields[1].unit = "";
	w->fields[1].kind = 0;
	check_refused(l, "field 1 has no name, kind or unit");
	w->fields[1].kind = FETTLE_TOTAL + 1;
	check_refused(l, "field 1 has no name, kind or unit");
	w->fields[1].kind = FETTLE_TOTAL;
	check_refused(l, "the value of b is not of the field's kind");
	w->values[1].kind = 0;
	assert_int_equal(list_check(l, why, sizeof(why)), 0);
	l->n_tags = 1;
	check_refused(l, "a tag without key or value");
	l->tags = &none;
	check_refused(l, "a tag without key or value");
	l->tags = &half;
	check_refused(l, "a tag without key or value");
	l->n_tags = 0;
	l->n_host_tags = 1;
	l->host_tags = &half;
	check_refused(l, "a tag without key or value");
	l->n_host_tags = 0;
	assert_int_equal(list_check(l, why, sizeof(why)), 0);
	free(w);
}

static void
late_is_what_was_kept_for_a_minute_and_three_intervals(void **state)
{
	struct fettle_list l = { .time_ns = LISTS_TIME };

	(void)state;
	l.interval_ns = 10 * NS_PER_S;
	assert_int_equal(list_late(&l, LISTS_TIME + 60 * NS_PER_S), 0);
	assert_int_equal(
	    list_late(&l, LISTS_TIME + 60 * NS_PER_S + 1), 60 * NS_PER_S + 1);
	l.interval_ns = 30 * NS_PER_S;
	assert_int_equal(list_late(&l, LISTS_TIME + 90 * NS_PER_S), 0);
	assert_int_equal(
	    list_late(&l, LISTS_TIME + 91 * NS_PER_S), 91 * NS_PER_S);
	assert_int_equal(list_late(&l, LISTS_TIME - 3600 * NS_PER_S), 0);
	assert_int_equal(list_late(&l, 0), 0);
	assert_true(list_late(&l, INT64_MAX) > 0);
	l.interval_ns = INT64_MAX;
	assert_true(list_late(&l, INT64_MAX) > 0);
	l.time_ns = 0; /* it has no stamp */
	assert_int_equal(list_late(&l, INT64_MAX), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		INTERNED_TEST(all_of_a_list_is_copied),
		INTERNED_TEST(what_is_not_said_is_the_origins),
		INTERNED_TEST(what_is_not_finite_is_no_value),
		INTERNED_TEST(a_list_is_of_the_last_month_or_the_next_minutes),
		INTERNED_TEST(what_is_refused_does_not_hold_up_the_rest),
		INTERNED_TEST(a_list_may_be_as_wide_as_the_limit_is_set),
		INTERNED_TEST(a_series_may_come_twice_in_a_batch),
		INTERNED_TEST(
		    a_selection_is_equal_in_all_but_what_was_left_out),
		INTERNED_TEST(a_selection_of_all_is_the_batch_itself),
		INTERNED_TEST(what_is_no_list_is_told_from_one),
		INTERNED_TEST(
		    late_is_what_was_kept_for_a_minute_and_three_intervals),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
