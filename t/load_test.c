/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin load_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &load_LTX_fettle_plugin;

static void
put_online(struct fettle_ctx *ctx, const char *list)
{
	proc_put(ctx->sys, "devices/system/cpu/online", list, strlen(list));
}

static int
begin(void **state, const char *options)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "load", options);

	proc_put_fixture(ctx->proc, "loadavg", "load/machine");
	put_online(ctx, "0-3\n");
	assert_int_equal(plugin->open(ctx), 0);
	*state = ctx;
	return 0;
}

static int
set_up(void **state)
{
	return begin(state, "");
}

static int
set_up_per_cpu(void **state)
{
	return begin(state, "per_cpu: true");
}

static int
read_fixture(struct fettle_ctx *ctx, const char *fixture)
{
	proc_put_fixture(ctx->proc, "loadavg", fixture);
	return fake_read(ctx, 0);
}

static void
check(struct fettle_ctx *ctx, const char *field, double value)
{
	assert_true(fake_value(ctx, NULL, field) == value);
}

static void
averages_and_tasks_are_those_of_the_file(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "load/machine"), 0);
	assert_int_equal(ctx->lists.n, 1);
	check(ctx, "1m", 0.20);
	check(ctx, "5m", 0.18);
	check(ctx, "15m", 0.12);
	check(ctx, "runnable", 1);
	check(ctx, "tasks", 80);
}

/* Others cut the line after 15 bytes, and read 1 for the last average. */
static void
a_load_over_100_is_whole(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(read_fixture(ctx, "load/over-100"), 0);
	check(ctx, "15m", 100.02);
	assert_int_equal(read_fixture(ctx, "load/512-cpus"), 0);
	check(ctx, "1m", 10240.50);
	check(ctx, "5m", 9800.07);
	check(ctx, "runnable", 512);
	check(ctx, "tasks", 98304);
}

static void
a_share_of_each_cpu_is_not_there_unless_asked_for(void **state)
{
	struct fettle_ctx *ctx = *state;
	const struct fake_list *l;
	size_t values = 0;

	assert_int_equal(fake_read(ctx, 0), 0);
	l = fake_find(ctx, NULL);
	for (size_t i = 0; i < l->n; i++)
		values += l->values[i].kind != 0;
	assert_int_equal(values, 5);
}

static void
each_cpu_has_its_share(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(fake_read(ctx, 0), 0);
	check(ctx, "1m", 0.20);
	check(ctx, "1m_per_cpu", 0.20 / 4);
	check(ctx, "5m_per_cpu", 0.18 / 4);
	check(ctx, "15m_per_cpu", 0.12 / 4);
}

static void
cpus_may_come_and_go(void **state)
{
	struct fettle_ctx *ctx = *state;

	put_online(ctx, "0\n");
	assert_int_equal(fake_read(ctx, 0), 0);
	check(ctx, "1m_per_cpu", 0.20);
	put_online(ctx, "0-1,4,6-511\n");
	assert_int_equal(fake_read(ctx, 0), 0);
	check(ctx, "1m_per_cpu", 0.20 / 509);
}

static void
what_is_no_list_of_cpus_has_no_share(void **state)
{
	static const char *const bad[] = { "", "\n", "0-", "0-3", "3-0\n",
		"0-3,\n", "all\n", "0-3 \n" };
	struct fettle_ctx *ctx = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		put_online(ctx, bad[i]);
		assert_int_equal(fake_read(ctx, 0), -ENODATA);
		assert_non_null(strstr(ctx->reason, "cpu/online"));
		assert_int_equal(ctx->lists.n, 0);
	}
	put_online(ctx, "0-3\n");
	assert_int_equal(fake_read(ctx, 0), 0);
}

static void
a_read_fails_where_there_is_too_little_and_heals(void **state)
{
	static const char *const bad[] = { "load/empty", "load/cut-short",
		"load/two-averages", "load/not-numbers" };
	struct fettle_ctx *ctx = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		assert_int_equal(read_fixture(ctx, bad[i]), -ENODATA);
		assert_non_null(strstr(ctx->reason, "/proc/loadavg"));
		assert_int_equal(ctx->lists.n, 0);
		assert_int_equal(read_fixture(ctx, "load/machine"), 0);
	}
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = fake_new(plugin, "load", "per_cpu: true");

	(void)state;
	ctx->proc = "/nowhere";
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/loadavg"));
	ctx->proc = NULL;
	ctx->sys = "/nowhere";
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "cpu/online"));
	fake_free(ctx);
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, proc_tear_down)
#define PER_CPU_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up_per_cpu, proc_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(averages_and_tasks_are_those_of_the_file),
		MACHINE_TEST(a_load_over_100_is_whole),
		MACHINE_TEST(
		    a_share_of_each_cpu_is_not_there_unless_asked_for),
		PER_CPU_TEST(each_cpu_has_its_share),
		PER_CPU_TEST(cpus_may_come_and_go),
		PER_CPU_TEST(what_is_no_list_of_cpus_has_no_share),
		MACHINE_TEST(a_read_fails_where_there_is_too_little_and_heals),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
