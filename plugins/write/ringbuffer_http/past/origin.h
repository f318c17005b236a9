/* SPDX-License-Identifier: MIT */
/* Who is known: by name, and by the daemon's number. */
#ifndef PAST_ORIGIN_H
#define PAST_ORIGIN_H

#include "state.h"

int origins_init(struct past *p); /* 0 or -ENOMEM */
/* All of them go. */
void origins_fini(struct past *p);

/* What the list is of; NULL: it is not known. */
struct origin *origin_find(struct past *p, const struct fettle_list *l);

/* Bytes that a new series of the list may take, with its origin. */
size_t origin_growth(const struct past *p, const struct fettle_list *l,
    const struct fettle_field *f);

/* The list's origin, made; it is not known yet.  NULL: no memory. */
struct origin *origin_new(
    struct past *p, const struct fettle_list *l, int64_t now);
/* Was heard of now. */
void origin_touch(struct past *p, struct origin *o, int64_t now);

/* hint: where it may be.  NULL: there is none. */
struct trace *origin_trace(
    const struct origin *o, const char *field, size_t hint);
/* NULL: no memory. */
struct trace *origin_trace_new(
    struct past *p, struct origin *o, const struct fettle_field *f);

/* Forgets it and what it was.  It stays as long as queries look at it. */
void origin_drop(struct past *p, struct origin *o);
void origin_release(struct past *p, struct origin *o);

#endif
