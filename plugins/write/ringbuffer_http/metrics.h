/* SPDX-License-Identifier: MIT */
/*
 * Values as Prometheus reads them: text format 0.0.4, or OpenMetrics 1.0.  The
 * daemon's answers go in, one family after the other comes out: named
 * fettle_PLUGIN_FIELD[_UNIT][_total], with labels after what the plugin calls
 * its instances and after the tags, never `instance', which is the scraper's.
 */
#ifndef HUB_METRICS_H
#define HUB_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "region.h"

struct metrics_sample;

/* Zeroed is empty. */
struct metrics {
	struct region region; /* of the samples */
	struct metrics_sample **v;
	size_t n, cap;
	bool failed; /* no memory */
};

/* The "values" of an answer.  What is older than 3 of its intervals, and 30 s,
 * is left out: it is not so any more.  now in seconds of the wall clock. */
void metrics_add_values(struct metrics *m, const json_t *values, double now);
/* The "hosts" of an answer that a glob means. */
void metrics_add_hosts(
    struct metrics *m, const json_t *hosts, const char *glob);
/* One counter.  name is without _total; label and value may be NULL. */
void metrics_add_counter(struct metrics *m, const char *name, const char *help,
    const char *label, const char *value, uint64_t count);

/* One gauge of the hub's own, without labels. */
void metrics_add_gauge(struct metrics *m, const char *name, const char *help,
    const char *unit, uint64_t value);

/* Appends all that was added, sorted by family. */
void metrics_render(struct metrics *m, bool openmetrics, struct text *to);
void metrics_fini(struct metrics *m);

/* Whether Accept prefers OpenMetrics; NULL: none was sent. */
bool metrics_wants_open(const char *accept);

#endif
