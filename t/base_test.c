/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/glob.h"
#include "base/line_json.h"
#include "base/utf8.h"
#include "base/vec.h"

static void
a_buffer_grows_and_stays_terminated(void **state)
{
	struct buf b = { 0 };
	char *s;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	assert_int_equal(strlen(b.data), b.len);
	assert_memory_equal(b.data, "0,1,2,3,", 8);
	s = buf_take(&b);
	assert_null(b.data);
	assert_memory_equal(s + strlen(s) - 4, "999,", 4);
	free(s);
}

static void
a_vector_keeps_order_when_one_is_removed(void **state)
{
	VEC(int) v = { 0 };
	int *p, sum = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		vec_add(&v) = i;
	vec_remove(&v, 3);
	assert_int_equal(v.n, 19);
	assert_int_equal(v.v[3], 4);
	vec_each (p, &v)
		sum += *p;
	assert_int_equal(sum, 190 - 3);
	vec_free(&v);
}

static void
check_name(const char *in, size_t len, const char *out)
{
	struct buf b = { 0 };

	utf8_add_name(&b, in, len);
	assert_string_equal(b.data, out);
	assert_int_equal(utf8_is_name(in, len), strcmp(in, out) == 0);
	buf_free(&b);
}

static void
names_keep_what_is_printable_and_escape_the_rest(void **state)
{
	(void)state;
	check_name("/home/caf\xc3\xa9", 11, "/home/caf\xc3\xa9");
	check_name("a\nb", 3, "a\\x0ab");
	check_name("a\\b", 3, "a\\x5cb");
	check_name("\xc3", 1, "\\xc3");
	check_name("\xc0\xaf", 2, "\\xc0\\xaf");
	check_name("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
	check_name("\xc2\x85", 2, "\\xc2\\x85");
	check_name("\xf5\x80\x80\x80", 4, "\\xf5\\x80\\x80\\x80");
	check_name("\x7f", 1, "\\x7f");
	check_name("", 0, "");
}

static void
two_names_never_become_one(void **state)
{
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	utf8_add_name(&a, "\n", 1);
	utf8_add_name(&b, "\\x0a", 4);
	assert_string_not_equal(a.data, b.data);
	buf_free(&a);
	buf_free(&b);
}

static void
a_line_shows_marks_that_turn_the_text(void **state)
{
	struct buf b = { 0 };

	(void)state;
	utf8_add_line(&b, "x\xe2\x80\xaey\x1b[0m\\\xd8\x9cz", 13);
	assert_string_equal(b.data, "x\\u{202e}y\\x1b[0m\\\\u{61c}z");
	buf_free(&b);
}

static void
bytes_from_outside_become_a_text_of_json_even_where_there_are_none(
    void **state)
{
	json_t *none = line_json(""), *odd = line_json("a\xff\n\"\xc3\xa9");

	(void)state;
	assert_string_equal(json_string_value(none), "");
	assert_string_equal(json_string_value(odd), "a\\xff\\x0a\"\xc3\xa9");
	json_decref(none);
	json_decref(odd);
}

static void
a_cut_never_breaks_a_character(void **state)
{
	(void)state;
	assert_int_equal(utf8_cut("a\xc3\xa9z", 4, 2), 1);
	assert_int_equal(utf8_cut("a\xc3\xa9z", 4, 3), 3);
	assert_int_equal(utf8_cut("abc", 3, 10), 3);
}

static void
globs_match_as_in_a_shell(void **state)
{
	(void)state;
	assert_true(glob_match("*", ""));
	assert_true(glob_match("web-*", "web-12"));
	assert_false(glob_match("web-*", "db-1"));
	assert_true(glob_match("a*b*c", "a-b-b-c"));
	assert_false(glob_match("a*b*c", "a-b-b"));
	assert_true(glob_match("?", "\xc3\xa9"));
	assert_false(glob_match("?", ""));
	assert_true(glob_match("a\\*", "a*"));
	assert_false(glob_match("a\\*", "ab"));
	assert_true(glob_is_pattern("a*"));
	assert_false(glob_is_pattern("a\\*"));
}

static void
a_glob_with_many_stars_ends_soon(void **state)
{
	char pattern[201], text[2001];

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	pattern[200] = '\0';
	memset(text, 'a', 2000);
	text[1999] = 'b';
	text[2000] = '\0';
	assert_false(glob_match(pattern, text));
}

static void
what_an_arena_gives_is_aligned_and_apart(void **state)
{
	struct arena a = { 0 };
	unsigned char *parts[300];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 300; i++) {
			parts[i] = arena_alloc(&a, i);
			assert_int_equal(
			    (uintptr_t)parts[i] % _Alignof(max_align_t), 0);
			memset(parts[i], (int)(i % 251), i);
		}
		for (size_t i = 0; i < 300; i++)
			for (size_t k = 0; k < i; k++)
				assert_int_equal(parts[i][k], i % 251);
		arena_reset(&a);
	}
	arena_free(&a);
}

static void
an_arena_gives_what_is_larger_than_its_chunks(void **state)
{
	struct arena a = { 0 };
	char *small = arena_strdup(&a, "small"),
	     *large = arena_alloc(&a, 100000),
	     *after = arena_strdup(&a, "after");

	(void)state;
	memset(large, 'x', 100000);
	assert_string_equal(small, "small");
	assert_string_equal(after, "after");
	arena_reset(&a);
	assert_string_equal(arena_strdup(&a, "again"), "again");
	arena_free(&a);
	arena_free(&a);
	assert_non_null(arena_alloc(&a, 0));
	arena_free(&a);
}

static void
an_arena_keeps_a_chunk_for_the_next_round(void **state)
{
	struct arena a = { 0 };
	void *first = arena_alloc(&a, 10);

	(void)state;
	arena_alloc(&a, 3000);
	arena_alloc(&a, 3000);
	arena_reset(&a);
	assert_ptr_equal(arena_alloc(&a, 10), first);
	arena_free(&a);
}

static void
check_escaped(const char *s, bool as_name, bool as_escaped)
{
	assert_int_equal(utf8_is_name(s, strlen(s)), as_name);
	assert_int_equal(utf8_is_escaped(s, strlen(s)), as_escaped);
}

static void
what_was_made_printable_is_told_from_what_was_not(void **state)
{
	(void)state;
	check_escaped("plain", true, true);
	check_escaped("a\\x0ab", false, true);
	check_escaped("a\\x5c", false, true);
	check_escaped("a\\x0", false, false);
	check_escaped("a\\x", false, false);
	check_escaped("a\\", false, false);
	check_escaped("a\\xAB", false, false);
	check_escaped("a\\n", false, false);
	check_escaped("a\\x0a\n", false, false);
	check_escaped("\xff", false, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    bytes_from_outside_become_a_text_of_json_even_where_there_are_none),
		cmocka_unit_test(a_buffer_grows_and_stays_terminated),
		cmocka_unit_test(a_vector_keeps_order_when_one_is_removed),
		cmocka_unit_test(
		    names_keep_what_is_printable_and_escape_the_rest),
		cmocka_unit_test(two_names_never_become_one),
		cmocka_unit_test(a_line_shows_marks_that_turn_the_text),
		cmocka_unit_test(a_cut_never_breaks_a_character),
		cmocka_unit_test(globs_match_as_in_a_shell),
		cmocka_unit_test(a_glob_with_many_stars_ends_soon),
		cmocka_unit_test(what_an_arena_gives_is_aligned_and_apart),
		cmocka_unit_test(
		    an_arena_gives_what_is_larger_than_its_chunks),
		cmocka_unit_test(an_arena_keeps_a_chunk_for_the_next_round),
		cmocka_unit_test(
		    what_was_made_printable_is_told_from_what_was_not),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
