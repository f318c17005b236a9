/* SPDX-License-Identifier: MIT */
/*
 * What a hub has had of each queue of others: the number that comes next.  So
 * it skips what is sent again, counts what never came, and can say of each
 * agent whether it keeps up.  Queues that nobody has heard of for long are
 * forgotten, and where there are too many the one that was silent longest.
 *
 * seen_skip, what is done with the rest, and seen_taken belong together under
 * the lock: the same lists may come twice at the same time.  From any thread;
 * nothing here waits.
 */
#ifndef DELIVER_SEEN_H
#define DELIVER_SEEN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

enum {
	SEEN_QUEUES_MAX = 100000,
	SEEN_FORGET_S = 30 * 24 * 3600,
	SEEN_SWEEPS = 24 * 60, /* a day of them, one a minute */
};

struct seen_counts {
	uint64_t lost;	    /* lists whose numbers were passed over */
	uint64_t duplicate; /* lists that came again */
	uint64_t refilled;  /* lists that came late, and came */
	int64_t behind_ns;  /* how late the newest was; 0: it was not */
};

struct seen_queue;

struct seen {
	pthread_mutex_t lock;
	struct seen_queue **buckets;
	size_t n_buckets, n, max;
	struct seen_queue *oldest, *newest; /* by when they were heard of */
	struct seen_counts sums;	    /* of all, the forgotten too */
	size_t behind;			    /* queues that are */
	VEC(char *) forgotten;		    /* ids that are saved still */
};

void seen_init(struct seen *s, size_t max);
void seen_fini(struct seen *s);

/* 32 hexadecimal digits, lower case. */
bool seen_is_id(const char *queue);

void seen_lock(struct seen *s);
void seen_unlock(struct seen *s);

/* A batch of lists with numbers from seq on; host: whose they are, printable.
 * A list is late if it was measured long before it was sent, both by the
 * sender's clock: of those that did not come before so many are, and the
 * newest is so much behind. */
struct seen_batch {
	const char *queue, *host;
	uint64_t seq, n;
	uint64_t late;
	int64_t behind_ns;
};

/* How many of them, from the first on, have come before. */
uint64_t seen_skip(struct seen *s, const struct seen_batch *b);
/* The others were taken. */
void seen_taken(struct seen *s, const struct seen_batch *b, int64_t wall_ns);
/* They have been made as durable as was asked for; until then a restart begins
 * before them.  Takes the lock. */
void seen_durable(struct seen *s, const struct seen_batch *b);

/* --- to be kept ---------------------------------------------------------- */

/* A queue as a record: what is durable of it. */
struct seen_record {
	char id[33];
	uint64_t next; /* number */
	int64_t heard_ns;
	struct seen_counts counts;
	char *host;
	uint64_t change; /* when it was looked at; see seen_saved */
};

/* Makes the record a queue, heard of later than all before it.  unclean: more
 * of it may have been had than it says. */
void seen_load(struct seen *s, const struct seen_record *r, bool unclean);

struct seen_changes {
	VEC(struct seen_record) changed;
	VEC(char *) forgotten; /* ids */
};

/* What has changed since it was saved last, at most `most', and all that were
 * forgotten since.  Takes the lock; one thread, which goes on with seen_saved,
 * or with seen_unsaved or nothing at all where it could not save it. */
void seen_changes(struct seen *s, struct seen_changes *out, size_t most);
/* It is saved; but what has changed again meanwhile is to be saved again. */
void seen_saved(struct seen *s, const struct seen_changes *saved);
/* None of it is saved anywhere, nor of what was saved before. */
void seen_unsaved(struct seen *s);
void seen_changes_free(struct seen_changes *c);

/* --- to be shown --------------------------------------------------------- */

/* The sums of all queues, how many of them are behind, and how many there are.
 * Takes the lock. */
size_t seen_sums(struct seen *s, struct seen_counts *out, size_t *behind);
/* Calls fn for each queue that has something to tell, from the one that was
 * heard of last, until it returns false; under the lock. */
void seen_each(struct seen *s,
    bool (*fn)(void *arg, const char *host, const struct seen_counts *counts),
    void *arg);

/* Forgets what was not heard of for SEEN_FORGET_S, and for SEEN_SWEEPS calls
 * since that is so: a clock that is wrong for some hours makes nobody old.
 * Takes the lock. */
void seen_sweep(struct seen *s, int64_t wall_ns);

#endif
