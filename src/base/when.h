/* SPDX-License-Identifier: MIT */
/* Times for people, in the zone of whoever reads: no shorter than it takes to
 * know which one is meant.  Seconds since 1970; what is none is a dash. */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include "base/buf.h"

/* "2026-11-22 21:50:36 CET": once, at the top. */
void when_full(struct buf *to, double at);

/* "21:50:36", or "Nov 21 21:50:36" where it is another day than now. */
void when_clock(struct buf *to, double at, double now);

#endif
