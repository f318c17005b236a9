/* SPDX-License-Identifier: MIT */
/* The state of the writer; its requests and what their answers mean. */
#ifndef HTTP_INGEST_HTTP_INGEST_H
#define HTTP_INGEST_HTTP_INGEST_H

#include <fettle/plugin.h>

#include "common/http.h"
#include "common/text.h"

struct http_ingest {
	struct fettle_strings url;
	struct fettle_secret token;
	const char *format, *ca_file, *proxy;
	struct fettle_size compress_above;
	bool cleartext;

	struct http *http;
	size_t way;   /* which url is in use */
	bool plain;   /* the server has refused a compressed body */
	bool dropped; /* it said so in its last answer */

	/* format: snapshot */
	struct snapshots *snapshots;
	char queue[33]; /* the numbers below next of that queue are in it */
	uint64_t next;
};

#define SEND_REASON 256

/* Posts one body, by the way that worked last, or by the next that answers. */
enum http_result send_body(struct fettle_ctx *ctx, const struct text *body,
    bool gzip, struct http_reply *reply);

/* The same, compressed where that is worth it and understood. */
enum http_result send_small(
    struct fettle_ctx *ctx, const struct text *body, struct http_reply *reply);

/* "HTTP 422: what the server had to say". */
void send_reason(const struct http_ingest *self,
    const struct http_reply *reply, char *to, size_t size);

/* What write returns for the reply. */
int send_answer(struct fettle_ctx *ctx, const struct http_reply *reply);

#endif
