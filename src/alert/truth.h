/* SPDX-License-Identifier: MIT */
/*
 * What is the case about one alert, and what of it a receiver takes part in.
 * The level is what numbers have established, no_data says that they have
 * stopped; neither changes the other.  Pure.
 */
#ifndef ALERT_TRUTH_H
#define ALERT_TRUTH_H

#include <stdbool.h>

/* In the order of how bad it is.  A level is never RANK_NO_DATA. */
enum rank {
	RANK_NONE = -1, /* there is no truth */
	RANK_OK,
	RANK_NO_DATA,
	RANK_WARNING,
	RANK_FAILURE,
};

struct truth {
	enum rank level;
	bool no_data;
};

/* Sets of severities: which ranks a receiver wants to hear of. */
#define SEVERITY(rank) (1u << (rank))
#define SEVERITIES_ALL                                                        \
	(SEVERITY(RANK_NO_DATA) | SEVERITY(RANK_WARNING) |                    \
	    SEVERITY(RANK_FAILURE))

extern const struct truth truth_good; /* ok, with data */
extern const struct truth truth_none;

/* The worse of both; RANK_NONE for none. */
enum rank truth_rank(struct truth t);
bool truth_equal(struct truth a, struct truth b);

/* "ok", "no-data", "no-data(failure)". */
const char *truth_name(struct truth t);

/* What of it somebody with these severities takes part in. */
struct truth truth_seen(struct truth t, unsigned severities);

/*
 * What a receiver that believes `told' will believe after a message that
 * states t.  As long as its severities stay the same this is truth_seen; after
 * a reload changed them it says only what really changed.
 */
struct truth truth_heard(
    struct truth told, struct truth t, unsigned severities);

#endif
