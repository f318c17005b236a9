/* SPDX-License-Identifier: MIT */
/*
 * What the readers of one filter are told: server-sent events in a ring of
 * bytes, written once however many read.  Each reader has a place in it, and
 * who falls behind by more than the ring holds has lost his.  Not locked.
 */
#ifndef HUB_API_CHANNEL_H
#define HUB_API_CHANNEL_H

#include <fettle/plugin.h>

#include "common/text.h"

enum {
	CHANNEL_FILTER = 256,	  /* bytes of a filter, and its end */
	CHANNEL_BYTES = 1 << 20,  /* of the ring */
	CHANNEL_EVENT = 16 << 10, /* an event of values is over then */
	CHANNEL_EVENT_MAX = CHANNEL_BYTES / 4,
};

struct channel {
	char filter[CHANNEL_FILTER]; /* a glob over hosts */
	char may[CHANNEL_FILTER];    /* another: both must mean them */
	size_t readers;
	uint64_t begin, end; /* of what is in the ring: bytes ever written */
	char *ring;
	/* The event of values that is being written: of one host and time. */
	struct text values, host;
	int64_t time_ns;
	bool wants; /* the last host that was looked at */
};

/* False: no memory. */
bool channel_init(struct channel *c, const char *filter, const char *may);
void channel_fini(struct channel *c);

/* Adds lists of hosts that are meant to the event being written. */
void channel_add(
    struct channel *c, const struct fettle_list *const *lists, size_t n);
/* Ends the event being written. */
void channel_flush(struct channel *c);
/* A whole event: lines and an empty one.  What is larger than an event may be
 * is left out. */
void channel_put(struct channel *c, const char *event, size_t len);

/* What is there from a place on, len bytes at most, which moves the place.
 * -1: it is lost. */
long channel_read(
    const struct channel *c, uint64_t *place, char *to, size_t len);

#endif
