/* SPDX-License-Identifier: MIT */
/*
 * systemd: how many units are in which state, and how single ones do.
 *
 * From the manager's interface on D-Bus, org.freedesktop.systemd1(5): one call
 * brings the states of all units, and one more for each chosen unit what it
 * takes.  Every user may ask both.
 *
 * The connection is kept.  Where the bus was started anew meanwhile the first
 * call fails, and is made again on a new connection.
 *
 * A unit that is neither running nor wanted by another is not loaded, and not
 * in the list of all: one that was named, and not only matched by a pattern,
 * is asked for by its name.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/globs.h"
#include "manager.h"
#include "unit.h"

#define UNIT_STATE(i, name, help)                                             \
	[i] = { name, FETTLE_GAUGE, FETTLE_NUMBER, help }

static const struct fettle_field systemd_fields[UNIT_N] = {
	[UNIT_COUNT] = { "count", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Units that are loaded." },
	UNIT_STATE(UNIT_ACTIVE, "active",
	    "Units that are active; of one unit 1 if it is, else 0, as in all states."),
	UNIT_STATE(UNIT_RELOADING, "reloading",
	    "Units that read their configuration again."),
	UNIT_STATE(UNIT_REFRESHING, "refreshing",
	    "Units whose files are replaced, since systemd 258."),
	UNIT_STATE(UNIT_INACTIVE, "inactive", "Units that are not active."),
	UNIT_STATE(UNIT_FAILED, "failed", "Units that have failed."),
	UNIT_STATE(UNIT_ACTIVATING, "activating", "Units that are starting."),
	UNIT_STATE(
	    UNIT_DEACTIVATING, "deactivating", "Units that are stopping."),
	UNIT_STATE(
	    UNIT_MAINTENANCE, "maintenance", "Units under maintenance."),
	[UNIT_RESTARTS] = { "restarts", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Times that Restart= has started the service again." },
	[UNIT_MEMORY] = { "memory", FETTLE_GAUGE, FETTLE_BYTES,
	    "Memory of the unit, with the cache of its files." },
	[UNIT_TASKS] = { "tasks", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Processes and threads of the unit." },
	[UNIT_CPU] = { "cpu", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Processor time of the unit." },
};

/* A unit that was chosen, in this read. */
struct chosen {
	char *name, *path;
	size_t state;
};

struct systemd {
	struct fettle_strings units, exclude;
	const char *bus;
	struct manager manager;
	bool *missing; /* of units: this one is none, was logged */
	uint64_t states[UNIT_N + 1];
	struct chosen *v;
	size_t n, cap;
	bool no_memory;
};

static const struct fettle_option systemd_options[] = {
	FETTLE_OPTION(struct systemd, units, "",
	    "Units to report one by one, as names or patterns: nginx.service, \"*.mount\"."),
	FETTLE_OPTION(struct systemd, exclude, "",
	    "Units to leave out of these, as names or patterns."),
	FETTLE_OPTION(struct systemd, bus, "",
	    "Address of the bus that the manager is on, unix:path=/run/user/1000/bus; the system's where this is not given."),
};

/* --- which units --------------------------------------------------------- */

static void
systemd_forget(struct systemd *self)
{
	for (size_t i = 0; i < self->n; i++) {
		free(self->v[i].name);
		free(self->v[i].path);
	}
	self->n = 0;
	memset(self->states, 0, sizeof(self->states));
}

static bool
systemd_choose(struct systemd *self, const char *name, const struct unit *u)
{
	struct chosen *c;

	if (self->n == self->cap) {
		const size_t cap = self->cap == 0 ? 16 : 2 * self->cap;
		struct chosen *more = reallocarray(self->v, cap, sizeof *more);

		if (more == NULL)
			return false;
		self->v = more;
		self->cap = cap;
	}
	c = &self->v[self->n++];
	*c = (struct chosen){ strdup(name), strdup(u->path),
		unit_state(u->active_state) };
	return c->name != NULL && c->path != NULL;
}

static void
systemd_unit(void *arg, const struct unit *u)
{
	struct systemd *self = arg;

	self->states[UNIT_COUNT]++;
	self->states[unit_state(u->active_state)]++;
	if (self->units.n > 0 &&
	    globs_want(&self->units, &self->exclude, u->name, false) &&
	    !systemd_choose(self, u->name, u))
		self->no_memory = true;
}

static bool
systemd_has(const struct systemd *self, const char *name)
{
	for (size_t i = 0; i < self->n; i++)
		if (strcmp(self->v[i].name, name) == 0)
			return true;
	return false;
}

/* A unit that somebody named. */
struct wanted {
	struct systemd *self;
	const char *name;
	bool found;
};

static void
systemd_named(void *arg, const struct unit *u)
{
	struct wanted *w = arg;

	if (strcmp(u->load_state, "not-found") == 0)
		return;
	w->found = true;
	if (!systemd_choose(w->self, w->name, u))
		w->self->no_memory = true;
}

static void
systemd_say(struct fettle_ctx *ctx, size_t i, bool missing)
{
	struct systemd *self = fettle_self(ctx);

	if (missing && !self->missing[i])
		fettle_log(ctx, LOG_WARNING, "there is no unit '%s'",
		    self->units.v[i]);
	self->missing[i] = missing;
}

/* Asks for those that were named and are not loaded.  0 or -errno. */
static int
systemd_rest(struct fettle_ctx *ctx, struct deadline d)
{
	struct systemd *self = fettle_self(ctx);

	for (size_t i = 0; i < self->units.n; i++) {
		struct wanted w = { self, self->units.v[i], false };
		int rc;

		if (strpbrk(w.name, "*?[") != NULL ||
		    globs_match(&self->exclude, w.name) ||
		    systemd_has(self, w.name))
			continue;
		rc =
		    manager_unit(&self->manager, d, w.name, systemd_named, &w);
		if (rc < 0 && self->manager.why[0] == '\0')
			return rc;
		systemd_say(ctx, i, !w.found);
	}
	return 0;
}

/* --- what they do -------------------------------------------------------- */

static void
systemd_number(void *arg, const char *property, uint64_t n)
{
	unit_take(arg, property, n);
}

/* A unit that is gone meanwhile has its last state and no numbers. */
static int
systemd_submit(
    struct fettle_ctx *ctx, const struct chosen *c, struct deadline d)
{
	struct systemd *self = fettle_self(ctx);
	const char *interface = unit_interface(c->name);
	struct fettle_value v[UNIT_N] = { 0 };
	int rc;

	for (size_t i = UNIT_ACTIVE; i <= UNIT_MAINTENANCE; i++)
		v[i] = fettle_gauge(i == c->state);
	if (interface != NULL) {
		rc = manager_numbers(
		    &self->manager, d, c->path, interface, systemd_number, v);
		if (rc < 0 && self->manager.why[0] == '\0')
			return rc;
	}
	fettle_submit_values(ctx, c->name, v, UNIT_N);
	return 0;
}

static void
systemd_submit_states(struct fettle_ctx *ctx)
{
	const struct systemd *self = fettle_self(ctx);
	struct fettle_value v[UNIT_N] = { 0 };

	for (size_t i = UNIT_COUNT; i <= UNIT_MAINTENANCE; i++)
		v[i] = fettle_gauge((double)self->states[i]);
	fettle_submit_values(ctx, NULL, v, UNIT_N);
}

/* The states of all, on a new connection where the old one is no more. */
static int
systemd_list(struct fettle_ctx *ctx, struct deadline d)
{
	struct systemd *self = fettle_self(ctx);
	const bool kept = self->manager.bus != NULL;
	int rc = -ENOTCONN;

	systemd_forget(self);
	if (kept)
		rc = manager_units(&self->manager, d, systemd_unit, self);
	if (rc >= 0 || rc == -ETIMEDOUT || self->manager.why[0] != '\0')
		return rc;
	manager_close(&self->manager);
	systemd_forget(self);
	rc = manager_open(&self->manager, self->bus);
	return rc < 0 ? rc
		      : manager_units(&self->manager, d, systemd_unit, self);
}

static int
systemd_ask(struct fettle_ctx *ctx, struct deadline d)
{
	struct systemd *self = fettle_self(ctx);
	int rc = systemd_list(ctx, d);

	if (rc == 0)
		rc = systemd_rest(ctx, d);
	if (rc == 0 && self->no_memory)
		rc = -ENOMEM;
	if (rc != 0)
		return rc;
	systemd_submit_states(ctx);
	for (size_t i = 0; i < self->n && rc == 0; i++)
		rc = systemd_submit(ctx, &self->v[i], d);
	return rc;
}

static int
systemd_read(struct fettle_ctx *ctx)
{
	struct systemd *self = fettle_self(ctx);
	const char *why = self->manager.why;
	int rc;

	self->no_memory = false;
	rc = systemd_ask(ctx, deadline_in(fettle_left(ctx) / 4 * 3));
	systemd_forget(self);
	if (rc == 0)
		return 0;
	rc = fettle_fail(ctx, -rc, "ask systemd for its units%s%s",
	    why[0] != '\0' ? ": " : "", why);
	manager_close(&self->manager);
	return rc;
}

/* --- begin and end ------------------------------------------------------- */

static void
systemd_close(struct fettle_ctx *ctx)
{
	struct systemd *self = fettle_self(ctx);

	manager_close(&self->manager);
	systemd_forget(self);
	free(self->v);
	free(self->missing);
	self->v = NULL;
	self->missing = NULL;
	self->cap = 0;
}

/* Of the ways to a bus that there are one starts programs: it is not taken. */
static int
systemd_open(struct fettle_ctx *ctx)
{
	struct systemd *self = fettle_self(ctx);
	int rc;

	if (self->bus != NULL && strncmp(self->bus, "unix:", 5) != 0)
		return fettle_fail(ctx, EINVAL,
		    "bus: '%s' does not begin with 'unix:'", self->bus);
	self->missing = calloc(self->units.n + 1, sizeof *self->missing);
	if (self->missing == NULL)
		return fettle_fail(ctx, ENOMEM, "keep what is missing");
	rc = manager_open(&self->manager, self->bus);
	if (rc == 0)
		return 0;
	rc = fettle_fail(ctx, -rc, "connect to the bus of systemd");
	systemd_close(ctx);
	return rc;
}

FETTLE_PLUGIN(systemd) = {
	FETTLE_ABI,
	.summary =
	    "How many units of systemd are in which state, and how single ones do.",
	.instance_name = "unit",
	.headline = "systemd.failed",
	.fields = FETTLE_FIELDS(systemd_fields),
	.options = FETTLE_OPTIONS(systemd_options),
	.self_size = sizeof(struct systemd),
	.open = systemd_open,
	.read = systemd_read,
	.close = systemd_close,
};
