/* SPDX-License-Identifier: MIT */
/* The hosts of a ring, found by name.  One thread at a time. */
#ifndef HUB_RING_HOST_H
#define HUB_RING_HOST_H

#include <sys/queue.h>

#include "common/snapshot.h"

enum { RING_IDLE_MAX = 1024 }; /* hosts without a snapshot */

struct ring_record;

struct ring_host {
	struct snapshot_host self;
	struct ring_host *next;	     /* of the same bucket */
	struct ring_record *latest;  /* the one written last, or NULL */
	size_t n;		     /* of its snapshots in the ring */
	int64_t newest;		     /* the greatest second of them */
	TAILQ_ENTRY(ring_host) idle; /* while that is 0 */
};

TAILQ_HEAD(ring_idle, ring_host);

struct ring_hosts {
	struct ring_host **buckets;
	size_t n, n_buckets;   /* a power of 2 */
	struct ring_idle idle; /* the one unheard of longest first */
	size_t n_idle;
	struct ring_host *recent; /* found last, or NULL */
	uint64_t seed;
};

/* 0 or -ENOMEM. */
int ring_hosts_init(struct ring_hosts *hosts);
/* No host has a snapshot any more. */
void ring_hosts_fini(struct ring_hosts *hosts);
/* NULL: there is none. */
struct ring_host *ring_hosts_find(struct ring_hosts *hosts, const char *name);
/* Makes it where there is none, in the place of one that is idle if need be.
 * NULL: no memory. */
struct ring_host *ring_hosts_get(struct ring_hosts *hosts, const char *name);
/* Says that the host got a snapshot, or lost its oldest one. */
void ring_hosts_gain(
    struct ring_hosts *hosts, struct ring_host *host, int64_t second);
void ring_hosts_lose(struct ring_hosts *hosts, struct ring_host *host);

#endif
