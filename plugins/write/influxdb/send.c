/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "answer.h"
#include "common/gzip.h"
#include "influxdb.h"

/* --- answers ------------------------------------------------------------- */

/* "HTTP 400: what the server had to say". */
static void
put_reason(const struct influxdb *self, int status, const char *said,
    size_t len, char *to, size_t size)
{
	char excerpt[INFLUXDB_REASON - 16];

	influxdb_excerpt(self, said, len, excerpt, sizeof(excerpt));
	http_reason(status, excerpt, to, size);
}

/* All but these lines were written. */
static int
refuse_some(struct fettle_ctx *ctx, const struct influxdb_lines *lines,
    const struct answer *a, int status)
{
	const struct influxdb *self = fettle_self(ctx);
	char reason[INFLUXDB_REASON];

	for (size_t i = 0; i < a->n_bad; i++) {
		const char *why = a->bad[i].why != NULL ? a->bad[i].why : "";

		put_reason(
		    self, status, why, strlen(why), reason, sizeof(reason));
		fettle_refuse(ctx, lines->list[a->bad[i].line], "%s", reason);
	}
	return FETTLE_DELIVERED;
}

/* None of the lines was written, and none ever will be. */
static int
refuse_all(struct fettle_ctx *ctx, const struct influxdb_lines *lines,
    const char *reason)
{
	for (size_t i = 0; i < lines->n; i++)
		fettle_refuse(ctx, lines->list[i], "%s", reason);
	return FETTLE_DELIVERED;
}

static int
no_database(struct fettle_ctx *ctx)
{
	const struct influxdb *self = fettle_self(ctx);

	return fettle_answer(ctx, FETTLE_UNAUTHORISED, 0,
	    "database \"%s\" does not exist; create it or set "
	    "create_database: true",
	    influxdb_database(self));
}

/* What write returns for an answer that is not 2xx; a: what it says. */
static int
judge(struct fettle_ctx *ctx, const struct influxdb_lines *lines,
    const struct http_reply *reply, const struct answer *a)
{
	struct influxdb *self = fettle_self(ctx);
	const int status = reply->status;
	const enum fettle_answer answer = http_class(status);
	char reason[INFLUXDB_REASON];

	put_reason(self, status, a->text, a->len, reason, sizeof(reason));
	if (answer == FETTLE_REFUSED && a->what == ANSWER_SOME &&
	    self->server[self->way] == INFLUXDB_3)
		return refuse_some(ctx, lines, a, status);
	if (answer == FETTLE_REFUSED && a->what == ANSWER_NONE)
		return refuse_all(ctx, lines, reason);
	if (status == 404 && a->what == ANSWER_NO_DATABASE)
		return no_database(ctx);
	/* perhaps it is another server by now */
	if (answer == FETTLE_UNAUTHORISED)
		influxdb_forget(self, self->way);
	/* perhaps it is not the server but what stands before it */
	if (status >= 500)
		self->way = (self->way + 1) % self->url.n;
	return fettle_answer(ctx, answer, http_again_s(reply), "%s", reason);
}

/* --- one server ---------------------------------------------------------- */

/* It answered, but not as any of those that are known. */
static int
stranger(struct fettle_ctx *ctx, const struct http_reply *reply)
{
	struct influxdb *self = fettle_self(ctx);
	const char *url = self->url.v[self->way];
	const enum fettle_answer answer = http_class(reply->status);
	char reason[INFLUXDB_REASON];

	put_reason(self, reply->status, reply->body, reply->len, reason,
	    sizeof(reason));
	if (reply->status >= 500)
		self->way = (self->way + 1) % self->url.n;
	if (answer == FETTLE_RETRY && reply->status / 100 != 3)
		return fettle_answer(ctx, FETTLE_RETRY, reply->retry_after_s,
		    "%s/ping: %s", url, reason);
	return fettle_answer(ctx, FETTLE_UNAUTHORISED, 0,
	    "%s/ping does not say what the server is, so version must: %s",
	    url, reason);
}

/* CREATE DATABASE.  Where *answer is not FETTLE_DELIVERED there is none. */
static enum http_result
create_database(struct fettle_ctx *ctx, int *answer, struct http_reply *reply)
{
	const struct influxdb *self = fettle_self(ctx);
	struct text body = { 0 };
	enum http_result result;
	char reason[INFLUXDB_REASON];

	influxdb_create_query(self, &body);
	result = influxdb_ask(ctx, "/query",
	    "application/x-www-form-urlencoded", &body, false, reply);
	text_free(&body);
	*answer = FETTLE_DELIVERED;
	if (result != HTTP_ANSWERED)
		return result;
	/* a statement that fails is a 200 as well */
	if (reply->status == 200 &&
	    memmem(reply->body, reply->len, "\"error\"", 7) == NULL)
		return HTTP_ANSWERED;
	put_reason(self, reply->status, reply->body, reply->len, reason,
	    sizeof(reason));
	*answer = fettle_answer(ctx,
	    http_class(reply->status) == FETTLE_RETRY ? FETTLE_RETRY
						      : FETTLE_UNAUTHORISED,
	    reply->retry_after_s, "CREATE DATABASE: %s", reason);
	return HTTP_ANSWERED;
}

static enum http_result
post(struct fettle_ctx *ctx, const struct text *body, bool gzip,
    struct http_reply *reply)
{
	struct text path = { 0 };
	enum http_result result = HTTP_UNREACHED;

	influxdb_write_path(fettle_self(ctx), &path);
	if (path.failed)
		*reply = (struct http_reply){ .error = "out of memory" };
	else
		result = influxdb_ask(ctx, path.data,
		    "text/plain; charset=utf-8", body, gzip, reply);
	text_free(&path);
	return result;
}

/* The lines in both forms; packed: NULL where they are sent as they are. */
struct load {
	const struct influxdb_lines *lines;
	const struct text *packed;
};

static enum http_result
post_load(struct fettle_ctx *ctx, struct load *load, struct http_reply *reply)
{
	struct influxdb *self = fettle_self(ctx);
	enum http_result result;

	if (load->packed != NULL) {
		result = post(ctx, load->packed, true, reply);
		if (result != HTTP_ANSWERED || reply->status != 415)
			return result;
		self->plain = true;
		load->packed = NULL;
	}
	return post(ctx, &load->lines->text, false, reply);
}

/* Whether the server has no such database, and should be given it. */
static bool
wants_database(const struct influxdb *self, const struct http_reply *reply)
{
	struct answer a;
	bool wants;

	if (!self->create_database || reply->status != 404)
		return false;
	answer_init(&a, reply->body, reply->len, 0);
	wants = a.what == ANSWER_NO_DATABASE;
	answer_fini(&a);
	return wants;
}

/* Whether it is known how to write to the server in use; if not *answer says
 * why, where it answered. */
static enum http_result
know_server(struct fettle_ctx *ctx, int *answer, struct http_reply *reply)
{
	struct influxdb *self = fettle_self(ctx);
	const enum influxdb_server *server = &self->server[self->way];
	enum http_result result = HTTP_ANSWERED;

	*answer = FETTLE_DELIVERED;
	if (*server == INFLUXDB_UNKNOWN)
		result = influxdb_detect(ctx, reply);
	if (result != HTTP_ANSWERED)
		return result;
	if (*server == INFLUXDB_UNKNOWN)
		*answer = stranger(ctx, reply);
	else if (*server == INFLUXDB_2 &&
		 (self->org == NULL || *self->org == '\0'))
		*answer = fettle_answer(ctx, FETTLE_UNAUTHORISED, 0,
		    "%s is InfluxDB 2, which needs an org",
		    self->url.v[self->way]);
	return HTTP_ANSWERED;
}

/* Sends to the server in use; HTTP_ANSWERED: *answer is what write returns. */
static enum http_result
send_to(struct fettle_ctx *ctx, struct load *load, int *answer,
    struct http_reply *reply)
{
	const struct influxdb *self = fettle_self(ctx);
	enum http_result result = know_server(ctx, answer, reply);
	struct answer said;

	if (result != HTTP_ANSWERED || *answer != FETTLE_DELIVERED)
		return result;
	result = post_load(ctx, load, reply);
	if (result == HTTP_ANSWERED && wants_database(self, reply)) {
		result = create_database(ctx, answer, reply);
		if (result != HTTP_ANSWERED || *answer != FETTLE_DELIVERED)
			return result;
		result = post_load(ctx, load, reply);
	}
	if (result != HTTP_ANSWERED || reply->status / 100 == 2)
		return result;
	answer_init(&said, reply->body, reply->len, load->lines->n);
	*answer = judge(ctx, load->lines, reply, &said);
	answer_fini(&said);
	return HTTP_ANSWERED;
}

/* --- any of them --------------------------------------------------------- */

int
influxdb_send(struct fettle_ctx *ctx, const struct influxdb_lines *lines)
{
	struct influxdb *self = fettle_self(ctx);
	struct text packed = { 0 };
	struct load load = { lines, NULL };
	struct http_reply reply = { 0 };
	enum http_result result = HTTP_UNREACHED;
	int answer = FETTLE_RETRY;

	if (!self->plain && lines->text.len > self->compress_above.bytes &&
	    gzip_add(&packed, lines->text.data, lines->text.len) == 0)
		load.packed = &packed;
	for (size_t i = 0; i < self->url.n; i++) {
		result = send_to(ctx, &load, &answer, &reply);
		if (result == HTTP_ANSWERED)
			break;
		influxdb_forget(self, self->way);
		self->way = (self->way + 1) % self->url.n;
	}
	text_free(&packed);
	return result == HTTP_ANSWERED
		   ? answer
		   : fettle_answer(ctx, FETTLE_RETRY, 0, "%s", reply.error);
}
