/* SPDX-License-Identifier: MIT */
/* POST /ingest */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "http.h"
#include "inflate.h"
#include "ingest.h"

enum { INFLATED_TIMES = 8, WHY_MAX = 512 };

/* --- refusals ------------------------------------------------------------ */

static void
put_wrong(struct text *to, const struct ingest_wrong *w)
{
	text_str(to, "\"error\":");
	text_json(to, w->what);
	text_str(to, ",\"path\":");
	text_json(to, w->path);
}

/* The first mistake, and all that were kept. */
static enum MHD_Result
refuse_content(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const struct ingest *in)
{
	struct text body = { 0 };
	char why[WHY_MAX];

	snprintf(
	    why, sizeof(why), "%s: %s", in->wrong[0].path, in->wrong[0].what);
	text_char(&body, '{');
	put_wrong(&body, &in->wrong[0]);
	text_str(&body, ",\"count\":");
	text_uint(&body, in->n_wrong);
	text_str(&body, ",\"errors\":[");
	for (size_t i = 0; i < in->n_wrong && i < INGEST_WRONG_MAX; i++) {
		text_str(&body, i > 0 ? ",{" : "{");
		put_wrong(&body, &in->wrong[i]);
		text_char(&body, '}');
	}
	text_str(&body, "]}\n");
	return answer_refuse(hub, conn, c, REFUSED_CONTENT, why, &body);
}

static enum MHD_Result
refuse_syntax(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const struct ingest *in)
{
	struct text body = { 0 };
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "not JSON: %s at byte %zu", in->what,
	    in->offset);
	text_str(&body, "{\"error\":");
	text_json(&body, why);
	text_str(&body, ",\"offset\":");
	text_uint(&body, in->offset);
	text_str(&body, "}\n");
	return answer_refuse(hub, conn, c, REFUSED_JSON, why, &body);
}

/* What the daemon would not have. */
static enum MHD_Result
refuse_post(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    long rc, const char *why)
{
	switch (rc) {
	case -EINVAL:
	case -ELOOP:
		return answer_refuse(hub, conn, c, REFUSED_CONTENT, why, NULL);
	case -ESHUTDOWN:
		return answer_refuse(
		    hub, conn, c, REFUSED_BUSY, "the daemon ends", NULL);
	case -ETIMEDOUT:
		return answer_refuse(
		    hub, conn, c, REFUSED_BUSY, "not on disk in time", NULL);
	default:
		return answer_refuse(
		    hub, conn, c, REFUSED_BUSY, "no room, try again", NULL);
	}
}

/* --- answers ------------------------------------------------------------- */

/* reasons: members of an object that count what was not taken.  What was there
 * before comes first, and is not dropped. */
static struct MHD_Response *
make_taken(size_t accepted, const char *reasons)
{
	static const char duplicate[] = "\"duplicate\": ";
	const size_t n = sizeof(duplicate) - 1;
	struct text body = { 0 };

	text_str(&body, "{\"message\":\"Metrics received\",\"accepted\":");
	text_uint(&body, accepted);
	if (strncmp(reasons, duplicate, n) == 0) {
		const size_t digits = strspn(reasons + n, "0123456789");

		text_str(&body, ",\"duplicate\":");
		text_add(&body, reasons + n, digits);
		reasons += n + digits;
		reasons += strspn(reasons, ", ");
	}
	text_str(&body, ",\"dropped\":{");
	text_str(&body, reasons);
	text_str(&body, "}}\n");
	return answer_new_text(&body, ANSWER_JSON);
}

/* The answer that most requests get is made once. */
static enum MHD_Result
answer_taken(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    size_t accepted)
{
	struct MHD_Response *response;

	if (accepted >= HUB_TAKEN)
		return answer_send(hub, conn, c, make_taken(accepted, ""));
	pthread_mutex_lock(&hub->lock);
	if (hub->taken[accepted] == NULL)
		hub->taken[accepted] = make_taken(accepted, "");
	response = hub->taken[accepted];
	pthread_mutex_unlock(&hub->lock);
	if (response == NULL)
		return answer_send(hub, conn, c, NULL);
	return answer_shared(hub, c, response);
}

/* --- whose hosts they are ------------------------------------------------ */

enum { FOREIGN_MAX = 20 };

/* Those of other hosts than the token is for, each once, the first ones. */
static size_t
find_foreign(const struct token *token, const struct ingest *in,
    const char *foreign[FOREIGN_MAX])
{
	const char *last = NULL;
	size_t n = 0;

	for (size_t i = 0; i < in->n && n < FOREIGN_MAX; i++) {
		const char *host = in->lists[i]->host;
		bool known = last != NULL && strcmp(last, host) == 0;

		last = host;
		if (known || token_is_for(token, host))
			continue;
		for (size_t k = 0; k < n; k++)
			known = known || strcmp(foreign[k], host) == 0;
		if (!known)
			foreign[n++] = host;
	}
	return n;
}

static enum MHD_Result
refuse_foreign(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const struct token *token, const char *const *foreign, size_t n)
{
	struct text body = { 0 };
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "the token of %s is for %s, not for %s",
	    token->name, token->hosts, foreign[0]);
	text_str(&body, "{\"error\":");
	text_json(&body, "the token is not for these hosts");
	text_str(&body, ",\"hosts\":[");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			text_char(&body, ',');
		text_json(&body, foreign[i]);
	}
	text_str(&body, "]}\n");
	return answer_refuse(hub, conn, c, REFUSED_HOST, why, &body);
}

/* Keeps the version of whoever sends for himself: a hub that hands on what
 * others measured says nothing of them. */
static void
note_sender(struct hub *hub, const struct ingest *in)
{
	const struct ingest_sender *s = &in->sender;

	for (size_t i = 0; s->host != NULL && i < in->n; i++)
		if (strcmp(in->lists[i]->host, s->host) == 0) {
			versions_put(&hub->versions, s->host, s->version);
			return;
		}
}

static enum MHD_Result
post(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const struct ingest *in)
{
	const struct fettle_batch batch = { .size = sizeof batch,
		.lists = (const struct fettle_list *const *)in->lists,
		.n = in->n,
		.queue = in->has_seq ? in->queue : NULL,
		.seq = in->seq,
		.via = in->via,
		.n_via = in->n_via,
		.sent_ns = in->sent_ns };
	const struct token *token =
	    auth_token(&hub->auth, &conn->who, fettle_now(hub->ctx));
	const char *foreign[FOREIGN_MAX];
	char why[WHY_MAX] = "";
	size_t n_foreign;
	long taken = 0;

	/* a reload may have taken it away since the headers were read */
	if (token == NULL)
		return answer_refuse(hub, conn, c, REFUSED_TOKEN,
		    "the token is not right any more", NULL);
	n_foreign = find_foreign(token, in, foreign);
	if (n_foreign > 0)
		return refuse_foreign(hub, conn, c, token, foreign, n_foreign);
	if (in->n > 0)
		taken = fettle_post_batch(hub->ctx, &batch,
		    FETTLE_DURABLE | FETTLE_RELAYED, why, sizeof(why));
	if (taken < 0)
		return refuse_post(hub, conn, c, taken, why);
	note_sender(hub, in);
	if (why[0] == '\0')
		return answer_taken(hub, conn, c, (size_t)taken + in->empty);
	return answer_send(
	    hub, conn, c, make_taken((size_t)taken + in->empty, why));
}

static enum MHD_Result
take(struct hub *hub, struct conn *conn, struct MHD_Connection *c, char *text,
    size_t len)
{
	struct ingest in;
	enum MHD_Result rc;

	ingest_read(&in, text, len);
	switch (in.status) {
	case 200:
		rc = post(hub, conn, c, &in);
		break;
	case 400:
		rc = refuse_syntax(hub, conn, c, &in);
		break;
	case 422:
		rc = refuse_content(hub, conn, c, &in);
		break;
	default:
		rc = answer_refuse(hub, conn, c, REFUSED_SIZE, in.what, NULL);
	}
	ingest_fini(&in);
	return rc;
}

static enum MHD_Result
take_gzip(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	const size_t max = (size_t)hub->rules.max_body * INFLATED_TIMES;
	enum MHD_Result rc;
	size_t len;
	char *text;

	switch (inflate_gzip(conn->body, conn->body_len, max, &text, &len)) {
	case 0:
		rc = take(hub, conn, c, text, len);
		free(text);
		return rc;
	case -EBADMSG:
		return answer_refuse(hub, conn, c, REFUSED_ENCODING,
		    "the body is not gzip", NULL);
	case -E2BIG:
		return answer_refuse(hub, conn, c, REFUSED_SIZE,
		    "the body is too large, inflated", NULL);
	default:
		return answer_refuse(
		    hub, conn, c, REFUSED_BUSY, "out of memory", NULL);
	}
}

enum MHD_Result
ingest_post(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	if (conn->body_len != conn->gate.body)
		return MHD_NO;
	if (gate_is_gzip(&conn->gate))
		return take_gzip(hub, conn, c);
	return take(hub, conn, c, conn->body, conn->body_len);
}
