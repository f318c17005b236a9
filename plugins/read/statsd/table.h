/* SPDX-License-Identifier: MIT */
/*
 * What statsd clients have told, added up per name and tags.  Not locked.
 * Bounded in every direction: so many names, so many samples of each, so many
 * members of a set and of all sets.
 */
#ifndef STATSD_TABLE_H
#define STATSD_TABLE_H

#include <fettle/plugin.h>

#include "common/lookup.h"
#include "parse.h"

enum {
	STATSD_MEMBERS_MAX = 1 << 16, /* of a set that are told apart */
	STATSD_MEMBERS_ALL = 1 << 19, /* of all sets, between two reads */
};

struct statsd_timer {
	double *samples; /* at most the table's; chosen by chance beyond */
	size_t n, cap;
	uint64_t offered;
	double weight, sum, min, max; /* since the last read */
};

/* Members as hashes; 0 is a free slot. */
struct statsd_set {
	uint64_t *slots;
	size_t n, cap; /* cap: a power of two */
};

struct statsd_entry {
	struct lookup_entry entry; /* key: name, then keys and values of tags,
				    * each with its NUL */
	enum statsd_type type;
	double total;  /* counters and timers: of events, ever */
	double before; /* the same at the last read */
	double value;  /* gauges */
	struct statsd_timer timer;
	struct statsd_set set;
	size_t n_tags;
	struct fettle_tag tags[]; /* into the key */
};

struct statsd_table {
	struct lookup names; /* of struct statsd_entry */
	size_t most, samples;
	size_t members; /* of all sets, since the last read */
	uint64_t chance;
	/* ever */
	uint64_t lines, malformed, other, dropped, conflicts;
};

/* most: names; samples: of a timer between two reads.  0 or -ENOMEM. */
int statsd_table_init(
    struct statsd_table *t, size_t most, size_t samples, uint64_t seed);
void statsd_table_fini(struct statsd_table *t);

/* A datagram: lines, of which the last may lack its newline. */
void statsd_table_take(
    struct statsd_table *t, const char *data, size_t len, int64_t now_ns);

/* Ends what counts from read to read, and forgets what was not seen since
 * that time. */
void statsd_table_next(struct statsd_table *t, int64_t since_ns);

void statsd_timer_sort(struct statsd_timer *timer);
/* The sample that this share of them, 0 to 100, does not exceed.  They are
 * sorted, and there is one. */
double statsd_percentile(const struct statsd_timer *timer, double percent);

#endif
