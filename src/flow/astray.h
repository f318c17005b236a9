/* SPDX-License-Identifier: MIT */
/*
 * Hosts whose value lists are not taken because of their stamps: whose clock
 * is wrong, or that of this machine.  From any thread; nothing here waits.
 */
#ifndef FLOW_ASTRAY_H
#define FLOW_ASTRAY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

enum {
	ASTRAY_HOSTS = 100,	/* others are counted, but not known by name */
	ASTRAY_NAME = 255,	/* bytes; a longer name is no host's */
	ASTRAY_FORGET_S = 3600, /* after the last list that was not taken */
};

struct astray_host;

struct astray {
	pthread_mutex_t lock;
	VEC(struct astray_host) hosts; /* by when they were found */
};

void astray_init(struct astray *a);
void astray_fini(struct astray *a);

/* Lists of the host, as it called itself, are so far ahead of the clock, or
 * behind it where that is below 0 (ns).  True: that is news. */
bool astray_found(
    struct astray *a, const char *host, int64_t ahead_ns, int64_t now_ns);
/* Lists of the host are taken.  True: they were not before. */
bool astray_over(struct astray *a, const char *host);
/* Whether there are any. */
bool astray_any(struct astray *a);

/* Calls fn for each, under the lock. */
void astray_each(struct astray *a, int64_t now_ns,
    void (*fn)(void *arg, const char *host, int64_t ahead_ns), void *arg);

#endif
