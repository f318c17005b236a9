/* SPDX-License-Identifier: MIT */
/*
 * A writer: one instance that writes, its queue, its thread, and a keeper
 * where the queue is to survive.  It is where the answers of plugins are acted
 * upon: retried, halved, given up, counted.  Whatever it does, put never
 * waits, so a writer that sleeps for ever costs the others nothing.
 *
 * Always: lists that entered = sent + dropped (by reason) + still here.  What
 * an earlier life left on disk has entered when it was found.
 */
#ifndef DELIVER_WRITER_H
#define DELIVER_WRITER_H

#include <jansson.h>
#include <pthread.h>

#include "deliver/keeper.h"
#include "deliver/queue.h"
#include "flow/router.h"
#include "plugin/instance.h"

struct writer_options {
	size_t room;	     /* bytes its queue may pin */
	int64_t interval_ns; /* how old a list may become before it leaves;
			      * 0: as the plugin says */
	int64_t drain_ns;    /* how long it may take to empty at the end */
	struct keeper_options keep;
};

struct writer_stats {
	uint64_t lists; /* still here: waiting or in hand */
	uint64_t disk;	/* of these, only on disk */
	uint64_t kept;	/* of these, on disk when the process ends now */
	uint64_t bytes, room;
	int64_t oldest_ns; /* age of the oldest; 0: none */
	uint64_t entered, sent, retried;
	uint64_t dropped_full;	    /* no room */
	uint64_t dropped_age;	    /* older than the spool keeps */
	uint64_t dropped_refused;   /* the peer will never take them */
	uint64_t dropped_too_large; /* one alone is too large */
	uint64_t dropped_corrupt;   /* damaged on disk */
	uint64_t dropped_drain;	    /* left at the end */
	struct keeper_stats spool;
};

struct writer;

/* Holds a reference to the instance; opens it at once.  path: of its spool;
 * NULL: it can have none.  table: where lists from there are looked up. */
struct writer *writer_start(struct fettle_ctx *instance,
    const struct writer_options *options, const char *path,
    struct series_table *table);

struct sink *writer_sink(struct writer *w);

/* Whether that is, or was of late, the id of its queue. */
bool writer_has_queue(struct writer *w, const char *id);

/* The new instance takes over queue and thread when no call is under way. */
void writer_replace(struct writer *w, struct fettle_ctx *instance,
    const struct writer_options *options);

/* The instance it has now, held once more. */
struct fettle_ctx *writer_instance(struct writer *w);
void writer_stats(struct writer *w, struct writer_stats *out);
/* Its dead letters, an array of objects. */
json_t *writer_dead(struct writer *w);

/* Waits until it has been tried to open once, and so has its spool; or the
 * deadline. */
void writer_settle_open(struct writer *w, int64_t deadline_ns);

/* Sends what it has without waiting for more, and has the plugin flush it.  A
 * spool that cannot be used is tried again. */
void writer_flush(struct writer *w);

/* Waits until all that has entered before is delivered or dropped.  0 or
 * -ETIMEDOUT. */
int writer_settle(struct writer *w, int64_t deadline_ns);

/* Waits until all that has entered before is on disk, or delivered; at once
 * where nothing of the kind is promised.  0; -ETIMEDOUT, -EIO: it is not. */
int writer_sync(struct writer *w, int64_t deadline_ns);

/* When it is told to end, it shall not try to empty its queue: what waits is
 * what the drain leaves. */
void writer_forgo_drain(struct writer *w);
/* Begins to end, if it has not yet: it empties its queue, as long as drain
 * allows, closes.  Returns when that is over (monotonic ns). */
int64_t writer_stop(struct writer *w);
/* For one that does not end, and whose process does: it is left behind, with
 * its threads, and nothing may be done with it any more. */
void writer_abandon(struct writer *w);
/* Whether it has ended; waits for that until the deadline. */
bool writer_ended(struct writer *w, int64_t deadline_ns);

/* Held once more, so that it does not go while somebody waits for it. */
struct writer *writer_ref(struct writer *w);
/* The last one frees it, who has ended. */
void writer_unref(struct writer *w);

#endif
