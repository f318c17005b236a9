/* SPDX-License-Identifier: MIT */
/* GET /history */
#include <stdlib.h>

#include "answer.h"
#include "http.h"
#include "may.h"
#include "query.h"

/* What the query finds; NULL: no memory, or too many answers are under way. */
static struct MHD_Response *
render(struct hub *hub, const struct ring_query *q, size_t *len,
    uint64_t *version)
{
	char *data;

	if (ring_render(hub->ring, q, &data, len, version) < 0)
		return NULL;
	if (budget_take(&hub->answers, *len))
		return answer_new_counted(
		    &hub->answers, data, *len, ANSWER_JSON);
	free(data);
	return NULL;
}

/* The whole ring, rendered for the first who asks after it has changed.  Its
 * lock is held. */
static bool
refresh(struct hub *hub, struct hub_history *h)
{
	static const struct ring_query all = { .until = INT64_MAX,
		.limit = SIZE_MAX };

	if (h->response != NULL && h->version == ring_version(hub->ring))
		return true;
	if (h->response != NULL)
		MHD_destroy_response(h->response);
	h->response = render(hub, &all, &h->len, &h->version);
	return h->response != NULL;
}

static enum MHD_Result
send_all(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	struct hub_history *h = &hub->history;
	enum MHD_Result rc = MHD_NO;
	bool ok;

	pthread_mutex_lock(&h->lock);
	ok = refresh(hub, h);
	if (ok) {
		conn_answer(conn, h->len);
		rc = answer_shared(hub, c, h->response);
	}
	pthread_mutex_unlock(&h->lock);
	return ok ? rc : answer_send(hub, conn, c, NULL);
}

enum MHD_Result
history_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	struct MHD_Response *response;
	struct may_hosts hosts;
	struct ring_query q;
	const char *why;
	uint64_t version;
	size_t len;

	if (!query_read(conn->query, &q, &why))
		return answer_refuse(hub, conn, c, REFUSED_QUERY, why, NULL);
	/* whoever has posted sees what he posted */
	hub_settle(hub, conn);
	hosts = may_hosts(hub, &conn->who);
	if (conn->query == NULL && may_all(&hosts))
		return send_all(hub, conn, c);
	q.may = hosts.glob;
	response = render(hub, &q, &len, &version);
	if (response != NULL)
		conn_answer(conn, len);
	return answer_send(hub, conn, c, response);
}
