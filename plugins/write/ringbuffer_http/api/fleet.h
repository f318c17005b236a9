/* SPDX-License-Identifier: MIT */
/*
 * Each host in a few numbers: all that the daemon knows, by its own list, and
 * those that history still has.  A fleet is of one request and one thread.
 */
#ifndef HUB_API_FLEET_H
#define HUB_API_FLEET_H

#include <jansson.h>

#include "../may.h"

enum { FLEET_POINTS = 30, FLEET_STEP_MS = 60000, FLEET_SILENT_MS = 30000 };

/* A number and what it was; NaN where there is none. */
struct trend {
	bool has;
	double value;
	double points[FLEET_POINTS];
};

struct member {
	char *name, *mount;
	const json_t *tags; /* lent by the fleet; NULL: none are known */
	bool heard;	    /* the daemon knows it: seen is its own clock's */
	bool past;	    /* history has something of it */
	int64_t seen, interval; /* ms; the latter may be 0: not known */
	struct trend cpu, memory, network;
	double disk, load, uptime;
};

struct fleet {
	struct member *v; /* by name */
	size_t n, cap;
	int64_t now, from;	/* ms; where the points of trends begin */
	struct may_hosts hosts; /* of which it is */
	json_t *heard;		/* what the daemon says of hosts */
	struct trend *(*trend)(struct member *m); /* which is collected */
};

/* Collects those that may be read, by the wall clock; 0 or -ENOMEM.  Called
 * with the hub's `use' held; in any case fleet_fini is next. */
int fleet_init(struct fleet *f, struct hub *hub, const struct may_hosts *hosts,
    int64_t now);
void fleet_fini(struct fleet *f);

/* Whether nothing came for 3 and a half of its intervals, and 30 s. */
bool fleet_is_silent(const struct fleet *f, const struct member *m);

#endif
