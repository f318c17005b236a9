/* SPDX-License-Identifier: MIT */
/*
 * slack: posts to an incoming webhook of Slack, or of what understands the
 * same (Mattermost).  The URL is a secret: who knows it may post.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fettle/plugin.h>

#include "common/http.h"
#include "common/text.h"
#include "common/url.h"

#define PACE_MS 1000	  /* what Slack takes for long */
#define SHORTEST_HIDDEN 8 /* a part that short is no secret */
#define PARTS "/?&=#"	  /* between the parts of a URL */
#define REASON 256

struct slack {
	struct fettle_secret webhook_url;
	const char *ca_file, *proxy;
	bool cleartext;

	struct http *http;
};

static const struct fettle_option slack_options[] = {
	FETTLE_OPTION(struct slack, webhook_url, NULL,
	    "URL of the incoming webhook, https://hooks.slack.com/services/..."
	    "  Who knows it can post: given as webhook_url_file, read again "
	    "when it is refused."),
	HTTP_OPTIONS(struct slack,
	    "Post to an http:// URL of another machine, where anyone on the "
	    "way can read the URL and what is sent."),
};

/* --- what is sent -------------------------------------------------------- */

/* ,"key":"value"; the value escaped for JSON, and for Slack, where nothing in
 * it is a command: <!channel> becomes text. */
static void
add_member(struct text *to, const char *key, const char *value)
{
	struct text escaped = { 0 };

	for (; *value != '\0'; value++)
		text_markup(&escaped, *value);
	text_char(to, ',');
	text_json(to, key);
	text_char(to, ':');
	text_json(to, escaped.data != NULL ? escaped.data : "");
	to->failed |= escaped.failed;
	text_free(&escaped);
}

static const char *
colour(const struct fettle_notice *n)
{
	if (n->reason == FETTLE_TEST)
		return "#439fe0";
	switch (n->severity) {
	case FETTLE_FAILURE:
		return "danger";
	case FETTLE_WARNING:
		return "warning";
	case FETTLE_NO_DATA:
		return "#777777";
	default:
		return "good";
	}
}

/* The title is what phones show; all the rest is in the attachment, whose
 * footer tells a message that was sent twice from two. */
static void
render(struct text *to, const struct fettle_notice *n)
{
	text_str(to, "{\"parse\":\"none\"");
	add_member(to, "text", n->title);
	text_str(to, ",\"link_names\":false,\"mrkdwn\":false,"
		     "\"unfurl_links\":false,\"unfurl_media\":false,"
		     "\"attachments\":[{\"mrkdwn_in\":[]");
	add_member(to, "color", colour(n));
	add_member(to, "fallback", n->title);
	add_member(to, "text", n->text);
	if (n->url != NULL) {
		add_member(to, "title", "Show");
		text_str(to, ",\"title_link\":");
		text_json(to, n->url);
	}
	add_member(to, "footer", n->id);
	text_str(to, "}]}");
}

/* --- what the server says ------------------------------------------------ */

/* Some servers repeat what they were asked for, or the end of it.  What nobody
 * can guess of a webhook is the longest part of its URL; to be freed. */
static char *
secret_of(const char *url)
{
	const char *host = strstr(url, "://"), *longest = url;
	size_t most = 0;

	for (const char *s = host != NULL ? host + 3 : url; *s != '\0';) {
		const size_t n = strcspn(s, PARTS);

		if (n > most && s != host + 3) {
			longest = s;
			most = n;
		}
		s += n;
		s += strspn(s, PARTS);
	}
	return most >= SHORTEST_HIDDEN ? strndup(longest, most) : strdup(url);
}

static bool
is_ok(const struct http_reply *reply)
{
	return reply->status == 200 && (strcmp(reply->body, "ok") == 0 ||
					   strcmp(reply->body, "ok\n") == 0);
}

/*
 * What the answer means for the message.  What Slack says with a 2xx or a 400
 * is about this one; what no message would change is about the URL.  An error
 * of the server leaves open whether it was posted.
 */
static enum fettle_answer
class_of(const struct http_reply *reply, double *after_s)
{
	const int status = reply->status;

	*after_s = reply->retry_after_s;
	if (is_ok(reply))
		return FETTLE_DELIVERED;
	if (status == 429 || status == 503)
		return FETTLE_RETRY;
	if (status / 100 == 2 || status == 400 || status == 413)
		return FETTLE_REFUSED;
	if (status / 100 == 3 || status / 100 == 4)
		return FETTLE_UNAUTHORISED;
	return FETTLE_UNKNOWN;
}

/* What the server said, without the secret. */
static void
excerpt(const struct http_reply *reply, const char *url, char said[REASON])
{
	char *secret = secret_of(url);

	said[0] = '\0';
	if (secret != NULL)
		http_excerpt(reply, secret, said, REASON);
	free(secret);
}

static int
answer(struct fettle_ctx *ctx, const char *url, const struct http_reply *reply)
{
	char said[REASON], reason[sizeof(said) + 16];
	double after_s;
	const enum fettle_answer a = class_of(reply, &after_s);

	excerpt(reply, url, said);
	http_reason(reply->status, said, reason, sizeof(reason));
	return fettle_answer(ctx, a, after_s, "%s", reason);
}

/* --- calls --------------------------------------------------------------- */

static int
check_url(struct fettle_ctx *ctx, const char *url)
{
	const struct slack *self = fettle_self(ctx);
	char why[128];
	const int rc =
	    url_check_way(url, self->proxy, self->cleartext, why, sizeof(why));

	return rc == 0 ? 0 : fettle_fail(ctx, -rc, "webhook_url %s", why);
}

static int
post(struct fettle_ctx *ctx, const struct text *body)
{
	const struct slack *self = fettle_self(ctx);
	const struct http_request request = { .url = self->webhook_url.text,
		.type = "application/json",
		.body = body->data,
		.len = body->len,
		.left_ns = http_time(ctx) };
	struct http_reply reply;

	switch (http_post(self->http, &request, &reply)) {
	case HTTP_ANSWERED:
		return answer(ctx, request.url, &reply);
	case HTTP_UNREACHED:
		return fettle_answer(ctx, FETTLE_RETRY, 0, "%s", reply.error);
	case HTTP_UNANSWERED:
	default:
		return fettle_answer(
		    ctx, FETTLE_UNKNOWN, 0, "%s", reply.error);
	}
}

static int
slack_notify(struct fettle_ctx *ctx, const struct fettle_notice *notice)
{
	const struct slack *self = fettle_self(ctx);
	struct text body = { 0 };
	int rc;

	/* the secret may be another one since open */
	if (check_url(ctx, self->webhook_url.text) != 0)
		return FETTLE_UNAUTHORISED;
	render(&body, notice);
	if (body.failed)
		rc = fettle_fail(ctx, ENOMEM, "encode a message");
	else
		rc = post(ctx, &body);
	text_free(&body);
	return rc;
}

static int
slack_open(struct fettle_ctx *ctx)
{
	struct slack *self = fettle_self(ctx);
	const struct http_setup setup = { self->ca_file, self->proxy };
	char why[256];
	int rc = check_url(ctx, self->webhook_url.text);

	if (rc == 0 &&
	    (rc = http_open(&self->http, &setup, why, sizeof(why))) != 0)
		rc = fettle_fail(ctx, -rc, "%s", why);
	return rc;
}

static void
slack_close(struct fettle_ctx *ctx)
{
	struct slack *self = fettle_self(ctx);

	http_close(self->http);
}

FETTLE_PLUGIN(slack) = {
	FETTLE_ABI,
	.summary = "Tells a channel of Slack.",
	.options = FETTLE_OPTIONS(slack_options),
	.self_size = sizeof(struct slack),
	.pace_ms = PACE_MS,
	.open = slack_open,
	.close = slack_close,
	.notify = slack_notify,
};
