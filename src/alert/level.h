/* SPDX-License-Identifier: MIT */
/*
 * From numbers to a level.  Each severity has a run of its own: numbers that
 * all breach its limit, or that all clear it, without a gap; it is set when a
 * run of breaches spans `for', released when a run of clears spans
 * `clear_for'.  Nothing but the sequence of stamps and numbers counts.
 */
#ifndef ALERT_LEVEL_H
#define ALERT_LEVEL_H

#include "alert/rule.h"
#include "alert/stamp.h"
#include "alert/truth.h"

struct run {
	bool set;
	int64_t breach; /* stamp of the first number of the run of breaches */
	int64_t clear;	/* the same of clears; STAMP_NONE: there is no run */
};

struct level {
	struct run warning, failure;
	struct limits_of_rule basis; /* what the runs were measured against */
	int64_t stamp;		     /* of the last number, or STAMP_NONE */
	double number;		     /* the last one; NaN: none */
	int64_t
	    interval_ns; /* the largest since the last number; 0: unknown */
};

void level_init(struct level *l, const struct rule *r);

/* RANK_OK, RANK_WARNING or RANK_FAILURE. */
enum rank level_rank(const struct level *l);

/* Whether numbers breach a severity that is not set yet, and of any. */
bool run_pending(const struct run *r);
bool level_pending(const struct level *l);

/* How far a stamp may be from the one before: from there on it is a gap. */
int64_t level_gap(const struct rule *r, int64_t interval_ns);

/* A sample came, with or without a number. */
void level_sample(struct level *l, int64_t interval_ns);

/* It had a number.  Stamps rise from call to call.  since: set to the first
 * breach where the level was ok and no longer is. */
void level_number(struct level *l, const struct rule *r, int64_t stamp,
    double number, int64_t interval_ns, int64_t *since);

/* Runs begin anew, for nobody knows whether they were broken; levels stay. */
void level_restart(struct level *l);

/* The rule is another now.  True: something of l changed. */
bool level_adapt(struct level *l, const struct rule *r);

/* What was known before l began anew is remembered: a severity that was set is
 * set, unless numbers have cleared for long enough since. */
void level_recall(
    struct level *l, const struct level *before, int64_t clear_for_ns);

void level_shift(struct level *l, int64_t delta);

#endif
