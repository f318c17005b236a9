/* SPDX-License-Identifier: MIT */
/* http_ingest: posts what was measured to a hub, or to anything that takes
 * snapshots of a machine as JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <fettle/plugin.h>

#include "common/batch_json.h"
#include "common/url.h"
#include "http_ingest.h"
#include "snapshots.h"

#define NS_PER_S INT64_C(1000000000)

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
	HTTP_OPTIONS(struct http_ingest,
	    "Post to http:// URLs of other machines, where anyone on the way "
	    "can read and change what is sent, the token too."),
};

static int64_t
wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int
write_batch(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	struct http_reply reply;
	struct text body = { 0 };
	int rc;

	batch_json(&body, batch, fettle_host(ctx), wall_clock());
	if (body.failed)
		rc = fettle_fail(ctx, ENOMEM, "encode %zu lists", batch->n);
	else if (send_small(ctx, &body, &reply) == HTTP_ANSWERED)
		rc = send_answer(ctx, &reply);
	else
		rc = fettle_answer(ctx, FETTLE_RETRY, 0, "%s", reply.error);
	text_free(&body);
	return rc;
}

/* --- format: snapshot ---------------------------------------------------- */

/* The server will never take it: that is said of those of its lists that are
 * in the batch, or logged where all came with an earlier one. */
static void
refuse_snapshot(struct fettle_ctx *ctx, const struct fettle_batch *batch,
    const struct waiting *w, const struct http_reply *reply)
{
	const struct http_ingest *self = fettle_self(ctx);
	bool named = false;
	char reason[SEND_REASON];

	send_reason(self, reply, reason, sizeof(reason));
	for (size_t i = 0; batch != NULL && i < batch->n; i++) {
		if (!snapshots_holds(w, batch->lists[i]))
			continue;
		fettle_refuse(ctx, i, "%s", reason);
		named = true;
	}
	if (!named)
		fettle_log(ctx, LOG_WARNING,
		    "a snapshot of \"%s\" is refused: %s", snapshots_host(w),
		    reason);
}

/* Posts one; FETTLE_DELIVERED where it need not be tried again. */
static int
post_snapshot(struct fettle_ctx *ctx, const struct fettle_batch *batch,
    struct waiting *w, const struct text *body)
{
	struct http_reply reply;
	enum fettle_answer answer;

	if (send_body(ctx, body, false, &reply) != HTTP_ANSWERED)
		return fettle_answer(ctx, FETTLE_RETRY, 0, "%s", reply.error);
	answer = http_class(reply.status);
	if (answer != FETTLE_REFUSED && answer != FETTLE_TOO_LARGE)
		return send_answer(ctx, &reply);
	refuse_snapshot(ctx, batch, w, &reply);
	return FETTLE_DELIVERED;
}

/* The same for one that may lack something. */
static int
send_snapshot(struct fettle_ctx *ctx, const struct fettle_batch *batch,
    struct waiting *w)
{
	const char *lacks = snapshots_lacks(w);
	struct text body = { 0 };
	int rc;

	if (lacks != NULL) {
		/* before its second reading cpu has nothing to say */
		if (snapshots_done(w, false))
			fettle_log(ctx, LOG_WARNING,
			    "no snapshot of \"%s\" can be sent: there is no "
			    "%s",
			    snapshots_host(w), lacks);
		return FETTLE_DELIVERED;
	}
	if (snapshots_render(w, &body) != 0)
		rc = fettle_fail(ctx, ENOMEM, "encode a snapshot");
	else
		rc = post_snapshot(ctx, batch, w, &body);
	text_free(&body);
	if (rc == FETTLE_DELIVERED)
		snapshots_done(w, true);
	return rc;
}

static int
send_snapshots(struct fettle_ctx *ctx, const struct fettle_batch *batch,
    enum snapshots_which which)
{
	struct http_ingest *self = fettle_self(ctx);
	struct waiting *w;
	size_t at = 0;
	int rc;

	while ((w = snapshots_next(
		    self->snapshots, &at, which, wall_clock())) != NULL)
		if ((rc = send_snapshot(ctx, batch, w)) != FETTLE_DELIVERED)
			return rc;
	return FETTLE_DELIVERED;
}

/*
 * Every list is taken in once, and sends what it ends before it is.  If that
 * fails the next attempt goes on from there: nothing is sent twice, but for
 * what was sent without an answer.
 */
static int
write_snapshots(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	struct http_ingest *self = fettle_self(ctx);
	int rc;

	if (strcmp(self->queue, batch->queue) != 0)
		self->next = 0;
	snprintf(self->queue, sizeof(self->queue), "%s", batch->queue);
	for (size_t i = 0; i < batch->n; i++) {
		const struct fettle_list *l = batch->lists[i];
		struct waiting *w;

		if (batch->seq + i < self->next)
			continue;
		w = snapshots_before(self->snapshots, l);
		if (w != NULL &&
		    (rc = send_snapshot(ctx, batch, w)) != FETTLE_DELIVERED)
			return rc;
		if (snapshots_add(self->snapshots, l) != 0)
			return fettle_fail(ctx, ENOMEM, "keep a list");
		self->next = batch->seq + i + 1;
	}
	return send_snapshots(ctx, batch, SNAPSHOTS_READY);
}

static int
http_ingest_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	const struct http_ingest *self = fettle_self(ctx);

	return self->snapshots != NULL ? write_snapshots(ctx, batch)
				       : write_batch(ctx, batch);
}

/* What still waits for the rest of its second waits no longer. */
static int
http_ingest_flush(struct fettle_ctx *ctx)
{
	const struct http_ingest *self = fettle_self(ctx);

	if (self->snapshots == NULL ||
	    send_snapshots(ctx, NULL, SNAPSHOTS_FIT) == FETTLE_DELIVERED)
		return 0;
	return fettle_fail(ctx, EAGAIN, "a snapshot cannot be sent now");
}

/* --- open and close ------------------------------------------------------ */

static int
check_url(struct fettle_ctx *ctx, const char *url)
{
	const struct http_ingest *self = fettle_self(ctx);
	char why[128];
	const int rc =
	    url_check_way(url, self->proxy, self->cleartext, why, sizeof(why));

	return rc == 0 ? 0 : fettle_fail(ctx, -rc, "url %s", why);
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
	if ((rc = http_open(&self->http, &setup, why, sizeof(why))) != 0)
		return fettle_fail(ctx, -rc, "%s", why);
	if (strcmp(self->format, "snapshot") == 0 &&
	    (self->snapshots = snapshots_new()) == NULL) {
		http_close(self->http);
		return fettle_fail(ctx, ENOMEM, "open");
	}
	return 0;
}

static void
http_ingest_close(struct fettle_ctx *ctx)
{
	struct http_ingest *self = fettle_self(ctx);

	http_close(self->http);
	snapshots_free(self->snapshots);
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
	.flush = http_ingest_flush,
	.batch_lists = 5000,
};
