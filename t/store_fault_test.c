/* SPDX-License-Identifier: MIT */
/* A disk that is full, broken, gone or for others. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_disk.h"

/* --- the disk fails ------------------------------------------------------ */

static void
a_folder_that_was_removed_is_noticed_and_made_again(void **state)
{
	char *command = xasprintf("rm -rf '%s'", store_dir_at("spool"));

	(void)state;
	open_store();
	put("a");
	assert_int_equal(system(command), 0);
	assert_int_equal(try_put("b"), -ESTALE);
	assert_int_equal(store_close(s, true), -ESTALE);
	open_store();
	assert_int_equal(found.state, STORE_NEW);
	put("c");
	assert_string_equal(rows(), "c");
	close_store(true);
	free(command);
}

/* Root may write anywhere, so somebody else tries. */
static void
open_where_nothing_may_be_written(void)
{
	if (geteuid() == 0 && seteuid(65534) != 0)
		_exit(1);
	if (try_open(&s, "spool", 1, STORE_CRASH) != -EACCES || s != NULL)
		_exit(2);
}

static void
a_folder_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(chmod(store_dir, 0555), 0);
	killed(open_where_nothing_may_be_written);
	assert_int_equal(chmod(store_dir, 0755), 0);
	assert_int_equal(mkdir(store_dir_at("spool"), 0555), 0);
	killed(open_where_nothing_may_be_written);
}

static void
open_what_may_only_be_read(void)
{
	int rc;

	if (geteuid() == 0 && seteuid(65534) != 0)
		_exit(1);
	rc = try_open(&s, "spool", 1, STORE_CRASH);
	if (rc != -EROFS && rc != -EACCES)
		_exit(2);
}

static void
a_file_that_cannot_be_written_is_an_error_and_stays(void **state)
{
	(void)state;
	open_store();
	put("a");
	close_store(true);
	assert_int_equal(chmod(store_dir_at("spool/w.db"), 0444), 0);
	assert_int_equal(chmod(store_dir_at("spool"), 0555), 0);
	assert_int_equal(chmod(store_dir, 0755), 0);
	killed(open_what_may_only_be_read);
	assert_int_equal(chmod(store_dir_at("spool/w.db"), 0600), 0);
	assert_int_equal(chmod(store_dir_at("spool"), 0700), 0);
	open_store();
	assert_int_equal(found.state, STORE_CLEAN);
	assert_string_equal(rows(), "a");
	close_store(true);
}

/*
 * Puts rows until the disk fails, then makes it whole and looks: everything
 * that was committed is there, in order, and of what failed all or nothing.
 * False: it has not failed.
 */
static bool
survive(int fail_at, int error, bool for_ever, enum store_sync sync)
{
	int put_n = 0, rc, left, calls;
	char text[16], *end;
	bool failed;

	disk.calls = 0;
	disk.fail_at = fail_at;
	disk.error = error;
	disk.for_ever = for_ever;
	rc = try_open(&s, "spool", 1, sync);
	for (int i = 1; rc == 0 && i <= 30; i++) {
		snprintf(text, sizeof(text), "%d", i);
		rc = try_put(text);
		put_n += rc == 0;
	}
	calls = disk.calls;
	if (s != NULL && rc != 0) {
		assert_int_equal(store_begin(s), rc);
		assert_int_equal(store_close(s, true), rc);
		/* what has failed is not tried again */
		assert_int_equal(disk.calls, calls);
	} else if (s != NULL) {
		rc = store_close(s, true);
	}
	s = NULL;
	failed = disk.calls >= fail_at;
	memset(&disk, 0, sizeof(disk));
	open_store();
	assert_string_equal(found.aside, "");
	end = strrchr(rows(), ' ');
	left = rows()[0] == '\0' ? 0 : atoi(end != NULL ? end : rows());
	assert_in_range(left, put_n, put_n + 1);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_trim(s, 0, UINT64_MAX), 0);
	assert_int_equal(store_commit(s), 0);
	close_store(true);
	return failed;
}

static void
sweep(int error, bool for_ever, enum store_sync sync)
{
	int n = 1;

	while (survive(n, error, for_ever, sync))
		n++;
	assert_true(n > 30);
}

static void
a_disk_that_fails_once_costs_nothing_that_was_committed(void **state)
{
	(void)state;
	sweep(EIO, false, STORE_CRASH);
	sweep(EIO, false, STORE_POWER);
}

static void
a_disk_that_stays_broken_costs_nothing_that_was_committed(void **state)
{
	(void)state;
	sweep(EIO, true, STORE_POWER);
}

static void
a_full_disk_costs_nothing_that_was_committed(void **state)
{
	(void)state;
	sweep(ENOSPC, true, STORE_CRASH);
}

static void
a_full_disk_is_told_apart(void **state)
{
	(void)state;
	open_store();
	disk.fail_at = disk.calls + 1;
	disk.for_ever = true;
	disk.error = ENOSPC;
	assert_int_equal(try_put("a"), -ENOSPC);
	assert_int_equal(store_close(s, true), -ENOSPC);
	s = NULL;
}

#define TEST(test)                                                            \
	cmocka_unit_test_setup_teardown(test, disk_begin, store_dir_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_folder_that_was_removed_is_noticed_and_made_again),
		TEST(a_folder_that_cannot_be_written_is_an_error),
		TEST(a_file_that_cannot_be_written_is_an_error_and_stays),
		TEST(a_disk_that_fails_once_costs_nothing_that_was_committed),
		TEST(
		    a_disk_that_stays_broken_costs_nothing_that_was_committed),
		TEST(a_full_disk_costs_nothing_that_was_committed),
		TEST(a_full_disk_is_told_apart),
	};

	return cmocka_run_group_tests(tests, store_dir_load, NULL);
}
