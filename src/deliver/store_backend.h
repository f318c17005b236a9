/* SPDX-License-Identifier: MIT */
/*
 * What store.c asks of the two that keep it.  They know rows by one number,
 * in whose upper bits the log is, and do not look into anything; checksums,
 * ids, limits and what a file says of itself are store.c's.
 *
 * Each call returns 0 or -errno; store.c makes no further one but close after
 * an error that is not -ENOENT.
 */
#ifndef DELIVER_STORE_BACKEND_H
#define DELIVER_STORE_BACKEND_H

#include "deliver/store.h"

/* A row or a record as it was handed over; lent until the next call. */
struct store_item {
	uint64_t row;	 /* 0 for a record */
	const char *key; /* NULL for a row */
	uint32_t crc;
	const void *body;
	size_t len;
};

typedef int store_item_fn(void *arg, const struct store_item *item);

struct store_backend {
	const char *release; /* PACKAGE_VERSION of the build it is from */

	/* Lays the foundation where nothing is, changes nothing else.
	 * -EUCLEAN: damaged. */
	int (*open)(void **b, const struct store_options *options, char *why,
	    size_t len);
	/* keep: nothing is written any more, all stays as it is. */
	int (*close)(void *b, bool keep);

	/* sync: what the transaction does is to outlive a loss of power. */
	int (*begin)(void *b, bool sync);
	int (*commit)(void *b);
	void (*rollback)(void *b);

	int (*append)(void *b, const struct store_item *item);
	int (*next)(
	    void *b, uint64_t after, uint64_t last, struct store_item *item);
	/* How many rows those were. */
	int (*remove)(void *b, uint64_t first, uint64_t last);
	int (*set)(void *b, const struct store_item *item);
	int (*get)(void *b, const char *key, struct store_item *item);
	int (*unset)(void *b, const char *key);
	/* Ends with what fn returns other than 0. */
	int (*each)(void *b, const char *prefix, store_item_fn *fn, void *arg);
	int (*size)(void *b, uint64_t *bytes);
};

extern const struct store_backend store_memory;

/* Of max_size, what the log beside the file may take before it is written
 * back: enough of it to be worth the flush, little of a small disk. */
static inline uint64_t
store_log_bytes(uint64_t max_size)
{
	const uint64_t least = 256 * 1024, most = 1024 * 1024;

	if (max_size == 0 || max_size / 64 > most)
		return most;
	return max_size / 64 < least ? least : max_size / 64;
}

#endif
