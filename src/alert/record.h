/* SPDX-License-Identifier: MIT */
/*
 * What the engine wants to be kept, as records: a table, a key that is text
 * without control characters but tabs, a value.  Values say their version;
 * they are checked when they are read, for a disk may hold anything.
 */
#ifndef ALERT_RECORD_H
#define ALERT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fettle/plugin.h>

#include "alert/history.h"
#include "alert/ledger.h"
#include "alert/level.h"
#include "base/buf.h"
#include "flow/names.h"

enum record_table {
	RECORD_CLOCK, /* one, its key is "clock" */
	RECORD_ALERT,
	RECORD_ROW,
	RECORD_RECEIVER,
	RECORD_HOST,
	RECORD_SILENCE,
	RECORD_DEAD,  /* dead letters: written, never read again */
	RECORD_PAST,  /* of an alert, for people: see alert/history.h */
	RECORD_METER, /* a plugin that measures this machine */
	RECORD_N
};

enum {
	RECORD_TEXT_MAX = 4096, /* bytes of any text in a record */
	RECORD_PAST_MAX = 800,	/* bytes of events in one */
};

struct clock_record {
	int64_t now;  /* alert clock */
	int64_t wall; /* at the same moment */
	bool clean;   /* the daemon ended in order: runs are as they were */
	uint64_t silences, dead; /* the last numbers that were given */
};

/* What an alert is about, and by which rule. */
struct subject {
	const char *rule;
	const char *host, *plugin, *field, *unit;
	const char *instance; /* or NULL */
	struct fettle_tag tags[NAMES_TAGS_MAX];
	size_t n_tags;
};

struct alert_record {
	struct subject of;
	bool forced;
	enum rank forced_rank;
	bool no_data;
	struct level level;
	int64_t since, changed;
	double worst;
	uint64_t incident;
};

struct row_record {
	struct subject of;
	const char *receiver;
	struct entry entry;
};

struct receiver_record {
	const char *name;
	int64_t free_at, blocked_until;
	uint32_t fails;
	bool pending;
};

struct host_record {
	const char *name;
	bool silent;
	int64_t silent_at, shortest_ns;
};

struct silence_record {
	uint64_t number;
	const char *pattern, *why;
	int64_t begun, end;
};

struct meter_record {
	const char *plugin;
};

struct dead_record {
	uint64_t number;
	int64_t at;
	const char *rule, *series, *receiver, *why;
	struct truth truth;
};

/* What happened to an alert, oldest first. */
struct past_record {
	size_t n;
	struct history_event events[HISTORY_EVENTS];
};

/* Whether a record can hold it: UTF-8 without control characters, and not too
 * long.  All texts below must be such. */
bool record_text(const char *s);

/* The key of a dead letter; the caller frees it. */
char *dead_key(uint64_t number);

/* Append the value. */
void record_put_clock(struct buf *b, const struct clock_record *r);
void record_put_alert(struct buf *b, const struct alert_record *r);
void record_put_row(struct buf *b, const struct row_record *r);
void record_put_receiver(struct buf *b, const struct receiver_record *r);
void record_put_host(struct buf *b, const struct host_record *r);
void record_put_silence(struct buf *b, const struct silence_record *r);
void record_put_meter(struct buf *b, const struct meter_record *r);
void record_put_dead(struct buf *b, const struct dead_record *r);
/* As many of the last events as have room. */
void record_put_past(struct buf *b, const struct past_record *r);

/* False: the value is damaged, or of a version that nobody knows.  Texts point
 * into the data. */
bool record_get_clock(const void *data, size_t len, struct clock_record *r);
bool record_get_alert(const void *data, size_t len, struct alert_record *r);
bool record_get_row(const void *data, size_t len, struct row_record *r);
bool record_get_receiver(
    const void *data, size_t len, struct receiver_record *r);
bool record_get_host(const void *data, size_t len, struct host_record *r);
bool record_get_silence(
    const void *data, size_t len, struct silence_record *r);
bool record_get_meter(const void *data, size_t len, struct meter_record *r);
bool record_get_dead(const void *data, size_t len, struct dead_record *r);
bool record_get_past(const void *data, size_t len, struct past_record *r);

#endif
