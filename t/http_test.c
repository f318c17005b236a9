/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "common/http.h"
#include "common/url.h"
#include "fake_server.h"

#define SECOND INT64_C(1000000000)
#define CANARY "canary-3f9a"

/* A client and a server for each test. */
struct pair {
	struct fake_server *server;
	struct http *http;
	struct http_request request;
	struct http_reply reply;
	char url[128];
};

static void
open_client(struct pair *p, const struct http_setup *setup)
{
	char why[256];

	assert_int_equal(http_open(&p->http, setup, why, sizeof(why)), 0);
}

static int
begin(void **state)
{
	struct pair *p = NEW(struct pair);

	p->server = fake_server_new();
	open_client(p, &(struct http_setup){ 0 });
	snprintf(
	    p->url, sizeof(p->url), "%s/ingest", fake_server_url(p->server));
	p->request = (struct http_request){ .url = p->url,
		.type = "application/json",
		.body = "{}",
		.len = 2,
		.left_ns = 10 * SECOND };
	*state = p;
	return 0;
}

static int
end(void **state)
{
	struct pair *p = *state;

	http_close(p->http);
	fake_server_free(p->server);
	free(p);
	return 0;
}

static enum http_result
post(struct pair *p)
{
	return http_post(p->http, &p->request, &p->reply);
}

/* Posts against an answer that never ends, with little time. */
static enum http_result
post_soon(struct pair *p)
{
	p->request.left_ns = SECOND / 5;
	return post(p);
}

static void
check_header(struct pair *p, size_t i, const char *name, const char *value)
{
	char *is = fake_server_header(fake_server_request(p->server, i), name);

	if (value == NULL)
		assert_null(is);
	else
		assert_string_equal(is, value);
	free(is);
}

/* --- asking -------------------------------------------------------------- */

static void
posts_the_body_and_says_what_it_is(void **state)
{
	static const char body[] = "a\0b\r\n";
	struct pair *p = *state;
	const struct fake_request *r;

	p->request.body = body;
	p->request.len = 5;
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_int_equal(p->reply.status, 200);
	assert_string_equal(p->reply.body, "");
	r = fake_server_request(p->server, 0);
	assert_int_equal(strncmp(r->head, "POST /ingest HTTP/1.1\r\n", 23), 0);
	assert_int_equal(r->len, 5);
	assert_memory_equal(r->body, body, 5);
	check_header(p, 0, "Content-Type", "application/json");
	check_header(p, 0, "User-Agent", "fettle/" PACKAGE_VERSION);
	check_header(p, 0, "Authorization", NULL);
	check_header(p, 0, "Content-Encoding", NULL);
	check_header(p, 0, "Expect", NULL);
}

static void
never_asks_for_a_compressed_answer(void **state)
{
	struct pair *p = *state;

	fake_server_say(p->server,
	    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
	    "Content-Length: 3\r\n\r\nabc",
	    FAKE_KEEP);
	assert_int_equal(post(p), HTTP_ANSWERED);
	check_header(p, 0, "Accept-Encoding", NULL);
	assert_string_equal(p->reply.body, "abc");
}

static void
says_that_a_body_is_compressed(void **state)
{
	struct pair *p = *state;

	p->request.gzip = true;
	p->request.token = CANARY;
	assert_int_equal(post(p), HTTP_ANSWERED);
	check_header(p, 0, "Content-Encoding", "gzip");
	check_header(p, 0, "Authorization", "Bearer " CANARY);
	check_header(p, 0, "Content-Type", "application/json");
}

static void
a_token_is_used_for_its_call_only(void **state)
{
	struct pair *p = *state;

	p->request.token = CANARY;
	assert_int_equal(post(p), HTTP_ANSWERED);
	p->request.token = "another";
	assert_int_equal(post(p), HTTP_ANSWERED);
	p->request.token = NULL;
	assert_int_equal(post(p), HTTP_ANSWERED);
	check_header(p, 0, "Authorization", "Bearer " CANARY);
	check_header(p, 1, "Authorization", "Bearer another");
	check_header(p, 2, "Authorization", NULL);
	assert_int_equal(fake_server_connections(p->server), 1);
}

static void
a_token_cannot_add_a_header(void **state)
{
	static const char *const bad[] = { CANARY "\r\nX-Evil: 1", CANARY "\n",
		"\x7f" CANARY, CANARY "\t" };
	struct pair *p = *state;

	for (size_t i = 0; i < 4; i++) {
		p->request.token = bad[i];
		assert_int_equal(post(p), HTTP_UNREACHED);
		assert_non_null(strstr(p->reply.error, "token"));
		assert_null(strstr(p->reply.error, CANARY));
	}
	assert_int_equal(fake_server_connections(p->server), 0);
}

static void
nothing_is_asked_when_no_time_is_left(void **state)
{
	struct pair *p = *state;

	p->request.left_ns = 0;
	assert_int_equal(post(p), HTTP_UNREACHED);
	assert_string_equal(p->reply.error, "no time left");
	p->request.left_ns = -5 * SECOND;
	assert_int_equal(post(p), HTTP_UNREACHED);
	assert_int_equal(fake_server_connections(p->server), 0);
}

static void
a_token_may_be_of_another_scheme(void **state)
{
	struct pair *p = *state;

	p->request.token = CANARY;
	p->request.scheme = "Token";
	assert_int_equal(post(p), HTTP_ANSWERED);
	check_header(p, 0, "Authorization", "Token " CANARY);
}

static void
what_has_no_body_is_a_get_between_posts(void **state)
{
	struct pair *p = *state;

	p->request.token = CANARY;
	p->request.gzip = true;
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_int_equal(
	    http_get(p->http, &p->request, &p->reply), HTTP_ANSWERED);
	assert_int_equal(post(p), HTTP_ANSWERED);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    strncmp(fake_server_request(p->server, i)->head,
			i == 1 ? "GET /ingest " : "POST /ingest ", 12),
		    0);
	check_header(p, 1, "Authorization", "Bearer " CANARY);
	check_header(p, 1, "Content-Type", NULL);
	check_header(p, 1, "Content-Encoding", NULL);
	check_header(p, 1, "Content-Length", NULL);
	assert_int_equal(fake_server_request(p->server, 2)->len, 2);
	assert_int_equal(fake_server_connections(p->server), 1);
}

/* --- answers ------------------------------------------------------------- */

static void
status_and_body_come_back(void **state)
{
	struct pair *p = *state;

	fake_server_say(p->server,
	    "HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 11\r\n\r\n"
	    "{\"a\": \"b\"}\n",
	    FAKE_KEEP);
	fake_server_say(
	    p->server, "HTTP/1.1 204 No Content\r\n\r\n", FAKE_KEEP);
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_int_equal(p->reply.status, 422);
	assert_int_equal(p->reply.len, 11);
	assert_string_equal(p->reply.body, "{\"a\": \"b\"}\n");
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_int_equal(p->reply.status, 204);
	assert_string_equal(p->reply.body, "");
}

static void
a_redirect_is_an_answer_and_never_followed(void **state)
{
	struct fake_server *other = fake_server_new();
	struct pair *p = *state;
	char *answer = xasprintf("HTTP/1.1 307 Temporary Redirect\r\n"
				 "Location: %s/ingest\r\n"
				 "Content-Length: 0\r\n\r\n",
	    fake_server_url(other));

	p->request.token = CANARY;
	fake_server_say(p->server, answer, FAKE_KEEP);
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_int_equal(p->reply.status, 307);
	assert_int_equal(fake_server_requests(p->server), 1);
	assert_int_equal(fake_server_connections(other), 0);
	free(answer);
	fake_server_free(other);
}

static void
check_retry_after(struct pair *p, const char *value, double least, double most)
{
	char *answer = xasprintf("HTTP/1.1 503 Busy\r\nRetry-After: %s\r\n"
				 "Content-Length: 0\r\n\r\n",
	    value);

	fake_server_say(p->server, answer, FAKE_KEEP);
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_int_equal(p->reply.status, 503);
	if (p->reply.retry_after_s < least || p->reply.retry_after_s > most)
		fail_msg(
		    "Retry-After: %s is %g", value, p->reply.retry_after_s);
	free(answer);
}

static void
retry_after_is_a_number_or_a_date_and_within_reason(void **state)
{
	struct pair *p = *state;
	const time_t soon = time(NULL) + 120;
	char date[64];

	strftime(
	    date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&soon));
	check_retry_after(p, "7", 7, 7);
	check_retry_after(p, "0", 0, 0);
	check_retry_after(p, "86400", 600, 600);
	check_retry_after(p, date, 100, 120);
	check_retry_after(p, "Sun, 06 Nov 1994 08:49:37 GMT", 0, 0);
	check_retry_after(p, "-5", 0, 0);
	check_retry_after(p, "soon", 0, 0);
	check_retry_after(p, "", 0, 0);
	check_retry_after(p, "99999999999999999999999", 0, 600);
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_true(p->reply.retry_after_s == 0);
}

static void
check_said(struct pair *p, const char *name, const char *value)
{
	char is[8] = "";

	assert_int_equal(
	    http_header(p->http, name, is, sizeof(is)), value != NULL);
	if (value != NULL)
		assert_string_equal(is, value);
}

static void
headers_of_the_last_answer_can_be_asked_for(void **state)
{
	struct pair *p = *state;

	check_said(p, "X-A", NULL);
	fake_server_say(p->server,
	    "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
	    "HTTP/1.1 200 OK\r\nX-A:  b c \r\nx-empty:\r\nX-Ab: d\r\n"
	    "X-Fits: 1234567\r\nX-Long: 12345678\r\n"
	    "Content-Length: 0\r\n\r\n",
	    FAKE_KEEP);
	assert_int_equal(post(p), HTTP_ANSWERED);
	check_said(p, "X-A", "b c");
	check_said(p, "x-a", "b c");
	check_said(p, "X-EMPTY", "");
	check_said(p, "X-Fits", "1234567");
	check_said(p, "X-Long", NULL);
	check_said(p, "X", NULL);
	check_said(p, "X-Early", NULL);
	check_said(p, "HTTP/1.1 200 OK", NULL);
	assert_int_equal(post(p), HTTP_ANSWERED);
	check_said(p, "X-A", NULL);
}

static void
an_endless_body_is_cut(void **state)
{
	struct pair *p = *state;

	fake_server_say_endlessly(p->server, "HTTP/1.1 400 No\r\n\r\n",
	    "abcdefghijklmnopqrstuvwxyz012345", 0);
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_int_equal(p->reply.status, 400);
	assert_int_equal(p->reply.len, HTTP_BODY_MAX);
	assert_int_equal(strlen(p->reply.body), HTTP_BODY_MAX);
	assert_int_equal(post(p), HTTP_ANSWERED);
	assert_int_equal(p->reply.status, 200);
	assert_int_equal(p->reply.len, 0);
}

static void
interim_answers_without_end_are_not_awaited(void **state)
{
	struct pair *p = *state;

	fake_server_say_endlessly(
	    p->server, "", "HTTP/1.1 100 Continue\r\n\r\n", 0);
	assert_int_equal(post(p), HTTP_UNANSWERED);
	assert_string_equal(p->reply.error, "the answer's headers do not end");
	assert_int_equal(p->reply.status, 0);
}

/* --- no answer ----------------------------------------------------------- */

static void
a_silent_server_is_given_up(void **state)
{
	struct pair *p = *state;

	fake_server_say(p->server, "", FAKE_HANG);
	assert_int_equal(post_soon(p), HTTP_UNANSWERED);
	assert_string_equal(p->reply.error, "no answer in time");
	assert_int_equal(p->reply.status, 0);
}

static void
a_server_that_drips_is_given_up(void **state)
{
	struct pair *p = *state;

	fake_server_say_endlessly(
	    p->server, "HTTP/1.1 200 OK\r\n\r\n", "x", 10);
	assert_int_equal(post_soon(p), HTTP_UNANSWERED);
	fake_server_say_endlessly(p->server, "HTTP/1.1 ", "2", 10);
	assert_int_equal(post_soon(p), HTTP_UNANSWERED);
}

static void
half_an_answer_is_none(void **state)
{
	static const char half[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc";
	struct pair *p = *state;

	fake_server_say(p->server, half, FAKE_CLOSE);
	assert_int_equal(post(p), HTTP_UNANSWERED);
	assert_int_equal(p->reply.status, 0);
	assert_string_equal(p->reply.body, "");
	fake_server_say(p->server, half, FAKE_RESET);
	assert_int_equal(post(p), HTTP_UNANSWERED);
	fake_server_say(p->server, "", FAKE_RESET);
	assert_int_equal(post(p), HTTP_UNANSWERED);
	fake_server_say(p->server, "HTTP/1.1 200", FAKE_CLOSE);
	assert_int_equal(post(p), HTTP_UNANSWERED);
	fake_server_say(
	    p->server, "HTTP/1.1 101 Switching Protocols\r\n\r\n", FAKE_CLOSE);
	assert_int_equal(post(p), HTTP_UNANSWERED);
	fake_server_say(p->server, "who is there?\r\n\r\n", FAKE_CLOSE);
	assert_int_equal(post(p), HTTP_UNANSWERED);
	assert_true(*p->reply.error != '\0');
}

static void
who_does_not_listen_was_not_reached(void **state)
{
	struct pair *p = *state;

	/* a port that was free a moment ago */
	fake_server_free(p->server);
	assert_int_equal(post(p), HTTP_UNREACHED);
	assert_int_equal(strncmp(p->reply.error, "failed to connect", 17), 0);
	p->server = fake_server_new();
}

static void
a_server_without_tls_was_not_reached(void **state)
{
	struct pair *p = *state;

	snprintf(p->url, sizeof(p->url), "https://127.0.0.1:%d/",
	    fake_server_port(p->server));
	p->request.token = CANARY;
	fake_server_say(p->server, "", FAKE_CLOSE);
	p->request.left_ns = SECOND;
	assert_int_equal(post(p), HTTP_UNREACHED);
	assert_true(*p->reply.error != '\0');
	assert_int_equal(fake_server_requests(p->server), 0);
}

/* --- what is around ------------------------------------------------------ */

static void
the_environment_adds_nothing(void **state)
{
	struct fake_server *other = fake_server_new();
	struct pair *p = *state;
	char home[] = "/tmp/http_test.XXXXXX", *netrc;
	FILE *f;

	assert_non_null(mkdtemp(home));
	netrc = xasprintf("%s/.netrc", home);
	f = fopen(netrc, "w");
	assert_non_null(f);
	fprintf(f, "machine 127.0.0.1 login me password " CANARY "\n");
	fclose(f);
	setenv("HOME", home, 1);
	setenv("http_proxy", fake_server_url(other), 1);
	setenv("ALL_PROXY", fake_server_url(other), 1);
	assert_int_equal(post(p), HTTP_ANSWERED);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	check_header(p, 0, "Authorization", NULL);
	assert_int_equal(fake_server_connections(other), 0);
	unlink(netrc);
	rmdir(home);
	free(netrc);
	fake_server_free(other);
}

static void
a_proxy_is_used_when_it_is_asked_for(void **state)
{
	struct fake_server *proxy = fake_server_new();
	struct pair *p = *state;
	const struct http_setup setup = { .proxy = fake_server_url(proxy) };
	char *line = xasprintf("POST %s HTTP/1.1\r\n", p->url);

	http_close(p->http);
	open_client(p, &setup);
	setenv("no_proxy", "*", 1);
	assert_int_equal(post(p), HTTP_ANSWERED);
	unsetenv("no_proxy");
	assert_int_equal(fake_server_connections(p->server), 0);
	assert_int_equal(
	    strncmp(fake_server_request(proxy, 0)->head, line, strlen(line)),
	    0);
	free(line);
	fake_server_free(proxy);
}

static void
the_proxy_of_an_encrypted_connection_does_not_see_the_token(void **state)
{
	struct fake_server *proxy = fake_server_new();
	struct pair *p = *state;
	const struct http_setup setup = { .proxy = fake_server_url(proxy) };

	http_close(p->http);
	open_client(p, &setup);
	fake_server_say(
	    proxy, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", FAKE_CLOSE);
	p->request.url = "https://hub.example/ingest";
	p->request.token = CANARY;
	assert_int_equal(post(p), HTTP_UNREACHED);
	assert_non_null(strstr(p->reply.error, "403"));
	assert_int_equal(strncmp(fake_server_request(proxy, 0)->head,
			     "CONNECT hub.example:443 ", 24),
	    0);
	assert_null(strstr(fake_server_request(proxy, 0)->head, CANARY));
	fake_server_free(proxy);
}

static void
check_open_fails(const struct http_setup *setup, int err, const char *message)
{
	struct http *http = NULL;
	char why[256];

	assert_int_equal(http_open(&http, setup, why, sizeof(why)), -err);
	assert_string_equal(why, message);
	assert_null(http);
}

static void
a_setup_that_cannot_be_is_said_at_once(void **state)
{
	(void)state;
	check_open_fails(&(struct http_setup){ .ca_file = "/nowhere/ca.pem" },
	    ENOENT, "ca_file \"/nowhere/ca.pem\"");
	check_open_fails(
	    &(struct http_setup){ .proxy = "http://me:" CANARY "@proxy:3128" },
	    EINVAL, "proxy must not hold a user or a password");
}

/* --- URLs and excerpts --------------------------------------------------- */

static void
check_url(const char *url, bool exposed)
{
	bool is = !exposed;
	char why[128];

	if (url_check(url, &is, why, sizeof(why)) != 0)
		fail_msg("%s: %s", url, why);
	if (is != exposed)
		fail_msg("%s is taken for %s", url, is ? "open" : "safe");
}

static void
check_bad_url(const char *url, const char *message)
{
	char why[128] = "";
	bool exposed;

	assert_int_equal(url_check(url, &exposed, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, message));
	assert_null(strstr(why, CANARY));
}

static void
only_what_stays_here_or_is_encrypted_is_safe(void **state)
{
	(void)state;
	check_url("https://hub/ingest", false);
	check_url("HTTPS://hub:8000/", false);
	check_url("http://hub/ingest", true);
	check_url("http://10.0.0.7:8000/ingest", true);
	check_url("http://localhost:8000/ingest", false);
	check_url("http://LocalHost/", false);
	check_url("http://localhost.example.org/", true);
	check_url("http://127.0.0.1/", false);
	check_url("http://127.8.9.1:80/", false);
	check_url("http://127.0.0.1.example.org/", true);
	check_url("http://[::1]:8000/", false);
	check_url("http://[::2]/", true);
	check_url("http://[fe80::1]/", true);
}

static void
other_urls_are_refused_and_never_repeated(void **state)
{
	(void)state;
	check_bad_url("http://me:" CANARY "@hub/", "user or a password");
	check_bad_url("https://" CANARY "@hub/", "user or a password");
	check_bad_url("ftp://hub/" CANARY, "http:// or https://");
	check_bad_url("file:///etc/passwd", "http:// or https://");
	check_bad_url("hub:8000/" CANARY, "https://");
	check_bad_url("", "https://");
	check_bad_url("http://", "https://");
	check_bad_url("http://hub/" CANARY "\r\nX: y", "control");
	check_bad_url("http://hub/a " CANARY, "spaces");
	check_bad_url("http://hub:99999/", "https://");
}

static void
check_way(const char *url, const char *proxy, bool cleartext, int rc)
{
	char why[128] = "";

	assert_int_equal(
	    url_check_way(url, proxy, cleartext, why, sizeof(why)), rc);
	if (rc != 0)
		assert_non_null(strstr(why, "cleartext: true"));
}

static void
what_others_can_read_on_the_way_is_allowed_by_name(void **state)
{
	char why[128];

	(void)state;
	check_way("https://hub/", NULL, false, 0);
	check_way("http://127.0.0.1/", "", false, 0);
	check_way("http://hub/", NULL, false, -EINVAL);
	check_way("http://hub/", NULL, true, 0);
	/* a proxy is on the way even to this machine */
	check_way("HTTP://127.0.0.1/", "http://proxy", false, -EINVAL);
	check_way("https://hub/", "http://proxy", false, 0);
	assert_int_equal(
	    url_check_way("ftp://hub/", NULL, true, why, sizeof(why)),
	    -EINVAL);
	assert_non_null(strstr(why, "http:// or https://"));
}

static void
check_excerpt(
    const char *body, const char *secret, size_t size, const char *excerpt)
{
	const struct http_reply r = { .body = body, .len = strlen(body) };
	char is[128];

	http_excerpt(&r, secret, is, size);
	assert_string_equal(is, excerpt);
}

static void
an_excerpt_is_one_harmless_line_without_the_secret(void **state)
{
	(void)state;
	check_excerpt("", NULL, 100, "");
	check_excerpt("bad value\n", NULL, 100, "bad value");
	check_excerpt("\r\n a \t\n b", NULL, 100, "a b");
	check_excerpt("\x1b[31mred\x7f\xc3\xa9", NULL, 100, "?[31mred???");
	check_excerpt("abcdef", NULL, 4, "abc");
	check_excerpt("abcdef", NULL, 1, "");
	check_excerpt(
	    "got " CANARY " and " CANARY, CANARY, 100, "got * and *");
	check_excerpt("got " CANARY, CANARY, 8, "got *");
	check_excerpt("got it", "", 100, "got it");
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(posts_the_body_and_says_what_it_is),
		WITH_PAIR(never_asks_for_a_compressed_answer),
		WITH_PAIR(says_that_a_body_is_compressed),
		WITH_PAIR(a_token_is_used_for_its_call_only),
		WITH_PAIR(a_token_cannot_add_a_header),
		WITH_PAIR(a_token_may_be_of_another_scheme),
		WITH_PAIR(what_has_no_body_is_a_get_between_posts),
		WITH_PAIR(nothing_is_asked_when_no_time_is_left),
		WITH_PAIR(status_and_body_come_back),
		WITH_PAIR(a_redirect_is_an_answer_and_never_followed),
		WITH_PAIR(retry_after_is_a_number_or_a_date_and_within_reason),
		WITH_PAIR(headers_of_the_last_answer_can_be_asked_for),
		WITH_PAIR(an_endless_body_is_cut),
		WITH_PAIR(interim_answers_without_end_are_not_awaited),
		WITH_PAIR(a_silent_server_is_given_up),
		WITH_PAIR(a_server_that_drips_is_given_up),
		WITH_PAIR(half_an_answer_is_none),
		WITH_PAIR(who_does_not_listen_was_not_reached),
		WITH_PAIR(a_server_without_tls_was_not_reached),
		WITH_PAIR(the_environment_adds_nothing),
		WITH_PAIR(a_proxy_is_used_when_it_is_asked_for),
		WITH_PAIR(
		    the_proxy_of_an_encrypted_connection_does_not_see_the_token),
		cmocka_unit_test(a_setup_that_cannot_be_is_said_at_once),
		cmocka_unit_test(only_what_stays_here_or_is_encrypted_is_safe),
		cmocka_unit_test(other_urls_are_refused_and_never_repeated),
		cmocka_unit_test(
		    what_others_can_read_on_the_way_is_allowed_by_name),
		cmocka_unit_test(
		    an_excerpt_is_one_harmless_line_without_the_secret),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
