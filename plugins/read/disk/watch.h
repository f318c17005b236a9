/* SPDX-License-Identifier: MIT */
/* The mounts that are watched, kept in step with /proc/self/mountinfo. */
#ifndef DISK_WATCH_H
#define DISK_WATCH_H

#include <fettle/plugin.h>

#include "ask.h"
#include "mounts.h"

struct volume {
	unsigned long id;
	char *device, *point;
	struct question *question; /* NULL: local, asked directly */
	bool asked;		   /* and not answered so far */
	bool unasked;		   /* there was no thread for it */
	int64_t asked_ns;
	struct answer answer; /* the last one */
	bool fresh;	      /* it came with this read */
	bool late;	      /* it did not come in time */
	bool stuck;	      /* silence was logged */
	bool failing;	      /* an error was logged */
};

/* Zeroed, and wish filled in, it watches nothing. */
struct watch {
	struct mounts_wish wish;
	bool *missing; /* of wish.mounts: this one is not there, was logged */
	int fd;
	bool polled; /* fd tells when it has changed */
	bool stale;
	struct volume *v;
	size_t n;
	struct asker *asker; /* NULL: nobody had to be asked so far */
};

/* 0, or what fettle_fail returned. */
int watch_open(struct watch *w, struct fettle_ctx *ctx);

/* Takes over what another one watches, its answers and its threads. */
int watch_adopt(struct watch *w, struct fettle_ctx *ctx, struct watch *old);

/* Brings v up to date.  0, or what fettle_fail returned. */
int watch_update(struct watch *w, struct fettle_ctx *ctx);

void watch_close(struct watch *w);

#endif
