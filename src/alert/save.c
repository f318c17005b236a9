/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "alert/inside.h"

/* --- what changed -------------------------------------------------------- */

void
mark_dirty(
    struct engine *e, enum record_table table, size_t *place, void *thing)
{
	if (*place > 0)
		return;
	vec_add(&e->marks) = (struct mark){ table, thing };
	*place = e->marks.n;
}

void
mark_alert(struct engine *e, struct alert *a)
{
	mark_dirty(e, RECORD_ALERT, &a->dirty, a);
}

void
mark_row(struct engine *e, struct row *r)
{
	mark_dirty(e, RECORD_ROW, &r->dirty, r);
}

void
mark_receiver(struct engine *e, struct receiver *r)
{
	mark_dirty(e, RECORD_RECEIVER, &r->dirty, r);
}

void
mark_machine(struct engine *e, struct machine *m)
{
	mark_dirty(e, RECORD_HOST, &m->dirty, m);
}

static struct change *
change_add(struct engine *e, enum record_table table, char *key)
{
	struct change *c = &vec_add(&e->changes);

	*c = (struct change){ .table = table, .key = key };
	return c;
}

void
unmark(struct engine *e, enum record_table table, size_t *place, char *key)
{
	if (*place > 0)
		e->marks.v[*place - 1].thing = NULL;
	*place = 0;
	change_add(e, table, key)->gone = true;
}

void
dead_letter(
    struct engine *e, const struct row *r, struct truth t, const char *why)
{
	const struct dead_record d = { .number = ++e->saved.dead,
		.at = now_of(e),
		.rule = r->alert->rule_id,
		.series = r->alert->series,
		.receiver = r->receiver->name,
		.why = why,
		.truth = t };
	struct change *c = change_add(e, RECORD_DEAD, dead_key(d.number));

	record_put_dead(&c->data, &d);
}

/* --- keys and values ----------------------------------------------------- */

char *
key_of_alert(const struct alert *a)
{
	return xasprintf("%s\t%s", a->rule_id, a->series);
}

char *
key_of_row(const struct row *r)
{
	return xasprintf("%s\t%s\t%s", r->alert->rule_id, r->alert->series,
	    r->receiver->name);
}

char *
key_of_silence(const struct silence *s)
{
	return xasprintf("%020llu", (unsigned long long)s->number);
}

static struct subject
subject_of(const struct alert *a)
{
	const struct track *t = a->track;
	struct subject s = { .rule = a->rule_id,
		.host = t->machine != NULL ? t->machine->name : "",
		.plugin = t->plugin,
		.instance = t->instance,
		.field = a->field,
		.unit = a->unit,
		.n_tags = t->n_tags };

	assert(t->n_tags <= NAMES_TAGS_MAX);
	for (size_t i = 0; i < t->n_tags; i++)
		s.tags[i] = t->tags[i];
	return s;
}

static char *
put_alert(struct buf *b, const struct alert *a)
{
	const struct alert_record r = { .of = subject_of(a),
		.forced = a->forced,
		.forced_rank = a->forced_rank,
		.no_data = a->no_data,
		.level = a->level,
		.since = a->since,
		.changed = a->changed,
		.worst = a->worst,
		.incident = a->incident };

	record_put_alert(b, &r);
	return key_of_alert(a);
}

static char *
put_row(struct buf *b, const struct row *row)
{
	const struct row_record r = { .of = subject_of(row->alert),
		.receiver = row->receiver->name,
		.entry = row->entry };

	record_put_row(b, &r);
	return key_of_row(row);
}

static char *
put_receiver(struct buf *b, const struct receiver *to)
{
	const struct receiver_record r = { .name = to->name,
		.free_at = to->free_at,
		.blocked_until = to->blocked_until,
		.fails = to->fails,
		.pending = to->serial != 0 };

	record_put_receiver(b, &r);
	return xstrdup(to->name);
}

static char *
put_machine(struct buf *b, const struct machine *m)
{
	const struct host_record r = { .name = m->name,
		.silent = m->silent,
		.silent_at = m->silent_at,
		.shortest_ns = m->shortest_ns };

	record_put_host(b, &r);
	return xstrdup(m->name);
}

static char *
put_silence(struct buf *b, const struct silence *s)
{
	const struct silence_record r = { .number = s->number,
		.pattern = s->text,
		.why = s->why,
		.begun = s->begun,
		.end = s->end };

	record_put_silence(b, &r);
	return key_of_silence(s);
}

static char *
put_meter(struct buf *b, const struct meter *m)
{
	const struct meter_record r = { m->plugin };

	record_put_meter(b, &r);
	return xstrdup(m->plugin);
}

/* Appends the value, returns the key, and says that it is stored. */
static char *
put_marked(struct buf *b, const struct mark *m)
{
	switch (m->table) {
	case RECORD_ALERT:
		((struct alert *)m->thing)->dirty = 0;
		return put_alert(b, m->thing);
	case RECORD_ROW:
		((struct row *)m->thing)->dirty = 0;
		return put_row(b, m->thing);
	case RECORD_RECEIVER:
		((struct receiver *)m->thing)->dirty = 0;
		return put_receiver(b, m->thing);
	case RECORD_HOST:
		((struct machine *)m->thing)->dirty = 0;
		return put_machine(b, m->thing);
	case RECORD_SILENCE:
		((struct silence *)m->thing)->dirty = 0;
		return put_silence(b, m->thing);
	default:
		assert(m->table == RECORD_METER);
		((struct meter *)m->thing)->dirty = 0;
		return put_meter(b, m->thing);
	}
}

void
changes_drop(struct engine *e)
{
	struct change *c;

	vec_each (c, &e->changes) {
		free(c->key);
		buf_free(&c->data);
	}
	e->changes.n = 0;
}

/* --- a transaction ------------------------------------------------------- */

bool
engine_changed(const struct engine *e)
{
	return e->changes.n > 0 || e->marks.n > 0 || e->clock_dirty;
}

/* Where a transaction goes. */
struct saving {
	void (*put)(void *arg, enum record_table table, const char *key,
	    const void *data, size_t len);
	void *arg;
};

static void
put_changes(struct engine *e, const struct saving *to)
{
	struct change *c;

	vec_each (c, &e->changes) {
		to->put(to->arg, c->table, c->key,
		    c->gone ? NULL : c->data.data, c->data.len);
	}
	changes_drop(e);
}

static void
put_marks(struct engine *e, const struct saving *to)
{
	struct buf value = { 0 };

	for (size_t i = 0; i < e->marks.n; i++) {
		char *key;

		if (e->marks.v[i].thing == NULL)
			continue;
		buf_clear(&value);
		key = put_marked(&value, &e->marks.v[i]);
		to->put(
		    to->arg, e->marks.v[i].table, key, value.data, value.len);
		free(key);
	}
	e->marks.n = 0;
	buf_free(&value);
}

static void
put_clock(struct engine *e, const struct saving *to)
{
	struct buf value = { 0 };

	e->saved.now = now_of(e);
	e->saved.wall = e->wall;
	e->saved.clean = e->clean;
	record_put_clock(&value, &e->saved);
	to->put(to->arg, RECORD_CLOCK, "clock", value.data, value.len);
	buf_free(&value);
	e->clock_dirty = false;
}

void
engine_commit(struct engine *e,
    void (*put)(void *arg, enum record_table table, const char *key,
	const void *data, size_t len),
    void *arg)
{
	const struct saving to = { put, arg };

	put_changes(e, &to);
	put_marks(e, &to);
	put_clock(e, &to);
}

void
engine_unsaved(struct engine *e)
{
	struct alert *a;
	struct row *r;
	struct machine *m;

	TAILQ_FOREACH (a, &e->alerts, of_all) {
		if (a->rule != NULL)
			mark_alert(e, a);
		LIST_FOREACH (r, &a->rows, of_alert) {
			mark_row(e, r);
		}
	}
	TAILQ_FOREACH (m, &e->hosts, of_all) {
		if (m->known)
			mark_machine(e, m);
	}
	for (size_t i = 0; i < e->receivers.n; i++)
		mark_receiver(e, e->receivers.v[i]);
	for (size_t i = 0; i < e->silences.n; i++)
		mark_dirty(e, RECORD_SILENCE, &e->silences.v[i]->dirty,
		    e->silences.v[i]);
	for (size_t i = 0; i < e->meters.n; i++)
		mark_dirty(
		    e, RECORD_METER, &e->meters.v[i]->dirty, e->meters.v[i]);
	e->clock_dirty = true;
}

void
engine_stop(struct engine *e)
{
	struct alert *a;

	TAILQ_FOREACH (a, &e->alerts, of_all) {
		if (a->rule != NULL)
			mark_alert(e, a);
	}
	e->clean = true;
	e->clock_dirty = true;
}
