/* SPDX-License-Identifier: MIT */
#include "manager.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define MANAGER_NAME "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
#define MANAGER_UNIT "(ssssssouso)"

enum { MANAGER_STALE = 10000 }; /* messages that nobody waits for */

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct deadline
deadline_in(int64_t ns)
{
	return (struct deadline){ now_us() + ns / 1000 };
}

/* sd-bus takes 0 for its own idea of a limit. */
static uint64_t
deadline_left(struct deadline d)
{
	const int64_t left = d.at_us - now_us();

	return left > 1 ? (uint64_t)left : 1;
}

int
manager_open(struct manager *m, const char *address)
{
	int rc;

	if (address == NULL || *address == '\0') {
		rc = sd_bus_open_system(&m->bus);
		return rc < 0 ? rc : 0;
	}
	rc = sd_bus_new(&m->bus);
	if (rc >= 0)
		rc = sd_bus_set_address(m->bus, address);
	if (rc >= 0)
		rc = sd_bus_set_bus_client(m->bus, 1);
	if (rc >= 0)
		rc = sd_bus_start(m->bus);
	if (rc < 0)
		manager_close(m);
	return rc < 0 ? rc : 0;
}

void
manager_close(struct manager *m)
{
	m->bus = sd_bus_close_unref(m->bus);
	m->why[0] = '\0';
}

/* Until the bus has let us in.  sd_bus_call would wait for that for its own
 * time, whatever it is told; and what came meanwhile that nobody asked for is
 * thrown away here. */
static int
manager_ready(struct manager *m, struct deadline d)
{
	int rc;

	for (size_t i = 0; i < MANAGER_STALE; i++) {
		rc = sd_bus_process(m->bus, NULL);
		if (rc > 0)
			continue;
		if (rc == 0)
			rc = sd_bus_is_ready(m->bus);
		if (rc != 0)
			return rc < 0 ? rc : 0;
		if (now_us() >= d.at_us)
			return -ETIMEDOUT;
		rc = sd_bus_wait(m->bus, deadline_left(d));
		if (rc < 0 && rc != -EINTR)
			return rc;
	}
	return -EBUSY;
}

/* Whether the other side has answered with it; sd-bus makes its own. */
static bool
manager_said(const sd_bus_error *error)
{
	static const char own[] = "System.Error.";

	return error->name != NULL && error->message != NULL &&
	       strncmp(error->name, own, sizeof(own) - 1) != 0;
}

/* Takes call; rc says whether it could be made.  The reply is the caller's. */
static int
manager_call(struct manager *m, struct deadline d, sd_bus_message *call,
    int rc, sd_bus_message **reply)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	m->why[0] = '\0';
	if (rc >= 0)
		rc = sd_bus_message_set_auto_start(call, 0);
	if (rc >= 0)
		rc = manager_ready(m, d);
	if (rc >= 0)
		rc =
		    sd_bus_call(m->bus, call, deadline_left(d), &error, reply);
	if (rc < 0 && manager_said(&error))
		snprintf(m->why, sizeof(m->why), "%s", error.message);
	sd_bus_error_free(&error);
	sd_bus_message_unref(call);
	return rc < 0 ? rc : 0;
}

/* Takes reply. */
static int
manager_each(sd_bus_message *reply, void (*unit)(void *, const struct unit *),
    void *arg)
{
	struct unit u;
	int rc = sd_bus_message_enter_container(
	    reply, SD_BUS_TYPE_ARRAY, MANAGER_UNIT);

	while (rc >= 0) {
		rc = sd_bus_message_read(reply, MANAGER_UNIT, &u.name, NULL,
		    &u.load_state, &u.active_state, NULL, NULL, &u.path, NULL,
		    NULL, NULL);
		if (rc <= 0)
			break;
		unit(arg, &u);
	}
	sd_bus_message_unref(reply);
	return rc < 0 ? rc : 0;
}

int
manager_units(struct manager *m, struct deadline d,
    void (*unit)(void *, const struct unit *), void *arg)
{
	sd_bus_message *call = NULL, *reply = NULL;
	int rc = sd_bus_message_new_method_call(m->bus, &call, MANAGER_NAME,
	    MANAGER_PATH, MANAGER_INTERFACE, "ListUnits");

	rc = manager_call(m, d, call, rc, &reply);
	return rc < 0 ? rc : manager_each(reply, unit, arg);
}

int
manager_unit(struct manager *m, struct deadline d, const char *name,
    void (*unit)(void *, const struct unit *), void *arg)
{
	sd_bus_message *call = NULL, *reply = NULL;
	int rc = sd_bus_message_new_method_call(m->bus, &call, MANAGER_NAME,
	    MANAGER_PATH, MANAGER_INTERFACE, "ListUnitsByNames");

	if (rc >= 0)
		rc = sd_bus_message_append(call, "as", 1, name);
	rc = manager_call(m, d, call, rc, &reply);
	return rc < 0 ? rc : manager_each(reply, unit, arg);
}

/* Moves behind a variant: 1 and *n where it is a number that counts, else 0.
 */
static int
manager_variant(sd_bus_message *reply, uint64_t *n)
{
	const char *type;
	uint32_t small;
	int rc = sd_bus_message_peek_type(reply, NULL, &type);

	if (rc < 0)
		return rc;
	if (strcmp(type, "t") == 0) {
		rc = sd_bus_message_read(reply, "v", type, n);
		return rc < 0 ? rc : 1;
	}
	if (strcmp(type, "u") == 0) {
		rc = sd_bus_message_read(reply, "v", type, &small);
		*n = small;
		return rc < 0 ? rc : 1;
	}
	rc = sd_bus_message_skip(reply, "v");
	return rc < 0 ? rc : 0;
}

/* Takes reply. */
static int
manager_properties(sd_bus_message *reply,
    void (*number)(void *, const char *, uint64_t), void *arg)
{
	const char *name;
	uint64_t n;
	int rc =
	    sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");

	while (rc >= 0) {
		rc = sd_bus_message_enter_container(
		    reply, SD_BUS_TYPE_DICT_ENTRY, "sv");
		if (rc <= 0)
			break;
		rc = sd_bus_message_read(reply, "s", &name);
		if (rc >= 0)
			rc = manager_variant(reply, &n);
		if (rc > 0)
			number(arg, name, n);
		if (rc >= 0)
			rc = sd_bus_message_exit_container(reply);
	}
	sd_bus_message_unref(reply);
	return rc < 0 ? rc : 0;
}

int
manager_numbers(struct manager *m, struct deadline d, const char *path,
    const char *interface, void (*number)(void *, const char *, uint64_t),
    void *arg)
{
	sd_bus_message *call = NULL, *reply = NULL;
	int rc = sd_bus_message_new_method_call(m->bus, &call, MANAGER_NAME,
	    path, "org.freedesktop.DBus.Properties", "GetAll");

	if (rc >= 0)
		rc = sd_bus_message_append(call, "s", interface);
	rc = manager_call(m, d, call, rc, &reply);
	return rc < 0 ? rc : manager_properties(reply, number, arg);
}
