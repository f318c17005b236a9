/* SPDX-License-Identifier: MIT */
#include "alert/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "base/vec.h"

struct past {
	TAILQ_ENTRY(past) of_all;
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
past_free(struct history *h, struct past *p)
{
	index_remove(&h->index, p->key);
	TAILQ_REMOVE(&h->all, p, of_all);
	h->n--;
	for (size_t i = 0; i < p->events.n; i++)
		event_fini(&p->events.v[i]);
	vec_free(&p->events);
	free(p->key);
	free(p);
}

void
history_init(struct history *h)
{
	memset(h, 0, sizeof(*h));
	TAILQ_INIT(&h->all);
}

void
history_fini(struct history *h)
{
	while (!TAILQ_EMPTY(&h->all))
		past_free(h, TAILQ_FIRST(&h->all));
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

static struct past *
past_of(struct history *h, char *key)
{
	struct past *p = index_get(&h->index, key);

	if (p != NULL) {
		TAILQ_REMOVE(&h->all, p, of_all);
		free(key);
	} else {
		if (h->n == HISTORY_ALERTS)
			past_free(h, TAILQ_FIRST(&h->all));
		p = NEW(struct past);
		p->key = key;
		index_put(&h->index, p->key, p);
		h->n++;
	}
	TAILQ_INSERT_TAIL(&h->all, p, of_all);
	return p;
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

void
history_add(struct history *h, const char *rule, const char *series,
    const struct history_event *event)
{
	struct past *p = past_of(h, key_of(rule, series));
	struct history_event *e = room_in(p);

	*e = *event;
	if (event->receiver != NULL)
		e->receiver = xstrdup(event->receiver);
	if (event->words != NULL)
		e->words = line_of(event->words);
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
