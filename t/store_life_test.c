/* SPDX-License-Identifier: MIT */
/* A store from process to process, one after the other and beside each other.
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_disk.h"

/* --- the end of a process ------------------------------------------------ */

static void
a_clean_close_is_seen(void **state)
{
	(void)state;
	open_store();
	assert_int_equal(found.state, STORE_NEW);
	assert_string_equal(found.aside, "");
	put("a");
	close_store(true);
	open_store();
	assert_int_equal(found.state, STORE_CLEAN);
	assert_string_equal(rows(), "a");
	close_store(false);
	open_store();
	assert_int_equal(found.state, STORE_UNCLEAN);
	assert_string_equal(rows(), "a");
	close_store(true);
}

static void
put_two_and_a_half(void)
{
	uint64_t id;

	open_store();
	put("a");
	put("b");
	store_begin(s);
	store_append(s, 0, "c", 1, &id);
}

static void
what_was_committed_outlives_kill_9_and_nothing_else(void **state)
{
	(void)state;
	killed(put_two_and_a_half);
	open_store();
	assert_int_equal(found.state, STORE_UNCLEAN);
	assert_string_equal(found.aside, "");
	assert_string_equal(rows(), "a b");
	close_store(true);
}

static void
ids_go_on_after_a_restart_even_if_nothing_is_left(void **state)
{
	uint64_t first, second;

	(void)state;
	open_store();
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_append(s, 0, "a", 1, &first), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_trim(s, 0, first), 0);
	assert_int_equal(store_commit(s), 0);
	close_store(true);
	open_store();
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_append(s, 1, "b", 1, &second), 0);
	assert_int_equal(store_commit(s), 0);
	assert_true(second > first);
	close_store(true);
}

static void
power_is_a_flush_a_commit_and_crash_is_none(void **state)
{
	int before;

	(void)state;
	open_store();
	/* that it is in use is on disk whatever is asked for: it must not seem
	 * clean when ids have been given out */
	assert_true(disk.syncs > 0);
	before = disk.syncs;
	for (int i = 0; i < 5; i++)
		put("a");
	assert_int_equal(disk.syncs, before);
	close_store(true);
	assert_int_equal(try_open(&s, "spool", 1, STORE_POWER), 0);
	before = disk.syncs;
	for (int i = 0; i < 5; i++)
		put("a");
	assert_true(disk.syncs >= before + 5);
	close_store(true);
}

static void
opening_reads_as_little_of_much_as_of_nothing(void **state)
{
	(void)state;
	open_store();
	put_many(50, 64 * 1024);
	close_store(true);
	disk.reads = 0;
	open_store();
	assert_in_range(disk.reads, 1, 20);
	close_store(true);
}

/* --- others -------------------------------------------------------------- */

static void
open_as_second(void)
{
	struct store *other;

	if (try_open(&other, "spool", 1, STORE_CRASH) != -EBUSY)
		_exit(1);
}

static void
there_is_one_owner_at_a_time(void **state)
{
	struct store *other;

	(void)state;
	open_store();
	put("a");
	assert_int_equal(try_open(&other, "spool", 1, STORE_CRASH), -EBUSY);
	assert_null(other);
	assert_string_equal(why, "another process has it open");
	killed(open_as_second);
	put("b");
	assert_string_equal(rows(), "a b");
	close_store(true);
	assert_int_equal(count_files("corrupt"), 0);
}

static void
what_it_makes_is_for_its_user_alone(void **state)
{
	const mode_t mask = umask(0);
	struct stat st;

	(void)state;
	open_store();
	put("a");
	umask(mask);
	assert_int_equal(stat(store_dir_at("spool"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(store_dir_at("spool/w.db"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(store_dir_at("spool/w.db-wal"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	close_store(true);
}

static void
a_link_in_place_of_the_file_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir(store_dir_at("spool"), 0700), 0);
	assert_int_equal(symlink("/dev/null", store_dir_at("spool/w.db")), 0);
	assert_int_equal(try_open(&s, "spool", 1, STORE_CRASH), -ELOOP);
	assert_int_equal(unlink(store_dir_at("spool/w.db")), 0);
}

static void
a_link_in_place_of_the_folder_is(void **state)
{
	(void)state;
	assert_int_equal(mkdir(store_dir_at("real"), 0700), 0);
	assert_int_equal(symlink("real", store_dir_at("spool")), 0);
	open_store();
	close_store(true);
	assert_int_equal(access(store_dir_at("real/w.db"), F_OK), 0);
}

/* --- versions ------------------------------------------------------------ */

static void
put_with_version_2(void)
{
	if (try_open(&s, "spool", 2, STORE_CRASH) != 0)
		_exit(1);
	put("a");
}

static void
assert_same(const char *name, const struct buf *was)
{
	struct buf is = contents(name);

	assert_int_equal(is.len, was->len);
	assert_memory_equal(is.data, was->data, was->len);
	buf_free(&is);
}

static void
a_newer_format_is_refused_and_left_as_it_is(void **state)
{
	struct buf file, log;

	(void)state;
	killed(put_with_version_2);
	file = contents("spool/w.db");
	log = contents("spool/w.db-wal");
	assert_true(file.len > 0);
	assert_true(log.len > 0);
	assert_int_equal(try_open(&s, "spool", 1, STORE_CRASH), -EPROTO);
	assert_null(s);
	assert_string_equal(why, "a newer version of fettle wrote it");
	assert_same("spool/w.db", &file);
	assert_same("spool/w.db-wal", &log);
	assert_int_equal(count_files(""), 4); /* with . and .. */
	assert_int_equal(try_open(&s, "spool", 2, STORE_CRASH), 0);
	assert_string_equal(rows(), "a");
	close_store(true);
	buf_free(&file);
	buf_free(&log);
}

static void
an_older_format_is_taken_over(void **state)
{
	(void)state;
	open_store();
	put("a");
	close_store(true);
	assert_int_equal(try_open(&s, "spool", 3, STORE_CRASH), 0);
	assert_int_equal(found.state, STORE_CLEAN);
	assert_string_equal(rows(), "a");
	close_store(true);
	assert_int_equal(try_open(&s, "spool", 2, STORE_CRASH), -EPROTO);
}

#define TEST(test)                                                            \
	cmocka_unit_test_setup_teardown(test, disk_begin, store_dir_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_clean_close_is_seen),
		TEST(what_was_committed_outlives_kill_9_and_nothing_else),
		TEST(ids_go_on_after_a_restart_even_if_nothing_is_left),
		TEST(power_is_a_flush_a_commit_and_crash_is_none),
		TEST(opening_reads_as_little_of_much_as_of_nothing),
		TEST(there_is_one_owner_at_a_time),
		TEST(what_it_makes_is_for_its_user_alone),
		TEST(a_link_in_place_of_the_file_is_not_followed),
		TEST(a_link_in_place_of_the_folder_is),
		TEST(a_newer_format_is_refused_and_left_as_it_is),
		TEST(an_older_format_is_taken_over),
	};

	return cmocka_run_group_tests(tests, store_dir_load, NULL);
}
