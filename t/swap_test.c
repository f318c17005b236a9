/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin swap_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &swap_LTX_fettle_plugin;

static int
set_up(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "swap", "");

	proc_put_fixture(ctx->proc, "meminfo", "swap/machine.meminfo");
	proc_put_fixture(ctx->proc, "vmstat", "swap/machine.vmstat");
	assert_int_equal(plugin->open(ctx), 0);
	*state = ctx;
	return 0;
}

static int
read_meminfo(struct fettle_ctx *ctx, const char *fixture)
{
	proc_put_fixture(ctx->proc, "meminfo", fixture);
	return fake_read(ctx, 0);
}

static int
read_vmstat(struct fettle_ctx *ctx, const char *fixture)
{
	proc_put_fixture(ctx->proc, "vmstat", fixture);
	return fake_read(ctx, 0);
}

static double
kib(struct fettle_ctx *ctx, const char *field)
{
	return fake_value(ctx, NULL, field) / 1024;
}

static void
used_and_free_are_all_there_is(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 1);
	assert_true(kib(ctx, "total") == 2097148);
	assert_true(kib(ctx, "free") == 1572864);
	assert_true(kib(ctx, "used") == 2097148 - 1572864);
	assert_true(fake_value(ctx, NULL, "percent") ==
		    100.0 * (2097148 - 1572864) / 2097148);
}

static void
traffic_is_counted_in_bytes(void **state)
{
	struct fettle_ctx *ctx = *state;
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(fake_get(ctx, NULL, "in")->kind, FETTLE_COUNTER);
	assert_true(fake_get(ctx, NULL, "in")->count == 3000 * page);
	assert_true(fake_get(ctx, NULL, "out")->count == 131072 * page);
}

/* The daemon takes a counter that falls for a reset. */
static void
a_counter_that_begins_anew_is_submitted_as_it_is(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_vmstat(ctx, "swap/reset.vmstat"), 0);
	assert_true(fake_get(ctx, NULL, "in")->count ==
		    12 * (uint64_t)sysconf(_SC_PAGESIZE));
}

/* Others emit 0 of 0, and a percentage that is not a number. */
static void
a_machine_without_swap_has_no_percent(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_meminfo(ctx, "swap/none.meminfo"), 0);
	assert_true(kib(ctx, "total") == 0);
	assert_true(kib(ctx, "used") == 0);
	assert_true(kib(ctx, "free") == 0);
	assert_false(fake_has(ctx, NULL, "percent"));
	assert_true(fake_has(ctx, NULL, "in"));
}

static void
swap_may_come_and_fill_up(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_meminfo(ctx, "swap/none.meminfo"), 0);
	assert_int_equal(read_meminfo(ctx, "swap/full.meminfo"), 0);
	assert_true(fake_value(ctx, NULL, "percent") == 100);
	assert_true(kib(ctx, "free") == 0);
}

/* Others know no swap space of over 1 TiB. */
static void
swap_may_be_large(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_meminfo(ctx, "swap/4-tib.meminfo"), 0);
	assert_true(kib(ctx, "total") == 4294967296.0);
	assert_true(fake_value(ctx, NULL, "percent") == 75);
}

static void
a_container_never_shows_more_than_its_total(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_meminfo(ctx, "swap/lxc.meminfo"), 0);
	assert_true(kib(ctx, "free") == 524288);
	assert_true(kib(ctx, "used") == 0);
	assert_true(fake_value(ctx, NULL, "percent") == 0);
}

static void
a_kernel_that_does_not_count_traffic_has_none(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_vmstat(ctx, "swap/no-swap.vmstat"), 0);
	assert_false(fake_has(ctx, NULL, "in"));
	assert_false(fake_has(ctx, NULL, "out"));
	assert_true(fake_has(ctx, NULL, "total"));
}

static void
a_read_fails_where_there_is_too_little_and_heals(void **state)
{
	static const char *const bad[] = { "swap/empty.meminfo",
		"swap/cut-short.meminfo", "swap/no-swap-lines.meminfo" };
	struct fettle_ctx *ctx = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		assert_int_equal(read_meminfo(ctx, bad[i]), -ENODATA);
		assert_non_null(strstr(ctx->reason, "/proc/meminfo"));
		assert_int_equal(ctx->lists.n, 0);
		assert_int_equal(read_meminfo(ctx, "swap/machine.meminfo"), 0);
	}
}

static void
open_wants_meminfo_and_can_do_without_vmstat(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "swap", "");

	(void)state;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/meminfo"));
	proc_put_fixture(ctx->proc, "meminfo", "swap/machine.meminfo");
	assert_int_equal(plugin->open(ctx), 0);
	assert_non_null(strstr(ctx->log.data, "/proc/vmstat"));
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_true(kib(ctx, "total") == 2097148);
	assert_false(fake_has(ctx, NULL, "in"));
	proc_end(ctx, true);
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, proc_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(used_and_free_are_all_there_is),
		MACHINE_TEST(traffic_is_counted_in_bytes),
		MACHINE_TEST(a_counter_that_begins_anew_is_submitted_as_it_is),
		MACHINE_TEST(a_machine_without_swap_has_no_percent),
		MACHINE_TEST(swap_may_come_and_fill_up),
		MACHINE_TEST(swap_may_be_large),
		MACHINE_TEST(a_container_never_shows_more_than_its_total),
		MACHINE_TEST(a_kernel_that_does_not_count_traffic_has_none),
		MACHINE_TEST(a_read_fails_where_there_is_too_little_and_heals),
		cmocka_unit_test(open_wants_meminfo_and_can_do_without_vmstat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
