/* SPDX-License-Identifier: MIT */
/*
 * Value lists and batches for tests.  They are of the host `here', measured
 * LISTS_TIME, and have one gauge, v.
 */
#ifndef T_LISTS_H
#define T_LISTS_H

#include "flow/batch.h"

#define LISTS_TIME (INT64_C(1800000000) * 1000000000)

/* 10 hosts, 10000 series, 5000 of a host, 16 fields, names of 64 bytes. */
extern const struct limits lists_limits;

/* A list with that gauge; plugin and what is pointed to are lent. */
struct fettle_list lists_one(
    const char *plugin, const char *instance, const struct fettle_value *v);

/* Where lists come from that say nothing of it: now and here. */
struct batch_origin lists_origin(void);

/* A batch of n lists of the plugin: the gauge of the first is `first', that of
 * the next one more, and each says so as its instance. */
struct batch *lists_batch(
    struct series_table *t, const char *plugin, int64_t first, size_t n);

/* The number that a list of it got there; fails the test if it has none. */
int64_t lists_number(const struct fettle_list *l);

#endif
