/* SPDX-License-Identifier: MIT */
/*
 * The files of the past: DAY.raw, DAY.1m and DAY.15m, to which closed chunks
 * are added by a thread of its own, at most a second after they were closed.
 * They are written in one piece and never again.  A file goes when all that
 * may be in it is older than its tier.
 */
#ifndef PAST_JOURNAL_H
#define PAST_JOURNAL_H

#include "state.h"

/* Looks at the files and reads them into p, whose journal it becomes.  NULL:
 * there is none, which was said but for want of memory; what could be read is
 * there. */
struct journal *journal_new(struct past *p, const struct past_settings *s);
/* Writes what is left, and ends the thread. */
void journal_free(struct journal *j);

/* To be written; counted where there is no room for it.  Under p->lock. */
void journal_put(
    struct past *p, struct trace *t, unsigned tier, const struct chunk *c);
/* From now on that waits instead: the daemon ends. */
void journal_wait(struct journal *j);

/* Bytes that wait to be written. */
size_t journal_bytes(const struct journal *j);
/* Sets written, unwritten and damaged. */
void journal_stats(const struct journal *j, struct past_stats *to);

#endif
