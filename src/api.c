/* SPDX-License-Identifier: MIT */
/*
 * The functions of <fettle/plugin.h>: each a few lines over the layers below.
 * This file is linked into the program itself, since nothing of the daemon
 * calls what only plugins need.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/protocol.h"
#include "daemon.h"
#include "flow/draft.h"

enum { DURABLE_S = 5 }; /* that a post waits for spools */

void *
fettle_self(struct fettle_ctx *ctx)
{
	return ctx->self;
}

const char *
fettle_label(struct fettle_ctx *ctx)
{
	return ctx->label;
}

const char *
fettle_host(struct fettle_ctx *ctx)
{
	return pool_get_host(&ctx->daemon->pool);
}

/* /proc/x below the configured root, and so on; the caller frees it. */
static char *
place(const struct daemon *d, const char *path)
{
	if (strncmp(path, "/proc/", 6) == 0)
		return xasprintf("%s/%s", d->proc, path + 6);
	if (strncmp(path, "/sys/", 5) == 0)
		return xasprintf("%s/%s", d->sys, path + 5);
	return xstrdup(path);
}

int
fettle_file(struct fettle_ctx *ctx, const char *path)
{
	char *at = place(ctx->daemon, path);
	const int fd = open(at, O_RDONLY | O_CLOEXEC);
	const int rc = fd < 0 ? -errno : fd;

	free(at);
	return rc;
}

const char *
fettle_state_dir(struct fettle_ctx *ctx)
{
	if (ctx->state_dir != NULL || ctx->daemon->state_lock < 0)
		return ctx->state_dir;
	ctx->state_dir =
	    xasprintf("%s/%s", ctx->daemon->state_dir, ctx->label);
	if (mkdir(ctx->state_dir, 0700) != 0 && errno != EEXIST) {
		free(ctx->state_dir);
		ctx->state_dir = NULL;
	}
	return ctx->state_dir;
}

int64_t
fettle_now(struct fettle_ctx *ctx)
{
	(void)ctx;
	return clock_mono();
}

int64_t
fettle_left(struct fettle_ctx *ctx)
{
	return ctx->call.deadline - clock_mono();
}

int64_t
fettle_interval(struct fettle_ctx *ctx)
{
	return ctx->interval_ns;
}

/* --- submit ----------------------------------------------------------------
 */

/* The first error is what the read fails with. */
static int
submitted(struct fettle_ctx *ctx, int rc)
{
	if (rc < 0 && ctx->failed == 0) {
		ctx->failed = -rc;
		snprintf(
		    ctx->reason, sizeof(ctx->reason), "%s", ctx->draft->why);
	}
	return rc;
}

int
fettle_submit(struct fettle_ctx *ctx, const char *instance,
    const double *reals, size_t n)
{
	if (ctx->draft == NULL)
		return -EINVAL;
	return submitted(
	    ctx, draft_reals(ctx->draft, ctx->plugin, instance, reals, n));
}

int
fettle_submit_values(struct fettle_ctx *ctx, const char *instance,
    const struct fettle_value *values, size_t n)
{
	if (ctx->draft == NULL)
		return -EINVAL;
	return submitted(
	    ctx, draft_values(ctx->draft, ctx->plugin, instance, values, n));
}

int
fettle_submit_list(struct fettle_ctx *ctx, const struct fettle_list *list)
{
	if (ctx->draft == NULL)
		return -EINVAL;
	return submitted(ctx, draft_list(ctx->draft, ctx->plugin, list));
}

/* --- post
 * -------------------------------------------------------------------- */

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
say_dropped(const struct taken *taken, char *why, size_t len)
{
	size_t at = 0;

	for (int r = DROP_NONE + 1; r < DROP_N; r++) {
		int n;

		if (taken->dropped[r] == 0)
			continue;
		n = snprintf(why + at, len - at, "%s\"%s\": %u",
		    at > 0 ? ", " : "", drop_name((enum drop)r),
		    taken->dropped[r]);
		if (n < 0 || (size_t)n >= len - at)
			break;
		at += (size_t)n;
	}
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

static long
post(struct fettle_ctx *ctx, const struct fettle_list *const *lists, size_t n,
    uint32_t flags, char *why, size_t len)
{
	struct daemon *d = ctx->daemon;
	struct batch_origin origin = {
		.names = { .own_host = pool_get_host(&d->pool),
		    .plugin = ctx->plugin->name,
		    .declaring = ctx->plugin,
		    .relayed = (flags & FETTLE_RELAYED) != 0,
		    .now_ns = clock_mono(),
		    .now_wall_ns = clock_wall() },
		.interval_ns = ctx->interval_ns,
	};
	struct taken taken;
	struct batch *b;
	int rc;

	origin.time_ns = origin.names.now_wall_ns;
	if (check_lists(ctx, lists, n, why, len) < 0)
		return -EINVAL;
	b = batch_build(&d->table, &origin, lists, n, &taken);
	if (len > 0)
		say_dropped(&taken, why, len);
	if (b == NULL)
		return 0;
	rc = dispatch_post(&d->dispatch, b);
	if (rc < 0) {
		batch_unref(b);
		return rc;
	}
	if (flags & FETTLE_DURABLE)
		rc = make_durable(d, why, len);
	return rc < 0 ? rc : (long)taken.n;
}

long
fettle_post(struct fettle_ctx *ctx, const struct fettle_list *const *lists,
    size_t n, uint32_t flags, char *why, size_t len)
{
	const struct fettle_list *const *wide;
	long rc;

	if (len > 0)
		why[0] = '\0';
	if (!(ctx->plugin->d.flags & FETTLE_SOURCE)) {
		snprintf(why, len, "the plugin is not FETTLE_SOURCE");
		return -EINVAL;
	}
	wide = widen(lists, n);
	rc = post(ctx, wide, n, flags, why, len);
	if (wide != lists)
		free((void *)(uintptr_t)wide);
	return rc;
}

int
fettle_settle(struct fettle_ctx *ctx, int64_t ns)
{
	const int64_t deadline = clock_mono() + ns;
	const int rc = dispatch_settle(&ctx->daemon->dispatch, deadline);

	if (rc < 0 || ctx->writer == NULL)
		return rc;
	return writer_settle(ctx->writer, deadline);
}

int
fettle_ask(struct fettle_ctx *ctx, const char *json,
    void (*answer)(void *, const char *, size_t), void *arg)
{
	const struct control_command *commands;
	size_t n, len;
	char *text;

	commands = status_commands(&n);
	text = control_answer(
	    commands, n, ctx->daemon, json, strlen(json), true, &len);
	answer(arg, text, len);
	free(text);
	return 0;
}

/* --- reasons and records
 * ------------------------------------------------------ */

int
fettle_fail(struct fettle_ctx *ctx, int err, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (ctx->failed != 0)
		return -err;
	ctx->failed = err;
	va_start(ap, fmt);
	n = vsnprintf(ctx->reason, sizeof(ctx->reason), fmt, ap);
	va_end(ap);
	if (err > 0 && err != EINVAL && n >= 0 &&
	    (size_t)n < sizeof(ctx->reason))
		snprintf(ctx->reason + n, sizeof(ctx->reason) - (size_t)n,
		    ": %s", strerror(err));
	return -err;
}

int
fettle_answer(struct fettle_ctx *ctx, enum fettle_answer answer,
    double after_s, const char *fmt, ...)
{
	va_list ap;

	ctx->after_s = after_s;
	va_start(ap, fmt);
	vsnprintf(ctx->reason, sizeof(ctx->reason), fmt, ap);
	va_end(ap);
	return (int)answer;
}

int
fettle_refuse(struct fettle_ctx *ctx, size_t i, const char *fmt, ...)
{
	va_list ap;

	if (i >= ctx->refused.n)
		return -EINVAL;
	for (size_t k = 0; k < ctx->refused.v.n; k++)
		if (ctx->refused.v.v[k] == i)
			return 0;
	vec_add(&ctx->refused.v) = i;
	va_start(ap, fmt);
	vsnprintf(ctx->refused.reason, sizeof(ctx->refused.reason), fmt, ap);
	va_end(ap);
	return 0;
}

void
fettle_log(struct fettle_ctx *ctx, int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vrecord(priority, ctx->label, NULL, 0, fmt, ap);
	va_end(ap);
}

void
fettle_log_fields(struct fettle_ctx *ctx, int priority,
    const struct fettle_tag *fields, size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vrecord(priority, ctx->label, fields, n, fmt, ap);
	va_end(ap);
}
