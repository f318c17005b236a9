/* SPDX-License-Identifier: MIT */
#include "alert/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/record.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

struct past {
	TAILQ_ENTRY(past) of_all;
	TAILQ_ENTRY(past) of_dirty;
	bool dirty, stored;
	char *key;
	VEC(struct history_event) events;
	size_t oldest; /* which one the next takes the place of */
};

static const char *const names[] = {
	[HISTORY_MOVED] = "moved",
	[HISTORY_HELD] = "held",
	[HISTORY_SENT] = "sent",
	[HISTORY_DELIVERED] = "delivered",
	[HISTORY_FAILED] = "failed",
	[HISTORY_CLOSED] = "closed",
};

const char *
history_name(enum history_what what)
{
	return names[what];
}

static void
event_fini(struct history_event *e)
{
	free((char *)(uintptr_t)e->receiver);
	free((char *)(uintptr_t)e->words);
}

static void
mark(struct history *h, struct past *p)
{
	if (!p->dirty)
		TAILQ_INSERT_TAIL(&h->dirty, p, of_dirty);
	p->dirty = true;
}

static void
unmark(struct history *h, struct past *p)
{
	if (p->dirty)
		TAILQ_REMOVE(&h->dirty, p, of_dirty);
	p->dirty = false;
}

static void
past_free(struct history *h, struct past *p)
{
	index_remove(&h->index, p->key);
	TAILQ_REMOVE(&h->all, p, of_all);
	unmark(h, p);
	h->n--;
	for (size_t i = 0; i < p->events.n; i++)
		event_fini(&p->events.v[i]);
	vec_free(&p->events);
	if (p->stored)
		vec_add(&h->gone) = p->key;
	else
		free(p->key);
	free(p);
}

void
history_init(struct history *h)
{
	memset(h, 0, sizeof(*h));
	TAILQ_INIT(&h->all);
	TAILQ_INIT(&h->dirty);
}

static void
forget_gone(struct history *h)
{
	for (size_t i = 0; i < h->gone.n; i++)
		free(h->gone.v[i]);
	h->gone.n = 0;
}

void
history_fini(struct history *h)
{
	while (!TAILQ_EMPTY(&h->all))
		past_free(h, TAILQ_FIRST(&h->all));
	forget_gone(h);
	vec_free(&h->gone);
	index_fini(&h->index);
}

/* Room for another event. */
static struct history_event *
room_in(struct past *p)
{
	struct history_event *e;

	if (p->events.n < HISTORY_EVENTS)
		return &vec_add(&p->events);
	e = &p->events.v[p->oldest];
	p->oldest = (p->oldest + 1) % HISTORY_EVENTS;
	event_fini(e);
	return e;
}

/* Takes over the key. */
static struct past *
past_new(struct history *h, char *key)
{
	struct past *p = NEW(struct past);

	p->key = key;
	index_put(&h->index, p->key, p);
	h->n++;
	TAILQ_INSERT_TAIL(&h->all, p, of_all);
	return p;
}

static struct past *
past_of(struct history *h, char *key)
{
	struct past *p = index_get(&h->index, key);

	if (p != NULL) {
		TAILQ_REMOVE(&h->all, p, of_all);
		TAILQ_INSERT_TAIL(&h->all, p, of_all);
		free(key);
		return p;
	}
	if (h->n == HISTORY_ALERTS)
		past_free(h, TAILQ_FIRST(&h->all));
	return past_new(h, key);
}

static char *
key_of(const char *rule, const char *series)
{
	return xasprintf("%s\t%s", rule, series);
}

/* What a server said may be in it. */
static char *
line_of(const char *words)
{
	struct buf b = { 0 };
	char *line;

	utf8_add_line(&b, words, strlen(words));
	line = xstrndup(b.data != NULL ? b.data : "",
	    utf8_cut(b.data, b.len, HISTORY_WORDS));
	buf_free(&b);
	return line;
}

static void
past_add(struct past *p, const struct history_event *event)
{
	struct history_event *e = room_in(p);

	*e = *event;
	if (event->receiver != NULL)
		e->receiver = xstrdup(event->receiver);
	if (event->words != NULL)
		e->words = line_of(event->words);
}

/* Whether what failed is only tried again, and fails alike. */
static bool
is_again(const struct history_event *last, const struct history_event *event)
{
	return last->what == HISTORY_FAILED &&
	       (event->what == HISTORY_SENT ||
		   (event->what == HISTORY_FAILED &&
		       last->answer == event->answer)) &&
	       last->kind == event->kind && truth_equal(last->is, event->is);
}

/* A server that is away for an hour must not drive out what began it. */
static bool
is_known(const struct past *p, const struct history_event *event)
{
	const size_t n = p->events.n;

	for (size_t i = n; i-- > 0;) {
		const struct history_event *e =
		    &p->events.v[(p->oldest + i) % n];

		if (e->what == HISTORY_MOVED || e->what == HISTORY_CLOSED)
			return false;
		if (e->receiver != NULL && event->receiver != NULL &&
		    strcmp(e->receiver, event->receiver) == 0)
			return is_again(e, event);
	}
	return false;
}

void
history_add(struct history *h, const char *rule, const char *series,
    const struct history_event *event)
{
	struct past *p = past_of(h, key_of(rule, series));

	if (is_known(p, event))
		return;
	past_add(p, event);
	mark(h, p);
}

/* The events in their order, lent. */
static void
take_events(struct past_record *to, const struct past *p)
{
	to->n = p->events.n;
	for (size_t i = 0; i < to->n; i++)
		to->events[i] = p->events.v[(p->oldest + i) % to->n];
}

size_t
history_each(const struct history *h, const char *rule, const char *series,
    void (*each)(void *arg, const struct history_event *event), void *arg)
{
	char *key = key_of(rule, series);
	const struct past *p = index_get(&h->index, key);

	free(key);
	if (p == NULL)
		return 0;
	for (size_t i = 0; i < p->events.n; i++)
		each(arg, &p->events.v[(p->oldest + i) % p->events.n]);
	return p->events.n;
}

/* --- records ------------------------------------------------------------- */

/* A rule, a tab, a series. */
static bool
is_key(const char *key)
{
	char *copy = xstrdup(key), *tab = strchr(copy, '\t');
	bool is = tab != NULL;

	if (is) {
		*tab = '\0';
		is = record_text(copy) && record_text(tab + 1);
	}
	free(copy);
	return is;
}

/* Where there are some already those come last. */
static void
put_before(struct past *p, const struct past_record *r)
{
	struct past was = *p;

	memset(&p->events, 0, sizeof(p->events));
	p->oldest = 0;
	for (size_t i = 0; i < r->n; i++)
		past_add(p, &r->events[i]);
	for (size_t i = 0; i < was.events.n; i++) {
		struct history_event *e =
		    &was.events.v[(was.oldest + i) % was.events.n];

		*room_in(p) = *e;
	}
	vec_free(&was.events);
}

bool
history_load(struct history *h, const char *key, const void *data, size_t len)
{
	struct past_record r;
	struct past *p;

	if (!record_get_past(data, len, &r) || !is_key(key))
		return false;
	p = index_get(&h->index, key);
	if (p == NULL && h->n == HISTORY_ALERTS)
		return false;
	if (p == NULL)
		p = past_new(h, xstrdup(key));
	p->stored = true;
	put_before(p, &r);
	return true;
}

static void
commit_one(struct past *p,
    void (*put)(void *arg, const char *key, const void *data, size_t len),
    void *arg)
{
	struct past_record r;
	struct buf value = { 0 };

	if (!is_key(p->key))
		return;
	take_events(&r, p);
	record_put_past(&value, &r);
	put(arg, p->key, value.data, value.len);
	buf_free(&value);
	p->stored = true;
}

void
history_commit(struct history *h,
    void (*put)(void *arg, const char *key, const void *data, size_t len),
    void *arg)
{
	struct past *p;

	for (size_t i = 0; i < h->gone.n; i++)
		put(arg, h->gone.v[i], NULL, 0);
	forget_gone(h);
	while ((p = TAILQ_FIRST(&h->dirty)) != NULL) {
		unmark(h, p);
		commit_one(p, put, arg);
	}
}

void
history_unsaved(struct history *h)
{
	struct past *p;

	TAILQ_FOREACH (p, &h->all, of_all) {
		mark(h, p);
	}
}
