/* SPDX-License-Identifier: MIT */
/*
 * A batch: what one read or one request submitted.  One allocation, counted,
 * shared by every writer.  After batch_build nobody changes it but the
 * dispatch thread, which fills in the rates before it hands the batch to any
 * writer.
 */
#ifndef FLOW_BATCH_H
#define FLOW_BATCH_H

#include <stdatomic.h>

#include <fettle/plugin.h>

#include "flow/series.h"
#include "flow/via.h"

/* A value list as the daemon keeps it: what writers see, and what it is of. */
struct list {
	struct fettle_list pub;
	struct series *series;
};

struct batch {
	atomic_uint refs;
	uint32_t n;
	size_t bytes; /* what it pins */
	struct era *era;
	struct batch *next;  /* in the dispatch queue */
	int64_t measured_ns; /* monotonic; 0: elsewhere, go by the stamps */
	int64_t sent_ns;     /* wall clock of who sent it; 0: nobody did */
	struct via *via;     /* held; NULL: through no other hub */
	const struct fettle_list *const *pubs;
	struct list *lists;
};

/* What became of the lists that were offered. */
struct taken {
	uint32_t n;		  /* in the batch */
	uint32_t dropped[DROP_N]; /* by reason */
};

struct batch_origin {
	struct intern names;
	int64_t measured_ns; /* as in the batch */
	int64_t time_ns;     /* for lists without a stamp */
	int64_t interval_ns; /* for lists without an interval */
	int64_t sent_ns;     /* as in the batch */
	struct via *via;     /* likewise; lent */
	bool passed;	     /* their time was looked at when they came */
};

/*
 * Copies lists, each n > 0 of them with fields and values, into a batch, which
 * the caller then holds.  Lists over a limit are left out and counted, in out
 * and in the table.  NULL where none is left.
 */
struct batch *batch_build(struct series_table *t, struct batch_origin *origin,
    const struct fettle_list *const *lists, size_t n, struct taken *out);

struct batch *batch_ref(struct batch *b);
void batch_unref(struct batch *b);

/* A batch of those lists of b for which want is not 0; b itself, held once
 * more, where that is all of them; NULL where it is none. */
struct batch *batch_select(struct batch *b, const unsigned char *want);

/* How far the stamp of a list is from now (wall clock), where that is more
 * than is taken: ahead of it, or below 0 behind it; ns.  0: it is taken. */
int64_t list_astray(const struct fettle_list *l, int64_t now_ns);

/* Whether the list is well formed: arrays where there are to be some, nothing
 * in them that is NULL, kinds that match.  -EINVAL and why. */
int list_check(const struct fettle_list *l, char *why, size_t len);

#endif
