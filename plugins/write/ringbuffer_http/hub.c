/* SPDX-License-Identifier: MIT */
#include "hub.h"

#include <microhttpd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define SETTLE_NS NS_PER_S

enum {
	BODIES_MAX = 64 << 20,
	ANSWERS_MAX = 256 << 20,
	TOKENS_BURST = 20, /* wrong ones, then one every 3 s */
	RECORDS_BURST = 5, /* in the log, then one every 10 s */
};

bool
budget_take(struct hub_budget *b, size_t n)
{
	if (atomic_fetch_add(&b->used, n) + n <= b->max)
		return true;
	budget_give(b, n);
	return false;
}

void
budget_give(struct hub_budget *b, size_t n)
{
	atomic_fetch_sub(&b->used, n);
}

/* Whoever reloads does not wait for an endless row of requests. */
static void
init_use(struct hub *hub)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(
	    &attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&hub->use, &attr);
	pthread_rwlockattr_destroy(&attr);
}

/* What may fail; false: nothing is left of it. */
static bool
start(struct hub *hub)
{
	if (versions_init(&hub->versions) < 0)
		return false;
	if (conns_init(&hub->conns) == 0) {
		hub->streams = streams_new(hub);
		if (hub->streams != NULL)
			return true;
		conns_fini(&hub->conns);
	}
	versions_fini(&hub->versions);
	return false;
}

struct hub *
hub_new(struct fettle_ctx *ctx, size_t records)
{
	struct hub *hub = calloc(1, sizeof *hub);

	if (hub == NULL)
		return NULL;
	hub->ring = ring_new(records);
	if (hub->ring == NULL || !start(hub)) {
		ring_free(hub->ring);
		free(hub);
		return NULL;
	}
	hub->ctx = ctx;
	hub->server.hub = hub;
	hub->bodies.max = BODIES_MAX;
	hub->answers.max = ANSWERS_MAX;
	limit_init(&hub->wrong_tokens, TOKENS_BURST, 3 * NS_PER_S);
	limit_init(&hub->records, RECORDS_BURST, 10 * NS_PER_S);
	auth_init(&hub->auth);
	init_use(hub);
	pthread_mutex_init(&hub->lock, NULL);
	pthread_mutex_init(&hub->history.lock, NULL);
	return hub;
}

void
hub_free(struct hub *hub)
{
	server_close(&hub->server);
	streams_free(hub->streams);
	conns_fini(&hub->conns);
	if (hub->history.response != NULL)
		MHD_destroy_response(hub->history.response);
	for (int i = 0; i < HUB_TAKEN; i++)
		if (hub->taken[i] != NULL)
			MHD_destroy_response(hub->taken[i]);
	past_free(hub->past);
	versions_fini(&hub->versions);
	ring_free(hub->ring);
	auth_fini(&hub->auth);
	files_free(hub->files);
	pthread_mutex_destroy(&hub->history.lock);
	pthread_mutex_destroy(&hub->lock);
	pthread_rwlock_destroy(&hub->use);
	free(hub->rules.proxies);
	free(hub);
}

void
hub_use(struct hub *hub, struct fettle_ctx *ctx, const struct hub_rules *rules,
    struct tokens *tokens, struct files *files)
{
	atomic_store(&hub->handover, true);
	pthread_rwlock_wrlock(&hub->use);
	atomic_store(&hub->handover, false);
	free(hub->rules.proxies);
	hub->rules = *rules;
	hub->ctx = ctx;
	auth_set(&hub->auth, tokens);
	files_free(hub->files);
	hub->files = files;
	pthread_rwlock_unlock(&hub->use);
}

/* Of the thread that writes history, too. */
static void
log_past(void *arg, int priority, const char *text)
{
	struct hub *hub = arg;

	pthread_rwlock_rdlock(&hub->use);
	fettle_log(hub->ctx, priority, "%s", text);
	pthread_rwlock_unlock(&hub->use);
}

int64_t
hub_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
hub_keep_past(struct hub *hub, const struct past_settings *settings)
{
	struct past *was = hub->past, *is = was;
	struct past_settings mine;

	if (settings == NULL) {
		is = NULL;
	} else if (was != NULL) {
		past_use(was, settings, hub_now_ms());
	} else {
		mine = *settings;
		mine.log = log_past;
		mine.log_arg = hub;
		is = past_new(&mine, hub_now_ms());
		if (is == NULL)
			log_past(hub, LOG_ERR, "out of memory: no history");
	}
	pthread_rwlock_wrlock(&hub->use);
	hub->past = is;
	pthread_rwlock_unlock(&hub->use);
	if (was != is)
		past_free(was);
}

void
hub_settle(struct hub *hub, const struct conn *conn)
{
	int64_t left = SETTLE_NS, slice = SETTLE_NS / 64;

	for (; left > 0; left -= slice, slice *= 2) {
		if (fettle_settle(hub->ctx, slice < left ? slice : left) == 0)
			return;
		if (atomic_load(&hub->server.stopping) == conn->daemon)
			return;
		if (!atomic_load(&hub->handover))
			continue;
		pthread_rwlock_unlock(&hub->use);
		sched_yield();
		pthread_rwlock_rdlock(&hub->use);
	}
}

struct peer
hub_client(const struct hub *hub, const struct conn *conn)
{
	return peer_behind(&conn->peer, conn->gate.forwarded_for,
	    hub->rules.proxies, hub->rules.n_proxies);
}

void
hub_refused(struct hub *hub, const struct conn *conn, enum refusal refusal,
    unsigned status, const char *why)
{
	const struct peer client = hub_client(hub, conn);
	char peer[PEER_TEXT], code[16], held_text[24];
	const struct fettle_tag fields[] = { { "peer", peer },
		{ "path", conn->path }, { "status", code },
		{ "reason", refusal_name(refusal) },
		{ "held_back", held_text } };
	uint64_t held = 0;
	bool say;

	atomic_fetch_add(&hub->refused[refusal], 1);
	pthread_mutex_lock(&hub->lock);
	say = limit_take(
	    &hub->records, peer_party(&client), fettle_now(hub->ctx), &held);
	pthread_mutex_unlock(&hub->lock);
	if (!say)
		return;
	peer_text(&client, peer);
	snprintf(code, sizeof(code), "%u", status);
	snprintf(
	    held_text, sizeof(held_text), "%llu", (unsigned long long)held);
	fettle_log_fields(hub->ctx, LOG_WARNING, fields, held > 0 ? 5 : 4,
	    "request refused: %s", why);
}
