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

struct machine {
	char *root;
	struct fettle_ctx *ctx;
};

static void
put(struct machine *m, const char *name, const char *text)
{
	proc_put(m->root, name, text, strlen(text));
}

static int
set_up(void **state)
{
	static struct machine m;

	m.root = proc_new();
	m.ctx = fake_new(plugin, "kernel", "");
	m.ctx->proc = m.root;
	proc_put_fixture(m.root, "sys/fs/file-nr", "kernel/file-nr");
	proc_put_fixture(m.root, "sys/fs/inode-nr", "kernel/inode-nr");
	proc_put_fixture(m.root, "stat", "kernel/stat");
	put(&m, "sys/kernel/random/entropy_avail", "256\n");
	assert_int_equal(plugin->open(m.ctx), 0);
	*state = &m;
	return 0;
}

static int
tear_down(void **state)
{
	struct machine *m = *state;

	plugin->close(m->ctx);
	fake_free(m->ctx);
	proc_free(m->root);
	return 0;
}

static void
check(struct machine *m, const char *field, double wanted)
{
	assert_int_equal(fake_get(m->ctx, NULL, field)->kind, FETTLE_GAUGE);
	assert_true(fake_get(m->ctx, NULL, field)->real == wanted);
}

static void
each_number_is_that_of_its_file(void **state)
{
	struct machine *m = *state;

	assert_int_equal(fake_read(m->ctx, 0), 0);
	assert_int_equal(m->ctx->lists.n, 1);
	check(m, "files", 1024);
	check(m, "files_limit", 1631329);
	check(m, "files_percent", 100 * 1024.0 / 1631329);
	check(m, "inodes", 59975);
	check(m, "inodes_free", 1025);
	check(m, "entropy", 256);
	assert_int_equal(
	    fake_get(m->ctx, NULL, "interrupts")->kind, FETTLE_COUNTER);
	assert_true(fake_get(m->ctx, NULL, "interrupts")->count == 114930548);
	assert_false(fake_has(m->ctx, NULL, "conntrack"));
	assert_int_equal(m->ctx->log.len, 0);
}

static void
files_without_limit_have_no_percent(void **state)
{
	struct machine *m = *state;

	proc_put_fixture(
	    m->root, "sys/fs/file-nr", "kernel/file-nr.unlimited");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	check(m, "files", 1024);
	assert_false(fake_has(m->ctx, NULL, "files_limit"));
	assert_false(fake_has(m->ctx, NULL, "files_percent"));
}

static void
old_kernels_keep_unused_files(void **state)
{
	struct machine *m = *state;

	proc_put_fixture(
	    m->root, "sys/fs/file-nr", "kernel/file-nr.linux-2.4");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	check(m, "files", 1000);
	check(m, "files_percent", 50);
}

static void
more_unused_files_than_files_are_no_number(void **state)
{
	struct machine *m = *state;

	put(m, "sys/fs/file-nr", "1024\t1025\t1631329\n");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	assert_false(fake_has(m->ctx, NULL, "files"));
	assert_false(fake_has(m->ctx, NULL, "files_percent"));
	assert_true(fake_has(m->ctx, NULL, "inodes"));
}

static void
root_may_open_more_files_than_the_limit(void **state)
{
	struct machine *m = *state;

	proc_put_fixture(m->root, "sys/fs/file-nr", "kernel/file-nr.over");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	check(m, "files", 2100);
	check(m, "files_percent", 100);
}

static void
a_number_that_is_cut_short_does_not_count(void **state)
{
	struct machine *m = *state;

	proc_put_fixture(
	    m->root, "sys/fs/file-nr", "kernel/file-nr.cut-short");
	put(m, "sys/fs/inode-nr", "");
	put(m, "sys/kernel/random/entropy_avail", "25");
	put(m, "stat", "intr 12");
	put(m, COUNT, "12\n");
	put(m, LIMIT, "10");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	assert_false(fake_has(m->ctx, NULL, "files"));
	assert_false(fake_has(m->ctx, NULL, "files_limit"));
	assert_false(fake_has(m->ctx, NULL, "inodes"));
	assert_false(fake_has(m->ctx, NULL, "entropy"));
	assert_false(fake_has(m->ctx, NULL, "interrupts"));
	check(m, "conntrack", 12);
	assert_false(fake_has(m->ctx, NULL, "conntrack_limit"));
	put(m, COUNT, "1");
	assert_int_equal(fake_read(m->ctx, 0), -ENODATA);
	assert_int_equal(m->ctx->lists.n, 0);
}

static void
connections_come_and_go_with_their_module(void **state)
{
	struct machine *m = *state;

	put(m, COUNT, "1536\n");
	put(m, LIMIT, "2048\n");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	check(m, "conntrack", 1536);
	check(m, "conntrack_limit", 2048);
	check(m, "conntrack_percent", 75);
	put(m, COUNT, "0\n");
	put(m, LIMIT, "0\n");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	check(m, "conntrack", 0);
	assert_false(fake_has(m->ctx, NULL, "conntrack_limit"));
	assert_false(fake_has(m->ctx, NULL, "conntrack_percent"));
	assert_int_equal(m->ctx->log.len, 0);
}

/* Others read the first 64 kB of the file, or 4. */
static void
interrupts_are_found_behind_512_cpus(void **state)
{
	struct machine *m = *state;
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
	proc_put(m->root, "stat", b.data, b.len);
	buf_free(&b);
	assert_int_equal(fake_read(m->ctx, 0), 0);
	assert_true(
	    fake_get(m->ctx, NULL, "interrupts")->count == 98765432109876);
}

static void
a_counter_that_begins_anew_is_submitted_as_it_is(void **state)
{
	struct machine *m = *state;

	proc_put_fixture(m->root, "stat", "kernel/stat.reset");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	assert_true(fake_get(m->ctx, NULL, "interrupts")->count == 17);
}

static void
what_is_missing_is_told_once(void **state)
{
	struct fettle_ctx *ctx = fake_new(plugin, "kernel", "");
	struct machine m = { proc_new(), ctx };

	(void)state;
	ctx->proc = m.root;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/sys/fs/file-nr"));
	assert_int_equal(ctx->log.len, 0);
	proc_put_fixture(m.root, "stat", "kernel/stat");
	assert_int_equal(plugin->open(ctx), 0);
	assert_non_null(strstr(ctx->log.data, "/proc/sys/fs/file-nr"));
	assert_non_null(strstr(ctx->log.data, "entropy_avail"));
	ctx->log.len = 0;
	assert_int_equal(fake_read(m.ctx, 0), 0);
	assert_false(fake_has(m.ctx, NULL, "files"));
	assert_true(fake_has(m.ctx, NULL, "interrupts"));
	assert_int_equal(ctx->log.len, 0);
	plugin->close(ctx);
	fake_free(ctx);
	proc_free(m.root);
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
