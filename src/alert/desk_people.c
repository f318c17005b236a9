/* SPDX-License-Identifier: MIT */
/* What people ask of the desk, from any thread. */
#include <stdio.h>
#include <string.h>

#include "alert/courier.h"
#include "alert/desk_own.h"
#include "base/clock.h"

enum { SETTLE_S = 5 }; /* for what people change to be durable */

static void
begin(struct desk *d)
{
	pthread_mutex_lock(&d->lock);
	desk_now(d);
	engine_tick(d->engine);
}

static void
end(struct desk *d)
{
	desk_poke(d);
	pthread_mutex_unlock(&d->lock);
}

void
desk_look(struct desk *d,
    void (*look)(void *arg, const struct engine *e, const struct policy *p),
    void *arg)
{
	begin(d);
	look(arg, d->engine, d->policy);
	end(d);
}

/* --- changes ------------------------------------------------------------- */

/* Waits until what has changed is durable, and ends. */
static void
settle(struct desk *d, bool *kept)
{
	const struct timespec until =
	    clock_timespec(clock_mono() + SETTLE_S * NS_PER_S);
	const uint64_t ticket = desk_ticket(d);

	desk_poke(d);
	while (!desk_is_settled(d, ticket) && !d->ending &&
	       pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
		continue;
	*kept = d->store == DESK_STORE_OK && d->durable >= ticket;
	pthread_mutex_unlock(&d->lock);
}

uint64_t
desk_silence(struct desk *d, struct pattern *p, const char *text,
    const char *why, int64_t duration_ns, bool *kept)
{
	uint64_t number;

	begin(d);
	number = engine_silence(d->engine, p, text, why, duration_ns);
	settle(d, kept);
	return number;
}

bool
desk_unsilence(struct desk *d, uint64_t number, bool *kept)
{
	bool done;

	begin(d);
	done = engine_unsilence(d->engine, number);
	settle(d, kept);
	return done;
}

size_t
desk_forget(struct desk *d, const struct pattern *p, bool *kept)
{
	size_t n;

	begin(d);
	n = engine_forget(d->engine, p);
	settle(d, kept);
	return n;
}

enum desk_tested
desk_test(struct desk *d, const char *receiver, int64_t deadline_ns,
    int *answer, char *said, size_t len)
{
	struct courier *c = NULL;
	enum desk_tested rc;

	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->couriers.n && c == NULL; i++)
		if (strcmp(courier_name(d->couriers.v[i]), receiver) == 0)
			c = d->couriers.v[i];
	rc = c != NULL ? courier_test(c, deadline_ns, answer, said, len)
		       : DESK_NO_RECEIVER;
	pthread_mutex_unlock(&d->lock);
	if (c != NULL)
		courier_unref(c);
	return rc;
}

/* --- what there is ------------------------------------------------------- */

size_t
desk_history(struct desk *d, const char *rule, const char *series,
    void (*each)(void *arg, const struct history_event *event), void *arg)
{
	size_t n;

	pthread_mutex_lock(&d->lock);
	n = history_each(&d->history, rule, series, each, arg);
	pthread_mutex_unlock(&d->lock);
	return n;
}

struct tally {
	struct index rules; /* by their identity: a count */
	size_t *counts;
};

static void
add_to_tally(void *arg, const struct alert_view *v)
{
	struct tally *t = arg;
	size_t *count = index_get(&t->rules, v->of.rule);

	if (count != NULL)
		++*count;
}

void
desk_each_rule(struct desk *d,
    void (*each)(void *arg, const struct rule *r, size_t series), void *arg)
{
	struct tally t = { 0 };
	const struct policy *p;

	begin(d);
	p = d->policy;
	t.counts = xcalloc(p->rules.n + 1, sizeof(*t.counts));
	for (size_t i = 0; i < p->rules.n; i++)
		index_put(&t.rules, p->rules.v[i]->id, &t.counts[i]);
	engine_each_alert(d->engine, add_to_tally, &t);
	for (size_t i = 0; i < p->rules.n; i++)
		each(arg, p->rules.v[i], t.counts[i]);
	end(d);
	index_fini(&t.rules);
	free(t.counts);
}

static void
count_rank(void *arg, const struct alert_view *v)
{
	struct desk_stats *s = arg;

	s->by_rank[truth_rank(v->truth)]++;
}

void
desk_stats(struct desk *d, struct desk_stats *out)
{
	begin(d);
	*out = (struct desk_stats){ .engine = engine_stats(d->engine),
		.rules = d->policy->rules.n,
		.store = d->store,
		.commits = d->commits,
		.bytes = d->bytes };
	if (d->store == DESK_STORE_DEGRADED) {
		out->since_ns = d->failed_ns;
		snprintf(out->why, sizeof(out->why), "%s", d->why);
	} else if (d->hangs) {
		out->store = DESK_STORE_HANGS;
		out->since_ns = d->disk_at + d->wall_offset;
		snprintf(out->why, sizeof(out->why),
		    "%s: the disk has not answered for %.0f s", d->path,
		    (double)(d->boot_ns - d->disk_at) / NS_PER_S);
	}
	engine_each_alert(d->engine, count_rank, out);
	end(d);
}

struct wanted {
	const char *name;
	struct desk_receiver *out;
};

static void
find_receiver(void *arg, const struct receiver_view *v)
{
	const struct wanted *w = arg;

	if (strcmp(v->name, w->name) != 0)
		return;
	w->out->ready = v->ready;
	w->out->under_way = v->under_way;
	w->out->next_ns = v->next_ns;
}

bool
desk_receiver(struct desk *d, const char *receiver, struct desk_receiver *out)
{
	struct wanted w = { receiver, out };
	bool found = false;

	memset(out, 0, sizeof(*out));
	begin(d);
	for (size_t i = 0; i < d->couriers.n; i++) {
		struct courier_counts n;

		if (strcmp(courier_name(d->couriers.v[i]), receiver) != 0)
			continue;
		n = courier_counts(d->couriers.v[i]);
		out->sent = n.sent;
		out->failed = n.failed;
		out->streak = n.streak;
		found = true;
	}
	engine_each_receiver(d->engine, find_receiver, &w);
	end(d);
	return found;
}
