/* SPDX-License-Identifier: MIT */
/*
 * Value lists as they come -> snapshots as they can be sent.  Of each host it
 * holds the snapshot of one second, which waits until all is there that is
 * due: a batch may end anywhere.  The next second of the host ends it; so do
 * its interval, and whoever asks for all.  What is not due yet is repeated. No
 * lock: one thread at a time.
 */
#ifndef HTTP_INGEST_SNAPSHOTS_H
#define HTTP_INGEST_SNAPSHOTS_H

#include <fettle/plugin.h>

#include "common/text.h"

struct snapshots;

/* That of one host, lent until the next call that takes a struct snapshots. */
struct waiting;

enum snapshots_which {
	SNAPSHOTS_READY, /* nothing is missing, or its interval is over */
	SNAPSHOTS_FIT,	 /* all that can be sent as they are */
};

/* NULL: no memory. */
struct snapshots *snapshots_new(void);
void snapshots_free(struct snapshots *s);

/* The one that must be done with before the list can be added, or NULL. */
struct waiting *snapshots_before(
    struct snapshots *s, const struct fettle_list *l);

/* 0, -ENOMEM.  Lists of other plugins than cpu, memory and disk are of no
 * interest. */
int snapshots_add(struct snapshots *s, const struct fettle_list *l);

/* The next one that need not wait any longer, or NULL; *at is 0 at first.
 * now_ns: wall clock. */
struct waiting *snapshots_next(struct snapshots *s, size_t *at,
    enum snapshots_which which, int64_t now_ns);

/* What it lacks to be one: "cpu", "memory", "disk[/]"; NULL: nothing. */
const char *snapshots_lacks(const struct waiting *w);

/* Appends it as JSON, if it lacks nothing.  0, -ENOMEM. */
int snapshots_render(struct waiting *w, struct text *to);

const char *snapshots_host(const struct waiting *w);

/* Whether the list is part of it. */
bool snapshots_holds(const struct waiting *w, const struct fettle_list *l);

/* It has been sent, or never can be; true: it is the third of its host in a
 * row that could not. */
bool snapshots_done(struct waiting *w, bool sent);

#endif
