/* SPDX-License-Identifier: MIT */
/* GET /api/v1/series: what there is, and the newest of each */
#include <errno.h>
#include <string.h>

#include "../answer.h"
#include "../form.h"
#include "../may.h"
#include "name.h"
#include "put.h"
#include "rules.h"

enum { SERIES_BYTES_MAX = 64 << 20, WHY_MAX = 256 };

struct found {
	struct text *body;
	struct rules *rules;
};

static int
put_one(void *arg, const struct past_series *s)
{
	const struct found *f = arg;
	struct text *to = f->body;

	if (to->len > SERIES_BYTES_MAX)
		return 1;
	text_str(to, to->data[to->len - 1] == '[' ? "{" : ",{");
	put_series(to, s);
	put_number(to, "value", s->value);
	put_seconds(to, "last_seen", s->seen);
	put_seconds(to, "interval", s->interval);
	text_str(to, ",\"limits\":[");
	rules_put(f->rules, s, to);
	text_str(to, "]}");
	return 0;
}

enum MHD_Result
api_series_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	struct text body = { 0 }, pattern = { 0 };
	struct found found = { .body = &body };
	struct past_filter filter = { .arg = &found };
	const char *host, *wrong = form_host(conn->query, &host);
	struct may_hosts hosts;
	char why[WHY_MAX];
	bool more;
	int rc;

	if (wrong != NULL)
		return answer_refuse(hub, conn, c, REFUSED_QUERY, wrong, NULL);
	hub_settle(hub, conn);
	if (hub->past == NULL)
		return put_absent(hub, conn, c);
	name_put_hosts(&pattern, host);
	filter.pattern = pattern.data;
	hosts = may_hosts(hub, &conn->who);
	filter.hosts = hosts.glob;
	text_str(&body, "{\"series\":[");
	found.rules = rules_ask(hub);
	rc = pattern.failed || body.failed
		 ? 1
		 : past_each_series(
		       hub->past, &filter, put_one, &more, why, sizeof(why));
	rules_free(found.rules);
	text_free(&pattern);
	text_str(&body, "]}\n");
	if (rc == 0)
		return put_send(hub, conn, c, &body);
	text_free(&body);
	return rc == -EINVAL
		   ? answer_refuse(hub, conn, c, REFUSED_QUERY, why, NULL)
		   : answer_send(hub, conn, c, NULL);
}
