/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin memory_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &memory_LTX_fettle_plugin;

static const char *const parts[] = { "free", "buffers", "cached", "slab",
	"other" };

static void
assert_near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-9);
}

static int
set_up(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "memory", "");

	proc_put(ctx->proc, "meminfo", "", 0);
	assert_int_equal(plugin->open(ctx), 0);
	*state = ctx;
	return 0;
}

static int
read_fixture(struct fettle_ctx *ctx, const char *fixture)
{
	proc_put_fixture(ctx->proc, "meminfo", fixture);
	fake_clear(ctx);
	return plugin->read(ctx);
}

static double
kib(struct fettle_ctx *ctx, const char *field)
{
	return fake_value(ctx, NULL, field) / 1024;
}

/* What holds whatever was read: parts that add up to total, nothing beyond. */
static void
check_sane(struct fettle_ctx *ctx)
{
	const struct fake_list *l = fake_find(ctx, NULL);
	const double total = kib(ctx, "total");
	double sum = 0;

	assert_int_equal(ctx->lists.n, 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof *parts; i++)
		if (fake_has(ctx, NULL, parts[i]))
			sum += kib(ctx, parts[i]);
	assert_true(sum == total);
	for (size_t i = 0; i < l->n; i++)
		if (l->values[i].kind != 0)
			assert_true(l->values[i].real >= 0 &&
				    l->values[i].real <= 1024 * total);
	if (fake_has(ctx, NULL, "percent"))
		assert_near(fake_value(ctx, NULL, "percent"),
		    100 * kib(ctx, "used") / total);
}

static void
used_is_what_free_1_says(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "memory/machine"), 0);
	check_sane(ctx);
	assert_true(kib(ctx, "total") == 24684084);
	assert_true(kib(ctx, "available") == 23339040);
	assert_true(kib(ctx, "used") == 24684084 - 23339040);
	assert_true(kib(ctx, "free") == 21283100);
	assert_true(kib(ctx, "buffers") == 101308);
}

static void
what_can_be_reclaimed_is_counted_in_slab_alone(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "memory/machine"), 0);
	assert_true(kib(ctx, "cached") == 2239932);
	assert_true(kib(ctx, "slab") == 81832);
	assert_true(kib(ctx, "other") ==
		    24684084 - 21283100 - 101308 - 2239932 - 81832);
}

static void
an_old_kernel_lets_us_estimate_what_is_available(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "memory/linux-2.6.32"), 0);
	check_sane(ctx);
	assert_true(kib(ctx, "available") ==
		    201060 + 120300 + 900100 + 90020 - 100200);
	assert_true(
	    kib(ctx, "used") == kib(ctx, "total") - kib(ctx, "available"));
}

static void
what_is_free_is_available_whatever_is_shared(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "memory/shared"), 0);
	check_sane(ctx);
	assert_true(kib(ctx, "available") == 100000);
}

static void
a_container_without_slab_has_none(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "memory/lxc"), 0);
	check_sane(ctx);
	assert_false(fake_has(ctx, NULL, "slab"));
	assert_true(kib(ctx, "used") == 1048576 - 968704);
	assert_true(kib(ctx, "other") == 1048576 - 804864 - 163840);
}

static void
a_container_never_shows_more_than_its_total(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(
	    read_fixture(ctx, "memory/lxc-available-exceeds-total"), 0);
	check_sane(ctx);
	assert_true(kib(ctx, "available") == 412000);
	assert_true(kib(ctx, "used") == 524288 - 412000);
	assert_int_equal(
	    read_fixture(ctx, "memory/lxc-free-exceeds-total"), 0);
	check_sane(ctx);
	assert_true(kib(ctx, "used") == 0);
}

static void
the_cache_of_zfs_is_other_memory(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "memory/zfs"), 0);
	check_sane(ctx);
	assert_true(kib(ctx, "used") == 65842232 - 4012088);
	assert_true(kib(ctx, "other") > kib(ctx, "total") / 2);
}

static void
a_machine_may_be_large(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "memory/64-tib"), 0);
	check_sane(ctx);
	assert_true(kib(ctx, "total") == 68719476736.0);
}

/* Where 100 times the total is not a whole number any more. */
static void
rounding_takes_nothing_over_100_percent(void **state)
{
	static const char text[] = "MemTotal: 12345678901234582 kB\n"
				   "MemFree: 0 kB\nMemAvailable: 0 kB\n";
	struct fettle_ctx *ctx = *state;

	proc_put(ctx->proc, "meminfo", text, strlen(text));
	assert_int_equal(plugin->read(ctx), 0);
	check_sane(ctx);
	assert_true(fake_value(ctx, NULL, "percent") == 100);
}

static void
a_read_fails_where_there_is_too_little_and_heals(void **state)
{
	static const char *const bad[] = { "memory/empty",
		"memory/cut-at-once", "memory/cut-short", "memory/no-total",
		"memory/total-is-0", "memory/no-free" };
	struct fettle_ctx *ctx = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		assert_int_equal(read_fixture(ctx, bad[i]), -ENODATA);
		assert_non_null(strstr(ctx->reason, "/proc/meminfo"));
		assert_int_equal(ctx->lists.n, 0);
		assert_int_equal(read_fixture(ctx, "memory/machine"), 0);
		check_sane(ctx);
	}
	assert_int_equal(read_fixture(ctx, "memory/no-total"), -ENODATA);
	assert_non_null(strstr(ctx->reason, "MemTotal"));
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = fake_new(plugin, "memory", "");

	(void)state;
	ctx->proc = "/nowhere";
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/meminfo"));
	fake_free(ctx);
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, proc_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(used_is_what_free_1_says),
		MACHINE_TEST(what_can_be_reclaimed_is_counted_in_slab_alone),
		MACHINE_TEST(an_old_kernel_lets_us_estimate_what_is_available),
		MACHINE_TEST(what_is_free_is_available_whatever_is_shared),
		MACHINE_TEST(a_container_without_slab_has_none),
		MACHINE_TEST(a_container_never_shows_more_than_its_total),
		MACHINE_TEST(the_cache_of_zfs_is_other_memory),
		MACHINE_TEST(a_machine_may_be_large),
		MACHINE_TEST(rounding_takes_nothing_over_100_percent),
		MACHINE_TEST(a_read_fails_where_there_is_too_little_and_heals),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
