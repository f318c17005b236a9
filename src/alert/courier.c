/* SPDX-License-Identifier: MIT */
#include "alert/courier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "alert/desk_own.h"
#include "alert/notice.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"

enum { THREAD_STACK = 256 * 1024, OPEN_BACKOFF_S = 60, WORDS = 256 };

struct courier {
	struct desk *desk;
	char *name;
	pthread_t thread;
	pthread_cond_t wake; /* its thread: look again */
	bool threadless;

	/* guarded by the desk's lock */
	struct fettle_ctx *instance, *next;
	struct courier_options options, next_options;
	int64_t asleep;	 /* until that boot time; 0: awake */
	int64_t stop_by; /* monotonic; 0: it goes on */
	bool tried, ended;
	int refs;
	struct courier_counts counts;
	uint64_t tests, tested; /* wanted, done */
	int test_answer;
	char test_words[WORDS];

	/* of its thread */
	int64_t open_backoff, open_at;
	int64_t called;	       /* when the last call ended; monotonic */
	uint64_t failed_event; /* which failure was said already */
};

/* --- under the lock -------------------------------------------------------
 */

const char *
courier_name(const struct courier *c)
{
	return c->name;
}

struct courier_counts
courier_counts(const struct courier *c)
{
	return c->counts;
}

static void
wake(struct courier *c)
{
	c->asleep = 0;
	pthread_cond_signal(&c->wake);
}

void
courier_poke(struct courier *c)
{
	if (c->asleep > engine_ready(c->desk->engine, c->name))
		wake(c);
}

enum desk_tested
courier_test(struct courier *c, int64_t deadline_ns, int *answer, char *said,
    size_t len)
{
	const struct timespec until = clock_timespec(deadline_ns);
	const uint64_t ticket = ++c->tests;
	struct desk *d = c->desk;
	enum desk_tested rc;

	c->refs++;
	wake(c);
	while (c->tested < ticket && !c->ended && !d->ending &&
	       pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
		continue;
	rc = c->tested >= ticket ? DESK_TESTED : DESK_TEST_LATE;
	*answer = c->test_answer;
	snprintf(said, len, "%s", rc == DESK_TESTED ? c->test_words : "");
	return rc;
}

/* --- its thread; it holds the lock but during calls ------------------------
 */

static void
nap(struct courier *c, int64_t until_ns)
{
	const struct timespec until = clock_timespec(until_ns);

	pthread_cond_timedwait(&c->wake, &c->desk->lock, &until);
	c->asleep = 0;
}

/* Until the engine may have something, or somebody calls. */
static void
rest(struct courier *c)
{
	const struct desk *d = c->desk;
	const int64_t ready = engine_ready(d->engine, c->name);

	c->asleep = ready;
	if (ready == INT64_MAX) {
		pthread_cond_wait(&c->wake, &c->desk->lock);
		c->asleep = 0;
	} else {
		nap(c, clock_mono() + (ready - d->boot_ns));
	}
}

static void
opened(struct courier *c)
{
	c->tried = true;
	pthread_cond_broadcast(&c->desk->changed);
	if (instance_is_open(c->instance)) {
		c->open_backoff = 0;
		return;
	}
	c->open_backoff = c->open_backoff ? 2 * c->open_backoff : NS_PER_S;
	if (c->open_backoff > OPEN_BACKOFF_S * NS_PER_S)
		c->open_backoff = OPEN_BACKOFF_S * NS_PER_S;
	c->open_at = clock_mono() + c->open_backoff;
}

static void
open_instance(struct courier *c)
{
	struct desk *d = c->desk;

	pthread_mutex_unlock(&d->lock);
	instance_open(c->instance);
	pthread_mutex_lock(&d->lock);
	opened(c);
}

static void
replace_instance(struct courier *c)
{
	struct fettle_ctx *old = c->instance, *next = c->next;
	struct desk *d = c->desk;

	c->next = NULL;
	pthread_mutex_unlock(&d->lock);
	if (instance_adopt(next, old) == -ENOTSUP) {
		instance_close(old);
		instance_open(next);
	} else if (!instance_is_open(next)) {
		/* it could not take over: the old one goes on */
		instance_unref(next);
		next = old;
	}
	pthread_mutex_lock(&d->lock);
	if (next != old) {
		c->instance = next;
		c->options = c->next_options;
		c->open_backoff = 0;
		instance_unref(old);
	}
	opened(c);
}

/* --- one message ----------------------------------------------------------
 */

/* A call, and what became of it. */
struct attempt {
	char *hub;
	int answer; /* enum fettle_answer */
	double after_s;
	int64_t took_ns;
	char words[WORDS]; /* one printable line */
};

static enum answer
answer_of(int answer)
{
	switch (answer) {
	case FETTLE_DELIVERED:
		return ANSWER_DELIVERED;
	case FETTLE_REFUSED:
	case FETTLE_TOO_LARGE:
		return ANSWER_REFUSED;
	case FETTLE_UNAUTHORISED:
		return ANSWER_DENIED;
	case FETTLE_UNKNOWN:
		return ANSWER_UNKNOWN;
	default:
		return ANSWER_NOT;
	}
}

static int64_t
after_ns(double s)
{
	return s > 0 && s < 1e6 ? (int64_t)(s * (double)NS_PER_S) : 0;
}

static uint32_t
chance(void)
{
	uint32_t r;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (uint32_t)clock_mono();
	return r;
}

static void
keep_words(char *to, const char *words)
{
	struct buf line = { 0 };
	size_t len;

	utf8_add_line(&line, words, strlen(words));
	len = utf8_cut(line.data, line.len, WORDS - 1);
	memcpy(to, line.len > 0 ? line.data : "", len);
	to[len] = '\0';
	buf_free(&line);
}

/* Without the lock. */
static void
call(struct courier *c, const struct fettle_notice *notice, struct attempt *a)
{
	struct fettle_ctx *i = c->instance;
	const int64_t began = clock_mono();

	a->answer = instance_notify(i, notice);
	c->called = clock_mono();
	a->took_ns = c->called - began;
	a->after_s = i->after_s;
	keep_words(a->words, i->reason);
	if (a->answer == FETTLE_UNAUTHORISED)
		instance_refresh(i);
}

static struct notice_from
from_of(const struct attempt *a)
{
	return (struct notice_from){ .hub = a->hub, .now_ns = clock_wall() };
}

static void
remember(struct courier *c, const struct message *m, enum history_what what,
    const struct attempt *a)
{
	struct desk *d = c->desk;

	for (size_t i = 0; i < m->n; i++) {
		const struct message_item *item = &m->items[i];
		const struct history_event e = {
			.time_ns = d->boot_ns + d->wall_offset,
			.what = what,
			.was = item->was,
			.is = item->truth,
			.number = item->number,
			.kind = item->kind,
			.took_ns = a != NULL ? a->took_ns : 0,
			.answer = a != NULL ? a->answer : 0,
			.receiver = c->name,
			.words = a != NULL ? a->words : NULL,
		};

		history_add(&d->history, item->rule, item->series, &e);
	}
}

static void
count(struct courier *c, int answer)
{
	if (answer == FETTLE_DELIVERED) {
		c->counts.sent++;
		c->counts.streak = 0;
	} else {
		c->counts.failed++;
		c->counts.streak++;
	}
}

/* It is marked as under way: it must not leave before that is on disk. */
static bool
await_durable(struct courier *c)
{
	struct desk *d = c->desk;
	const uint64_t ticket = desk_ticket(d);

	desk_poke(d);
	while (!desk_is_settled(d, ticket) && c->stop_by == 0)
		pthread_cond_wait(&d->changed, &d->lock);
	return desk_is_settled(d, ticket);
}

/* Whether the log has not said so yet: a server that is away for a day is no
 * news every five minutes. */
static bool
is_news(struct courier *c, const struct message *m, int answer)
{
	uint64_t event = (uint64_t)answer;

	for (size_t i = 0; i < m->n; i++)
		event =
		    (event ^ m->items[i].incident) * UINT64_C(1099511628211) +
		    m->items[i].event;
	if (answer != FETTLE_DELIVERED && event == c->failed_event)
		return false;
	c->failed_event = event;
	return true;
}

static void
deliver(struct courier *c, struct message *m)
{
	struct desk *d = c->desk;
	struct attempt a = { .answer = FETTLE_RETRY };
	struct notice_from from;
	struct notice *n;

	a.hub = xstrdup(d->policy->local);
	if (!await_durable(c)) {
		engine_answer(d->engine, c->name, m->serial, ANSWER_NOT, 0, 0);
		message_free(m);
		free(a.hub);
		return;
	}
	desk_now(d);
	remember(c, m, HISTORY_SENT, NULL);
	pthread_mutex_unlock(&d->lock);
	from = from_of(&a);
	n = notice_new(m, &from);
	call(c, &n->notice, &a);
	courier_log(c->name, m, n, a.answer, a.words, a.took_ns,
	    is_news(c, m, a.answer));
	notice_free(n);
	pthread_mutex_lock(&d->lock);
	desk_now(d);
	count(c, a.answer);
	remember(c, m,
	    a.answer == FETTLE_DELIVERED ? HISTORY_DELIVERED : HISTORY_FAILED,
	    &a);
	engine_answer(d->engine, c->name, m->serial, answer_of(a.answer),
	    after_ns(a.after_s), chance());
	desk_poke(d);
	pthread_mutex_unlock(&d->lock);
	message_free(m);
	free(a.hub);
	pthread_mutex_lock(&d->lock);
}

/* --- tests ----------------------------------------------------------------
 */

static void
send_test(struct courier *c, struct attempt *a)
{
	struct desk *d = c->desk;
	struct notice_from from;
	struct notice *n;

	a->hub = xstrdup(d->policy->local);
	pthread_mutex_unlock(&d->lock);
	from = from_of(a);
	n = notice_new_test(c->name, &from);
	call(c, &n->notice, a);
	notice_free(n);
	free(a->hub);
	log_record(LOG_NOTICE, c->name, NULL, 0, "test: %s%s%s",
	    courier_answer_name(a->answer), a->words[0] != '\0' ? ": " : "",
	    a->words);
	pthread_mutex_lock(&d->lock);
	count(c, a->answer);
	desk_now(d);
	engine_sent(d->engine, c->name);
}

/* For all who have asked so far. */
static void
test(struct courier *c)
{
	const uint64_t ticket = c->tests;
	struct attempt a = { .answer = FETTLE_RETRY };
	struct instance_stats s;

	if (instance_is_open(c->instance)) {
		send_test(c, &a);
	} else {
		instance_stats(c->instance, &s);
		keep_words(a.words, s.error);
	}
	c->test_answer = a.answer;
	memcpy(c->test_words, a.words, sizeof(a.words));
	c->tested = ticket;
	pthread_cond_broadcast(&c->desk->changed);
}

/* --- its days -------------------------------------------------------------
 */

/* When the next test may leave. */
static int64_t
test_at(const struct courier *c)
{
	const int64_t pace = c->instance->plugin->d.pace_ms * NS_PER_MS;

	return c->called == 0 ? 0 : c->called + pace;
}

static bool
step(struct courier *c)
{
	struct desk *d = c->desk;
	const int64_t now = clock_mono();
	struct message *m;

	if (c->stop_by != 0)
		return false;
	if (c->next != NULL) {
		replace_instance(c);
	} else if (!instance_is_open(c->instance) && now >= c->open_at) {
		open_instance(c);
	} else if (c->tests > c->tested && now >= test_at(c)) {
		test(c);
	} else if (!instance_is_open(c->instance)) {
		nap(c, c->open_at);
	} else if (c->tests > c->tested) {
		nap(c, test_at(c));
	} else {
		desk_now(d);
		m = engine_begin(d->engine, c->name);
		if (m != NULL)
			deliver(c, m);
		else
			rest(c);
	}
	return true;
}

static void *
courier_run(void *arg)
{
	struct courier *c = arg;
	struct desk *d = c->desk;

	pthread_mutex_lock(&d->lock);
	while (step(c))
		continue;
	pthread_mutex_unlock(&d->lock);
	instance_close(c->instance);
	pthread_mutex_lock(&d->lock);
	c->ended = true;
	c->tried = true;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* --- for the main thread ---------------------------------------------------
 */

static void
start_thread(struct courier *c)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	if (pthread_create(&c->thread, &attr, courier_run, c) != 0) {
		log_error("no thread for %s", c->name);
		c->threadless = c->tried = c->ended = true;
	}
	pthread_attr_destroy(&attr);
}

struct courier *
courier_start(struct desk *d, struct fettle_ctx *instance,
    const struct courier_options *options)
{
	struct courier *c = NEW(struct courier);
	pthread_condattr_t monotonic;

	c->desk = d;
	c->name = xstrdup(instance->label);
	c->instance = instance_ref(instance);
	c->options = *options;
	c->refs = 1;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_lock(&d->lock);
	vec_add(&d->couriers) = c;
	start_thread(c);
	pthread_mutex_unlock(&d->lock);
	return c;
}

void
courier_replace(struct courier *c, struct fettle_ctx *instance,
    const struct courier_options *options)
{
	pthread_mutex_lock(&c->desk->lock);
	instance_unref(c->next);
	c->next = instance_ref(instance);
	c->next_options = *options;
	c->tried = false;
	wake(c);
	pthread_mutex_unlock(&c->desk->lock);
}

/* Under the lock: nobody finds it by its name any more. */
static void
leave(struct courier *c)
{
	struct desk *d = c->desk;

	for (size_t i = 0; i < d->couriers.n; i++)
		if (d->couriers.v[i] == c) {
			vec_remove(&d->couriers, i);
			break;
		}
}

int64_t
courier_stop(struct courier *c)
{
	struct desk *d = c->desk;
	int64_t stop_by;

	pthread_mutex_lock(&d->lock);
	if (c->stop_by == 0) {
		c->stop_by = clock_mono() + c->options.drain_ns;
		leave(c);
	}
	stop_by = c->stop_by;
	wake(c);
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	return stop_by;
}

static bool
await(struct courier *c, const bool *what, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);
	struct desk *d = c->desk;
	bool done;

	pthread_mutex_lock(&d->lock);
	while (!*what &&
	       pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
		continue;
	done = *what;
	pthread_mutex_unlock(&d->lock);
	return done;
}

bool
courier_ended(struct courier *c, int64_t deadline_ns)
{
	return await(c, &c->ended, deadline_ns);
}

void
courier_settle_open(struct courier *c, int64_t deadline_ns)
{
	await(c, &c->tried, deadline_ns);
}

void
courier_abandon(struct courier *c)
{
	if (!c->threadless)
		pthread_detach(c->thread);
}

void
courier_unref(struct courier *c)
{
	int refs;

	pthread_mutex_lock(&c->desk->lock);
	refs = --c->refs;
	pthread_mutex_unlock(&c->desk->lock);
	if (refs > 0)
		return;
	if (!c->threadless)
		pthread_join(c->thread, NULL);
	instance_unref(c->next);
	instance_unref(c->instance);
	pthread_cond_destroy(&c->wake);
	free(c->name);
	free(c);
}

struct fettle_ctx *
courier_instance(struct courier *c)
{
	struct fettle_ctx *i;

	pthread_mutex_lock(&c->desk->lock);
	i = instance_ref(c->instance);
	pthread_mutex_unlock(&c->desk->lock);
	return i;
}
