/* SPDX-License-Identifier: MIT */
/*
 * fettle: what the daemon measures of itself.  A plugin as any other, but for
 * its look inside; so the same dashboards and alerts watch the watcher.  One
 * list for each instance, and one without for the whole.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon.h"

#define COUNT(n, h)                                                           \
	{                                                                     \
		n, FETTLE_COUNTER, FETTLE_NUMBER, h                           \
	}
#define GAUGE(n, u, h)                                                        \
	{                                                                     \
		n, FETTLE_GAUGE, u, h                                         \
	}

enum {
	SELF_CALLS,
	SELF_FAILURES,
	SELF_DURATION,
	SELF_STUCK,
	SELF_QUEUE,
	SELF_SENT,
	SELF_RETRIED,
	SELF_DROPPED_FULL,
	SELF_DROPPED_REFUSED,
	SELF_DROPPED_TOO_LARGE,
	SELF_DROPPED_AGE,
	SELF_DROPPED_CORRUPT,
	SELF_SPOOL,
	SELF_SPOOL_DEGRADED,
	SELF_LISTS,
	SELF_SERIES,
	SELF_HOSTS,
	SELF_DROPPED_QUEUE,
	SELF_DROPPED_LIMITS,
	SELF_AGENTS_LATE,
	SELF_LOST,
	SELF_REFILLED,
	SELF_DUPLICATE,
	SELF_NOTICES_SENT,
	SELF_NOTICES_FAILED,
	SELF_NOTICES_PENDING,
	SELF_ALERTS_OK,
	SELF_ALERTS_NO_DATA,
	SELF_ALERTS_WARNING,
	SELF_ALERTS_FAILURE,
	SELF_ALERTS_DEAD,
	SELF_ALERTS_DEGRADED,
	SELF_RESIDENT,
	SELF_CPU,
	SELF_N,
};

static const struct fettle_field self_fields[SELF_N] = {
	[SELF_CALLS] = COUNT("calls", "Calls of the instance."),
	[SELF_FAILURES] = COUNT("failures", "Calls that failed or were late."),
	[SELF_DURATION] =
	    GAUGE("duration", FETTLE_SECONDS, "How long the last call took."),
	[SELF_STUCK] = GAUGE(
	    "stuck", FETTLE_NUMBER, "1 while a call is past its deadline."),
	[SELF_QUEUE] = GAUGE("queue", FETTLE_NUMBER,
	    "Value lists that wait: of a writer to be delivered, of the whole "
	    "to be dispatched."),
	[SELF_SENT] = COUNT("sent", "Value lists delivered."),
	[SELF_RETRIED] = COUNT("retried", "Deliveries tried again."),
	[SELF_DROPPED_FULL] = COUNT("dropped_full",
	    "Value lists dropped because the writer's queue was full."),
	[SELF_DROPPED_REFUSED] = COUNT(
	    "dropped_refused", "Value lists that the peer will not take."),
	[SELF_DROPPED_TOO_LARGE] = COUNT("dropped_too_large",
	    "Value lists that are too large for the peer."),
	[SELF_DROPPED_AGE] = COUNT(
	    "dropped_age", "Value lists older than the spool keeps them."),
	[SELF_DROPPED_CORRUPT] = COUNT(
	    "dropped_corrupt", "Value lists that were damaged in the spool."),
	[SELF_SPOOL] =
	    GAUGE("spool", FETTLE_BYTES, "What the writer's spool takes."),
	[SELF_SPOOL_DEGRADED] = GAUGE("spool_degraded", FETTLE_NUMBER,
	    "1 while the spool cannot be used."),
	[SELF_LISTS] = COUNT("lists", "Value lists dispatched."),
	[SELF_SERIES] = GAUGE("series", FETTLE_NUMBER, "Series known."),
	[SELF_HOSTS] = GAUGE("hosts", FETTLE_NUMBER, "Hosts known."),
	[SELF_DROPPED_QUEUE] = COUNT("dropped_queue",
	    "Value lists dropped because the dispatch queue was full."),
	[SELF_DROPPED_LIMITS] = COUNT("dropped_limits",
	    "Value lists not taken: over a limit, or not to be stored."),
	[SELF_AGENTS_LATE] = GAUGE("agents_late", FETTLE_NUMBER,
	    "Agents of this hub whose newest list came late."),
	[SELF_LOST] =
	    COUNT("lost", "Value lists that agents had and never sent."),
	[SELF_REFILLED] = COUNT("refilled",
	    "Value lists that agents sent long after they were measured."),
	[SELF_DUPLICATE] = COUNT("duplicate",
	    "Value lists that agents sent again, which were skipped."),
	[SELF_NOTICES_SENT] = COUNT("notices_sent", "Notices delivered."),
	[SELF_NOTICES_FAILED] = COUNT(
	    "notices_failed", "Attempts to deliver a notice that failed."),
	[SELF_NOTICES_PENDING] = GAUGE("notices_pending", FETTLE_NUMBER,
	    "Alerts that a receiver is to be told of now."),
	[SELF_ALERTS_OK] =
	    GAUGE("alerts_ok", FETTLE_NUMBER, "Alerts that are ok."),
	[SELF_ALERTS_NO_DATA] = GAUGE("alerts_no_data", FETTLE_NUMBER,
	    "Alerts without data that were ok before."),
	[SELF_ALERTS_WARNING] =
	    GAUGE("alerts_warning", FETTLE_NUMBER, "Alerts at warning."),
	[SELF_ALERTS_FAILURE] =
	    GAUGE("alerts_failure", FETTLE_NUMBER, "Alerts at failure."),
	[SELF_ALERTS_DEAD] = COUNT("alerts_dead",
	    "Notices given up: refused, or undeliverable for a day."),
	[SELF_ALERTS_DEGRADED] = GAUGE("alerts_degraded", FETTLE_NUMBER,
	    "1 while alerts are kept in memory only."),
	[SELF_RESIDENT] =
	    GAUGE("resident", FETTLE_BYTES, "Memory that is resident."),
	[SELF_CPU] = { "cpu", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Processor time used." },
};

struct self {
	int statm; /* a descriptor, or below 0 */
};

static void
add_writer(struct fettle_value *v, struct writer *w)
{
	struct writer_stats s;

	writer_stats(w, &s);
	v[SELF_QUEUE] = fettle_gauge((double)s.lists);
	v[SELF_SENT] = fettle_count(s.sent);
	v[SELF_RETRIED] = fettle_count(s.retried);
	v[SELF_DROPPED_FULL] = fettle_count(s.dropped_full);
	v[SELF_DROPPED_REFUSED] = fettle_count(s.dropped_refused);
	v[SELF_DROPPED_TOO_LARGE] = fettle_count(s.dropped_too_large);
	if (s.spool.promise == SURVIVE_NONE)
		return;
	v[SELF_DROPPED_AGE] = fettle_count(s.dropped_age);
	v[SELF_DROPPED_CORRUPT] = fettle_count(s.dropped_corrupt);
	v[SELF_SPOOL] = fettle_gauge((double)s.spool.bytes);
	v[SELF_SPOOL_DEGRADED] =
	    fettle_gauge(s.spool.state == KEEPER_DEGRADED);
}

static void
add_receiver(struct fettle_value *v, struct desk *d, const char *label)
{
	struct desk_receiver r;

	desk_receiver(d, label, &r);
	v[SELF_NOTICES_SENT] = fettle_count(r.sent);
	v[SELF_NOTICES_FAILED] = fettle_count(r.failed);
	v[SELF_NOTICES_PENDING] =
	    fettle_gauge((double)(r.ready + r.under_way));
}

/* Of one that has no rules it would be noise. */
static void
add_alerts(struct fettle_value *v, struct desk *d)
{
	struct desk_stats s;

	desk_stats(d, &s);
	if (s.rules == 0 && s.engine.alerts == 0)
		return;
	v[SELF_ALERTS_OK] = fettle_gauge((double)s.by_rank[RANK_OK]);
	v[SELF_ALERTS_NO_DATA] = fettle_gauge((double)s.by_rank[RANK_NO_DATA]);
	v[SELF_ALERTS_WARNING] = fettle_gauge((double)s.by_rank[RANK_WARNING]);
	v[SELF_ALERTS_FAILURE] = fettle_gauge((double)s.by_rank[RANK_FAILURE]);
	v[SELF_ALERTS_DEAD] = fettle_count(s.engine.dead);
	v[SELF_ALERTS_DEGRADED] = fettle_gauge(s.store == DESK_STORE_DEGRADED);
}

static void
submit_unit(struct fettle_ctx *ctx, const struct unit *u)
{
	struct fettle_ctx *i = unit_instance(ctx->daemon, u);
	struct fettle_value v[SELF_N];
	struct instance_stats s;

	memset(v, 0, sizeof(v));
	instance_stats(i, &s);
	v[SELF_CALLS] = fettle_count(s.calls);
	v[SELF_FAILURES] = fettle_count(s.failures);
	v[SELF_DURATION] = fettle_gauge((double)s.last_ns / (double)NS_PER_S);
	v[SELF_STUCK] = fettle_gauge(s.stuck);
	if (u->writer != NULL)
		add_writer(v, u->writer);
	if (u->courier != NULL)
		add_receiver(v, ctx->daemon->desk, u->label);
	fettle_submit_values(ctx, u->label, v, SELF_N);
	instance_unref(i);
}

/* Pages in the second column of statm. */
static double
resident(const struct self *self)
{
	unsigned long pages = 0;
	char text[128];
	const ssize_t len = pread(self->statm, text, sizeof(text) - 1, 0);

	if (len > 0) {
		text[len] = '\0';
		if (sscanf(text, "%*u %lu", &pages) != 1)
			pages = 0;
	}
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
add_seen(struct fettle_value *v, struct seen *s)
{
	struct seen_counts c;
	size_t behind;

	if (seen_sums(s, &c, &behind) == 0)
		return;
	v[SELF_AGENTS_LATE] = fettle_gauge((double)behind);
	v[SELF_LOST] = fettle_count(c.lost);
	v[SELF_REFILLED] = fettle_count(c.refilled);
	v[SELF_DUPLICATE] = fettle_count(c.duplicate);
}

static void
submit_whole(struct fettle_ctx *ctx)
{
	struct daemon *d = ctx->daemon;
	struct fettle_value v[SELF_N];
	uint64_t limits = 0;

	memset(v, 0, sizeof(v));
	pthread_mutex_lock(&d->dispatch.lock);
	v[SELF_QUEUE] = fettle_gauge(
	    (double)(d->dispatch.own.lists + d->dispatch.posted.lists));
	v[SELF_LISTS] = fettle_count(d->dispatch.lists);
	v[SELF_DROPPED_QUEUE] = fettle_count(d->dispatch.displaced);
	pthread_mutex_unlock(&d->dispatch.lock);
	series_lock(&d->table);
	v[SELF_SERIES] = fettle_gauge((double)d->table.n_series);
	v[SELF_HOSTS] = fettle_gauge((double)d->table.n_hosts);
	for (int r = DROP_HOSTS; r < DROP_EMPTY; r++)
		limits += d->table.dropped[r];
	series_unlock(&d->table);
	v[SELF_DROPPED_LIMITS] = fettle_count(limits);
	add_seen(v, &d->seen);
	add_alerts(v, d->desk);
	v[SELF_RESIDENT] = fettle_gauge(resident(fettle_self(ctx)));
	v[SELF_CPU] = fettle_total(cpu_seconds());
	fettle_submit_values(ctx, NULL, v, SELF_N);
}

static int
self_open(struct fettle_ctx *ctx)
{
	struct self *self = fettle_self(ctx);

	self->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	return 0;
}

static void
self_close(struct fettle_ctx *ctx)
{
	const struct self *self = fettle_self(ctx);

	if (self->statm >= 0)
		close(self->statm);
}

static int
self_read(struct fettle_ctx *ctx)
{
	struct daemon *d = ctx->daemon;

	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->units.n; i++)
		submit_unit(ctx, &d->units.v[i]);
	pthread_mutex_unlock(&d->lock);
	submit_whole(ctx);
	return 0;
}

const struct fettle_plugin fettle_LTX_fettle_plugin = {
	FETTLE_ABI,
	.summary = "What the daemon measures of itself.",
	.instance_name = "name",
	.fields = FETTLE_FIELDS(self_fields),
	.self_size = sizeof(struct self),
	.open = self_open,
	.read = self_read,
	.close = self_close,
};
