/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin pressure_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &pressure_LTX_fettle_plugin;

static int
set_up(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "pressure", "");

	*state = ctx;
	return 0;
}

static void
put(struct fettle_ctx *ctx, const char *resource, const char *fixture)
{
	char name[64];

	snprintf(name, sizeof(name), "pressure/%s", resource);
	proc_put_fixture(ctx->proc, name, fixture);
}

/* As Linux 5.10 has it. */
static void
put_three(struct fettle_ctx *ctx)
{
	put(ctx, "cpu", "pressure/some");
	put(ctx, "memory", "pressure/both");
	put(ctx, "io", "pressure/both");
}

static void
each_resource_has_its_lines(void **state)
{
	struct fettle_ctx *ctx = *state;

	put_three(ctx);
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 3);
	assert_int_equal(ctx->log.len, 0);
	assert_true(fake_get(ctx, "io", "some_10s")->real == 0.12);
	assert_true(fake_get(ctx, "io", "some_60s")->real == 0.40);
	assert_true(fake_get(ctx, "io", "some_300s")->real == 0.31);
	assert_true(fake_get(ctx, "io", "full_10s")->real == 0);
	assert_true(fake_get(ctx, "io", "full_60s")->real == 0.13);
	assert_true(fake_get(ctx, "memory", "full_300s")->real == 99.99);
}

static void
totals_are_seconds_that_only_rise(void **state)
{
	struct fettle_ctx *ctx = *state;

	put_three(ctx);
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(
	    fake_get(ctx, "io", "some_total")->kind, FETTLE_TOTAL);
	assert_true(
	    fake_get(ctx, "io", "some_total")->real == 18446744.073709);
	assert_true(fake_get(ctx, "io", "full_total")->real == 5.000001);
	put(ctx, "io", "pressure/reset");
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_true(fake_get(ctx, "io", "some_total")->real == 12e-6);
}

static void
a_line_that_is_not_there_has_no_values(void **state)
{
	struct fettle_ctx *ctx = *state;

	put_three(ctx);
	put(ctx, "irq", "pressure/full-only");
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 4);
	assert_int_equal(fake_get(ctx, "cpu", "full_60s")->kind, 0);
	assert_int_equal(fake_get(ctx, "cpu", "full_total")->kind, 0);
	assert_true(fake_get(ctx, "cpu", "some_60s")->real == 5.60);
	assert_int_equal(fake_get(ctx, "irq", "some_total")->kind, 0);
	assert_true(fake_get(ctx, "irq", "full_60s")->real == 0.02);
}

static void
a_line_that_is_cut_short_does_not_count(void **state)
{
	struct fettle_ctx *ctx = *state;

	put_three(ctx);
	assert_int_equal(plugin->open(ctx), 0);
	put(ctx, "io", "pressure/cut-short");
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_true(fake_get(ctx, "io", "some_total")->real == 1828e-6);
	assert_int_equal(fake_get(ctx, "io", "full_300s")->kind, 0);
	assert_int_equal(fake_get(ctx, "io", "full_10s")->kind, 0);
}

static void
a_resource_that_says_nothing_does_not_hide_the_others(void **state)
{
	struct fettle_ctx *ctx = *state;

	put_three(ctx);
	assert_int_equal(plugin->open(ctx), 0);
	put(ctx, "memory", "pressure/odd");
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 2);
	assert_null(fake_find(ctx, "memory"));
	put(ctx, "cpu", "pressure/odd");
	put(ctx, "io", "pressure/odd");
	assert_int_equal(fake_read(ctx, 0), -ENODATA);
	assert_non_null(strstr(ctx->reason, "/proc/pressure"));
	put_three(ctx);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 3);
}

static void
a_resource_that_is_missing_is_told_once(void **state)
{
	struct fettle_ctx *ctx = *state;

	put(ctx, "cpu", "pressure/some");
	put(ctx, "memory", "pressure/both");
	assert_int_equal(plugin->open(ctx), 0);
	assert_non_null(strstr(ctx->log.data, "/proc/pressure/io"));
	assert_null(strstr(ctx->log.data, "irq"));
	ctx->log.len = 0;
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 2);
	assert_int_equal(ctx->log.len, 0);
}

static void
a_kernel_without_it_is_told_what_it_would_need(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(plugin->open(ctx), -EINVAL);
	assert_non_null(strstr(ctx->reason, "CONFIG_PSI"));
	assert_non_null(strstr(ctx->reason, "psi=1"));
	assert_int_equal(ctx->log.len, 0);
}

/* Files that cannot be read at all stand for a kernel that refuses. */
static void
files_that_cannot_be_read_are_no_pressure(void **state)
{
	struct fettle_ctx *ctx = *state;

	proc_put(ctx->proc, "pressure/cpu/x", "", 0);
	assert_int_equal(plugin->open(ctx), -EISDIR);
	assert_non_null(strstr(ctx->reason, "/proc/pressure"));
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, proc_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(each_resource_has_its_lines),
		MACHINE_TEST(totals_are_seconds_that_only_rise),
		MACHINE_TEST(a_line_that_is_not_there_has_no_values),
		MACHINE_TEST(a_line_that_is_cut_short_does_not_count),
		MACHINE_TEST(
		    a_resource_that_says_nothing_does_not_hide_the_others),
		MACHINE_TEST(a_resource_that_is_missing_is_told_once),
		MACHINE_TEST(a_kernel_without_it_is_told_what_it_would_need),
		MACHINE_TEST(files_that_cannot_be_read_are_no_pressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
