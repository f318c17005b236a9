/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_ctx.h"
#include "read/systemd/manager.h"
#include "read/systemd/unit.h"

extern const struct fettle_plugin systemd_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &systemd_LTX_fettle_plugin;

/* --- a manager that answers as it is told -------------------------------- */

struct number {
	const char *name;
	uint64_t n;
};

/* loaded: it is in the list of all. */
struct fake {
	const char *name, *state, *load;
	bool loaded;
	struct number numbers[4];
};

static const struct fake usual[] = {
	{ "nginx.service", "active", "loaded", true,
	    { { "NRestarts", 3 }, { "MemoryCurrent", 4096 },
		{ "TasksCurrent", 5 }, { "CPUUsageNSec", 1500000000 } } },
	{ "broken.service", "failed", "loaded", true,
	    { { "NRestarts", 5 }, { "MemoryCurrent", UINT64_MAX },
		{ "TasksCurrent", UINT64_MAX },
		{ "CPUUsageNSec", UINT64_MAX } } },
	{ "sys.slice", "active", "loaded", true,
	    { { "MemoryCurrent", 8192 }, { "Other", 1 } } },
	{ "daily.timer", "active", "loaded", true,
	    { { "MemoryCurrent", 1 } } },
	{ "dev-a\\x2db.mount", "inactive", "loaded", true, { { 0 } } },
	{ "late.service", "activating", "loaded", true, { { 0 } } },
	{ "new.service", "hatching", "loaded", true, { { 0 } } },
	{ "asleep.service", "inactive", "loaded", false,
	    { { "NRestarts", 0 }, { "MemoryCurrent", UINT64_MAX } } },
	{ "unknown.service", "inactive", "not-found", false, { { 0 } } },
};

static struct {
	const struct fake *units;
	size_t n;
	int opens, lists, asks; /* calls */
	int open_rc;
	int broken;	  /* so many lists fail as a lost connection does */
	int list_rc;	  /* what lists fail with after these */
	const char *says; /* error that goes with list_rc, ask_rc */
	int ask_rc;	  /* what questions for numbers fail with */
} fake;

struct deadline
deadline_in(int64_t ns)
{
	assert_true(ns > 0 && ns < 10000000000);
	return (struct deadline){ ns / 1000 };
}

int
manager_open(struct manager *m, const char *address)
{
	(void)address;
	assert_null(m->bus);
	fake.opens++;
	if (fake.open_rc == 0)
		m->bus = (struct sd_bus *)&fake;
	return fake.open_rc;
}

void
manager_close(struct manager *m)
{
	m->bus = NULL;
	m->why[0] = '\0';
}

static int
fake_error(struct manager *m, int rc)
{
	assert_non_null(m->bus);
	snprintf(m->why, sizeof(m->why), "%s",
	    rc != 0 && fake.says != NULL ? fake.says : "");
	return rc;
}

static void
fake_unit(
    const struct fake *f, void (*unit)(void *, const struct unit *), void *arg)
{
	const struct unit u = { f->name, f->load, f->state, f->name };

	unit(arg, &u);
}

int
manager_units(struct manager *m, struct deadline d,
    void (*unit)(void *, const struct unit *), void *arg)
{
	(void)d;
	fake.lists++;
	if (fake.broken > 0) {
		fake.broken--;
		return fake_error(m, -ECONNRESET);
	}
	for (size_t i = 0; i < fake.n && fake.list_rc == 0; i++)
		if (fake.units[i].loaded)
			fake_unit(&fake.units[i], unit, arg);
	return fake_error(m, fake.list_rc);
}

int
manager_unit(struct manager *m, struct deadline d, const char *name,
    void (*unit)(void *, const struct unit *), void *arg)
{
	(void)d;
	if (strcmp(name, "www.service") == 0)
		name = "nginx.service"; /* an alias */
	for (size_t i = 0; i < fake.n; i++)
		if (strcmp(fake.units[i].name, name) == 0)
			fake_unit(&fake.units[i], unit, arg);
	return fake_error(m, 0);
}

int
manager_numbers(struct manager *m, struct deadline d, const char *path,
    const char *interface, void (*number)(void *, const char *, uint64_t),
    void *arg)
{
	(void)d;
	assert_non_null(strstr(interface, "org.freedesktop.systemd1."));
	fake.asks++;
	for (size_t i = 0; i < fake.n && fake.ask_rc == 0; i++)
		if (strcmp(fake.units[i].name, path) == 0)
			for (size_t n = 0; n < 4; n++)
				if (fake.units[i].numbers[n].name != NULL)
					number(arg,
					    fake.units[i].numbers[n].name,
					    fake.units[i].numbers[n].n);
	return fake_error(m, fake.ask_rc);
}

/* --- helpers ------------------------------------------------------------- */

static struct fettle_ctx *
opened(const char *options)
{
	struct fettle_ctx *ctx = fake_new(plugin, "systemd", options);

	memset(&fake, 0, sizeof(fake));
	fake.units = usual;
	fake.n = sizeof(usual) / sizeof *usual;
	assert_int_equal(plugin->open(ctx), 0);
	return ctx;
}

static void
end(struct fettle_ctx *ctx)
{
	plugin->close(ctx);
	fake_free(ctx);
}

static void
next(struct fettle_ctx *ctx)
{
	fake_clear(ctx);
	assert_int_equal(plugin->read(ctx), 0);
}

/* --- units --------------------------------------------------------------- */

static void
every_state_of_systemd_has_its_place(void **state)
{
	static const char *const names[] = { "active", "reloading",
		"refreshing", "inactive", "failed", "activating",
		"deactivating", "maintenance" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof *names; i++)
		assert_string_equal(
		    plugin->fields.v[unit_state(names[i])].name, names[i]);
	assert_int_equal(unit_state("hatching"), UNIT_N);
	assert_int_equal(unit_state(""), UNIT_N);
}

static void
what_takes_nothing_is_not_asked_what_it_takes(void **state)
{
	(void)state;
	assert_string_equal(
	    unit_interface("a.b.service"), "org.freedesktop.systemd1.Service");
	assert_string_equal(
	    unit_interface("user.slice"), "org.freedesktop.systemd1.Slice");
	assert_null(unit_interface("daily.timer"));
	assert_null(unit_interface("basic.target"));
	assert_null(unit_interface("service"));
	assert_null(unit_interface(""));
}

static void
all_bits_set_is_no_number(void **state)
{
	struct fettle_value v[UNIT_N] = { 0 };

	(void)state;
	unit_take(v, "MemoryCurrent", UINT64_MAX);
	unit_take(v, "TasksCurrent", UINT64_MAX);
	unit_take(v, "CPUUsageNSec", UINT64_MAX);
	unit_take(v, "MemoryPeak", 7);
	for (size_t i = 0; i < UNIT_N; i++)
		assert_int_equal(v[i].kind, 0);
	unit_take(v, "MemoryCurrent", 0);
	assert_int_equal(v[UNIT_MEMORY].kind, FETTLE_GAUGE);
}

/* --- reads --------------------------------------------------------------- */

static void
units_are_counted_by_state_and_none_is_asked(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	for (int i = 0; i < 2; i++) {
		next(ctx);
		assert_int_equal(ctx->lists.n, 1);
		fake_check(ctx, NULL, "count", 7);
		fake_check(ctx, NULL, "active", 3);
		fake_check(ctx, NULL, "failed", 1);
		fake_check(ctx, NULL, "inactive", 1);
		fake_check(ctx, NULL, "activating", 1);
		fake_check(ctx, NULL, "deactivating", 0);
		fake_check(ctx, NULL, "maintenance", 0);
		assert_false(fake_has(ctx, NULL, "memory"));
		assert_false(fake_has(ctx, NULL, "restarts"));
	}
	assert_int_equal(fake.opens, 1);
	assert_int_equal(fake.lists, 2);
	assert_int_equal(fake.asks, 0);
	end(ctx);
}

static void
chosen_units_have_lists_of_their_own(void **state)
{
	struct fettle_ctx *ctx =
	    opened("{units: [\"*.service\", sys.slice, daily.timer], exclude: "
		   "[late*, new.*]}");

	(void)state;
	next(ctx);
	assert_int_equal(ctx->lists.n, 5);
	fake_check(ctx, "nginx.service", "active", 1);
	fake_check(ctx, "nginx.service", "failed", 0);
	fake_check(ctx, "nginx.service", "restarts", 3);
	fake_check(ctx, "nginx.service", "memory", 4096);
	fake_check(ctx, "nginx.service", "tasks", 5);
	fake_check(ctx, "nginx.service", "cpu", 1.5);
	assert_false(fake_has(ctx, "nginx.service", "count"));
	fake_check(ctx, "broken.service", "active", 0);
	fake_check(ctx, "broken.service", "failed", 1);
	fake_check(ctx, "broken.service", "restarts", 5);
	assert_false(fake_has(ctx, "broken.service", "memory"));
	assert_false(fake_has(ctx, "broken.service", "tasks"));
	assert_false(fake_has(ctx, "broken.service", "cpu"));
	fake_check(ctx, "sys.slice", "memory", 8192);
	assert_false(fake_has(ctx, "sys.slice", "restarts"));
	fake_check(ctx, "daily.timer", "active", 1);
	assert_false(fake_has(ctx, "daily.timer", "memory"));
	assert_int_equal(fake.asks, 3);
	end(ctx);
}

static void
a_unit_is_called_what_systemd_calls_it(void **state)
{
	struct fettle_ctx *ctx = opened("units: 'dev-a\\x2db.mount'");

	(void)state;
	next(ctx);
	fake_check(ctx, "dev-a\\x2db.mount", "inactive", 1);
	end(ctx);
}

static void
a_unit_that_was_named_is_asked_for_where_it_is_not_loaded(void **state)
{
	struct fettle_ctx *ctx =
	    opened("units: [asleep.service, www.service]");

	(void)state;
	next(ctx);
	fake_check(ctx, NULL, "count", 7);
	fake_check(ctx, "asleep.service", "inactive", 1);
	fake_check(ctx, "asleep.service", "restarts", 0);
	fake_check(ctx, "www.service", "active", 1);
	fake_check(ctx, "www.service", "memory", 4096);
	assert_int_equal(ctx->log.len, 0);
	end(ctx);
}

static void
a_unit_that_there_is_none_of_is_said_once(void **state)
{
	struct fettle_ctx *ctx = opened(
	    "{units: [unknown.service, nonsense, \"no*\", left.service], "
	    "exclude: left.service}");

	(void)state;
	next(ctx);
	assert_int_equal(ctx->lists.n, 1);
	assert_non_null(strstr(ctx->log.data, "'unknown.service'"));
	assert_non_null(strstr(ctx->log.data, "'nonsense'"));
	assert_null(strstr(ctx->log.data, "'no*'"));
	assert_null(strstr(ctx->log.data, "left"));
	ctx->log.len = 0;
	next(ctx);
	assert_int_equal(ctx->log.len, 0);
	end(ctx);
}

static void
a_state_that_is_not_known_is_none_of_those_that_are(void **state)
{
	struct fettle_ctx *ctx = opened("units: new.service");

	(void)state;
	next(ctx);
	fake_check(ctx, "new.service", "active", 0);
	fake_check(ctx, "new.service", "failed", 0);
	fake_check(ctx, "new.service", "activating", 0);
	end(ctx);
}

static void
a_unit_that_is_gone_before_it_is_asked_has_its_state(void **state)
{
	struct fettle_ctx *ctx = opened("units: nginx.service");

	(void)state;
	fake.ask_rc = -EBADR;
	fake.says = "Unknown object";
	next(ctx);
	fake_check(ctx, "nginx.service", "active", 1);
	assert_false(fake_has(ctx, "nginx.service", "memory"));
	assert_int_equal(fake.opens, 1);
	end(ctx);
}

/* --- a connection -------------------------------------------------------- */

static void
a_bus_that_was_started_anew_costs_no_value(void **state)
{
	struct fettle_ctx *ctx = opened("units: nginx.service");

	(void)state;
	next(ctx);
	fake.broken = 1;
	next(ctx);
	fake_check(ctx, NULL, "count", 7);
	assert_int_equal(ctx->lists.n, 2);
	assert_int_equal(fake.opens, 2);
	end(ctx);
}

static void
a_bus_that_is_gone_fails_and_heals(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	fake.broken = 2;
	assert_int_equal(plugin->read(ctx), -ECONNRESET);
	fake.open_rc = -ENOENT;
	assert_int_equal(plugin->read(ctx), -ENOENT);
	assert_int_equal(ctx->lists.n, 0);
	fake.open_rc = 0;
	next(ctx);
	fake_check(ctx, NULL, "count", 7);
	end(ctx);
}

static void
a_bus_that_is_silent_is_not_asked_twice(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	fake.list_rc = -ETIMEDOUT;
	assert_int_equal(plugin->read(ctx), -ETIMEDOUT);
	assert_int_equal(fake.lists, 1);
	assert_int_equal(fake.opens, 1);
	fake.list_rc = 0;
	next(ctx);
	assert_int_equal(fake.opens, 2);
	end(ctx);
}

static void
what_the_bus_says_is_passed_on(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	fake.list_rc = -EHOSTUNREACH;
	fake.says = "no such name";
	assert_int_equal(plugin->read(ctx), -EHOSTUNREACH);
	assert_non_null(strstr(ctx->reason, "no such name"));
	assert_int_equal(fake.lists, 1);
	fake.says = NULL;
	assert_int_equal(plugin->read(ctx), -EHOSTUNREACH);
	assert_null(strstr(ctx->reason, "no such name"));
	end(ctx);
}

static void
a_connection_that_breaks_half_way_fails_the_read(void **state)
{
	struct fettle_ctx *ctx = opened("units: nginx.service");

	(void)state;
	fake.ask_rc = -ECONNRESET;
	assert_int_equal(plugin->read(ctx), -ECONNRESET);
	fake.ask_rc = 0;
	next(ctx);
	assert_int_equal(fake.opens, 2);
	fake_check(ctx, "nginx.service", "memory", 4096);
	end(ctx);
}

static void
open_fails_where_there_is_no_bus(void **state)
{
	struct fettle_ctx *ctx = fake_new(plugin, "systemd", "");

	(void)state;
	fake.open_rc = -ENOENT;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	fake_free(ctx);
}

static void
an_address_that_starts_a_program_is_refused(void **state)
{
	struct fettle_ctx *ctx =
	    fake_new(plugin, "systemd", "bus: unixexec:path=/bin/false");

	(void)state;
	fake.opens = 0;
	assert_int_equal(plugin->open(ctx), -EINVAL);
	assert_non_null(strstr(ctx->reason, "unix:"));
	assert_int_equal(fake.opens, 0);
	fake_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_of_systemd_has_its_place),
		cmocka_unit_test(
		    what_takes_nothing_is_not_asked_what_it_takes),
		cmocka_unit_test(all_bits_set_is_no_number),
		cmocka_unit_test(units_are_counted_by_state_and_none_is_asked),
		cmocka_unit_test(chosen_units_have_lists_of_their_own),
		cmocka_unit_test(a_unit_is_called_what_systemd_calls_it),
		cmocka_unit_test(
		    a_unit_that_was_named_is_asked_for_where_it_is_not_loaded),
		cmocka_unit_test(a_unit_that_there_is_none_of_is_said_once),
		cmocka_unit_test(
		    a_state_that_is_not_known_is_none_of_those_that_are),
		cmocka_unit_test(
		    a_unit_that_is_gone_before_it_is_asked_has_its_state),
		cmocka_unit_test(a_bus_that_was_started_anew_costs_no_value),
		cmocka_unit_test(a_bus_that_is_gone_fails_and_heals),
		cmocka_unit_test(a_bus_that_is_silent_is_not_asked_twice),
		cmocka_unit_test(what_the_bus_says_is_passed_on),
		cmocka_unit_test(
		    a_connection_that_breaks_half_way_fails_the_read),
		cmocka_unit_test(open_fails_where_there_is_no_bus),
		cmocka_unit_test(an_address_that_starts_a_program_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
