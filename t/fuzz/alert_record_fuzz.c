/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a stored record of the alerts; the first says which kind.  What
 * is taken is written again as the same bytes, an engine that loads it starts,
 * ticks, and ends, one that has begun without merges it, and what happened is
 * told.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc -Isrc/include t/fuzz/alert_record_fuzz.c \
 *     src/alert/{alert,engine,history,index,ledger,level,load}.c \
 *     src/alert/{machine,merge,message,meter,notice,notice_words}.c \
 *     src/alert/{observe,piece,read,record,reload,row,rule,save}.c \
 *     src/alert/{send,shelf,silence,start,timers,track,truth,view}.c \
 *     src/flow/{hash,late,names,pattern}.c \
 *     src/config/[a-z]*.c src/base/[a-z]*.c -lyaml -ljansson -lm \
 *     -o alert_record_fuzz
 * ./alert_record_fuzz -max_total_time=60 -max_len=4096 FOLDER \
 *     t/fuzz/alert
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alert/engine.h"
#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define AGAIN(name, type)                                                     \
	static bool again_##name(const void *data, size_t len, struct buf *b) \
	{                                                                     \
		struct type r;                                                \
                                                                              \
		if (!record_get_##name(data, len, &r))                        \
			return false;                                         \
		record_put_##name(b, &r);                                     \
		return true;                                                  \
	}

AGAIN(clock, clock_record)
AGAIN(alert, alert_record)
AGAIN(row, row_record)
AGAIN(receiver, receiver_record)
AGAIN(host, host_record)
AGAIN(silence, silence_record)
AGAIN(dead, dead_record)
AGAIN(past, past_record)
AGAIN(meter, meter_record)

static bool (*const again[RECORD_N])(const void *, size_t, struct buf *) = {
	[RECORD_CLOCK] = again_clock,
	[RECORD_ALERT] = again_alert,
	[RECORD_ROW] = again_row,
	[RECORD_RECEIVER] = again_receiver,
	[RECORD_HOST] = again_host,
	[RECORD_SILENCE] = again_silence,
	[RECORD_DEAD] = again_dead,
	[RECORD_PAST] = again_past,
	[RECORD_METER] = again_meter,
};

/* What the engine said on its way down goes into the next one. */
static void
carry(void *arg, enum record_table table, const char *key, const void *data,
    size_t len)
{
	if (data != NULL && table != RECORD_DEAD)
		assert(engine_load(arg, table, key, data, len) == 0);
}

static struct policy *
make_policy(void)
{
	struct policy *p = policy_new("me");
	char why[256];
	struct rule *r = rule_new("*", NULL, why, sizeof(why));

	r->limits.failure = 90;
	rule_notify(r, "slack");
	vec_add(&p->rules) = r;
	p->hosts = rule_new_hosts();
	rule_notify(p->hosts, "slack");
	policy_listen(p, "slack", SEVERITIES_ALL, NS_PER_S);
	return p;
}

/* Starts with that record, where its key is known, and once more. */
static void
live(enum record_table table, const char *key, const void *data, size_t len)
{
	struct policy *p = make_policy();
	struct engine *e = engine_new(p, &tuning_default);
	struct engine *next = engine_new(p, &tuning_default);

	engine_load(e, table, key, data, len);
	engine_start(e, NS_PER_S, 1000 * NS_PER_S);
	engine_at(e, 3600 * NS_PER_S, 4600 * NS_PER_S);
	message_free(engine_begin(e, "slack"));
	engine_stop(e);
	engine_commit(e, carry, next);
	engine_start(next, NS_PER_S, 5000 * NS_PER_S);
	engine_free(next);
	engine_free(e);
	policy_free(p);
}

/* Another has begun without that record, and has another one like it. */
static void
live_late(
    enum record_table table, const char *key, const void *data, size_t len)
{
	struct policy *p = make_policy();
	struct engine *e = engine_new(p, &tuning_default);
	struct engine *next = engine_new(p, &tuning_default);

	engine_start_blind(e, NS_PER_S, 1000 * NS_PER_S);
	for (int64_t i = 1; i <= 2; i++) {
		struct engine *before = engine_new(p, &tuning_default);

		engine_load(before, table, key, data, len);
		engine_at(e, i * 3600 * NS_PER_S, 4600 * NS_PER_S);
		engine_merge(e, before);
		engine_free(before);
		message_free(engine_begin(e, "slack"));
	}
	engine_unsaved(e);
	engine_commit(e, carry, next);
	engine_free(next);
	engine_free(e);
	policy_free(p);
}

static void
live_both(
    enum record_table table, const char *key, const void *data, size_t len)
{
	live(table, key, data, len);
	live_late(table, key, data, len);
}

/* The key that a record of an alert or a row must have where its names need no
 * quoting. */
static void
live_by_subject(enum record_table table, const struct subject *s,
    const char *receiver, const void *data, size_t len)
{
	struct buf key = { 0 };

	buf_printf(&key, "%s\t%s%s%s", s->rule, s->host,
	    s->host[0] != '\0' ? ":" : "", s->plugin);
	if (s->instance != NULL)
		buf_printf(&key, "[%s]", s->instance);
	for (size_t i = 0; i < s->n_tags; i++)
		buf_printf(&key, "%c%s=%s", i == 0 ? '{' : ',', s->tags[i].key,
		    s->tags[i].value);
	buf_printf(&key, "%s.%s%s%s", s->n_tags > 0 ? "}" : "", s->field,
	    receiver != NULL ? "\t" : "", receiver != NULL ? receiver : "");
	live_both(table, key.data, data, len);
	buf_free(&key);
}

static void
carry_past(void *arg, const char *key, const void *data, size_t len)
{
	assert(history_load(arg, key, data, len));
}

static void
read_event(void *arg, const struct history_event *e)
{
	*(size_t *)arg +=
	    strlen(history_name(e->what)) + strlen(kind_name(e->kind)) +
	    strlen(hold_name(e->hold)) + strlen(closing_name(e->closing)) +
	    strlen(truth_name(e->was)) + strlen(truth_name(e->is));
}

/* What happened, twice over. */
static void
live_past(const void *data, size_t len)
{
	struct history h, next;
	size_t n = 0;

	history_init(&h);
	history_init(&next);
	for (int i = 0; i < 2; i++)
		assert(history_load(&h, "rule\tx.v", data, len));
	history_unsaved(&h);
	history_commit(&h, carry_past, &next);
	history_each(&next, "rule", "x.v", read_event, &n);
	history_fini(&next);
	history_fini(&h);
}

static void
live_any(enum record_table table, const void *data, size_t len)
{
	struct alert_record alert;
	struct row_record row;
	struct host_record host;
	struct receiver_record receiver;
	struct meter_record meter;

	if (table == RECORD_ALERT && record_get_alert(data, len, &alert))
		live_by_subject(table, &alert.of, NULL, data, len);
	if (table == RECORD_ROW && record_get_row(data, len, &row))
		live_by_subject(table, &row.of, row.receiver, data, len);
	if (table == RECORD_HOST && record_get_host(data, len, &host))
		live_both(table, host.name, data, len);
	if (table == RECORD_RECEIVER &&
	    record_get_receiver(data, len, &receiver))
		live_both(table, receiver.name, data, len);
	if (table == RECORD_METER && record_get_meter(data, len, &meter))
		live_both(table, meter.plugin, data, len);
	if (table == RECORD_PAST)
		live_past(data, len);
	if (table == RECORD_CLOCK)
		live_both(table, "clock", data, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = { 0 };
	uint8_t *copy;
	size_t len;

	if (size < 1 || data[0] >= RECORD_N)
		return 0;
	len = size - 1;
	copy = malloc(len > 0 ? len : 1); /* its end is the sanitizer's */
	assert(copy != NULL);
	memcpy(copy, data + 1, len);
	if (again[data[0]](copy, len, &b)) {
		assert(b.len == len && memcmp(b.data, copy, len) == 0);
		live_any((enum record_table)data[0], copy, len);
	}
	buf_free(&b);
	free(copy);
	return 0;
}
