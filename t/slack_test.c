/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_ctx.h"
#include "fake_server.h"
#include "made_notice.h"

/* The part of the URL that nobody may read. */
#define CANARY "/services/T0/canary-3f9a"

FETTLE_API extern const struct fettle_plugin slack_LTX_fettle_plugin;
static const struct fettle_plugin *const slack = &slack_LTX_fettle_plugin;

struct world {
	struct fake_server *server;
	struct fettle_ctx *ctx;
	struct made_notice made;
	char file[32];
};

static void
write_secret(struct world *w, const char *url)
{
	FILE *f = fopen(w->file, "w");

	assert_non_null(f);
	fprintf(f, "%s\n", url);
	fclose(f);
}

static void
make_ctx(struct world *w, const char *more)
{
	char *yaml = xasprintf("webhook_url_file: %s\n%s", w->file, more);

	w->ctx = fake_new(slack, "slack", yaml);
	free(yaml);
}

static int
world_begin(void **state)
{
	struct world *w = NEW(struct world);
	char *url;

	strcpy(w->file, "/tmp/slack.XXXXXX");
	close(mkstemp(w->file));
	w->server = fake_server_new();
	url = xasprintf("%s" CANARY, fake_server_url(w->server));
	write_secret(w, url);
	free(url);
	make_ctx(w, "");
	assert_int_equal(slack->open(w->ctx), 0);
	made_notice_init(&w->made);
	*state = w;
	return 0;
}

static int
world_end(void **state)
{
	struct world *w = *state;

	slack->close(w->ctx);
	if (w->ctx->log.data != NULL)
		assert_null(strstr(w->ctx->log.data, "canary"));
	fake_free(w->ctx);
	unlink(w->file);
	fake_server_free(w->server);
	free(w);
	return 0;
}

static void
say(struct world *w, const char *status, const char *headers, const char *body)
{
	char *text =
	    xasprintf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status,
		headers, strlen(body), body);

	fake_server_say(w->server, text, FAKE_KEEP);
	free(text);
}

static int
notify(struct world *w)
{
	int rc;

	w->ctx->reason[0] = '\0';
	w->ctx->after_s = 0;
	rc = slack->notify(w->ctx, &w->made.notice);
	assert_null(strstr(w->ctx->reason, "canary"));
	return rc;
}

/* The text of the message with these, as the server got it. */
static json_t *
sent(struct world *w, const char *title, const char *text)
{
	const struct fake_request *r;
	json_t *body;

	w->made.notice.title = title;
	w->made.notice.text = text;
	say(w, "200 OK", "", "ok");
	assert_int_equal(notify(w), FETTLE_DELIVERED);
	r = fake_server_request(
	    w->server, fake_server_requests(w->server) - 1);
	body = json_loadb(r->body, r->len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(body);
	return body;
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	assert_non_null(text);
	return text;
}

/* --- tests --------------------------------------------------------------- */

static void
a_message_is_a_text_and_a_coloured_attachment(void **state)
{
	struct world *w = *state;
	const struct fake_request *r;
	json_t *body, *a;
	char *type;

	w->made.notice.url = "https://hub/?a=1&b=2";
	body = sent(w, "failure: web-1 cpu.percent 97 %", "host: web-1\nx: y");
	assert_string_equal(
	    text_of(body, "text"), "failure: web-1 cpu.percent 97 %");
	assert_int_equal(
	    json_array_size(json_object_get(body, "attachments")), 1);
	a = json_array_get(json_object_get(body, "attachments"), 0);
	assert_string_equal(text_of(a, "color"), "danger");
	assert_string_equal(text_of(a, "text"), "host: web-1\nx: y");
	assert_string_equal(
	    text_of(a, "fallback"), "failure: web-1 cpu.percent 97 %");
	assert_string_equal(text_of(a, "footer"), "0123456789abcdef-7-1");
	assert_string_equal(text_of(a, "title_link"), "https://hub/?a=1&b=2");
	json_decref(body);

	r = fake_server_request(w->server, 0);
	assert_memory_equal(r->head, "POST " CANARY " HTTP/1.1\r\n",
	    strlen("POST " CANARY " HTTP/1.1\r\n"));
	type = fake_server_header(r, "Content-Type");
	assert_string_equal(type, "application/json");
	free(type);
}

static void
the_colour_is_that_of_the_severity(void **state)
{
	static const struct {
		enum fettle_severity severity;
		enum fettle_reason reason;
		const char *colour;
	} cases[] = {
		{ FETTLE_OK, FETTLE_CHANGED, "good" },
		{ FETTLE_NO_DATA, FETTLE_CHANGED, "#777777" },
		{ FETTLE_WARNING, FETTLE_REMINDER, "warning" },
		{ FETTLE_FAILURE, FETTLE_CHANGED, "danger" },
		{ FETTLE_OK, FETTLE_TEST, "#439fe0" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *body;

		w->made.notice.severity = cases[i].severity;
		w->made.notice.reason = cases[i].reason;
		body = sent(w, "t", "x");
		assert_string_equal(
		    text_of(json_array_get(
				json_object_get(body, "attachments"), 0),
			"color"),
		    cases[i].colour);
		json_decref(body);
	}
}

static void
nothing_in_a_name_is_a_command(void **state)
{
	struct world *w = *state;
	json_t *body =
	    sent(w, "<!channel> & <@U1>", "a\"b\\c <https://x|y>\n*z*");
	const json_t *a =
	    json_array_get(json_object_get(body, "attachments"), 0);

	assert_string_equal(
	    text_of(body, "text"), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
	assert_string_equal(
	    text_of(a, "fallback"), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
	assert_string_equal(
	    text_of(a, "text"), "a\"b\\c &lt;https://x|y&gt;\n*z*");
	assert_true(json_is_false(json_object_get(body, "mrkdwn")));
	assert_true(json_is_false(json_object_get(body, "link_names")));
	assert_int_equal(json_array_size(json_object_get(a, "mrkdwn_in")), 0);
	assert_true(json_is_array(json_object_get(a, "mrkdwn_in")));
	json_decref(body);
}

static void
a_test_is_about_no_alert(void **state)
{
	struct world *w = *state;
	json_t *body;

	w->made.notice.reason = FETTLE_TEST;
	w->made.notice.alerts = NULL;
	w->made.notice.n = 0;
	body = sent(w, "test: hub reaches slack", "This is a test.");
	assert_string_equal(text_of(body, "text"), "test: hub reaches slack");
	assert_string_equal(w->ctx->reason, "HTTP 200: ok");
	json_decref(body);
}

static void
answers_mean_what_the_table_says(void **state)
{
	static const struct {
		const char *status, *headers, *body;
		enum fettle_answer answer;
		double after_s;
		const char *reason;
	} cases[] = {
		{ "200 OK", "", "ok", FETTLE_DELIVERED, 0, "HTTP 200: ok" },
		{ "200 OK", "", "", FETTLE_REFUSED, 0, "HTTP 200" },
		{ "200 OK", "", "okay", FETTLE_REFUSED, 0, "HTTP 200: okay" },
		{ "200 OK", "", "{\"ok\":false}", FETTLE_REFUSED, 0,
		    "HTTP 200: {\"ok\":false}" },
		{ "400 Bad", "", "invalid_payload", FETTLE_REFUSED, 0,
		    "HTTP 400: invalid_payload" },
		{ "413 Large", "", "", FETTLE_REFUSED, 0, "HTTP 413" },
		{ "401 No", "", "", FETTLE_UNAUTHORISED, 0, "HTTP 401" },
		{ "403 No", "", "invalid_token", FETTLE_UNAUTHORISED, 0,
		    "HTTP 403: invalid_token" },
		{ "404 No", "", "no_service", FETTLE_UNAUTHORISED, 0,
		    "HTTP 404: no_service" },
		{ "410 Gone", "", "channel_is_archived", FETTLE_UNAUTHORISED,
		    0, "HTTP 410: channel_is_archived" },
		{ "302 Found", "Location: /x\r\n", "", FETTLE_UNAUTHORISED, 0,
		    "HTTP 302: redirects are not followed" },
		{ "429 Slow", "Retry-After: 7\r\n", "rate_limited",
		    FETTLE_RETRY, 7, "HTTP 429: rate_limited" },
		{ "429 Slow", "Retry-After: 86400\r\n", "", FETTLE_RETRY, 600,
		    "HTTP 429" },
		{ "503 Busy", "", "", FETTLE_RETRY, 0, "HTTP 503" },
		{ "500 Error", "", "rollup_error", FETTLE_UNKNOWN, 0,
		    "HTTP 500: rollup_error" },
		{ "504 Late", "Retry-After: 90\r\n", "", FETTLE_UNKNOWN, 90,
		    "HTTP 504" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		say(w, cases[i].status, cases[i].headers, cases[i].body);
		assert_int_equal(notify(w), cases[i].answer);
		assert_string_equal(w->ctx->reason, cases[i].reason);
		assert_true(w->ctx->after_s == cases[i].after_s);
	}
}

static void
a_secret_that_the_server_repeats_is_not_told(void **state)
{
	static const struct {
		const char *body, *reason;
	} cases[] = {
		{ "there is no " CANARY " here",
		    "HTTP 404: there is no /services/T0/* here" },
		{ "no canary-3f9a", "HTTP 404: no *" },
		{ "{\"no\":\"\\/T0\\/canary-3f9a\"}",
		    "HTTP 404: {\"no\":\"\\/T0\\/*\"}" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		say(w, "404 Not Found", "", cases[i].body);
		assert_int_equal(notify(w), FETTLE_UNAUTHORISED);
		assert_string_equal(w->ctx->reason, cases[i].reason);
	}
}

static void
no_answer_may_mean_that_it_was_delivered(void **state)
{
	struct world *w = *state;

	fake_server_say(w->server, "", FAKE_RESET);
	assert_int_equal(notify(w), FETTLE_UNKNOWN);
	fake_server_say(w->server, "HTTP/1.1 200 OK\r\nContent-Le", FAKE_HANG);
	w->ctx->left = 200 * INT64_C(1000000);
	assert_int_equal(notify(w), FETTLE_UNKNOWN);
}

static void
a_server_that_is_not_there_got_nothing(void **state)
{
	struct world *w = *state;

	fake_server_free(w->server);
	assert_int_equal(notify(w), FETTLE_RETRY);
	assert_true(w->ctx->after_s == 0);
	assert_true(w->ctx->reason[0] != '\0');
	w->server = fake_server_new();
}

static void
a_url_that_is_none_is_named_without_it(void **state)
{
	static const char *const urls[] = { "canary", "ftp://h/canary",
		"http://example.org/canary", "https://u:canary@h/",
		"https://h/can ary\tcanary" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		struct fettle_ctx *open = w->ctx;

		write_secret(w, urls[i]);
		make_ctx(w, "");
		assert_true(slack->open(w->ctx) < 0);
		assert_memory_equal(w->ctx->reason, "webhook_url ", 12);
		assert_null(strstr(w->ctx->reason, "canary"));
		fake_free(w->ctx);
		w->ctx = open;
	}
}

int
main(void)
{
#define IN_WORLD(t) cmocka_unit_test_setup_teardown(t, world_begin, world_end)
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_message_is_a_text_and_a_coloured_attachment),
		IN_WORLD(the_colour_is_that_of_the_severity),
		IN_WORLD(nothing_in_a_name_is_a_command),
		IN_WORLD(a_test_is_about_no_alert),
		IN_WORLD(answers_mean_what_the_table_says),
		IN_WORLD(a_secret_that_the_server_repeats_is_not_told),
		IN_WORLD(no_answer_may_mean_that_it_was_delivered),
		IN_WORLD(a_server_that_is_not_there_got_nothing),
		IN_WORLD(a_url_that_is_none_is_named_without_it),
	};

	return cmocka_run_group_tests_name("slack", tests, NULL, NULL);
}
