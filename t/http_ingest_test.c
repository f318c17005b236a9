/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "fake_ctx.h"
#include "fake_server.h"

#define SECOND INT64_C(1000000000)
#define QUEUE "0123456789abcdef0123456789abcdef"
#define CANARY "canary-3f9a"

FETTLE_API extern const struct fettle_plugin http_ingest_LTX_fettle_plugin;

/* --- a writer and its server --------------------------------------------- */

struct world {
	struct fake_server *server;
	struct fettle_ctx *ctx;
	char token_file[32];
};

static int
begin(void **state)
{
	struct world *w = NEW(struct world);
	int fd;

	strcpy(w->token_file, "/tmp/http_ingest.XXXXXX");
	fd = mkstemp(w->token_file);
	assert_true(fd >= 0);
	assert_int_equal(
	    write(fd, CANARY "\n", sizeof(CANARY)), sizeof(CANARY));
	close(fd);
	w->server = fake_server_new();
	*state = w;
	return 0;
}

static void
stop(struct world *w)
{
	const struct fettle_plugin *p = &http_ingest_LTX_fettle_plugin;

	if (w->ctx == NULL)
		return;
	p->close(w->ctx);
	if (w->ctx->log.data != NULL)
		assert_null(strstr(w->ctx->log.data, CANARY));
	fake_free(w->ctx);
	w->ctx = NULL;
}

static int
end(void **state)
{
	struct world *w = *state;

	stop(w);
	unlink(w->token_file);
	fake_server_free(w->server);
	free(w);
	return 0;
}

/* Opens the writer with the server's URL, the token and more options. */
static void
start(struct world *w, const char *more)
{
	const struct fettle_plugin *p = &http_ingest_LTX_fettle_plugin;
	char *yaml = xasprintf("url: %s/ingest\ntoken_file: %s\n%s",
	    fake_server_url(w->server), w->token_file, more);

	w->ctx = fake_new(p, "hub", yaml);
	assert_int_equal(p->open(w->ctx), 0);
	free(yaml);
}

/* The member of the state that holds an option. */
static void *
option_of(struct fettle_ctx *ctx, const char *name)
{
	const struct fettle_options *o = &ctx->plugin->options;

	for (uint32_t i = 0; i < o->n; i++)
		if (strcmp(o->v[i].name, name) == 0)
			return (char *)ctx->self + o->v[i].offset;
	fail_msg("there is no option %s", name);
	return NULL;
}

static void
answer(
    struct world *w, const char *status, const char *headers, const char *body)
{
	char *text =
	    xasprintf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status,
		headers, strlen(body), body);

	fake_server_say(w->server, text, FAKE_KEEP);
	free(text);
}

/* --- batches ------------------------------------------------------------- */

static const struct fettle_field load_field = { "1m", FETTLE_GAUGE,
	FETTLE_NUMBER, "Load." };
static const struct fettle_field *const load_fields[] = { &load_field };

/* n lists of the plugin load. */
static int
write_lists(struct world *w, size_t n)
{
	struct fettle_list *lists = xcalloc(n, sizeof(*lists));
	const struct fettle_list **p = xcalloc(n, sizeof(*p));
	struct fettle_value *values = xcalloc(n, sizeof(*values));
	const struct fettle_batch batch = { sizeof(batch), p, n, QUEUE, 17 };
	int rc;

	for (size_t i = 0; i < n; i++) {
		values[i] = fettle_gauge((double)i / 4);
		lists[i] =
		    (struct fettle_list){ .size = sizeof(struct fettle_list),
			    .host = "web-1",
			    .plugin = "load",
			    .time_ns = (int64_t)(1763800000 + i) * SECOND,
			    .interval_ns = SECOND,
			    .fields = load_fields,
			    .values = &values[i],
			    .n = 1 };
		p[i] = &lists[i];
	}
	w->ctx->reason[0] = '\0';
	w->ctx->after_s = 0;
	rc = w->ctx->plugin->write(w->ctx, &batch);
	assert_null(strstr(w->ctx->reason, CANARY));
	free(values);
	free(p);
	free(lists);
	return rc;
}

/* The request's body is a batch of n lists. */
static void
check_batch(const char *body, size_t len, size_t n)
{
	json_t *group,
	    *d = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(d);
	assert_string_equal(
	    json_string_value(json_object_get(d, "queue")), QUEUE);
	assert_int_equal(json_integer_value(json_object_get(d, "seq")), 17);
	assert_true(json_number_value(json_object_get(d, "sent")) > 1.7e9);
	group = json_array_get(json_object_get(d, "plugins"), 0);
	assert_int_equal(json_array_size(json_object_get(group, "rows")), n);
	json_decref(d);
}

static void
check_plain(struct world *w, size_t i, size_t n)
{
	const struct fake_request *r = fake_server_request(w->server, i);

	assert_null(fake_server_header(r, "Content-Encoding"));
	check_batch(r->body, r->len, n);
}

static void
check_compressed(struct world *w, size_t i, size_t n)
{
	const struct fake_request *r = fake_server_request(w->server, i);
	char *encoding = fake_server_header(r, "Content-Encoding");
	const size_t room = 1 << 20;
	char *body = xcalloc(1, room);
	z_stream z = { .next_in = (Bytef *)r->body,
		.avail_in = (uInt)r->len,
		.next_out = (Bytef *)body,
		.avail_out = (uInt)room };

	assert_string_equal(encoding, "gzip");
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	check_batch(body, z.total_out, n);
	assert_true(r->len < z.total_out);
	inflateEnd(&z);
	free(body);
	free(encoding);
}

/* --- delivering ---------------------------------------------------------- */

static void
a_batch_is_posted_with_the_token(void **state)
{
	struct world *w = *state;
	const struct fake_request *r;
	char *token;

	start(w, "");
	assert_int_equal(write_lists(w, 3), FETTLE_DELIVERED);
	r = fake_server_request(w->server, 0);
	assert_int_equal(strncmp(r->head, "POST /ingest ", 13), 0);
	token = fake_server_header(r, "Authorization");
	assert_string_equal(token, "Bearer " CANARY);
	free(token);
	check_plain(w, 0, 3);
	assert_string_equal(w->ctx->reason, "");
}

static void
a_token_that_changes_is_used_from_then_on(void **state)
{
	struct world *w = *state;
	struct fettle_secret *token, old;
	char *sent;

	start(w, "");
	token = option_of(w->ctx, "token");
	old = *token;
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	token->text = "new";
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	token->text = NULL;
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	*token = old;
	sent = fake_server_header(
	    fake_server_request(w->server, 1), "Authorization");
	assert_string_equal(sent, "Bearer new");
	free(sent);
	assert_null(fake_server_header(
	    fake_server_request(w->server, 2), "Authorization"));
}

static void
larger_batches_are_compressed(void **state)
{
	struct world *w = *state;

	start(w, "");
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(write_lists(w, 5000), FETTLE_DELIVERED);
	check_plain(w, 0, 1);
	check_compressed(w, 1, 5000);
	stop(w);
	start(w, "compress_above: 0");
	assert_int_equal(write_lists(w, 20), FETTLE_DELIVERED);
	check_compressed(w, 2, 20);
	stop(w);
	start(w, "compress_above: 1GiB");
	assert_int_equal(write_lists(w, 5000), FETTLE_DELIVERED);
	check_plain(w, 3, 5000);
}

static void
who_refuses_compressed_bodies_gets_no_more_of_them(void **state)
{
	struct world *w = *state;

	start(w, "");
	answer(w, "415 Unsupported Media Type", "", "");
	assert_int_equal(write_lists(w, 500), FETTLE_DELIVERED);
	check_compressed(w, 0, 500);
	check_plain(w, 1, 500);
	assert_int_equal(write_lists(w, 500), FETTLE_DELIVERED);
	check_plain(w, 2, 500);
	answer(w, "415 Unsupported Media Type", "", "");
	assert_int_equal(write_lists(w, 500), FETTLE_REFUSED);
}

static void
what_the_hub_drops_is_said_once(void **state)
{
	static const char some[] =
	    "{\"message\": \"Metrics received\", \"accepted\": 1,\n"
	    " \"dropped\": {\"series\": 3}, \"token\": \"" CANARY "\"}";
	struct world *w = *state;

	start(w, "");
	answer(w, "200 OK", "", "{\"accepted\": 4, \"dropped\": 0}");
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	assert_null(w->ctx->log.data);
	answer(w, "200 OK", "", some);
	answer(w, "200 OK", "", "{\"accepted\": 1, \"dropped\": 3}");
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	assert_string_equal(w->ctx->log.data,
	    "<4>the hub does not keep all that is sent: {\"message\": "
	    "\"Metrics received\", \"accepted\": 1, \"dropped\": {\"series\": "
	    "3}, \"token\": \"*\"}\n");
	answer(w, "200 OK", "", "anything [ else");
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	answer(w, "200 OK", "", some);
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	assert_int_equal(w->ctx->log.data[w->ctx->log.len - 1], '\n');
	assert_ptr_not_equal(
	    strchr(w->ctx->log.data, '\n'), strrchr(w->ctx->log.data, '\n'));
}

/* --- not delivering ------------------------------------------------------ */

static void
every_answer_is_understood(void **state)
{
	static const struct {
		const char *status, *headers, *body;
		int answer;
		double after_s;
		const char *reason;
	} table[] = {
		{ "200 OK", "", "", FETTLE_DELIVERED, 0, "" },
		{ "204 No Content", "", "", FETTLE_DELIVERED, 0, "" },
		{ "301 Moved", "Location: /other\r\n", "", FETTLE_RETRY, 60,
		    "HTTP 301: redirects are not followed" },
		{ "308 Moved", "Location: http://127.0.0.1:1/\r\n", "",
		    FETTLE_RETRY, 60, "HTTP 308: redirects are not followed" },
		{ "400 Bad Request", "", "{\"error\": \"no\nJSON\"}",
		    FETTLE_REFUSED, 0, "HTTP 400: {\"error\": \"no JSON\"}" },
		{ "401 Unauthorized", "", "who is " CANARY "?",
		    FETTLE_UNAUTHORISED, 0, "HTTP 401: who is *?" },
		{ "403 Forbidden", "", "", FETTLE_UNAUTHORISED, 0,
		    "HTTP 403" },
		{ "404 Not Found", "", "", FETTLE_UNAUTHORISED, 0,
		    "HTTP 404" },
		{ "405 Method Not Allowed", "", "", FETTLE_UNAUTHORISED, 0,
		    "HTTP 405" },
		{ "408 Request Timeout", "", "", FETTLE_RETRY, 0, "HTTP 408" },
		{ "413 Too Large", "", "", FETTLE_TOO_LARGE, 0, "HTTP 413" },
		{ "415 Unsupported", "", "", FETTLE_REFUSED, 0, "HTTP 415" },
		{ "422 Unprocessable", "", "plugins[0].rows[3][2]: text",
		    FETTLE_REFUSED, 0,
		    "HTTP 422: plugins[0].rows[3][2]: text" },
		{ "425 Too Early", "", "", FETTLE_RETRY, 0, "HTTP 425" },
		{ "429 Too Many", "Retry-After: 17\r\n", "", FETTLE_RETRY, 17,
		    "HTTP 429" },
		{ "500 Oops", "", "", FETTLE_RETRY, 0, "HTTP 500" },
		{ "503 Busy", "Retry-After: 7200\r\n", "full", FETTLE_RETRY,
		    600, "HTTP 503: full" },
		{ "599 Odd", "", "", FETTLE_RETRY, 0, "HTTP 599" },
		{ "999 Odd", "", "", FETTLE_RETRY, 0, "HTTP 999" },
	};
	struct world *w = *state;

	start(w, "");
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		answer(w, table[i].status, table[i].headers, table[i].body);
		assert_int_equal(write_lists(w, 1), table[i].answer);
		assert_string_equal(w->ctx->reason, table[i].reason);
		assert_true(w->ctx->after_s == table[i].after_s);
	}
	assert_int_equal(w->ctx->failed, 0);
	assert_int_equal(
	    fake_server_requests(w->server), sizeof(table) / sizeof(*table));
}

static void
a_server_that_says_nothing_costs_no_more_than_is_left(void **state)
{
	struct world *w = *state;

	start(w, "");
	w->ctx->left = SECOND / 5;
	fake_server_say(w->server, "", FAKE_HANG);
	assert_int_equal(write_lists(w, 1), FETTLE_RETRY);
	assert_string_equal(w->ctx->reason, "no answer in time");
	fake_server_say(w->server,
	    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", FAKE_RESET);
	assert_int_equal(write_lists(w, 1), FETTLE_RETRY);
	w->ctx->left = 0;
	assert_int_equal(write_lists(w, 1), FETTLE_RETRY);
	assert_string_equal(w->ctx->reason, "no time left");
}

static void
a_way_is_used_until_it_fails(void **state)
{
	struct world *w = *state;
	struct fake_server *gone = fake_server_new();
	struct fake_server *other = fake_server_new();
	char *yaml = xasprintf("url: [%s, %s, %s]", fake_server_url(gone),
	    fake_server_url(w->server), fake_server_url(other));
	const struct fettle_plugin *p = &http_ingest_LTX_fettle_plugin;

	fake_server_free(gone);
	w->ctx = fake_new(p, "hub", yaml);
	assert_int_equal(p->open(w->ctx), 0);
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
	/* a hub that refuses is there all the same */
	answer(w, "429 Too Many", "", "");
	assert_int_equal(write_lists(w, 1), FETTLE_RETRY);
	assert_int_equal(fake_server_connections(other), 0);
	/* half an answer: at once by the next; a gateway's error: next time */
	fake_server_say(w->server,
	    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", FAKE_RESET);
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(other), 1);
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(other), 2);
	fake_server_say(other,
	    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
	    FAKE_KEEP);
	assert_int_equal(write_lists(w, 1), FETTLE_RETRY);
	assert_int_equal(fake_server_requests(w->server), 4);
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 5);
	free(yaml);
	fake_server_free(other);
}

/* --- format: snapshot ---------------------------------------------------- */

/* An hour that is over, and one that is yet to come. */
#define PAST 1763800000
#define FUTURE 4000000000

static const struct fettle_field total = { "total", FETTLE_GAUGE, FETTLE_BYTES,
	NULL };
static const struct fettle_field used = { "used", FETTLE_GAUGE, FETTLE_BYTES,
	NULL };
static const struct fettle_field available = { "available", FETTLE_GAUGE,
	FETTLE_BYTES, NULL };
static const struct fettle_field free_bytes = { "free", FETTLE_GAUGE,
	FETTLE_BYTES, NULL };
static const struct fettle_field percent = { "percent", FETTLE_GAUGE,
	FETTLE_PERCENT, NULL };
static const struct fettle_field user = { "user", FETTLE_GAUGE, FETTLE_PERCENT,
	NULL };
static const struct fettle_field *const cpu_fields[] = { &user, &percent };
static const struct fettle_field *const memory_fields[] = { &total, &used,
	&free_bytes, &available, &percent };
static const struct fettle_field *const disk_fields[] = { &total, &used,
	&free_bytes, &percent };

/* A batch in the making. */
struct feed {
	struct fettle_list lists[64];
	const struct fettle_list *p[64];
	struct fettle_value values[64][5];
	size_t n;
	uint64_t seq;
};

static void
add_list(struct feed *f, const char *plugin, const char *instance,
    int64_t second, const struct fettle_field *const *fields,
    const double *values, size_t n)
{
	assert_true(f->n < 64);
	f->lists[f->n] = (struct fettle_list){ .size = sizeof(f->lists[0]),
		.host = "web-1",
		.plugin = plugin,
		.instance = instance,
		.time_ns = second * SECOND,
		.interval_ns = 10 * SECOND,
		.fields = fields,
		.values = f->values[f->n],
		.n = n };
	for (size_t i = 0; i < n; i++)
		f->values[f->n][i] = fettle_gauge(values[i]);
	f->p[f->n] = &f->lists[f->n];
	f->n++;
}

static void
add_cpu(struct feed *f, const char *core, int64_t second, double busy)
{
	const double v[] = { busy / 2, busy };

	add_list(f, "cpu", core, second, cpu_fields, v, 2);
}

static void
add_memory(struct feed *f, int64_t second)
{
	const double v[] = { 25200000000, 4200000000, 1e9, 21000000000, 16.7 };

	add_list(f, "memory", NULL, second, memory_fields, v, 5);
}

static void
add_disk(struct feed *f, const char *mount, int64_t second)
{
	const double v[] = { 270000000000, 17000000000, 239000000000, 6.6 };

	add_list(f, "disk", mount, second, disk_fields, v, 4);
}

static void
add_tick(struct feed *f, int64_t second)
{
	add_cpu(f, NULL, second, 26.3);
	add_cpu(f, "0", second, 12.5);
	add_cpu(f, "1", second, 40.1);
	add_memory(f, second);
	add_disk(f, "/", second);
	add_disk(f, "/home", second);
}

static void
set_host(struct feed *f, size_t from, const char *host)
{
	for (; from < f->n; from++)
		f->lists[from].host = host;
}

/* Writes the feed; where it is delivered the next begins behind it. */
static int
write_feed(struct world *w, struct feed *f)
{
	const struct fettle_batch batch = { sizeof(batch), f->p, f->n, QUEUE,
		f->seq };
	const int rc = w->ctx->plugin->write(w->ctx, &batch);

	assert_null(strstr(w->ctx->reason, CANARY));
	if (rc == FETTLE_DELIVERED) {
		f->seq += f->n;
		f->n = 0;
	}
	return rc;
}

static void
check_snapshot(struct world *w, size_t i, const char *host, int64_t second)
{
	json_t *d =
	    json_loads(fake_server_request(w->server, i)->body, 0, NULL);

	assert_non_null(d);
	assert_int_equal(
	    json_integer_value(json_object_get(d, "timestamp")), second);
	assert_string_equal(
	    json_string_value(json_object_get(d, "hostname")), host);
	json_decref(d);
}

static void
a_snapshot_has_what_is_documented_and_no_more(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };
	const struct fake_request *r;
	const double load = 0.5;

	start(w, "format: snapshot\ncompress_above: 0");
	add_tick(&f, FUTURE);
	add_list(&f, "load", NULL, FUTURE, load_fields, &load, 1);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 1);
	r = fake_server_request(w->server, 0);
	assert_null(fake_server_header(r, "Content-Encoding"));
	assert_string_equal(r->body,
	    "{\"timestamp\":4000000000,\"hostname\":\"web-1\","
	    "\"cpu\":{\"per_core\":[12.5,40.1],\"average\":26.3},"
	    "\"memory\":{\"total\":25200000000,\"used\":4200000000,"
	    "\"free\":21000000000,\"percent\":16.7},"
	    "\"disk\":{\"total\":270000000000,\"used\":17000000000,"
	    "\"free\":239000000000,\"percent\":6.6}}");
}

static void
every_host_and_second_is_a_request(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	add_tick(&f, FUTURE);
	set_host(&f, 6, "web-0");
	add_tick(&f, FUTURE + 10);
	add_tick(&f, FUTURE + 10);
	set_host(&f, 18, "web-0");
	add_tick(&f, FUTURE + 20);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 5);
	check_snapshot(w, 0, "web-1", FUTURE);
	check_snapshot(w, 1, "web-0", FUTURE);
	check_snapshot(w, 2, "web-1", FUTURE + 10);
	check_snapshot(w, 3, "web-0", FUTURE + 10);
	check_snapshot(w, 4, "web-1", FUTURE + 20);
	assert_int_equal(fake_server_connections(w->server), 1);
}

static void
what_a_batch_cuts_in_two_waits_for_the_rest(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	add_cpu(&f, NULL, FUTURE + 10, 30);
	add_cpu(&f, "0", FUTURE + 10, 20);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 1);
	add_cpu(&f, "1", FUTURE + 10, 40);
	add_memory(&f, FUTURE + 10);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 1);
	add_disk(&f, "/", FUTURE + 10);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
	check_snapshot(w, 1, "web-1", FUTURE + 10);
	assert_non_null(strstr(fake_server_request(w->server, 1)->body,
	    "\"per_core\":[20.0,40.0],\"average\":30.0"));
	add_disk(&f, "/home", FUTURE + 10);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
}

static void
an_interval_that_is_over_is_not_waited_for(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_tick(&f, PAST);
	add_cpu(&f, NULL, PAST + 10, 30);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
	check_snapshot(w, 1, "web-1", PAST + 10);
}

static void
slower_plugins_are_repeated_for_three_intervals(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_disk(&f, "/", FUTURE);
	f.lists[0].interval_ns = 60 * SECOND;
	for (int64_t t = 0; t < 240; t += 10) {
		add_cpu(&f, NULL, FUTURE + t, 30);
		add_memory(&f, FUTURE + t);
	}
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 18);
	check_snapshot(w, 17, "web-1", FUTURE + 170);
}

static void
a_retry_goes_on_where_it_stopped(void **state)
{
	static const int64_t seconds[] = { FUTURE, FUTURE + 400, FUTURE + 400,
		FUTURE + 400, FUTURE + 800, FUTURE + 800, FUTURE + 1200 };
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	for (int64_t t = 0; t < 1600; t += 400)
		add_tick(&f, FUTURE + t);
	answer(w, "200 OK", "", "");
	answer(w, "503 Busy", "Retry-After: 3\r\n", "");
	answer(w, "401 Unauthorized", "", "");
	answer(w, "200 OK", "", "");
	fake_server_say(w->server,
	    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", FAKE_CLOSE);
	assert_int_equal(write_feed(w, &f), FETTLE_RETRY);
	assert_true(w->ctx->after_s == 3);
	assert_int_equal(write_feed(w, &f), FETTLE_UNAUTHORISED);
	assert_int_equal(write_feed(w, &f), FETTLE_RETRY);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 7);
	for (size_t i = 0; i < 7; i++)
		check_snapshot(w, i, "web-1", seconds[i]);
}

static void
the_last_of_a_batch_is_tried_again_too(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	answer(w, "503 Busy", "", "");
	assert_int_equal(write_feed(w, &f), FETTLE_RETRY);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
	check_snapshot(w, 1, "web-1", FUTURE);
}

static void
a_refused_snapshot_names_its_lists_and_stops_no_other(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	add_tick(&f, FUTURE + 10);
	add_tick(&f, FUTURE + 20);
	answer(w, "200 OK", "", "");
	answer(w, "422 Unprocessable", "", "no " CANARY);
	answer(w, "413 Too Large", "", "");
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 3);
	/* /home is in none */
	assert_int_equal(w->ctx->refused.n, 10);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(w->ctx->refused.v[i], 6 + i);
		assert_int_equal(w->ctx->refused.v[5 + i], 12 + i);
	}
	assert_null(w->ctx->log.data);
}

static void
what_never_is_complete_is_said_once(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	for (int64_t t = 0; t < 100; t += 10) {
		add_cpu(&f, NULL, PAST + t, 30);
		add_memory(&f, PAST + t);
		add_disk(&f, "/home", PAST + t);
		if (t == 10)
			assert_null(w->ctx->log.data);
	}
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 0);
	assert_string_equal(w->ctx->log.data,
	    "<4>no snapshot of \"web-1\" can be sent: there is no "
	    "disk[/]\n");
}

static void
nothing_is_sent_that_cpu_says_only_half_of(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_tick(&f, PAST);
	/* a first reading: no shares yet; then cores without their average */
	f.values[0][1].kind = f.values[1][1].kind = f.values[2][1].kind = 0;
	add_tick(&f, PAST + 10);
	f.values[6][1].kind = 0;
	add_tick(&f, PAST + 20);
	f.values[13][1].kind = 0;
	add_tick(&f, PAST + 30);
	f.values[18][1].kind = 0;
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_null(w->ctx->log.data);
	assert_int_equal(fake_server_requests(w->server), 1);
	check_snapshot(w, 0, "web-1", PAST + 20);
	assert_null(strstr(fake_server_request(w->server, 0)->body, "null"));
}

static void
a_host_that_is_silent_for_an_hour_is_forgotten(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	for (size_t i = 0; i < f.n; i++)
		f.lists[i].interval_ns = 7200 * SECOND;
	add_tick(&f, FUTURE + 3000);
	set_host(&f, 6, "web-0");
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	add_cpu(&f, NULL, FUTURE + 3010, 50);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 3);
	add_tick(&f, FUTURE + 7000);
	set_host(&f, 0, "web-0");
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 4);
	add_cpu(&f, NULL, FUTURE + 7000, 50);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(w->ctx->plugin->flush(w->ctx), 0);
	assert_int_equal(fake_server_requests(w->server), 4);
}

static void
flushing_sends_what_waits(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_cpu(&f, NULL, FUTURE, 30);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(w->ctx->plugin->flush(w->ctx), 0);
	assert_int_equal(fake_server_requests(w->server), 0);
	add_tick(&f, FUTURE + 10);
	add_cpu(&f, NULL, FUTURE + 20, 31);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 1);
	answer(w, "503 Busy", "", "");
	assert_int_equal(w->ctx->plugin->flush(w->ctx), -EAGAIN);
	assert_int_equal(w->ctx->plugin->flush(w->ctx), 0);
	assert_int_equal(w->ctx->plugin->flush(w->ctx), 0);
	assert_int_equal(fake_server_requests(w->server), 3);
	check_snapshot(w, 2, "web-1", FUTURE + 20);
}

static void
a_clock_that_is_set_back_begins_anew(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	add_memory(&f, FUTURE - 10); /* late */
	add_tick(&f, FUTURE - 7200);
	add_tick(&f, FUTURE - 7190);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 3);
	check_snapshot(w, 0, "web-1", FUTURE);
	check_snapshot(w, 1, "web-1", FUTURE - 7200);
	check_snapshot(w, 2, "web-1", FUTURE - 7190);
}

static void
another_queue_counts_from_its_own_beginning(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1000 };
	struct fettle_batch batch;

	start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	add_tick(&f, FUTURE + 10);
	batch = (struct fettle_batch){ sizeof(batch), f.p, f.n,
		"ffffffffffffffffffffffffffffffff", 1 };
	assert_int_equal(w->ctx->plugin->write(w->ctx, &batch), 0);
	check_snapshot(w, 1, "web-1", FUTURE + 10);
}

/* --- opening ------------------------------------------------------------- */

static void
check_open(const char *yaml, int rc, const char *reason)
{
	const struct fettle_plugin *p = &http_ingest_LTX_fettle_plugin;
	struct fettle_ctx *ctx = fake_new(p, "hub", yaml);

	assert_int_equal(p->open(ctx), rc);
	if (rc != 0)
		assert_non_null(strstr(ctx->reason, reason));
	else
		p->close(ctx);
	assert_null(strstr(ctx->reason, CANARY));
	fake_free(ctx);
}

static void
urls_that_expose_or_make_no_sense_are_refused(void **state)
{
	(void)state;
	check_open("url: http://127.0.0.1:1/ingest", 0, NULL);
	check_open("url: https://hub.example:8000/ingest", 0, NULL);
	check_open(
	    "url: http://hub.example:8000/ingest", -EINVAL, "cleartext: true");
	check_open("url: http://hub.example/\ncleartext: true", 0, NULL);
	check_open("url: [https://hub.example/, http://hub2.example/]",
	    -EINVAL, "cleartext: true");
	check_open("url: http://me:" CANARY "@127.0.0.1/", -EINVAL,
	    "user or a password");
	check_open("url: ftp://hub.example/", -EINVAL, "https://");
	check_open("url: https://hub.example/\nca_file: /nowhere", -ENOENT,
	    "/nowhere");
	/* what goes through a proxy does not stay here */
	check_open("url: http://localhost/\nproxy: http://127.0.0.1:1",
	    -EINVAL, "cleartext: true");
	check_open(
	    "url: https://hub.example/\nproxy: http://127.0.0.1:1", 0, NULL);
	check_open("url: https://hub.example/\nproxy: http://me:" CANARY
		   "@127.0.0.1:1",
	    -EINVAL, "proxy");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_batch_is_posted_with_the_token),
		IN_WORLD(a_token_that_changes_is_used_from_then_on),
		IN_WORLD(larger_batches_are_compressed),
		IN_WORLD(who_refuses_compressed_bodies_gets_no_more_of_them),
		IN_WORLD(what_the_hub_drops_is_said_once),
		IN_WORLD(every_answer_is_understood),
		IN_WORLD(
		    a_server_that_says_nothing_costs_no_more_than_is_left),
		IN_WORLD(a_way_is_used_until_it_fails),
		IN_WORLD(a_snapshot_has_what_is_documented_and_no_more),
		IN_WORLD(every_host_and_second_is_a_request),
		IN_WORLD(what_a_batch_cuts_in_two_waits_for_the_rest),
		IN_WORLD(an_interval_that_is_over_is_not_waited_for),
		IN_WORLD(slower_plugins_are_repeated_for_three_intervals),
		IN_WORLD(a_retry_goes_on_where_it_stopped),
		IN_WORLD(the_last_of_a_batch_is_tried_again_too),
		IN_WORLD(
		    a_refused_snapshot_names_its_lists_and_stops_no_other),
		IN_WORLD(what_never_is_complete_is_said_once),
		IN_WORLD(nothing_is_sent_that_cpu_says_only_half_of),
		IN_WORLD(a_host_that_is_silent_for_an_hour_is_forgotten),
		IN_WORLD(flushing_sends_what_waits),
		IN_WORLD(a_clock_that_is_set_back_begins_anew),
		IN_WORLD(another_queue_counts_from_its_own_beginning),
		cmocka_unit_test(
		    urls_that_expose_or_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests_name("http_ingest", tests, NULL, NULL);
}
