/* SPDX-License-Identifier: MIT */
#include "alert/notice.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/notice_words.h"
#include "base/alloc.h"
#include "base/utf8.h"

/* --- what tells notices apart -------------------------------------------- */

#define HASH_START UINT64_C(14695981039346656037)

/* FNV-1a; the NUL is hashed as well, so that "ab" "c" is not "a" "bc". */
static uint64_t
hash(uint64_t h, const char *s)
{
	do
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	while (*s++ != '\0');
	return h;
}

static const char *
copy(struct notice *n, const struct buf *b)
{
	return arena_strdup(&n->arena, b->data);
}

static const char *
incident_of(struct notice *n, const struct message_item *i,
    const struct notice_from *from)
{
	const uint64_t h =
	    hash(hash(hash(HASH_START, from->hub), i->rule), i->series);
	char text[64];

	snprintf(
	    text, sizeof(text), "%016" PRIx64 "-%" PRIu64, h, i->incident);
	return arena_strdup(&n->arena, text);
}

/* Of the message: what is in it, and at which event of each.  A server may
 * drop a mail that has an id it has seen. */
static const char *
id_of(struct notice *n, const struct message *m)
{
	uint64_t h = HASH_START;
	char text[128];

	for (size_t i = 0; i < m->n; i++) {
		snprintf(text, sizeof(text), "%s-%" PRIu32 "-%08" PRIx32,
		    n->notice.alerts[i]->incident, m->items[i].event,
		    m->items[i].mark);
		h = hash(h, text);
	}
	if (m->n != 1)
		snprintf(text, sizeof(text), "%016" PRIx64 "-all", h);
	return arena_strdup(&n->arena, text);
}

/* --- alerts -------------------------------------------------------------- */

static enum fettle_severity
severity_of(struct truth t)
{
	switch (truth_rank(t)) {
	case RANK_FAILURE:
		return FETTLE_FAILURE;
	case RANK_WARNING:
		return FETTLE_WARNING;
	case RANK_NO_DATA:
		return FETTLE_NO_DATA;
	default:
		return FETTLE_OK;
	}
}

/* What is no longer watched is not known to be well. */
static enum fettle_severity
severity_now(const struct message_item *i)
{
	return i->kind == KIND_CLOSED ? FETTLE_NO_DATA : severity_of(i->truth);
}

static const struct fettle_alert *
alert_of(struct notice *n, const struct message_item *i,
    const struct notice_from *from)
{
	struct fettle_alert *a = arena_alloc(&n->arena, sizeof(*a));

	*a = (struct fettle_alert){ .incident = incident_of(n, i, from),
		.rule = i->rule,
		.message = i->text,
		.host = i->host[0] != '\0'
			    ? i->host
			    : arena_strdup(&n->arena, from->hub),
		.plugin = i->plugin,
		.instance = i->instance,
		.field = i->field,
		.unit = i->unit,
		.tags = i->tags,
		.n_tags = i->n_tags,
		.severity = severity_now(i),
		.was = severity_of(i->was),
		.value = i->number,
		.limit = i->limit,
		.worst = i->worst,
		.since_ns = i->since_ns,
		.changed_ns = i->changed_ns,
		.remind_ns = i->remind_ns,
		.held = i->changes };
	return a;
}

static void
fill_alerts(
    struct notice *n, const struct message *m, const struct notice_from *from)
{
	const struct fettle_alert **alerts =
	    arena_alloc(&n->arena, m->n * sizeof(*alerts));

	n->notice.severity = FETTLE_OK;
	for (size_t i = 0; i < m->n; i++) {
		alerts[i] = alert_of(n, &m->items[i], from);
		if (alerts[i]->severity > n->notice.severity)
			n->notice.severity = alerts[i]->severity;
	}
	n->notice.alerts = alerts;
	n->notice.n = m->n;
}

/* --- several alerts ------------------------------------------------------ */

static void
count(struct buf *to, const char *before, size_t n, const char *one,
    const char *many)
{
	if (n > 0)
		buf_printf(to, "%s%zu %s", before, n, n == 1 ? one : many);
}

static void
digest_title(struct buf *to, const struct notice *n, const struct message *m,
    const struct notice_from *from)
{
	static const char *const words[][2] = {
		{ "closed", "closed" },
		[FETTLE_OK] = { "over", "over" },
		[FETTLE_NO_DATA] = { "without data", "without data" },
		[FETTLE_WARNING] = { "warning", "warnings" },
		[FETTLE_FAILURE] = { "failure", "failures" },
	};
	size_t of[FETTLE_FAILURE + 1] = { 0 };
	const char *before = ": ";

	for (size_t i = 0; i < m->n; i++)
		of[m->items[i].kind == KIND_CLOSED
			? 0
			: n->notice.alerts[i]->severity]++;
	buf_printf(to, "%zu alerts on ", m->n);
	words_where(to, m, from);
	for (int s = FETTLE_FAILURE; s >= 0; s--) {
		count(to, before, of[s], words[s][0], words[s][1]);
		if (of[s] > 0)
			before = ", ";
	}
}

/* The worst first, otherwise as they are. */
static void
digest_text(struct buf *to, const struct notice *n, const struct message *m,
    const struct notice_from *from)
{
	size_t named = 0;

	for (int s = FETTLE_FAILURE; s >= FETTLE_OK; s--)
		for (size_t i = 0; i < m->n; i++) {
			if ((int)n->notice.alerts[i]->severity != s ||
			    named == NOTICE_NAMED_MAX)
				continue;
			if (named++ > 0)
				buf_putc(to, '\n');
			words_title(to, &m->items[i], from);
		}
	if (named < m->n)
		buf_printf(to, "\n+ %zu more", m->n - named);
}

/* --- life ---------------------------------------------------------------- */

/* Title and text, which are given back. */
static void
finish(struct notice *n, struct buf *title, struct buf *text)
{
	struct buf cut = { 0 };

	words_name(&cut, title->data, NOTICE_TITLE_MAX - 8);
	n->notice.title = copy(n, &cut);
	buf_clear(&cut);
	buf_add(&cut, text->data,
	    utf8_cut(text->data, text->len, NOTICE_TEXT_MAX));
	n->notice.text = copy(n, &cut);
	buf_free(&cut);
	buf_free(title);
	buf_free(text);
}

static struct notice *
begin(const struct notice_from *from, enum fettle_reason reason)
{
	struct notice *n = NEW(struct notice);

	n->notice.size = sizeof(n->notice);
	n->notice.reason = reason;
	if (from->url != NULL)
		n->notice.url = arena_strdup(&n->arena, from->url);
	return n;
}

struct notice *
notice_new(const struct message *m, const struct notice_from *from)
{
	const bool reminder = m->n == 1 && m->items[0].kind == KIND_REMINDER;
	struct notice *n =
	    begin(from, reminder ? FETTLE_REMINDER : FETTLE_CHANGED);
	struct buf title = { 0 }, text = { 0 };

	assert(m->n > 0);
	fill_alerts(n, m, from);
	n->notice.id = id_of(n, m);
	if (m->n == 1) {
		words_title(&title, &m->items[0], from);
		words_facts(&text, &m->items[0], from);
	} else {
		digest_title(&title, n, m, from);
		digest_text(&text, n, m, from);
	}
	finish(n, &title, &text);
	return n;
}

struct notice *
notice_new_test(const char *receiver, const struct notice_from *from)
{
	struct notice *n = begin(from, FETTLE_TEST);
	struct buf title = { 0 }, text = { 0 };
	char id[64];

	snprintf(id, sizeof(id), "%016" PRIx64 "-test-%" PRId64,
	    hash(HASH_START, from->hub), from->now_ns);
	n->notice.id = arena_strdup(&n->arena, id);
	n->notice.severity = FETTLE_OK;
	buf_puts(&title, "test: ");
	words_name(&title, from->hub, 80);
	buf_puts(&title, " reaches ");
	words_name(&title, receiver, 80);
	buf_puts(&text, "This is a test, nothing is wrong.\nhost: ");
	words_name(&text, from->hub, 400);
	buf_puts(&text, "\nsent: ");
	words_time(&text, from->now_ns);
	finish(n, &title, &text);
	return n;
}

void
notice_free(struct notice *n)
{
	if (n == NULL)
		return;
	arena_free(&n->arena);
	free(n);
}
