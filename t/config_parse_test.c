/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/load.h"
#include "config_said.h"

/* The tree as a line: what a reader of it sees. */
static void
add_tree(struct buf *to, const struct node *n)
{
	const struct node_entry *e;

	switch (n->kind) {
	case NODE_NULL:
		buf_puts(to, "null");
		break;
	case NODE_TEXT:
		buf_printf(to, n->quoted ? "'%s'" : "%s", n->text);
		break;
	case NODE_LIST:
		buf_putc(to, '[');
		for (size_t i = 0; i < n->items.n; i++) {
			buf_puts(to, i > 0 ? "," : "");
			add_tree(to, n->items.v[i]);
		}
		buf_putc(to, ']');
		break;
	case NODE_MAP:
		buf_putc(to, '{');
		vec_each (e, &n->entries) {
			buf_printf(
			    to, "%s%s:", e == n->entries.v ? "" : ",", e->key);
			add_tree(to, e->value);
		}
		buf_putc(to, '}');
	}
	if (n->bad)
		buf_putc(to, '!');
}

/* What text of len bytes is read as ("-": not at all), and what is said. */
static void
check_bytes(const char *text, size_t len, const char *tree, const char *lines)
{
	struct diags *d = diags_new();
	struct node *n = config_parse("f", text, len, d);
	struct buf b = { 0 };

	if (n != NULL)
		add_tree(&b, n);
	else
		buf_puts(&b, "-");
	assert_said(d, lines);
	assert_string_equal(b.data, tree);
	buf_free(&b);
	node_free(n);
	diags_free(d);
}

static void
check(const char *text, const char *tree, const char *lines)
{
	check_bytes(text, strlen(text), tree, lines);
}

static void
nothing_is_an_empty_mapping(void **state)
{
	(void)state;
	check("", "{}", "");
	check("# a comment\n", "{}", "");
	check("---\n...\n", "{}", "");
	check("~\n", "{}", "");
}

static void
mappings_lists_and_scalars_become_a_tree(void **state)
{
	(void)state;
	check("a: 1\nb: [x, 'y', \"z\"]\nc:\n  d: {e: f}\n  g:\n  - h\n",
	    "{a:1,b:[x,'y','z'],c:{d:{e:f},g:[h]}}", "");
	check("\xef\xbb\xbf"
	      "a: 1\r\nb: 2\r\n",
	    "{a:1,b:2}", "");
	check("? a\n: b\n", "{a:b}", "");
	check("a: |\n  one\n  two\n", "{a:'one\ntwo\n'}", "");
}

static void
only_nothing_tilde_and_null_say_nothing(void **state)
{
	(void)state;
	check("{a: , b: ~, c: null, d: Null, e: 'null', f: '', g: no}",
	    "{a:null,b:null,c:null,d:Null,e:'null',f:'',g:no}", "");
}

static void
every_node_knows_its_place(void **state)
{
	const char text[] = "a: 1\n\xc3\xa9: {b: [2,\n  'x']}\n";
	struct diags *d = diags_new();
	struct node *n = config_parse("f", text, strlen(text), d);
	const struct node *list = node_get(node_get(n, "\xc3\xa9"), "b");
	struct pos pos;

	(void)state;
	assert_non_null(list);
	pos = n->entries.v[1].pos;
	assert_int_equal(pos.line, 2);
	assert_int_equal(pos.column, 1);
	assert_string_equal(pos.file, "f");
	pos = list->pos;
	assert_int_equal(pos.line, 2);
	assert_int_equal(pos.column, 8);
	pos = list->items.v[1]->pos;
	assert_int_equal(pos.line, 3);
	assert_int_equal(pos.column, 3);
	node_free(n);
	diags_free(d);
}

static void
what_yaml_can_do_beyond_is_refused(void **state)
{
	(void)state;
	check("a: &x 1\nb: *x\n", "{a:1!,b:null!}",
	    "f:1:4: an anchor is not allowed; put text that begins with '&' "
	    "in quotes\n"
	    "f:2:4: an alias is not allowed; put text that begins with '*' in "
	    "quotes\n");
	check("a: !!str 1\nb: ! 2\nc: !x [1]\n", "{a:1!,b:2!,c:[1]!}",
	    "f:1:4: a tag is not allowed; put text that begins with '!' in "
	    "quotes\n"
	    "f:2:4: a tag is not allowed; put text that begins with '!' in "
	    "quotes\n"
	    "f:3:4: a tag is not allowed; put text that begins with '!' in "
	    "quotes\n");
	check("a: 1\n---\nb: 2\n", "{a:1}",
	    "f:2:1: a second document is not allowed\n");
	check("? [a, b]\n: 1\n? {c: d}\n: 2\n? *e\n: 3\n&f g: 4\nh: 5\n",
	    "{g:4,h:5}",
	    "f:1:3: a key must be text, not a list; put text that begins with "
	    "'[' in quotes\n"
	    "f:3:3: a key must be text, not a mapping; put text that begins "
	    "with '{' in quotes\n"
	    "f:5:3: an alias is not allowed; put text that begins with '*' in "
	    "quotes\n"
	    "f:7:1: an anchor is not allowed; put text that begins with '&' "
	    "in quotes\n");
}

static void
a_key_stands_once_in_a_mapping(void **state)
{
	(void)state;
	check("a: 1\nb: {c: 1, c: 2}\na: 3\nd: {a: 4}\n\"a\": 5\n",
	    "{a:1,b:{c:1},d:{a:4}}",
	    "f:2:11: 'c' stands here again, first in line 2\n"
	    "f:3:1: 'a' stands here again, first in line 1\n"
	    "f:5:1: 'a' stands here again, first in line 1\n");
}

static void
a_key_is_not_empty(void **state)
{
	(void)state;
	check("\"\": 1\n? \n: 2\na: 3\n", "{a:3}",
	    "f:1:1: a key cannot be empty\n"
	    "f:2:2: a key cannot be empty\n");
}

static void
nul_is_refused_wherever_it_hides(void **state)
{
	(void)state;
	check_bytes("a: 1\nb: x\0y\n", 12, "-",
	    "f:2:5: a NUL character is not allowed\n");
	check("a: \"x\\0y\"\n\"\\0\": 1\n", "{a:'x'!}",
	    "f:1:4: a NUL character is not allowed\n"
	    "f:2:1: a NUL character is not allowed\n");
}

static void
the_root_is_a_mapping(void **state)
{
	static const char lines[] =
	    "f:1:1: a configuration is a mapping of keys to values, such as "
	    "'interval: 10s'\n";

	(void)state;
	check("- a\n", "-", lines);
	check("text\n", "-", lines);
	check("''\n", "-", lines);
}

static void
a_syntax_error_is_one_message_with_its_place(void **state)
{
	static const struct {
		const char *text, *line;
	} mistakes[] = {
		{ "a: [1\nb: 2\n",
		    "f:1:4: this list has no ',' or ']' where one is needed; put text that has one of [ ] { } , in quotes\n" },
		{ "a: {b: 1\n",
		    "f:1:4: this mapping has no ',' or '}' where one is needed; put text that has one of [ ] { } , in quotes\n" },
		{ "a: 1\n b: 2\n",
		    "f:2:3: no ':' can stand here: check the indentation, and put text that has ': ' in quotes\n" },
		{ "a: b: c\n",
		    "f:1:5: no ':' can stand here: check the indentation, and put text that has ': ' in quotes\n" },
		{ "a:\n\tb: 1\n",
		    "f:2:1: text cannot begin like this: indent with spaces, not tabs, and put text that begins with a sign in quotes\n" },
		{ "a: @x\n",
		    "f:1:4: text cannot begin like this: indent with spaces, not tabs, and put text that begins with a sign in quotes\n" },
		{ "a: `x\n",
		    "f:1:4: text cannot begin like this: indent with spaces, not tabs, and put text that begins with a sign in quotes\n" },
		{ "a: 1\n\tb: 2\n", "f:2:1: indent with spaces, not tabs\n" },
		{ "a: \"x\nb: 1\n", "f:1:4: this quote is never closed\n" },
		{ "a: 'x\n---\n", "f:1:4: this quote is never closed\n" },
		{ "a: *.yaml\n",
		    "f:1:4: text that begins with '*' or '&' must be in quotes\n" },
		{ "a: \"\\d\"\n",
		    "f:1:5: no such escape in double quotes: write '\\\\' for a backslash, or use single quotes\n" },
		{ "a: 'it's'\n",
		    "f:1:8: a key was expected here: check the indentation\n" },
		{ "a: 1\nb\nc: 2\n", "f:2:1: this key has no ':' after it\n" },
		{ "- a\nb: c\n",
		    "f:2:1: a '-' was expected here, as in the list's lines before\n" },
		{ "a: - 1\n",
		    "f:1:4: no list can begin here: its first '-' needs a line of its own\n" },
		{ "a: ]\n", "f:1:4: a value was expected here\n" },
		{ "a:\n  b: 1\n c: 2\n",
		    "f:3:2: a key was expected here: check the indentation\n" },
		{ "a: \x01\n", "f:1:4: a control character is not allowed\n" },
		{ "\xc3\xa9: 1\nb: \xff\n", "f:2:4: this is not UTF-8\n" },
		{ "a: \xed\xa0\x80\n", "f:1:4: this is not UTF-8\n" },
		{ "a: !x!y z\n",
		    "f:1:4: a tag is not allowed; put text that begins with '!' in quotes\n" },
		{ "a: 1\n...\n%YAML 7.0\n---\n",
		    "f:3:1: this is no YAML: found incompatible YAML document\n" },
		{ "%YAML 7.0\n---\n",
		    "f:1:1: this is no YAML: found incompatible YAML document\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++)
		check(mistakes[i].text, "-", mistakes[i].line);
}

static void
no_more_than_sixteen_levels(void **state)
{
	(void)state;
	check("a: [[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]\n",
	    "{a:[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}", "");
	check("a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n", "-",
	    "f:1:19: nested more than 16 deep\n");
	check("{a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: "
	      "{a: {a: {a: 1}}}}}}}}}}}}}}}}}",
	    "-", "f:1:65: nested more than 16 deep\n");
}

/* A file of n times the text. */
static void
check_many(size_t n, const char *text, bool read, const char *lines)
{
	struct diags *d = diags_new();
	struct buf b = { 0 };
	struct node *root;

	while (n-- > 0)
		buf_puts(&b, text);
	root = config_parse("f", b.data, b.len, d);
	assert_said(d, lines);
	assert_int_equal(root != NULL, read);
	node_free(root);
	diags_free(d);
	buf_free(&b);
}

static void
no_more_than_a_mebibyte(void **state)
{
	(void)state;
	check_many(1 << 16, "#23456789 12345\n", true, "");
	check_many((1 << 16) + 1, "#23456789 12345\n", false,
	    "f: larger than 1 MiB\n");
}

static void
no_more_than_fifty_thousand_values(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "a:\n");
	for (int i = 0; i < 49998; i++)
		buf_puts(&b, "- x\n");
	check_many(1, b.data, true, "");
	buf_puts(&b, "- x\n");
	check_many(
	    1, b.data, false, "f:50000:3: more than 50000 values in a file\n");
	buf_free(&b);
}

static void
a_megabyte_of_brackets_ends_soon(void **state)
{
	(void)state;
	check_many(1 << 20, "[", false, "f:1:17: nested more than 16 deep\n");
	check_many(1 << 19, "{a", false,
	    "f:1:1: this mapping has no ',' or '}' where one is needed; put text that has one of [ ] { } , in quotes\n");
}

static void
values_take_what_the_environment_says(void **state)
{
	(void)state;
	setenv("FETTLE_T", "x: [*y", 1);
	setenv("FETTLE_E", "", 1);
	setenv("FETTLE_N", "null", 1);
	check("a: ${FETTLE_T}\nb: ['${FETTLE_T}${FETTLE_T}']\n"
	      "c: \"a$${FETTLE_T}z\"\nd: ${FETTLE_E}\ne: ${FETTLE_N}\n"
	      "f: $FETTLE_T $ $$$$ 5$\n${FETTLE_T}: 1\n",
	    "{a:x: [*y,b:[x: [*yx: [*y],c:'a${FETTLE_T}z',d:,e:null,"
	    "f:$FETTLE_T $ $$ 5$,${FETTLE_T}:1}",
	    "");
}

static void
what_is_put_in_is_not_looked_at_again(void **state)
{
	(void)state;
	setenv("FETTLE_T", "${FETTLE_T}$$", 1);
	check("a: ${FETTLE_T}\n", "{a:${FETTLE_T}$$}", "");
}

static void
a_variable_that_is_no_text_is_named(void **state)
{
	static const char form[] =
	    "'${' must be followed by the name of an environment variable "
	    "and '}'; write '$$' for a '$'";
	char lines[1024];

	(void)state;
	unsetenv("FETTLE_U");
	unsetenv("FETTLE_V");
	setenv("FETTLE_T", "\xff", 1);
	snprintf(lines, sizeof(lines),
	    "f:1:4: environment variable 'FETTLE_U' is not set\n"
	    "f:1:4: environment variable 'FETTLE_V' is not set\n"
	    "f:2:6: environment variable 'FETTLE_T' is not valid UTF-8\n"
	    "f:3:4: %s\nf:4:4: %s\nf:5:4: %s\n",
	    form, form, form);
	check("a: ${FETTLE_U} ${FETTLE_V} ${FETTLE_U}\n"
	      "b: [ \"${FETTLE_T}\" ]\n"
	      "c: ${FETTLE_U\nd: ${}\ne: ${1A}\n",
	    "{a:  !,b:[!],c:FETTLE_U!,d:}!,e:1A}!}", lines);
}

static void
the_environment_cannot_fill_the_memory(void **state)
{
	char value[100001];
	struct buf b = { 0 };

	(void)state;
	memset(value, 'x', 100000);
	value[100000] = '\0';
	setenv("FETTLE_T", value, 1);
	buf_puts(&b, "a: ");
	for (int i = 0; i < 11; i++)
		buf_puts(&b, "${FETTLE_T}");
	check_many(1, b.data, true,
	    "f:1:4: environment variable 'FETTLE_T' is too long for a file "
	    "of at most 1 MiB\n");
	unsetenv("FETTLE_T");
	buf_free(&b);
}

static void
memory_includes_nothing(void **state)
{
	(void)state;
	check("include: /etc/passwd\na: 1\n", "{a:1}",
	    "f:1:1: 'include' is not possible here\n");
}

static bool
equal(const char *a, const char *b)
{
	struct diags *d = diags_new();
	struct node *na = config_parse("a", a, strlen(a), d);
	struct node *nb = config_parse("b", b, strlen(b), d);
	const bool same = node_equal(na, nb);

	assert_int_equal(diags_errors(d), 0);
	assert_int_equal(node_equal(nb, na), same);
	node_free(na);
	node_free(nb);
	diags_free(d);
	return same;
}

static void
trees_are_equal_wherever_they_stand(void **state)
{
	(void)state;
	assert_true(equal("a: 1\nb: [2, {c: }]", "{b: [2, {c: ~}], a: 1}"));
	assert_false(equal("a: 1", "a: 2"));
	assert_false(equal("a: 1", "a: '1'"));
	assert_false(equal("a: 1", "b: 1"));
	assert_false(equal("a: 1", "a: 1\nb: 2"));
	assert_false(equal("a: [1, 2]", "a: [2, 1]"));
	assert_false(equal("a: [1]", "a: [1, 2]"));
	assert_false(equal("a: 1", "a: [1]"));
	assert_false(equal("a: ", "a: ''"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_an_empty_mapping),
		cmocka_unit_test(mappings_lists_and_scalars_become_a_tree),
		cmocka_unit_test(only_nothing_tilde_and_null_say_nothing),
		cmocka_unit_test(every_node_knows_its_place),
		cmocka_unit_test(what_yaml_can_do_beyond_is_refused),
		cmocka_unit_test(a_key_stands_once_in_a_mapping),
		cmocka_unit_test(a_key_is_not_empty),
		cmocka_unit_test(nul_is_refused_wherever_it_hides),
		cmocka_unit_test(the_root_is_a_mapping),
		cmocka_unit_test(a_syntax_error_is_one_message_with_its_place),
		cmocka_unit_test(no_more_than_sixteen_levels),
		cmocka_unit_test(no_more_than_a_mebibyte),
		cmocka_unit_test(no_more_than_fifty_thousand_values),
		cmocka_unit_test(a_megabyte_of_brackets_ends_soon),
		cmocka_unit_test(values_take_what_the_environment_says),
		cmocka_unit_test(what_is_put_in_is_not_looked_at_again),
		cmocka_unit_test(a_variable_that_is_no_text_is_named),
		cmocka_unit_test(the_environment_cannot_fill_the_memory),
		cmocka_unit_test(memory_includes_nothing),
		cmocka_unit_test(trees_are_equal_wherever_they_stand),
	};

	return cmocka_run_group_tests_name("config parse", tests, NULL, NULL);
}
