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

#include "ingest_world.h"

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
	const struct fettle_batch batch = { .size = sizeof(batch),
		.lists = p,
		.n = n,
		.queue = QUEUE,
		.seq = 17 };
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
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(d, "sender"), "version")),
	    PACKAGE_VERSION);
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

	world_start(w, "");
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

	world_start(w, "");
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

	world_start(w, "");
	assert_int_equal(write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(write_lists(w, 5000), FETTLE_DELIVERED);
	check_plain(w, 0, 1);
	check_compressed(w, 1, 5000);
	world_stop(w);
	world_start(w, "compress_above: 0");
	assert_int_equal(write_lists(w, 20), FETTLE_DELIVERED);
	check_compressed(w, 2, 20);
	world_stop(w);
	world_start(w, "compress_above: 1GiB");
	assert_int_equal(write_lists(w, 5000), FETTLE_DELIVERED);
	check_plain(w, 3, 5000);
}

static void
who_refuses_compressed_bodies_gets_no_more_of_them(void **state)
{
	struct world *w = *state;

	world_start(w, "");
	world_answer(w, "415 Unsupported Media Type", "", "");
	assert_int_equal(write_lists(w, 500), FETTLE_DELIVERED);
	check_compressed(w, 0, 500);
	check_plain(w, 1, 500);
	assert_int_equal(write_lists(w, 500), FETTLE_DELIVERED);
	check_plain(w, 2, 500);
	world_answer(w, "415 Unsupported Media Type", "", "");
	assert_int_equal(write_lists(w, 500), FETTLE_REFUSED);
}

static void
what_the_hub_drops_is_said_once(void **state)
{
	static const char some[] =
	    "{\"message\": \"Metrics received\", \"accepted\": 1,\n"
	    " \"dropped\": {\"series\": 3}, \"token\": \"" CANARY "\"}";
	struct world *w = *state;

	world_start(w, "");
	world_answer(w, "200 OK", "", "{\"accepted\": 4, \"dropped\": 0}");
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	assert_null(w->ctx->log.data);
	world_answer(w, "200 OK", "", some);
	world_answer(w, "200 OK", "", "{\"accepted\": 1, \"dropped\": 3}");
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	assert_string_equal(w->ctx->log.data,
	    "<4>the hub does not keep all that is sent: {\"message\": "
	    "\"Metrics received\", \"accepted\": 1, \"dropped\": {\"series\": "
	    "3}, \"token\": \"*\"}\n");
	world_answer(w, "200 OK", "", "anything [ else");
	assert_int_equal(write_lists(w, 4), FETTLE_DELIVERED);
	world_answer(w, "200 OK", "", some);
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

	world_start(w, "");
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		world_answer(
		    w, table[i].status, table[i].headers, table[i].body);
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

	world_start(w, "");
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
	world_answer(w, "429 Too Many", "", "");
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
		cmocka_unit_test(
		    urls_that_expose_or_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests_name("http_ingest", tests, NULL, NULL);
}
