/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/draft.h"

static const struct fettle_field gauges[] = {
	{ .name = "used", .kind = FETTLE_GAUGE, .unit = FETTLE_BYTES },
	{ .name = "busy", .kind = FETTLE_TOTAL, .unit = FETTLE_SECONDS },
};

static const struct fettle_field mixed[] = {
	{ .name = "used", .kind = FETTLE_GAUGE, .unit = FETTLE_BYTES },
	{ .name = "events", .kind = FETTLE_COUNTER, .unit = FETTLE_NUMBER },
};

static struct draft draft;
static struct plugin *plain, *counting, *dynamic;

static int
no_read(struct fettle_ctx *ctx)
{
	(void)ctx;
	return 0;
}

static struct plugin *
declare(const struct fettle_field *fields, uint32_t n, uint32_t flags)
{
	const struct fettle_plugin d = { FETTLE_ABI,
		.fields = { fields, n, sizeof(*fields) }, .flags = flags,
		.read = no_read };
	char why[100];

	return plugin_new("test", &d, why, sizeof(why));
}

static int
begin(void **state)
{
	(void)state;
	plain = declare(gauges, 2, 0);
	counting = declare(mixed, 2, 0);
	dynamic = declare(mixed, 2, FETTLE_DYNAMIC);
	return plain == NULL || counting == NULL || dynamic == NULL;
}

static int
end(void **state)
{
	(void)state;
	draft_fini(&draft);
	memset(&draft, 0, sizeof(draft));
	plugin_free(plain);
	plugin_free(counting);
	plugin_free(dynamic);
	return 0;
}

static void
check_refused(int rc, const char *why)
{
	assert_int_equal(rc, -EINVAL);
	assert_int_equal(draft.error, EINVAL);
	assert_string_equal(draft.why, why);
	assert_int_equal(draft.lists.n, 0);
	draft_reset(&draft);
	assert_int_equal(draft.error, 0);
}

static void
reals_become_values_of_the_declared_kinds(void **state)
{
	char instance[] = "/home";
	double reals[] = { 5, NAN };
	const struct fettle_list *l;

	(void)state;
	assert_int_equal(
	    draft_reals(&draft, plain, instance, FETTLE_GAUGES(reals)), 0);
	memset(instance, 0, sizeof(instance));
	reals[0] = 0;
	assert_int_equal(draft.lists.n, 1);
	l = draft.lists.v[0];
	assert_int_equal(l->size, sizeof(*l));
	assert_string_equal(l->instance, "/home");
	assert_ptr_equal(l->fields, plain->fields);
	assert_int_equal(l->n, 2);
	assert_int_equal(l->values[0].kind, FETTLE_GAUGE);
	assert_true(l->values[0].real == 5);
	assert_int_equal(l->values[1].kind, FETTLE_TOTAL);
	assert_null(l->host);
	assert_null(l->plugin);
	assert_int_equal(
	    draft_reals(&draft, plain, NULL, FETTLE_GAUGES(reals)), 0);
	assert_null(draft.lists.v[1]->instance);
}

static void
reals_are_one_for_each_field_and_none_is_a_counter(void **state)
{
	const double reals[] = { 1, 2, 3 };

	(void)state;
	check_refused(draft_reals(&draft, plain, NULL, reals, 1),
	    "1 values submitted for 2 declared fields");
	check_refused(draft_reals(&draft, plain, NULL, reals, 3),
	    "3 values submitted for 2 declared fields");
	check_refused(draft_reals(&draft, counting, NULL, reals, 2),
	    "events is a counter: fettle_submit takes reals only");
}

static void
values_are_of_the_kinds_of_their_fields_or_none(void **state)
{
	struct fettle_value values[] = { { 0 }, fettle_count(UINT64_MAX),
		{ 0 } };
	const struct fettle_list *l;

	(void)state;
	assert_int_equal(draft_values(&draft, counting, "x", values, 2), 0);
	values[1].count = 0;
	l = draft.lists.v[0];
	assert_ptr_equal(l->fields, counting->fields);
	assert_int_equal(l->values[0].kind, 0);
	assert_int_equal(l->values[1].count, UINT64_MAX);
	draft_reset(&draft);
	check_refused(draft_values(&draft, counting, NULL, values, 3),
	    "3 values submitted for 2 declared fields");
	values[1] = fettle_gauge(1);
	check_refused(draft_values(&draft, counting, NULL, values, 2),
	    "the value of events is not of the field's kind");
}

/* A list of two fields and a tag, all of it on the heap. */
struct loose {
	struct fettle_list list;
	struct fettle_field fields[2];
	const struct fettle_field *pointers[2];
	struct fettle_value values[2];
	struct fettle_tag tag;
	char text[8][16];
};

static struct loose *
loose_new(void)
{
	static const char texts[8][16] = { "used", "bytes", "made", "people",
		"key", "value", "thing", "Help." };
	struct loose *l = NEW(struct loose);

	memcpy(l->text, texts, sizeof(texts));
	l->fields[0] = (struct fettle_field){
		.name = l->text[0], .kind = FETTLE_GAUGE, .unit = l->text[1]
	};
	l->fields[1] = (struct fettle_field){ .name = l->text[2],
		.kind = FETTLE_COUNTER,
		.unit = l->text[3],
		.help = l->text[7] };
	l->pointers[0] = &l->fields[0];
	l->pointers[1] = &l->fields[1];
	l->values[0] = fettle_gauge(1);
	l->values[1] = fettle_count(2);
	l->tag = (struct fettle_tag){ l->text[4], l->text[5] };
	l->list = (struct fettle_list){ .size = sizeof(l->list),
		.host = l->text[6],
		.plugin = l->text[6],
		.instance = l->text[6],
		.instance_name = l->text[6],
		.tags = &l->tag,
		.n_tags = 1,
		.time_ns = 7,
		.interval_ns = 8,
		.fields = l->pointers,
		.values = l->values,
		.n = 2 };
	return l;
}

static void
a_list_is_copied_whole(void **state)
{
	struct loose *loose = loose_new();
	const struct fettle_list *l;

	(void)state;
	assert_int_equal(draft_list(&draft, dynamic, &loose->list), 0);
	free(loose);
	l = draft.lists.v[0];
	assert_string_equal(l->host, "thing");
	assert_string_equal(l->plugin, "thing");
	assert_string_equal(l->instance, "thing");
	assert_string_equal(l->instance_name, "thing");
	assert_int_equal(l->n_tags, 1);
	assert_string_equal(l->tags[0].key, "key");
	assert_string_equal(l->tags[0].value, "value");
	assert_int_equal(l->time_ns, 7);
	assert_int_equal(l->interval_ns, 8);
	assert_int_equal(l->n, 2);
	assert_ptr_equal(l->fields[0], dynamic->fields[0]);
	assert_string_equal(l->fields[1]->name, "made");
	assert_string_equal(l->fields[1]->unit, "people");
	assert_string_equal(l->fields[1]->help, "Help.");
	assert_int_equal(l->values[1].count, 2);
}

static void
what_is_not_declared_is_for_dynamic_plugins(void **state)
{
	struct loose *loose = loose_new();

	(void)state;
	check_refused(draft_list(&draft, counting, &loose->list),
	    "made is not declared, and the plugin is not FETTLE_DYNAMIC");
	loose->list.n = 1;
	assert_int_equal(draft_list(&draft, counting, &loose->list), 0);
	assert_ptr_equal(draft.lists.v[0]->fields[0], counting->fields[0]);
	draft_reset(&draft);
	loose->fields[0].kind = FETTLE_TOTAL; /* but declared as a gauge */
	loose->values[0].kind = FETTLE_TOTAL;
	check_refused(draft_list(&draft, counting, &loose->list),
	    "used is declared of another kind");
	free(loose);
}

static void
an_older_and_shorter_list_is_taken_as_far_as_it_goes(void **state)
{
	struct loose *loose = loose_new();
	struct {
		struct fettle_list list;
		unsigned char more[64];
	} larger;

	(void)state;
	memset(&larger, 0xaa, sizeof(larger));
	larger.list = loose->list;
	larger.list.size = sizeof(larger); /* of a later interface */
	assert_int_equal(draft_list(&draft, dynamic, &larger.list), 0);
	assert_int_equal(draft.lists.v[0]->size, sizeof(struct fettle_list));
	draft_reset(&draft);
	loose->list.size = 8;
	check_refused(draft_list(&draft, dynamic, &loose->list),
	    "its size is not that of a list");
	free(loose);
}

static void
a_list_has_sixteen_tags_at_most(void **state)
{
	struct loose *loose = loose_new();
	struct fettle_tag tags[17];

	(void)state;
	for (size_t i = 0; i < 17; i++)
		tags[i] = (struct fettle_tag){ "k", "v" };
	loose->list.tags = tags;
	loose->list.n_tags = 17;
	check_refused(
	    draft_list(&draft, dynamic, &loose->list), "17 tags, over 16");
	tags[3].value = NULL;
	loose->list.n_tags = 16;
	check_refused(draft_list(&draft, dynamic, &loose->list),
	    "a tag without key or value");
	free(loose);
}

static void
of_several_errors_the_first_is_kept(void **state)
{
	const double reals[] = { 1, 2, 3 };

	(void)state;
	assert_int_equal(draft_reals(&draft, plain, NULL, reals, 3), -EINVAL);
	assert_int_equal(draft_reals(&draft, plain, NULL, reals, 2), 0);
	assert_int_equal(
	    draft_reals(&draft, counting, NULL, reals, 2), -EINVAL);
	assert_string_equal(
	    draft.why, "3 values submitted for 2 declared fields");
	draft_reset(&draft);
	assert_string_equal(draft.why, "");
	assert_int_equal(draft.lists.n, 0);
}

static void
a_draft_serves_one_read_after_the_other(void **state)
{
	const double reals[] = { 1, 2 };
	char name[32];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 500; i++) {
			snprintf(name, sizeof(name), "instance %d", i);
			assert_int_equal(
			    draft_reals(&draft, plain, name, reals, 2), 0);
		}
		assert_int_equal(draft.lists.n, 500);
		for (int i = 0; i < 500; i++) {
			snprintf(name, sizeof(name), "instance %d", i);
			assert_string_equal(draft.lists.v[i]->instance, name);
			assert_true(draft.lists.v[i]->values[1].real == 2);
		}
		draft_reset(&draft);
	}
}

#define DRAFT_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DRAFT_TEST(reals_become_values_of_the_declared_kinds),
		DRAFT_TEST(reals_are_one_for_each_field_and_none_is_a_counter),
		DRAFT_TEST(values_are_of_the_kinds_of_their_fields_or_none),
		DRAFT_TEST(a_list_is_copied_whole),
		DRAFT_TEST(what_is_not_declared_is_for_dynamic_plugins),
		DRAFT_TEST(
		    an_older_and_shorter_list_is_taken_as_far_as_it_goes),
		DRAFT_TEST(a_list_has_sixteen_tags_at_most),
		DRAFT_TEST(of_several_errors_the_first_is_kept),
		DRAFT_TEST(a_draft_serves_one_read_after_the_other),
	};

	return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
