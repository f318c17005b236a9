/* SPDX-License-Identifier: MIT */
/* Which series has the oldest closed chunk of a tier. */
#ifndef PAST_OLDEST_H
#define PAST_OLDEST_H

#include "state.h"

/* Bytes that room for one more series may take. */
size_t oldest_growth(const struct oldest *o, size_t series);
/* Room for so many: 0 or -ENOMEM. */
int oldest_reserve(struct past *p, unsigned tier, size_t series);

/* Puts the series in its place after the first chunk of that tier has become
 * another, or another has become the first: or takes it out where there is
 * none that is closed. */
void oldest_update(struct past *p, struct trace *t, unsigned tier);

/* NULL: there is none. */
struct trace *oldest_first(const struct past *p, unsigned tier);

#endif
