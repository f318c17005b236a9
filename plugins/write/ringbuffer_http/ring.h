/* SPDX-License-Identifier: MIT */
/*
 * The newest snapshots of all hosts, ordered by time, and where that is equal
 * by arrival.  A snapshot appears with its first list of cpu, memory or disk.
 * Every function may be called from any thread.
 */
#ifndef HUB_RING_H
#define HUB_RING_H

#include <fettle/plugin.h>

#define RING_BYTES_MAX ((size_t)128 << 20) /* of all snapshots together */

struct ring;

/* records: how many snapshots it holds at most.  NULL: no memory. */
struct ring *ring_new(size_t records);
void ring_free(struct ring *r);
/* 0 or -ENOMEM; the oldest go where there are too many. */
int ring_resize(struct ring *r, size_t records);

/* Takes lists in; the same again changes nothing.  0 or -ENOMEM. */
int ring_add(struct ring *r, const struct fettle_list *const *lists, size_t n);

/* Grows with every change that a reader can see. */
uint64_t ring_version(struct ring *r);

/* Lists that found no room in the snapshot of their host. */
uint64_t ring_left_out(struct ring *r);

struct ring_query {
	const char *host;     /* NULL: all */
	const char *may;      /* a glob over hosts beside it; NULL: all */
	int64_t since, until; /* seconds, both included */
	size_t limit;	      /* the newest so many */
};

/*
 * A JSON array of what fits the query, oldest first, one snapshot a line;
 * *data is the caller's to free.  *version is what it was made of.  0 or
 * -ENOMEM.
 */
int ring_render(struct ring *r, const struct ring_query *q, char **data,
    size_t *len, uint64_t *version);

/* Calls each for up to max hosts of a glob that have a snapshot, with the
 * second of the newest; in no order.  name lasts for the call, which must not
 * use the ring. */
void ring_hosts(struct ring *r, const char *glob, size_t max,
    void (*each)(void *arg, const char *name, int64_t second), void *arg);

#endif
