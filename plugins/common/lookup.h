/* SPDX-License-Identifier: MIT */
/*
 * A table of things found by bytes that others choose.  They are hashed with a
 * seed, so that nobody who does not know it can choose what collides.
 *
 * A thing is a struct of the caller's that begins with a struct lookup_entry,
 * made with malloc or its like.  From lookup_add on it is the table's, which
 * ends it when it is forgotten; it never moves.  Not locked, and not bounded:
 * whoever adds looks at n before.
 */
#ifndef COMMON_LOOKUP_H
#define COMMON_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

struct lookup_entry {
	uint64_t hash;	  /* the table's */
	int64_t heard_ns; /* of it, the last time: the caller's clock */
	const char *key;  /* may lie in the thing itself */
	size_t key_len;
};

struct lookup {
	struct lookup_entry **slots; /* NULL: free */
	size_t n, cap;		     /* cap: a power of two */
	uint64_t seed;
	void (*end)(struct lookup_entry *);
};

/* One that nobody outside can know, but for just after the machine's start. */
uint64_t lookup_seed(void);
/* Of bytes; what collides is another with another seed. */
uint64_t lookup_hash(uint64_t seed, const char *s, size_t len);

/* 0 or -ENOMEM. */
int lookup_init(
    struct lookup *l, uint64_t seed, void (*end)(struct lookup_entry *));
/* Ends all that is in it. */
void lookup_fini(struct lookup *l);

/* NULL: it is not there. */
struct lookup_entry *lookup_find(
    const struct lookup *l, const char *key, size_t len);
/* Adds a thing whose key is not there.  0, or -ENOMEM: it was ended. */
int lookup_add(struct lookup *l, struct lookup_entry *e);
/* Ends what was not heard of since that time, if memory allows. */
void lookup_forget(struct lookup *l, int64_t since_ns);

#endif
