/* SPDX-License-Identifier: MIT */
/*
 * What a writer still has to deliver, in order: lists on disk, lists fetched
 * from there, lists in memory, and before them all the hand, which is being
 * sent.  The memory is bounded by the bytes it pins.  Where there is no room
 * the oldest leave it: those that are on disk stay there, others are dropped.
 *
 * Every value list has a number of this queue, by which the other side knows
 * it, and an ordinal, by which it is known here: they differ by `offset',
 * which changes when numbering begins anew under another id.
 *
 * Always: entered = lists in the fates + queue_waiting.
 *
 * Nothing here touches a file: that is the keeper's (keeper.h).  Not locked:
 * its writer's lock guards it.
 */
#ifndef DELIVER_QUEUE_H
#define DELIVER_QUEUE_H

#include "base/vec.h"
#include "flow/batch.h"

/* What became of a list that is no longer here. */
enum fate {
	FATE_SENT,
	FATE_FULL,	/* dropped: no room */
	FATE_AGE,	/* dropped: older than the spool keeps */
	FATE_REFUSED,	/* the other side will never take it */
	FATE_TOO_LARGE, /* alone it is too large for the other side */
	FATE_CORRUPT,	/* was damaged on disk */
	FATE_DRAIN,	/* left at the end */
	FATE_N
};

/* A list by the id of its queue and its number. */
struct place {
	char id[33]; /* 32 hexadecimal digits */
	uint64_t number;
};

struct queue_entry {
	struct batch *batch;
	uint32_t from;	    /* its first list that waits */
	uint64_t ordinal;   /* of lists[0] */
	int64_t entered_ns; /* monotonic */
};

/* A row of the spool whose lists are in memory as well. */
struct saved_row {
	uint64_t row;
	uint64_t from, end; /* ordinals */
};

/* A row that is only on disk, but for its first lists, which are not wanted.
 */
struct cut_row {
	uint64_t row, lists;
};

/* Lists that were on disk only, as they will be sent. */
struct fetched {
	struct batch *batch;
	uint32_t from;	    /* its first list that waits */
	struct place place; /* of lists[0] */
	uint64_t row;	    /* what is dealt with when they are; 0: nothing */
};

/* What was taken out to be sent: lists with consecutive numbers. */
struct hand {
	VEC(const struct fettle_list *) lists;
	VEC(struct batch *) batches; /* held; via is the same in all */
	size_t done;		     /* of the lists, dealt with */
	struct place place;	     /* of lists.v[0] */
	uint64_t ordinal;	     /* of lists.v[0]; 0: from disk */
	uint64_t row;		     /* as in struct fetched */
	int64_t since_ns;	     /* monotonic */
};

struct queue {
	char id[33];
	uint64_t next;	 /* ordinal of the next list to enter, from 1 */
	uint64_t offset; /* number = ordinal + offset */
	struct queue_entry *ring;
	size_t head, n, cap;
	uint64_t lists;	    /* in the ring */
	size_t bytes, room; /* pinned by the ring, and how many may be */
	size_t fresh;	    /* of the bytes: what came since the last gather */
	struct hand hand;

	uint64_t entered, fates[FATE_N]; /* lists, ever */

	/* what the keeper has done with it; see there */
	uint64_t begun, saved; /* lists below: going to disk; there already */
	VEC(struct saved_row) rows; /* by their ordinals */
	VEC(struct fetched) fetched;
	struct {
		uint64_t lists;	      /* only there, and not fetched */
		uint64_t read;	      /* the last row that was fetched */
		uint64_t through;     /* the last that has lists only there */
		struct place expects; /* lists before this are not wanted */
		VEC(struct cut_row) cut; /* others that are not */
	} disk;
	uint64_t trim;	    /* rows up to this one may go; 0: none */
	VEC(uint64_t) gone; /* rows that may go, behind some that may not */
	uint64_t unsafe;    /* how often lists were dropped before they were
			     * on disk */
	struct place sent;  /* what follows the last that was dealt with */
};

void queue_init(struct queue *q, size_t room);
void queue_fini(struct queue *q);
/* Begins a new id with the lists in the ring and those to come. */
void queue_renumber(struct queue *q);
/* Goes on where an earlier process ended: before anything was taken. */
void queue_adopt(struct queue *q, const struct place *next);

/* Takes a reference, or counts the lists as dropped where there is no room
 * though the oldest went. */
void queue_put(struct queue *q, struct batch *b, int64_t now);

/*
 * Fills the empty hand with up to `most' lists, one at least, that pin about
 * `bytes' at most.  False: what is next is on disk only, or nothing waits.
 * skip_disk: as if there were nothing on disk but what was fetched.
 */
bool queue_take(
    struct queue *q, size_t most, size_t bytes, bool skip_disk, int64_t now);
/* How many lists of the hand are left. */
size_t queue_in_hand(const struct queue *q);
/* The next n of the hand have met that fate. */
void queue_dealt(struct queue *q, size_t n, enum fate fate);

/* All that is still here, on disk included. */
uint64_t queue_waiting(const struct queue *q);
/* When the oldest in memory entered; INT64_MAX if nothing is. */
int64_t queue_oldest(const struct queue *q);
/* The ordinal of the oldest that is still here; 0: from an earlier id. */
uint64_t queue_oldest_ordinal(const struct queue *q);
/* Whether lists have had numbers of that queue: now, or so far as what is left
 * on disk was fetched. */
bool queue_has_id(const struct queue *q, const char *id);
/* The way that the lists in the hand took; NULL: none. */
struct via *queue_via(const struct queue *q);
/* Gives up what is in memory and not on disk: how many lists. */
uint64_t queue_give_up(struct queue *q);

/* --- for the keeper (queue_disk.c) --------------------------------------- */

/* Lists on their way to disk: of the hand first, then of the ring. */
struct parcel {
	VEC(const struct fettle_list *) lists;
	VEC(const struct pack_via *) via; /* of each, or NULL */
	VEC(struct batch *) batches;	  /* held */
	struct {
		struct place place; /* of its first list */
		uint64_t ordinal;
		size_t n;
	} parts[2];
};

/* Whether something is in memory that is not on its way; since when. */
bool queue_has_unsaved(const struct queue *q, int64_t *since_ns);
/* Whether every list before that ordinal is on disk, or dealt with. */
bool queue_is_safe(const struct queue *q, uint64_t ordinal);
/* Fills the empty parcel with that. */
void queue_gather(struct queue *q, struct parcel *p);
void parcel_clear(struct parcel *p);
void parcel_fini(struct parcel *p);
/* What was gathered is on disk now, in those rows. */
void queue_saved(struct queue *q, const struct saved_row *rows, size_t n);
/* Nothing in memory is on disk any more, as far as one knows.  What is only
 * there may come back, under the old id. */
void queue_unsaved(struct queue *q);
/* A row was dropped: its n lists, the first of which is at the place, have met
 * that fate if they were nowhere else. */
void queue_row_dropped(struct queue *q, uint64_t row,
    const struct place *place, uint64_t n, enum fate fate);
/* So many of the row's n lists, the first of which is at the place, have been
 * dealt with, or are in memory. */
uint64_t queue_unwanted(const struct queue *q, uint64_t row,
    const struct place *place, uint64_t n);
/* The row was read, and all before it.  Takes over the references to what was
 * made of it; `lost' lists could not be made again. */
void queue_fetched(struct queue *q, const struct fetched *f, size_t n,
    uint64_t lost, uint64_t row);
/* Nothing that was only on disk is there; rows count from 1 again. */
void queue_disk_lost(struct queue *q);
/* The first n of `gone' are removed. */
void queue_removed(struct queue *q, size_t n);
/* Rows after this one have nothing that is not in memory, or dealt with. */
uint64_t queue_disk_keeps(const struct queue *q);
/* Some were left by an earlier life: so many, in rows through that one; those
 * before the place are not wanted. */
void queue_disk_found(struct queue *q, uint64_t lists, uint64_t through,
    const struct place *expects);

#endif
