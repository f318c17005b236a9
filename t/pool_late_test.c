/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/clock.h"
#include "flow/pool.h"

static int
nothing_read(struct fettle_ctx *ctx)
{
	(void)ctx;
	return 0;
}

static const struct fettle_plugin nothing = { FETTLE_ABI,
	.summary = "Reads nothing.", .flags = FETTLE_DYNAMIC,
	.read = nothing_read };

/*
 * What is due is in the heap; the thread that leads lies in its sleep, though
 * it should have run it long ago.  It will wake up without looking at the
 * timer again, and what it runs then may never return.
 */
static void
a_leader_that_oversleeps_is_looked_after(void **state)
{
	const struct limits limits = { 10, 10, 10, 10, 255 };
	struct series_table table;
	struct dispatch dispatch;
	struct fettle_ctx *instance;
	struct plugin *plugin;
	struct guard guard;
	struct pool pool;
	int64_t now;
	char why[128];

	(void)state;
	plugin = plugin_new("nothing", &nothing, why, sizeof(why));
	if (plugin == NULL)
		fail_msg("%s", why);
	assert_int_equal(guard_init(&guard), 0);
	series_init(&table, &limits, NULL);
	dispatch_init(&dispatch, &table);
	pool_init(&pool, &guard, &dispatch);
	instance = instance_new(plugin, "nothing", NULL, &guard);
	instance->interval_ns = NS_PER_S;
	instance->timeout_ns = 10 * NS_PER_S;
	pool_add(&pool, instance);
	instance_unref(instance);

	pool.leader = true;
	now = clock_mono() + NS_PER_S;
	guard_check(&guard, now);
	pool_check(&pool, now);
	assert_int_equal(guard.armed, now + POOL_SLOW_MS * NS_PER_MS);
	/* it is not replaced: it may still come */
	assert_int_equal(pool.threads, 0);

	pool.leader = false;
	assert_int_equal(pool_start(&pool), 0);
	assert_int_equal(pool_stop(&pool, clock_mono() + 30 * NS_PER_S), 0);
	pool_fini(&pool);
	dispatch_fini(&dispatch);
	series_fini(&table);
	guard_fini(&guard);
	plugin_free(plugin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leader_that_oversleeps_is_looked_after),
	};

	return cmocka_run_group_tests_name("pool_late", tests, NULL, NULL);
}
