/* SPDX-License-Identifier: MIT */
/* GET /api/v1/query: what series were */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../answer.h"
#include "../form.h"
#include "../may.h"
#include "../when.h"
#include "put.h"

enum {
	POINTS_DEFAULT = 300,
	POINTS_MAX = 2000,
	SERIES_MAX = 500, /* in an answer */
	PATTERNS_MAX = 32,
	WHY_MAX = 256,
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
};

struct query {
	const char *patterns[PATTERNS_MAX];
	size_t n_patterns;
	struct past_range range;
	struct may_hosts hosts; /* that may be read */
	bool has_from, has_to;
};

/* --- what is asked ------------------------------------------------------- */

static bool
read_time(char *value, int64_t *ms)
{
	int64_t ns;

	if (!when_text(value, &ns))
		return false;
	*ms = ns / 1000000;
	return true;
}

static const char *
take_points(struct query *q, const char *value)
{
	const size_t n = strspn(value, "0123456789");

	if (n == 0 || n > 4 || value[n] != '\0')
		return "points is a number from 1 to 2000";
	q->range.points = (size_t)atoi(value);
	return q->range.points >= 1 && q->range.points <= POINTS_MAX
		   ? NULL
		   : "points is a number from 1 to 2000";
}

static const char *
take(struct query *q, const struct form_field *f)
{
	if (strcmp(f->name, "series") == 0) {
		if (q->n_patterns == PATTERNS_MAX)
			return "series is there more than 32 times";
		q->patterns[q->n_patterns++] = f->value;
		return NULL;
	}
	if (strcmp(f->name, "from") == 0) {
		q->has_from = read_time(f->value, &q->range.from);
		return q->has_from ? NULL
				   : "from is seconds since 1970 or ISO 8601";
	}
	if (strcmp(f->name, "to") == 0) {
		q->has_to = read_time(f->value, &q->range.to);
		return q->has_to ? NULL
				 : "to is seconds since 1970 or ISO 8601";
	}
	if (strcmp(f->name, "points") == 0)
		return take_points(q, f->value);
	return "parameters are series, from, to and points";
}

/* Why it is wrong, or NULL. */
static const char *
read_query(char *text, struct query *q, int64_t now)
{
	struct form form;
	const char *why;

	*q = (struct query){ .range.points = POINTS_DEFAULT };
	if (!form_read(&form, text, true, &why))
		return why;
	for (size_t i = 0; i < form.n; i++) {
		why = take(q, &form.v[i]);
		if (why != NULL)
			return why;
	}
	if (q->n_patterns == 0)
		return "series=PATTERN is missing";
	if (!q->has_to)
		q->range.to = now;
	if (!q->has_from)
		q->range.from =
		    q->range.to > HOUR_MS ? q->range.to - HOUR_MS : 0;
	return q->range.from < q->range.to ? NULL : "from is not before to";
}

/* --- the answer ---------------------------------------------------------- */

struct answer {
	struct text series; /* what was found */
	int64_t from, step; /* 0: nothing was found */
	size_t steps;
	const char *tier;
};

/* Where a step is one sample its bounds say nothing new. */
static bool
has_bounds(const struct past_points *p)
{
	if (p->min == NULL || p->max == NULL)
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (isfinite(p->mean[i]) &&
		    (p->min[i] < p->mean[i] || p->max[i] > p->mean[i]))
			return true;
	return false;
}

static void
put_points(struct text *to, const struct past_points *p)
{
	text_str(to, ",\"mean\":");
	put_numbers(to, p->mean, p->n);
	if (!has_bounds(p))
		return;
	text_str(to, ",\"min\":");
	put_numbers(to, p->min, p->n);
	text_str(to, ",\"max\":");
	put_numbers(to, p->max, p->n);
}

static const char *
tier_name(int64_t width)
{
	return width == 0 ? "raw" : width <= MINUTE_MS ? "1m" : "15m";
}

static int
put_one(void *arg, const struct past_series *s, const struct past_points *p)
{
	struct answer *a = arg;

	a->from = p->from;
	a->step = p->step;
	a->steps = p->n;
	a->tier = tier_name(p->width);
	text_str(&a->series, a->series.len > 0 ? ",{" : "{");
	put_series(&a->series, s);
	put_points(&a->series, p);
	text_char(&a->series, '}');
	return a->series.failed ? -ENOMEM : 0;
}

static void
put_found(struct text *to, struct answer *a, const struct past_range *range,
    bool more)
{
	if (a->tier == NULL) {
		a->from = range->from;
		a->step = (range->to - range->from) / (int64_t)range->points;
		a->steps = range->points;
	}
	text_char(to, '{');
	put_seconds(to, "from", a->from);
	put_seconds(to, "to", a->from + a->step * (int64_t)a->steps);
	put_seconds(to, "step", a->step);
	text_str(to, ",\"tier\":");
	if (a->tier != NULL)
		text_json(to, a->tier);
	else
		text_str(to, "null");
	text_str(to, more ? ",\"more\":true" : ",\"more\":false");
	text_str(to, ",\"series\":[");
	text_add(to, a->series.data, a->series.len);
	text_str(to, "]}\n");
}

static enum MHD_Result
send_answer(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const struct query *q, int64_t now)
{
	struct answer a = { .tier = NULL };
	const struct past_filter filter = { .arg = &a,
		.also = q->patterns,
		.n_also = q->n_patterns,
		.hosts = q->hosts.glob,
		.limit = SERIES_MAX };
	struct text body = { 0 };
	char why[WHY_MAX] = "";
	bool more = false;
	const int rc = past_query(hub->past, &filter, &q->range, now, put_one,
	    &more, why, sizeof(why));

	if (rc == 0)
		put_found(&body, &a, &q->range, more);
	text_free(&a.series);
	if (rc == -EINVAL)
		return answer_refuse(hub, conn, c, REFUSED_QUERY, why, NULL);
	body.failed |= rc != 0;
	return put_send(hub, conn, c, &body);
}

enum MHD_Result
api_query_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	const int64_t now = hub_now_ms();
	struct query q;
	const char *why = read_query(conn->query, &q, now);

	if (why != NULL)
		return answer_refuse(hub, conn, c, REFUSED_QUERY, why, NULL);
	hub_settle(hub, conn);
	if (hub->past == NULL)
		return put_absent(hub, conn, c);
	q.hosts = may_hosts(hub, &conn->who);
	return send_answer(hub, conn, c, &q, now);
}
