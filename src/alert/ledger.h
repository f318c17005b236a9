/* SPDX-License-Identifier: MIT */
/*
 * What one receiver knows of one alert, and what it is owed: ledger and outbox
 * in one.  At most one notice a row, always about the present.  Pure: the
 * engine says what surrounds a row, and keeps the rows.
 */
#ifndef ALERT_LEDGER_H
#define ALERT_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/stamp.h"
#include "alert/truth.h"

enum kind {
	KIND_NONE,
	KIND_FIRING,
	KIND_EASED,
	KIND_NO_DATA,
	KIND_DATA_BACK,
	KIND_RESOLVED,
	KIND_REMINDER,
	KIND_MISSED,
	KIND_CLOSED,
};

/* Why an alert or a row is closed. */
enum closing {
	CLOSING_NOT,
	CLOSING_RULE,	/* the rule is gone, or no longer counts */
	CLOSING_NOTIFY, /* the rule no longer names the receiver */
	CLOSING_SERIES, /* no data for too long */
	CLOSING_HAND,	/* somebody wanted it forgotten */
	CLOSING_HOST,	/* its host was not heard for too long */
	CLOSING_PLUGIN, /* what measured it is gone */
};

/* Why what is owed is not sent; in the order in which they are asked. */
enum hold {
	HOLD_NONE,
	HOLD_SILENCE,
	HOLD_ISOLATED,	/* the hub seems to be cut off */
	HOLD_GATHERING, /* a host fell silent: see who follows */
	HOLD_HOST,	/* its host is silent */
	HOLD_REPLAY,	/* its host catches up */
	HOLD_UNHEARD,	/* no number since the start or the host's return, or
			 * none that decides since it began anew */
	HOLD_COOLDOWN,
	HOLD_REFUSED, /* the receiver would not take this */
};

/* What was put into a message about a row. */
struct said {
	enum kind kind;
	struct truth truth; /* what was stated */
	struct truth seen;  /* what it makes the receiver believe */
	uint32_t changes;
};

struct entry {
	struct truth told;    /* after the last confirmed message */
	struct truth maybe;   /* worst sent since, outcome unknown; or none */
	struct truth due;     /* worst that could be sent since; or none */
	struct truth refused; /* what it would not take; or none */
	int64_t confirmed_at, ready_at, refused_at; /* or STAMP_NONE */
	int64_t cooldown_ns;
	uint32_t changes; /* since the last confirmed message */
	int64_t since;	  /* stamp: when it became what it is to be told */
	double worst;	  /* NaN: none */
	enum closing closing;
	bool alone; /* was among several that were refused */
	uint32_t event;
	struct said said; /* last tried and not confirmed; KIND_NONE: none */
	bool under_way;
};

/* What surrounds an entry. */
struct standing {
	int64_t now;
	struct truth truth;  /* of its alert */
	unsigned severities; /* of its receiver */
	int64_t remind_ns;   /* 0: never */
	int64_t refused_ns;  /* least wait after content was refused */
	bool unheard;	     /* the alert is HOLD_UNHEARD */
};

struct verdict {
	bool owed;	/* something is */
	bool rise;	/* it is worse than what was told */
	enum kind kind; /* of the message, if one is owed */
	enum hold hold; /* HOLD_NONE and owed: it may be sent */
	int64_t until;	/* when to ask again; STAMP_NEVER: time alone changes
			 * nothing */
	struct truth want; /* what the receiver would believe */
};

void entry_init(struct entry *e, int64_t cooldown_ns);

/* Whether it was told of nothing but good, surely. */
bool entry_knows_good(const struct entry *e);

/* What is owed: not yet whether it may be sent. */
struct verdict entry_owed(const struct entry *e, const struct standing *s);
/* For something owed: what stops it from HOLD_UNHEARD on. */
void entry_hold(
    const struct entry *e, const struct standing *s, struct verdict *v);

/* The alert was this and is that; worst is its worst number. */
void entry_moved(struct entry *e, struct truth was, struct truth is,
    unsigned severities, double worst, bool below);
/* The worse of both numbers; NaN is none. */
double entry_worse(double a, double b, bool below);

/* Acts on a verdict.  since: of the alert.  True: something changed. */
bool entry_settle(
    struct entry *e, const struct verdict *v, int64_t now, int64_t since);
/* A notice that could be sent for too long is given up, the debt is not. */
void entry_give_up(struct entry *e);
/* Closed, knowing nothing but good: to be dropped. */
bool entry_over(const struct entry *e);

void entry_begin(
    struct entry *e, const struct verdict *v, struct truth truth, int64_t now);
void entry_delivered(struct entry *e, int64_t now);
void entry_unknown(struct entry *e);
void entry_refused(struct entry *e, int64_t now);

const char *kind_name(enum kind k);
const char *hold_name(enum hold h);
const char *closing_name(enum closing c);

#endif
