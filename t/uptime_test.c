/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin uptime_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &uptime_LTX_fettle_plugin;

struct machine {
	char *root;
	struct fettle_ctx *ctx;
};

static int
set_up(void **state)
{
	static struct machine m;

	m.root = proc_new();
	m.ctx = fake_new(plugin, "uptime", "");
	m.ctx->proc = m.root;
	proc_put_fixture(m.root, "uptime", "uptime/machine");
	proc_put_fixture(m.root, "stat", "uptime/stat");
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

static int
read_after(struct machine *m, int64_t seconds)
{
	return fake_read(m->ctx, seconds * NS_PER_S);
}

static int
read_fixture(struct machine *m, const char *fixture)
{
	proc_put_fixture(m->root, "uptime", fixture);
	return read_after(m, 10);
}

static void
put_btime(struct machine *m, const char *line)
{
	proc_put(m->root, "stat", line, strlen(line));
}

static bool
has_boot_time(struct machine *m)
{
	return fake_has(m->ctx, NULL, "boot_time");
}

static void
uptime_and_start_are_those_of_the_files(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_after(m, 0), 0);
	assert_int_equal(m->ctx->lists.n, 1);
	assert_true(fake_value(m->ctx, NULL, "uptime") == 350735.47);
	assert_true(fake_value(m->ctx, NULL, "boot_time") == 1062191376);
}

static void
uptime_may_be_short_or_long(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "uptime/just-started"), 0);
	assert_true(fake_value(m->ctx, NULL, "uptime") == 0.01);
	assert_int_equal(read_fixture(m, "uptime/five-years"), 0);
	assert_true(fake_value(m->ctx, NULL, "uptime") == 157680000.25);
}

static void
a_clock_that_was_set_shows_within_a_minute(void **state)
{
	struct machine *m = *state;

	put_btime(m, "btime 1700000000\n");
	assert_int_equal(read_after(m, 59), 0);
	assert_true(fake_value(m->ctx, NULL, "boot_time") == 1062191376);
	assert_int_equal(read_after(m, 1), 0);
	assert_true(fake_value(m->ctx, NULL, "boot_time") == 1700000000);
}

static void
a_start_that_the_kernel_does_not_tell_is_left_out(void **state)
{
	static const char *const none[] = { "", "btime 17000", "btime \n",
		"xbtime 1700000000\n" };
	struct machine *m = *state;

	proc_put_fixture(m->root, "stat", "uptime/no-btime");
	assert_int_equal(read_after(m, 60), 0);
	assert_false(has_boot_time(m));
	for (size_t i = 0; i < sizeof(none) / sizeof *none; i++) {
		put_btime(m, none[i]);
		assert_int_equal(read_after(m, 60), 0);
		assert_false(has_boot_time(m));
	}
	assert_true(fake_value(m->ctx, NULL, "uptime") == 350735.47);
}

/* Others submit -1, and go on. */
static void
a_read_fails_where_there_is_no_uptime_and_heals(void **state)
{
	static const char *const bad[] = { "uptime/empty", "uptime/cut-short",
		"uptime/negative" };
	struct machine *m = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		assert_int_equal(read_fixture(m, bad[i]), -ENODATA);
		assert_non_null(strstr(m->ctx->reason, "/proc/uptime"));
		assert_int_equal(m->ctx->lists.n, 0);
		assert_int_equal(read_fixture(m, "uptime/machine"), 0);
	}
}

/* Or it would fail, and heal, once a minute. */
static void
a_start_that_cannot_be_read_fails_until_it_can(void **state)
{
	struct machine *m = *state;

	proc_remove(m->root, "stat");
	proc_put(m->root, "stat/x", "", 0);
	assert_int_equal(read_after(m, 60), -EISDIR);
	assert_int_equal(read_after(m, 10), -EISDIR);
	proc_remove(m->root, "stat");
	put_btime(m, "btime 1763800000\n");
	assert_int_equal(read_after(m, 10), 0);
	assert_true(has_boot_time(m));
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = fake_new(plugin, "uptime", "");
	char *root = proc_new();

	(void)state;
	ctx->proc = root;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/uptime"));
	proc_put_fixture(root, "uptime", "uptime/machine");
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/stat"));
	fake_free(ctx);
	proc_free(root);
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(uptime_and_start_are_those_of_the_files),
		MACHINE_TEST(uptime_may_be_short_or_long),
		MACHINE_TEST(a_clock_that_was_set_shows_within_a_minute),
		MACHINE_TEST(
		    a_start_that_the_kernel_does_not_tell_is_left_out),
		MACHINE_TEST(a_read_fails_where_there_is_no_uptime_and_heals),
		MACHINE_TEST(a_start_that_cannot_be_read_fails_until_it_can),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
