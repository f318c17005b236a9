/* SPDX-License-Identifier: MIT */
/* From records back to things; engine_start brings them to life. */
#include <errno.h>
#include <stdlib.h>

#include "alert/inside.h"

static const char *
host_of(const struct subject *s)
{
	return s->host[0] != '\0' ? s->host : NULL;
}

/* Whether that is the key of the subject, and of its receiver if any. */
static bool
is_key(const char *key, const struct subject *s, const char *receiver)
{
	struct buf b = { 0 };
	bool same;

	buf_puts(&b, s->rule);
	buf_putc(&b, '\t');
	track_text(&b, host_of(s), s->plugin, s->instance, s->tags, s->n_tags);
	buf_putc(&b, '.');
	buf_puts(&b, s->field);
	if (receiver != NULL) {
		buf_putc(&b, '\t');
		buf_puts(&b, receiver);
	}
	same = strcmp(b.data, key) == 0;
	buf_free(&b);
	return same;
}

static struct alert *
anchor_of(struct engine *e, const struct subject *s)
{
	struct track *t = track_get(
	    e, host_of(s), s->plugin, s->instance, s->tags, s->n_tags);

	return alert_anchor(e, t, s->rule, s->field, s->unit);
}

static bool
is_bare(const struct subject *s, const char *rule, const char *plugin,
    const char *field)
{
	return strcmp(s->rule, rule) == 0 && strcmp(s->plugin, plugin) == 0 &&
	       strcmp(s->field, field) == 0 && s->instance == NULL &&
	       s->n_tags == 0;
}

static bool
is_possible(const struct alert_record *r)
{
	const struct subject *s = &r->of;

	if (!r->forced)
		return host_of(s) != NULL &&
		       strcmp(s->rule, RULE_HOST_SILENT) != 0;
	return host_of(s) != NULL
		   ? is_bare(s, RULE_HOST_SILENT, "host", "silent")
		   : is_bare(s, RULE_HUB_ISOLATED, "hub", "isolated");
}

static bool
load_alert(struct engine *e, const char *key, const void *data, size_t len)
{
	struct alert_record r;
	struct alert *a;

	if (!record_get_alert(data, len, &r) || !is_key(key, &r.of, NULL) ||
	    !is_possible(&r))
		return false;
	a = anchor_of(e, &r.of);
	a->loaded = true;
	a->forced = r.forced;
	a->forced_rank = r.forced_rank;
	a->no_data = r.no_data;
	a->level = r.level;
	a->since = r.since;
	a->changed = r.changed;
	a->worst = r.worst;
	a->incident = r.incident;
	return true;
}

static bool
load_row(struct engine *e, const char *key, const void *data, size_t len)
{
	struct row_record r;
	struct receiver *to;
	struct alert *a;

	if (!record_get_row(data, len, &r) || !is_key(key, &r.of, r.receiver))
		return false;
	a = anchor_of(e, &r.of);
	to = receiver_get(e, r.receiver);
	if (row_of(a, to) == NULL)
		row_make(e, a, to, 0)->entry = r.entry;
	return true;
}

static bool
load_receiver(struct engine *e, const char *key, const void *data, size_t len)
{
	struct receiver_record r;
	struct receiver *to;

	if (!record_get_receiver(data, len, &r) || strcmp(r.name, key) != 0)
		return false;
	to = receiver_get(e, r.name);
	to->free_at = r.free_at;
	to->blocked_until = r.blocked_until;
	to->fails = r.fails;
	to->pending = r.pending;
	return true;
}

static bool
load_host(struct engine *e, const char *key, const void *data, size_t len)
{
	struct host_record r;
	struct machine *m;

	if (!record_get_host(data, len, &r) || strcmp(r.name, key) != 0)
		return false;
	m = machine_get(e, r.name);
	m->known = true;
	m->silent = r.silent;
	m->silent_at = r.silent_at;
	m->shortest_ns = r.shortest_ns;
	return true;
}

static bool
load_silence(struct engine *e, const char *key, const void *data, size_t len)
{
	struct silence_record r;
	struct pattern *p;
	struct silence *s;
	char why[256];

	if (!record_get_silence(data, len, &r) ||
	    strtoull(key, NULL, 10) != r.number || r.begun > r.end ||
	    e->silences.n == SILENCES_MAX)
		return false;
	p = pattern_parse(r.pattern, why, sizeof(why));
	if (p == NULL)
		return false;
	s = NEW(struct silence);
	*s = (struct silence){ .number = r.number,
		.pattern = p,
		.text = xstrdup(r.pattern),
		.why = xstrdup(r.why),
		.begun = r.begun,
		.end = r.end };
	silence_add(e, s);
	return true;
}

static bool
load_meter(struct engine *e, const char *key, const void *data, size_t len)
{
	struct meter_record r;

	if (!record_get_meter(data, len, &r) || strcmp(r.plugin, key) != 0)
		return false;
	meter_get(e, r.plugin);
	return true;
}

static bool
load_clock(struct engine *e, const char *key, const void *data, size_t len)
{
	struct clock_record r;

	if (!record_get_clock(data, len, &r) || strcmp(key, "clock") != 0)
		return false;
	e->saved = r;
	e->loaded_clock = true;
	return true;
}

int
engine_load(struct engine *e, enum record_table table, const char *key,
    const void *data, size_t len)
{
	static bool (*const load[RECORD_N])(
	    struct engine *, const char *, const void *, size_t) = {
		[RECORD_CLOCK] = load_clock,
		[RECORD_ALERT] = load_alert,
		[RECORD_ROW] = load_row,
		[RECORD_RECEIVER] = load_receiver,
		[RECORD_HOST] = load_host,
		[RECORD_SILENCE] = load_silence,
		[RECORD_METER] = load_meter,
	};

	if (table >= RECORD_N || load[table] == NULL)
		return -EINVAL;
	return load[table](e, key, data, len) ? 0 : -EINVAL;
}
