/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <string.h>

#include "chance.h"
#include "interned.h"

static const struct fettle_value one = { FETTLE_GAUGE, { .real = 1 } };

enum { MANY = 20 };

/* A list with the fields a, b, c, ... */
struct wide {
	struct fettle_list list;
	struct fettle_field fields[MANY];
	const struct fettle_field *pointers[MANY];
	struct fettle_value values[MANY];
	char names[MANY][2];
};

static void
wide_init(struct wide *w, size_t n)
{
	for (size_t i = 0; i < MANY; i++) {
		w->names[i][0] = (char)('a' + i);
		w->names[i][1] = '\0';
		w->fields[i] = (struct fettle_field){ .name = w->names[i],
			.kind = FETTLE_GAUGE,
			.unit = FETTLE_NUMBER };
		w->pointers[i] = &w->fields[i];
		w->values[i] = fettle_gauge((double)i);
	}
	w->list = (struct fettle_list){ .size = sizeof(w->list),
		.fields = w->pointers,
		.values = w->values,
		.n = n };
}

static void
fields_are_limited_for_each_plugin_of_a_host(void **state)
{
	struct wide w;

	(void)state;
	wide_init(&w, 17);
	drops(&w.list, DROP_FIELDS); /* new, and too much */
	w.list.n = 16;
	get(&w.list);
	w.pointers[0] = &w.fields[16];
	drops(&w.list, DROP_FIELDS);
	w.list.instance = "other";
	drops(&w.list, DROP_FIELDS);
	w.list.host = "there";
	get(&w.list);
	w.list.host = NULL;
	w.list.plugin = "other";
	get(&w.list);
	w.list.plugin = NULL;
	w.list.instance = NULL;
	w.pointers[0] = &w.fields[0];
	get(&w.list);
}

static void
a_field_keeps_its_kind_and_unit(void **state)
{
	struct wide w;

	(void)state;
	wide_init(&w, 3);
	get(&w.list);
	w.fields[1].unit = FETTLE_BYTES;
	drops(&w.list, DROP_CONFLICT);
	w.list.instance = "other";
	drops(&w.list, DROP_CONFLICT);
	w.fields[1].unit = FETTLE_NUMBER;
	w.fields[1].kind = FETTLE_TOTAL;
	drops(&w.list, DROP_CONFLICT);
	w.list.host = "there"; /* other hosts have other versions */
	get(&w.list);
	w.list.host = NULL;
	w.list.plugin = "other";
	get(&w.list);
	w.fields[1].kind = FETTLE_GAUGE;
	drops(&w.list, DROP_CONFLICT);
	w.list.plugin = NULL;
	get(&w.list);
}

static void
a_list_has_each_field_once(void **state)
{
	struct wide w;

	(void)state;
	wide_init(&w, 3);
	w.pointers[2] = &w.fields[0];
	drops(&w.list, DROP_CONFLICT);
	w.pointers[2] = &w.fields[2];
	get(&w.list);
	w.fields[2].name = "a";
	drops(&w.list, DROP_CONFLICT);
	w.fields[2].kind = FETTLE_TOTAL;
	w.list.plugin = "new";
	drops(&w.list, DROP_CONFLICT);
}

static void
a_field_has_a_name_and_a_unit_that_may_stand(void **state)
{
	static const char *const names[] = { "", "a b", "a.b", "\xc3\xa9",
		"a\n" };
	static const char *const units[] = { "a\nb", "\xff", "\\", NULL };
	char unit[66];
	struct wide w;

	(void)state;
	wide_init(&w, 3);
	get(&w.list);
	for (size_t i = 0; i < 5; i++) {
		w.fields[1].name = names[i];
		drops(&w.list, DROP_NAME);
	}
	w.fields[1].name = "b";
	for (size_t i = 0; i < 3; i++) {
		w.fields[1].unit = units[i];
		drops(&w.list, DROP_NAME);
	}
	memset(unit, 'x', sizeof(unit));
	unit[65] = '\0';
	w.fields[1].unit = unit;
	drops(&w.list, DROP_NAME);
}

static void
fields_may_come_in_any_order_and_number(void **state)
{
	uint64_t seed = 1;
	struct wide w;

	(void)state;
	for (int n = 0; n < 500; n++) {
		wide_init(&w, 1 + chance_of(&seed, 16));
		for (size_t i = 0; i < w.list.n; i++) {
			const size_t k = i + chance_of(&seed, 16 - i);
			const struct fettle_field *f = w.pointers[i];

			w.pointers[i] = w.pointers[k];
			w.pointers[k] = f;
		}
		w.list.instance = n % 3 ? "x" : NULL;
		get(&w.list); /* which looks at each field */
	}
}

static const struct fettle_field declared_fields[] = {
	{ .name = "a",
	    .kind = FETTLE_COUNTER,
	    .unit = FETTLE_NUMBER,
	    .help = "A." },
	{ .name = "b",
	    .kind = FETTLE_GAUGE,
	    .unit = FETTLE_BYTES,
	    .help = "B." },
};

static struct plugin *
declare(const char *name)
{
	static const struct fettle_plugin d = {
		FETTLE_ABI,
		.instance_name = "thing",
		.fields = FETTLE_FIELDS(declared_fields),
		.flags = FETTLE_SOURCE | FETTLE_DYNAMIC,
	};
	char why[100];

	return plugin_new(name, &d, why, sizeof(why));
}

static void
an_installed_plugin_says_what_its_fields_are(void **state)
{
	struct plugin *p = declare("test");
	struct modules modules = { .loaded = p };
	struct fettle_list l;
	struct series *s;
	struct wide w;

	table.modules = &modules;
	wide_init(&w, 1);
	drops(&w.list, DROP_CONFLICT);
	w.list.host = "elsewhere";
	drops(&w.list, DROP_CONFLICT);
	w.fields[0].kind = FETTLE_COUNTER;
	w.values[0] = fettle_count(1);
	s = get(&w.list);
	assert_ptr_equal(series_field(s, "a"), p->fields[0]);
	assert_string_equal(series_field(s, "a")->help, "A.");
	assert_string_equal(s->schema->instance_name, "thing");
	/* more fields may come */
	w.list.fields = &w.pointers[2];
	w.list.values = &w.values[2];
	get(&w.list);
	assert_int_equal(table.fields.n, 1);
	l = lists_one("test", "x", &one);
	l.fields = p->fields; /* as the plugin itself submits them */
	l.values = w.values;
	l.n = 2;
	w.values[1] = fettle_gauge(1);
	get(&l);
	interned_end(state);
	plugin_free(p);
	interned_begin(state);
}

static void
what_relays_may_say_what_instances_are_called(void **state)
{
	struct fettle_list l = lists_one("p", "x", &one);

	(void)state;
	l.instance_name = "no word";
	assert_null(get(&l)->schema->instance_name);
	l.plugin = "q";
	l.instance_name = "mount";
	assert_string_equal(get(&l)->schema->instance_name, "mount");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		INTERNED_TEST(fields_are_limited_for_each_plugin_of_a_host),
		INTERNED_TEST(a_field_keeps_its_kind_and_unit),
		INTERNED_TEST(a_list_has_each_field_once),
		INTERNED_TEST(a_field_has_a_name_and_a_unit_that_may_stand),
		INTERNED_TEST(fields_may_come_in_any_order_and_number),
		INTERNED_TEST(an_installed_plugin_says_what_its_fields_are),
		INTERNED_TEST(what_relays_may_say_what_instances_are_called),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
