/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin kernel_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &kernel_LTX_fettle_plugin;

#define COUNT "sys/net/netfilter/nf_conntrack_count"
#define LIMIT "sys/net/netfilter/nf_conntrack_max"

static void
put(struct fettle_ctx *ctx, const char *name, const char *text)
{
	proc_put(ctx->proc, name, text, strlen(text));
}

static int
set_up(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "kernel", "");

	proc_put_fixture(ctx->proc, "sys/fs/file-nr", "kernel/file-nr");
	proc_put_fixture(ctx->proc, "sys/fs/inode-nr", "kernel/inode-nr");
	proc_put_fixture(ctx->proc, "stat", "kernel/stat");
	put(ctx, "sys/kernel/random/entropy_avail", "256\n");
	assert_int_equal(plugin->open(ctx), 0);
	*state = ctx;
	return 0;
}

static void
check(struct fettle_ctx *ctx, const char *field, double wanted)
{
	assert_int_equal(fake_get(ctx, NULL, field)->kind, FETTLE_GAUGE);
	assert_true(fake_get(ctx, NULL, field)->real == wanted);
}

static void
each_number_is_that_of_its_file(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 1);
	check(ctx, "files", 1024);
	check(ctx, "files_limit", 1631329);
	check(ctx, "files_percent", 100 * 1024.0 / 1631329);
	check(ctx, "inodes", 59975);
	check(ctx, "inodes_free", 1025);
	check(ctx, "entropy", 256);
	assert_int_equal(
	    fake_get(ctx, NULL, "interrupts")->kind, FETTLE_COUNTER);
	assert_true(fake_get(ctx, NULL, "interrupts")->count == 114930548);
	assert_false(fake_has(ctx, NULL, "conntrack"));
	assert_int_equal(ctx->log.len, 0);
}

static void
files_without_limit_have_no_percent(void **state)
{
	struct fettle_ctx *ctx = *state;

	proc_put_fixture(
	    ctx->proc, "sys/fs/file-nr", "kernel/file-nr.unlimited");
	assert_int_equal(fake_read(ctx, 0), 0);
	check(ctx, "files", 1024);
	assert_false(fake_has(ctx, NULL, "files_limit"));
	assert_false(fake_has(ctx, NULL, "files_percent"));
}

static void
old_kernels_keep_unused_files(void **state)
{
	struct fettle_ctx *ctx = *state;

	proc_put_fixture(
	    ctx->proc, "sys/fs/file-nr", "kernel/file-nr.linux-2.4");
	assert_int_equal(fake_read(ctx, 0), 0);
	check(ctx, "files", 1000);
	check(ctx, "files_percent", 50);
}

static void
more_unused_files_than_files_are_no_number(void **state)
{
	struct fettle_ctx *ctx = *state;

	put(ctx, "sys/fs/file-nr", "1024\t1025\t1631329\n");
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_false(fake_has(ctx, NULL, "files"));
	assert_false(fake_has(ctx, NULL, "files_percent"));
	assert_true(fake_has(ctx, NULL, "inodes"));
}

static void
root_may_open_more_files_than_the_limit(void **state)
{
	struct fettle_ctx *ctx = *state;

	proc_put_fixture(ctx->proc, "sys/fs/file-nr", "kernel/file-nr.over");
	assert_int_equal(fake_read(ctx, 0), 0);
	check(ctx, "files", 2100);
	check(ctx, "files_percent", 100);
}

static void
a_number_that_is_cut_short_does_not_count(void **state)
{
	struct fettle_ctx *ctx = *state;

	proc_put_fixture(
	    ctx->proc, "sys/fs/file-nr", "kernel/file-nr.cut-short");
	put(ctx, "sys/fs/inode-nr", "");
	put(ctx, "sys/kernel/random/entropy_avail", "25");
	put(ctx, "stat", "intr 12");
	put(ctx, COUNT, "12\n");
	put(ctx, LIMIT, "10");
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_false(fake_has(ctx, NULL, "files"));
	assert_false(fake_has(ctx, NULL, "files_limit"));
	assert_false(fake_has(ctx, NULL, "inodes"));
	assert_false(fake_has(ctx, NULL, "entropy"));
	assert_false(fake_has(ctx, NULL, "interrupts"));
	check(ctx, "conntrack", 12);
	assert_false(fake_has(ctx, NULL, "conntrack_limit"));
	put(ctx, COUNT, "1");
	assert_int_equal(fake_read(ctx, 0), -ENODATA);
	assert_int_equal(ctx->lists.n, 0);
}

static void
connections_come_and_go_with_their_module(void **state)
{
	struct fettle_ctx *ctx = *state;

	put(ctx, COUNT, "1536\n");
	put(ctx, LIMIT, "2048\n");
	assert_int_equal(fake_read(ctx, 0), 0);
	check(ctx, "conntrack", 1536);
	check(ctx, "conntrack_limit", 2048);
	check(ctx, "conntrack_percent", 75);
	put(ctx, COUNT, "0\n");
	put(ctx, LIMIT, "0\n");
	assert_int_equal(fake_read(ctx, 0), 0);
	check(ctx, "conntrack", 0);
	assert_false(fake_has(ctx, NULL, "conntrack_limit"));
	assert_false(fake_has(ctx, NULL, "conntrack_percent"));
	assert_int_equal(ctx->log.len, 0);
}

/* Others read the first 64 kB of the file, or 4. */
static void
interrupts_are_found_behind_512_cpus(void **state)
{
	struct fettle_ctx *ctx = *state;
	struct buf b = { 0 };

	for (int i = 0; i < 512; i++) {
		buf_printf(&b, "cpu%d", i);
		for (int column = 0; column < 10; column++)
			buf_printf(&b, " %d", 1000000000 + column);
		buf_printf(&b, " 98765432109876\n");
	}
	assert_true(b.len > 1 << 16);
	buf_printf(&b, "intr 98765432109876");
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, " %d", i % 7);
	buf_printf(&b, "\nctxt 7\nbtime 1700000000\n");
	proc_put(ctx->proc, "stat", b.data, b.len);
	buf_free(&b);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_true(
	    fake_get(ctx, NULL, "interrupts")->count == 98765432109876);
}

static void
a_counter_that_begins_anew_is_submitted_as_it_is(void **state)
{
	struct fettle_ctx *ctx = *state;

	proc_put_fixture(ctx->proc, "stat", "kernel/stat.reset");
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_true(fake_get(ctx, NULL, "interrupts")->count == 17);
}

static void
what_is_missing_is_told_once(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "kernel", "");

	(void)state;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/sys/fs/file-nr"));
	assert_int_equal(ctx->log.len, 0);
	proc_put_fixture(ctx->proc, "stat", "kernel/stat");
	assert_int_equal(plugin->open(ctx), 0);
	assert_non_null(strstr(ctx->log.data, "/proc/sys/fs/file-nr"));
	assert_non_null(strstr(ctx->log.data, "entropy_avail"));
	ctx->log.len = 0;
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_false(fake_has(ctx, NULL, "files"));
	assert_true(fake_has(ctx, NULL, "interrupts"));
	assert_int_equal(ctx->log.len, 0);
	proc_end(ctx, true);
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, proc_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(each_number_is_that_of_its_file),
		MACHINE_TEST(files_without_limit_have_no_percent),
		MACHINE_TEST(old_kernels_keep_unused_files),
		MACHINE_TEST(more_unused_files_than_files_are_no_number),
		MACHINE_TEST(root_may_open_more_files_than_the_limit),
		MACHINE_TEST(a_number_that_is_cut_short_does_not_count),
		MACHINE_TEST(connections_come_and_go_with_their_module),
		MACHINE_TEST(interrupts_are_found_behind_512_cpus),
		MACHINE_TEST(a_counter_that_begins_anew_is_submitted_as_it_is),
		cmocka_unit_test(what_is_missing_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
