/* SPDX-License-Identifier: MIT */
/*
 * A receiver's thread: takes what the engine has for it, waits until that is
 * on disk, has the plugin deliver it, and tells the engine how that ended.
 * One that hangs delays nobody else.
 *
 * Threads: the main thread calls what is below; what says "under the lock" is
 * for the desk, under its lock.
 */
#ifndef ALERT_COURIER_H
#define ALERT_COURIER_H

#include "alert/desk.h"
#include "plugin/instance.h"

struct courier;

struct courier_options {
	int64_t drain_ns; /* what is under way at the end may take so long */
};

/* Holds the instance, whose label is the receiver's name. */
struct courier *courier_start(struct desk *d, struct fettle_ctx *instance,
    const struct courier_options *options);
/* Another instance in its place: adopted, or closed and opened. */
void courier_replace(struct courier *c, struct fettle_ctx *instance,
    const struct courier_options *options);
/* It is to begin nothing more.  By when it is to have ended (monotonic ns). */
int64_t courier_stop(struct courier *c);
/* Waits for its end until the deadline; whether it has. */
bool courier_ended(struct courier *c, int64_t deadline_ns);
/* Waits until it was tried to open, or the deadline. */
void courier_settle_open(struct courier *c, int64_t deadline_ns);
/* After it has ended. */
void courier_unref(struct courier *c);
/* It has not ended and never will: the process ends without it. */
void courier_abandon(struct courier *c);

/* Its instance, held once more; from any thread. */
struct fettle_ctx *courier_instance(struct courier *c);

/* Under the lock. */

/* Wakes it if the engine has something for it. */
void courier_poke(struct courier *c);
const char *courier_name(const struct courier *c);
/* What it has done so far. */
struct courier_counts {
	uint64_t sent, failed;
	unsigned streak;
};
struct courier_counts courier_counts(const struct courier *c);

/* Has it send a test, and waits, releasing the lock meanwhile.  It is held
 * once more then: courier_unref, without the lock. */
enum desk_tested courier_test(struct courier *c, int64_t deadline_ns,
    int *answer, char *said, size_t len);

/* courier_log.c: what the log says of a message, from the thread that sent
 * it.  answer: an enum fettle_answer. */
struct notice;
void courier_log(const char *receiver, const struct message *m,
    const struct notice *n, int answer, const char *words, int64_t took_ns,
    bool is_news);
const char *courier_answer_name(int answer);

#endif
