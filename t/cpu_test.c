/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin cpu_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &cpu_LTX_fettle_plugin;

static const char *const states[] = { "user", "nice", "system", "idle",
	"iowait", "irq", "softirq", "steal", "guest", "guest_nice" };

static void
assert_near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-9);
}

/* A plugin that has not been opened, and its /proc. */
static struct fettle_ctx *
begin(const char *options)
{
	return proc_begin(plugin, "cpu", options);
}

/* One that has taken its first reading. */
static struct fettle_ctx *
opened(const char *options, const char *fixture)
{
	struct fettle_ctx *ctx = begin(options);

	proc_put_fixture(ctx->proc, "stat", fixture);
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(ctx->lists.n, 0);
	return ctx;
}

static int
read_again(struct fettle_ctx *ctx)
{
	fake_clear(ctx);
	ctx->now += ctx->interval;
	return plugin->read(ctx);
}

static void
next(struct fettle_ctx *ctx, const char *fixture)
{
	proc_put_fixture(ctx->proc, "stat", fixture);
	assert_int_equal(read_again(ctx), 0);
}

static void
check(const struct fettle_ctx *ctx, const char *core, const char *field,
    double percent)
{
	assert_near(fake_value(ctx, core, field), percent);
}

/* What holds for every list, whatever was read. */
static void
check_sane(const struct fettle_ctx *ctx)
{
	struct fake_list *l;

	vec_each (l, &ctx->lists) {
		double sum = 0, busy;

		for (size_t i = 0; i < sizeof(states) / sizeof *states; i++) {
			const double v =
			    fake_value(ctx, l->instance, states[i]);

			assert_true(v >= 0 && v <= 100);
			sum += v;
		}
		assert_near(sum, 100);
		busy = fake_value(ctx, l->instance, "percent");
		assert_true(busy >= 0 && busy <= 100);
		assert_near(busy, sum - fake_value(ctx, l->instance, "idle") -
				      fake_value(ctx, l->instance, "iowait") -
				      fake_value(ctx, l->instance, "steal"));
	}
}

static void
a_reading_that_comes_too_soon_waits_for_the_next(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/two-cores.1");

	(void)state;
	proc_put_fixture(ctx->proc, "stat", "cpu/two-cores.2");
	ctx->now += 99999999;
	assert_int_equal(plugin->read(ctx), 0);
	assert_int_equal(ctx->lists.n, 0);
	/* the share is of all the time since open */
	ctx->now += 1;
	assert_int_equal(plugin->read(ctx), 0);
	assert_int_equal(ctx->lists.n, 3);
	check_sane(ctx);
	proc_end(ctx, true);
}

static void
the_first_read_has_values_since_open_took_a_reading(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/two-cores.1");

	(void)state;
	next(ctx, "cpu/two-cores.2");
	assert_int_equal(ctx->lists.n, 3);
	check_sane(ctx);
	check(ctx, NULL, "user", 100.0 * 40 / 200);
	check(ctx, NULL, "nice", 100.0 * 10 / 200);
	check(ctx, NULL, "system", 100.0 * 20 / 200);
	check(ctx, NULL, "idle", 100.0 * 120 / 200);
	check(ctx, NULL, "iowait", 100.0 * 10 / 200);
	check(ctx, NULL, "percent", 100.0 * 70 / 200);
	check(ctx, "0", "percent", 20);
	check(ctx, "1", "percent", 50);
	proc_end(ctx, true);
}

static void
cores_are_left_out_where_the_user_says_so(void **state)
{
	struct fettle_ctx *ctx = opened("per_core: false", "cpu/two-cores.1");

	(void)state;
	next(ctx, "cpu/two-cores.2");
	assert_int_equal(ctx->lists.n, 1);
	check(ctx, NULL, "percent", 35);
	proc_end(ctx, true);
}

static void
time_of_guests_is_counted_once(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/guests.1");

	(void)state;
	next(ctx, "cpu/guests.2");
	check_sane(ctx);
	check(ctx, NULL, "user", 20);
	check(ctx, NULL, "guest", 40);
	check(ctx, NULL, "nice", 5);
	check(ctx, NULL, "guest_nice", 15);
	check(ctx, NULL, "percent", 90);
	proc_end(ctx, true);
}

static void
iowait_and_idle_may_run_backwards(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/backwards.1");

	(void)state;
	next(ctx, "cpu/backwards.2");
	assert_int_equal(ctx->lists.n, 3);
	check_sane(ctx);
	check(ctx, "0", "iowait", 0);
	check(ctx, "0", "user", 100.0 * 10 / 140);
	check(ctx, "0", "percent", 100.0 * 20 / 140);
	check(ctx, "1", "idle", 0);
	check(ctx, "1", "iowait", 100.0 * 3 / 63);
	check(ctx, "1", "percent", 100.0 * 60 / 63);
	proc_end(ctx, true);
}

static void
counters_that_begin_anew_are_no_measure(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/reset.1");

	(void)state;
	next(ctx, "cpu/reset.2");
	assert_int_equal(ctx->lists.n, 0);
	next(ctx, "cpu/reset.3");
	assert_int_equal(ctx->lists.n, 2);
	check_sane(ctx);
	check(ctx, NULL, "percent", 30);
	proc_end(ctx, true);
}

static void
nothing_is_submitted_where_no_time_has_passed(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/two-cores.1");

	(void)state;
	assert_int_equal(read_again(ctx), 0);
	assert_int_equal(ctx->lists.n, 0);
	next(ctx, "cpu/two-cores.2");
	check(ctx, NULL, "percent", 35);
	proc_end(ctx, true);
}

static void
a_core_that_comes_is_measured_from_its_second_reading(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/hotplug.1");

	(void)state;
	next(ctx, "cpu/hotplug.2");
	assert_int_equal(ctx->lists.n, 3);
	assert_null(fake_find(ctx, "2"));
	next(ctx, "cpu/hotplug.3");
	check(ctx, "2", "percent", 25);
	proc_end(ctx, true);
}

static void
a_core_that_went_and_came_back_does_not_spike(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/hotplug.1");

	(void)state;
	next(ctx, "cpu/hotplug.2");
	check(ctx, "1", "percent", 25);
	next(ctx, "cpu/hotplug.3");
	assert_null(fake_find(ctx, "1"));
	next(ctx, "cpu/hotplug.4");
	assert_null(fake_find(ctx, "1"));
	check(ctx, "0", "percent", 25);
	next(ctx, "cpu/hotplug.5");
	check_sane(ctx);
	check(ctx, "1", "percent", 25);
	proc_end(ctx, true);
}

static void
a_core_that_came_back_too_soon_does_not_spike(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/hotplug.1");

	(void)state;
	next(ctx, "cpu/hotplug.2");
	next(ctx, "cpu/hotplug.3");
	ctx->now += 1 - ctx->interval;
	next(ctx, "cpu/hotplug.4");
	assert_int_equal(ctx->lists.n, 0);
	next(ctx, "cpu/hotplug.4");
	assert_null(fake_find(ctx, "1"));
	check(ctx, "0", "percent", 25);
	proc_end(ctx, true);
}

/* The machine would seem to have done nothing but work. */
static void
a_core_that_goes_with_its_idle_time_is_no_load(void **state)
{
	static const char two[] = "cpu  200 0 0 90000 0 0 0 0 0 0\nintr 1\n";
	static const char one[] = "cpu  210 0 0 50000 0 0 0 0 0 0\nintr 1\n";
	static const char next[] = "cpu  220 0 0 50030 0 0 0 0 0 0\nintr 1\n";
	struct fettle_ctx *ctx = begin("");

	(void)state;
	proc_put(ctx->proc, "stat", two, strlen(two));
	assert_int_equal(plugin->open(ctx), 0);
	proc_put(ctx->proc, "stat", one, strlen(one));
	assert_int_equal(read_again(ctx), 0);
	assert_int_equal(ctx->lists.n, 0);
	proc_put(ctx->proc, "stat", next, strlen(next));
	assert_int_equal(read_again(ctx), 0);
	check(ctx, NULL, "percent", 25);
	proc_end(ctx, true);
}

static void
what_is_stolen_is_not_busy(void **state)
{
	static const char before[] = "cpu  10 0 0 10 0 0 0 10 0 0\nintr 1\n";
	static const char after[] = "cpu  10 0 0 10 0 0 0 70 0 0\nintr 1\n";
	struct fettle_ctx *ctx = begin("");

	(void)state;
	proc_put(ctx->proc, "stat", before, strlen(before));
	assert_int_equal(plugin->open(ctx), 0);
	proc_put(ctx->proc, "stat", after, strlen(after));
	assert_int_equal(read_again(ctx), 0);
	check(ctx, NULL, "steal", 100);
	check(ctx, NULL, "percent", 0);
	proc_end(ctx, true);
}

static void
columns_an_old_kernel_lacks_are_nothing(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/linux-2.4.1");

	(void)state;
	next(ctx, "cpu/linux-2.4.2");
	check_sane(ctx);
	check(ctx, NULL, "percent", 50);
	check(ctx, NULL, "steal", 0);
	proc_end(ctx, true);
}

/* A machine of many cores: the n-th is busy for n % 100 ticks of 100.  The
 * text of 512 is over 64 KiB. */
static void
put_cores(struct fettle_ctx *ctx, size_t cores, unsigned long reading)
{
	static const char still[] =
	    "8123456781234567 9345678912345678 8123456712345678 "
	    "9345678912345678 8123456712345678 7123456712345678";
	struct buf b = { 0 };

	buf_printf(&b, "cpu  0 0 0 %lu 0 0 0 0 0 0\n", 1000000000 + reading);
	for (size_t i = 0; i < cores; i++)
		buf_printf(&b, "cpu%zu %lu 0 0 %lu %s\n", i,
		    412345678 + i % 100 * reading,
		    912345678 + (100 - i % 100) * reading, still);
	assert_true(cores < 512 || b.len > 65536);
	buf_printf(&b, "intr 173134");
	for (size_t i = 0; i < 10000; i++)
		buf_printf(&b, " 0");
	buf_printf(&b, "\nctxt 356423\n");
	proc_put(ctx->proc, "stat", b.data, b.len);
	buf_free(&b);
}

static void
check_many_cores(size_t cores)
{
	struct fettle_ctx *ctx = begin("");
	struct fake_list *l;
	long core = -1;

	put_cores(ctx, cores, 1);
	assert_int_equal(plugin->open(ctx), 0);
	put_cores(ctx, cores, 2);
	assert_int_equal(read_again(ctx), 0);
	assert_int_equal(ctx->lists.n, 1 + cores);
	vec_each (l, &ctx->lists) {
		if (core >= 0) {
			assert_int_equal(strtol(l->instance, NULL, 10), core);
			assert_near(l->values[0].real, (double)(core % 100));
		}
		core++;
	}
	assert_string_equal(plugin->fields.v[0].name, "percent");
	proc_end(ctx, true);
}

static void
there_may_be_any_number_of_cores(void **state)
{
	(void)state;
	for (size_t cores = 1; cores < 130; cores++)
		check_many_cores(cores);
	check_many_cores(512);
	check_many_cores(4096);
}

static void
a_core_no_kernel_can_have_is_not_remembered(void **state)
{
	static const char text[] = "cpu  10 0 0 10 0 0 0 10 0 0\n"
				   "cpu8192 1 1 1 1 1 1 1 1 1 1\n"
				   "cpu18446744073709551615 1 1 1 1\n"
				   "cpu99999999999999999999999 1 1 1 1\n"
				   "cpufreq 1 1 1 1\n"
				   "intr 1\n";
	struct fettle_ctx *ctx = begin("");

	(void)state;
	proc_put(ctx->proc, "stat", text, strlen(text));
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(read_again(ctx), 0);
	assert_int_equal(ctx->lists.n, 0);
	proc_end(ctx, true);
}

static void
whole_lines_count_where_the_file_is_cut_short(void **state)
{
	struct fettle_ctx *ctx = opened("", "cpu/two-cores.1");

	(void)state;
	next(ctx, "cpu/cut-short");
	assert_int_equal(ctx->lists.n, 2);
	check(ctx, NULL, "percent", 35);
	check(ctx, "0", "percent", 20);
	proc_end(ctx, true);
}

static void
a_file_without_the_machine_fails_and_heals(void **state)
{
	static const char *const bad[] = { "cpu/empty", "cpu/no-cpu",
		"cpu/cut-at-once", "cpu/three-columns" };
	static const int why[] = { ENODATA, ENODATA, ENODATA, EINVAL };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		struct fettle_ctx *ctx = opened("", "cpu/hotplug.1");

		proc_put_fixture(ctx->proc, "stat", bad[i]);
		assert_int_equal(read_again(ctx), -why[i]);
		assert_non_null(strstr(ctx->reason, "/proc/stat"));
		next(ctx, "cpu/hotplug.4");
		next(ctx, "cpu/hotplug.5");
		check(ctx, NULL, "percent", 25);
		proc_end(ctx, true);
	}
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	proc_put_fixture(ctx->proc, "stat", "cpu/empty");
	assert_int_equal(plugin->open(ctx), -ENODATA);
	proc_end(ctx, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_reading_that_comes_too_soon_waits_for_the_next),
		cmocka_unit_test(
		    the_first_read_has_values_since_open_took_a_reading),
		cmocka_unit_test(cores_are_left_out_where_the_user_says_so),
		cmocka_unit_test(time_of_guests_is_counted_once),
		cmocka_unit_test(iowait_and_idle_may_run_backwards),
		cmocka_unit_test(counters_that_begin_anew_are_no_measure),
		cmocka_unit_test(
		    nothing_is_submitted_where_no_time_has_passed),
		cmocka_unit_test(
		    a_core_that_comes_is_measured_from_its_second_reading),
		cmocka_unit_test(
		    a_core_that_went_and_came_back_does_not_spike),
		cmocka_unit_test(
		    a_core_that_came_back_too_soon_does_not_spike),
		cmocka_unit_test(
		    a_core_that_goes_with_its_idle_time_is_no_load),
		cmocka_unit_test(what_is_stolen_is_not_busy),
		cmocka_unit_test(columns_an_old_kernel_lacks_are_nothing),
		cmocka_unit_test(there_may_be_any_number_of_cores),
		cmocka_unit_test(a_core_no_kernel_can_have_is_not_remembered),
		cmocka_unit_test(
		    whole_lines_count_where_the_file_is_cut_short),
		cmocka_unit_test(a_file_without_the_machine_fails_and_heals),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
