/* SPDX-License-Identifier: MIT */
/* What the log says of messages: all of it as fields beside the text, so that
 * who searches the log needs no other place. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "alert/courier.h"
#include "alert/notice.h"
#include "base/clock.h"
#include "base/log.h"

enum { FIELDS = 24, NUMBER = 32 };

/* The fields of a record, and room for the numbers among them. */
struct record {
	struct fettle_tag v[FIELDS];
	size_t n;
	char numbers[FIELDS][NUMBER];
};

const char *
courier_answer_name(int answer)
{
	static const char *const names[] = {
		[FETTLE_DELIVERED] = "delivered",
		[FETTLE_RETRY] = "not delivered",
		[FETTLE_TOO_LARGE] = "too large",
		[FETTLE_REFUSED] = "refused",
		[FETTLE_UNAUTHORISED] = "unauthorised",
		[FETTLE_UNKNOWN] = "perhaps delivered",
	};

	return names[answer];
}

static void
add(struct record *r, const char *key, const char *value)
{
	if (value != NULL && *value != '\0')
		r->v[r->n++] = (struct fettle_tag){ key, value };
}

static void
add_real(struct record *r, const char *key, double number)
{
	if (!isfinite(number))
		return;
	snprintf(r->numbers[r->n], NUMBER, "%.10g", number);
	add(r, key, r->numbers[r->n]);
}

static void
add_count(struct record *r, const char *key, uint64_t number)
{
	snprintf(r->numbers[r->n], NUMBER, "%" PRIu64, number);
	add(r, key, r->numbers[r->n]);
}

static void
add_item(struct record *r, const struct message_item *i,
    const struct fettle_alert *a)
{
	add(r, "kind", kind_name(i->kind));
	add(r, "rule", i->rule);
	add(r, "series", i->series);
	add(r, "host", a->host);
	add(r, "incident", a->incident);
	add(r, "state",
	    i->kind == KIND_CLOSED ? "closed" : truth_name(i->truth));
	add(r, "was", truth_name(i->was));
	add_real(r, "value", i->number);
	add_real(r, "limit", i->limit);
	add_real(r, "worst", i->worst);
	if (i->since_ns > 0)
		add_count(r, "since", (uint64_t)(i->since_ns / NS_PER_S));
	if (i->changes > 0)
		add_count(r, "changes", i->changes);
}

static void
add_call(struct record *r, const struct notice *n, int answer,
    const char *words, int64_t took_ns)
{
	add(r, "notice", n->notice.id);
	add(r, "answer", courier_answer_name(answer));
	add(r, "said", words);
	add_real(r, "seconds", (double)took_ns / NS_PER_S);
}

static int
priority_of(int answer)
{
	return answer == FETTLE_DELIVERED ? LOG_NOTICE : LOG_WARNING;
}

/* What is folded into one message. */
static void
log_items(const char *receiver, const struct message *m,
    const struct notice *n, int answer)
{
	for (size_t i = 0; i < m->n; i++) {
		struct record r = { .n = 0 };

		add_item(&r, &m->items[i], n->notice.alerts[i]);
		add(&r, "notice", n->notice.id);
		add(&r, "answer", courier_answer_name(answer));
		log_record(LOG_INFO, receiver, r.v, r.n, "%s %s",
		    kind_name(m->items[i].kind), m->items[i].series);
	}
}

void
courier_log(const char *receiver, const struct message *m,
    const struct notice *n, int answer, const char *words, int64_t took_ns,
    bool is_news)
{
	struct record r = { .n = 0 };

	if (m->n == 1)
		add_item(&r, &m->items[0], n->notice.alerts[0]);
	else
		add_count(&r, "alerts", m->n);
	add_call(&r, n, answer, words, took_ns);
	log_record(is_news ? priority_of(answer) : LOG_DEBUG, receiver, r.v,
	    r.n, "%s: %s", courier_answer_name(answer), n->notice.title);
	if (m->n > 1 && is_news)
		log_items(receiver, m, n, answer);
}
