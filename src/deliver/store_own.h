/* SPDX-License-Identifier: MIT */
/*
 * What store.c, which changes a store, and store_open.c, which opens and
 * closes it, share: for nobody else.
 */
#ifndef DELIVER_STORE_OWN_H
#define DELIVER_STORE_OWN_H

#include "deliver/store_backend.h"

/* The store's own records; no key of an owner's begins like these.  That of
 * the header is for ever: all versions must be able to tell from it that the
 * file is not for them. */
#define STORE_HEADER_KEY "\001header" /* FORMAT KIND VERSION clean|open */
#define STORE_NEXT_KEY "\001next"     /* the next id */

struct store {
	const struct store_backend *backend;
	void *b;
	char kind[32];
	uint32_t version;
	enum store_sync sync;
	uint64_t limit; /* of what is in it; 0: none */
	char *path;	/* free of links; NULL: memory */
	uint64_t next;	/* id */
	uint64_t kept;	/* the next id as it was last committed */
	bool begun;
	int failed; /* -errno: done for */
};

/* Records with any key, whatever the limit. */
int store_own_get(
    struct store *s, const char *key, const void **value, size_t *len);
int store_own_set(
    struct store *s, const char *key, const void *value, size_t len);
/* sync: as in the backend. */
int store_own_begin(struct store *s, bool sync);

#endif
