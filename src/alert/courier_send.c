/* SPDX-License-Identifier: MIT */
/* One message, or a test, from what is to be said to what became of it. */
#include "alert/courier_own.h"

#include <string.h>

#include "alert/notice.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "deliver/retry.h"

/* --- one message --------------------------------------------------------- */

/* A call, and what became of it. */
struct attempt {
	char *hub;
	int answer; /* enum fettle_answer */
	double after_s;
	int64_t took_ns;
	char words[COURIER_WORDS]; /* one printable line */
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

static void
keep_words(char *to, const char *words)
{
	struct buf line = { 0 };
	size_t len;

	utf8_add_line(&line, words, strlen(words));
	len = utf8_cut(line.data, line.len, COURIER_WORDS - 1);
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

void
courier_deliver(struct courier *c, struct message *m)
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
	    after_ns(a.after_s), retry_random());
	desk_poke(d);
	pthread_mutex_unlock(&d->lock);
	message_free(m);
	free(a.hub);
	pthread_mutex_lock(&d->lock);
}

/* --- tests --------------------------------------------------------------- */

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

void
courier_send_test(struct courier *c)
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

int64_t
courier_test_at(const struct courier *c)
{
	const int64_t pace = c->instance->plugin->d.pace_ms * NS_PER_MS;

	return c->called == 0 ? 0 : c->called + pace;
}
