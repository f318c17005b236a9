/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/listen.h"
#include "common/peer.h"
#include "write/ringbuffer_http/auth.h"
#include "write/ringbuffer_http/gate.h"
#include "write/ringbuffer_http/inflate.h"
#include "write/ringbuffer_http/limit.h"
#include "write/ringbuffer_http/query.h"

#include "common/gzip.h"

#define S INT64_C(1000000000)

/* --- the gate ------------------------------------------------------------ */

/* "METHOD PATH VERSION\nName: value\n...", split in place. */
static void
read_request(struct gate *g, char *text)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);
	char *rest = NULL, *method = strtok_r(line, " ", &rest);
	const char *path = strtok_r(NULL, " ", &rest);

	gate_begin(g, gate_find(path, strlen(path)), method,
	    strtok_r(NULL, " ", &rest));
	while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
		char *colon = strstr(line, ": ");

		assert_non_null(colon);
		*colon = '\0';
		gate_header(g, line, colon + 2);
	}
}

static enum refusal
judge(const char *text, const char **why)
{
	char copy[2048];
	struct gate g;

	strcpy(copy, text);
	read_request(&g, copy);
	return gate_framing(&g, 1000, why);
}

#define POST "POST /ingest HTTP/1.1\nHost: h\n"
#define GET "GET /history HTTP/1.1\nHost: h\n"

static void
ambiguous_requests_are_refused_before_their_body(void **state)
{
	static const struct {
		const char *request;
		enum refusal refusal;
		const char *why;
	} table[] = {
		{ POST "Content-Length: 5\n", REFUSED_NOT, "" },
		{ POST "Content-Length: 1000\n", REFUSED_NOT, "" },
		{ GET, REFUSED_NOT, "" },
		{ GET "Content-Length: 0\n", REFUSED_NOT, "" },
		{ "HEAD /metrics HTTP/1.1\nHost: h\n", REFUSED_NOT, "" },
		{ "GET /healthz HTTP/1.0\n", REFUSED_NOT, "" },
		{ POST "Content-Length: 5\ncontent-length: 5\n",
		    REFUSED_FRAMING, "more than one Content-Length" },
		{ POST "Content-Length: 5\nTransfer-Encoding: chunked\n",
		    REFUSED_FRAMING, "Content-Length and Transfer-Encoding" },
		{ POST "Transfer-Encoding: chunked\nTransfer-Encoding: x\n",
		    REFUSED_FRAMING, "more than one Transfer-Encoding" },
		{ POST "Content-Length: +5\n", REFUSED_FRAMING,
		    "Content-Length is no number" },
		{ POST "Content-Length: 0x5\n", REFUSED_FRAMING,
		    "Content-Length is no number" },
		{ POST "Content-Length: 5, 5\n", REFUSED_FRAMING,
		    "Content-Length is no number" },
		{ POST "Content-Length: 5 \n", REFUSED_FRAMING,
		    "Content-Length is no number" },
		{ POST "Content-Length: -1\n", REFUSED_FRAMING,
		    "Content-Length is no number" },
		{ POST "Content-Length: 9999999999999999999\n",
		    REFUSED_FRAMING, "Content-Length is no number" },
		{ POST "Host: h\nContent-Length: 5\n", REFUSED_FRAMING,
		    "one Host header is needed" },
		{ "GET /history HTTP/1.1\n", REFUSED_FRAMING,
		    "one Host header is needed" },
		{ GET "Authorization: a\nAuthorization: a\n", REFUSED_FRAMING,
		    "more than one Authorization" },
		{ POST "Content-Type: a\nContent-Type: b\n", REFUSED_FRAMING,
		    "more than one Content-Type or Content-Encoding" },
		{ GET "X: a\x01"
		      "b\n",
		    REFUSED_FRAMING,
		    "a header with a character that it must not have" },
		{ GET "X : a\n", REFUSED_FRAMING,
		    "a header with a character that it must not have" },
		{ GET "Content-Length: 1\n", REFUSED_FRAMING,
		    "a body where none is taken" },
		{ GET "Transfer-Encoding: chunked\n", REFUSED_FRAMING,
		    "a body where none is taken" },
		{ POST "Transfer-Encoding: chunked\n", REFUSED_LENGTH,
		    "a Content-Length is needed, chunks are not taken" },
		{ POST, REFUSED_LENGTH,
		    "a Content-Length is needed, chunks are not taken" },
		{ POST "Content-Length: 1001\n", REFUSED_SIZE,
		    "the body is too large" },
		{ POST "Content-Length: 999999999999999999\n", REFUSED_SIZE,
		    "the body is too large" },
		{ "GET /historyx HTTP/1.1\nHost: h\n", REFUSED_PATH,
		    "there is nothing here" },
		{ "GET //history HTTP/1.1\nHost: h\n", REFUSED_PATH,
		    "there is nothing here" },
		{ "GET /%68istory HTTP/1.1\nHost: h\n", REFUSED_PATH,
		    "there is nothing here" },
		{ "GET http://h/history HTTP/1.1\nHost: h\n", REFUSED_PATH,
		    "there is nothing here" },
		{ "GET /ingest HTTP/1.1\nHost: h\n", REFUSED_METHOD,
		    "not with this method" },
		{ "PUT /ingest HTTP/1.1\nHost: h\nContent-Length: 5\n",
		    REFUSED_METHOD, "not with this method" },
		{ "post /ingest HTTP/1.1\nHost: h\nContent-Length: 5\n",
		    REFUSED_METHOD, "not with this method" },
		{ "POST /history HTTP/1.1\nHost: h\nContent-Length: 5\n",
		    REFUSED_METHOD, "not with this method" },
	};
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof *table; i++) {
		const enum refusal refusal = judge(table[i].request, &why);

		if (refusal != table[i].refusal)
			fail_msg(
			    "%s: %s", table[i].request, refusal_name(refusal));
		if (refusal != REFUSED_NOT)
			assert_string_equal(why, table[i].why);
	}
}

static enum refusal
type_of(const char *headers)
{
	char copy[512] = POST;
	const char *why;
	struct gate g;

	strcat(copy, headers);
	read_request(&g, copy);
	return gate_type(&g, &why);
}

static void
only_json_is_taken_plain_or_with_gzip(void **state)
{
	(void)state;
	assert_int_equal(
	    type_of("Content-Type: application/json\n"), REFUSED_NOT);
	assert_int_equal(
	    type_of("Content-Type: Application/JSON ; charset=utf-8\n"
		    "Content-Encoding: gzip\n"),
	    REFUSED_NOT);
	assert_int_equal(type_of("Content-Type: application/json\n"
				 "Content-Encoding: Identity\n"),
	    REFUSED_NOT);
	assert_int_equal(type_of(""), REFUSED_TYPE);
	assert_int_equal(
	    type_of("Content-Type: application/jsonx\n"), REFUSED_TYPE);
	assert_int_equal(type_of("Content-Type: text/plain\n"), REFUSED_TYPE);
	assert_int_equal(type_of("Content-Type: application/json\n"
				 "Content-Encoding: br\n"),
	    REFUSED_TYPE);
	assert_int_equal(type_of("Content-Type: application/json\n"
				 "Content-Encoding: gzip, gzip\n"),
	    REFUSED_TYPE);
}

/* --- who it is ----------------------------------------------------------- */

static enum auth_verdict
check(struct auth *a, const char *authorization)
{
	struct gate g = { .endpoint = GATE_INGEST };
	struct auth_who who;

	if (authorization != NULL)
		gate_header(&g, "authorization", authorization);
	return auth_check(a, &g, 1, &who);
}

static void
set(struct auth *a, const char *token)
{
	struct tokens tokens = { 0 };

	if (token != NULL)
		assert_true(tokens_add_shared(&tokens, token));
	auth_set(a, &tokens);
}

static void
a_token_is_right_or_it_is_not(void **state)
{
	struct auth a;

	(void)state;
	auth_init(&a);
	assert_int_equal(check(&a, "Bearer secret"), AUTH_IMPOSSIBLE);
	set(&a, "secret");
	assert_int_equal(check(&a, NULL), AUTH_NONE);
	assert_int_equal(check(&a, "Bearer secret"), AUTH_RIGHT);
	assert_int_equal(check(&a, "bearer   secret  "), AUTH_RIGHT);
	assert_int_equal(check(&a, "Bearer secre"), AUTH_WRONG);
	assert_int_equal(check(&a, "Bearer secrets"), AUTH_WRONG);
	assert_int_equal(check(&a, "Bearersecret"), AUTH_WRONG);
	assert_int_equal(check(&a, "Bearer "), AUTH_WRONG);
	assert_int_equal(check(&a, "Basic secret"), AUTH_WRONG);
	assert_int_equal(check(&a, ""), AUTH_WRONG);
	set(&a, "other");
	assert_int_equal(check(&a, "Bearer secret"), AUTH_WRONG);
	set(&a, NULL);
	assert_int_equal(check(&a, "Bearer other"), AUTH_IMPOSSIBLE);
	auth_fini(&a);
}

static bool
is_local(const char *address, const char *name, const char *value)
{
	struct gate g = { .endpoint = GATE_HISTORY };
	struct peer peer;
	const char *why;

	assert_true(peer_parse(&peer, address));
	gate_header(&g, "Host", "localhost:8000");
	gate_header(&g, name, value);
	return auth_is_local(&g, &peer, &why);
}

static void
only_this_machine_reads_without_a_token(void **state)
{
	static const char *const hosts[] = { "localhost", "LocalHost:1",
		"127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000" };
	static const char *const others[] = { "", "evil.example",
		"localhost.evil.example", "localhost:", "localhost:x",
		"localhost:80 ", "127.0.0.1.evil.example", "127.0.0.2", "::1",
		"[::1", "[::1]x", "xlocalhost" };
	static const char *const proxied[] = { "Forwarded", "x-forwarded-for",
		"X-Real-IP", "Via", "X-Forwarded-Host" };

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof *hosts; i++)
		assert_true(is_local("127.0.0.1", "Host", hosts[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof *others; i++)
		if (is_local("127.0.0.1", "Host", others[i]))
			fail_msg("Host: %s", others[i]);
	for (size_t i = 0; i < sizeof(proxied) / sizeof *proxied; i++)
		assert_false(is_local("127.0.0.1", proxied[i], ""));
	assert_true(is_local("127.1.2.3", "X", ""));
	assert_true(is_local("::1", "X", ""));
	assert_false(is_local("10.0.0.1", "X", ""));
	assert_false(is_local("::2", "X", ""));
}

static void
is_behind(const char *peer, const char *forwarded_for, const char *client)
{
	struct peer p, proxies[2], found;
	char text[PEER_TEXT];

	assert_true(peer_parse(&p, peer));
	assert_true(peer_parse(&proxies[0], "10.0.0.1"));
	assert_true(peer_parse(&proxies[1], "[fd00::1]"));
	found = peer_behind(&p, forwarded_for, proxies, 2);
	peer_text(&found, text);
	assert_string_equal(text, client);
}

static void
only_known_proxies_are_believed(void **state)
{
	(void)state;
	is_behind("10.0.0.9", "1.2.3.4", "10.0.0.9");
	is_behind("10.0.0.1", NULL, "10.0.0.1");
	is_behind("10.0.0.1", "1.2.3.4", "1.2.3.4");
	is_behind("10.0.0.1", "9.9.9.9, 1.2.3.4", "1.2.3.4");
	is_behind("10.0.0.1", "9.9.9.9,1.2.3.4 , fd00::1", "1.2.3.4");
	is_behind("fd00::1", " 2001:db8::7 ", "2001:db8::7");
	is_behind("10.0.0.1", "1.2.3.4, evil", "10.0.0.1");
	is_behind("10.0.0.1", "", "10.0.0.1");
	is_behind("10.0.0.1", ",,,", "10.0.0.1");
}

static void
neighbours_are_one_party(void **state)
{
	struct peer a, b, c, d;

	(void)state;
	assert_true(peer_parse(&a, "192.0.2.1"));
	assert_true(peer_parse(&b, "192.0.2.200"));
	assert_true(peer_parse(&c, "192.0.3.1"));
	assert_true(peer_party(&a) == peer_party(&b));
	assert_true(peer_party(&a) != peer_party(&c));
	assert_true(peer_parse(&a, "2001:db8:0:1::1"));
	assert_true(peer_parse(&b, "2001:db8:0:1:ffff::2"));
	assert_true(peer_parse(&c, "2001:db8:0:2::1"));
	assert_true(peer_party(&a) == peer_party(&b));
	assert_true(peer_party(&a) != peer_party(&c));
	assert_true(peer_parse(&d, "::ffff:192.0.2.1"));
	assert_true(peer_parse(&a, "192.0.2.1"));
	assert_true(peer_equal(&a, &d));
	assert_false(peer_parse(&a, "192.0.2"));
	assert_false(peer_parse(&a, "host.example"));
	assert_false(peer_parse(&a, "[::1"));
}

/* --- limits -------------------------------------------------------------- */

static void
a_bucket_gives_its_burst_and_then_one_at_a_time(void **state)
{
	struct limit *l = malloc(sizeof *l);
	uint64_t held;

	(void)state;
	limit_init(l, 3, 10 * S);
	for (int i = 0; i < 3; i++)
		assert_true(limit_take(l, 7, 100 * S, &held));
	assert_false(limit_take(l, 7, 100 * S, &held));
	assert_false(limit_take(l, 7, 109 * S, &held));
	assert_true(limit_take(l, 8, 109 * S, &held)); /* another party */
	assert_true(limit_take(l, 7, 110 * S, &held));
	assert_int_equal(held, 2);
	assert_false(limit_take(l, 7, 110 * S, &held));
	/* full again after a while, and no fuller */
	for (int i = 0; i < 3; i++)
		assert_true(limit_take(l, 7, 1000 * S, &held));
	assert_false(limit_take(l, 7, 1000 * S, &held));
	free(l);
}

static void
a_flood_of_parties_takes_no_memory_and_spares_the_latest(void **state)
{
	struct limit *l = malloc(sizeof *l);
	uint64_t held;

	(void)state;
	limit_init(l, 1, 1000 * S);
	for (uint64_t party = 0; party < 100000; party++) {
		assert_true(limit_take(l, party, (int64_t)party, &held));
		assert_false(limit_take(l, party, (int64_t)party, &held));
	}
	free(l);
}

/* --- queries ------------------------------------------------------------- */

static void
asks(const char *query, const char *host, int64_t since, int64_t until,
    size_t limit)
{
	char copy[256];
	struct ring_query q;
	const char *why;

	strcpy(copy, query);
	if (!query_read(copy, &q, &why))
		fail_msg("%s: %s", query, why);
	if (host == NULL)
		assert_null(q.host);
	else
		assert_string_equal(q.host, host);
	assert_true(q.since == since);
	assert_true(q.until == until);
	assert_true(q.limit == limit);
}

static void
asks_wrong(const char *query, const char *expected)
{
	char copy[256];
	struct ring_query q;
	const char *why;

	strcpy(copy, query);
	assert_false(query_read(copy, &q, &why));
	assert_string_equal(why, expected);
}

static void
a_query_says_host_time_and_number(void **state)
{
	struct ring_query q;
	const char *why;

	(void)state;
	assert_true(query_read(NULL, &q, &why));
	asks("", NULL, 0, INT64_MAX, SIZE_MAX);
	asks("host=&since=&until=&limit=", NULL, 0, INT64_MAX, SIZE_MAX);
	asks("host=web-1&limit=7", "web-1", 0, INT64_MAX, 7);
	asks("host=a%20b%2B+c%26&", "a b++c&", 0, INT64_MAX, SIZE_MAX);
	asks("since=1763800000&until=1763800010", NULL, 1763800000, 1763800010,
	    SIZE_MAX);
	asks("since=1763800000.5&until=1763800010.5", NULL, 1763800001,
	    1763800010, SIZE_MAX);
	asks("since=2025-11-22T08:26:40Z&until=2025-11-22T09:26:50+01:00",
	    NULL, 1763800000, 1763800010, SIZE_MAX);
	asks("since=-5", NULL, 0, INT64_MAX, SIZE_MAX);
}

static void
a_query_that_is_not_understood_is_refused(void **state)
{
	static const char number[] = "limit is a number from 1";
	static const char form[] =
	    "a parameter is NAME=VALUE, percent-encoded";

	(void)state;
	asks_wrong("limit=0", number);
	asks_wrong("limit=-1", number);
	asks_wrong("limit=1x", number);
	asks_wrong("limit=99999999999999999999", number);
	asks_wrong(
	    "since=yesterday", "since is seconds since 1970 or ISO 8601");
	asks_wrong("until=1e999", "until is seconds since 1970 or ISO 8601");
	asks_wrong("until=[1]", "until is seconds since 1970 or ISO 8601");
	asks_wrong("host=a&host=b", "a parameter twice");
	asks_wrong("host=a&%68ost=b", "a parameter twice");
	asks_wrong("hosts=a", "parameters are host, since, until and limit");
	asks_wrong("host", form);
	asks_wrong("host=%", form);
	asks_wrong("host=%4", form);
	asks_wrong("host=%4g", form);
	asks_wrong("host=a%00b", form);
}

/* --- addresses ----------------------------------------------------------- */

static bool
parses(const char *text, bool loopback)
{
	struct listen_address a;

	return listen_parse(&a, text) && a.loopback == loopback;
}

static void
an_address_to_listen_on_has_a_port(void **state)
{
	struct listen_address a;

	(void)state;
	assert_true(parses("127.0.0.1:8000", true));
	assert_true(parses("127.7.7.7:0", true));
	assert_true(parses("localhost:8000", true));
	assert_true(parses("[::1]:8000", true));
	assert_true(parses("[::ffff:127.0.0.1]:8000", true));
	assert_true(parses("0.0.0.0:8000", false));
	assert_true(parses("[::]:65535", false));
	assert_true(parses("*:8000", false));
	assert_false(listen_parse(&a, "8000"));
	assert_false(listen_parse(&a, ":8000"));
	assert_false(listen_parse(&a, "127.0.0.1"));
	assert_false(listen_parse(&a, "127.0.0.1:"));
	assert_false(listen_parse(&a, "127.0.0.1:65536"));
	assert_false(listen_parse(&a, "127.0.0.1:+80"));
	assert_false(listen_parse(&a, "::1:8000"));
	assert_false(listen_parse(&a, "[]:8000"));
	assert_false(listen_parse(&a, "[:8000"));
	assert_false(listen_parse(&a, "unix:/run/x"));
	assert_false(listen_parse(&a, "host.example:80"));
	assert_false(listen_parse(&a,
	    "1111111111111111111111111111111111111111111111111111111111"
	    "1111111111:80"));
}

/* --- gzip ---------------------------------------------------------------- */

static void
gzip_is_taken_up_to_a_bound(void **state)
{
	struct text packed = { 0 };
	char *plain = malloc(100000), *out;
	size_t len;

	(void)state;
	memset(plain, 'x', 100000);
	assert_int_equal(gzip_add(&packed, plain, 100000), 0);
	assert_int_equal(
	    inflate_gzip(packed.data, packed.len, 100000, &out, &len), 0);
	assert_int_equal(len, 100000);
	assert_memory_equal(out, plain, 100000);
	free(out);
	assert_int_equal(
	    inflate_gzip(packed.data, packed.len, 99999, &out, &len), -E2BIG);
	for (size_t n = 0; n < packed.len; n++)
		assert_int_equal(
		    inflate_gzip(packed.data, n, 100000, &out, &len),
		    -EBADMSG);
	text_add(&packed, "x", 1);
	assert_int_equal(
	    inflate_gzip(packed.data, packed.len, 100000, &out, &len),
	    -EBADMSG);
	assert_int_equal(
	    inflate_gzip("{\"a\":1}", 7, 100000, &out, &len), -EBADMSG);
	text_free(&packed);
	free(plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    ambiguous_requests_are_refused_before_their_body),
		cmocka_unit_test(only_json_is_taken_plain_or_with_gzip),
		cmocka_unit_test(a_token_is_right_or_it_is_not),
		cmocka_unit_test(only_this_machine_reads_without_a_token),
		cmocka_unit_test(only_known_proxies_are_believed),
		cmocka_unit_test(neighbours_are_one_party),
		cmocka_unit_test(
		    a_bucket_gives_its_burst_and_then_one_at_a_time),
		cmocka_unit_test(
		    a_flood_of_parties_takes_no_memory_and_spares_the_latest),
		cmocka_unit_test(a_query_says_host_time_and_number),
		cmocka_unit_test(a_query_that_is_not_understood_is_refused),
		cmocka_unit_test(an_address_to_listen_on_has_a_port),
		cmocka_unit_test(gzip_is_taken_up_to_a_bound),
	};

	return cmocka_run_group_tests_name("hub_gate", tests, NULL, NULL);
}
