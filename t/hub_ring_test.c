/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "write/ringbuffer_http/ring.h"

static void
add(struct ring *r, const char *host, const char *plugin, int64_t second,
    const char *values)
{
	struct made m;
	const struct fettle_list *l =
	    made(&m, plugin, NULL, second, 10, values);

	m.list.host = host;
	assert_int_equal(ring_add(r, &l, 1), 0);
}

/* What a query finds: "HOST@SECOND " for each. */
static void
finds(struct ring *r, struct ring_query q, const char *expected)
{
	char *data, found[4096] = "", *p = found;
	uint64_t version;
	json_t *all, *v;
	size_t len, i;

	assert_int_equal(ring_render(r, &q, &data, &len, &version), 0);
	assert_true(version == ring_version(r));
	all = json_loadb(data, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	json_array_foreach (all, i, v)
		p += sprintf(p, "%s@%d ",
		    json_string_value(json_object_get(v, "hostname")),
		    (int)json_integer_value(json_object_get(v, "timestamp")));
	assert_string_equal(found, expected);
	json_decref(all);
	free(data);
}

#define ALL                                                                   \
	{                                                                     \
		.since = 0, .until = INT64_MAX, .limit = SIZE_MAX             \
	}

static void
finds_all(struct ring *r, const char *expected)
{
	const struct ring_query q = ALL;

	finds(r, q, expected);
}

static void
snapshots_are_ordered_by_time_and_then_by_arrival(void **state)
{
	struct ring *r = ring_new(10);

	(void)state;
	finds_all(r, "");
	add(r, "b", "cpu", 20, "percent=1");
	add(r, "a", "cpu", 30, "percent=1");
	add(r, "a", "memory", 10, "percent=1");
	add(r, "a", "disk", 20, "percent=1");
	add(r, "c", "cpu", 20, "percent=1");
	finds_all(r, "a@10 b@20 a@20 c@20 a@30 ");
	ring_free(r);
}

static void
the_newest_are_kept(void **state)
{
	struct ring *r = ring_new(3);

	(void)state;
	for (int t = 1; t <= 1000; t++)
		add(r, t % 2 ? "a" : "b", "cpu", t, "percent=1");
	finds_all(r, "b@998 a@999 b@1000 ");
	/* older than all there is: it would be the first to go */
	add(r, "c", "cpu", 997, "percent=1");
	finds_all(r, "b@998 a@999 b@1000 ");
	/* but what is in it can be completed */
	add(r, "b", "memory", 998, "percent=1");
	finds_all(r, "b@998 a@999 b@1000 ");
	add(r, "c", "cpu", 999, "percent=1");
	finds_all(r, "a@999 c@999 b@1000 ");
	ring_free(r);
}

static void
a_snapshot_that_comes_late_is_whole(void **state)
{
	struct ring *r = ring_new(10);
	const struct ring_query q = ALL;
	uint64_t version;
	char *data;
	size_t len;

	(void)state;
	add(r, "a", "cpu", 20, "percent=1.5");
	add(r, "a", "memory", 20, "percent=2.5");
	add(r, "a", "cpu", 10, "percent=3.5");
	add(r, "a", "memory", 10, "percent=4.5");
	add(r, "a", "memory", 15, "percent=5.5");
	assert_int_equal(ring_render(r, &q, &data, &len, &version), 0);
	data[len - 1] = '\0';
	assert_string_equal(data,
	    "[\n"
	    "{\"timestamp\":10,\"hostname\":\"a\",\"cpu\":{\"per_core\":[],"
	    "\"average\":3.5},\"memory\":{\"percent\":4.5}},\n"
	    "{\"timestamp\":15,\"hostname\":\"a\",\"memory\":{\"percent\":5.5}},"
	    "\n"
	    "{\"timestamp\":20,\"hostname\":\"a\",\"cpu\":{\"per_core\":[],"
	    "\"average\":1.5},\"memory\":{\"percent\":2.5}}\n]");
	free(data);
	ring_free(r);
}

static void
a_snapshot_is_one_of_its_host_and_second(void **state)
{
	struct ring *r = ring_new(10);
	const struct ring_query q = ALL;
	uint64_t version;
	char *data;
	size_t len;

	(void)state;
	add(r, "a", "load", 10, "1m=0.5"); /* begins none */
	finds_all(r, "");
	add(r, "a", "cpu", 10, "percent=1.5");
	add(r, "a", "cpu", 11, "percent=2.5");
	add(r, "a", "memory", 10, "percent=3.5");
	add(r, "a", "load", 11, "1m=0.25");
	assert_int_equal(ring_render(r, &q, &data, &len, &version), 0);
	data[len - 1] = '\0';
	assert_string_equal(data,
	    "[\n"
	    "{\"timestamp\":10,\"hostname\":\"a\",\"cpu\":{\"per_core\":[],"
	    "\"average\":1.5},\"memory\":{\"percent\":3.5},"
	    "\"load\":{\"1m\":0.5}},\n"
	    "{\"timestamp\":11,\"hostname\":\"a\",\"cpu\":{\"per_core\":[],"
	    "\"average\":2.5},\"load\":{\"1m\":0.25}}\n]");
	free(data);
	ring_free(r);
}

static void
a_query_chooses_by_host_time_and_number(void **state)
{
	struct ring *r = ring_new(100);

	(void)state;
	for (int t = 1; t <= 20; t++)
		add(r, t % 3 ? "a" : "b", "cpu", t, "percent=1");
	finds(r,
	    (struct ring_query){ .since = 5, .until = 8, .limit = SIZE_MAX },
	    "a@5 b@6 a@7 a@8 ");
	finds(r,
	    (struct ring_query){ .since = 19, .until = INT64_MAX, .limit = 9 },
	    "a@19 a@20 ");
	finds(r,
	    (struct ring_query){ .host = "b", .until = INT64_MAX, .limit = 2 },
	    "b@15 b@18 ");
	finds(r,
	    (struct ring_query){
		.host = "b", .since = 4, .until = 9, .limit = 100 },
	    "b@6 b@9 ");
	finds(r,
	    (struct ring_query){
		.host = "c", .until = INT64_MAX, .limit = 100 },
	    "");
	finds(r, (struct ring_query){ .until = INT64_MAX, .limit = 0 }, "");
	finds(
	    r, (struct ring_query){ .since = 9, .until = 3, .limit = 9 }, "");
	ring_free(r);
}

static void
the_version_grows_with_every_visible_change(void **state)
{
	struct ring *r = ring_new(10);
	uint64_t before = ring_version(r);

	(void)state;
	add(r, "a", "load", 10, "1m=1");
	assert_true(ring_version(r) == before);
	add(r, "a", "cpu", 10, "percent=1");
	assert_true(ring_version(r) > before);
	before = ring_version(r);
	add(r, "a", "cpu", 10, "percent=2");
	assert_true(ring_version(r) > before);
	before = ring_version(r);
	finds_all(r, "a@10 ");
	assert_true(ring_version(r) == before);
	ring_free(r);
}

static void
a_smaller_ring_keeps_the_newest_and_a_larger_one_all(void **state)
{
	struct ring *r = ring_new(4);

	(void)state;
	for (int t = 1; t <= 7; t++)
		add(r, "a", "cpu", t, "percent=1");
	assert_int_equal(ring_resize(r, 2), 0);
	finds_all(r, "a@6 a@7 ");
	assert_int_equal(ring_resize(r, 3), 0);
	add(r, "a", "cpu", 8, "percent=1");
	add(r, "a", "cpu", 9, "percent=1");
	finds_all(r, "a@7 a@8 a@9 ");
	ring_free(r);
}

static void
count(void *arg, const char *name, int64_t second)
{
	(void)name;
	assert_true(second > 0);
	++*(int *)arg;
}

static void
hosts_without_snapshots_are_forgotten(void **state)
{
	struct ring *r = ring_new(5);
	char name[16];
	int n = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		add(r, name, i % 2 ? "cpu" : "load", i + 1, "percent=1");
	}
	ring_hosts(r, "*", 100, count, &n);
	assert_int_equal(n, 5);
	n = 0;
	ring_hosts(r, "*", 3, count, &n);
	assert_int_equal(n, 3);
	finds_all(r, "h4991@4992 h4993@4994 h4995@4996 h4997@4998 "
		     "h4999@5000 ");
	ring_free(r);
}

static void
who_may_not_see_all_hosts_sees_his(void **state)
{
	struct ring *r = ring_new(10);
	struct ring_query q = {
		.may = "web-*", .until = INT64_MAX, .limit = SIZE_MAX
	};
	int n = 0;

	(void)state;
	add(r, "web-1", "cpu", 10, "percent=1");
	add(r, "db-1", "cpu", 20, "percent=1");
	add(r, "web-2", "cpu", 30, "percent=1");
	finds(r, q, "web-1@10 web-2@30 ");
	q.host = "db-1";
	finds(r, q, "");
	q.host = "web-1";
	finds(r, q, "web-1@10 ");
	q.host = NULL;
	q.limit = 1; /* of his */
	finds(r, q, "web-2@30 ");
	q.may = "";
	finds(r, q, "");
	ring_hosts(r, "web-*", 100, count, &n);
	assert_int_equal(n, 2);
	ring_free(r);
}

static void
many_hosts_at_one_second_do_not_mix(void **state)
{
	struct ring *r = ring_new(4000);
	char name[16];
	int n = 0;

	(void)state;
	for (int t = 1; t <= 2; t++)
		for (int i = 0; i < 2000; i++) {
			snprintf(name, sizeof(name), "h%d", i);
			add(r, name, "cpu", t, "percent=1");
			add(r, name, "memory", t, "percent=1");
		}
	ring_hosts(r, "*", SIZE_MAX, count, &n);
	assert_int_equal(n, 2000);
	finds(r,
	    (struct ring_query){
		.host = "h7", .until = INT64_MAX, .limit = SIZE_MAX },
	    "h7@1 h7@2 ");
	ring_free(r);
}

/* Against a plain list that is sorted anew each time. */
static void
random_arrivals_end_as_if_they_had_been_sorted(void **state)
{
	enum { MAX = 8 };
	struct ring *r = ring_new(MAX);
	struct {
		int t, arrival;
	} kept[MAX + 1];
	char expected[512];
	uint32_t seed = 7;
	int n = 0;

	(void)state;
	for (int arrival = 0; arrival < 5000; arrival++) {
		char host[16], *p = expected;
		int t, i;

		seed = seed * 1664525 + 1013904223;
		t = arrival / 4 + 1 + (int)(seed >> 28);
		snprintf(host, sizeof(host), "h%d", arrival);
		add(r, host, "cpu", t, "percent=1");
		for (i = n; i > 0 && kept[i - 1].t > t; i--)
			kept[i] = kept[i - 1];
		kept[i].t = t;
		kept[i].arrival = arrival;
		if (n < MAX)
			n++;
		else
			memmove(kept, kept + 1, MAX * sizeof *kept);
		for (*p = '\0', i = 0; i < n; i++)
			p += sprintf(p, "h%d@%d ", kept[i].arrival, kept[i].t);
		finds_all(r, expected);
	}
	ring_free(r);
}

static void
memory_is_bounded_whatever_arrives(void **state)
{
	struct ring *r = ring_new(5000);
	const struct ring_query q = ALL;
	uint64_t version;
	char name[16], *data;
	struct made m;
	size_t len;

	(void)state;
	for (int t = 1; t <= 1500; t++) {
		add(r, "a", "cpu", t, "percent=1");
		for (int i = 0; i < 20; i++) {
			const struct fettle_list *l;

			snprintf(name, sizeof(name), "s%d", t * 20 + i);
			l = made(&m, "statsd", name, t, 100000, "x=1");
			m.list.host = "a";
			assert_int_equal(ring_add(r, &l, 1), 0);
		}
	}
	assert_true(ring_left_out(r) > 0);
	assert_int_equal(ring_render(r, &q, &data, &len, &version), 0);
	free(data);
	add(r, "a", "cpu", 1501, "percent=1");
	assert_int_equal(ring_render(r, &q, &data, &len, &version), 0);
	assert_in_range(len, RING_BYTES_MAX / 16, RING_BYTES_MAX);
	free(data);
	ring_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    snapshots_are_ordered_by_time_and_then_by_arrival),
		cmocka_unit_test(the_newest_are_kept),
		cmocka_unit_test(a_snapshot_that_comes_late_is_whole),
		cmocka_unit_test(a_snapshot_is_one_of_its_host_and_second),
		cmocka_unit_test(a_query_chooses_by_host_time_and_number),
		cmocka_unit_test(the_version_grows_with_every_visible_change),
		cmocka_unit_test(
		    a_smaller_ring_keeps_the_newest_and_a_larger_one_all),
		cmocka_unit_test(hosts_without_snapshots_are_forgotten),
		cmocka_unit_test(who_may_not_see_all_hosts_sees_his),
		cmocka_unit_test(many_hosts_at_one_second_do_not_mix),
		cmocka_unit_test(
		    random_arrivals_end_as_if_they_had_been_sorted),
		cmocka_unit_test(memory_is_bounded_whatever_arrives),
	};

	return cmocka_run_group_tests_name("hub_ring", tests, NULL, NULL);
}
