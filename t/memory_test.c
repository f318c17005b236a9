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

struct machine {
	char *root;
	struct fettle_ctx *ctx;
};

static int
set_up(void **state)
{
	static struct machine m;

	m.root = proc_new();
	m.ctx = fake_new(plugin, "memory", "");
	m.ctx->proc = m.root;
	proc_put(m.root, "meminfo", "", 0);
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
read_fixture(struct machine *m, const char *fixture)
{
	proc_put_fixture(m->root, "meminfo", fixture);
	fake_clear(m->ctx);
	return plugin->read(m->ctx);
}

static double
kib(struct machine *m, const char *field)
{
	return fake_value(m->ctx, NULL, field) / 1024;
}

/* What holds whatever was read: parts that add up to total, nothing beyond. */
static void
check_sane(struct machine *m)
{
	const struct fake_list *l = fake_find(m->ctx, NULL);
	const double total = kib(m, "total");
	double sum = 0;

	assert_int_equal(m->ctx->lists.n, 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof *parts; i++)
		if (fake_has(m->ctx, NULL, parts[i]))
			sum += kib(m, parts[i]);
	assert_true(sum == total);
	for (size_t i = 0; i < l->n; i++)
		if (l->values[i].kind != 0)
			assert_true(l->values[i].real >= 0 &&
				    l->values[i].real <= 1024 * total);
	if (fake_has(m->ctx, NULL, "percent"))
		assert_near(fake_value(m->ctx, NULL, "percent"),
		    100 * kib(m, "used") / total);
}

static void
used_is_what_free_1_says(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "memory/machine"), 0);
	check_sane(m);
	assert_true(kib(m, "total") == 24684084);
	assert_true(kib(m, "available") == 23339040);
	assert_true(kib(m, "used") == 24684084 - 23339040);
	assert_true(kib(m, "free") == 21283100);
	assert_true(kib(m, "buffers") == 101308);
}

static void
what_can_be_reclaimed_is_counted_in_slab_alone(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "memory/machine"), 0);
	assert_true(kib(m, "cached") == 2239932);
	assert_true(kib(m, "slab") == 81832);
	assert_true(
	    kib(m, "other") == 24684084 - 21283100 - 101308 - 2239932 - 81832);
}

static void
an_old_kernel_lets_us_estimate_what_is_available(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "memory/linux-2.6.32"), 0);
	check_sane(m);
	assert_true(
	    kib(m, "available") == 201060 + 120300 + 900100 + 90020 - 100200);
	assert_true(kib(m, "used") == kib(m, "total") - kib(m, "available"));
}

static void
what_is_free_is_available_whatever_is_shared(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "memory/shared"), 0);
	check_sane(m);
	assert_true(kib(m, "available") == 100000);
}

static void
a_container_without_slab_has_none(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "memory/lxc"), 0);
	check_sane(m);
	assert_false(fake_has(m->ctx, NULL, "slab"));
	assert_true(kib(m, "used") == 1048576 - 968704);
	assert_true(kib(m, "other") == 1048576 - 804864 - 163840);
}

static void
a_container_never_shows_more_than_its_total(void **state)
{
	struct machine *m = *state;

	assert_int_equal(
	    read_fixture(m, "memory/lxc-available-exceeds-total"), 0);
	check_sane(m);
	assert_true(kib(m, "available") == 412000);
	assert_true(kib(m, "used") == 524288 - 412000);
	assert_int_equal(read_fixture(m, "memory/lxc-free-exceeds-total"), 0);
	check_sane(m);
	assert_true(kib(m, "used") == 0);
}

static void
the_cache_of_zfs_is_other_memory(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "memory/zfs"), 0);
	check_sane(m);
	assert_true(kib(m, "used") == 65842232 - 4012088);
	assert_true(kib(m, "other") > kib(m, "total") / 2);
}

static void
a_machine_may_be_large(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "memory/64-tib"), 0);
	check_sane(m);
	assert_true(kib(m, "total") == 68719476736.0);
}

/* Where 100 times the total is not a whole number any more. */
static void
rounding_takes_nothing_over_100_percent(void **state)
{
	static const char text[] = "MemTotal: 12345678901234582 kB\n"
				   "MemFree: 0 kB\nMemAvailable: 0 kB\n";
	struct machine *m = *state;

	proc_put(m->root, "meminfo", text, strlen(text));
	assert_int_equal(plugin->read(m->ctx), 0);
	check_sane(m);
	assert_true(fake_value(m->ctx, NULL, "percent") == 100);
}

static void
a_read_fails_where_there_is_too_little_and_heals(void **state)
{
	static const char *const bad[] = { "memory/empty",
		"memory/cut-at-once", "memory/cut-short", "memory/no-total",
		"memory/total-is-0", "memory/no-free" };
	struct machine *m = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		assert_int_equal(read_fixture(m, bad[i]), -ENODATA);
		assert_non_null(strstr(m->ctx->reason, "/proc/meminfo"));
		assert_int_equal(m->ctx->lists.n, 0);
		assert_int_equal(read_fixture(m, "memory/machine"), 0);
		check_sane(m);
	}
	assert_int_equal(read_fixture(m, "memory/no-total"), -ENODATA);
	assert_non_null(strstr(m->ctx->reason, "MemTotal"));
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
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
