/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <syslog.h>

#include "common/gzip.h"
#include "http_ingest.h"

/* --- answers ------------------------------------------------------------- */

/* Says once that the hub took a batch but not all of it. */
static void
note_dropped(struct fettle_ctx *ctx, const struct http_reply *reply)
{
	struct http_ingest *self = fettle_self(ctx);
	json_t *answer = json_loadb(reply->body, reply->len, 0, NULL);
	const json_t *dropped = json_object_get(answer, "dropped");
	const bool some =
	    json_object_size(dropped) > 0 || json_integer_value(dropped) > 0;
	char said[SEND_REASON];

	if (some && !self->dropped) {
		http_excerpt(reply, self->token.text, said, sizeof(said));
		fettle_log(ctx, LOG_WARNING,
		    "the hub does not keep all that is sent: %s", said);
	}
	self->dropped = some;
	json_decref(answer);
}

void
send_reason(const struct http_ingest *self, const struct http_reply *reply,
    char *to, size_t size)
{
	char said[SEND_REASON - 16];

	http_excerpt(reply, self->token.text, said, sizeof(said));
	http_reason(reply->status, said, to, size);
}

int
send_answer(struct fettle_ctx *ctx, const struct http_reply *reply)
{
	struct http_ingest *self = fettle_self(ctx);
	const enum fettle_answer answer = http_class(reply->status);
	char reason[SEND_REASON];

	if (answer == FETTLE_DELIVERED) {
		note_dropped(ctx, reply);
		return FETTLE_DELIVERED;
	}
	/* perhaps it is not the hub but what stands before it */
	if (reply->status >= 500)
		self->way = (self->way + 1) % self->url.n;
	send_reason(self, reply, reason, sizeof(reason));
	return fettle_answer(ctx, answer, http_again_s(reply), "%s", reason);
}

/* --- requests ------------------------------------------------------------ */

enum http_result
send_body(struct fettle_ctx *ctx, const struct text *body, bool gzip,
    struct http_reply *reply)
{
	struct http_ingest *self = fettle_self(ctx);
	struct http_request request = { .type = "application/json",
		.token = self->token.text,
		.body = body->data,
		.len = body->len,
		.gzip = gzip };
	enum http_result result = HTTP_UNREACHED;

	for (size_t i = 0; i < self->url.n; i++) {
		request.url = self->url.v[self->way];
		request.left_ns = http_time(ctx);
		result = http_post(self->http, &request, reply);
		if (result == HTTP_ANSWERED)
			break;
		self->way = (self->way + 1) % self->url.n;
	}
	return result;
}

enum http_result
send_small(
    struct fettle_ctx *ctx, const struct text *body, struct http_reply *reply)
{
	struct http_ingest *self = fettle_self(ctx);
	struct text packed = { 0 };
	enum http_result result;

	if (self->plain || body->len <= self->compress_above.bytes ||
	    gzip_add(&packed, body->data, body->len) != 0) {
		text_free(&packed);
		return send_body(ctx, body, false, reply);
	}
	result = send_body(ctx, &packed, true, reply);
	text_free(&packed);
	if (result != HTTP_ANSWERED || reply->status != 415)
		return result;
	self->plain = true;
	return send_body(ctx, body, false, reply);
}
