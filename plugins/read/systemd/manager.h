/* SPDX-License-Identifier: MIT */
/*
 * The way to systemd: org.freedesktop.systemd1 on a bus.  Zeroed, a struct
 * manager is closed.  Calls wait until their deadline and no longer, and
 * return 0 or -errno.  Where the other side has answered with an error, why
 * says which, and all is well; where why is empty nobody answered, and it has
 * to be closed and opened anew.
 */
#ifndef SYSTEMD_MANAGER_H
#define SYSTEMD_MANAGER_H

#include <stddef.h>
#include <stdint.h>

struct sd_bus;

struct manager {
	struct sd_bus *bus;
	char why[256];
};

/* A unit; all of it is lent for the call. */
struct unit {
	const char *name, *load_state, *active_state;
	const char *path; /* of its object */
};

/* address: of the bus, NULL for that of the system.  Does not wait.  0, or
 * -errno: then it stays closed. */
int manager_open(struct manager *m, const char *address);
void manager_close(struct manager *m);

/* How much longer a call may take. */
struct deadline {
	int64_t at_us; /* CLOCK_MONOTONIC */
};
struct deadline deadline_in(int64_t ns);

/* All units that are loaded. */
int manager_units(struct manager *m, struct deadline d,
    void (*unit)(void *, const struct unit *), void *arg);

/* One by its name or an alias of it; it is loaded for that.  Nothing is called
 * where the name is none. */
int manager_unit(struct manager *m, struct deadline d, const char *name,
    void (*unit)(void *, const struct unit *), void *arg);

/* Its properties that are whole numbers, not negative. */
int manager_numbers(struct manager *m, struct deadline d, const char *path,
    const char *interface,
    void (*number)(void *, const char *property, uint64_t n), void *arg);

#endif
