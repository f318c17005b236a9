/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin load_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &load_LTX_fettle_plugin;

struct machine {
	char *root;
	struct fettle_ctx *ctx;
};

static void
put_online(struct machine *m, const char *list)
{
	proc_put(m->root, "devices/system/cpu/online", list, strlen(list));
}

static void
begin(struct machine *m, const char *options)
{
	m->root = proc_new();
	m->ctx = fake_new(plugin, "load", options);
	m->ctx->proc = m->ctx->sys = m->root;
	proc_put_fixture(m->root, "loadavg", "load/machine");
	put_online(m, "0-3\n");
	assert_int_equal(plugin->open(m->ctx), 0);
}

static int
set_up(void **state)
{
	static struct machine m;

	begin(&m, "");
	*state = &m;
	return 0;
}

static int
set_up_per_cpu(void **state)
{
	static struct machine m;

	begin(&m, "per_cpu: true");
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
	proc_put_fixture(m->root, "loadavg", fixture);
	return fake_read(m->ctx, 0);
}

static void
check(struct machine *m, const char *field, double value)
{
	assert_true(fake_value(m->ctx, NULL, field) == value);
}

static void
averages_and_tasks_are_those_of_the_file(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "load/machine"), 0);
	assert_int_equal(m->ctx->lists.n, 1);
	check(m, "1m", 0.20);
	check(m, "5m", 0.18);
	check(m, "15m", 0.12);
	check(m, "runnable", 1);
	check(m, "tasks", 80);
}

/* Others cut the line after 15 bytes, and read 1 for the last average. */
static void
a_load_over_100_is_whole(void **state)
{
	struct machine *m = *state;

	assert_int_equal(read_fixture(m, "load/over-100"), 0);
	check(m, "15m", 100.02);
	assert_int_equal(read_fixture(m, "load/512-cpus"), 0);
	check(m, "1m", 10240.50);
	check(m, "5m", 9800.07);
	check(m, "runnable", 512);
	check(m, "tasks", 98304);
}

static void
a_share_of_each_cpu_is_not_there_unless_asked_for(void **state)
{
	struct machine *m = *state;
	const struct fake_list *l;
	size_t values = 0;

	assert_int_equal(fake_read(m->ctx, 0), 0);
	l = fake_find(m->ctx, NULL);
	for (size_t i = 0; i < l->n; i++)
		values += l->values[i].kind != 0;
	assert_int_equal(values, 5);
}

static void
each_cpu_has_its_share(void **state)
{
	struct machine *m = *state;

	assert_int_equal(fake_read(m->ctx, 0), 0);
	check(m, "1m", 0.20);
	check(m, "1m_per_cpu", 0.20 / 4);
	check(m, "5m_per_cpu", 0.18 / 4);
	check(m, "15m_per_cpu", 0.12 / 4);
}

static void
cpus_may_come_and_go(void **state)
{
	struct machine *m = *state;

	put_online(m, "0\n");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	check(m, "1m_per_cpu", 0.20);
	put_online(m, "0-1,4,6-511\n");
	assert_int_equal(fake_read(m->ctx, 0), 0);
	check(m, "1m_per_cpu", 0.20 / 509);
}

static void
what_is_no_list_of_cpus_has_no_share(void **state)
{
	static const char *const bad[] = { "", "\n", "0-", "0-3", "3-0\n",
		"0-3,\n", "all\n", "0-3 \n" };
	struct machine *m = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		put_online(m, bad[i]);
		assert_int_equal(fake_read(m->ctx, 0), -ENODATA);
		assert_non_null(strstr(m->ctx->reason, "cpu/online"));
		assert_int_equal(m->ctx->lists.n, 0);
	}
	put_online(m, "0-3\n");
	assert_int_equal(fake_read(m->ctx, 0), 0);
}

static void
a_read_fails_where_there_is_too_little_and_heals(void **state)
{
	static const char *const bad[] = { "load/empty", "load/cut-short",
		"load/two-averages", "load/not-numbers" };
	struct machine *m = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		assert_int_equal(read_fixture(m, bad[i]), -ENODATA);
		assert_non_null(strstr(m->ctx->reason, "/proc/loadavg"));
		assert_int_equal(m->ctx->lists.n, 0);
		assert_int_equal(read_fixture(m, "load/machine"), 0);
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
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define PER_CPU_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up_per_cpu, tear_down)

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
