/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alert/courier.h"
#include "alert/desk_own.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

enum {
	STEP_S = 2,   /* a wall clock that is further off was stepped */
	READ_MS = 50, /* both clocks are read within that */
	HANGS_S = 10, /* a disk that takes longer hangs */
	READ_S = 5,   /* for the file to be read, before it begins without */
};

/* --- time ---------------------------------------------------------------- */

/* What lies between the clocks, read without a pause between. */
static int64_t
read_clocks(int64_t *boot)
{
	int64_t wall;

	do {
		*boot = clock_boot();
		wall = clock_wall();
	} while (clock_boot() - *boot > READ_MS * NS_PER_MS);
	return wall - *boot;
}

/* Its thread cannot say so: whoever comes by does. */
static void
watch_disk(struct desk *d)
{
	if (d->disk_at == 0 || d->hangs ||
	    d->boot_ns - d->disk_at < HANGS_S * NS_PER_S)
		return;
	d->hangs = true;
	log_error("%s: the disk has not answered for %d s; what is to be told "
		  "waits for it",
	    d->path, HANGS_S);
}

void
desk_disk_begin(struct desk *d)
{
	d->disk_at = clock_boot();
	pthread_mutex_unlock(&d->lock);
}

void
desk_disk_end(struct desk *d)
{
	pthread_mutex_lock(&d->lock);
	if (d->hangs)
		log_notice("%s: the disk answered after %.0f s", d->path,
		    (double)(clock_boot() - d->disk_at) / NS_PER_S);
	d->hangs = false;
	d->disk_at = 0;
}

void
desk_now(struct desk *d)
{
	int64_t offset, delta;

	if (!d->begun)
		return;
	offset = read_clocks(&d->boot_ns);
	watch_disk(d);
	delta = offset - d->wall_offset;
	d->wall_offset = offset;
	engine_at(d->engine, d->boot_ns, d->boot_ns + offset);
	if (llabs(delta) <= STEP_S * NS_PER_S)
		return;
	engine_step(d->engine, delta);
	log_notice("the wall clock was stepped by %.1f s; alerts go on as if "
		   "it had not been",
	    (double)delta / NS_PER_S);
}

void
desk_poke(struct desk *d)
{
	if (d->asleep == 0 ||
	    (!engine_changed(d->engine) && engine_due(d->engine) >= d->asleep))
		return;
	d->asleep = 0;
	pthread_cond_signal(&d->work);
}

uint64_t
desk_ticket(const struct desk *d)
{
	return d->gathered + engine_changed(d->engine);
}

bool
desk_is_settled(const struct desk *d, uint64_t ticket)
{
	return d->durable >= ticket || d->store != DESK_STORE_OK || d->over;
}

/* --- value lists --------------------------------------------------------- */

/* When it was sent, by the clock that measured what is in it.  Another hub's
 * clock says nothing about that of its agents. */
static int64_t
sent_at(const struct batch *b)
{
	return b->via == NULL ? b->sent_ns : 0;
}

static void
pass(struct filter *f, const struct batch *b)
{
	struct desk *d = (struct desk *)(void *)f;

	if (!atomic_load_explicit(&d->watching, memory_order_relaxed))
		return;
	pthread_mutex_lock(&d->lock);
	desk_now(d);
	for (uint32_t i = 0; i < b->n; i++) {
		struct series *s = b->lists[i].series;

		if (s->watched == NULL)
			s->watched = engine_track(d->engine, s);
		engine_list(
		    d->engine, s->watched, &b->lists[i].pub, sent_at(b));
	}
	engine_tick(d->engine);
	desk_poke(d);
	pthread_mutex_unlock(&d->lock);
}

static void
forget(struct filter *f, struct series *s)
{
	struct desk *d = (struct desk *)(void *)f;

	pthread_mutex_lock(&d->lock);
	if (engine_owner(s->watched) == s)
		engine_untrack(d->engine, s->watched);
	s->watched = NULL;
	pthread_mutex_unlock(&d->lock);
}

struct filter *
desk_filter(struct desk *d)
{
	return &d->filter;
}

/* --- what people will ask about ------------------------------------------ */

static const struct fettle_tag *
context(struct fettle_tag tags[4], const char *rule, const char *series,
    struct truth was, struct truth is)
{
	tags[0] = (struct fettle_tag){ "series", series };
	tags[1] = (struct fettle_tag){ "rule", rule };
	tags[2] = (struct fettle_tag){ "was", truth_name(was) };
	tags[3] = (struct fettle_tag){ "state", truth_name(is) };
	return tags;
}

static void
on_moved(void *arg, const char *rule, const char *series, struct truth was,
    struct truth is, double number)
{
	struct desk *d = arg;
	const struct history_event e = { .time_ns =
					     d->boot_ns + d->wall_offset,
		.what = HISTORY_MOVED,
		.was = was,
		.is = is,
		.number = number };
	struct fettle_tag tags[4];

	history_add(&d->history, rule, series, &e);
	context(tags, rule, series, was, is);
	if (number == number)
		log_record(LOG_INFO, "alerts", tags, 4, "%s is %s at %g",
		    series, truth_name(is), number);
	else
		log_record(LOG_INFO, "alerts", tags, 4, "%s is %s", series,
		    truth_name(is));
}

static void
on_closed(void *arg, const char *rule, const char *series, struct truth was,
    enum closing why)
{
	struct desk *d = arg;
	const struct history_event e = { .time_ns =
					     d->boot_ns + d->wall_offset,
		.what = HISTORY_CLOSED,
		.was = was,
		.is = truth_none,
		.number = NAN,
		.closing = why };

	history_add(&d->history, rule, series, &e);
}

static void
on_held(void *arg, const char *rule, const char *series, const char *receiver,
    const struct verdict *v, int64_t until_ns)
{
	struct desk *d = arg;
	const struct history_event e = { .time_ns =
					     d->boot_ns + d->wall_offset,
		.what = HISTORY_HELD,
		.was = truth_none,
		.is = v->want,
		.number = NAN,
		.kind = v->kind,
		.hold = v->hold,
		.until_ns = until_ns,
		.receiver = receiver };

	history_add(&d->history, rule, series, &e);
}

/* --- life ---------------------------------------------------------------- */

static bool
has_rules(const struct policy *p)
{
	return p->rules.n > 0 || p->hosts != NULL;
}

bool
desk_is_wanted(const struct policy *p, const char *path)
{
	return has_rules(p) || (path != NULL && access(path, F_OK) == 0);
}

struct desk *
desk_new(const char *local)
{
	struct desk *d = NEW(struct desk);

	d->filter = (struct filter){ pass, forget };
	pthread_mutex_init(&d->lock, NULL);
	thread_cond_init(&d->work);
	thread_cond_init(&d->changed);
	history_init(&d->history);
	d->policy = policy_new(local);
	d->engine = engine_new(d->policy, &tuning_default);
	return d;
}

static void
start_thread(struct desk *d)
{
	d->running = thread_start(&d->thread, desk_run, d) == 0;
	if (!d->running)
		log_error("no thread for alerts: nobody is told");
}

/* What is in the file is waited for, but not for ever. */
static void
await_file(struct desk *d)
{
	const struct timespec until =
	    clock_timespec(clock_mono() + READ_S * NS_PER_S);

	d->unread = d->path != NULL;
	while (d->running && !d->tried &&
	       pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
		continue;
	if (d->running && !d->tried)
		log_error("%s: the disk does not answer; alerts begin "
			  "without what is known there",
		    d->path);
}

/* Under the lock, once there is something to do: a machine without alerts
 * needs no thread and no file for them. */
static void
begin(struct desk *d)
{
	const struct observer o = { d, on_moved, on_closed, on_held };
	int64_t wall;

	start_thread(d);
	await_file(d);
	d->begun = true;
	engine_observe(d->engine, &o);
	d->wall_offset = read_clocks(&d->boot_ns);
	wall = d->boot_ns + d->wall_offset;
	if (d->unread)
		engine_start_blind(d->engine, d->boot_ns, wall);
	else
		engine_start(d->engine, d->boot_ns, wall);
	pthread_cond_signal(&d->work);
}

void
desk_start(struct desk *d, struct policy *p, const char *path)
{
	if (path != NULL)
		d->path = xstrdup(path);
	desk_reload(d, p);
}

void
desk_reload(struct desk *d, struct policy *p)
{
	struct policy *old;

	pthread_mutex_lock(&d->lock);
	old = d->policy;
	d->policy = p;
	desk_now(d);
	engine_reload(d->engine, p);
	if (!d->begun && desk_is_wanted(p, d->path))
		begin(d);
	atomic_store(&d->watching, d->begun && has_rules(p));
	desk_poke(d);
	pthread_mutex_unlock(&d->lock);
	policy_free(old);
}

void
desk_retire(struct desk *d, const char *plugin)
{
	pthread_mutex_lock(&d->lock);
	desk_now(d);
	engine_retire(d->engine, plugin);
	desk_poke(d);
	pthread_mutex_unlock(&d->lock);
}

void
desk_ending(struct desk *d)
{
	pthread_mutex_lock(&d->lock);
	d->ending = true;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

bool
desk_stop(struct desk *d, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);
	bool over;

	pthread_mutex_lock(&d->lock);
	atomic_store(&d->watching, false);
	if (d->running) {
		desk_now(d);
		engine_tick(d->engine);
		engine_stop(d->engine);
	}
	d->ended = true;
	pthread_cond_signal(&d->work);
	over = d->over || !d->running;
	while (!over &&
	       pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
		over = d->over;
	over = over || d->over;
	pthread_mutex_unlock(&d->lock);
	if (!over) {
		log_warning("alerts: the disk has not answered in time");
		pthread_detach(d->thread);
	} else if (d->running) {
		pthread_join(d->thread, NULL);
	}
	return over;
}

void
desk_free(struct desk *d)
{
	const struct observer nobody = { 0 };

	if (d == NULL)
		return;
	engine_observe(d->engine, &nobody);
	engine_free(d->engine);
	policy_free(d->policy);
	history_fini(&d->history);
	transaction_clear(&d->letters);
	vec_free(&d->couriers);
	pthread_cond_destroy(&d->changed);
	pthread_cond_destroy(&d->work);
	pthread_mutex_destroy(&d->lock);
	free(d->path);
	free(d);
}
