/* SPDX-License-Identifier: MIT */
/* http_ingest: posts what was measured to a hub, or to anything that takes
 * snapshots of a machine as JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>

#include <fettle/plugin.h>

#include "common/batch_json.h"
#include "common/gzip.h"
#include "common/http.h"
#include "common/text.h"
#include "common/url.h"

#define NS_PER_S INT64_C(1000000000)
#define REQUEST_NS (30 * NS_PER_S)
/* What a person has to put right is not tried more often than that. */
#define MISTAKE_S 60

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
};

static const struct fettle_option http_ingest_options[] = {
	FETTLE_RANGE(struct http_ingest, url, NULL,
	    "Where to post, https://HOST:8000/ingest.  Of several, ways to "
	    "the same hub, one is used until it fails.",
	    1, 8),
	FETTLE_OPTION(struct http_ingest, token, "",
	    "What the hub knows this machine by, sent as a bearer token."),
	FETTLE_CHOICE(struct http_ingest, format, "batch",
	    "batch: everything, for a hub.  snapshot: cpu, memory and the "
	    "root file system of one moment a request, for anything else; "
	    "never compressed.",
	    "batch|snapshot"),
	FETTLE_OPTION(struct http_ingest, compress_above, "1KiB",
	    "Larger batches are compressed; 0 compresses all."),
	FETTLE_OPTION(struct http_ingest, ca_file, "",
	    "File with the certificates to trust in place of the system's."),
	FETTLE_OPTION(struct http_ingest, proxy, "",
	    "URL of a proxy to go through; those of the environment are not "
	    "used."),
	FETTLE_OPTION(struct http_ingest, cleartext, "false",
	    "Post to http:// URLs of other machines, where anyone on the way "
	    "can read and change what is sent, the token too."),
};

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
	char said[256];

	if (some && !self->dropped) {
		http_excerpt(reply, self->token.text, said, sizeof(said));
		fettle_log(ctx, LOG_WARNING,
		    "the hub does not keep all that is sent: %s", said);
	}
	self->dropped = some;
	json_decref(answer);
}

static enum fettle_answer
classify(int status)
{
	switch (status) {
	case 413:
		return FETTLE_TOO_LARGE;
	case 400:
	case 415:
	case 422:
		return FETTLE_REFUSED;
	case 408:
	case 425:
	case 429:
		return FETTLE_RETRY;
	default:
		break;
	}
	if (status / 100 == 2)
		return FETTLE_DELIVERED;
	/* a wrong token, path or method: nothing is wrong with the values */
	return status / 100 == 4 ? FETTLE_UNAUTHORISED : FETTLE_RETRY;
}

/* What the server's answer means to the daemon. */
static int
verdict(struct fettle_ctx *ctx, const struct http_reply *reply)
{
	struct http_ingest *self = fettle_self(ctx);
	const enum fettle_answer answer = classify(reply->status);
	char said[256];

	if (answer == FETTLE_DELIVERED) {
		note_dropped(ctx, reply);
		return FETTLE_DELIVERED;
	}
	if (reply->status / 100 == 3)
		return fettle_answer(ctx, FETTLE_RETRY, MISTAKE_S,
		    "HTTP %d: redirects are not followed", reply->status);
	/* perhaps it is not the hub but what stands before it */
	if (reply->status >= 500)
		self->way = (self->way + 1) % self->url.n;
	http_excerpt(reply, self->token.text, said, sizeof(said));
	return fettle_answer(ctx, answer, reply->retry_after_s, "HTTP %d%s%s",
	    reply->status, *said ? ": " : "", said);
}

/* --- requests ------------------------------------------------------------ */

static int64_t
time_for_request(struct fettle_ctx *ctx)
{
	const int64_t left = fettle_left(ctx);

	return left < REQUEST_NS ? left - left / 10 : REQUEST_NS;
}

/* One body, by the way that worked last, or by the next that answers. */
static enum http_result
post(struct fettle_ctx *ctx, const struct text *body, bool gzip,
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
		request.left_ns = time_for_request(ctx);
		result = http_post(self->http, &request, reply);
		if (result == HTTP_ANSWERED)
			break;
		self->way = (self->way + 1) % self->url.n;
	}
	return result;
}

/* The same, compressed where that is worth it and understood. */
static enum http_result
post_small(
    struct fettle_ctx *ctx, const struct text *body, struct http_reply *reply)
{
	struct http_ingest *self = fettle_self(ctx);
	struct text packed = { 0 };
	enum http_result result;

	if (self->plain || body->len <= self->compress_above.bytes ||
	    gzip_add(&packed, body->data, body->len) != 0) {
		text_free(&packed);
		return post(ctx, body, false, reply);
	}
	result = post(ctx, &packed, true, reply);
	text_free(&packed);
	if (result != HTTP_ANSWERED || reply->status != 415)
		return result;
	self->plain = true;
	return post(ctx, body, false, reply);
}

static int64_t
wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int
http_ingest_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	struct http_reply reply;
	struct text body = { 0 };
	int rc;

	batch_json(&body, batch, wall_clock());
	if (body.failed)
		rc = fettle_fail(ctx, ENOMEM, "encode %zu lists", batch->n);
	else if (post_small(ctx, &body, &reply) == HTTP_ANSWERED)
		rc = verdict(ctx, &reply);
	else
		rc = fettle_answer(ctx, FETTLE_RETRY, 0, "%s", reply.error);
	text_free(&body);
	return rc;
}

/* --- open and close ------------------------------------------------------ */

static int
check_url(struct fettle_ctx *ctx, const char *url)
{
	const struct http_ingest *self = fettle_self(ctx);
	const bool proxied = self->proxy != NULL && *self->proxy != '\0';
	bool exposed;
	char why[128];
	const int rc = url_check(url, &exposed, why, sizeof(why));

	if (rc != 0)
		return fettle_fail(ctx, -rc, "url %s", why);
	if (proxied && strncasecmp(url, "http:", 5) == 0)
		exposed = true;
	if (exposed && !self->cleartext)
		return fettle_fail(ctx, EINVAL,
		    "url must be https://, or cleartext: true be said: on the "
		    "way to another machine anyone can read http://");
	return 0;
}

static int
http_ingest_open(struct fettle_ctx *ctx)
{
	struct http_ingest *self = fettle_self(ctx);
	const struct http_setup setup = { self->ca_file, self->proxy };
	char why[256];
	int rc;

	for (size_t i = 0; i < self->url.n; i++)
		if ((rc = check_url(ctx, self->url.v[i])) != 0)
			return rc;
	rc = http_open(&self->http, &setup, why, sizeof(why));
	return rc != 0 ? fettle_fail(ctx, -rc, "%s", why) : 0;
}

static void
http_ingest_close(struct fettle_ctx *ctx)
{
	struct http_ingest *self = fettle_self(ctx);

	http_close(self->http);
	self->http = NULL;
}

FETTLE_PLUGIN(http_ingest) = {
	FETTLE_ABI,
	.summary = "Posts to a hub.",
	.options = FETTLE_OPTIONS(http_ingest_options),
	.self_size = sizeof(struct http_ingest),
	.flags = FETTLE_SPREAD,
	.open = http_ingest_open,
	.close = http_ingest_close,
	.write = http_ingest_write,
	.batch_lists = 5000,
};
