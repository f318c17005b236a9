/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin uptime_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &uptime_LTX_fettle_plugin;

static int
set_up(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "uptime", "");

	proc_put_fixture(ctx->proc, "uptime", "uptime/machine");
	proc_put_fixture(ctx->proc, "stat", "uptime/stat");
	assert_int_equal(plugin->open(ctx), 0);
	*state = ctx;
	return 0;
}

static int
read_after(struct fettle_ctx *ctx, int64_t seconds)
{
	return fake_read(ctx, seconds * NS_PER_S);
}

static int
read_fixture(struct fettle_ctx *ctx, const char *fixture)
{
	proc_put_fixture(ctx->proc, "uptime", fixture);
	return read_after(ctx, 10);
}

static void
put_btime(struct fettle_ctx *ctx, const char *line)
{
	proc_put(ctx->proc, "stat", line, strlen(line));
}

static bool
has_boot_time(struct fettle_ctx *ctx)
{
	return fake_has(ctx, NULL, "boot_time");
}

static void
uptime_and_start_are_those_of_the_files(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_after(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 1);
	assert_true(fake_value(ctx, NULL, "uptime") == 350735.47);
	assert_true(fake_value(ctx, NULL, "boot_time") == 1062191376);
}

static void
uptime_may_be_short_or_long(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "uptime/just-started"), 0);
	assert_true(fake_value(ctx, NULL, "uptime") == 0.01);
	assert_int_equal(read_fixture(ctx, "uptime/five-years"), 0);
	assert_true(fake_value(ctx, NULL, "uptime") == 157680000.25);
}

static void
a_clock_that_was_set_shows_within_a_minute(void **state)
{
	struct fettle_ctx *ctx = *state;

	put_btime(ctx, "btime 1700000000\n");
	assert_int_equal(read_after(ctx, 59), 0);
	assert_true(fake_value(ctx, NULL, "boot_time") == 1062191376);
	assert_int_equal(read_after(ctx, 1), 0);
	assert_true(fake_value(ctx, NULL, "boot_time") == 1700000000);
}

static void
a_start_that_the_kernel_does_not_tell_is_left_out(void **state)
{
	static const char *const none[] = { "", "btime 17000", "btime \n",
		"xbtime 1700000000\n" };
	struct fettle_ctx *ctx = *state;

	proc_put_fixture(ctx->proc, "stat", "uptime/no-btime");
	assert_int_equal(read_after(ctx, 60), 0);
	assert_false(has_boot_time(ctx));
	for (size_t i = 0; i < sizeof(none) / sizeof *none; i++) {
		put_btime(ctx, none[i]);
		assert_int_equal(read_after(ctx, 60), 0);
		assert_false(has_boot_time(ctx));
	}
	assert_true(fake_value(ctx, NULL, "uptime") == 350735.47);
}

/* Others submit -1, and go on. */
static void
a_read_fails_where_there_is_no_uptime_and_heals(void **state)
{
	static const char *const bad[] = { "uptime/empty", "uptime/cut-short",
		"uptime/negative" };
	struct fettle_ctx *ctx = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		assert_int_equal(read_fixture(ctx, bad[i]), -ENODATA);
		assert_non_null(strstr(ctx->reason, "/proc/uptime"));
		assert_int_equal(ctx->lists.n, 0);
		assert_int_equal(read_fixture(ctx, "uptime/machine"), 0);
	}
}

/* Or it would fail, and heal, once a minute. */
static void
a_start_that_cannot_be_read_fails_until_it_can(void **state)
{
	struct fettle_ctx *ctx = *state;

	proc_remove(ctx->proc, "stat");
	proc_put(ctx->proc, "stat/x", "", 0);
	assert_int_equal(read_after(ctx, 60), -EISDIR);
	assert_int_equal(read_after(ctx, 10), -EISDIR);
	proc_remove(ctx->proc, "stat");
	put_btime(ctx, "btime 1763800000\n");
	assert_int_equal(read_after(ctx, 10), 0);
	assert_true(has_boot_time(ctx));
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "uptime", "");

	(void)state;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/uptime"));
	proc_put_fixture(ctx->proc, "uptime", "uptime/machine");
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/stat"));
	proc_end(ctx, false);
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, proc_tear_down)

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
