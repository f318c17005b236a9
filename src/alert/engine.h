/* SPDX-License-Identifier: MIT */
/*
 * The alerts: from value lists to messages.  No clock, no file, no network and
 * no thread in it: whoever calls says what time it is, hands over the lists,
 * stores what changed, sends what is ready, and tells how that ended.
 *
 * One thread at a time.  After each event, or a batch of lists, engine_tick;
 * then, if engine_changed, engine_commit, which is one transaction; then
 * engine_begin for each receiver until it returns NULL, each followed by a
 * commit that must be durable before the message leaves; then sleep until
 * engine_wake.
 */
#ifndef ALERT_ENGINE_H
#define ALERT_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "alert/message.h"
#include "alert/record.h"
#include "alert/rule.h"

struct engine;
struct track; /* a series, of all its fields, as the engine knows it */

/* What is the same for everybody; tests have less time. */
struct tuning {
	int64_t forget_ns;  /* without data for that long: closed */
	int64_t give_up_ns; /* ready for that long: a dead letter */
	int64_t refused_ns; /* least wait before refused content returns */
	size_t fold;	    /* more than these ready: one message for all */
	size_t fold_most;   /* alerts in one message */
};

extern const struct tuning tuning_default;

/* The policy and the tuning are lent. */
struct engine *engine_new(const struct policy *p, const struct tuning *t);
void engine_free(struct engine *e);

/* One record of what engine_commit gave out, before engine_start.  -EINVAL: it
 * is damaged and has no effect. */
int engine_load(struct engine *e, enum record_table table, const char *key,
    const void *data, size_t len);

/*
 * Clocks in ns: boot never stands still nor jumps (CLOCK_BOOTTIME), wall does.
 * engine_start takes up the alert clock where it was saved; engine_at says
 * what time it is, before anything else below.
 */
void engine_start(struct engine *e, int64_t boot_ns, int64_t wall_ns);
/* The same, where nothing could be read, which may be made up for later by
 * engine_merge: before is an engine that was loaded and not started.  What it
 * knows e knows too then, unless e knows better.  Dead letters are
 * counted on from before's. */
void engine_start_blind(struct engine *e, int64_t boot_ns, int64_t wall_ns);
void engine_merge(struct engine *e, struct engine *before);
void engine_at(struct engine *e, int64_t boot_ns, int64_t wall_ns);
/* The machine's own wall clock was stepped by delta; engine_at has the new
 * one. */
void engine_step(struct engine *e, int64_t delta_ns);

/* The track of a series, made if there is none; it lasts until engine_untrack,
 * which is for when the series is forgotten. */
struct track *engine_track(struct engine *e, const struct series *s);
void engine_untrack(struct engine *e, struct track *t);
/* The series that it was last asked for by: one may come back before the
 * earlier one of its name is gone. */
const struct series *engine_owner(const struct track *t);

/* A value list with its rates came, sent when its sender's clock was sent_ns,
 * the clock that its stamp is of; 0: nobody said.  Late ones are heard and not
 * judged. */
void engine_list(struct engine *e, struct track *t,
    const struct fettle_list *l, int64_t sent_ns);

/* Brings everything up to date with the time. */
void engine_tick(struct engine *e);

/* Takes over the pattern.  Returns the number of the silence, from 1; 0: there
 * are too many, or a text is none that a record can hold. */
uint64_t engine_silence(struct engine *e, struct pattern *p, const char *text,
    const char *why, int64_t duration_ns);
bool engine_unsilence(struct engine *e, uint64_t number);

/* Closes the alerts of what is meant; a series that goes on begins anew.  A
 * host of which it is meant that it is silent is forgotten as if it had been
 * for long enough.  Returns how many alerts there were. */
size_t engine_forget(struct engine *e, const struct pattern *p);

/* This machine measures nothing by that plugin any more: what it watched is
 * closed.  engine_start does so itself for a plugin that the policy knew when
 * that was stored, and knows no more. */
void engine_retire(struct engine *e, const char *plugin);

/* Another policy; the one before is no longer used afterwards. */
void engine_reload(struct engine *e, const struct policy *p);

/* What became of a message. */
enum answer {
	ANSWER_DELIVERED,
	ANSWER_NOT,	/* surely not delivered */
	ANSWER_UNKNOWN, /* perhaps it was */
	ANSWER_REFUSED, /* this content will never be taken */
	ANSWER_DENIED,	/* this receiver takes nothing from us */
};

/* What the receiver is to be told now, marked as under way; NULL: nothing.
 * The caller frees it with message_free, before or after the answer. */
struct message *engine_begin(struct engine *e, const char *receiver);

/* after_ns: how long the receiver asked us to wait, or 0.  random: any number,
 * to spread retries; 0: the longest wait.  An answer to a message that nobody
 * waits for is ignored. */
void engine_answer(struct engine *e, const char *receiver, uint64_t serial,
    enum answer answer, int64_t after_ns, uint32_t random);

/* Something else was sent to the receiver just now: what is next waits as if
 * it had been a message. */
void engine_sent(struct engine *e, const char *receiver);

/* Boot clock at which engine_tick or engine_begin may find something to do;
 * INT64_MAX: never. */
int64_t engine_wake(const struct engine *e);
/* The same for engine_tick alone, and for engine_begin with one receiver. */
int64_t engine_due(const struct engine *e);
int64_t engine_ready(const struct engine *e, const char *receiver);

bool engine_changed(const struct engine *e);

/* Calls put for everything that changed: data NULL says that the record is
 * gone. */
void engine_commit(struct engine *e,
    void (*put)(void *arg, enum record_table table, const char *key,
	const void *data, size_t len),
    void *arg);
/* What was given out before is lost: the next commit has all there is. */
void engine_unsaved(struct engine *e);
/* The next commit is the last one, of a clean end: runs are kept as well. */
void engine_stop(struct engine *e);

/* Who wants to know what happens when it does, for people only: called from
 * within the functions above, and may not call them.  NULL: not that. */
struct observer {
	void *arg;
	/* number: the last one; NaN: none. */
	void (*moved)(void *arg, const char *rule, const char *series,
	    struct truth was, struct truth is, double number);
	void (*closed)(void *arg, const char *rule, const char *series,
	    struct truth was, enum closing why);
	/* Something is owed and held back, by another hold than before.
	 * until_ns: wall clock; 0: nobody knows. */
	void (*held)(void *arg, const char *rule, const char *series,
	    const char *receiver, const struct verdict *v, int64_t until_ns);
};
/* Copied. */
void engine_observe(struct engine *e, const struct observer *o);

/* For people; what is pointed to is lent for the call.  Times are of the wall
 * clock, 0 where there is none. */
struct subject_view {
	const char *rule, *series;
	const char *host; /* "": of the hub itself */
	const char *plugin, *field, *unit;
	const char *instance; /* or NULL */
	const struct fettle_tag *tags;
	size_t n_tags;
};
struct alert_view {
	struct subject_view of;
	struct truth truth;
	const struct level *level; /* NULL: of a host or the hub */
	int64_t since_ns;
	double worst; /* NaN: none */
	uint64_t incident;
	uint64_t silence; /* the number of the first that means it; 0: none */
};
struct row_view {
	struct subject_view of;
	const char *receiver;
	const struct entry *entry;
	struct truth truth;
	struct verdict verdict; /* what is owed, and what holds it */
	uint64_t silence;	/* the number, for HOLD_SILENCE */
};
struct silence_view {
	uint64_t number;
	const char *pattern, *why;
	int64_t begun_ns, end_ns;
};
struct receiver_view {
	const char *name;
	size_t ready, under_way; /* alerts */
	unsigned fails;		 /* in a row */
	int64_t next_ns;	 /* nothing is sent before */
};
struct host_view {
	const char *name;
	bool silent, replay;
	int64_t heard_ns;
};
struct engine_stats {
	size_t alerts, rows, tracks, hosts, silences;
	uint64_t late; /* lists that were not judged */
	uint64_t dead; /* dead letters, ever */
};

void engine_each_alert(const struct engine *e,
    void (*each)(void *arg, const struct alert_view *v), void *arg);
void engine_each_row(const struct engine *e,
    void (*each)(void *arg, const struct row_view *v), void *arg);
void engine_each_silence(const struct engine *e,
    void (*each)(void *arg, const struct silence_view *v), void *arg);
void engine_each_receiver(const struct engine *e,
    void (*each)(void *arg, const struct receiver_view *v), void *arg);
void engine_each_host(const struct engine *e,
    void (*each)(void *arg, const struct host_view *v), void *arg);
struct engine_stats engine_stats(const struct engine *e);
/* The alert clock. */
int64_t engine_now(const struct engine *e);
/* A moment of it on the wall clock; 0 for STAMP_NONE and STAMP_NEVER. */
int64_t engine_wall(const struct engine *e, int64_t moment);
/* Whether the pattern means it. */
bool subject_meant(const struct subject_view *v, const struct pattern *p);

#endif
