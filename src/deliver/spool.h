/* SPDX-License-Identifier: MIT */
/*
 * The file of one writer: rows of packed value lists in their order, each with
 * the place of its first list, and dead letters.  What stands between begin
 * and commit happens together or not at all.
 *
 * One thread, the keeper's; all of it waits for the disk.  0 or -errno: as in
 * store.h after an error other than those named here the spool is to be closed
 * and opened anew later.
 */
#ifndef DELIVER_SPOOL_H
#define DELIVER_SPOOL_H

#include "deliver/dead.h"
#include "deliver/queue.h"
#include "deliver/store.h"
#include "flow/pack.h"

enum { SPOOL_ROW_BYTES = 64 * 1024 }; /* more only if one list is */

struct spool_options {
	const char *path;
	bool power;	   /* what is committed outlives the loss of power */
	uint64_t max_size; /* bytes, STORE_SIZE_MIN at least */
};

/* What an earlier process left. */
struct spool_found {
	struct store_found file;
	uint64_t lists;	   /* in rows, and not delivered */
	uint64_t last;	   /* the last row */
	struct place next; /* if it ended cleanly, and here: its next list */
	struct place sent; /* what follows the last that it delivered */
};

/* Zeroed is not open. */
struct spool {
	struct store *store;
	uint64_t lists;	       /* in rows */
	uint64_t last;	       /* the last row that was appended */
	int64_t oldest_ns;     /* wall clock, when the first was; 0: none */
	uint64_t letters_room; /* bytes that dead letters may take */
	struct buf scratch;
};

/* -EBUSY, -EPROTO, -ENOSYS: see store.h.  dead: letters that are there. */
int spool_open(struct spool *s, const struct spool_options *options,
    struct spool_found *found, struct dead *dead, char *why, size_t len);
/* next: the place of the list to come, if this is a clean end; else NULL. */
int spool_close(
    struct spool *s, const struct place *next, const struct place *sent);

int spool_begin(struct spool *s);
/* -ENOBUFS as below. */
int spool_commit(struct spool *s, const struct place *sent);

/* Appends a row of the first of n lists, as many as it holds: *put.
 * -ENOBUFS: the limit is reached, drop something; -EMSGSIZE: the first list
 * alone is too large for any row. */
int spool_put(struct spool *s, const struct place *place,
    const struct fettle_list *const *lists, const struct pack_via *const *via,
    size_t n, int64_t wall_ns, size_t *put, uint64_t *row);

struct spool_row {
	uint64_t row;
	struct place place;
	uint64_t n;	    /* lists; 0: unknown */
	int64_t written_ns; /* wall clock */
};

/* The first row after that one.  -ENOENT: there is none; -EBADMSG: it is
 * damaged, and only row->row is known. */
int spool_peek(struct spool *s, uint64_t after, struct spool_row *row);
/* The same with its lists; -EBADMSG and why as well where those are. */
int spool_read(struct spool *s, uint64_t after, struct spool_row *row,
    struct unpacked *lists, char *why, size_t len);
/* Removes the rows up to that one. */
int spool_ack(struct spool *s, uint64_t through);
/* Removes one. */
int spool_drop(struct spool *s, const struct spool_row *row);
/* Keeps these n letters, the oldest first, in place of those that are there;
 * the newest only where all would take more than an eighth of max_size.
 * -ENOBUFS as above. */
int spool_bury(struct spool *s, char *const *letters, size_t n);

#endif
