/* SPDX-License-Identifier: MIT */
/*
 * Eras: see flow/series.h.  An era is held by its batches, by the table while
 * it is the present one, and by the era before it; so the last to leave knows
 * that nobody can reach its graves.
 */
#ifndef FLOW_ERA_H
#define FLOW_ERA_H

#include <stddef.h>

struct series_table;
struct era;

struct era *era_new(struct series_table *t);
/* Ends the present era and begins the next, under the table's lock; free_fn
 * is called for each of the graves when they can be opened. */
struct era *era_end(struct series_table *t, struct era *era);
/* Something that is out of the table now.  Under the lock. */
void era_bury(struct era *era, void *what,
    void (*free_fn)(struct series_table *, void *));

size_t era_graves(const struct era *era);

#endif
