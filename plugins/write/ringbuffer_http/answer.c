/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdlib.h>

static bool
add(struct MHD_Response *r, const char *name, const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

static struct MHD_Response *
dress(struct MHD_Response *r, const char *type, const char *cache)
{
	const char *const headers[][2] = {
		{ "Cache-Control", cache },
		{ "Content-Security-Policy",
		    "default-src 'self'; base-uri 'none'; "
		    "form-action 'self'; frame-ancestors 'none'" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Referrer-Policy", "no-referrer" },
		{ "X-Content-Type-Options", "nosniff" },
	};
	bool ok;

	if (r == NULL)
		return NULL;
	ok = type == NULL || add(r, "Content-Type", type);
	for (size_t i = 0; i < sizeof(headers) / sizeof *headers; i++)
		ok = ok && add(r, headers[i][0], headers[i][1]);
	if (ok)
		return r;
	MHD_destroy_response(r);
	return NULL;
}

struct MHD_Response *
answer_dress(struct MHD_Response *r, const char *type)
{
	return dress(r, type, "no-store");
}

static struct MHD_Response *
new_response(char *data, size_t len)
{
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);

	if (r == NULL)
		free(data);
	return r;
}

struct MHD_Response *
answer_new(char *data, size_t len, const char *type)
{
	return answer_dress(new_response(data, len), type);
}

struct MHD_Response *
answer_new_kept(char *data, size_t len, const char *type)
{
	return dress(new_response(data, len), type, "no-cache");
}

struct MHD_Response *
answer_new_text(struct text *text, const char *type)
{
	const struct text taken = *text;

	*text = (struct text){ 0 };
	if (!taken.failed)
		return answer_new(taken.data, taken.len, type);
	free(taken.data);
	return NULL;
}

/* --- counted ------------------------------------------------------------- */

struct counted {
	struct hub_budget *budget;
	char *data;
	size_t len;
};

static void
counted_free(void *arg)
{
	struct counted *c = arg;

	budget_give(c->budget, c->len);
	free(c->data);
	free(c);
}

struct MHD_Response *
answer_new_counted(
    struct hub_budget *budget, char *data, size_t len, const char *type)
{
	struct counted *c = malloc(sizeof *c);
	struct MHD_Response *r;

	if (c == NULL) {
		budget_give(budget, len);
		free(data);
		return NULL;
	}
	*c = (struct counted){ budget, data, len };
	r = MHD_create_response_from_buffer_with_free_callback_cls(
	    len, data, counted_free, c);
	if (r == NULL)
		counted_free(c);
	return answer_dress(r, type);
}

/* --- sending ------------------------------------------------------------- */

enum MHD_Result
answer_shared(
    struct hub *hub, struct MHD_Connection *c, struct MHD_Response *response)
{
	atomic_fetch_add(&hub->answered, 1);
	return MHD_queue_response(c, MHD_HTTP_OK, response);
}

enum MHD_Result
answer_send_status(struct hub *hub, struct conn *conn,
    struct MHD_Connection *c, unsigned status, struct MHD_Response *response)
{
	enum MHD_Result rc;

	if (response == NULL)
		return answer_refuse(
		    hub, conn, c, REFUSED_BUSY, "out of memory", NULL);
	atomic_fetch_add(&hub->answered, 1);
	rc = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return rc;
}

enum MHD_Result
answer_send(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    struct MHD_Response *response)
{
	return answer_send_status(hub, conn, c, MHD_HTTP_OK, response);
}

/* What a status needs beside its body. */
static bool
add_for(struct MHD_Response *r, const struct conn *conn, unsigned status)
{
	switch (status) {
	case MHD_HTTP_UNAUTHORIZED:
		return add(r, "WWW-Authenticate",
		    conn->wrong_token
			? "Bearer realm=\"fettle\", error=\"invalid_token\""
			: "Bearer realm=\"fettle\"");
	case MHD_HTTP_METHOD_NOT_ALLOWED:
		return add(r, "Allow", gate_allow(conn->gate.endpoint));
	case MHD_HTTP_TOO_MANY_REQUESTS:
		return add(r, "Retry-After", "10");
	case MHD_HTTP_SERVICE_UNAVAILABLE:
		return add(r, "Retry-After", "1");
	default:
		return true;
	}
}

enum MHD_Result
answer_refuse(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    enum refusal refusal, const char *why, struct text *body)
{
	const unsigned status = refusal_status(refusal);
	struct text plain = { 0 };
	struct MHD_Response *r;
	enum MHD_Result rc = MHD_NO;

	hub_refused(hub, conn, refusal, status, why);
	if (body == NULL) {
		body = &plain;
		text_str(body, "{\"error\":");
		text_json(body, why);
		text_str(body, "}\n");
	}
	r = answer_new_text(body, ANSWER_JSON);
	if (r == NULL)
		return MHD_NO;
	if (add(r, "Connection", "close") && add_for(r, conn, status))
		rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}
