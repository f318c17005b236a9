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

/* --- submit -------------------------------------------------------------- */

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

/* --- wait and ask -------------------------------------------------------- */

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
	static const char ending[] = "{\"error\": \"the daemon ends\"}";
	const struct control_command *commands;
	struct daemon *d = ctx->daemon;
	size_t n, len;
	char *text;

	if (!daemon_ask(d)) {
		answer(arg, ending, sizeof(ending) - 1);
		return 0;
	}
	commands = status_commands(&n);
	text = control_run(
	    control_read(commands, n, json, strlen(json), true), d, &len);
	daemon_asked(d);
	answer(arg, text, len);
	free(text);
	return 0;
}

/* --- reasons and records ------------------------------------------------- */

/* An errno that nobody set, or that was negated before, is a failure as well:
 * 0 would be FETTLE_DELIVERED, 2 FETTLE_TOO_LARGE. */
static int
failure_of(int err)
{
	if (err == 0)
		return EIO;
	return err < 0 ? -err : err;
}

int
fettle_fail(struct fettle_ctx *ctx, int err, const char *fmt, ...)
{
	va_list ap;
	int n;

	err = failure_of(err);
	if (ctx->failed != 0)
		return -err;
	ctx->failed = err;
	va_start(ap, fmt);
	n = vsnprintf(ctx->reason, sizeof(ctx->reason), fmt, ap);
	va_end(ap);
	if (err != EINVAL && n >= 0 && (size_t)n < sizeof(ctx->reason))
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
