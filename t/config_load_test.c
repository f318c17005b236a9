/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/vec.h"
#include "config/load.h"
#include "config_said.h"

static VEC(char *) made; /* in the folder of the test */

static void
make_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	vec_add(&made) = strdup(name);
}

static void
make_folder(const char *name)
{
	assert_int_equal(mkdir(name, 0700), 0);
	vec_add(&made) = strdup(name);
}

/* The tree as a line; with positions: `key@file:line'. */
static void
add_tree(struct buf *to, const struct node *n, bool positions)
{
	const struct node_entry *e;

	if (n->kind == NODE_TEXT)
		buf_puts(to, n->text);
	for (size_t i = 0; i < n->items.n; i++) {
		buf_puts(to, i > 0 ? "," : "");
		add_tree(to, n->items.v[i], positions);
	}
	vec_each (e, &n->entries) {
		buf_printf(to, "%s%s", e == n->entries.v ? "{" : " ", e->key);
		if (positions) {
			assert_string_equal(e->pos.file, e->value->pos.file);
			buf_printf(to, "@%s:%u", e->pos.file, e->pos.line);
		}
		buf_putc(to, ':');
		add_tree(to, e->value, positions);
	}
	if (n->kind == NODE_MAP)
		buf_puts(to, n->entries.n > 0 ? "}" : "{}");
}

static void
check_tree(
    const char *path, bool positions, const char *tree, const char *lines)
{
	struct diags *d = diags_new();
	struct node *n = config_load(path, d);
	struct buf b = { 0 };

	if (n != NULL)
		add_tree(&b, n, positions);
	else
		buf_puts(&b, "-");
	assert_said(d, lines);
	assert_string_equal(b.data, tree);
	buf_free(&b);
	node_free(n);
	diags_free(d);
}

static void
check(const char *path, const char *tree, const char *lines)
{
	check_tree(path, false, tree, lines);
}

static void
a_file_becomes_a_tree(void **s)
{
	(void)s;
	make_file("f", "a: 1\nb: {c: 2}\n");
	check("f", "{a:1 b:{c:2}}", "");
	make_file("g", "");
	check("g", "{}", "");
}

static void
what_cannot_be_read_is_no_tree(void **s)
{
	(void)s;
	check("missing", "-",
	    "missing: cannot be read: No such file or directory\n");
	make_folder("d");
	check("d", "-", "d: cannot be read: Is a directory\n");
	make_file("f", "a: [1\n");
	check("f", "-",
	    "f:1:4: this list has no ',' or ']' where one is needed; put "
	    "text that has one of [ ] { } , in quotes\n");
}

static void
more_than_a_mebibyte_is_not_read(void **s)
{
	struct buf b = { 0 };

	(void)s;
	while (b.len <= 1 << 20)
		buf_puts(&b, "# 345678901234567890123456789012\n");
	make_file("f", b.data);
	check("f", "-", "f: larger than 1 MiB\n");
	check("/dev/zero", "-", "/dev/zero: larger than 1 MiB\n");
	buf_free(&b);
}

static void
what_is_included_lies_over_what_includes(void **s)
{
	(void)s;
	make_folder("d");
	make_file(
	    "f", "include: d/*.yaml\na: 1\nm: {x: 1, y: 2}\nl: [1, 2]\n");
	make_file("d/20.yaml", "b: 2\nm:\n  y: 4\n");
	make_file("d/10.yaml", "m: {y: 3, z: 5}\nl: [3]\n");
	make_file("d/30.yml", "a: 9\n");
	make_file("d/.40.yaml", "a: 9\n");
	check("f", "{a:1 m:{x:1 y:4 z:5} l:3 b:2}",
	    "f:3:11: note: 'm.y' is replaced in d/10.yaml:1:5\n"
	    "f:4:1: note: 'l' is replaced in d/10.yaml:2:1\n"
	    "d/10.yaml:1:5: note: 'm.y' is replaced in d/20.yaml:3:3\n"
	    "d/10.yaml:1:5: note: 'm.y' replaces that of f:3:11\n"
	    "d/10.yaml:2:1: note: 'l' replaces that of f:4:1\n"
	    "d/20.yaml:3:3: note: 'm.y' replaces that of d/10.yaml:1:5\n");
}

static void
positions_name_the_file_that_said_it(void **s)
{
	(void)s;
	make_folder("d");
	make_file("d/f", "a: 1\nb: {c: 1}\ninclude: g\n");
	make_file("d/g", "\n\nb: {c: 2, d: 3}\ne:\n- 4\n");
	check_tree("d/f", true,
	    "{a@d/f:1:1 b@d/f:2:{c@d/g:3:2 d@d/g:3:3} e@d/g:4:4}",
	    "d/f:2:5: note: 'b.c' is replaced in d/g:3:5\n"
	    "d/g:3:5: note: 'b.c' replaces that of d/f:2:5\n");
}

static void
nothing_leaves_a_mapping_as_it_is(void **s)
{
	(void)s;
	make_file("f", "include: [g, h]\na: {x: 1}\nb:\nc: 1\nd: {}\n");
	make_file("g", "a:\nb: {y: 2}\nc:\nd: 5\n");
	make_file("h", "b: ~\nd: {z: 3}\n");
	check("f", "{a:{x:1} b:{y:2} c: d:{z:3}}",
	    "f:4:1: note: 'c' is replaced in g:3:1\n"
	    "f:5:1: note: 'd' is replaced in g:4:1\n"
	    "g:3:1: note: 'c' replaces that of f:4:1\n"
	    "g:4:1: note: 'd' is replaced in h:2:1\n"
	    "g:4:1: note: 'd' replaces that of f:5:1\n"
	    "h:2:1: note: 'd' replaces that of g:4:1\n");
}

static void
lists_of_files_are_taken_in_their_order_and_once(void **s)
{
	(void)s;
	make_folder("d");
	make_file("f", "include:\n- d/b\n- d/*\n- ./d/a\n");
	make_file("d/a", "x: a\n");
	make_file("d/b", "x: b\n");
	make_file("d/c", "y: c\n");
	check("f", "{x:a y:c}",
	    "d/b:1:1: note: 'x' is replaced in d/a:1:1\n"
	    "d/a:1:1: note: 'x' replaces that of d/b:1:1\n");
}

static void
a_glob_may_match_the_file_it_stands_in(void **s)
{
	(void)s;
	make_file("f.yaml", "include: '*.yaml'\na: 1\n");
	make_file("g.yaml", "b: 2\n");
	check("f.yaml", "{a:1 b:2}", "");
	check("./f.yaml", "{a:1 b:2}", "");
}

static void
a_glob_may_match_nothing_but_a_file_must_be_there(void **s)
{
	(void)s;
	make_file(
	    "f", "include: [none/*.yaml, '*.none', 'f/*', none.yaml]\na: 1\n");
	check("f", "{a:1}",
	    "f:1:41: cannot read 'none.yaml': No such file or directory\n");
}

static void
a_folder_that_cannot_be_searched_is_a_mistake(void **s)
{
	struct buf b = { 0 };

	(void)s;
	buf_puts(&b, "include: ");
	for (int i = 0; i < 30; i++)
		buf_puts(&b, "0123456789");
	buf_puts(&b, "/*\n");
	make_file("f", b.data);
	buf_clear(&b);
	buf_puts(&b, "f:1:10: cannot look for '");
	for (int i = 0; i < 30; i++)
		buf_puts(&b, "0123456789");
	buf_puts(&b, "/*': File name too long\n");
	check("f", "{}", b.data);
	buf_free(&b);
}

static void
the_name_of_the_folder_is_no_glob(void **s)
{
	(void)s;
	make_folder("[a]*");
	make_folder("a");
	make_file("[a]*/f", "include: '*.yaml'\n");
	make_file("[a]*/g.yaml", "right: 1\n");
	make_file("a/g.yaml", "wrong: 1\n");
	check("[a]*/f", "{right:1}", "");
}

static void
an_absolute_path_is_left_alone(void **s)
{
	char text[300];

	make_folder("d");
	snprintf(text, sizeof(text), "include: %s/g*\n", (char *)*s);
	make_file("d/f", text);
	make_file("g1", "a: 1\n");
	make_file("d/g2", "b: 1\n");
	check("d/f", "{a:1}", "");
}

static void
what_is_included_cannot_include(void **s)
{
	(void)s;
	make_file("f", "include: g\n");
	make_file("g", "a: 1\ninclude: h\n");
	check("f", "{a:1}", "g:2:1: a file that is included cannot include\n");
}

static void
include_names_files(void **s)
{
	(void)s;
	make_file("f", "include: {a: b}\nx: 1\n");
	check("f", "{x:1}",
	    "f:1:10: 'include' must be a file or a list of files, not a "
	    "mapping\n");
	make_file("f", "include:\nx: 1\n");
	check("f", "{x:1}",
	    "f:1:9: 'include' must be a file or a list of files, not "
	    "nothing\n");
	make_file("f", "include: [[a], ~, \"${FETTLE_UNSET}\"]\nx: 1\n");
	check("f", "{x:1}",
	    "f:1:11: 'include' has a list where a file should be\n"
	    "f:1:16: 'include' has nothing where a file should be\n"
	    "f:1:19: environment variable 'FETTLE_UNSET' is not set\n");
	make_file("f", "include: ${FETTLE_UNSET}\nx: 1\n");
	check("f", "{x:1}",
	    "f:1:10: environment variable 'FETTLE_UNSET' is not set\n");
}

static void
a_mistake_in_one_file_hides_none_in_the_others(void **s)
{
	(void)s;
	make_file("f", "include: [g, h, i]\na: 1\na: 2\n");
	make_file("g", "b: [1\n");
	make_file("h", "c: &x 1\n");
	make_file("i", "- d\n");
	check("f", "{a:1 c:1}",
	    "f:3:1: 'a' stands here again, first in line 2\n"
	    "g:1:4: this list has no ',' or ']' where one is needed; put "
	    "text that has one of [ ] { } , in quotes\n"
	    "h:1:4: an anchor is not allowed; put text that begins with '&' "
	    "in quotes\n"
	    "i:1:1: a configuration is a mapping of keys to values, such as "
	    "'interval: 10s'\n");
}

static void
names_of_files_come_from_the_environment_too(void **s)
{
	(void)s;
	setenv("FETTLE_T", "g", 1);
	make_file("f", "include: ${FETTLE_T}\n");
	make_file("g", "a: ${FETTLE_T}\n");
	check("f", "{a:g}", "");
	unsetenv("FETTLE_T");
}

/* Each test in a folder of its own. */
static int
enter(void **s)
{
	char dir[] = "/tmp/fettle-load-XXXXXX";

	*s = mkdtemp(dir) ? strdup(dir) : NULL;
	return *s == NULL || chdir(*s) != 0;
}

static int
leave(void **s)
{
	while (made.n > 0) {
		char *name = made.v[--made.n];

		remove(name);
		free(name);
	}
	vec_free(&made);
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
		    a_file_becomes_a_tree, enter, leave),
		cmocka_unit_test_setup_teardown(
		    what_cannot_be_read_is_no_tree, enter, leave),
		cmocka_unit_test_setup_teardown(
		    more_than_a_mebibyte_is_not_read, enter, leave),
		cmocka_unit_test_setup_teardown(
		    what_is_included_lies_over_what_includes, enter, leave),
		cmocka_unit_test_setup_teardown(
		    positions_name_the_file_that_said_it, enter, leave),
		cmocka_unit_test_setup_teardown(
		    nothing_leaves_a_mapping_as_it_is, enter, leave),
		cmocka_unit_test_setup_teardown(
		    lists_of_files_are_taken_in_their_order_and_once, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    a_glob_may_match_the_file_it_stands_in, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_glob_may_match_nothing_but_a_file_must_be_there, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    a_folder_that_cannot_be_searched_is_a_mistake, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    the_name_of_the_folder_is_no_glob, enter, leave),
		cmocka_unit_test_setup_teardown(
		    an_absolute_path_is_left_alone, enter, leave),
		cmocka_unit_test_setup_teardown(
		    what_is_included_cannot_include, enter, leave),
		cmocka_unit_test_setup_teardown(
		    include_names_files, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_mistake_in_one_file_hides_none_in_the_others, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    names_of_files_come_from_the_environment_too, enter,
		    leave),
	};

	return cmocka_run_group_tests_name("config load", tests, NULL, NULL);
}
