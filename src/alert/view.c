/* SPDX-License-Identifier: MIT */
/* What is shown to people. */
#include "alert/inside.h"
#include "flow/schema.h"

static void
view_subject(struct subject_view *v, const struct alert *a)
{
	const struct track *t = a->track;

	*v = (struct subject_view){ .rule = a->rule_id,
		.series = a->series,
		.host = t->machine != NULL ? t->machine->name : "",
		.plugin = t->plugin,
		.instance = t->instance,
		.field = a->field,
		.unit = a->unit,
		.tags = t->tags,
		.n_tags = t->n_tags };
}

bool
subject_meant(const struct subject_view *v, const struct pattern *p)
{
	struct schema schema = { .plugin = (char *)(uintptr_t)v->plugin };
	struct host host = { .name = (char *)(uintptr_t)v->host };
	const struct series s = { .host = &host,
		.schema = &schema,
		.instance = v->instance,
		.tags = v->tags,
		.n_tags = (uint32_t)v->n_tags };

	return pattern_match(p, &s) && pattern_match_field(p, v->field);
}

void
engine_each_alert(const struct engine *e,
    void (*each)(void *arg, const struct alert_view *v), void *arg)
{
	const struct silence *s;
	const struct alert *a;

	TAILQ_FOREACH (a, &e->alerts, of_all) {
		struct alert_view v = { .truth = alert_truth(a),
			.level = a->forced ? NULL : &a->level,
			.since_ns = since_wall(e, a, a->since),
			.worst = a->worst,
			.incident = a->incident };

		if (a->rule == NULL)
			continue;
		view_subject(&v.of, a);
		s = silence_of(e, a);
		v.silence = s != NULL ? s->number : 0;
		each(arg, &v);
	}
}

void
engine_each_row(const struct engine *e,
    void (*each)(void *arg, const struct row_view *v), void *arg)
{
	const struct alert *a;
	const struct row *r;

	TAILQ_FOREACH (a, &e->alerts, of_all) {
		LIST_FOREACH (r, &a->rows, of_alert) {
			struct row_view v = { .receiver = r->receiver->name,
				.entry = &r->entry,
				.truth = row_truth(r),
				.verdict = row_verdict(e, r) };

			view_subject(&v.of, a);
			if (v.verdict.hold == HOLD_SILENCE)
				v.silence = silence_of(e, a)->number;
			each(arg, &v);
		}
	}
}

void
engine_each_silence(const struct engine *e,
    void (*each)(void *arg, const struct silence_view *v), void *arg)
{
	for (size_t i = 0; i < e->silences.n; i++) {
		const struct silence *s = e->silences.v[i];
		const struct silence_view v = { .number = s->number,
			.pattern = s->text,
			.why = s->why,
			.begun_ns = wall_of(e, s->begun),
			.end_ns = wall_of(e, s->end) };

		each(arg, &v);
	}
}

void
engine_each_receiver(const struct engine *e,
    void (*each)(void *arg, const struct receiver_view *v), void *arg)
{
	for (size_t i = 0; i < e->receivers.n; i++) {
		const struct receiver *r = e->receivers.v[i];
		const struct receiver_view v = { .name = r->name,
			.ready = r->ready.n,
			.under_way = r->under_way.n,
			.fails = r->fails,
			.next_ns = wall_of(
			    e, stamp_later(r->free_at, r->blocked_until)) };

		each(arg, &v);
	}
}

void
engine_each_host(const struct engine *e,
    void (*each)(void *arg, const struct host_view *v), void *arg)
{
	const struct machine *m;

	TAILQ_FOREACH (m, &e->hosts, of_all) {
		const struct host_view v = { .name = m->name,
			.silent = m->silent,
			.replay = now_of(e) < m->settle_until,
			.heard_ns = wall_of(e, m->heard_at) };

		if (m->known)
			each(arg, &v);
	}
}

struct engine_stats
engine_stats(const struct engine *e)
{
	return (struct engine_stats){ .alerts = e->n_alerts,
		.rows = e->n_rows,
		.tracks = e->tracks.n,
		.hosts = e->machines.n,
		.silences = e->silences.n,
		.late = e->late,
		.dead = e->saved.dead };
}

int64_t
engine_wall(const struct engine *e, int64_t moment)
{
	return moment == STAMP_NONE || moment == STAMP_NEVER
		   ? 0
		   : wall_of(e, moment);
}
