/* SPDX-License-Identifier: MIT */
/* Batches made again of what a row of the spool has. */
#ifndef DELIVER_REFILL_H
#define DELIVER_REFILL_H

#include "deliver/spool.h"

/* What was made, in order; the elements are the caller's to hand on. */
struct refill {
	VEC(struct fetched) made;
	uint64_t lost; /* lists that today's limits do not let in */
};

/* The lists of a row but for the first `skip', all of them looked up in the
 * table as if another fettled had sent them. */
void refill(struct refill *out, struct series_table *table,
    const struct spool_row *row, const struct unpacked *lists, size_t skip);

#endif
