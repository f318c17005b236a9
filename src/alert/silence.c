/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "alert/inside.h"

const struct silence *
silence_of(const struct engine *e, const struct alert *a)
{
	for (size_t i = 0; i < e->silences.n; i++) {
		const struct silence *s = e->silences.v[i];

		if (now_of(e) < s->end &&
		    track_meant(a->track, s->pattern, a->field))
			return s;
	}
	return NULL;
}

/* Whom it concerns is not asked: it happens once in a while. */
static void
touch_all(struct engine *e)
{
	struct alert *a;

	TAILQ_FOREACH (a, &e->alerts, of_all) {
		alert_touch(e, a);
	}
}

void
silence_add(struct engine *e, struct silence *s)
{
	vec_add(&e->silences) = s;
	touch_all(e);
}

void
silence_free(struct engine *e, struct silence *s)
{
	unmark(e, RECORD_SILENCE, &s->dirty, key_of_silence(s));
	pattern_free(s->pattern);
	free(s->text);
	free(s->why);
	free(s);
}

static void
remove_at(struct engine *e, size_t i)
{
	struct silence *s = e->silences.v[i];

	vec_remove(&e->silences, i);
	silence_free(e, s);
	touch_all(e);
}

void
silences_tick(struct engine *e)
{
	for (size_t i = e->silences.n; i-- > 0;)
		if (now_of(e) >= e->silences.v[i]->end)
			remove_at(e, i);
}

uint64_t
engine_silence(struct engine *e, struct pattern *p, const char *text,
    const char *why, int64_t duration_ns)
{
	struct silence *s;

	if (e->silences.n == SILENCES_MAX || !record_text(text) ||
	    !record_text(why)) {
		pattern_free(p);
		return 0;
	}
	s = NEW(struct silence);
	s->number = ++e->saved.silences;
	s->pattern = p;
	s->text = xstrdup(text);
	s->why = xstrdup(why);
	s->begun = now_of(e);
	s->end = duration_ns < STAMP_MAX - s->begun ? s->begun + duration_ns
						    : STAMP_MAX;
	silence_add(e, s);
	mark_dirty(e, RECORD_SILENCE, &s->dirty, s);
	engine_tick(e);
	return s->number;
}

bool
engine_unsilence(struct engine *e, uint64_t number)
{
	for (size_t i = 0; i < e->silences.n; i++) {
		if (e->silences.v[i]->number != number)
			continue;
		remove_at(e, i);
		engine_tick(e);
		return true;
	}
	return false;
}
