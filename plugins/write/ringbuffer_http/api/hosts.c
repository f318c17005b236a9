/* SPDX-License-Identifier: MIT */
/* GET /api/v1/hosts: each host in a few numbers */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "put.h"
#include "rules.h"

static void
put_trend(struct text *to, const char *key, const struct trend *t)
{
	text_str(to, ",\"");
	text_str(to, key);
	text_str(to, "\":");
	if (!t->has || !isfinite(t->value)) {
		text_str(to, "null");
		return;
	}
	text_char(to, '{');
	put_number(to, "value", t->value);
	text_str(to, ",\"points\":");
	put_numbers(to, t->points, FLEET_POINTS);
	text_char(to, '}');
}

static void
put_or_null(struct text *to, const char *key, double number)
{
	if (isfinite(number)) {
		put_number(to, key, number);
		return;
	}
	text_str(to, ",\"");
	text_str(to, key);
	text_str(to, "\":null");
}

static void
put_disk(struct text *to, const struct member *m)
{
	if (m->mount == NULL) {
		text_str(to, ",\"disk\":null");
		return;
	}
	text_str(to, ",\"disk\":{\"mount\":");
	text_json(to, m->mount);
	put_number(to, "value", m->disk);
	text_char(to, '}');
}

static void
put_tags(struct text *to, const json_t *tags)
{
	char *text = tags != NULL ? json_dumps(tags, JSON_COMPACT) : NULL;

	text_str(to, ",\"tags\":");
	text_str(to, text != NULL ? text : "{}");
	free(text);
}

static void
put_member(struct text *to, const struct fleet *f, const struct member *m,
    const char *state, const char *version)
{
	text_str(
	    to, to->data[to->len - 1] == '[' ? "{\"host\":" : ",{\"host\":");
	text_json(to, m->name);
	text_str(to, ",\"state\":");
	text_json(to, fleet_is_silent(f, m) ? "silent" : state);
	put_seconds(to, "last_seen", m->seen);
	put_seconds(to, "interval", m->interval);
	text_str(to, m->past ? ",\"history\":true" : ",\"history\":false");
	put_tags(to, m->tags);
	text_str(to, ",\"version\":");
	if (version != NULL)
		text_json(to, version);
	else
		text_str(to, "null");
	put_or_null(to, "uptime", m->uptime);
	put_trend(to, "cpu", &m->cpu);
	put_trend(to, "memory", &m->memory);
	put_trend(to, "network", &m->network);
	put_disk(to, m);
	put_or_null(to, "load", m->load);
	text_char(to, '}');
}

/* What a host runs, which is in text where it is not ours; NULL: nobody
 * said. */
static const char *
version_of(struct hub *hub, const char *host, char text[VERSION_TEXT])
{
	if (strcmp(host, fettle_host(hub->ctx)) == 0)
		return PACKAGE_VERSION;
	return versions_get(&hub->versions, host, text) ? text : NULL;
}

static void
put_fleet(struct hub *hub, const struct fleet *f, struct text *to)
{
	struct rules *rules = rules_ask(hub);
	char version[VERSION_TEXT];

	text_char(to, '{');
	put_seconds(to, "now", f->now);
	text_str(to, ",\"version\":\"" PACKAGE_VERSION "\"");
	put_seconds(to, "step", FLEET_STEP_MS);
	text_str(to, ",\"hosts\":[");
	for (size_t i = 0; i < f->n && !to->failed; i++) {
		const char *name = f->v[i].name;

		put_member(to, f, &f->v[i], rules_state(rules, name),
		    version_of(hub, name, version));
	}
	text_str(to, "]}\n");
	rules_free(rules);
}

enum MHD_Result
api_hosts_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	struct text body = { 0 };
	struct may_hosts hosts;
	struct fleet f;

	hub_settle(hub, conn);
	hosts = may_hosts(hub, &conn->who);
	if (fleet_init(&f, hub, &hosts, hub_now_ms()) == 0)
		put_fleet(hub, &f, &body);
	else
		body.failed = true;
	fleet_fini(&f);
	return put_send(hub, conn, c, &body);
}
