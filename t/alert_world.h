/* SPDX-License-Identifier: MIT */
/*
 * An engine of the alerts for tests, with one receiver, slack, and the local
 * host me.  Second 0 is WALL on the wall clock; lists come every INTERVAL.
 */
#ifndef T_ALERT_WORLD_H
#define T_ALERT_WORLD_H

#include "alert/engine.h"

enum { WALL = 1000000, INTERVAL = 10 };

extern struct engine *engine;
extern struct policy *policy; /* of the engine */
extern int64_t second;	      /* now */

extern const struct fettle_field percent;

/* Setup and teardown; the engine still has to be started. */
int world_begin(void **state);
int world_end(void **state);
void start(void);
void at(int64_t s);

struct policy *make_policy(void);
/* Breached at the limit or above, told to slack. */
struct rule *add_rule(struct policy *p, const char *pattern, double failure);

struct track *track_of(
    const char *host, const char *plugin, const char *instance);
/* A rule that cpu.percent is a failure from 90 on, and a start; the track of
 * that series on this machine. */
struct track *watch_cpu(void);
/* A list with that field alone, and what it leads to. */
void pass(struct track *t, const struct fettle_field *field, int64_t stamp_ns,
    int64_t interval_ns, double rate);
/* A percentage of this moment. */
void say(struct track *t, double number);

/* The truth of a series by a rule, or by any; "none": there is no alert. */
const char *truth_of(const char *rule, const char *series);

/* What slack is to be told, if anything, as if it were delivered; the caller
 * frees it. */
struct message *deliver(void);
/* Slack is told that now, of that alert alone, by that event of it.  What was
 * said; its texts are gone. */
struct message_item expect(const char *series, enum kind kind, uint32_t event);

#endif
