/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "influx_world.h"

/* --- the four servers ---------------------------------------------------- */

/* What the writer asks for when it is told what the server is. */
static void
check_version(struct world *w, const char *options, const char *line,
    const char *authorization)
{
	const size_t before = world_asked(w);

	world_start(w, options);
	assert_int_equal(world_write_lists(w, 2), FETTLE_DELIVERED);
	assert_int_equal(world_asked(w), before + 1);
	world_check_request(w, before, line, authorization);
	world_check_body(w, before, TWO_LINES);
}

static void
each_version_is_asked_in_its_own_way(void **state)
{
	struct world *w = *state;

	check_version(w, "version: 1",
	    "POST /write?precision=ns&db=fettle HTTP/1.1", NULL);
	check_version(w,
	    "version: 1\ndatabase: a b&c=ü\nretention_policy: long\n",
	    "POST /write?precision=ns&db=a%20b%26c%3D%C3%BC&rp=long HTTP/1.1",
	    NULL);
	check_version(w, "version: 2\norg: me & you\nbucket: b\ndatabase: d\n",
	    "POST /api/v2/write?precision=ns&bucket=b&org=me%20%26%20you "
	    "HTTP/1.1",
	    NULL);
	check_version(w, "version: 2\norg: o\n",
	    "POST /api/v2/write?precision=ns&bucket=fettle&org=o HTTP/1.1",
	    NULL);
	check_version(w, "version: 3\ndatabase: metrics\n",
	    "POST /api/v3/write_lp?precision=nanosecond&"
	    "accept_partial=true&db=metrics HTTP/1.1",
	    NULL);
	check_version(w, "version: victoriametrics",
	    "POST /write?precision=ns HTTP/1.1", NULL);
	check_version(w, "version: victoriametrics\ndatabase: d\n",
	    "POST /write?precision=ns&db=d HTTP/1.1", NULL);
}

static void
a_url_may_have_a_path(void **state)
{
	struct world *w = *state;
	char *yaml = xasprintf("url: %s/insert/0/influx//\n"
			       "version: victoriametrics\n",
	    fake_server_url(w->server));

	world_start_with(w, yaml);
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	world_check_request(
	    w, 0, "POST /insert/0/influx/write?precision=ns HTTP/1.1", NULL);
	free(yaml);
}

static void
each_version_is_shown_a_secret_in_its_own_way(void **state)
{
	static const struct {
		const char *options, *authorization;
	} table[] = {
		{ "version: 1\ntoken_file: ", "Bearer " CANARY },
		{ "version: 2\norg: o\ntoken_file: ", "Token " CANARY },
		{ "version: 3\ntoken_file: ", "Bearer " CANARY },
		{ "version: victoriametrics\ntoken_file: ", "Bearer " CANARY },
		{ "version: 1\nuser: me\npassword_file: ",
		    "Basic " CANARY_BASIC },
		{ "version: victoriametrics\nuser: me\npassword_file: ",
		    "Basic " CANARY_BASIC },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char *options =
		    xasprintf("%s%s\n", table[i].options, w->secret_file);
		char *shown;

		world_start(w, options);
		assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
		shown = fake_server_header(
		    fake_server_request(w->server, i), "Authorization");
		assert_string_equal(shown, table[i].authorization);
		free(shown);
		free(options);
	}
}

/* RFC 4648 has these. */
static void
passwords_of_any_length_are_encoded(void **state)
{
	static const struct {
		const char *password, *encoded;
	} table[] = {
		{ "foob", "Basic Zjpmb29i" },
		{ "fooba", "Basic Zjpmb29iYQ==" },
		{ "foobar", "Basic Zjpmb29iYXI=" },
		{ "\xc3\xbf\xc3\xbf", "Basic ZjrDv8O/" },
	};
	struct world *w = *state;
	struct fettle_secret *password = NULL, old;
	char *options = xasprintf(
	    "version: 1\nuser: f\npassword_file: %s\n", w->secret_file);

	world_start(w, options);
	for (uint32_t i = 0; i < w->ctx->plugin->options.n; i++) {
		const struct fettle_option *o = &w->ctx->plugin->options.v[i];

		if (strcmp(o->name, "password") == 0)
			password =
			    (struct fettle_secret *)((char *)w->ctx->self +
						     o->offset);
	}
	assert_non_null(password);
	old = *password;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		password->text = table[i].password;
		assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
		world_check_request(w, i,
		    "POST /write?precision=ns&db=fettle HTTP/1.1",
		    table[i].encoded);
	}
	*password = old;
	free(options);
}

/* --- version: auto ------------------------------------------------------- */

#define PING "GET /ping HTTP/1.1"
#define HEALTH "GET /health HTTP/1.1"
#define WRITE_1 "POST /write?precision=ns&db=fettle HTTP/1.1"
#define WRITE_2 "POST /api/v2/write?precision=ns&bucket=fettle&org=o HTTP/1.1"
#define WRITE_3                                                               \
	"POST /api/v3/write_lp?precision=nanosecond&accept_partial=true&"     \
	"db=fettle HTTP/1.1"
#define WRITE_V "POST /write?precision=ns HTTP/1.1"
#define HALF "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
#define IS_1 "X-Influxdb-Version: 1.6.7~rc0\r\nX-Influxdb-Build: OSS\r\n"
#define IS_2 "X-Influxdb-Version: v2.7.1\r\nX-Influxdb-Build: OSS\r\n"

static void
a_server_is_asked_once_what_it_is(void **state)
{
	static const struct {
		const char *headers, *body, *line;
	} table[] = {
		{ IS_1, "", WRITE_1 },
		{ "x-influxdb-version:1.8.10\r\n", "", WRITE_1 },
		{ IS_2, "", WRITE_2 },
		{ "X-Influxdb-Version: 2.0.4\r\n", "", WRITE_2 },
		{ "Content-Type: application/json\r\n",
		    "{\"version\":\"3.1.0\",\"revision\":\"9c1d\"}", WRITE_3 },
		{ "X-Influxdb-Version: 3.4.1\r\n", "{\"version\":\"3.4.1\"}",
		    WRITE_3 },
		{ "X-Server-Hostname: vm\r\n", "", WRITE_V },
		{ "X-Influxdb-Version: 1.8.0\r\nX-Server-Hostname: vm\r\n", "",
		    WRITE_V },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		world_start_with_token(w, "org: o\n");
		world_answer(w, "200 OK", table[i].headers, table[i].body);
		assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
		assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
		assert_int_equal(world_asked(w), 3 * (i + 1));
		world_check_request(w, 3 * i, PING, "Bearer " CANARY);
		for (size_t k = 1; k < 3; k++)
			assert_int_equal(
			    strncmp(fake_server_request(w->server, 3 * i + k)
					->head,
				table[i].line, strlen(table[i].line)),
			    0);
		assert_null(fake_server_header(
		    fake_server_request(w->server, 3 * i), "Content-Type"));
	}
}

static void
the_first_of_version_2_say_it_elsewhere(void **state)
{
	struct world *w = *state;

	world_start(w, "org: o\n");
	world_answer(w, "404 Not Found", "", "");
	world_answer(w, "200 OK", "",
	    "{\"name\":\"influxdb\",\"status\":\"pass\",\"checks\":[],"
	    "\"version\":\"2.0.0\"}");
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	world_check_request(w, 0, PING, NULL);
	world_check_request(w, 1, HEALTH, NULL);
	world_check_request(w, 2, WRITE_2, NULL);
	assert_non_null(strstr(w->ctx->log.data, "is InfluxDB 2\n"));
}

static void
what_is_no_server_of_the_kind_is_said(void **state)
{
	struct world *w = *state;
	char *reason = xasprintf(
	    "%s/ping does not say what the server is, so version must: "
	    "HTTP 200: <html>",
	    fake_server_url(w->server));

	world_start_with_token(w, "");
	world_answer(w, "200 OK", "", "<html>");
	world_answer(w, "200 OK", "", "<html>");
	assert_int_equal(world_write_lists(w, 1), FETTLE_UNAUTHORISED);
	assert_string_equal(w->ctx->reason, reason);
	world_answer(w, "401 No", "", "not " CANARY "!");
	world_answer(w, "401 No", "", "not " CANARY "!");
	assert_int_equal(world_write_lists(w, 1), FETTLE_UNAUTHORISED);
	assert_non_null(strstr(w->ctx->reason, "HTTP 401: not *!"));
	world_answer(w, "503 Busy", "Retry-After: 7\r\n", "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_RETRY);
	assert_true(w->ctx->after_s == 7);
	world_answer(w, "301 Moved", "Location: /x\r\n", "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_UNAUTHORISED);
	/* and then it is one */
	world_answer(w, "204 No Content", IS_1, "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	free(reason);
}

static void
a_server_that_was_away_is_asked_again(void **state)
{
	struct world *w = *state;

	world_start(w, "org: o\n");
	world_answer(w, "204 No Content", IS_1, "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	fake_server_say(w->server, HALF, FAKE_RESET);
	assert_int_equal(world_write_lists(w, 1), FETTLE_RETRY);
	world_answer(w, "204 No Content", IS_2, "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	world_check_request(w, 3, PING, NULL);
	world_check_request(w, 4, WRITE_2, NULL);
	/* one that does not know the path may be another by now */
	world_answer(w, "404 Not Found", "", "404 page not found");
	assert_int_equal(world_write_lists(w, 1), FETTLE_UNAUTHORISED);
	world_answer(w, "204 No Content", IS_1, "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	world_check_request(w, 6, PING, NULL);
	world_check_request(w, 7, WRITE_1, NULL);
}

static void
version_2_without_an_org_waits_for_it(void **state)
{
	struct world *w = *state;

	world_start(w, "");
	world_answer(w, "204 No Content", IS_2, "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_UNAUTHORISED);
	assert_non_null(
	    strstr(w->ctx->reason, "is InfluxDB 2, which needs an org"));
	assert_int_equal(world_asked(w), 1);
}

/* --- its database -------------------------------------------------------- */

static void
a_database_is_made_where_that_is_asked_for(void **state)
{
	static const char none[] =
	    "{\"error\":\"database not found: \\\"a\\\"\"}";
	struct world *w = *state;

	world_start_with_token(
	    w, "version: 1\ncreate_database: true\ndatabase: 'a\"b\\ c&'\n");
	world_answer(w, "404 Not Found", "", none);
	world_answer(w, "200 OK", "", "{\"results\":[{\"statement_id\":0}]}");
	assert_int_equal(world_write_lists(w, 2), FETTLE_DELIVERED);
	assert_int_equal(world_asked(w), 3);
	world_check_request(w, 1, "POST /query HTTP/1.1", "Bearer " CANARY);
	world_check_body(
	    w, 1, "q=CREATE%20DATABASE%20%22a%5C%22b%5C%5C%20c%26%22");
	world_check_body(w, 2, TWO_LINES);
	world_answer(w, "404 Not Found", "", none);
	world_answer(w, "200 OK", "",
	    "{\"results\":[{\"statement_id\":0,\"error\":\"no\"}]}");
	assert_int_equal(world_write_lists(w, 2), FETTLE_UNAUTHORISED);
	assert_string_equal(w->ctx->reason,
	    "CREATE DATABASE: HTTP 200: {\"results\":[{\"statement_id\":0,"
	    "\"error\":\"no\"}]}");
	world_answer(w, "404 Not Found", "", none);
	world_answer(w, "503 Busy", "", "");
	assert_int_equal(world_write_lists(w, 2), FETTLE_RETRY);
	/* it was made, and is not there all the same */
	world_answer(w, "404 Not Found", "", none);
	world_answer(w, "200 OK", "", "{\"results\":[{\"statement_id\":0}]}");
	world_answer(w, "404 Not Found", "", none);
	assert_int_equal(world_write_lists(w, 2), FETTLE_UNAUTHORISED);
	assert_int_equal(world_asked(w), 10);
}

/* --- several servers ----------------------------------------------------- */

static void
a_server_is_used_until_it_fails(void **state)
{
	struct world *w = *state;
	struct fake_server *gone = fake_server_new();
	struct fake_server *other = fake_server_new();
	char *yaml =
	    xasprintf("url: [%s, %s, %s]\norg: o\n", fake_server_url(gone),
		fake_server_url(w->server), fake_server_url(other));

	fake_server_free(gone);
	world_start_with(w, yaml);
	world_answer(w, "204 No Content", IS_1, "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(world_asked(w), 3);
	/* one that refuses is there all the same */
	world_answer(w, "429 Too Many", "", "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_RETRY);
	assert_int_equal(fake_server_connections(other), 0);
	/* half an answer: at once to the next, whatever that is */
	fake_server_say(w->server, HALF, FAKE_RESET);
	world_say(other, "204 No Content", IS_2, "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(other), 2);
	/* a gateway's error: to the next, next time */
	world_say(other, "502 Bad Gateway", "", "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_RETRY);
	world_answer(w, "204 No Content", IS_1, "");
	assert_int_equal(world_write_lists(w, 1), FETTLE_DELIVERED);
	world_check_request(w, 5, PING, NULL);
	world_check_request(w, 6, WRITE_1, NULL);
	free(yaml);
	fake_server_free(other);
}

static void
a_server_that_says_nothing_costs_no_more_than_is_left(void **state)
{
	struct world *w = *state;

	world_start(w, "");
	w->ctx->left = SECOND / 5;
	fake_server_say(w->server, "", FAKE_HANG);
	assert_int_equal(world_write_lists(w, 1), FETTLE_RETRY);
	assert_string_equal(w->ctx->reason, "no answer in time");
	w->ctx->left = 0;
	assert_int_equal(world_write_lists(w, 1), FETTLE_RETRY);
	assert_string_equal(w->ctx->reason, "no time left");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(each_version_is_asked_in_its_own_way),
		IN_WORLD(a_url_may_have_a_path),
		IN_WORLD(each_version_is_shown_a_secret_in_its_own_way),
		IN_WORLD(passwords_of_any_length_are_encoded),
		IN_WORLD(a_server_is_asked_once_what_it_is),
		IN_WORLD(the_first_of_version_2_say_it_elsewhere),
		IN_WORLD(what_is_no_server_of_the_kind_is_said),
		IN_WORLD(a_server_that_was_away_is_asked_again),
		IN_WORLD(version_2_without_an_org_waits_for_it),
		IN_WORLD(a_database_is_made_where_that_is_asked_for),
		IN_WORLD(a_server_is_used_until_it_fails),
		IN_WORLD(
		    a_server_that_says_nothing_costs_no_more_than_is_left),
	};

	return cmocka_run_group_tests_name(
	    "influxdb_server", tests, NULL, NULL);
}
