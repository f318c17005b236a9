/* SPDX-License-Identifier: MIT */
/*
 * Value lists as bytes and back: what is kept over the end of the process.
 *
 * A chunk stands for itself: texts, fields and groups of lists are in it once,
 * times are differences, whole numbers are short.  Nothing that a writer sees
 * is lost but for `series', which means something in one process only, and the
 * help of fields, which their declaration has.  A chunk begins with its
 * version; this one writes PACK_VERSION and reads that and the one before.  A
 * checksum covers all of it, so that whatever was cut or changed is noticed.
 *
 * Pure, from any thread.
 */
#ifndef FLOW_PACK_H
#define FLOW_PACK_H

#include <fettle/plugin.h>

#include "base/arena.h"
#include "base/buf.h"

enum {
	PACK_VERSION = 2, /* via came with 2 */
	/* A chunk larger than this is none; a single list never comes near. */
	PACK_BYTES_MAX = 4 * 1024 * 1024,
};

/* The queues of other daemons that a list went through, the first one first:
 * 32 hexadecimal digits each. */
struct pack_via {
	const char *const *queues;
	size_t n;
};

/* Whether they took the same way; NULL is as one of none. */
bool pack_via_same(const struct pack_via *a, const struct pack_via *b);

/*
 * Appends a chunk of as many of the n lists, from the first on, as fit into
 * most bytes, but of one at least: how many those were.  via has one entry a
 * list, NULL or empty where it went through none; NULL: none of them did.  n
 * is 1 at least, and every list has a field.
 */
size_t pack_lists(struct buf *to, const struct fettle_list *const *lists,
    size_t n, const struct pack_via *const *via, size_t most);

struct unpacked {
	const struct fettle_list *const *lists;
	const struct pack_via *const *via; /* one a list, NULL: none */
	size_t n;
	struct arena arena; /* where all of it is */
};

/*
 * Reads a chunk; what it consists of is the caller's to give back with
 * unpacked_free, nothing of it points into data.  Else nothing is to be given
 * back, why (of size bytes) says what is wrong, and it returns -EBADMSG for a
 * damaged chunk, -EPROTO for one of a version that is not read.
 */
int unpack(const void *data, size_t len, struct unpacked *out, char *why,
    size_t size);
/* Of one that is zeroed too. */
void unpacked_free(struct unpacked *u);

/* How many lists a chunk says it has, without a look at anything else in it;
 * 0: it is none. */
size_t pack_count(const void *data, size_t len);

#endif
