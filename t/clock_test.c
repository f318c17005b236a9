/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "fake_ctx.h"

extern const struct fettle_plugin clock_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &clock_LTX_fettle_plugin;

/* What the kernel of this test knows. */
static struct timex kernel;
static int refused;

int
adjtimex(struct timex *t)
{
	assert_int_equal(t->modes, 0);
	if (refused) {
		errno = refused;
		return -1;
	}
	*t = kernel;
	return kernel.status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

static int
set_up(void **state)
{
	*state = fake_new(plugin, "clock", "");
	refused = 0;
	kernel = (struct timex){ .status = STA_NANO | STA_PLL,
		.offset = -1500000,
		.maxerror = 24500,
		.esterror = 120,
		.tick = 1000000 / sysconf(_SC_CLK_TCK) };
	return 0;
}

static int
tear_down(void **state)
{
	fake_free(*state);
	return 0;
}

static bool
near(double a, double b)
{
	return a - b < 1e-9 && b - a < 1e-9;
}

static void
what_the_kernel_knows_is_in_seconds(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(plugin->read(ctx), 0);
	assert_int_equal(ctx->lists.n, 1);
	assert_true(fake_value(ctx, NULL, "synchronised") == 1);
	assert_true(near(fake_value(ctx, NULL, "offset"), -0.0015));
	assert_true(near(fake_value(ctx, NULL, "error"), 0.0245));
	assert_true(near(fake_value(ctx, NULL, "estimated_error"), 0.00012));
	assert_true(near(fake_value(ctx, NULL, "frequency"), 0));
}

static void
an_offset_may_be_in_microseconds(void **state)
{
	struct fettle_ctx *ctx = *state;

	kernel.status &= ~STA_NANO;
	kernel.offset = -1500;
	assert_int_equal(plugin->read(ctx), 0);
	assert_true(near(fake_value(ctx, NULL, "offset"), -0.0015));
}

/* Others forget the length of a tick. */
static void
the_frequency_is_corrected_in_two_ways(void **state)
{
	struct fettle_ctx *ctx = *state;
	const double coarse = (double)sysconf(_SC_CLK_TCK);

	kernel.freq = -(12 << 16) - (1 << 15);
	assert_int_equal(plugin->read(ctx), 0);
	assert_true(near(fake_value(ctx, NULL, "frequency"), -12.5));
	fake_clear(ctx);
	kernel.tick += 2;
	assert_int_equal(plugin->read(ctx), 0);
	assert_true(
	    near(fake_value(ctx, NULL, "frequency"), 2 * coarse - 12.5));
}

static void
nobody_knows_how_wrong_a_clock_is_that_nobody_keeps(void **state)
{
	struct fettle_ctx *ctx = *state;

	kernel = (struct timex){ .status = STA_UNSYNC,
		.maxerror = 16000000,
		.esterror = 16000000,
		.tick = kernel.tick };
	assert_int_equal(plugin->read(ctx), 0);
	assert_true(fake_value(ctx, NULL, "synchronised") == 0);
	assert_false(fake_has(ctx, NULL, "offset"));
	assert_false(fake_has(ctx, NULL, "error"));
	assert_false(fake_has(ctx, NULL, "estimated_error"));
	assert_true(fake_has(ctx, NULL, "frequency"));
}

/* Chronyd without rtcsync: others call it unsynchronised. */
static void
a_clock_that_is_kept_right_is_synchronised_whatever_the_flag(void **state)
{
	struct fettle_ctx *ctx = *state;

	kernel.status |= STA_UNSYNC;
	assert_int_equal(plugin->read(ctx), 0);
	assert_true(fake_value(ctx, NULL, "synchronised") == 1);
	assert_true(near(fake_value(ctx, NULL, "error"), 0.0245));
}

static void
a_clock_is_lost_when_its_error_has_grown_to_16_s(void **state)
{
	struct fettle_ctx *ctx = *state;

	kernel.maxerror = 15999999;
	assert_int_equal(plugin->read(ctx), 0);
	assert_true(fake_value(ctx, NULL, "synchronised") == 1);
	fake_clear(ctx);
	kernel.maxerror = 16000000;
	assert_int_equal(plugin->read(ctx), 0);
	assert_true(fake_value(ctx, NULL, "synchronised") == 0);
}

static void
a_sandbox_that_forbids_it_is_named(void **state)
{
	struct fettle_ctx *ctx = *state;

	refused = EPERM;
	assert_int_equal(plugin->read(ctx), -EPERM);
	assert_non_null(strstr(ctx->reason, "ProtectClock"));
	assert_non_null(strstr(ctx->reason, "fettle.yaml(5)"));
	assert_int_equal(ctx->lists.n, 0);
	refused = ENOSYS;
	assert_int_equal(plugin->read(ctx), -ENOSYS);
	assert_null(strstr(ctx->reason, "ProtectClock"));
	refused = 0;
	assert_int_equal(plugin->read(ctx), 0);
}

#define CLOCK_TEST(name)                                                      \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLOCK_TEST(what_the_kernel_knows_is_in_seconds),
		CLOCK_TEST(an_offset_may_be_in_microseconds),
		CLOCK_TEST(the_frequency_is_corrected_in_two_ways),
		CLOCK_TEST(
		    nobody_knows_how_wrong_a_clock_is_that_nobody_keeps),
		CLOCK_TEST(
		    a_clock_that_is_kept_right_is_synchronised_whatever_the_flag),
		CLOCK_TEST(a_clock_is_lost_when_its_error_has_grown_to_16_s),
		CLOCK_TEST(a_sandbox_that_forbids_it_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
