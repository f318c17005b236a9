/* SPDX-License-Identifier: MIT */
/*
 * What a keeper does to its spool at a time: what was dealt with goes, what
 * waits comes, and what is then too much or too old is dropped, the oldest
 * first.  One transaction, or several where much comes.
 */
#ifndef DELIVER_DEPOSIT_H
#define DELIVER_DEPOSIT_H

#include "deliver/spool.h"

struct dropped_row {
	struct spool_row row;
	enum fate fate;
};

struct deposit {
	/* what is to be done */
	struct parcel parcel;
	uint64_t trim;	    /* rows up to this one go; 0: none */
	VEC(uint64_t) gone; /* and these */
	bool purge;	    /* and those after `keeps' */
	uint64_t keeps;
	struct place sent;
	char *letters[DEAD_LETTERS];
	size_t n_letters;
	int64_t max_age_ns; /* 0: any */
	int64_t wall_ns;    /* now */

	size_t bytes; /* in the transaction under way */

	/* what was done */
	VEC(struct saved_row) rows;
	VEC(struct dropped_row) dropped;
};

/* 0 or -errno: then any part of it may have happened. */
int deposit_make(struct deposit *d, struct spool *s);
/* Empty again, memory kept. */
void deposit_clear(struct deposit *d);
void deposit_fini(struct deposit *d);

#endif
