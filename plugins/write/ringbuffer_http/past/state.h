/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the past share.  All of it is under past.lock; only the
 * journal has a lock and a thread of its own.
 */
#ifndef PAST_STATE_H
#define PAST_STATE_H

#include <pthread.h>
#include <sys/queue.h>

#include "chunk.h"
#include "past.h"
#include "word.h"

#define PAST_HOUR INT64_C(3600000)
/* More than that ahead of the clock is another clock's. */
#define PAST_AHEAD INT64_C(600000)
#define PAST_NEVER INT64_MIN

/* The chunks of a series in one tier, by time. */
struct tier {
	struct chunk *first, *last;
	struct codec codec; /* of the last one while it is open */
	bool open;
	uint32_t queued; /* its place in past.oldest and 1; 0: none */
	uint32_t named;	 /* in which file its name is */
};

/* What a tier collects until its time is over; n is 0: nothing. */
struct bucket {
	int64_t start;
	double sum, min, max;
	uint32_t n, width; /* ms */
};

struct origin;

/* One number of an origin: a series. */
struct trace {
	struct origin *origin;
	const char *field, *unit, *help; /* words */
	uint64_t id;			 /* in files */
	double value;			 /* the newest, of seen */
	int64_t seen;			 /* PAST_NEVER: not yet */
	size_t reserved;		 /* bytes that are its own */
	uint32_t interval;		 /* ms; 0: unknown */
	uint32_t kind;
	struct tier tiers[TIERS];
	struct bucket buckets[TIERS]; /* not of TIER_RAW */
};

TAILQ_HEAD(origin_ages, origin);

/* Host, plugin, instance and tags, and its series. */
struct origin {
	struct origin *next, *next_number; /* in their buckets */
	TAILQ_ENTRY(origin) age;
	struct origin_ages *ages; /* the list that it is in */
	const char *host, *plugin, *instance, *instance_name; /* words */
	struct fettle_tag *tags;
	size_t n_tags, n;
	struct trace **traces;
	int64_t born, heard; /* first and last, by this machine's clock */
	uint64_t hash;
	uint32_t number; /* the daemon's; 0: not known */
	uint32_t uses;	 /* queries that look at it */
	bool gone;	 /* ends with the last of them */
};

struct origins {
	struct origin **buckets, **numbers;
	size_t n, n_buckets;
	/* The one heard of longest ago first.  Who was heard of for less than
	 * an hour in all is young. */
	struct origin_ages young, old;
};

/* The series with closed chunks in a tier as a heap, by the end of the first
 * one. */
struct oldest {
	struct trace **v;
	size_t n, max;
};

struct journal;

struct past {
	pthread_mutex_t lock;
	size_t bytes;	 /* of all of it but the journal */
	uint64_t memory; /* how many it may be */
	size_t max_series;
	size_t n_series, n_chunks;
	size_t reserved; /* for the last hour of who is alive */
	struct words words;
	struct origins origins;
	struct oldest oldest[TIERS];
	struct past_stats counts;
	struct journal *journal; /* NULL: nothing is on disk */
	uint64_t next_id;
	int64_t now, tidied;
	/* When the clock was last set, or the daemon began: only an hour
	 * later it is believed that something is too old or yet to come. */
	int64_t stepped;
	bool swept; /* since then */
};

#endif
