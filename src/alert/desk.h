/* SPDX-License-Identifier: MIT */
/*
 * The desk: where the engine of the alerts meets the daemon.  It brings the
 * engine its value lists and the time, keeps what it says on disk, and has a
 * thread for each receiver that delivers.
 *
 * Threads.  One lock guards the engine; it is held shortly and never while
 * anybody waits for a disk, a socket or a plugin.
 *   - the dispatch thread: desk_filter's functions, for each batch;
 *   - the desk's own thread: timers, and the only one that touches the store;
 *   - a thread for each receiver, see alert/courier.h;
 *   - the main thread: what stands first below, from desk_new to desk_free;
 *   - any: what stands under "for people" below.
 * Lock order: the cache's, the router's, the table's of series, then the
 * desk's; within it only the log's and an instance's.
 *
 * It never fails for want of a disk: what is not kept is in memory, the log
 * and desk_stats say so, and the file is tried again each minute.  Where the
 * disk does not answer at all they say so after 10 s; what is to be told waits
 * for it, value lists do not.
 */
#ifndef ALERT_DESK_H
#define ALERT_DESK_H

#include "alert/engine.h"
#include "alert/history.h"
#include "flow/dispatch.h"

struct desk;

/* One that is not wanted, see below, does nothing and has no thread.  local:
 * the name of this machine. */
struct desk *desk_new(const char *local);
/* Whether there is anything for a desk to do: rules, or what an earlier life
 * left in the file, which may be NULL. */
bool desk_is_wanted(const struct policy *p, const char *path);
/* Takes over the policy, reads what was kept and starts the thread.  path: of
 * the file, absolute; NULL: nothing is kept.  Before the first value list. */
void desk_start(struct desk *d, struct policy *p, const char *path);
/* Another policy, which it takes over; the one before is freed. */
void desk_reload(struct desk *d, struct policy *p);
/* No instance of that plugin measures any more. */
void desk_retire(struct desk *d, const char *plugin);
/* Whoever waits in desk_test and the like does so no longer. */
void desk_ending(struct desk *d);
/* Ends in order: no couriers are left; what is to be kept is written, for
 * which it waits until the deadline (monotonic ns).  False: the disk does not
 * answer, the desk is to be left behind. */
bool desk_stop(struct desk *d, int64_t deadline_ns);
/* No series may be left that it was told of. */
void desk_free(struct desk *d);

/* What the dispatch queue is to call. */
struct filter *desk_filter(struct desk *d);

/* --- for people: from any thread ----------------------------------------- */

/* Runs look under the lock: engine_each_*, engine_stats and engine_now may be
 * used, and what they lend for the call.  It must not wait for anything, nor
 * call the desk.  The engine is up to date with the time. */
void desk_look(struct desk *d,
    void (*look)(void *arg, const struct engine *e, const struct policy *p),
    void *arg);

/*
 * What changes something returns when it is durable, at most after 5 s.
 * *kept: whether it is; false: it counts all the same, but only in memory for
 * the time being.
 */

/* Takes over the pattern, which is of text.  The number of the silence; 0: not
 * taken, see engine_silence. */
uint64_t desk_silence(struct desk *d, struct pattern *p, const char *text,
    const char *why, int64_t duration_ns, bool *kept);
/* False: there is none of that number. */
bool desk_unsilence(struct desk *d, uint64_t number, bool *kept);
/* How many alerts were closed. */
size_t desk_forget(struct desk *d, const struct pattern *p, bool *kept);

/* What happened to an alert, oldest first, as far as it is remembered.  rule
 * and series as in struct subject_view.  Returns how many there were. */
size_t desk_history(struct desk *d, const char *rule, const char *series,
    void (*each)(void *arg, const struct history_event *event), void *arg);

/* How many series each rule of the policy matches: each(arg, rule, n), by
 * their order in the configuration. */
void desk_each_rule(struct desk *d,
    void (*each)(void *arg, const struct rule *r, size_t series), void *arg);

enum desk_tested {
	DESK_TESTED,	  /* said has what the receiver answered */
	DESK_NO_RECEIVER, /* nobody is called that */
	DESK_TEST_LATE,	  /* no answer until the deadline; it may still come */
};

/*
 * Has the receiver's own thread send a notice that is marked as a test, and
 * waits for the answer until the deadline (monotonic ns).  It touches no
 * alert, but is paced as any other message.  *answer: an enum fettle_answer;
 * said: of len bytes, in one line, printable.
 */
enum desk_tested desk_test(struct desk *d, const char *receiver,
    int64_t deadline_ns, int *answer, char *said, size_t len);

enum desk_store {
	DESK_STORE_NONE,    /* there is no state directory */
	DESK_STORE_OPENING, /* not opened yet */
	DESK_STORE_OK,
	DESK_STORE_DEGRADED, /* in memory only, see why */
	DESK_STORE_HANGS, /* the disk does not answer, notices wait for it */
};
/* "none", "opening", "ok", "degraded", "hangs" */
const char *desk_store_name(enum desk_store s);

struct desk_stats {
	struct engine_stats engine;
	size_t by_rank[RANK_FAILURE + 1]; /* alerts, by truth_rank */
	size_t rules;
	enum desk_store store;
	char why[256];	  /* it is degraded or hangs; "" */
	int64_t since_ns; /* wall clock, since when it does; 0 */
	uint64_t commits; /* transactions, ever */
	uint64_t bytes;	  /* of the file */
};
void desk_stats(struct desk *d, struct desk_stats *out);

/* Of one receiver; false: there is none. */
struct desk_receiver {
	size_t ready, under_way; /* alerts that are to be told */
	uint64_t sent, failed;	 /* messages, since the start */
	unsigned streak;	 /* failures in a row */
	int64_t next_ns;	 /* nothing is sent before; wall clock */
};
bool desk_receiver(
    struct desk *d, const char *receiver, struct desk_receiver *out);

#endif
