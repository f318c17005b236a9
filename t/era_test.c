/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "flow/era.h"
#include "interned.h"

static const struct fettle_value one = { FETTLE_GAUGE, { .real = 1 } };

static struct series *
get_at(const struct fettle_list *l, int64_t now_ns)
{
	struct intern how = now_here();
	struct series *s;

	how.now_ns = now_ns;
	assert_int_equal(intern(l, &how, &s), DROP_NONE);
	return s;
}

static void
count(void *arg, struct series *s)
{
	(void)s;
	++*(int *)arg;
}

static int
counted(void)
{
	int n = 0;

	series_lock(&table);
	series_each(&table, count, &n);
	series_unlock(&table);
	return n;
}

static void
what_is_unseen_for_long_is_forgotten(void **state)
{
	char names[100][4];
	struct fettle_list lists[100], other = lists_one("p", "x", &one);
	uint32_t numbers[100];

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		lists[i] = lists_one(i % 2 ? "p" : "q", names[i], &one);
		numbers[i] = get_at(&lists[i], (int64_t)i)->number;
	}
	other.host = "gone";
	get_at(&other, 10);
	assert_int_equal(counted(), 101);
	series_sweep(&table, 1030, 1000);
	assert_int_equal(counted(), 70);
	assert_int_equal(table.n_series, 70);
	assert_int_equal(forgotten, 31);
	assert_null(series_host(&table, "gone"));
	assert_int_equal(table.n_hosts, 1);
	for (size_t i = 30; i < 100; i++)
		assert_int_equal(get_at(&lists[i], 2000)->number, numbers[i]);
	/* a number is not used again */
	for (size_t i = 0; i < 30; i++)
		assert_true(get_at(&lists[i], 2000)->number > 101);
	series_sweep(&table, 3001, 1000);
	assert_int_equal(table.n_series, 0);
	assert_int_equal(table.n_hosts, 0);
	assert_int_equal(table.fields.n, 0);
	assert_int_equal(forgotten, 131);
}

static void
a_plugin_without_series_is_forgotten_with_its_fields(void **state)
{
	struct fettle_list l = lists_one(NULL, NULL, &one);
	char name[32];

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "plugin-%d", i);
		l.plugin = name;
		get_at(&l, i);
	}
	series_sweep(&table, 1049, 1000);
	assert_int_equal(series_host(&table, "here")->schemas.n, 1);
	get_at(&l, 50);
	assert_int_equal(table.n_series, 1);
}

static void
a_batch_keeps_what_it_points_to(void **state)
{
	struct batch *b = lists_batch(&table, "p", 0, 3), *part;

	(void)state;
	series_sweep(&table, 100 * NS_PER_S, NS_PER_S);
	assert_int_equal(table.n_series, 0);
	assert_int_equal(forgotten, 0);
	/* younger batches do not matter */
	batch_unref(lists_batch(&table, "p", 0, 3));
	series_sweep(&table, 100 * NS_PER_S, NS_PER_S);
	assert_int_equal(forgotten, 0);
	assert_string_equal(b->pubs[2]->host, "here");
	assert_string_equal(b->pubs[2]->plugin, "p");
	assert_string_equal(b->pubs[2]->instance, "2");
	assert_string_equal(b->pubs[2]->fields[0]->name, "v");
	part = batch_select(b, (const unsigned char[]){ 0, 1, 0 });
	batch_unref(b);
	assert_int_equal(forgotten, 0);
	assert_string_equal(part->pubs[0]->instance, "1");
	batch_unref(part);
	assert_int_equal(forgotten, 6);
	assert_int_equal(table.fields.n, 0);
}

static void
a_batch_keeps_the_hosts_tags_of_its_time(void **state)
{
	struct fettle_tag tag = { "env", "0" };
	struct intern how = now_here();
	struct batch *b, *first = NULL;
	char value[32];

	(void)state;
	tag.value = value;
	for (int i = 0; i < 1000; i++) {
		snprintf(value, sizeof(value), "%d", i);
		series_lock(&table);
		assert_int_equal(
		    series_host_tags(&table, &how, "here", &tag, 1),
		    DROP_NONE);
		series_unlock(&table);
		b = lists_batch(&table, "p", 0, 1);
		assert_string_equal(b->pubs[0]->host_tags[0].value, value);
		if (first == NULL)
			first = b;
		else
			batch_unref(b);
	}
	assert_string_equal(first->pubs[0]->host_tags[0].value, "0");
	batch_unref(first);
	/* what was replaced does not pile up until somebody sweeps */
	assert_true(era_graves(table.era) <= 256);
}

static void
relayed_lists_bring_the_tags_of_their_host(void **state)
{
	struct fettle_tag tags[] = { { "b", "2" }, { "a", "1" } };
	struct fettle_list l = lists_one("p", NULL, &one);
	struct intern how = now_here();
	struct host *h;

	(void)state;
	l.host = "far";
	l.host_tags = tags;
	l.n_host_tags = 2;
	assert_int_equal(intern(&l, &how, NULL), DROP_NONE);
	h = series_host(&table, "far");
	assert_null(h->tags); /* not everybody may say so */
	how.relayed = true;
	assert_int_equal(intern(&l, &how, NULL), DROP_NONE);
	assert_int_equal(h->tags->n, 2);
	assert_string_equal(h->tags->v[0].key, "a");
	assert_string_equal(h->tags->v[1].value, "2");
	tags[0].value = "x\n";
	assert_int_equal(intern(&l, &how, NULL), DROP_NONE);
	assert_string_equal(h->tags->v[1].value, "x\\x0a");
	l.n_host_tags = 0; /* nothing said */
	assert_int_equal(intern(&l, &how, NULL), DROP_NONE);
	assert_int_equal(h->tags->n, 2);
}

static void *
build_much(void *arg)
{
	const int64_t first = *(int64_t *)arg;
	struct batch *held[8] = { NULL };

	for (int i = 0; i < 500; i++) {
		batch_unref(held[i % 8]);
		held[i % 8] = lists_batch(
		    &table, "p", first + i % 50, 1 + (size_t)i % 20);
		assert_int_equal(
		    lists_number(held[i % 8]->pubs[0]), first + i % 50);
	}
	for (size_t i = 0; i < 8; i++)
		batch_unref(held[i]);
	return NULL;
}

static void
threads_may_build_while_another_sweeps(void **state)
{
	int64_t first[3] = { 0, 30, 100 };
	pthread_t threads[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, build_much, &first[i]);
	for (int i = 0; i < 200; i++)
		series_sweep(&table, 100 * NS_PER_S, NS_PER_S);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	series_sweep(&table, 100 * NS_PER_S, NS_PER_S);
	assert_int_equal(table.n_series, 0);
	assert_int_equal(table.fields.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		INTERNED_TEST(what_is_unseen_for_long_is_forgotten),
		INTERNED_TEST(
		    a_plugin_without_series_is_forgotten_with_its_fields),
		INTERNED_TEST(a_batch_keeps_what_it_points_to),
		INTERNED_TEST(a_batch_keeps_the_hosts_tags_of_its_time),
		INTERNED_TEST(relayed_lists_bring_the_tags_of_their_host),
		INTERNED_TEST(threads_may_build_while_another_sweeps),
	};

	return cmocka_run_group_tests_name("era", tests, NULL, NULL);
}
