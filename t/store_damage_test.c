/* SPDX-License-Identifier: MIT */
/* What a store makes of files that are damaged, or are none of its own. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "chance.h"
#include "store_disk.h"

/* --- damage -------------------------------------------------------------- */

static void
what_is_no_store_is_set_aside(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, "this is a text, and quite long enough for a header");
	while (text.len < 8192)
		buf_putc(&text, '.');
	assert_int_equal(mkdir(store_dir_at("spool"), 0700), 0);
	write_contents("spool/w.db", &text);
	open_store();
	assert_int_equal(found.state, STORE_NEW);
	assert_int_equal(strncmp(found.aside, "w.db.corrupt-2", 14), 0);
	assert_string_equal(why, "file is not a database");
	put("a");
	close_store(true);
	buf_free(&text);
}

static void
a_store_of_another_kind_is_set_aside(void **state)
{
	(void)state;
	open_store();
	close_store(true);
	assert_int_equal(try_open(&s, "alerts", 1, STORE_CRASH), 0);
	assert_int_equal(found.state, STORE_NEW);
	assert_string_not_equal(found.aside, "");
	assert_string_equal(why, "it is a spool, not a alerts");
	close_store(true);
}

static void
of_what_is_set_aside_the_newest_two_stay(void **state)
{
	struct buf junk = { 0 };
	char last[2][sizeof(found.aside)];

	(void)state;
	assert_int_equal(mkdir(store_dir_at("spool"), 0700), 0);
	for (int i = 0; i < 5; i++) {
		buf_clear(&junk);
		for (int n = 0; n < 1000; n++)
			buf_printf(&junk, "junk %d ", i);
		write_contents("spool/w.db", &junk);
		open_store();
		strcpy(last[i % 2], found.aside);
		close_store(true);
	}
	assert_int_equal(count_files("corrupt"), 2);
	assert_int_equal(count_files(last[0]), 1);
	assert_int_equal(count_files(last[1]), 1);
	buf_free(&junk);
}

static void
put_much(void)
{
	open_store();
	put_many(20, 3000);
	for (int i = 0; i < 5; i++)
		put("a");
}

static void
a_file_that_is_marked_as_damaged_goes_aside_with_its_log(void **state)
{
	const struct buf mark = { .data = "" };
	struct buf log;

	(void)state;
	killed(put_much);
	log = contents("spool/w.db-wal");
	assert_true(log.len > 0);
	write_contents("spool/w.db.damaged", &mark);
	open_store();
	assert_int_equal(found.state, STORE_NEW);
	assert_string_equal(why, "the damage was found while it was in use");
	assert_string_equal(rows(), "");
	close_store(true);
	assert_int_equal(count_files("corrupt"), 2);
	assert_int_equal(count_files("Z-wal"), 1);
	assert_int_equal(count_files("damaged"), 0);
	open_store();
	assert_int_equal(found.state, STORE_CLEAN);
	assert_string_equal(found.aside, "");
	close_store(true);
	buf_free(&log);
}

/* A row whose body was changed behind SQLite's back. */
static void
a_damaged_row_costs_that_row(void **state)
{
	struct store_row row = { 0 };
	struct buf file;
	char *at;
	uint64_t id;

	(void)state;
	open_store();
	put("first");
	put("second");
	put("third");
	close_store(true);
	file = contents("spool/w.db");
	at = memmem(file.data, file.len, "second", 6);
	assert_non_null(at);
	*at = 'X';
	write_contents("spool/w.db", &file);
	buf_free(&file);
	open_store();
	assert_int_equal(found.state, STORE_CLEAN);
	assert_int_equal(store_next(s, 0, 0, &row), 0);
	id = row.id;
	assert_int_equal(store_next(s, 0, id, &row), -EBADMSG);
	assert_true(row.id > id);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_remove(s, 0, row.id), 0);
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(rows(), "first third");
	close_store(true);
}

static int
count_one(void *arg, const char *key, const void *value, size_t len)
{
	(void)key;
	(void)value;
	(void)len;
	(*(int *)arg)++;
	return 0;
}

static void
a_damaged_record_costs_that_record(void **state)
{
	struct buf file;
	const void *value;
	size_t len;
	char *at;
	int n = 0;

	(void)state;
	open_store();
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_set(s, "good", "1", 1), 0);
	assert_int_equal(store_set(s, "later", "value", 5), 0);
	assert_int_equal(store_commit(s), 0);
	close_store(true);
	file = contents("spool/w.db");
	at = memmem(file.data, file.len, "value", 5);
	assert_non_null(at);
	at = memmem(
	    at + 5, file.len - (size_t)(at + 5 - file.data), "value", 5);
	if (at == NULL) /* not in the schema's text as well */
		at = memmem(file.data, file.len, "value", 5);
	*at = 'X';
	write_contents("spool/w.db", &file);
	buf_free(&file);
	open_store();
	assert_int_equal(store_get(s, "later", &value, &len), -EBADMSG);
	assert_int_equal(store_get(s, "good", &value, &len), 0);
	assert_int_equal(store_each(s, "", count_one, &n), -EBADMSG);
	assert_int_equal(n, 1);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_set(s, "later", "new", 3), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_each(s, "", count_one, &n), 0);
	close_store(true);
}

enum { ROWS = 40, ROW_BYTES = 1500 };

static unsigned char
row_byte(uint64_t id, size_t i)
{
	return (unsigned char)(id * 31 + i * 7);
}

static void
put_rows(void)
{
	unsigned char body[ROW_BYTES];
	uint64_t id;

	open_store();
	for (uint64_t n = 1; n <= ROWS; n++) {
		for (size_t i = 0; i < ROW_BYTES; i++)
			body[i] = row_byte(n, i);
		assert_int_equal(store_begin(s), 0);
		assert_int_equal(store_append(s, 0, body, ROW_BYTES, &id), 0);
		assert_int_equal(id, n);
		assert_int_equal(store_set(s, "k", body, n), 0);
		assert_int_equal(store_commit(s), 0);
	}
}

/* Damages it: flips bits, cuts it, empties a page. */
static void
damage(struct buf *file, uint64_t *seed)
{
	size_t at, n;

	if (file->len == 0)
		return;
	at = chance_of(seed, file->len);
	switch (chance_of(seed, 4)) {
	case 0:
		file->len = at;
		break;
	case 1:
		n = file->len - at / 4096 * 4096;
		memset(file->data + at / 4096 * 4096, 0, n < 4096 ? n : 4096);
		break;
	case 2: /* where the header and the schema are */
		at %= 512;
		/* fall through */
	default:
		file->data[at] =
		    (char)(file->data[at] ^ 1 << chance_of(seed, 8));
		break;
	}
}

/* Reads all there is.  Whatever is said to be whole is; 0 or -errno. */
static int
read_all(void)
{
	struct store_row row = { 0 };
	uint64_t last = 0;
	const void *value;
	size_t len;
	int rc = 0;

	while (rc != -ENOENT) {
		rc = store_next(s, 0, last, &row);
		if (rc != 0 && rc != -EBADMSG && rc != -ENOENT)
			return rc;
		if (rc == -ENOENT)
			break;
		assert_true(row.id > last);
		last = row.id;
		if (rc != 0)
			continue;
		assert_in_range(row.id, 1, ROWS);
		assert_int_equal(row.len, ROW_BYTES);
		for (size_t i = 0; i < ROW_BYTES; i++)
			assert_int_equal(((const unsigned char *)row.body)[i],
			    row_byte(row.id, i));
	}
	rc = store_get(s, "k", &value, &len);
	if (rc == 0)
		for (size_t i = 0; i < len; i++)
			assert_int_equal(((const unsigned char *)value)[i],
			    row_byte(len, i));
	return rc == -ENOENT || rc == -EBADMSG ? 0 : rc;
}

/* What one round may end with: all read, and a new row put and read. */
static void
use_damaged(void)
{
	int rc;

	open_store();
	rc = read_all();
	if (rc == 0)
		rc = try_put("new");
	if (rc == 0) {
		close_store(true);
		return;
	}
	assert_int_equal(rc, -EUCLEAN);
	assert_int_equal(store_close(s, true), -EUCLEAN);
	open_store();
	assert_string_not_equal(found.aside, "");
	assert_string_equal(rows(), "");
	put("new");
	assert_string_equal(rows(), "new");
	close_store(true);
}

static uint64_t round_seed;

static int
say_seed(void **state)
{
	print_message("# last seed %#llx\n", (unsigned long long)round_seed);
	return store_dir_end(state);
}

static void
no_damage_does_more_than_cost_what_was_in_it(void **state)
{
	const char *rounds = getenv("FETTLE_ROUNDS");
	const int n = rounds != NULL ? 20 * atoi(rounds) : 150;
	struct buf file, log;
	uint64_t seed = 1;

	(void)state;
	killed(put_rows);
	file = contents("spool/w.db");
	log = contents("spool/w.db-wal");
	for (int i = 0; i < n; i++) {
		struct buf hurt_file = { 0 }, hurt_log = { 0 };

		round_seed = seed;
		buf_add(&hurt_file, file.data, file.len);
		buf_add(&hurt_log, log.data, log.len);
		damage(chance_of(&seed, 2) ? &hurt_file : &hurt_log, &seed);
		write_contents("spool/w.db", &hurt_file);
		write_contents("spool/w.db-wal", &hurt_log);
		use_damaged();
		buf_free(&hurt_file);
		buf_free(&hurt_log);
	}
	buf_free(&file);
	buf_free(&log);
}

#define TEST(test)                                                            \
	cmocka_unit_test_setup_teardown(test, disk_begin, store_dir_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_no_store_is_set_aside),
		TEST(a_store_of_another_kind_is_set_aside),
		TEST(of_what_is_set_aside_the_newest_two_stay),
		TEST(a_file_that_is_marked_as_damaged_goes_aside_with_its_log),
		TEST(a_damaged_row_costs_that_row),
		TEST(a_damaged_record_costs_that_record),
		cmocka_unit_test_setup_teardown(
		    no_damage_does_more_than_cost_what_was_in_it, disk_begin,
		    say_seed),
	};

	return cmocka_run_group_tests(tests, store_dir_load, NULL);
}
