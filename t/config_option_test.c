/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load.h"
#include "config/option.h"
#include "config_said.h"

struct tls {
	const char *certificate;
	struct fettle_secret key;
	bool strict;
};

struct rule {
	const char *key;
	double warning;
	struct fettle_strings notify;
	struct tls tls;
};

struct all {
	bool truth;
	int64_t number;
	double real;
	const char *text;
	struct fettle_duration wait;
	struct fettle_size size;
	struct fettle_strings mounts;
	struct fettle_secret token;
	struct fettle_tables rules;
	struct tls tls;
};

static const struct fettle_option tls_options[] = {
	FETTLE_OPTION(struct tls, certificate, NULL, "."),
	FETTLE_OPTION(struct tls, key, NULL, "."),
	FETTLE_OPTION(struct tls, strict, "yes", "."),
};

static const struct fettle_option rule_options[] = {
	FETTLE_RANGE(struct rule, warning, "50", ".", 0, 100),
	FETTLE_OPTION(struct rule, notify, "", "."),
	FETTLE_GROUP(struct rule, tls, ".", tls_options),
};

static const struct fettle_option all_options[] = {
	FETTLE_OPTION(struct all, truth, "on", "."),
	FETTLE_RANGE(struct all, number, "7", ".", 1, 10),
	FETTLE_OPTION(struct all, real, "0.5", "."),
	FETTLE_CHOICE(struct all, text, "auto", ".", "auto|1|2"),
	FETTLE_RANGE(struct all, wait, "1m30s", ".", 1, 3600),
	FETTLE_RANGE(struct all, size, "64KiB", ".", 1024, 1 << 30),
	FETTLE_RANGE(struct all, mounts, "[/, /home]", ".", 1, 3),
	FETTLE_OPTION(struct all, token, "", "."),
	FETTLE_TABLES(struct all, rules, ".", rule_options, struct rule),
	FETTLE_GROUP(struct all, tls, ".", tls_options),
};

static const struct fettle_options all = FETTLE_OPTIONS(all_options);

static const char *const others[] = { "interval", "routes", NULL };

/* What the yaml makes of state, and that these lines are said of it. */
static struct node *
fill(void *state, const struct fettle_options *table, const char *yaml,
    const char *lines)
{
	struct diags *d = diags_new();
	struct node *map = config_parse("f", yaml, strlen(yaml), d);

	option_fill(state, table, map, "plugin x", (struct pos){ "f", 9, 1 },
	    others, d);
	assert_said(d, lines);
	diags_free(d);
	return map;
}

static struct all
filled(const char *yaml)
{
	struct all state = { 0 };

	node_free(fill(&state, &all, yaml, ""));
	return state;
}

static void
assert_zero(const void *state, size_t size)
{
	static const struct all zero;

	assert_true(size <= sizeof(zero));
	assert_memory_equal(state, &zero, size);
}

static void
mistakes(const char *yaml, const char *lines)
{
	struct all state = { 0 };

	node_free(fill(&state, &all, yaml, lines));
	option_free(&state, &all);
	assert_zero(&state, sizeof(state));
}

static void
what_is_not_given_has_its_default(void **s)
{
	struct all state = filled("");

	(void)s;
	assert_true(state.truth);
	assert_int_equal(state.number, 7);
	assert_true(state.real == 0.5);
	assert_string_equal(state.text, "auto");
	assert_int_equal(state.wait.ns, INT64_C(90000000000));
	assert_int_equal(state.size.bytes, 65536);
	assert_int_equal(state.mounts.n, 2);
	assert_string_equal(state.mounts.v[0], "/");
	assert_string_equal(state.mounts.v[1], "/home");
	assert_null(state.token.text);
	assert_int_equal(state.rules.n, 0);
	assert_zero(&state.tls, sizeof(state.tls));
	option_free(&state, &all);
	assert_zero(&state, sizeof(state));
}

static void
every_type_takes_what_people_write(void **s)
{
	struct all state = filled("truth: no\n"
				  "number: 10\n"
				  "real: -1e3\n"
				  "text: 1\n"
				  "wait: 1h\n"
				  "size: '1.5 KiB'\n"
				  "mounts: [/a, 'b c', 5]\n"
				  "interval: 5s\n"
				  "routes: [x]\n");

	(void)s;
	assert_false(state.truth);
	assert_int_equal(state.number, 10);
	assert_true(state.real == -1000);
	assert_string_equal(state.text, "1");
	assert_int_equal(state.wait.ns, INT64_C(3600000000000));
	assert_int_equal(state.size.bytes, 1536);
	assert_int_equal(state.mounts.n, 3);
	assert_string_equal(state.mounts.v[1], "b c");
	assert_string_equal(state.mounts.v[2], "5");
	option_free(&state, &all);
}

static void
one_text_is_a_list_of_one(void **s)
{
	struct all state = filled("mounts: /srv\n");

	(void)s;
	assert_int_equal(state.mounts.n, 1);
	assert_string_equal(state.mounts.v[0], "/srv");
	option_free(&state, &all);
}

static void
text_of_the_environment_is_as_good_as_any(void **s)
{
	struct all state;

	(void)s;
	setenv("FETTLE_T", "3", 1);
	state = filled("{number: \"${FETTLE_T}\", truth: no}");
	assert_int_equal(state.number, 3);
	option_free(&state, &all);
	unsetenv("FETTLE_T");
}

static void
no_section_and_an_empty_one_are_the_same(void **s)
{
	struct all state = { 0 };
	struct diags *d = diags_new();
	struct node nothing = { .kind = NODE_NULL, .pos = { "f", 1, 1 } };

	(void)s;
	option_fill(&state, &all, NULL, "x", nothing.pos, NULL, d);
	assert_int_equal(state.number, 7);
	option_free(&state, &all);
	option_fill(&state, &all, &nothing, "x", nothing.pos, NULL, d);
	assert_int_equal(state.number, 7);
	option_free(&state, &all);
	assert_said(d, "");
	diags_free(d);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
tables_are_rows_with_their_keys(void **s)
{
	struct all state;
	const struct rule *rules;

	(void)s;
	write_file("key", "k1\n", 0600);
	state = filled("rules:\n"
		       "  b: {warning: 90, notify: [x, y]}\n"
		       "  a:\n"
		       "  c: {tls: {certificate: c.pem, key_file: ./key}}\n");
	rules = state.rules.v;
	assert_int_equal(state.rules.n, 3);
	assert_string_equal(rules[0].key, "b");
	assert_true(rules[0].warning == 90);
	assert_string_equal(rules[0].notify.v[1], "y");
	assert_string_equal(rules[1].key, "a");
	assert_true(rules[1].warning == 50);
	assert_zero(&rules[1].tls, sizeof(rules[1].tls));
	assert_string_equal(rules[2].tls.certificate, "c.pem");
	assert_string_equal(rules[2].tls.key.text, "k1");
	assert_true(rules[2].tls.strict);
	option_free(&state, &all);
	assert_zero(&state, sizeof(state));
}

/* Each alone, on line 1; the section begins in line 9. */
static const struct {
	const char *yaml, *lines;
} one[] = {
	/* kinds */
	{ "truth: 1",
	    "f:1:8: option 'truth' of plugin x cannot be '1': write true, false, yes, no, on or off\n" },
	{ "truth: 'yes'",
	    "f:1:8: option 'truth' of plugin x must be true or false, not quoted text\n" },
	{ "truth:",
	    "f:1:7: option 'truth' of plugin x must be true or false, not nothing\n" },
	{ "number: [1]",
	    "f:1:9: option 'number' of plugin x must be a whole number, not a list\n" },
	{ "number: {a: 1}",
	    "f:1:9: option 'number' of plugin x must be a whole number, not a mapping\n" },
	{ "number: \"5\"",
	    "f:1:9: option 'number' of plugin x must be a whole number, not quoted text\n" },
	{ "number: 5.0",
	    "f:1:9: option 'number' of plugin x cannot be '5.0': a whole number has nothing but digits\n" },
	{ "real: ~",
	    "f:1:7: option 'real' of plugin x must be a number, not nothing\n" },
	{ "real: .inf",
	    "f:1:7: option 'real' of plugin x cannot be '.inf': a number is written as 42, 0.5 or 1e6\n" },
	{ "real: '1'",
	    "f:1:7: option 'real' of plugin x must be a number, not quoted text\n" },
	{ "text: [auto]",
	    "f:1:7: option 'text' of plugin x must be text, not a list\n" },
	{ "wait: 10",
	    "f:1:7: option 'wait' of plugin x cannot be '10': a duration is a number with a unit (ms, s, m, h, d), such as 10s or 1h30m\n" },
	{ "wait: [10s]",
	    "f:1:7: option 'wait' of plugin x must be a duration such as 10s, not a list\n" },
	{ "size: 64M",
	    "f:1:7: option 'size' of plugin x cannot be '64M': a size is a number of bytes, or one with a unit (kB, MB, GB, TB, KiB, MiB, GiB, TiB), such as 64MiB\n" },
	{ "size: {}",
	    "f:1:7: option 'size' of plugin x must be a size such as 64MiB, not a mapping\n" },
	{ "mounts: {/: }",
	    "f:1:9: option 'mounts' of plugin x must be text or a list of texts, not a mapping\n" },
	{ "mounts: [a, [b], ~]",
	    "f:1:13: option 'mounts' of plugin x has a list where text should be\n"
	    "f:1:18: option 'mounts' of plugin x has nothing where text should be\n" },
	{ "rules: [a]",
	    "f:1:8: option 'rules' of plugin x must be a mapping of names to mappings, not a list\n" },
	{ "rules: {a: 1}",
	    "f:1:12: option 'rules' of plugin x must have a mapping for 'a', not text\n" },
	{ "tls: yes",
	    "f:1:6: option 'tls' of plugin x must be a mapping, not text\n" },
	/* choices and ranges */
	{ "text: Auto",
	    "f:1:7: option 'text' of plugin x cannot be 'Auto': choose 'auto', '1' or '2'\n" },
	{ "text: aut",
	    "f:1:7: option 'text' of plugin x cannot be 'aut': choose 'auto', '1' or '2'\n" },
	{ "text: ''",
	    "f:1:7: option 'text' of plugin x cannot be '': choose 'auto', '1' or '2'\n" },
	{ "text: auto|1",
	    "f:1:7: option 'text' of plugin x cannot be 'auto|1': choose 'auto', '1' or '2'\n" },
	{ "number: 0",
	    "f:1:9: option 'number' of plugin x cannot be '0': it must be from 1 to 10\n" },
	{ "number: 11",
	    "f:1:9: option 'number' of plugin x cannot be '11': it must be from 1 to 10\n" },
	{ "wait: 999ms",
	    "f:1:7: option 'wait' of plugin x cannot be '999ms': it must be from 1s to 1h\n" },
	{ "wait: 1h1ms",
	    "f:1:7: option 'wait' of plugin x cannot be '1h1ms': it must be from 1s to 1h\n" },
	{ "size: 1023",
	    "f:1:7: option 'size' of plugin x cannot be '1023': it must be from 1KiB to 1GiB\n" },
	{ "mounts: []",
	    "f:1:9: option 'mounts' of plugin x must have from 1 to 3 items, not 0\n" },
	{ "mounts: [a, b, c, d]",
	    "f:1:9: option 'mounts' of plugin x must have from 1 to 3 items, not 4\n" },
	{ "rules: {a: {warning: 101}}",
	    "f:1:22: option 'rules.a.warning' of plugin x cannot be '101': it must be from 0 to 100\n" },
	/* names */
	{ "numbr: 1",
	    "f:1:1: unknown option 'numbr' of plugin x; did you mean 'number'?\n" },
	{ "intervall: 1",
	    "f:1:1: unknown option 'intervall' of plugin x; did you mean 'interval'?\n" },
	{ "token_fil: a",
	    "f:1:1: unknown option 'token_fil' of plugin x; did you mean 'token_file'?\n" },
	{ "verbose: 1", "f:1:1: unknown option 'verbose' of plugin x\n" },
	{ "tls: {colour: 1}",
	    "f:1:6: plugin x needs option 'tls.certificate'\n"
	    "f:1:6: plugin x needs option 'tls.key_file'\n"
	    "f:1:7: unknown option 'tls.colour' of plugin x; there are 'certificate', 'key_file', 'key_env', 'strict'\n" },
	{ "rules: {a: {warn: 1}}",
	    "f:1:13: unknown option 'rules.a.warn' of plugin x; did you mean 'warning'?\n" },
	/* secrets */
	{ "token: hunter2",
	    "f:1:8: option 'token' of plugin x is a secret, which cannot stand here: put it into a file and name that with 'token_file'\n" },
	{ "token_file: [a]",
	    "f:1:13: option 'token' of plugin x needs the name of a file, not a list\n" },
	{ "token_env:",
	    "f:1:11: option 'token' of plugin x needs the name of an environment variable, not nothing\n" },
	{ "token_env: FETTLE_UNSET",
	    "f:1:12: option 'token' of plugin x: environment variable 'FETTLE_UNSET' is not set\n" },
	{ "token_file: ./missing",
	    "f:1:13: option 'token' of plugin x: cannot open './missing': No such file or directory\n" },
	{ "{token_file: ./key, token_env: A}",
	    "f:1:14: option 'token' of plugin x: cannot open './key': No such file or directory\n"
	    "f:1:32: option 'token' of plugin x is given twice, as 'token_file' and as 'token_env'\n" },
	/* what is needed */
	{ "tls: {}", "f:1:6: plugin x needs option 'tls.certificate'\n"
		     "f:1:6: plugin x needs option 'tls.key_file'\n" },
	{ "tls:", "f:1:5: plugin x needs option 'tls.certificate'\n"
		  "f:1:5: plugin x needs option 'tls.key_file'\n" },
	{ "rules: {a: {tls: {key_env: FETTLE_UNSET}}}",
	    "f:1:18: plugin x needs option 'rules.a.tls.certificate'\n"
	    "f:1:28: option 'rules.a.tls.key' of plugin x: environment variable 'FETTLE_UNSET' is not set\n" },
};

static void
every_mistake_says_what_would_be_right(void **s)
{
	(void)s;
	for (size_t i = 0; i < sizeof(one) / sizeof(*one); i++)
		mistakes(one[i].yaml, one[i].lines);
}

static void
every_mistake_is_told_not_only_the_first(void **s)
{
	(void)s;
	mistakes("wiat: 1s\n"
		 "number: x\n"
		 "size: -1\n"
		 "mounts: [[a], b, ~]\n"
		 "rules:\n"
		 "  a: {warning: 200, notify: {}}\n"
		 "  b: {warning: -1}\n"
		 "tls: {strict: maybe}\n"
		 "token: x\n",
	    "f:1:1: unknown option 'wiat' of plugin x; did you mean 'wait'?\n"
	    "f:2:9: option 'number' of plugin x cannot be 'x': a whole number has nothing but digits\n"
	    "f:3:7: option 'size' of plugin x cannot be '-1': a size cannot be negative\n"
	    "f:4:10: option 'mounts' of plugin x has a list where text should be\n"
	    "f:4:18: option 'mounts' of plugin x has nothing where text should be\n"
	    "f:6:16: option 'rules.a.warning' of plugin x cannot be '200': it must be from 0 to 100\n"
	    "f:6:29: option 'rules.a.notify' of plugin x must be text or a list of texts, not a mapping\n"
	    "f:7:16: option 'rules.b.warning' of plugin x cannot be '-1': it must be from 0 to 100\n"
	    "f:8:6: plugin x needs option 'tls.certificate'\n"
	    "f:8:6: plugin x needs option 'tls.key_file'\n"
	    "f:8:15: option 'tls.strict' of plugin x cannot be 'maybe': write true, false, yes, no, on or off\n"
	    "f:9:8: option 'token' of plugin x is a secret, which cannot stand here: put it into a file and name that with 'token_file'\n");
}

/* What was told when it was read is not told again. */
static void
a_value_that_could_not_be_read_is_told_once(void **s)
{
	(void)s;
	unsetenv("FETTLE_UNSET");
	mistakes("number: ${FETTLE_UNSET}\n"
		 "mounts: [\"${FETTLE_UNSET}\", b]\n"
		 "tls: !x {}\n"
		 "rules: {a: &x }\n"
		 "token_env: *x\n",
	    "f:1:9: environment variable 'FETTLE_UNSET' is not set\n"
	    "f:2:10: environment variable 'FETTLE_UNSET' is not set\n"
	    "f:3:6: a tag is not allowed; put text that begins with '!' in quotes\n"
	    "f:4:12: an anchor is not allowed; put text that begins with '&' in quotes\n"
	    "f:5:12: an alias is not allowed; put text that begins with '*' in quotes\n");
}

static void
each_of_a_list_is_one_of_the_choices(void **s)
{
	static const struct fettle_option list_options[] = {
		FETTLE_CHOICE(struct all, mounts, "b", ".", "a|b"),
	};
	static const struct fettle_options list = FETTLE_OPTIONS(list_options);
	struct all state = { 0 };

	(void)s;
	node_free(fill(&state, &list, "", ""));
	assert_string_equal(state.mounts.v[0], "b");
	option_free(&state, &list);
	node_free(fill(&state, &list, "mounts: [a, c, b]\n",
	    "f:1:13: option 'mounts' of plugin x cannot be 'c': choose 'a' or "
	    "'b'\n"));
	option_free(&state, &list);
}

static const struct fettle_option need_options[] = {
	FETTLE_OPTION(struct all, text, NULL, "."),
	FETTLE_OPTION(struct all, token, NULL, "."),
	FETTLE_OPTION(struct all, mounts, NULL, "."),
};

static const struct fettle_options need = FETTLE_OPTIONS(need_options);

static void
the_section_itself_is_a_mapping(void **s)
{
	struct diags *d = diags_new();
	struct node *map = config_parse("f", "x: [a]", 6, d);
	struct all state = { 0 };

	(void)s;
	option_fill(&state, &all, node_get(map, "x"), "plugin x",
	    (struct pos){ "f", 1, 1 }, NULL, d);
	assert_said(d,
	    "f:1:4: plugin x must be a mapping of its options, not a list\n");
	assert_zero(&state, sizeof(state));
	node_free(map);
	diags_free(d);
	d = diags_new();
	map = config_parse("f", "x: !t {}", 8, d);
	option_fill(&state, &need, node_get(map, "x"), "plugin x",
	    (struct pos){ "f", 1, 1 }, NULL, d);
	assert_said(d,
	    "f:1:4: a tag is not allowed; put text that begins with '!' in "
	    "quotes\n");
	node_free(map);
	diags_free(d);
}

static void
what_is_required_is_asked_for_where_the_section_begins(void **s)
{
	struct all state = { 0 };

	(void)s;
	node_free(fill(&state, &need, "",
	    "f:9:1: plugin x needs option 'mounts'\n"
	    "f:9:1: plugin x needs option 'text'\n"
	    "f:9:1: plugin x needs option 'token_file'\n"));
	option_free(&state, &need);
	node_free(fill(&state, &need, "text: ''\nmounts: []\ntoken: x\n",
	    "f:3:8: option 'token' of plugin x is a secret, which cannot "
	    "stand here: put it into a file and name that with "
	    "'token_file'\n"));
	assert_string_equal(state.text, "");
	option_free(&state, &need);
}

static void
a_default_is_checked_as_the_file_is(void **s)
{
	static const struct fettle_option wrong_options[] = {
		FETTLE_OPTION(struct all, number, "x", "."),
		FETTLE_RANGE(struct all, wait, "1ms", ".", 1, HUGE_VAL),
		FETTLE_OPTION(struct all, rules, "x", "."),
	};
	static const struct fettle_options wrong =
	    FETTLE_OPTIONS(wrong_options);
	struct all state = { 0 };

	(void)s;
	node_free(fill(&state, &wrong, "",
	    "f:9:1: the default of option 'number' of plugin x cannot be 'x': a whole number has nothing but digits\n"
	    "f:9:1: the default of option 'rules' of plugin x must be a mapping of names to mappings, not text\n"
	    "f:9:1: the default of option 'wait' of plugin x cannot be '1ms': it must be at least 1s\n"));
	option_free(&state, &wrong);
}

static void
ranges_are_said_in_the_units_of_the_option(void **s)
{
	static const struct fettle_option bound_options[] = {
		FETTLE_RANGE(struct all, wait, "", ".", 0.01, 86400),
		FETTLE_RANGE(struct all, size, "", ".", 65536, 1e12),
		FETTLE_RANGE(struct all, number, "", ".", -HUGE_VAL, -5),
		FETTLE_RANGE(struct all, real, "", ".", 0, 0.5),
		FETTLE_RANGE(struct all, mounts, "", ".", 2, HUGE_VAL),
	};
	static const struct fettle_options bounds =
	    FETTLE_OPTIONS(bound_options);
	struct all state = { 0 };

	(void)s;
	node_free(fill(&state, &bounds,
	    "wait: 25h\nsize: 1\nnumber: 0\nreal: 1\nmounts: [a]\n",
	    "f:1:7: option 'wait' of plugin x cannot be '25h': it must be "
	    "from 10ms to 1d\n"
	    "f:2:7: option 'size' of plugin x cannot be '1': it must be from "
	    "64KiB to 1TB\n"
	    "f:3:9: option 'number' of plugin x cannot be '0': it must be at "
	    "most -5\n"
	    "f:4:7: option 'real' of plugin x cannot be '1': it must be from "
	    "0 to 0.5\n"
	    "f:5:9: option 'mounts' of plugin x must have at least 2 items, "
	    "not 1\n"));
	option_free(&state, &bounds);
}

static void
names_are_listed_where_few_and_none_is_near(void **s)
{
	static const struct fettle_option none_options[] = { { 0 } };
	static const struct fettle_options none = { none_options, 0,
		sizeof(none_options[0]) };
	struct diags *d = diags_new();
	struct node *map = config_parse("f", "colour: red", 11, d);

	(void)s;
	option_fill(NULL, &none, map, "plugin y", map->pos, NULL, d);
	assert_said(
	    d, "f:1:1: unknown option 'colour' of plugin y; there are none\n");
	node_free(map);
	diags_free(d);
	node_free(fill(NULL, &none, "colour: red",
	    "f:1:1: unknown option 'colour' of plugin x; there are "
	    "'interval', 'routes'\n"));
}

/* --- secrets ------------------------------------------------------------- */

static void
a_secret_is_read_beside_the_file_that_names_it(void **s)
{
	struct diags *d = diags_new();
	struct all state = { 0 };
	struct node *map;
	const char yaml[] = "token_file: token";

	(void)s;
	mkdir("conf", 0700);
	write_file("conf/token", "hunter2\n", 0600);
	map = config_parse("conf/f", yaml, strlen(yaml), d);
	option_fill(&state, &all, map, "x", map->pos, NULL, d);
	assert_said(d, "");
	assert_string_equal(state.token.text, "hunter2");
	option_free(&state, &all);
	assert_null(state.token.text);
	node_free(map);
	diags_free(d);
}

static void
a_secret_comes_from_the_environment_again_and_again(void **s)
{
	struct all state;

	(void)s;
	setenv("FETTLE_SECRET", "hunter3", 1);
	for (int i = 0; i < 2; i++) {
		state = filled("token_env: FETTLE_SECRET");
		assert_null(getenv("FETTLE_SECRET"));
		assert_string_equal(state.token.text, "hunter3");
		option_free(&state, &all);
	}
}

static int
refresh(struct all *state, const struct node *map, bool *changed, char *why)
{
	return option_refresh(state, &all, map, changed, why, 200);
}

static void
refreshing_reads_files_again_and_nothing_else(void **s)
{
	struct all state = { 0 };
	const struct rule *rules;
	char why[200] = "";
	bool changed;
	struct node *map;

	(void)s;
	write_file("a", "a1", 0600);
	write_file("b", "b1", 0600);
	write_file("c", "c1", 0600);
	map = fill(&state, &all,
	    "token_file: a\n"
	    "number: 3\n"
	    "tls: {certificate: x, key_file: b}\n"
	    "rules: {r: {}, s: {tls: {certificate: y, key_file: c}}}\n",
	    "");
	rules = state.rules.v;
	assert_int_equal(refresh(&state, map, &changed, why), 0);
	assert_false(changed);
	write_file("a", "a2", 0600);
	write_file("b", "b2", 0600);
	write_file("c", "c2", 0600);
	assert_int_equal(refresh(&state, map, &changed, why), 0);
	assert_true(changed);
	assert_string_equal(state.token.text, "a2");
	assert_string_equal(state.tls.key.text, "b2");
	assert_string_equal(rules[1].tls.key.text, "c2");
	assert_int_equal(state.number, 3);
	node_free(map);
	option_free(&state, &all);
}

static void
refreshing_keeps_all_old_secrets_if_one_cannot_be_read(void **s)
{
	struct all state = { 0 };
	char why[200] = "";
	bool changed = true;
	struct node *map;

	(void)s;
	write_file("a", "a1", 0600);
	write_file("b", "b1", 0600);
	map = fill(&state, &all,
	    "token_file: a\ntls: {certificate: x, key_file: b}\n", "");
	write_file("a", "a2", 0600);
	write_file("b", "b2", 0644);
	assert_int_equal(refresh(&state, map, &changed, why), -EACCES);
	assert_string_equal(why, "'b' is open to others: chmod 600 it");
	assert_false(changed);
	assert_string_equal(state.token.text, "a1");
	assert_string_equal(state.tls.key.text, "b1");
	node_free(map);
	option_free(&state, &all);
}

static void
refreshing_what_has_no_files_changes_nothing(void **s)
{
	struct all state = { 0 };
	char why[200] = "";
	bool changed = true;
	struct node *map;

	(void)s;
	setenv("FETTLE_SECRET", "hunter3", 1);
	map = fill(&state, &all, "token_env: FETTLE_SECRET\ntls:\nrules:\n",
	    "f:2:5: plugin x needs option 'tls.certificate'\nf:2:5: plugin x needs option 'tls.key_file'\n");
	assert_int_equal(refresh(&state, map, &changed, why), 0);
	assert_false(changed);
	assert_string_equal(state.token.text, "hunter3");
	node_free(map);
	option_free(&state, &all);
	assert_int_equal(refresh(&state, NULL, &changed, why), 0);
}

/* Each test in a folder of its own. */
static int
enter(void **s)
{
	char dir[] = "/tmp/fettle-option-XXXXXX";

	*s = mkdtemp(dir) ? strdup(dir) : NULL;
	return *s == NULL || chdir(*s) != 0;
}

static int
leave(void **s)
{
	static const char *const names[] = { "a", "b", "c", "key",
		"conf/token" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
	rmdir("conf");
	if (chdir("/") != 0 || rmdir(*s) != 0)
		return 1;
	free(*s);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_not_given_has_its_default, enter, leave),
		cmocka_unit_test_setup_teardown(
		    every_type_takes_what_people_write, enter, leave),
		cmocka_unit_test_setup_teardown(
		    one_text_is_a_list_of_one, enter, leave),
		cmocka_unit_test_setup_teardown(
		    text_of_the_environment_is_as_good_as_any, enter, leave),
		cmocka_unit_test_setup_teardown(
		    no_section_and_an_empty_one_are_the_same, enter, leave),
		cmocka_unit_test_setup_teardown(
		    tables_are_rows_with_their_keys, enter, leave),
		cmocka_unit_test_setup_teardown(
		    every_mistake_says_what_would_be_right, enter, leave),
		cmocka_unit_test_setup_teardown(
		    every_mistake_is_told_not_only_the_first, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_value_that_could_not_be_read_is_told_once, enter, leave),
		cmocka_unit_test_setup_teardown(
		    each_of_a_list_is_one_of_the_choices, enter, leave),
		cmocka_unit_test_setup_teardown(
		    the_section_itself_is_a_mapping, enter, leave),
		cmocka_unit_test_setup_teardown(
		    what_is_required_is_asked_for_where_the_section_begins,
		    enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_default_is_checked_as_the_file_is, enter, leave),
		cmocka_unit_test_setup_teardown(
		    ranges_are_said_in_the_units_of_the_option, enter, leave),
		cmocka_unit_test_setup_teardown(
		    names_are_listed_where_few_and_none_is_near, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_secret_is_read_beside_the_file_that_names_it, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    a_secret_comes_from_the_environment_again_and_again, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    refreshing_reads_files_again_and_nothing_else, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    refreshing_keeps_all_old_secrets_if_one_cannot_be_read,
		    enter, leave),
		cmocka_unit_test_setup_teardown(
		    refreshing_what_has_no_files_changes_nothing, enter,
		    leave),
	};

	return cmocka_run_group_tests_name("config option", tests, NULL, NULL);
}
