/* SPDX-License-Identifier: MIT */
/* That all of it stays within its bytes. */
#ifndef PAST_ROOM_H
#define PAST_ROOM_H

#include "state.h"

/* All bytes that there are. */
uint64_t room_used(const struct past *p);

/* Makes room for so many bytes more; false: there is none.  Drops what is
 * oldest, but nothing that was heard of within the hour. */
bool room_make(struct past *p, size_t bytes);

/* Sets aside what the last hour of a series takes, once it has an interval;
 * false: too many are alive. */
bool room_reserve(struct past *p, struct trace *t, uint32_t interval);
/* Whether that would do for a new one. */
bool room_is_free(const struct past *p, uint32_t interval);
void room_give(struct past *p, struct trace *t);

/* Whether the clock has gone on for an hour as clocks do. */
bool room_believes_clock(const struct past *p);

/* What is older than a tier goes, who is silent goes to disk; now and then. */
void room_tidy(struct past *p);

#endif
