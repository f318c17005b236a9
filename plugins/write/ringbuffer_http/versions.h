/* SPDX-License-Identifier: MIT */
/*
 * Which fettle each host runs, as its own daemon says.  There are at most
 * VERSIONS_MAX hosts, and whose daemon was heard longest ago gives his place
 * up.  Every function may be called from any thread.
 */
#ifndef HUB_VERSIONS_H
#define HUB_VERSIONS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum {
	VERSIONS_MAX = 16384,
	VERSIONS_BUCKETS = 4096,
	VERSION_TEXT = 32, /* bytes of one, and its end */
};

struct version;

TAILQ_HEAD(version_list, version);

struct versions {
	pthread_mutex_t lock;	    /* of all below */
	struct version_list by_age; /* heard longest ago first */
	struct version **buckets;
	size_t n;
	uint64_t seed;
};

/* 0 or -ENOMEM. */
int versions_init(struct versions *v);
void versions_fini(struct versions *v);

/* The host's daemon says its version: it is cut, and what is not plain text
 * becomes `?'.  Without memory it stays unknown. */
void versions_put(struct versions *v, const char *host, const char *version);

/* False: it is not known. */
bool versions_get(
    struct versions *v, const char *host, char version[VERSION_TEXT]);

#endif
