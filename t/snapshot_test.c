/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/snapshot.h"
#include "made.h"

static int
put(struct snapshot_host *host, struct snapshot *s,
    const struct fettle_list *l)
{
	struct snapshot_list *copy;
	int rc;

	assert_int_equal(snapshot_list_new(l, &copy), 0);
	if (copy == NULL)
		return 0;
	rc = s != NULL ? snapshot_add(s, copy) : snapshot_host_add(host, copy);
	snapshot_list_put(copy);
	return rc;
}

#define ADD(host, ...)                                                        \
	do {                                                                  \
		struct made m_;                                               \
                                                                              \
		assert_int_equal(put(host, NULL, made(&m_, __VA_ARGS__)), 0); \
	} while (0)

/* What the host's snapshot of that second is. */
static void
is_at(struct snapshot_host *host, int64_t second, bool all, const char *json)
{
	struct text text = { 0 };
	struct snapshot s;
	json_t *v;

	assert_int_equal(snapshot_init(&s, host, second), 0);
	snapshot_render(&s, host->name, all, &text);
	assert_false(text.failed);
	v = json_loads(text.data, JSON_REJECT_DUPLICATES, NULL);
	if (v == NULL)
		fail_msg("no JSON: %s", text.data);
	json_decref(v);
	assert_string_equal(text.data, json);
	text_free(&text);
	snapshot_fini(&s);
}

#define SPACE "total=25200000000 used=4200000000 percent=16.7 "
#define SPACE_JSON                                                            \
	"{\"total\":25200000000,\"used\":4200000000,"                         \
	"\"free\":21000000000,\"percent\":16.7}"

/* cpu of two cores, memory, disk: what any host says each interval. */
static void
add_usual(struct snapshot_host *h, int64_t second, int64_t interval)
{
	ADD(h, "cpu", NULL, second, interval, "user=3 percent=26.3 idle=70");
	ADD(h, "cpu", "0", second, interval, "percent=12.5");
	ADD(h, "cpu", "1", second, interval, "percent=40.1");
	ADD(h, "memory", NULL, second, interval,
	    SPACE "free=5 available=21000000000");
	ADD(h, "disk", "/", second, interval, SPACE "free=21000000000");
}

#define USUAL                                                                 \
	"\"hostname\":\"web-1\",\"cpu\":{\"per_core\":[12.5,40.1],"           \
	"\"average\":26.3},\"memory\":" SPACE_JSON ",\"disk\":" SPACE_JSON

static void
a_snapshot_has_the_members_that_the_format_names(void **state)
{
	struct snapshot_host h;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "web-1"), 0);
	add_usual(&h, 1763800000, 1);
	is_at(&h, 1763800000, true, "{\"timestamp\":1763800000," USUAL "}");
	is_at(&h, 1763800000, false, "{\"timestamp\":1763800000," USUAL "}");
	snapshot_host_fini(&h);
}

static void
percentages_are_real_and_bytes_are_whole(void **state)
{
	struct snapshot_host h;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "h"), 0);
	ADD(&h, "cpu", NULL, 5, 1, "percent=50");
	ADD(&h, "cpu", "0", 5, 1, "percent=0");
	ADD(&h, "cpu", "1", 5, 1, "percent-");
	ADD(&h, "cpu", "2", 5, 1, "percent=12.3456789012345");
	ADD(&h, "disk", "/", 5, 1, "total=1e18 used=0.4 free=-3 percent=100");
	is_at(&h, 5, true,
	    "{\"timestamp\":5,\"hostname\":\"h\",\"cpu\":{\"per_core\":"
	    "[0.0,null,12.3456789012345],\"average\":50.0},\"disk\":{"
	    "\"total\":1000000000000000000,\"used\":0,\"free\":0,"
	    "\"percent\":100.0}}");
	snapshot_host_fini(&h);
}

static void
cores_stand_in_the_order_of_their_numbers(void **state)
{
	struct snapshot_host h;
	char name[16], value[32];

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "h"), 0);
	for (int i = 11; i >= 0; i--) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(value, sizeof(value), "percent=%d.5", i);
		ADD(&h, "cpu", name, 5, 1, value);
	}
	ADD(&h, "cpu", "package", 5, 1, "percent=1");
	is_at(&h, 5, true,
	    "{\"timestamp\":5,\"hostname\":\"h\",\"cpu\":{\"per_core\":"
	    "[0.5,1.5,2.5,3.5,4.5,5.5,6.5,7.5,8.5,9.5,10.5,11.5]}}");
	snapshot_host_fini(&h);
}

static void
other_file_systems_and_plugins_follow(void **state)
{
	static const struct fettle_tag tags[] = { { "a", "x" },
		{ "b", "\"" } };
	struct snapshot_host h;
	struct made m;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "web-1"), 0);
	add_usual(&h, 9, 1);
	ADD(&h, "disk", "/home", 9, 1, "total=3 used=2 free=1 percent=66.6");
	ADD(&h, "disk", "/\"q", 9, 1, "percent=1.5");
	ADD(&h, "load", NULL, 9, 1, "1m=0.5 5m- total=2");
	ADD(&h, "load", "total", 9, 1, "1m=7");
	ADD(&h, "load", "a}", 9, 1, "1m=8");
	ADD(&h, "net", "eth0", 9, 1, "rx#9223372036854775807 tx#0");
	made(&m, "net", "eth0", 9, 1, "rx#1");
	m.list.tags = tags;
	m.list.n_tags = 2;
	assert_int_equal(put(&h, NULL, &m.list), 0);
	made(&m, "net", NULL, 9, 1, "rx#2");
	m.list.tags = tags;
	m.list.n_tags = 1;
	assert_int_equal(put(&h, NULL, &m.list), 0);
	is_at(&h, 9, true,
	    "{\"timestamp\":9,\"hostname\":\"web-1\",\"cpu\":{\"per_core\":"
	    "[12.5,40.1],\"average\":26.3},\"memory\":" SPACE_JSON
	    ",\"disk\":{\"total\":25200000000,\"used\":4200000000,"
	    "\"free\":21000000000,\"percent\":16.7,\"mounts\":{"
	    "\"/\\\"q\":{\"percent\":1.5},\"/home\":{\"total\":3,\"used\":2,"
	    "\"free\":1,\"percent\":66.6}}},"
	    "\"load\":{\"1m\":0.5,\"total\":2,\"a}{}\":{\"1m\":8},"
	    "\"total{}\":{\"1m\":7}},"
	    "\"net\":{\"{a=x}\":{\"rx\":2},"
	    "\"eth0\":{\"rx\":9223372036854775807,\"tx\":0},"
	    "\"eth0{a=x,b=\\\"}\":{\"rx\":1}}}");
	is_at(&h, 9, false, "{\"timestamp\":9," USUAL "}");
	snapshot_host_fini(&h);
}

static void
what_slow_plugins_said_is_repeated_for_three_intervals(void **state)
{
	struct snapshot_host h;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "h"), 0);
	ADD(&h, "load", NULL, 60, 10, "1m=1");
	ADD(&h, "once", NULL, 60, 0, "x=1");
	for (int64_t t = 60; t <= 90; t++) {
		char json[128];

		ADD(&h, "cpu", NULL, t, 1, "percent=1.5");
		snprintf(json, sizeof(json),
		    "{\"timestamp\":%d,\"hostname\":\"h\",\"cpu\":"
		    "{\"per_core\":[],\"average\":1.5}%s%s}",
		    (int)t, t < 90 ? ",\"load\":{\"1m\":1}" : "",
		    t == 60 ? ",\"once\":{\"x\":1}" : "");
		is_at(&h, t, true, json);
	}
	snapshot_host_fini(&h);
}

static void
an_instance_that_did_not_come_when_it_was_due_is_gone(void **state)
{
	struct snapshot_host h;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "web-1"), 0);
	add_usual(&h, 10, 1);
	ADD(&h, "cpu", "2", 10, 1, "percent=99");
	ADD(&h, "disk", "/usb", 10, 1, "percent=3.5");
	add_usual(&h, 11, 1);
	is_at(&h, 11, true, "{\"timestamp\":11," USUAL "}");
	snapshot_host_fini(&h);
}

static void
what_comes_later_than_the_second_is_not_in_it(void **state)
{
	struct snapshot_host h;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "h"), 0);
	ADD(&h, "cpu", NULL, 10, 60, "percent=1.5");
	ADD(&h, "memory", NULL, 20, 60, "percent=2.5");
	is_at(&h, 15, true,
	    "{\"timestamp\":15,\"hostname\":\"h\",\"cpu\":{\"per_core\":[],"
	    "\"average\":1.5}}");
	/* nor does an older one take the place of a newer one */
	ADD(&h, "cpu", NULL, 5, 60, "percent=9.5");
	is_at(&h, 15, true,
	    "{\"timestamp\":15,\"hostname\":\"h\",\"cpu\":{\"per_core\":[],"
	    "\"average\":1.5}}");
	snapshot_host_fini(&h);
}

static void
a_snapshot_is_completed_by_lists_of_its_second(void **state)
{
	struct snapshot_host h;
	struct text text = { 0 };
	struct snapshot s;
	struct made m;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "h"), 0);
	ADD(&h, "cpu", NULL, 10, 1, "percent=1.5");
	assert_int_equal(snapshot_init(&s, &h, 10), 0);
	assert_int_equal(s.has, SNAPSHOT_CPU);
	/* the host is further already */
	ADD(&h, "cpu", NULL, 11, 1, "percent=7.5");
	assert_int_equal(
	    put(&h, &s, made(&m, "memory", NULL, 10, 1, "percent=2.5")), 0);
	assert_int_equal(
	    put(&h, &s, made(&m, "cpu", NULL, 10, 1, "percent=3.5")), 0);
	assert_int_equal(s.has, SNAPSHOT_CPU | SNAPSHOT_MEMORY);
	snapshot_render(&s, h.name, true, &text);
	assert_string_equal(text.data,
	    "{\"timestamp\":10,\"hostname\":\"h\",\"cpu\":{\"per_core\":[],"
	    "\"average\":3.5},\"memory\":{\"percent\":2.5}}");
	text_free(&text);
	snapshot_fini(&s);
	snapshot_host_fini(&h);
}

static void
some_plugins_have_no_place_in_it(void **state)
{
	static const struct fettle_tag tag = { "a", "b" };
	struct snapshot_host h;
	struct made m;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "h"), 0);
	ADD(&h, "fettle", "cpu", 1, 1, "calls=1");
	ADD(&h, "hostname", NULL, 1, 1, "x=1");
	ADD(&h, "timestamp", NULL, 1, 1, "x=1");
	made(&m, "cpu", NULL, 1, 1, "percent=1");
	m.list.tags = &tag;
	m.list.n_tags = 1;
	assert_int_equal(snapshot_base(&m.list), 0);
	assert_int_equal(put(&h, NULL, &m.list), 0);
	is_at(&h, 1, true, "{\"timestamp\":1,\"hostname\":\"h\"}");
	snapshot_host_fini(&h);
}

static void
a_flood_of_series_is_bounded_and_displaces_nobody(void **state)
{
	struct snapshot_host h;
	struct made m;
	char name[16];
	int rc = 0, n = 0;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "web-1"), 0);
	for (; rc == 0 && n < 100000; n++) {
		snprintf(name, sizeof(name), "s%d", n);
		rc = put(&h, NULL, made(&m, "statsd", name, 5, 1, "x=1"));
	}
	assert_int_equal(rc, -E2BIG);
	assert_in_range(h.newest.size, SNAPSHOT_MAX / 2, SNAPSHOT_MAX);
	add_usual(&h, 5, 1);
	/* it may still change what is there */
	ADD(&h, "statsd", "s0", 6, 1, "x=2");
	is_at(&h, 5, false, "{\"timestamp\":5," USUAL "}");
	is_at(&h, 9, true, "{\"timestamp\":9,\"hostname\":\"web-1\"}");
	assert_int_equal(h.newest.n, 0);
	assert_int_equal(h.newest.size, 0);
	snapshot_host_fini(&h);
}

static void
a_clock_that_was_set_back_begins_anew(void **state)
{
	struct snapshot_host h;

	(void)state;
	assert_int_equal(snapshot_host_init(&h, "h"), 0);
	ADD(&h, "cpu", NULL, 100000, 10, "percent=1.5");
	ADD(&h, "cpu", NULL, 50, 10, "percent=2.5");
	is_at(&h, 55, true,
	    "{\"timestamp\":55,\"hostname\":\"h\",\"cpu\":{\"per_core\":[],"
	    "\"average\":2.5}}");
	snapshot_host_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_snapshot_has_the_members_that_the_format_names),
		cmocka_unit_test(percentages_are_real_and_bytes_are_whole),
		cmocka_unit_test(cores_stand_in_the_order_of_their_numbers),
		cmocka_unit_test(other_file_systems_and_plugins_follow),
		cmocka_unit_test(
		    what_slow_plugins_said_is_repeated_for_three_intervals),
		cmocka_unit_test(
		    an_instance_that_did_not_come_when_it_was_due_is_gone),
		cmocka_unit_test(
		    what_comes_later_than_the_second_is_not_in_it),
		cmocka_unit_test(
		    a_snapshot_is_completed_by_lists_of_its_second),
		cmocka_unit_test(some_plugins_have_no_place_in_it),
		cmocka_unit_test(
		    a_flood_of_series_is_bounded_and_displaces_nobody),
		cmocka_unit_test(a_clock_that_was_set_back_begins_anew),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
