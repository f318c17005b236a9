/* SPDX-License-Identifier: MIT */
/* What the files of the engine share, and nobody else sees. */
#ifndef ALERT_INSIDE_H
#define ALERT_INSIDE_H

#include <sys/queue.h>

#include "alert/engine.h"
#include "alert/index.h"
#include "alert/level.h"
#include "alert/shelf.h"
#include "alert/timers.h"
#include "base/buf.h"
#include "base/clock.h"

enum {
	GATHER_S = 10,	   /* host silent: told so much later */
	HOST_LEAST_S = 30, /* a host is not silent sooner */
	SETTLE_S = 5,	   /* longest wait for a replay, or for a number */
	DENIED_S = 60,
	UNKNOWN_LEAST_S = 30,
	BACKOFF_MOST_S = 300,
	AFTER_MOST_S = 600,
	INTERVAL_S = 10, /* where nobody said one */
	SILENCES_MAX = 1000,
};

struct row {
	LIST_ENTRY(row) of_alert;
	struct alert *alert;
	struct receiver *receiver;
	struct entry entry;
	struct timer timer; /* when time alone may change its verdict */
	size_t ready;	    /* place among what its receiver is to be sent */
	size_t touched;	    /* place among what is to be decided anew */
	size_t dirty;	    /* place among what is to be stored */
	enum hold held;	    /* as the observer knows it */
	enum kind held_kind;
};

/* One rule and one series.  When it is closed it stays for its rows. */
struct alert {
	TAILQ_ENTRY(alert) of_all;
	TAILQ_ENTRY(alert) of_machine; /* while it is open */
	LIST_ENTRY(alert) of_track;
	LIST_HEAD(, row) rows;
	struct track *track;
	const struct rule *rule; /* NULL: closed */
	char *rule_id, *series, *unit;
	const char *field; /* in series */
	struct level level;
	bool forced; /* its level is not of numbers */
	enum rank forced_rank;
	bool no_data;
	bool loaded; /* from a record, and not taken up yet */
	bool heard;  /* since the start, or since its host came back */
	bool anew;   /* somebody was told worse of the one before, and no
		      * number has said that it is over */
	/* stamps; of a forced one moments; or STAMP_NONE */
	int64_t since, changed; /* changed: when its truth did last */
	double worst;		/* NaN: none */
	uint64_t incident;
	struct timer absence; /* set: enough samples were missed */
	int64_t missed_at;    /* the moment when they were */
	int64_t missed_since; /* stamp */
	size_t dirty;
};

/* Rules and alerts of one field of a track. */
struct watch {
	const struct rule *rule;
	struct alert *alert; /* NULL: it has not given a number yet */
};

struct watched_field {
	const struct fettle_field *field;
	size_t first, n; /* of the track's watches */
};

struct track {
	const char *text;	 /* [HOST:]PLUGIN[[INSTANCE]][{TAGS}] */
	struct machine *machine; /* NULL: of the hub itself */
	const char *plugin, *instance;
	const struct fettle_tag *tags;
	size_t n_tags;
	LIST_ENTRY(track) of_machine;
	LIST_HEAD(, alert) alerts;
	bool live;		    /* somebody holds it */
	const struct series *owner; /* who asked for it last */
	int64_t stamp, interval_ns; /* of its last list in order */
	int64_t late_stamp, late_at;
	unsigned late_n; /* lists in a row that were late, at their pace */
	uint64_t made;	 /* generation of the rules it was compiled for */
	bool unwatched;	 /* no rule means any field of it */
	VEC(struct watched_field) fields;
	VEC(struct watch) watches;
};

/* A host. */
struct machine {
	TAILQ_ENTRY(machine) of_all;
	char *name;
	bool known; /* heard, or stored */
	bool kept;  /* not to be freed now */
	bool local;
	bool silent;
	int64_t newest, resume; /* stamps: of the last list; of the first one
				 * after the whole host paused */
	int64_t newest_at;	/* moments: when newest moved */
	int64_t heard_at, silent_at;
	int64_t gather_until, settle_until;
	int64_t shortest_ns;   /* of its intervals; 0: unknown */
	int64_t absence_from;  /* no alert misses samples before that stamp */
	struct alert *silence; /* the alert about it, or NULL */
	TAILQ_HEAD(, alert) alerts; /* open ones, that one as well */
	LIST_HEAD(, track) tracks;
	struct timer timer;
	size_t dirty;
};

struct receiver {
	char *name;
	unsigned severities;
	int64_t pace_ns;
	bool listed;			/* in the policy */
	int64_t free_at, blocked_until; /* moments */
	unsigned fails;
	uint64_t serial; /* of the message under way; 0: none */
	bool pending;	 /* stored as having one under way */
	VEC(struct row *) under_way;
	VEC(struct row *) ready;
	size_t dirty;
};

struct silence {
	uint64_t number;
	struct pattern *pattern;
	char *text, *why;
	int64_t begun, end; /* moments */
	size_t dirty;
};

/* A plugin that measures this machine, or did when that was stored. */
struct meter {
	char *plugin;
	size_t dirty;
};

/* Something to be stored: a thing, or a record that is gone or was given up.
 */
struct mark {
	enum record_table table;
	void *thing; /* NULL: it is gone meanwhile */
};

struct change {
	enum record_table table;
	char *key;
	struct buf data;
	bool gone;
};

struct engine {
	const struct policy *policy;
	const struct tuning *tuning;
	struct observer observer;
	int64_t offset, boot, wall; /* now is offset + boot */
	int64_t started;
	struct index tracks, machines;
	struct shelf shelf; /* of the policy's rules */
	TAILQ_HEAD(, machine) hosts;
	TAILQ_HEAD(, alert) alerts;
	VEC(struct receiver *) receivers;
	VEC(struct silence *) silences;
	VEC(struct meter *) meters;
	struct alert *hub; /* the alert about the hub, or NULL */
	struct timers machine_timers, alert_timers, row_timers;
	VEC(struct row *) touched;
	bool fleet; /* the number of hosts, or of silent ones, changed */
	uint64_t generation; /* of the rules */
	uint64_t serial;     /* of the last message */
	uint64_t late;
	size_t n_alerts, n_rows;
	struct clock_record saved; /* as it was loaded, as it will be stored */
	bool loaded_clock;
	bool clock_dirty, clean;
	VEC(struct mark) marks;
	VEC(struct change) changes;
};

/* engine.c */
static inline int64_t
now_of(const struct engine *e)
{
	return e->offset + e->boot;
}
/* A moment, and when it became so with an alert, on the wall clock. */
int64_t wall_of(const struct engine *e, int64_t moment);
int64_t since_wall(
    const struct engine *e, const struct alert *a, int64_t since);
void engine_shift(struct engine *e, struct machine *m, int64_t delta);
void engine_shift_local(struct engine *e, int64_t delta);

/* observe.c */
void observe_moved(
    const struct engine *e, const struct alert *a, struct truth was);
void observe_closed(
    const struct engine *e, const struct alert *a, enum closing why);
void observe_verdict(
    const struct engine *e, struct row *r, const struct verdict *v);

/* reload.c: the rule that counts for the alert now, or NULL */
const struct rule *rule_of(const struct engine *e, const struct alert *a);

/* message.c: what is said of a row that is under way */
const char *message_copy(struct message *m, const char *s);
void message_describe(const struct engine *e, struct message *m,
    struct message_item *i, const struct row *r);

/* track.c */
void track_text(struct buf *to, const char *host, const char *plugin,
    const char *instance, const struct fettle_tag *tags, size_t n_tags);
struct track *track_get(struct engine *e, const char *host, const char *plugin,
    const char *instance, const struct fettle_tag *tags, size_t n_tags);
/* Frees it if nobody needs it any more. */
void track_release(struct engine *e, struct track *t);
bool track_meant(
    const struct track *t, const struct pattern *p, const char *field);
bool track_applies(const struct track *t, const struct policy *p,
    const struct rule *r, const char *field);
struct alert *track_alert(
    const struct track *t, const char *rule_id, const char *field);

/* machine.c */
struct machine *machine_get(struct engine *e, const char *name);
void machine_free(struct engine *e, struct machine *m);
/* Frees it if nobody needs it any more. */
void machine_release(struct engine *e, struct machine *m);
void machine_heard(struct engine *e, struct machine *m, int64_t stamp,
    int64_t interval_ns, bool in_order);
void machine_judge(struct engine *e, struct machine *m);
void machine_plan(struct engine *e, struct machine *m);
/* Forgets the silent hosts that are meant; returns how many alerts went. */
size_t machines_forget(struct engine *e, const struct pattern *p);
void machines_tick(struct engine *e);
bool hub_isolated(const struct engine *e);

/* alert.c */
struct alert *alert_anchor(struct engine *e, struct track *t,
    const char *rule_id, const char *field, const char *unit);
struct alert *alert_open(struct engine *e, struct track *t,
    const struct rule *r, const char *field, const char *unit, bool forced);
/* It is open from now on. */
void alert_attach(struct engine *e, struct alert *a, const struct rule *r);
/* One that is not open, or no longer: its record goes, its rows are closed. */
void alert_discard(struct engine *e, struct alert *a, enum closing why);
void alert_close(struct engine *e, struct alert *a, enum closing why);
void alert_free(struct engine *e, struct alert *a);
struct truth alert_truth(const struct alert *a);
/* Its host is to be judged no later than where its samples are missing. */
void alert_expect(const struct engine *e, const struct alert *a);
void alert_heard(struct engine *e, struct alert *a);
void alert_unheard(struct alert *a);
void alert_number(struct engine *e, struct alert *a, int64_t stamp,
    double number, int64_t interval_ns);
void alert_force(
    struct engine *e, struct alert *a, enum rank rank, int64_t since);
int64_t alert_absence(struct engine *e, struct alert *a);
void alert_adapt(struct engine *e, struct alert *a, const struct rule *r);
void alert_touch(struct engine *e, struct alert *a);
void alerts_tick(struct engine *e);

/* start.c: the alert clock that was saved, when that time has gone by since
 * by the wall clock; runs: they are as they were */
int64_t clock_resumed(const struct engine *e, int64_t gone);
void alert_take_up(struct engine *e, struct alert *a, bool runs);

/* row.c */
struct row *row_of(const struct alert *a, const struct receiver *to);
struct row *row_make(
    struct engine *e, struct alert *a, struct receiver *r, int64_t cooldown);
void row_drop(struct engine *e, struct row *r);
void row_close(struct engine *e, struct row *r, enum closing why);
void row_touch(struct engine *e, struct row *r);
struct truth row_truth(const struct row *r);
struct verdict row_verdict(const struct engine *e, const struct row *r);
void rows_open(struct engine *e, struct alert *a);
void rows_tick(struct engine *e);

/* send.c */
struct receiver *receiver_get(struct engine *e, const char *name);
struct receiver *receiver_find(const struct engine *e, const char *name);
void receiver_free(struct engine *e, struct receiver *r);
void receiver_unknown(struct engine *e, struct receiver *r);
void receiver_ready(struct row *r, bool ready);
int64_t receiver_wake(const struct receiver *r);

/* silence.c */
const struct silence *silence_of(
    const struct engine *e, const struct alert *a);
void silence_add(struct engine *e, struct silence *s);
void silence_free(struct engine *e, struct silence *s);
void silences_tick(struct engine *e);

/* meter.c */
/* Made if there is none. */
struct meter *meter_get(struct engine *e, const char *plugin);
void meters_free(struct engine *e);
/* Those of the policy are known from now on. */
void meters_adapt(struct engine *e);
/* Retires those that an engine, this one or another, knows and the policy does
 * not. */
void meters_retire(struct engine *e, const struct engine *known);

/* save.c */
void mark_dirty(
    struct engine *e, enum record_table table, size_t *place, void *thing);
void mark_alert(struct engine *e, struct alert *a);
void mark_row(struct engine *e, struct row *r);
void mark_receiver(struct engine *e, struct receiver *r);
void mark_machine(struct engine *e, struct machine *m);
/* It is about to be freed, or is no more: the record goes, if it is stored. */
void unmark(
    struct engine *e, enum record_table table, size_t *place, char *key);
void dead_letter(
    struct engine *e, const struct row *r, struct truth t, const char *why);
/* Forgets what was to be stored. */
void changes_drop(struct engine *e);
char *key_of_row(const struct row *r);
char *key_of_alert(const struct alert *a);
char *key_of_silence(const struct silence *s);

#endif
