/* SPDX-License-Identifier: MIT */
/* What a program says, on its way to the daemon and to the log. */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>

#include "exec.h"

enum {
	ROOM_WAIT_MS = 100,
	ROOM_WAITS = 50, /* then what it says is dropped */
	FUTURE_S = 300,
};

static void
read_clocks(struct exec *e)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	e->now_wall_ns = (int64_t)wall.tv_sec * NS_PER_S + wall.tv_nsec;
	e->now_ns = fettle_now(e->ctx);
}

/* Where the daemon has no room the program waits with us, for its pipe fills,
 * but not for ever. */
void
exec_post(void *arg, const struct fettle_list *const *lists, size_t n)
{
	struct exec *e = arg;
	long taken = -EAGAIN;
	char why[256];

	for (int i = 0; i < ROOM_WAITS && taken == -EAGAIN; i++) {
		taken = fettle_post(e->ctx, lists, n, 0, why, sizeof(why));
		if (taken == -EAGAIN &&
		    !exec_wait(e, ROOM_WAIT_MS * NS_PER_MS))
			break;
	}
	exec_count(e, SELF_LISTS, taken > 0 ? (uint64_t)taken : 0);
	exec_count(e, SELF_REFUSED, n - (taken > 0 ? (uint64_t)taken : 0));
}

static void
take_value(void *arg, const struct rounds_value *v)
{
	struct exec *e = arg;
	const uint64_t dropped = e->rounds.dropped;

	if (v->time_ns > e->now_wall_ns + FUTURE_S * NS_PER_S) {
		exec_count(e, SELF_DROPPED, 1);
		return;
	}
	rounds_add(&e->rounds, v, e->now_ns);
	exec_count(e, SELF_DROPPED, e->rounds.dropped - dropped);
}

static void
take_list(struct exec *e)
{
	const struct line_list *l = &e->list;
	const struct fettle_field *fields[LINE_FIELDS];
	const struct fettle_list list = { .size = sizeof(list),
		.host = l->host,
		.plugin = l->plugin != NULL ? l->plugin : fettle_label(e->ctx),
		.instance = l->instance,
		.tags = l->tags,
		.n_tags = l->n_tags,
		.time_ns = l->time_ns,
		.interval_ns =
		    l->interval_ns > 0 ? l->interval_ns : e->interval_ns,
		.fields = fields,
		.values = l->values,
		.n = l->n };
	const struct fettle_list *const lists[] = { &list };

	for (size_t i = 0; i < l->n; i++)
		fields[i] = &l->fields[i];
	exec_post(e, lists, 1);
}

static void
take_notice(struct exec *e, const struct line_notice *n)
{
	struct fettle_tag fields[LINE_NOTICE_TAGS + 1];

	memcpy(fields, n->tags, n->n * sizeof(*fields));
	fields[n->n] = (struct fettle_tag){ "severity", n->severity };
	exec_count(e, SELF_NOTIFICATIONS, 1);
	fettle_log_fields(e->ctx,
	    strcasecmp(n->severity, "okay") == 0 ? LOG_NOTICE : LOG_WARNING,
	    fields, n->n + 1, "%s", n->message);
}

static enum line_kind
take_json(struct exec *e, const char *line)
{
	void *json;
	const enum line_kind kind = line_json(line, &e->list, &json);

	if (kind == LINE_LIST)
		take_list(e);
	line_json_free(json);
	return kind;
}

static bool
is_collectd(const char *line)
{
	return strncasecmp(line, "PUTVAL ", 7) == 0 ||
	       strncasecmp(line, "PUTNOTIF ", 9) == 0;
}

static enum line_kind
take_other(struct exec *e, char *line)
{
	const struct line_taker taker = { &e->types, e->now_wall_ns,
		e->interval_ns, take_value, e };
	struct line_notice notice;
	enum line_kind kind;

	if (is_collectd(line)) {
		kind = line_collectd(line, &taker, &notice);
		if (kind == LINE_NOTICE)
			take_notice(e, &notice);
		return kind;
	}
	kind = line_influx(line, &e->list);
	if (kind == LINE_LIST)
		take_list(e);
	return kind;
}

static bool
is_among(const struct complaints *c, uint64_t hash)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->hash[i] == hash)
			return true;
	return false;
}

/* The log is for others too: what a run says as the one before did is not
 * said again, nor more than some lines of it. */
static void
take_complaint(struct exec *e, const char *line)
{
	struct complaints *c = &e->complaints;
	const uint64_t hash = lookup_hash(0, line, strlen(line));

	if (c->n == COMPLAINTS_MAX) {
		if (!c->full && !e->before.full)
			fettle_log(e->ctx, LOG_WARNING,
			    "it says more, which is left out");
		c->full = true;
		return;
	}
	c->hash[c->n++] = hash;
	if (!is_among(&e->before, hash))
		fettle_log(e->ctx, LOG_WARNING, "it says: %s", line);
}

void
exec_forget_complaints(struct exec *e)
{
	e->before = e->complaints;
	e->complaints = (struct complaints){ .n = 0 };
}

void
exec_hear(void *arg, char *line, bool err)
{
	struct exec *e = arg;
	const size_t len = strlen(line);
	enum line_kind kind;

	read_clocks(e);
	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
	if (err) {
		take_complaint(e, line);
		return;
	}
	e->heard_ns = e->now_ns;
	exec_count(e, SELF_LINES, 1);
	kind = *line == '{' ? take_json(e, line) : take_other(e, line);
	exec_count(e, SELF_MALFORMED, kind == LINE_BAD);
}
