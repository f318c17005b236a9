/* SPDX-License-Identifier: MIT */
/*
 * What was measured: every number of every host, in three tiers.
 *
 *	as it was collected	the last 6 hours
 *	of a minute		the last 48 hours	min, max, mean
 *	of 15 minutes		the last 30 days	min, max, mean
 *
 * Counters and totals are kept as their rates.  A number keeps three digits
 * behind the point below 1000 and six digits above it, below 0.1 three digits.
 * It takes about one byte.
 *
 * All of it together stays below a number of bytes, whatever arrives: where
 * there is no room the oldest of the finest tier goes first, of all series
 * alike, but of a series that is alive never its last hour.  A series that
 * there would be no room for is refused and counted.
 *
 * Where there is a directory, what is complete goes into files there, one a
 * day and tier, on a thread of its own, and is read again by past_new.
 *
 * Every function may be called from any thread.  Times are of the wall clock,
 * in milliseconds; now says what it shows.
 */
#ifndef PAST_PAST_H
#define PAST_PAST_H

#include <fettle/plugin.h>

struct past;

struct past_settings {
	uint64_t memory;   /* bytes, of everything */
	size_t max_series; /* 0: as many as there is room for */
	const char *dir;   /* NULL: nothing is on disk */
	/* For what an operator wants to know, one line; called by past_new
	 * and by the thread that writes.  NULL: nobody wants to. */
	void (*log)(void *arg, int syslog_priority, const char *text);
	void *log_arg;
};

/* Reads what is in the directory.  NULL: no memory, or no thread; a directory
 * that cannot be used is said, and history is in memory only. */
struct past *past_new(const struct past_settings *s, int64_t now);
/* Writes what is open, and ends. */
void past_free(struct past *past);
/* The limits that hold from now on; dir stays what it was. */
void past_use(struct past *past, const struct past_settings *s, int64_t now);

/* Takes lists in.  What finds no room is counted. */
void past_add(struct past *past, const struct fettle_list *const *lists,
    size_t n, int64_t now);

/* --- asking -------------------------------------------------------------- */

/* Which number of whom.  Lent for the call that it is handed to. */
struct past_series {
	const char *host, *plugin;
	const char *instance; /* NULL: none */
	const struct fettle_tag *tags;
	size_t n_tags;
	const char *instance_name; /* "core"; NULL: nobody said */
	const char *field, *unit;
	const char *help;      /* NULL: none */
	enum fettle_kind kind; /* what the rate is of, if it is one */
	double value;	       /* the newest; NaN: that there is none */
	int64_t seen;	       /* its time */
	int64_t interval;      /* ms between two */
};

/* What a series was from `from' on, n steps of `step' ms.  NaN: nothing is
 * known of that step. */
struct past_points {
	int64_t from, step;
	size_t n;
	const double *mean, *min, *max;
	/* What the finest numbers that were asked for stand for: 0, as they
	 * were collected; a minute, or 15.  Older ones may be coarser. */
	int64_t width;
};

/* Which series are meant. */
struct past_filter {
	/* [HOST:]PLUGIN[[INSTANCE]][{TAGS}][.FIELD] as in fettle.yaml(5);
	 * NULL: all */
	const char *pattern;
	/* Others: a series is meant, once, if one of all means it. */
	const char *const *also;
	size_t n_also;
	const char *hosts; /* a glob beside them; NULL: all */
	/* Asked about what these let through; NULL: all of it. */
	bool (*wants)(void *arg, const struct past_series *s);
	void *arg;    /* of wants, and of each below */
	size_t limit; /* series at most; 0: any number */
};

struct past_range {
	int64_t from, to; /* the latter not included */
	size_t points;	  /* at most; 1 to PAST_POINTS_MAX */
};

enum { PAST_POINTS_MAX = 10000 };

/*
 * Calls each once for every series that is meant and has a number in the
 * range; all on the same grid, whose steps stand at multiples of their length,
 * so that the first may begin before `from'.  A step that is no shorter than
 * what a number stands for has the least and the greatest of what was
 * collected in it.  Ordered by host, plugin, instance, tags, as submitted.
 * *more, if that is not NULL, says whether there are more than the limit.
 * 0, or -ENOMEM, or -EINVAL: why (of len bytes) says what is wrong with the
 * pattern; or what each returned, if it was not 0, which ends it.
 */
int past_query(struct past *past, const struct past_filter *filter,
    const struct past_range *range, int64_t now,
    int (*each)(void *arg, const struct past_series *s,
	const struct past_points *points),
    bool *more, char *why, size_t len);

/* The same for the series alone, whenever they had a number. */
int past_each_series(struct past *past, const struct past_filter *filter,
    int (*each)(void *arg, const struct past_series *s), bool *more, char *why,
    size_t len);

/* Calls each for every host, with the time of its newest list, by name. */
int past_each_host(struct past *past,
    int (*each)(void *arg, const char *host, int64_t seen, size_t series),
    void *arg);

struct past_stats {
	uint64_t bytes, memory;	 /* used, and how many may be */
	uint64_t series, chunks; /* that there are */
	/* Numbers since the start: */
	uint64_t samples; /* taken */
	uint64_t late;	  /* that came too late for every tier */
	uint64_t refused; /* of series that found no room */
	uint64_t dropped; /* that found no room though their series did */
	uint64_t evicted; /* chunks that went before their time */
	uint64_t written, unwritten; /* bytes on disk, chunks that failed */
	uint64_t damaged;	     /* files at the start */
};

void past_stats(struct past *past, struct past_stats *to);

#endif
