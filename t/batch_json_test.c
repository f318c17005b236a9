/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/batch_json.h"

#define SECOND INT64_C(1000000000)
#define QUEUE "0123456789abcdef0123456789abcdef"

static const struct fettle_field disk_total = { "total", FETTLE_GAUGE,
	FETTLE_BYTES, "Size." };
static const struct fettle_field disk_percent = { "percent", FETTLE_GAUGE,
	FETTLE_PERCENT, NULL };
static const struct fettle_field net_bytes = { "bytes", FETTLE_COUNTER,
	FETTLE_BYTES, NULL };
static const struct fettle_field net_busy = { "busy", FETTLE_TOTAL,
	FETTLE_SECONDS, NULL };
static const struct fettle_field *const disk_fields[] = { &disk_total,
	&disk_percent };
static const struct fettle_field *const net_fields[] = { &net_bytes,
	&net_busy };

static const struct fettle_tag prod[] = { { "env", "prod" } };
static const struct fettle_tag test_eu[] = { { "env", "test" },
	{ "zone", "eu \"1\"" } };
static const struct fettle_tag ext4[] = { { "fs", "ext4" } };

static struct fettle_list
disk_list(const char *instance, const struct fettle_value *values)
{
	return (struct fettle_list){
		.size = sizeof(struct fettle_list),
		.host = "web-1",
		.plugin = "disk",
		.instance = instance,
		.time_ns = 1763800000 * SECOND,
		.interval_ns = 10 * SECOND,
		.fields = disk_fields,
		.values = values,
		.n = 2,
		.host_tags = prod,
		.n_host_tags = 1,
		.instance_name = "mount",
	};
}

static struct fettle_list
net_list(const char *instance, const struct fettle_value *values)
{
	struct fettle_list l = disk_list(instance, values);

	l.plugin = "net";
	l.fields = net_fields;
	l.instance_name = NULL;
	return l;
}

/* Where the next batch has been; NULL: nobody says. */
static const char *const *via;
static size_t n_via;

/* The text of a batch of these. */
static struct text
encode(const struct fettle_list *lists, size_t n)
{
	const struct fettle_list **p = calloc(n, sizeof(*p));
	const struct fettle_batch b = { .size = sizeof(b),
		.lists = p,
		.n = n,
		.queue = QUEUE,
		.seq = 17000,
		.via = via,
		.n_via = n_via };
	struct text t = { 0 };

	for (size_t i = 0; i < n; i++)
		p[i] = &lists[i];
	batch_json(&t, &b, "me \"1\"", 1763800001100000000);
	free(p);
	assert_false(t.failed);
	return t;
}

static void
a_batch_looks_as_it_is_documented(void **state)
{
	const struct fettle_value home[] = { fettle_gauge(1e12),
		fettle_gauge(71.2) };
	const struct fettle_value x[] = { fettle_gauge(1e12), { 0 } };
	struct fettle_list lists[] = { disk_list("/home", home),
		disk_list("/x", x) };
	struct text t;

	(void)state;
	lists[1].tags = ext4;
	lists[1].n_tags = 1;
	t = encode(lists, 2);
	assert_string_equal(t.data,
	    "{\"v\":1,\"queue\":\"" QUEUE "\",\"seq\":17000,"
	    "\"sent\":1763800001.1,\"sender\":{\"host\":\"me \\\"1\\\"\","
	    "\"version\":\"" PACKAGE_VERSION "\"},\"host\":\"web-1\","
	    "\"tags\":{\"env\":\"prod\"},\"interval\":10,\"plugins\":["
	    "{\"plugin\":\"disk\",\"instance_name\":\"mount\","
	    "\"fields\":[[\"total\",\"gauge\",\"bytes\"],"
	    "[\"percent\",\"gauge\",\"percent\"]],"
	    "\"rows\":[[\"/home\",1763800000,1000000000000,71.2],"
	    "[[\"/x\",{\"fs\":\"ext4\"}],1763800000,1000000000000,null]]}]}");
	text_free(&t);
}

static void
a_batch_says_which_way_it_came_if_it_may_have_come_a_way(void **state)
{
	static const char *const ids[] = { "ab", "cd" };
	const struct fettle_value home[] = { fettle_gauge(1e12),
		fettle_gauge(71.2) };
	struct fettle_list list = disk_list("/home", home);
	struct text t;

	(void)state;
	via = ids;
	n_via = 2;
	t = encode(&list, 1);
	assert_non_null(
	    strstr(t.data, "\"sent\":1763800001.1,\"via\":[\"ab\",\"cd\"],"));
	text_free(&t);
	n_via = 0;
	t = encode(&list, 1);
	assert_non_null(strstr(t.data, "\"sent\":1763800001.1,\"via\":[],"));
	text_free(&t);
	via = NULL;
	t = encode(&list, 1);
	assert_null(strstr(t.data, "via"));
	text_free(&t);
}

/* --- a reader, by what the document's description says ------------------- */

struct inherited {
	const char *host;
	json_t *tags;
	double interval;
};

static void
check_same_tags(json_t *tags, const struct fettle_tag *is, size_t n)
{
	assert_true(json_is_object(tags));
	assert_int_equal(json_object_size(tags), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(
		    json_string_value(json_object_get(tags, is[i].key)),
		    is[i].value);
}

static void
check_value(json_t *v, const struct fettle_value *is)
{
	const double real = json_number_value(v);

	if (is->kind == FETTLE_COUNTER) {
		assert_true(json_is_integer(v));
		assert_true((uint64_t)json_integer_value(v) ==
			    (is->count & INT64_MAX));
	} else if (is->kind == 0 || !isfinite(is->real)) {
		assert_true(json_is_null(v));
	} else {
		assert_true(json_is_number(v));
		assert_memory_equal(&real, &is->real, sizeof(real));
	}
}

static void
check_fields(json_t *group, const struct fettle_list *l)
{
	static const char *const kinds[] = { [FETTLE_GAUGE] = "gauge",
		[FETTLE_COUNTER] = "counter",
		[FETTLE_TOTAL] = "total" };
	json_t *fields = json_object_get(group, "fields");

	assert_int_equal(json_array_size(fields), l->n);
	for (size_t i = 0; i < l->n; i++) {
		json_t *f = json_array_get(fields, i);

		assert_int_equal(json_array_size(f), 3);
		assert_string_equal(json_string_value(json_array_get(f, 0)),
		    l->fields[i]->name);
		assert_string_equal(json_string_value(json_array_get(f, 1)),
		    kinds[l->fields[i]->kind]);
		assert_string_equal(json_string_value(json_array_get(f, 2)),
		    l->fields[i]->unit ? l->fields[i]->unit : "");
	}
}

static void
check_row(json_t *row, const struct fettle_list *l)
{
	json_t *instance = json_array_get(row, 0);

	assert_int_equal(json_array_size(row), 2 + l->n);
	if (l->n_tags > 0) {
		assert_int_equal(json_array_size(instance), 2);
		check_same_tags(
		    json_array_get(instance, 1), l->tags, l->n_tags);
		instance = json_array_get(instance, 0);
	}
	if (l->instance == NULL)
		assert_true(json_is_null(instance));
	else
		assert_string_equal(json_string_value(instance), l->instance);
	assert_true(json_number_value(json_array_get(row, 1)) ==
		    (double)l->time_ns / 1e9);
	for (size_t i = 0; i < l->n; i++)
		check_value(json_array_get(row, 2 + i), &l->values[i]);
}

static void
check_group(json_t *group, struct inherited in, const struct fettle_list *l)
{
	json_t *v;

	if ((v = json_object_get(group, "host")) != NULL)
		in.host = json_string_value(v);
	if ((v = json_object_get(group, "tags")) != NULL)
		in.tags = v;
	if ((v = json_object_get(group, "interval")) != NULL)
		in.interval = json_number_value(v);
	assert_string_equal(in.host, l->host);
	check_same_tags(in.tags, l->host_tags, l->n_host_tags);
	assert_true(in.interval == (double)l->interval_ns / 1e9);
	assert_string_equal(
	    json_string_value(json_object_get(group, "plugin")), l->plugin);
	v = json_object_get(group, "instance_name");
	if (l->instance_name == NULL)
		assert_null(v);
	else
		assert_string_equal(json_string_value(v), l->instance_name);
	check_fields(group, l);
}

/* Whether the document says what the lists say, in their order; returns the
 * number of groups. */
static size_t
check_document(const struct fettle_list *lists, size_t n)
{
	struct text t = encode(lists, n);
	json_t *group, *row,
	    *d = json_loads(t.data, JSON_REJECT_DUPLICATES, NULL);
	const struct inherited in = { json_string_value(
					  json_object_get(d, "host")),
		json_object_get(d, "tags"),
		json_number_value(json_object_get(d, "interval")) };
	json_t *groups = json_object_get(d, "plugins");
	const size_t n_groups = json_array_size(groups);
	size_t i, j, k = 0;

	assert_non_null(d);
	assert_int_equal(json_integer_value(json_object_get(d, "v")), 1);
	assert_int_equal(json_integer_value(json_object_get(d, "seq")), 17000);
	assert_string_equal(
	    json_string_value(json_object_get(d, "queue")), QUEUE);
	json_array_foreach (groups, i, group) {
		json_array_foreach (json_object_get(group, "rows"), j, row) {
			assert_true(k < n);
			check_group(group, in, &lists[k]);
			check_row(row, &lists[k++]);
		}
	}
	assert_int_equal(k, n);
	json_decref(d);
	text_free(&t);
	return n_groups;
}

/* --- what may differ ----------------------------------------------------- */

static void
lists_that_alternate_keep_their_order(void **state)
{
	const struct fettle_value d[] = { fettle_gauge(1), fettle_gauge(2) };
	const struct fettle_value c[] = { fettle_count(3), fettle_total(4.5) };
	const struct fettle_list lists[] = { disk_list("/", d),
		net_list("eth0", c), disk_list("/home", d), disk_list(NULL, d),
		net_list("eth1", c), net_list(NULL, c) };

	(void)state;
	assert_int_equal(check_document(lists, 6), 4);
}

static void
a_group_says_what_is_not_the_documents(void **state)
{
	const struct fettle_value d[] = { fettle_gauge(1), fettle_gauge(2) };
	struct fettle_list lists[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		lists[i] = disk_list("/", d);
	lists[1].host = "web-2";
	lists[2].host = "web-2";
	lists[2].host_tags = test_eu;
	lists[2].n_host_tags = 2;
	lists[3].host_tags = NULL;
	lists[3].n_host_tags = 0;
	lists[4].interval_ns = SECOND / 2;
	lists[5].instance_name = "device";
	lists[7].interval_ns = SECOND;
	assert_int_equal(check_document(lists, 8), 8);
	/* and when the document's host has no tags */
	assert_int_equal(check_document(lists + 3, 4), 4);
}

static void
equal_texts_at_other_places_are_one_group(void **state)
{
	const struct fettle_value d[] = { fettle_gauge(1), fettle_gauge(2) };
	const struct fettle_field total = disk_total, percent = disk_percent;
	const struct fettle_field *const fields[] = { &total, &percent };
	const struct fettle_tag tags[] = { prod[0] };
	char host[] = "web-1", plugin[] = "disk", mount[] = "mount";
	struct fettle_list lists[] = { disk_list("/", d), disk_list("/a", d) };

	(void)state;
	lists[1].host = host;
	lists[1].plugin = plugin;
	lists[1].instance_name = mount;
	lists[1].fields = fields;
	lists[1].host_tags = tags;
	assert_int_equal(check_document(lists, 2), 1);
}

static void
fields_of_another_kind_or_unit_begin_a_group(void **state)
{
	const struct fettle_value d[] = { fettle_gauge(1), fettle_gauge(2) };
	const struct fettle_value e[] = { fettle_total(1), fettle_gauge(2) };
	struct fettle_field other[] = { disk_total, disk_total, disk_total };
	const struct fettle_field *const unit[] = { &other[0], &disk_percent };
	const struct fettle_field *const name[] = { &other[1], &disk_percent };
	const struct fettle_field *const kind[] = { &other[2], &disk_percent };
	struct fettle_list lists[6];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		lists[i] = disk_list("/", d);
	other[0].unit = NULL;
	other[1].name = "size";
	other[2].kind = FETTLE_TOTAL;
	lists[1].fields = unit;
	lists[2].fields = name;
	lists[4].fields = kind;
	lists[4].values = e;
	lists[5].n = 1;
	assert_int_equal(check_document(lists, 6), 6);
}

static void
no_number_is_changed(void **state)
{
	static const uint64_t counts[] = { 0, 1, 1ull << 53, (1ull << 53) + 1,
		INT64_MAX, 1ull << 63, UINT64_MAX };
	static const double reals[] = { 0, -0.0, 0.1, 1.0 / 3, 1e300, 5e-324,
		-17.25, NAN, INFINITY };
	struct fettle_value v[9][2];
	struct fettle_list lists[9];

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		v[i][0] = fettle_count(counts[i % 7]);
		v[i][1] = fettle_total(reals[i]);
		lists[i] = net_list("eth0", v[i]);
	}
	assert_int_equal(check_document(lists, 9), 1);
}

static void
check_time(int64_t ns, const char *text)
{
	const struct fettle_value d[] = { fettle_gauge(1), fettle_gauge(2) };
	struct fettle_list l = disk_list(NULL, d);
	struct text t;
	const char *row;

	l.time_ns = ns;
	t = encode(&l, 1);
	row = strstr(t.data, "[null,");
	assert_non_null(row);
	assert_int_equal(strncmp(row + 6, text, strlen(text)), 0);
	assert_int_equal(row[6 + strlen(text)], ',');
	text_free(&t);
}

static void
times_are_exact_to_the_nanosecond(void **state)
{
	(void)state;
	check_time(0, "0");
	check_time(1, "0.000000001");
	check_time(1763800000123456789, "1763800000.123456789");
	check_time(1763800000500000000, "1763800000.5");
	check_time(INT64_MAX, "9223372036.854775807");
	check_time(-1, "-0.000000001");
	check_time(INT64_MIN, "-9223372036.854775808");
}

static void
names_may_hold_what_json_escapes(void **state)
{
	const struct fettle_value d[] = { fettle_gauge(1), fettle_gauge(2) };
	struct fettle_list lists[] = {
		disk_list("/a\"b\\x0a\xc3\xa9", d),
		disk_list("", d),
	};

	(void)state;
	lists[0].host = lists[1].host = "h\"\\";
	lists[1].tags = test_eu;
	lists[1].n_tags = 2;
	assert_int_equal(check_document(lists, 2), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_looks_as_it_is_documented),
		cmocka_unit_test(
		    a_batch_says_which_way_it_came_if_it_may_have_come_a_way),
		cmocka_unit_test(lists_that_alternate_keep_their_order),
		cmocka_unit_test(a_group_says_what_is_not_the_documents),
		cmocka_unit_test(equal_texts_at_other_places_are_one_group),
		cmocka_unit_test(fields_of_another_kind_or_unit_begin_a_group),
		cmocka_unit_test(no_number_is_changed),
		cmocka_unit_test(times_are_exact_to_the_nanosecond),
		cmocka_unit_test(names_may_hold_what_json_escapes),
	};

	return cmocka_run_group_tests_name("batch_json", tests, NULL, NULL);
}
