/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "alert/inside.h"

const char *
message_copy(struct message *m, const char *s)
{
	return s != NULL ? arena_strdup(&m->arena, s) : NULL;
}

static const struct fettle_tag *
copy_tags(struct message *m, const struct track *t)
{
	struct fettle_tag *tags =
	    arena_alloc(&m->arena, (t->n_tags + 1) * sizeof(*tags));

	for (size_t i = 0; i < t->n_tags; i++)
		tags[i] = (struct fettle_tag){ message_copy(m, t->tags[i].key),
			message_copy(m, t->tags[i].value) };
	return tags;
}

/* The limit that the level is about: of what is ok, the first there is. */
static double
limit_of(const struct alert *a, struct truth t)
{
	const struct limits_of_rule *l = &a->level.basis;

	if (t.level == RANK_FAILURE || isnan(l->warning))
		return l->failure;
	return l->warning;
}

/* If this is delivered now. */
static int64_t
reminder_of(const struct engine *e, const struct row *r)
{
	const struct rule *rule = r->alert->rule;
	int64_t wait;

	if (rule == NULL || rule->remind_ns == 0 ||
	    truth_equal(r->entry.said.seen, truth_good) ||
	    r->entry.closing != CLOSING_NOT)
		return 0;
	wait = rule->remind_ns > rule->cooldown_ns ? rule->remind_ns
						   : rule->cooldown_ns;
	return wall_of(e, now_of(e) + wait);
}

static uint32_t
firing_at(const struct machine *m)
{
	const struct alert *a;
	uint32_t n = 0;

	TAILQ_FOREACH (a, &m->alerts, of_machine) {
		n += !a->forced && alert_truth(a).level > RANK_OK;
	}
	return n;
}

static void
describe_subject(
    struct message *m, struct message_item *i, const struct alert *a)
{
	const struct track *t = a->track;

	i->rule = message_copy(m, a->rule_id);
	i->text = message_copy(m, a->rule != NULL ? a->rule->message : NULL);
	i->series = message_copy(m, a->series);
	i->host = message_copy(m, t->machine != NULL ? t->machine->name : "");
	i->plugin = message_copy(m, t->plugin);
	i->instance = message_copy(m, t->instance);
	i->field = message_copy(m, a->field);
	i->unit = message_copy(m, a->unit);
	i->tags = copy_tags(m, t);
	i->n_tags = t->n_tags;
	if (a->forced && t->machine != NULL)
		i->firing = firing_at(t->machine);
}

/* What the receiver may believe, at worst: a message whose answer was lost
 * perhaps arrived. */
static struct truth
believed(const struct entry *e)
{
	return truth_rank(e->maybe) > truth_rank(e->told) ? e->maybe : e->told;
}

/* Numbers begin anew with an alert that was closed, with a row, with a file
 * that was lost: when it began and what was told before tell them apart. */
static uint32_t
mark_of(const struct entry *e)
{
	const uint64_t h = (uint64_t)e->since * UINT64_C(1099511628211) ^
			   (uint64_t)e->confirmed_at;

	return (uint32_t)(h ^ h >> 32);
}

void
message_describe(const struct engine *e, struct message *m,
    struct message_item *i, const struct row *r)
{
	const struct alert *a = r->alert;
	const struct entry *entry = &r->entry;

	*i = (struct message_item){ .kind = entry->said.kind,
		.truth = entry->said.truth,
		.seen = entry->said.seen,
		.was = believed(entry),
		.closing = entry->closing,
		.changes = entry->changes,
		.incident = a->incident,
		.event = entry->event,
		.mark = mark_of(entry),
		.number = a->forced ? NAN : a->level.number,
		.limit = a->forced ? NAN : limit_of(a, entry->said.truth),
		.worst = entry->worst,
		.since_ns = since_wall(e, a, entry->since),
		.changed_ns = since_wall(e, a, a->changed),
		.remind_ns = reminder_of(e, r) };
	describe_subject(m, i, a);
}

void
message_free(struct message *m)
{
	if (m == NULL)
		return;
	arena_free(&m->arena);
	free(m);
}
