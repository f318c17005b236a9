/* SPDX-License-Identifier: MIT */
/*
 * fettle_post and fettle_post_batch of <fettle/plugin.h>: what others measured
 * on its way in.  Linked into the program itself, as api.c is.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/human.h"
#include "base/log.h"
#include "daemon.h"
#include "flow/late.h"

enum { DURABLE_S = 5 }; /* that a post waits for spools */

/* A plugin of an older interface has shorter lists: copies of today's size,
 * or the array as it is where none is needed. */
static const struct fettle_list *const *
widen(const struct fettle_list *const *lists, size_t n)
{
	const struct fettle_list **out;
	struct fettle_list *copies;
	size_t i = 0;

	while (i < n && lists[i]->size >= sizeof(struct fettle_list))
		i++;
	if (i == n)
		return lists;
	out = xcalloc(1, n * (sizeof(*out) + sizeof(struct fettle_list)));
	copies = (struct fettle_list *)(out + n);
	for (i = 0; i < n; i++) {
		memcpy(&copies[i], lists[i],
		    lists[i]->size < sizeof(copies[i]) ? lists[i]->size
						       : sizeof(copies[i]));
		out[i] = &copies[i];
	}
	return out;
}

/* Only a plugin that says it is DYNAMIC may send what it does not declare. */
static int
check_declared(const struct fettle_ctx *ctx, const struct fettle_list *l,
    char *why, size_t len)
{
	if (ctx->plugin->d.flags & FETTLE_DYNAMIC)
		return 0;
	for (size_t i = 0; i < l->n; i++)
		if (plugin_field(ctx->plugin, l->fields[i]->name) == NULL) {
			snprintf(why, len, "field %s is not declared",
			    l->fields[i]->name);
			return -EINVAL;
		}
	return 0;
}

static int
check_lists(const struct fettle_ctx *ctx,
    const struct fettle_list *const *lists, size_t n, char *why, size_t len)
{
	char reason[128];

	for (size_t i = 0; i < n; i++)
		if (list_check(lists[i], reason, sizeof(reason)) < 0 ||
		    check_declared(ctx, lists[i], reason, sizeof(reason)) <
			0) {
			snprintf(why, len, "list %zu: %s", i, reason);
			return -EINVAL;
		}
	return 0;
}

static void
say_count(const char *name, uint64_t n, char *why, size_t len)
{
	const size_t at = strnlen(why, len);

	if (n > 0 && at < len)
		snprintf(why + at, len - at, "%s\"%s\": %llu",
		    at > 0 ? ", " : "", name, (unsigned long long)n);
}

static void
say_dropped(const struct taken *taken, char *why, size_t len)
{
	for (int r = DROP_NONE + 1; r < DROP_N; r++)
		say_count(
		    drop_name((enum drop)r), taken->dropped[r], why, len);
}

struct spooling {
	VEC(struct writer *) writers;
};

/* The writers that have a spool, held once more. */
static void
find_spooling(struct daemon *d, struct spooling *s)
{
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->units.n; i++) {
		const struct unit *u = &d->units.v[i];

		if (u->writer != NULL &&
		    u->section->options.spool.survive != NULL)
			vec_add(&s->writers) = writer_ref(u->writer);
	}
	pthread_mutex_unlock(&d->lock);
}

/* Waits until every spool that is to has what was taken. */
static int
make_durable(struct daemon *d, char *why, size_t len)
{
	const int64_t deadline = clock_mono() + DURABLE_S * NS_PER_S;
	struct spooling s = { 0 };
	int rc = 0;

	find_spooling(d, &s);
	if (s.writers.n > 0)
		rc = dispatch_settle(&d->dispatch, deadline);
	for (size_t i = 0; i < s.writers.n; i++) {
		if (rc == 0)
			rc = writer_sync(s.writers.v[i], deadline);
		writer_unref(s.writers.v[i]);
	}
	vec_free(&s.writers);
	if (rc == 0)
		return 0;
	snprintf(why, len, "not on disk");
	return -ETIMEDOUT;
}

static struct batch_origin
origin_of(const struct fettle_ctx *ctx, uint32_t flags)
{
	struct batch_origin origin = {
		.names = { .own_host = pool_get_host(&ctx->daemon->pool),
		    .plugin = ctx->plugin->name,
		    .declaring = ctx->plugin,
		    .relayed = (flags & FETTLE_RELAYED) != 0,
		    .now_ns = clock_mono(),
		    .now_wall_ns = clock_wall() },
		.interval_ns = ctx->interval_ns,
	};

	origin.time_ns = origin.names.now_wall_ns;
	return origin;
}

/* 0 or -errno. */
static int
enqueue(struct daemon *d, struct batch_origin *origin,
    const struct fettle_list *const *lists, size_t n, struct taken *taken)
{
	struct batch *b = batch_build(&d->table, origin, lists, n, taken);
	int rc;

	if (b == NULL)
		return 0;
	rc = dispatch_post(&d->dispatch, b);
	if (rc < 0)
		batch_unref(b);
	return rc;
}

static void
say_astray(const struct fettle_ctx *ctx, const char *host, int64_t ahead_ns)
{
	struct buf span = { 0 };

	human_duration(&span, fabs((double)ahead_ns) / (double)NS_PER_S);
	log_record(LOG_WARNING, ctx->label, NULL, 0,
	    "value lists of '%s' are dropped: by its clock they are %s %s; "
	    "set the clock there, or here",
	    host, span.data, ahead_ns > 0 ? "in the future" : "old");
	buf_free(&span);
}

/* Whose stamps are not taken is said once, and so is that they are again.
 * Whoever sent them reads it in the answer. */
static void
note_astray(const struct fettle_ctx *ctx, const struct batch_origin *origin,
    const struct fettle_list *const *lists, size_t n,
    const struct taken *taken)
{
	struct astray *a = &ctx->daemon->astray;
	const bool found = taken->dropped[DROP_TIME] > 0;
	const char *host, *last = "";

	for (size_t i = 0; i < n && (found || astray_any(a)); i++) {
		const int64_t ahead =
		    list_astray(lists[i], origin->names.now_wall_ns);

		host = lists[i]->host != NULL ? lists[i]->host
					      : origin->names.own_host;
		if (found != (ahead != 0) || lists[i]->time_ns == 0 ||
		    strcmp(host, last) == 0)
			continue;
		last = host;
		if (!found && astray_over(a, host))
			log_record(LOG_NOTICE, ctx->label, NULL, 0,
			    "value lists of '%s' are taken again", host);
		else if (found &&
			 astray_found(a, host, ahead, origin->names.now_ns))
			say_astray(ctx, host, ahead);
	}
}

static int
check_source(
    const struct fettle_ctx *ctx, uint32_t flag, char *why, size_t len)
{
	if (len > 0)
		why[0] = '\0';
	if ((ctx->plugin->d.flags & flag) == flag)
		return 0;
	snprintf(why, len, "the plugin is not %s",
	    flag & FETTLE_HUB ? "FETTLE_HUB" : "FETTLE_SOURCE");
	return -EINVAL;
}

static void
free_wide(const struct fettle_list *const *wide,
    const struct fettle_list *const *lists)
{
	if (wide != lists)
		free((void *)(uintptr_t)wide);
}

long
fettle_post(struct fettle_ctx *ctx, const struct fettle_list *const *lists,
    size_t n, uint32_t flags, char *why, size_t len)
{
	struct batch_origin origin = origin_of(ctx, flags);
	const struct fettle_list *const *wide;
	struct taken taken = { 0 };
	int rc = check_source(ctx, FETTLE_SOURCE, why, len);

	if (rc < 0)
		return rc;
	wide = widen(lists, n);
	rc = check_lists(ctx, wide, n, why, len);
	if (rc == 0)
		rc = enqueue(ctx->daemon, &origin, wide, n, &taken);
	if (rc == 0)
		note_astray(ctx, &origin, wide, n, &taken);
	free_wide(wide, lists);
	if (rc == 0 && taken.n > 0 && flags & FETTLE_DURABLE)
		rc = make_durable(ctx->daemon, why, len);
	if (rc < 0)
		return rc;
	say_dropped(&taken, why, len);
	return (long)taken.n;
}

/* --- post a batch -------------------------------------------------------- */

static bool
is_own(struct daemon *d, const char *queue)
{
	bool own = false;

	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->units.n && !own; i++)
		own = d->units.v[i].writer != NULL &&
		      writer_has_queue(d->units.v[i].writer, queue);
	pthread_mutex_unlock(&d->lock);
	return own;
}

static int
check_queues(
    struct daemon *d, const struct fettle_batch *b, char *why, size_t len)
{
	if (b->queue != NULL && !seen_is_id(b->queue)) {
		snprintf(
		    why, len, "queue: 32 hexadecimal digits are expected");
		return -EINVAL;
	}
	if (b->n_via > VIA_MAX) {
		snprintf(why, len, "via: it went through too many hubs");
		return -ELOOP;
	}
	for (size_t i = 0; i < b->n_via; i++) {
		if (!seen_is_id(b->via[i])) {
			snprintf(why, len,
			    "via[%zu]: 32 hexadecimal digits are expected", i);
			return -EINVAL;
		}
		if (is_own(d, b->via[i])) {
			snprintf(why, len,
			    "via[%zu]: it went through this hub before", i);
			return -ELOOP;
		}
	}
	return 0;
}

/* What its lists have gone through once they are here; *via is NULL for those
 * of a daemon that only sends. */
static int
make_via(const struct fettle_batch *b, struct via **via, char *why, size_t len)
{
	*via = NULL;
	if (b->via == NULL)
		return 0;
	*via = via_new(b->via, b->n_via, b->queue);
	if (*via != NULL)
		return 0;
	snprintf(why, len, "via: it went through too many hubs");
	return -ELOOP;
}

static void
count_late(const struct fettle_batch *b, uint64_t skip, struct seen_batch *out)
{
	int64_t least = INT64_MAX;

	for (uint64_t i = skip; i < b->n && b->sent_ns > 0; i++) {
		const int64_t age = list_late(b->lists[i], b->sent_ns);

		out->late += age > 0;
		if (age < least)
			least = age;
	}
	out->behind_ns = least < INT64_MAX ? least : 0;
}

/* Takes what has not come before, which nobody else may do meanwhile. */
static int
take_numbered(struct daemon *d, struct batch_origin *origin,
    const struct fettle_batch *b, struct seen_batch *s, struct taken *taken,
    uint64_t *skip)
{
	int rc = 0;

	seen_lock(&d->seen);
	*skip = seen_skip(&d->seen, s);
	if (*skip < b->n)
		rc = enqueue(d, origin, b->lists + *skip, b->n - *skip, taken);
	if (rc == 0) {
		count_late(b, *skip, s);
		seen_taken(&d->seen, s, origin->names.now_wall_ns);
	}
	seen_unlock(&d->seen);
	return rc;
}

static long
post_batch(struct fettle_ctx *ctx, const struct fettle_batch *b,
    struct batch_origin *origin, uint32_t flags, char *why, size_t len)
{
	struct seen_batch s = { .queue = b->queue,
		.host = b->n > 0 && b->lists[0]->host != NULL
			    ? b->lists[0]->host
			    : origin->names.own_host,
		.seq = b->seq,
		.n = b->n };
	struct daemon *d = ctx->daemon;
	struct taken taken = { 0 };
	uint64_t skip = 0;
	int rc;

	if (b->queue != NULL)
		rc = take_numbered(d, origin, b, &s, &taken, &skip);
	else
		rc = enqueue(d, origin, b->lists, b->n, &taken);
	if (rc == 0)
		note_astray(ctx, origin, b->lists + skip, b->n - skip, &taken);
	/* what came before may not be on disk even now */
	if (rc == 0 && taken.n + skip > 0 && flags & FETTLE_DURABLE)
		rc = make_durable(d, why, len);
	if (rc < 0)
		return rc;
	if (b->queue != NULL)
		seen_durable(&d->seen, &s);
	say_count("duplicate", skip, why, len);
	taken.dropped[DROP_EMPTY] = 0;
	say_dropped(&taken, why, len);
	return (long)taken.n;
}

long
fettle_post_batch(struct fettle_ctx *ctx, const struct fettle_batch *batch,
    uint32_t flags, char *why, size_t len)
{
	struct batch_origin origin = origin_of(ctx, flags);
	struct fettle_batch b = *batch;
	long rc = check_source(ctx, FETTLE_SOURCE | FETTLE_HUB, why, len);

	if (rc < 0)
		return rc;
	b.lists = widen(batch->lists, batch->n);
	rc = check_lists(ctx, b.lists, b.n, why, len);
	if (rc == 0)
		rc = check_queues(ctx->daemon, &b, why, len);
	if (rc == 0)
		rc = make_via(&b, &origin.via, why, len);
	if (rc == 0) {
		origin.sent_ns = b.sent_ns;
		rc = post_batch(ctx, &b, &origin, flags, why, len);
		via_unref(origin.via);
	}
	free_wide(b.lists, batch->lists);
	return rc;
}
