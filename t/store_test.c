/* SPDX-License-Identifier: MIT */
/* What a store promises, in memory and on disk. */
#include "test.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "chance.h"
#include "deliver/store.h"
#include "store_dir.h"

static struct store *s;
static char why[256];
static const char *path; /* NULL: in memory */

static void
open_store(uint64_t max_size)
{
	const struct store_options o = { .path = path,
		.kind = "spool",
		.version = 1,
		.max_size = max_size };
	struct store_found found;

	assert_int_equal(store_open(&s, &o, &found, why, sizeof(why)), 0);
	assert_int_equal(found.state, STORE_NEW);
}

static int
begin(void **state)
{
	(void)state;
	path = NULL;
	open_store(0);
	return 0;
}

static int
begin_on_disk(void **state)
{
	if (store_dir_begin(state) != 0)
		return -1;
	path = store_dir_at("spool/w.db");
	open_store(0);
	return 0;
}

static int
end(void **state)
{
	assert_int_equal(store_close(s, true), 0);
	s = NULL;
	return path != NULL ? store_dir_end(state) : 0;
}

static uint64_t
append(unsigned log, const char *text)
{
	uint64_t id = 0;

	assert_int_equal(store_append(s, log, text, strlen(text), &id), 0);
	return id;
}

/* All of the log, its bodies joined by spaces. */
static const char *
rows(unsigned log)
{
	static struct buf all;
	struct store_row row = { 0 };
	int rc;

	buf_clear(&all);
	while ((rc = store_next(s, log, row.id, &row)) == 0) {
		buf_puts(&all, all.len > 0 ? " " : "");
		buf_add(&all, row.body, row.len);
	}
	assert_int_equal(rc, -ENOENT);
	return all.data;
}

static void
set(const char *key, const char *value)
{
	assert_int_equal(store_set(s, key, value, strlen(value)), 0);
}

static const char *
get(const char *key)
{
	static char text[64];
	const void *value;
	size_t len;
	const int rc = store_get(s, key, &value, &len);

	if (rc == -ENOENT)
		return NULL;
	assert_int_equal(rc, 0);
	assert_true(len < sizeof(text));
	memcpy(text, value, len);
	text[len] = '\0';
	return text;
}

static int
join(void *arg, const char *key, const void *value, size_t len)
{
	struct buf *all = arg;

	buf_printf(all, "%s=%.*s ", key, (int)len, (const char *)value);
	return 0;
}

static const char *
records(const char *prefix)
{
	static struct buf all;

	buf_clear(&all);
	assert_int_equal(store_each(s, prefix, join, &all), 0);
	return all.data;
}

static void
rows_come_in_order_and_logs_apart(void **state)
{
	(void)state;
	assert_int_equal(store_begin(s), 0);
	append(0, "a");
	append(1, "x");
	append(0, "b");
	append(63, "y");
	append(0, "");
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(rows(0), "a b ");
	assert_string_equal(rows(1), "x");
	assert_string_equal(rows(2), "");
	assert_string_equal(rows(63), "y");
}

static void
ids_rise_and_are_never_used_again(void **state)
{
	uint64_t first, second;

	(void)state;
	assert_int_equal(store_begin(s), 0);
	first = append(0, "a");
	second = append(1, "b");
	assert_true(first >= 1);
	assert_true(second > first);
	store_rollback(s);
	assert_int_equal(store_begin(s), 0);
	assert_true(append(0, "c") > second);
	assert_int_equal(store_commit(s), 0);
}

static void
a_log_is_trimmed_from_its_front(void **state)
{
	uint64_t id[4];

	(void)state;
	assert_int_equal(store_begin(s), 0);
	for (int i = 0; i < 4; i++)
		id[i] = append(5, (char[]){ (char)('a' + i), '\0' });
	append(4, "p");
	append(6, "q");
	assert_int_equal(store_trim(s, 5, id[1]), 0);
	assert_int_equal(store_remove(s, 5, id[2]), 0);
	assert_string_equal(rows(5), "d");
	assert_int_equal(store_trim(s, 5, UINT64_MAX), 0);
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(rows(5), "");
	assert_string_equal(rows(4), "p");
	assert_string_equal(rows(6), "q");
}

static void
a_record_is_what_was_set_last(void **state)
{
	(void)state;
	assert_int_equal(store_begin(s), 0);
	set("k", "1");
	set("k", "22");
	set("other", "");
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(get("k"), "22");
	assert_string_equal(get("other"), "");
	assert_null(get("K"));
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_unset(s, "k"), 0);
	assert_int_equal(store_unset(s, "k"), -ENOENT);
	assert_int_equal(store_commit(s), 0);
	assert_null(get("k"));
}

static void
records_are_found_by_the_beginning_of_their_key(void **state)
{
	(void)state;
	assert_int_equal(store_begin(s), 0);
	set("b/2", "B");
	set("a", "A");
	set("b/1", "BB");
	set("b", "");
	set("b\xff", "F");
	set("c", "C");
	append(0, "makes the store keep a record of its own");
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(records("b/"), "b/1=BB b/2=B ");
	assert_string_equal(records("b"), "b= b/1=BB b/2=B b\xff=F ");
	assert_string_equal(records("b\xff"), "b\xff=F ");
	assert_string_equal(records("d"), "");
	assert_string_equal(records(""), "a=A b= b/1=BB b/2=B b\xff=F c=C ");
}

static int
stop(void *arg, const char *key, const void *value, size_t len)
{
	(void)value;
	(void)len;
	(*(int *)arg)++;
	return strcmp(key, "b") == 0 ? 42 : 0;
}

static void
a_walk_ends_where_it_is_told_to(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(store_begin(s), 0);
	set("a", "");
	set("b", "");
	set("c", "");
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_each(s, "", stop, &n), 42);
	assert_int_equal(n, 2);
}

static void
what_is_rolled_back_has_not_happened(void **state)
{
	uint64_t id;

	(void)state;
	assert_int_equal(store_begin(s), 0);
	id = append(0, "a");
	append(0, "b");
	set("k", "1");
	set("gone", "1");
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_begin(s), 0);
	append(0, "c");
	assert_int_equal(store_trim(s, 0, id), 0);
	set("k", "2");
	set("k", "3");
	set("new", "1");
	assert_int_equal(store_unset(s, "gone"), 0);
	assert_string_equal(rows(0), "b c");
	store_rollback(s);
	assert_string_equal(rows(0), "a b");
	assert_string_equal(records(""), "gone=1 k=1 ");
}

static void
bytes_are_kept_as_they_are(void **state)
{
	static unsigned char all[STORE_BODY_MAX];
	const void *value;
	struct store_row row;
	uint64_t id;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)(i * 7 / 3);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_append(s, 0, all, sizeof(all), &id), 0);
	assert_int_equal(store_set(s, "k", all, sizeof(all)), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_next(s, 0, 0, &row), 0);
	assert_int_equal(row.id, id);
	assert_int_equal(row.len, sizeof(all));
	assert_memory_equal(row.body, all, sizeof(all));
	assert_int_equal(store_get(s, "k", &value, &len), 0);
	assert_int_equal(len, sizeof(all));
	assert_memory_equal(value, all, sizeof(all));
}

/* Appends until there is no room: how many rows there were room for. */
static int
fill(size_t each)
{
	char *body = xmalloc(each);
	uint64_t id;
	int n = 0, rc;

	memset(body, 'x', each);
	assert_int_equal(store_begin(s), 0);
	while ((rc = store_append(s, 0, body, each, &id)) == 0)
		n++;
	assert_int_equal(rc, -ENOBUFS);
	assert_int_equal(store_commit(s), 0);
	free(body);
	return n;
}

static void
max_size_is_kept_and_what_is_removed_makes_room(void **state)
{
	struct store_row row;
	uint64_t id;
	int n;

	(void)state;
	store_close(s, true);
	if (path != NULL)
		path = store_dir_at("small.db");
	open_store(1 << 20);
	n = fill(10000);
	assert_true(n > 50);
	assert_true(n < 105);
	assert_true(store_size(s) <= 1 << 20);
	assert_int_equal(store_begin(s), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(store_next(s, 0, 0, &row), 0);
		assert_int_equal(store_trim(s, 0, row.id), 0);
	}
	for (int i = 0; i < 9; i++)
		assert_int_equal(
		    store_append(s, 0, (char[10000]){ 0 }, 10000, &id), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_trim(s, 0, UINT64_MAX), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(fill(10000), n);
}

/* A few thousand changes at random, beside a model that is two arrays. */
static void
it_is_as_a_model_of_it_at_any_time(void **state)
{
	enum { KEYS = 30, ROWS = 4000 };
	uint64_t seed = 20261122;
	static uint64_t ids[ROWS];
	int keys[KEYS] = { 0 }, kept[KEYS] = { 0 };
	size_t n = 0, first = 0, kept_n = 0, kept_first = 0;
	char text[16];

	(void)state;
	for (int round = 0; round < 300; round++) {
		const size_t steps = chance_of(&seed, 10);
		struct store_row row;

		assert_int_equal(store_begin(s), 0);
		for (size_t i = 0; i < steps; i++) {
			const size_t k = chance_of(&seed, KEYS);

			snprintf(text, sizeof(text), "%zu", k);
			switch (chance_of(&seed, 4)) {
			case 0:
				assert_true(n < ROWS);
				ids[n++] = append(3, "row");
				break;
			case 1:
				first = n - chance_of(&seed, n - first + 1);
				if (first > 0)
					assert_int_equal(
					    store_trim(s, 3, ids[first - 1]),
					    0);
				break;
			case 2:
				keys[k]++;
				assert_int_equal(
				    store_set(s, text, &keys[k], sizeof(int)),
				    0);
				break;
			default:
				assert_int_equal(store_unset(s, text),
				    keys[k] != 0 ? 0 : -ENOENT);
				keys[k] = 0;
				break;
			}
		}
		if (chance_of(&seed, 3) > 0) {
			assert_int_equal(store_commit(s), 0);
			memcpy(kept, keys, sizeof(kept));
			kept_n = n;
			kept_first = first;
		} else {
			store_rollback(s);
			memcpy(keys, kept, sizeof(kept));
			n = kept_n;
			first = kept_first;
		}
		row.id = 0;
		for (size_t i = first; i < n; i++) {
			assert_int_equal(store_next(s, 3, row.id, &row), 0);
			assert_int_equal(row.id, ids[i]);
		}
		assert_int_equal(store_next(s, 3, row.id, &row), -ENOENT);
		for (size_t k = 0; k < KEYS; k++) {
			const void *value;
			size_t len;

			snprintf(text, sizeof(text), "%zu", k);
			assert_int_equal(store_get(s, text, &value, &len),
			    keys[k] != 0 ? 0 : -ENOENT);
			if (keys[k] != 0)
				assert_memory_equal(
				    value, &keys[k], sizeof(int));
		}
	}
}

#define IN_MEMORY(test) cmocka_unit_test_setup_teardown(test, begin, end)
#define ON_DISK(name, test)                                                   \
	(struct CMUnitTest)                                                   \
	{                                                                     \
		name "_on_disk", test, begin_on_disk, end, NULL               \
	}
#define BOTH(test) IN_MEMORY(test), ON_DISK(#test, test)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(rows_come_in_order_and_logs_apart),
		BOTH(ids_rise_and_are_never_used_again),
		BOTH(a_log_is_trimmed_from_its_front),
		BOTH(a_record_is_what_was_set_last),
		BOTH(records_are_found_by_the_beginning_of_their_key),
		BOTH(a_walk_ends_where_it_is_told_to),
		BOTH(what_is_rolled_back_has_not_happened),
		BOTH(bytes_are_kept_as_they_are),
		BOTH(max_size_is_kept_and_what_is_removed_makes_room),
		BOTH(it_is_as_a_model_of_it_at_any_time),
	};

	return cmocka_run_group_tests(tests, store_dir_load, NULL);
}
