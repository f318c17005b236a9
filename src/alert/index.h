/* SPDX-License-Identifier: MIT */
/* Text -> thing.  The texts are lent for as long as they are in it.  Zeroed is
 * empty. */
#ifndef ALERT_INDEX_H
#define ALERT_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct index_entry;

struct index {
	struct index_entry *slots; /* open addressing, a power of two */
	size_t n_slots, n;
};

/* NULL: there is none. */
void *index_get(const struct index *ix, const char *text);
/* There must be none of that text. */
void index_put(struct index *ix, const char *text, void *thing);
/* There must be one. */
void index_remove(struct index *ix, const char *text);
void index_fini(struct index *ix);

#endif
