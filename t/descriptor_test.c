/* SPDX-License-Identifier: MIT */
/* Built twice: as it is, and against a header whose structs have each one
 * member more, in which a descriptor of today is an old one. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/descriptor.h"

#define END_OF(type, member)                                                  \
	(offsetof(type, member) + sizeof(((type *)0)->member))

enum {
	OLD_PLUGIN = END_OF(struct fettle_plugin, batch_ms),
	OLD_FIELD = END_OF(struct fettle_field, help),
	OLD_OPTION = END_OF(struct fettle_option, sub_size),
	GARBAGE = 0xaa,
};

/* A plugin that uses most of what there is. */
struct place {
	const char *key, *city;
	int64_t rooms;
};

struct state {
	bool flag;
	struct fettle_tables places;
	struct fettle_secret secret;
};

static const struct fettle_option place_options[] = {
	FETTLE_OPTION(struct place, city, NULL, "Where."),
	FETTLE_RANGE(struct place, rooms, "1", "How large.", 1, 9),
};

static const struct fettle_option state_options[] = {
	FETTLE_OPTION(struct state, flag, "true", "Whether."),
	FETTLE_TABLES(
	    struct state, places, "Places.", place_options, struct place),
	FETTLE_OPTION(struct state, secret, "", "What nobody may know."),
};

static const struct fettle_field fields[] = {
	{ .name = "used",
	    .kind = FETTLE_GAUGE,
	    .unit = FETTLE_BYTES,
	    .help = "Used." },
	{ .name = "events",
	    .kind = FETTLE_COUNTER,
	    .unit = FETTLE_NUMBER,
	    .help = "Events." },
};

static int
do_read(struct fettle_ctx *ctx)
{
	(void)ctx;
	return 0;
}

static int
do_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	(void)ctx;
	(void)batch;
	return 0;
}

static int
do_ask(struct fettle_ctx *ctx, const char *question, char *answer, size_t size)
{
	(void)ctx;
	(void)question;
	(void)answer;
	(void)size;
	return 0;
}

static int
do_notify(struct fettle_ctx *ctx, const struct fettle_notice *notice)
{
	(void)ctx;
	(void)notice;
	return 0;
}

static const struct fettle_plugin whole = {
	FETTLE_ABI,
	.summary = "A whole one.",
	.instance_name = "thing",
	.fields = FETTLE_FIELDS(fields),
	.options = FETTLE_OPTIONS(state_options),
	.self_size = sizeof(struct state),
	.flags = FETTLE_SERIAL,
	.read = do_read,
	.batch_ms = 7,
};

static struct plugin *
accepted(const void *descriptor)
{
	char why[200] = "";
	struct plugin *p = plugin_new("test", descriptor, why, sizeof(why));

	assert_string_equal(why, "");
	assert_non_null(p);
	return p;
}

static void
refused(const void *descriptor, const char *reason)
{
	char why[200] = "";

	assert_null(plugin_new("test", descriptor, why, sizeof(why)));
	if (strstr(why, reason) == NULL)
		fail_msg("'%s' does not say '%s'", why, reason);
}

static void
check_whole(const struct plugin *p)
{
	const struct fettle_option *o = p->d.options.v;

	assert_string_equal(p->name, "test");
	assert_string_equal(p->d.summary, "A whole one.");
	assert_ptr_equal(p->d.read, do_read);
	assert_int_equal(p->d.batch_ms, 7);
	assert_int_equal(p->d.fields.n, 2);
	assert_int_equal(p->d.fields.size, sizeof(struct fettle_field));
	assert_string_equal(p->fields[1]->name, "events");
	assert_ptr_equal(p->fields[1], &p->d.fields.v[1]);
	assert_ptr_equal(plugin_field(p, "events"), p->fields[1]);
	assert_null(plugin_field(p, "event"));
	assert_int_equal(p->d.options.n, 3);
	assert_int_equal(p->d.options.size, sizeof(struct fettle_option));
	assert_int_equal(o[1].type, FETTLE_T_TABLES);
	assert_int_equal(o[1].sub.n, 2);
	assert_int_equal(o[1].sub.size, sizeof(struct fettle_option));
	assert_string_equal(o[1].sub.v[1].name, "rooms");
	assert_int_equal(o[2].offset, offsetof(struct state, secret));
}

static void
takes_what_a_plugin_declares(void **state)
{
	struct plugin *p = accepted(&whole);

	(void)state;
	check_whole(p);
	assert_ptr_not_equal(p->d.fields.v, fields);
	assert_ptr_not_equal(p->d.options.v, state_options);
	plugin_free(p);
	plugin_free(NULL);
}

/* n rows of `to' bytes each from rows of `from' bytes, with garbage around;
 * what a row has more is zero. */
static unsigned char *
rows_of(const void *rows, size_t n, size_t from, size_t to)
{
	unsigned char *out = malloc(n * to + 64);

	assert_non_null(out);
	memset(out, GARBAGE, n * to + 64);
	for (size_t i = 0; i < n; i++) {
		memset(out + i * to, 0, to);
		memcpy(out + i * to, (const char *)rows + i * from,
		    from < to ? from : to);
	}
	return out;
}

/* The whole plugin with rows of other sizes, as somebody built it against
 * another header.  Freed by other_free. */
struct other {
	unsigned char *plugin, *fields, *options, *sub;
	struct fettle_plugin d;
};

static void
other_init(struct other *o, size_t plugin, size_t field, size_t option)
{
	struct fettle_option *tables;

	o->d = whole;
	o->d.size = (uint32_t)plugin;
	o->fields = rows_of(fields, 2, sizeof(fields[0]), field);
	o->sub = rows_of(place_options, 2, sizeof(place_options[0]), option);
	o->options =
	    rows_of(state_options, 3, sizeof(state_options[0]), option);
	tables = (struct fettle_option *)(void *)(o->options + option);
	tables->sub = (struct fettle_options){ (const void *)o->sub, 2,
		(uint32_t)option };
	o->d.fields = (struct fettle_fields){ (const void *)o->fields, 2,
		(uint32_t)field };
	o->d.options = (struct fettle_options){ (const void *)o->options, 3,
		(uint32_t)option };
	o->plugin = rows_of(&o->d, 1, sizeof(o->d), plugin);
}

static void
other_free(struct other *o)
{
	free(o->plugin);
	free(o->fields);
	free(o->options);
	free(o->sub);
}

static void
check_zero(const void *data, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		assert_int_equal(((const unsigned char *)data)[i], 0);
}

static void
an_older_plugin_is_taken_as_far_as_it_goes(void **state)
{
	struct other o;
	struct plugin *p;

	(void)state;
	other_init(&o, OLD_PLUGIN, OLD_FIELD, OLD_OPTION);
	p = accepted(o.plugin);
	check_whole(p);
	check_zero(&p->d, OLD_PLUGIN, sizeof(p->d));
	for (size_t i = 0; i < 2; i++) {
		check_zero(
		    &p->d.fields.v[i], OLD_FIELD, sizeof(p->d.fields.v[i]));
		check_zero(&p->d.options.v[1].sub.v[i], OLD_OPTION,
		    sizeof(p->d.options.v[1].sub.v[i]));
	}
	plugin_free(p);
	other_free(&o);
}

static void
a_newer_plugin_is_taken_if_it_needs_nothing_new(void **state)
{
	struct other o;
	struct plugin *p;

	(void)state;
	other_init(&o, sizeof(struct fettle_plugin) + 24,
	    sizeof(struct fettle_field) + 8, sizeof(struct fettle_option) + 8);
	p = accepted(o.plugin);
	check_whole(p);
	plugin_free(p);
	other_free(&o);
}

static void
a_newer_plugin_that_needs_what_is_new_is_refused(void **state)
{
	const size_t plugin = sizeof(struct fettle_plugin) + 24,
		     field = sizeof(struct fettle_field) + 8,
		     option = sizeof(struct fettle_option) + 8;
	struct other o;

	(void)state;
	other_init(&o, plugin, field, option);
	o.plugin[plugin - 1] = 1;
	refused(o.plugin, "needs fettle's interface 1.2, this is 1.2");
	o.plugin[plugin - 1] = 0;
	o.fields[2 * field - 1] = 1;
	refused(o.plugin, "newer fettle is needed for its field events");
	o.fields[2 * field - 1] = 0;
	o.options[3 * option - 1] = 1;
	refused(o.plugin, "newer fettle is needed for its option secret");
	o.options[3 * option - 1] = 0;
	o.options[2 * option - 1] = 1; /* it has options of its own */
	refused(o.plugin, "newer fettle is needed for its option places");
	o.options[2 * option - 1] = 0;
	o.sub[option - 1] = 1;
	refused(o.plugin, "newer fettle is needed for its option city");
	o.sub[option - 1] = 0;
	plugin_free(accepted(o.plugin));
	other_free(&o);
}

static void
what_is_no_descriptor_is_refused(void **state)
{
	struct fettle_plugin d = whole;

	(void)state;
	d.abi_major = FETTLE_ABI_MAJOR + 1;
	refused(&d, "built for interface 2, this daemon has 1");
	d = whole;
	d.size = OLD_PLUGIN - 1;
	refused(&d, "cut short");
	d.size = 0;
	refused(&d, "cut short");
	d = whole;
	d.fields.size = OLD_FIELD - 1;
	refused(&d, "its table of fields is no table");
	d = whole;
	d.fields.n = 1025;
	refused(&d, "its table of fields is no table");
	d = whole;
	d.options.size = OLD_OPTION - 1;
	refused(&d, "its table of options is no table");
	d = whole;
	d.options.n = UINT32_MAX;
	refused(&d, "its table of options is no table");
	d = whole;
	d.fields.v = NULL;
	refused(&d, "its table of fields is no table");
	d = whole;
	d.options.v = NULL;
	refused(&d, "its table of options is no table");
	d = whole;
	d.self_size = (1 << 20) + 1;
	refused(&d, "its state is over 1 MiB");
	d = whole;
	d.flags = FETTLE_SERIAL | 1u << 31;
	refused(&d, "newer fettle is needed for its flags");
}

static void
a_plugin_has_one_role(void **state)
{
	struct fettle_plugin d = whole;

	(void)state;
	d.write = do_write;
	refused(&d, "it reads and delivers");
	d = whole;
	d.notify = do_notify;
	refused(&d, "it reads and delivers");
	d = whole;
	d.read = NULL;
	refused(&d, "neither reads, writes, notifies nor is a source");
	d.flags = FETTLE_SOURCE;
	plugin_free(accepted(&d));
	d.write = do_write;
	plugin_free(accepted(&d));
	d.ask = do_ask;
	refused(&d, "it delivers and answers questions");
	d.write = NULL;
	plugin_free(accepted(&d));
	d.flags = 0;
	d.notify = do_notify;
	refused(&d, "it delivers and answers questions");
	d.ask = NULL;
	plugin_free(accepted(&d));
}

static void
what_reads_declares_fields_or_is_dynamic(void **state)
{
	struct fettle_plugin d = whole;

	(void)state;
	d.fields = (struct fettle_fields){ 0 };
	refused(&d, "it reads but declares no fields");
	d.flags = FETTLE_DYNAMIC;
	plugin_free(accepted(&d));
}

static void
check_field(struct fettle_field field, const char *reason)
{
	const struct fettle_field two[] = { fields[0], field };
	struct fettle_plugin d = whole;

	d.fields = (struct fettle_fields)FETTLE_FIELDS(two);
	if (reason != NULL)
		refused(&d, reason);
	else
		plugin_free(accepted(&d));
}

static void
a_field_has_a_name_a_kind_and_a_unit(void **state)
{
	struct fettle_field f = fields[1];
	char name[65];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[64] = '\0';
	f.name = NULL;
	check_field(f, "a field has no valid name");
	f.name = "";
	check_field(f, "a field has no valid name");
	f.name = "a-b";
	check_field(f, "a field has no valid name");
	f.name = name;
	check_field(f, "a field has no valid name");
	f.name = name + 1;
	check_field(f, NULL);
	f.name = "1m";
	check_field(f, NULL);
	f.name = "used";
	check_field(f, "two fields are called used");
	f = fields[1];
	f.kind = 0;
	check_field(f, "no kind or no unit in its field events");
	f.kind = FETTLE_TOTAL + 1;
	check_field(f, "no kind or no unit in its field events");
	f = fields[1];
	f.unit = NULL;
	check_field(f, "no kind or no unit in its field events");
	f.unit = "a\nb";
	check_field(f, "no kind or no unit in its field events");
	f.unit = "\xff";
	check_field(f, "no kind or no unit in its field events");
	f.unit = "requests/s";
	check_field(f, NULL);
}

static void
check_option(struct fettle_option option, const char *reason)
{
	const struct fettle_option two[] = { state_options[0], option };
	struct fettle_plugin d = whole;

	d.options = (struct fettle_options)FETTLE_OPTIONS(two);
	if (reason != NULL)
		refused(&d, reason);
	else
		plugin_free(accepted(&d));
}

static void
an_option_fills_a_member_of_the_state(void **state)
{
	struct fettle_option o = state_options[2];

	(void)state;
	o.name = "a b";
	check_option(o, "an option has no valid name");
	o.name = NULL;
	check_option(o, "an option has no valid name");
	o.name = "flag";
	check_option(o, "two options are called flag");
	o = state_options[2];
	o.offset = sizeof(struct state) - sizeof(struct fettle_secret) + 1;
	check_option(o, "ends before option secret");
	o.offset = SIZE_MAX;
	check_option(o, "ends before option secret");
	o.offset = sizeof(struct state);
	check_option(o, "ends before option secret");
	o = state_options[2];
	o.type = 0;
	check_option(o, "newer fettle is needed for its option secret");
	o.type = FETTLE_T_GROUP + 1;
	check_option(o, "newer fettle is needed for its option secret");
}

static void
options_of_an_option_fill_its_rows(void **state)
{
	struct fettle_option sub = place_options[1], o = state_options[1];

	(void)state;
	o.sub = (struct fettle_options){ &sub, 1, sizeof(sub) };
	check_option(o, NULL);
	sub.offset = sizeof(struct place) - 1;
	check_option(o, "ends before option rooms");
	sub = place_options[1];
	o.sub_size = sizeof(const char *) - 1; /* no room for the key */
	sub.type = FETTLE_T_BOOL;
	sub.offset = 0;
	check_option(o, "ends before option places");
	o.sub_size = SIZE_MAX / 2;
	check_option(o, "over 1 MiB is a row of places");
	o = state_options[1];
	o.sub.n = 0;
	check_option(o, "without options of its own is option places");
	o = state_options[1];
	o.type = FETTLE_T_GROUP;
	o.sub_size = sizeof(struct state);
	check_option(o, "ends before option places");
}

/* A group in a group in a group, so deep. */

static void
check_depth(size_t depth, const char *reason)
{
	struct fettle_option levels[8];
	struct fettle_plugin d = whole;

	levels[depth - 1] = (struct fettle_option){ .name = "leaf",
		.fallback = "0",
		.help = "",
		.type = FETTLE_T_INT };
	for (size_t i = depth - 1; i-- > 0;) {
		levels[i] = (struct fettle_option){ .name = "group",
			.fallback = "",
			.help = "",
			.type = FETTLE_T_GROUP,
			.sub = { &levels[i + 1], 1, sizeof(levels[0]) },
			.sub_size = sizeof(int64_t) };
	}
	d.options = (struct fettle_options){ levels, 1, sizeof(levels[0]) };
	d.self_size = sizeof(int64_t);
	if (reason != NULL)
		refused(&d, reason);
	else
		plugin_free(accepted(&d));
}

static void
options_nest_four_deep_and_no_deeper(void **state)
{
	(void)state;
	check_depth(1, NULL);
	check_depth(4, NULL);
	check_depth(5, "its table of options is no table");
}

static void
the_name_of_its_instances_is_a_word(void **state)
{
	struct fettle_plugin d = whole;

	(void)state;
	d.instance_name = NULL;
	plugin_free(accepted(&d));
	d.instance_name = "a thing";
	refused(&d, "instance_name is no word");
}

static void
a_plugins_name_is_a_word_in_small_letters(void **state)
{
	static const char *const good[] = { "a", "cpu", "a_1",
		"abcdefghijklmnopqrstuvwxyz_01234" };
	static const char *const bad[] = { "", "_a", "1a", "A", "a-b", "a.b",
		"../x", "a/b", "/x", "abcdefghijklmnopqrstuvwxyz_012345",
		"a\n", "\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(plugin_name_ok(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(plugin_name_ok(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_a_plugin_declares),
		cmocka_unit_test(an_older_plugin_is_taken_as_far_as_it_goes),
		cmocka_unit_test(
		    a_newer_plugin_is_taken_if_it_needs_nothing_new),
		cmocka_unit_test(
		    a_newer_plugin_that_needs_what_is_new_is_refused),
		cmocka_unit_test(what_is_no_descriptor_is_refused),
		cmocka_unit_test(a_plugin_has_one_role),
		cmocka_unit_test(what_reads_declares_fields_or_is_dynamic),
		cmocka_unit_test(a_field_has_a_name_a_kind_and_a_unit),
		cmocka_unit_test(an_option_fills_a_member_of_the_state),
		cmocka_unit_test(options_of_an_option_fill_its_rows),
		cmocka_unit_test(options_nest_four_deep_and_no_deeper),
		cmocka_unit_test(the_name_of_its_instances_is_a_word),
		cmocka_unit_test(a_plugins_name_is_a_word_in_small_letters),
	};

	return cmocka_run_group_tests_name("descriptor", tests, NULL, NULL);
}
