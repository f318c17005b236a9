/* SPDX-License-Identifier: MIT */
#include "hub_client.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "common/gzip.h"

#define SPACE "{\"total\":4,\"used\":3,\"free\":1,\"percent\":75.0}"
#define SNAPSHOT                                                              \
	"{\"timestamp\":1763800000,\"hostname\":\"web-1\",\"cpu\":{"          \
	"\"per_core\":[12.5,40.1],\"average\":26.3},\"memory\":" SPACE        \
	",\"disk\":" SPACE "}"
#define TOKEN "Authorization: Bearer " HUB_TOKEN "\r\n"

static void
has(const struct hub_answer *a, const char *text)
{
	if (strstr(a->text, text) == NULL)
		fail_msg("no '%s' in: %s", text, a->text);
}

/* What the ring shows, and how much was posted. */
static char *
state_of(struct fettle_ctx *ctx)
{
	struct hub_answer a = hub_get(ctx, "/history", TOKEN);
	char *text = xasprintf("%zu %s", ctx->lists.n, a.body);

	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	return text;
}

/* --- what is answered ---------------------------------------------------- */

static void
a_load_balancer_needs_no_token(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a = hub_get(ctx, "/healthz", "");

	(void)state;
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "{\"status\":\"ok\"}\n");
	has(&a, "X-Content-Type-Options: nosniff\r\n");
	has(&a, "Content-Security-Policy: default-src 'self'");
	has(&a, "Cache-Control: no-store\r\n");
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
a_snapshot_is_posted_and_then_seen(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a = hub_post(ctx, SNAPSHOT);

	(void)state;
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body,
	    "{\"message\":\"Metrics received\",\"accepted\":5,"
	    "\"dropped\":{}}\n");
	hub_answer_free(&a);
	assert_int_equal(ctx->lists.n, 5);
	assert_string_equal(ctx->lists.v[0].host, "web-1");
	hub_deliver(ctx);
	a = hub_get(ctx, "/history?host=web-1", TOKEN);
	assert_int_equal(a.status, 200);
	has(&a, "Content-Type: application/json\r\n");
	assert_string_equal(a.body, "[\n" SNAPSHOT "\n]\n");
	hub_answer_free(&a);
	a = hub_get(ctx, "/history?host=web-2", TOKEN);
	assert_string_equal(a.body, "[]\n");
	hub_answer_free(&a);
	a = hub_get(ctx, "/history?limit=none", TOKEN);
	assert_int_equal(a.status, 400);
	assert_string_equal(
	    a.body, "{\"error\":\"limit is a number from 1\"}\n");
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
what_comes_again_is_no_news_and_not_dropped(void **state)
{
	static const char batch[] =
	    "{\"v\":1,\"queue\":\"0123456789abcdef0123456789abcdef\","
	    "\"seq\":17,\"sent\":5,\"via\":[],\"host\":\"web-1\","
	    "\"plugins\":[{\"plugin\":\"net\",\"fields\":"
	    "[[\"rx\",\"counter\",\"bytes\"]],\"rows\":[[\"eth0\",1,1]]}]}";
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a;

	(void)state;
	ctx->post_why = "\"duplicate\": 12, \"series\": 3";
	a = hub_post(ctx, batch);
	assert_int_equal(a.status, 200);
	has(&a,
	    "\"accepted\":1,\"duplicate\":12,\"dropped\":{\"series\": 3}}");
	assert_string_equal(ctx->queue, "0123456789abcdef0123456789abcdef");
	assert_int_equal(ctx->seq, 17);
	assert_int_equal(ctx->n_via, 0);
	assert_int_equal(ctx->sent_ns, 5000000000);
	hub_answer_free(&a);
	ctx->post_why = "\"duplicate\": 1";
	a = hub_post(ctx, batch);
	has(&a, "\"accepted\":1,\"duplicate\":1,\"dropped\":{}}");
	hub_answer_free(&a);
	ctx->post_result = -ELOOP;
	ctx->post_why = "via[0]: it went through this hub before";
	a = hub_post(ctx, batch);
	assert_int_equal(a.status, 422);
	has(&a, "it went through this hub before");
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
a_batch_comes_as_it_was_sent_and_gzip_does_too(void **state)
{
	static const char batch[] =
	    "{\"v\":1,\"host\":\"web-1\",\"tags\":{\"env\":\"prod\"},"
	    "\"interval\":10,\"plugins\":[{\"plugin\":\"net\",\"fields\":"
	    "[[\"rx\",\"counter\",\"bytes\"]],\"rows\":"
	    "[[\"eth0\",1763800000,9007199254740993],"
	    "[\"eth1\",1763800000,null]]}]}";
	struct fettle_ctx *ctx = hub_start("");
	struct text packed = { 0 };
	struct buf request = { 0 };
	struct hub_answer a = hub_post(ctx, batch);

	(void)state;
	assert_int_equal(a.status, 200);
	has(&a, "\"accepted\":2");
	hub_answer_free(&a);
	assert_int_equal(ctx->lists.n, 1);
	assert_true(ctx->lists.v[0].values[0].count == 9007199254740993);
	assert_string_equal(ctx->lists.v[0].host_tags[0].value, "prod");
	fake_clear(ctx);

	assert_int_equal(gzip_add(&packed, batch, strlen(batch)), 0);
	buf_printf(&request,
	    "POST /ingest HTTP/1.1\r\nHost: h\r\n" TOKEN
	    "Content-Type: application/json; charset=utf-8\r\n"
	    "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
	    packed.len);
	buf_add(&request, packed.data, packed.len);
	a = hub_ask(ctx, request.data, request.len);
	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	assert_int_equal(ctx->lists.n, 1);
	buf_free(&request);
	text_free(&packed);
	hub_stop(ctx);
}

static void
one_connection_serves_many_requests(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	const int fd = hub_connect(hub_port(ctx));
	char *post = xasprintf("POST /ingest HTTP/1.1\r\nHost: h\r\n" TOKEN
			       "Content-Type: application/json\r\n"
			       "Content-Length: %zu\r\n\r\n%s",
	    strlen(SNAPSHOT), SNAPSHOT);

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct hub_answer a;

		hub_send(fd, post, strlen(post));
		a = hub_receive(fd);
		assert_int_equal(a.status, 200);
		hub_answer_free(&a);
	}
	assert_int_equal(ctx->lists.n, 100);
	close(fd);
	free(post);
	hub_stop(ctx);
}

static void
a_head_has_no_body(void **state)
{
	static const char request[] = "HEAD /healthz HTTP/1.1\r\nHost: h\r\n"
				      "Connection: close\r\n\r\n";
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a = hub_ask(ctx, request, strlen(request));

	(void)state;
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "");
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
the_page_shows_hosts_to_who_may_read(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a = hub_post(ctx,
	    "{\"timestamp\":1763800000,\"hostname\":\"<b>&\\\"\",\"cpu\":{"
	    "\"per_core\":[],\"average\":1},\"memory\":" SPACE
	    ",\"disk\":" SPACE "}");

	(void)state;
	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	hub_deliver(ctx);
	a = hub_get(ctx, "/", "");
	assert_int_equal(a.status, 200);
	assert_null(strstr(a.body, "&lt;b&gt;"));
	hub_answer_free(&a);
	a = hub_get(ctx, "/", TOKEN);
	has(&a, "<li>&lt;b&gt;&amp;\", last snapshot 2025-11-22 08:26:40 "
		"UTC</li>");
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
metrics_are_asked_of_the_daemon(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	char *answer = xasprintf(
	    "{\"ok\":true,\"values\":[{\"host\":\"here\",\"plugin\":\"load\","
	    "\"instance\":null,\"instance_name\":null,\"tags\":{},\"time\":"
	    "%lld,\"interval\":10,\"fields\":[{\"name\":\"1m\",\"kind\":"
	    "\"gauge\",\"unit\":\"\",\"help\":null,\"value\":0.5,\"rate\":"
	    "null}]}],\"hosts\":[{\"host\":\"h\",\"last_seen\":1.5}]}",
	    (long long)time(NULL));
	struct hub_answer a;

	(void)state;
	ctx->host = "a*b";
	ctx->ask_answer = answer;
	a = hub_get(ctx, "/metrics", TOKEN);
	assert_int_equal(a.status, 200);
	has(&a, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	has(&a, "\nfettle_load_1m 0.5\n");
	has(&a, "fettle_host_last_seen_timestamp_seconds{host=\"h\"} 1.5\n");
	has(&a, "fettle_ringbuffer_http_refused_total{reason=\"token\"} 0\n");
	hub_answer_free(&a);
	a = hub_get(
	    ctx, "/metrics", TOKEN "Accept: application/openmetrics-text\r\n");
	has(&a, "Content-Type: application/openmetrics-text; version=1.0.0; "
		"charset=utf-8\r\n");
	has(&a, "\n# EOF\n");
	hub_answer_free(&a);
	ctx->ask_answer = NULL;
	a = hub_get(ctx, "/metrics", TOKEN);
	assert_int_equal(a.status, 503);
	assert_string_equal(ctx->ask,
	    "{\"do\":\"values\",\"help\":true,\"pattern\":\"a\\\\*b:*\"}");
	hub_answer_free(&a);
	free(answer);
	hub_stop(ctx);
}

/* --- who may ------------------------------------------------------------- */

static void
without_a_right_token_nothing_is_taken_or_shown(void **state)
{
	static const struct {
		const char *request, *because;
	} table[] = {
		{ "GET /history HTTP/1.1\r\nHost: localhost\r\n\r\n",
		    "a token is needed" },
		{ "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
		    "a token is needed" },
		{ "GET /history HTTP/1.1\r\nHost: localhost\r\n"
		  "Authorization: Bearer x\r\n\r\n",
		    "the token is not right" },
		{ "POST /ingest HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
		  "\r\n{}",
		    "a token is needed" },
		{ "POST /ingest HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
		  "Authorization: Bearer x\r\n\r\n",
		    "the token is not right" },
	};
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof *table; i++) {
		a = hub_ask(ctx, table[i].request, strlen(table[i].request));
		assert_int_equal(a.status, 401);
		has(&a, "WWW-Authenticate: Bearer realm=\"fettle\"");
		has(&a, "Connection: close\r\n");
		has(&a, table[i].because);
		hub_answer_free(&a);
	}
	assert_int_equal(ctx->lists.n, 0);
	hub_stop(ctx);
}

static void
a_hub_without_a_token_says_how_to_make_one(void **state)
{
	struct fettle_ctx *ctx = hub_start("no token\nopen_read: true");
	struct hub_answer a;

	(void)state;
	a = hub_post(ctx, SNAPSHOT);
	assert_int_equal(a.status, 401);
	has(&a, "no token is configured; make one");
	has(&a, "token_file: PATH");
	hub_answer_free(&a);
	a = hub_get(ctx, "/history", "");
	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
open_read_is_for_this_machine_alone(void **state)
{
	static const struct {
		const char *headers;
		int status;
	} table[] = {
		{ "", 200 },
		{ "Host: 127.0.0.1:8000\r\n", 200 },
		{ "Host: [::1]\r\n", 200 },
		{ TOKEN "Host: evil.example\r\n", 200 },
		{ TOKEN "X-Forwarded-For: 1.2.3.4\r\n", 200 },
		{ "Host: evil.example\r\n", 401 },
		{ "X-Forwarded-For: 1.2.3.4\r\n", 401 },
		{ "Forwarded: for=127.0.0.1\r\n", 401 },
		{ "X-Real-IP: 127.0.0.1\r\n", 401 },
		{ "Via: 1.1 x\r\n", 401 },
		{ "Authorization: Bearer wrong\r\n", 401 },
	};
	static const char post[] = "POST /ingest HTTP/1.1\r\n"
				   "Host: localhost\r\n"
				   "Content-Length: 2\r\n\r\n{}";
	struct fettle_ctx *ctx = hub_start("open_read: true");
	struct hub_answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof *table; i++) {
		a = hub_get(ctx, "/history", table[i].headers);
		if (a.status != table[i].status)
			fail_msg("%d for %s", a.status, table[i].headers);
		hub_answer_free(&a);
	}
	a = hub_ask(ctx, post, strlen(post));
	assert_int_equal(a.status, 401);
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
open_read_ends_where_an_address_is_not_loopback(void **state)
{
	struct fettle_ctx *ctx =
	    hub_start("open_read: true\ncleartext: true\n"
		      "listen: [127.0.0.1:0, \"0.0.0.0:0\"]\n");
	struct hub_answer a = hub_get(ctx, "/history", "");

	(void)state;
	assert_int_equal(a.status, 401);
	assert_non_null(strstr(ctx->log.data, "open_read does nothing"));
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
wrong_tokens_are_limited_and_the_right_one_is_not(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	int often = 0, wrong = 0;
	struct hub_answer a;

	(void)state;
	for (int i = 0; i < 30; i++) {
		a = hub_get(ctx, "/history", "Authorization: Bearer x\r\n");
		wrong += a.status == 401;
		often += a.status == 429;
		if (a.status == 429)
			has(&a, "Retry-After: ");
		hub_answer_free(&a);
	}
	assert_int_equal(wrong, 20);
	assert_int_equal(often, 10);
	a = hub_get(ctx, "/history", TOKEN);
	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	hub_stop(ctx);
}

/* --- what is refused ----------------------------------------------------- */

static void
refusals_are_recorded_but_no_flood_of_them(void **state)
{
	struct fettle_ctx *ctx = hub_start("behind_proxy: [127.0.0.1]");
	struct hub_answer a;
	int n = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		a = hub_get(ctx, "/nowhere?token=" HUB_TOKEN,
		    "X-Forwarded-For: 192.0.2.7\r\n");
		assert_int_equal(a.status, 404);
		hub_answer_free(&a);
	}
	for (const char *p = ctx->log.data; (p = strstr(p, "refused")); p++)
		n++;
	assert_int_equal(n, 5);
	assert_non_null(strstr(ctx->log.data,
	    "<4>request refused: there is nothing here peer=192.0.2.7 "
	    "path=/nowhere status=404 reason=path\n"));
	ctx->now = INT64_C(10000000000);
	a = hub_get(ctx, "/nowhere", "X-Forwarded-For: 192.0.2.7\r\n");
	hub_answer_free(&a);
	assert_non_null(strstr(ctx->log.data, "held_back=45"));
	assert_null(strstr(ctx->log.data, "canary"));
	hub_stop(ctx);
}

static void
refused(struct fettle_ctx *ctx, const char *request, size_t len, int status)
{
	char *before = state_of(ctx), *after;
	struct hub_answer a = hub_ask(ctx, request, len);

	if (a.status != status)
		fail_msg("%d, not %d, for: %.200s", a.status, status, request);
	hub_answer_free(&a);
	after = state_of(ctx);
	assert_string_equal(after, before);
	free(before);
	free(after);
}

#define HEAD                                                                  \
	"POST /ingest HTTP/1.1\r\n" TOKEN "Content-Type: application/json\r\n"
#define LINE HEAD "Host: h\r\n"

static void
hostile_requests_are_refused_and_change_nothing(void **state)
{
	static const struct {
		const char *request;
		size_t len;
		int status;
	} table[] = {
#define CASE(request, status) { request, sizeof(request) - 1, status }
		/* closed without a word */
		CASE("\r\n\r\nnonsense\r\n\r\n", 0),
		CASE("GET\r\n\r\n", 0),
		CASE("GET / HTTP/9.9\r\nHost: h\r\n\r\n", 505),
		CASE("GET /healthz HTTP/1.1\r\n\r\n", 400),
		CASE("GET /healthz HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
		    400),
		CASE("GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\x01z\r\n\r\n",
		    400),
		CASE("GET /healthz HTTP/1.1\r\nHost : h\r\n\r\n", 400),
		CASE("GET /healthz HTTP/1.1\r\nHost: h\r\n"
		     "Content-Length: 3\r\n\r\nabc",
		    400),
		CASE("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 404),
		CASE("GET /../ingest HTTP/1.1\r\nHost: h\r\n\r\n", 404),
		CASE("GET /ingest HTTP/1.1\r\nHost: h\r\n\r\n", 405),
		CASE("DELETE /history HTTP/1.1\r\nHost: h\r\n\r\n", 405),
		CASE(LINE "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		    400),
		CASE(LINE "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		    400),
		CASE(LINE "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"
			  "\r\n{}",
		    400),
		CASE(LINE "Content-Length: +2\r\n\r\n{}", 400),
		CASE(LINE "Content-Length: 0x2\r\n\r\n{}", 400),
		CASE(LINE "Content-Length: 2, 2\r\n\r\n{}", 400),
		CASE(LINE "Content-Length: -2\r\n\r\n{}", 400),
		CASE(LINE "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
			  "\r\n",
		    411),
		CASE(LINE "Transfer-Encoding: gzip, chunked\r\n\r\n", 411),
		CASE(LINE "\r\n", 411),
		/* before a body that never comes */
		CASE(LINE "Content-Length: 99999999\r\n\r\n", 413),
		CASE("POST /ingest HTTP/1.1\r\nHost: h\r\n" TOKEN
		     "Content-Length: 99\r\nContent-Type: text/plain\r\n\r\n",
		    415),
		CASE("POST /ingest HTTP/1.1\r\nHost: h\r\n" TOKEN
		     "Content-Length: 99\r\n\r\n",
		    415),
		CASE(LINE "Content-Length: 99\r\nContent-Encoding: br\r\n\r\n",
		    415),
		CASE(LINE "Content-Length: 4\r\nContent-Encoding: gzip\r\n\r\n"
			  "{}{}",
		    400),
		CASE(LINE "Content-Length: 0\r\n\r\n", 400),
		CASE(LINE "Content-Length: 3\r\n\r\nNaN", 400),
		CASE(LINE "Content-Length: 5\r\n\r\n1e999", 400),
		CASE(LINE "Content-Length: 3\r\n\r\n\"\xff\"", 400),
		CASE(LINE "Content-Length: 3\r\n\r\n\"\0\"", 400),
		CASE(LINE "Content-Length: 13\r\n\r\n{\"a\":1,\"a\":2}", 400),
		CASE(LINE "Content-Length: 2\r\n\r\n{}", 422),
		CASE(LINE "Content-Length: 3\r\n\r\n[1]", 422),
#undef CASE
	};
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a = hub_post(ctx, SNAPSHOT);

	(void)state;
	hub_answer_free(&a);
	hub_deliver(ctx);
	for (size_t i = 0; i < sizeof(table) / sizeof *table; i++)
		refused(ctx, table[i].request, table[i].len, table[i].status);
	hub_stop(ctx);
}

static void
large_requests_are_refused(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	struct text packed = { 0 };
	struct buf b = { 0 };
	char *zeros = xcalloc(1, 9 << 20);
	struct hub_answer a;

	(void)state;
	/* a header of 64 KiB, and an address of it */
	buf_puts(&b, "GET /healthz HTTP/1.1\r\nHost: h\r\nX: ");
	memset(zeros, 'x', 65536);
	buf_add(&b, zeros, 65536);
	buf_puts(&b, "\r\n\r\n");
	refused(ctx, b.data, b.len, 431);
	buf_clear(&b);
	buf_puts(&b, "GET /");
	buf_add(&b, zeros, 65536);
	buf_puts(&b, " HTTP/1.1\r\nHost: h\r\n\r\n");
	refused(ctx, b.data, b.len, 414);
	/* a million brackets */
	buf_clear(&b);
	memset(zeros, '[', 1000000);
	buf_puts(&b, LINE "Content-Length: 1000000\r\n\r\n");
	buf_add(&b, zeros, 1000000);
	refused(ctx, b.data, b.len, 400);
	/* 9 MiB that are 9 KiB */
	memset(zeros, ' ', 9 << 20);
	assert_int_equal(gzip_add(&packed, zeros, 9 << 20), 0);
	buf_clear(&b);
	buf_printf(&b,
	    LINE "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
	    packed.len);
	buf_add(&b, packed.data, packed.len);
	refused(ctx, b.data, b.len, 413);
	a = hub_get(ctx, "/healthz", "");
	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	text_free(&packed);
	buf_free(&b);
	free(zeros);
	hub_stop(ctx);
}

static void
what_is_wrong_in_a_body_is_said(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a = hub_post(ctx, "{\"timestamp\": NaN}");
	json_t *body;

	(void)state;
	assert_int_equal(a.status, 400);
	assert_string_equal(a.body,
	    "{\"error\":\"not JSON: a value is expected at byte 14\","
	    "\"offset\":14}\n");
	hub_answer_free(&a);
	a = hub_post(ctx,
	    "{\"v\":1,\"host\":\"h\",\"plugins\":[{\"plugin\":\"x\","
	    "\"fields\":[[\"f\",\"gauge\",\"\"]],\"rows\":[[null,1,true],"
	    "[null,1,{}]]}]}");
	assert_int_equal(a.status, 422);
	body = json_loads(a.body, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(json_string_value(json_object_get(body, "path")),
	    "plugins[0].rows[0][2]");
	assert_string_equal(json_string_value(json_object_get(body, "error")),
	    "a number is expected");
	assert_int_equal(json_array_size(json_object_get(body, "errors")), 2);
	json_decref(body);
	hub_answer_free(&a);
	hub_stop(ctx);
}

static void
what_the_daemon_does_not_take_is_told(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	struct hub_answer a;

	(void)state;
	ctx->post_result = -EAGAIN;
	a = hub_post(ctx, SNAPSHOT);
	assert_int_equal(a.status, 503);
	has(&a, "Retry-After: 1\r\n");
	hub_answer_free(&a);
	ctx->post_result = -ESHUTDOWN;
	a = hub_post(ctx, SNAPSHOT);
	assert_int_equal(a.status, 503);
	hub_answer_free(&a);
	ctx->post_result = -EINVAL;
	a = hub_post(ctx, SNAPSHOT);
	assert_int_equal(a.status, 422);
	hub_answer_free(&a);
	ctx->post_result = 3;
	a = hub_post(ctx, SNAPSHOT);
	assert_int_equal(a.status, 200);
	has(&a, "\"accepted\":3");
	hub_answer_free(&a);
	hub_stop(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_load_balancer_needs_no_token),
		cmocka_unit_test(a_snapshot_is_posted_and_then_seen),
		cmocka_unit_test(what_comes_again_is_no_news_and_not_dropped),
		cmocka_unit_test(
		    a_batch_comes_as_it_was_sent_and_gzip_does_too),
		cmocka_unit_test(one_connection_serves_many_requests),
		cmocka_unit_test(a_head_has_no_body),
		cmocka_unit_test(the_page_shows_hosts_to_who_may_read),
		cmocka_unit_test(metrics_are_asked_of_the_daemon),
		cmocka_unit_test(
		    without_a_right_token_nothing_is_taken_or_shown),
		cmocka_unit_test(a_hub_without_a_token_says_how_to_make_one),
		cmocka_unit_test(open_read_is_for_this_machine_alone),
		cmocka_unit_test(
		    open_read_ends_where_an_address_is_not_loopback),
		cmocka_unit_test(
		    wrong_tokens_are_limited_and_the_right_one_is_not),
		cmocka_unit_test(refusals_are_recorded_but_no_flood_of_them),
		cmocka_unit_test(
		    hostile_requests_are_refused_and_change_nothing),
		cmocka_unit_test(large_requests_are_refused),
		cmocka_unit_test(what_is_wrong_in_a_body_is_said),
		cmocka_unit_test(what_the_daemon_does_not_take_is_told),
	};

	return cmocka_run_group_tests_name("hub_http", tests, NULL, NULL);
}
