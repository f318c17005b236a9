/* SPDX-License-Identifier: MIT */
/*
 * What one host measured in one interval, as people and scripts read it:
 *
 *	{"timestamp": 1763800000, "hostname": "web-1",
 *	 "cpu": {"per_core": [12.5, 40.1], "average": 26.3},
 *	 "memory": {"total": 25200000000, "used": 4200000000,
 *	            "free": 21000000000, "percent": 16.7},
 *	 "disk": {"total": 270000000000, "used": 17000000000,
 *	          "free": 239000000000, "percent": 6.6}}
 *
 * memory.free is what is available to programs.  disk is the root file system;
 * "mounts" has the others, if there are any.  Then may come one object for
 * each further plugin: {field: n}, and {instance: {field: n}}.
 *
 * A snapshot_host remembers the newest list of each series, so that what slow
 * plugins said is repeated: until the next is due, or where the whole plugin
 * is silent for 3 of its intervals.  A snapshot is of one host and one second.
 * Lists are shared between the two and never change.  Nothing here locks.
 */
#ifndef COMMON_SNAPSHOT_H
#define COMMON_SNAPSHOT_H

#include <fettle/plugin.h>

#include "common/text.h"

#define SNAPSHOT_CPU 1u
#define SNAPSHOT_MEMORY 2u
#define SNAPSHOT_DISK 4u
#define SNAPSHOT_BASE (SNAPSHOT_CPU | SNAPSHOT_MEMORY | SNAPSHOT_DISK)

enum { SNAPSHOT_MAX = 256 << 10 }; /* bytes of the lists of one */

struct snapshot_value {
	const char *name;
	struct fettle_value value;
};

/* The values of a list of memory or disk; a list of cpu has its percent. */
enum snapshot_space {
	SNAPSHOT_SPACE_TOTAL,
	SNAPSHOT_SPACE_USED,
	SNAPSHOT_SPACE_FREE, /* of memory: available */
	SNAPSHOT_SPACE_PERCENT,
	SNAPSHOT_SPACE_N
};

/* What is kept of a value list; shared, so it never changes. */
struct snapshot_list {
	unsigned refs;
	unsigned base; /* SNAPSHOT_CPU, ..., or 0 */
	int64_t second, interval_ns;
	size_t size;		       /* bytes of all this */
	const char *plugin, *instance; /* instance NULL: none */
	const char *tags;	       /* "{a=b,c=d}", or "" */
	size_t n;
	struct snapshot_value v[]; /* and then the texts */
};

/* Lists sorted by plugin, instance and tags; cores by number. */
struct snapshot_set {
	struct snapshot_list **v;
	size_t n, cap;
	size_t size; /* bytes of the lists in it */
	size_t hint; /* where the next one probably belongs */
};

struct snapshot_host {
	char *name;
	struct snapshot_set newest;
};

struct snapshot {
	int64_t second; /* since 1970; of every list of its own */
	struct snapshot_set lists;
	unsigned has; /* which of SNAPSHOT_BASE it shows */
};

/* The second that a list belongs to. */
int64_t snapshot_second(const struct fettle_list *l);

/* Whether a list begins a snapshot: SNAPSHOT_CPU, _MEMORY, _DISK, or 0. */
unsigned snapshot_base(const struct fettle_list *l);

/* Whether so many intervals of the list are over at that second. */
bool snapshot_is_over(
    const struct snapshot_list *l, int64_t second, int times);

/* Whether an instance is a number, as a core's is. */
bool snapshot_is_number(const char *instance);

/* A copy of what a snapshot needs of a list; 0 with *copy NULL where that is
 * nothing: fettle's own metrics, tags on cpu, memory or disk.  -ENOMEM. */
int snapshot_list_new(
    const struct fettle_list *l, struct snapshot_list **copy);
/* Gives the caller's reference back; NULL is fine. */
void snapshot_list_put(struct snapshot_list *list);

/* 0, -ENOMEM. */
int snapshot_host_init(struct snapshot_host *host, const char *name);
void snapshot_host_fini(struct snapshot_host *host);
/* Remembers the list; one that is older than what is there is not.  -E2BIG:
 * SNAPSHOT_MAX is reached. */
int snapshot_host_add(struct snapshot_host *host, struct snapshot_list *list);

/* Begins with what the host says of that second and still says then. */
int snapshot_init(
    struct snapshot *s, struct snapshot_host *host, int64_t second);
void snapshot_fini(struct snapshot *s);
/* Puts in a list of the snapshot's own second.  -E2BIG, -ENOMEM. */
int snapshot_add(struct snapshot *s, struct snapshot_list *list);

/* Appends it as JSON, without a line break.  all: with "mounts" and further
 * plugins; else the members shown above and no other. */
void snapshot_render(
    const struct snapshot *s, const char *host, bool all, struct text *to);

#endif
