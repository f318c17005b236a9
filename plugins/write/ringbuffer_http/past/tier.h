/* SPDX-License-Identifier: MIT */
/* The chunks of a series: one more number, closing, dropping. */
#ifndef PAST_TIER_H
#define PAST_TIER_H

#include "state.h"

/* Bytes that one more number may take. */
size_t tier_growth(void);

/* One more step at that time, after `gap' steps without a number if it is put
 * behind the open chunk; where that cannot be, in a new chunk.  0 or
 * -ENOMEM. */
int tier_add(struct past *p, struct trace *t, unsigned tier, int64_t time,
    uint32_t interval, int64_t gap, const struct chunk_number *number);

/* Puts a number into a step of the open chunk that has none: 0; -EEXIST: it
 * has one; -ENOSPC: there is no room. */
int tier_fill(struct past *p, struct trace *t, unsigned tier, uint32_t step,
    double number);

/* The open chunk can go to disk. */
void tier_close(struct past *p, struct trace *t, unsigned tier);

/* A closed chunk of a file, which must be behind those there are: -EEXIST. */
int tier_restore(
    struct past *p, struct trace *t, unsigned tier, const struct chunk *from);

void tier_drop_first(struct past *p, struct trace *t, unsigned tier);
/* All that begin after that time. */
void tier_drop_after(
    struct past *p, struct trace *t, unsigned tier, int64_t time);

#endif
