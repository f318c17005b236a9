/* SPDX-License-Identifier: MIT */
/*
 * What happened to alerts lately, for people who ask why: the last events of
 * each, and of so many alerts.  It is kept with the state of the alerts, as
 * far as a record of each has room: what is new goes along when that is
 * written, and is no reason to write.  One thread at a time: the desk's lock
 * guards it.
 */
#ifndef ALERT_HISTORY_H
#define ALERT_HISTORY_H

#include <sys/queue.h>

#include "alert/index.h"
#include "alert/ledger.h"
#include "base/vec.h"

enum {
	HISTORY_EVENTS = 32,   /* of one alert */
	HISTORY_ALERTS = 5000, /* remembered at a time */
	HISTORY_WORDS = 256,   /* bytes that an answer is cut to */
};

enum history_what {
	HISTORY_MOVED,	   /* its state changed: was, is, number */
	HISTORY_HELD,	   /* owed to receiver, held back: kind, hold, until */
	HISTORY_SENT,	   /* on its way to receiver: kind, is (as stated) */
	HISTORY_DELIVERED, /* receiver has it: words, took */
	HISTORY_FAILED,	   /* receiver has it not, or perhaps: words, took */
	HISTORY_CLOSED,	   /* it is watched no longer: was, closing */
};

struct history_event {
	int64_t time_ns; /* wall clock when it happened */
	enum history_what what;
	struct truth was, is;
	double number; /* NaN: none */
	enum kind kind;
	enum hold hold;
	int64_t until_ns; /* wall clock, of a hold; 0: nobody knows */
	enum closing closing;
	int64_t took_ns;
	int answer;	      /* enum fettle_answer */
	const char *receiver; /* NULL: none.  Lent, as all texts here */
	const char *words;    /* of the answer, one line; NULL: none */
};

struct past; /* of one alert */

struct history {
	struct index index;	/* by rule, a tab, series */
	TAILQ_HEAD(, past) all; /* who changed last is last */
	TAILQ_HEAD(, past) dirty;
	VEC(char *) gone; /* keys of records */
	size_t n;
};

void history_init(struct history *h);
void history_fini(struct history *h);

/* Copies the event; the oldest of that alert goes where there is no room. What
 * failed and is tried again, and fails alike, is there once. */
void history_add(struct history *h, const char *rule, const char *series,
    const struct history_event *event);

/* Oldest first; returns how many. */
size_t history_each(const struct history *h, const char *rule,
    const char *series,
    void (*each)(void *arg, const struct history_event *event), void *arg);

/* Takes in a record, as of before what is known already.  False: it is
 * damaged, or one too many. */
bool history_load(
    struct history *h, const char *key, const void *data, size_t len);
/* Calls put for every record that changed: data NULL says that it is gone. */
void history_commit(struct history *h,
    void (*put)(void *arg, const char *key, const void *data, size_t len),
    void *arg);
/* What was given out before is lost: the next commit has all there is. */
void history_unsaved(struct history *h);

/* "moved", "held", ... */
const char *history_name(enum history_what what);

#endif
