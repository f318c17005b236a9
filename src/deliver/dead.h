/* SPDX-License-Identifier: MIT */
/*
 * Dead letters: value lists that the other side will never take, as JSON, for
 * people to see what it was and why.  The newest are kept; their number and
 * their size are bounded.  Not locked: its writer's lock guards it.
 */
#ifndef DELIVER_DEAD_H
#define DELIVER_DEAD_H

#include <jansson.h>

#include "deliver/queue.h"

enum {
	DEAD_LETTERS = 16,
	DEAD_BYTES = 64 * 1024, /* of one */
};

/* Zeroed is empty. */
struct dead {
	char *letters[DEAD_LETTERS]; /* letter i at i % DEAD_LETTERS */
	uint64_t first, next;	     /* numbers of those that are kept */
	bool unsaved;		     /* there are some that no file has */
};

void dead_fini(struct dead *d);

/* Writes a letter about a list that has met that fate. */
void dead_add(struct dead *d, enum fate fate, const char *reason,
    const struct place *place, const struct fettle_list *list,
    int64_t wall_ns);

/* A letter that was kept; what is none is ignored. */
void dead_load(struct dead *d, const char *text, size_t len);
/* Letters of an earlier life come before those of d; takes them over.  Whether
 * d has some that no file has stays as it is. */
void dead_join(struct dead *d, struct dead *earlier);
/* Copies of those that are kept, the oldest first, for the caller to free. */
size_t dead_copy(const struct dead *d, char *letters[DEAD_LETTERS]);

/* An array of objects, the oldest first. */
json_t *dead_json(const struct dead *d);

#endif
