/* SPDX-License-Identifier: MIT */
#include "alert/truth.h"

const struct truth truth_good = { RANK_OK, false };
const struct truth truth_none = { RANK_NONE, false };

enum rank
truth_rank(struct truth t)
{
	return t.level == RANK_OK && t.no_data ? RANK_NO_DATA : t.level;
}

bool
truth_equal(struct truth a, struct truth b)
{
	return a.level == b.level && a.no_data == b.no_data;
}

const char *
truth_name(struct truth t)
{
	switch (t.level) {
	case RANK_WARNING:
		return t.no_data ? "no-data(warning)" : "warning";
	case RANK_FAILURE:
		return t.no_data ? "no-data(failure)" : "failure";
	case RANK_OK:
		return t.no_data ? "no-data" : "ok";
	default:
		return "none";
	}
}

struct truth
truth_seen(struct truth t, unsigned severities)
{
	struct truth seen = { RANK_OK,
		t.no_data && (severities & SEVERITY(RANK_NO_DATA)) };

	for (enum rank r = RANK_WARNING; r <= t.level; r++)
		if (severities & SEVERITY(r))
			seen.level = r;
	return seen;
}

struct truth
truth_heard(struct truth told, struct truth t, unsigned severities)
{
	struct truth heard = truth_seen(t, severities);

	if (heard.level <= told.level && t.level >= told.level)
		heard.level = told.level;
	if (heard.no_data <= told.no_data && t.no_data >= told.no_data)
		heard.no_data = told.no_data;
	return heard;
}
