/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_ctx.h"
#include "fake_smtp.h"
#include "made_notice.h"
#include "notify/smtp/mail.h"
#include "notify/smtp/talk.h"

FETTLE_API extern const struct fettle_plugin smtp_LTX_fettle_plugin;
static const struct fettle_plugin *const smtp = &smtp_LTX_fettle_plugin;

/* --- mails --------------------------------------------------------------- */

static char *
render(const struct fettle_notice *n)
{
	static const char *const to[] = { "ops@example.org", "b@example.org" };
	const struct mail_frame frame = { .from = "fettle@example.org",
		.to = { 2, to },
		.label = "mail",
		.now_s = 1763803440 };
	struct text mail = { 0 };
	char *copy;

	mail_render(&mail, &frame, n);
	assert_false(mail.failed);
	copy = xstrdup(mail.data);
	text_free(&mail);
	return copy;
}

static void
a_mail_is_text_and_html_with_all_headers(void **state)
{
	struct made_notice m;
	char *mail;

	(void)state;
	made_notice_init(&m);
	m.notice.url = "https://hub/?a=1&b=2";
	m.notice.text = "host: web-1\nvalue: 97 %";
	mail = render(&m.notice);
	assert_string_equal(mail,
	    "Date: Sat, 22 Nov 2025 09:24:00 +0000\r\n"
	    "From: fettle <fettle@example.org>\r\n"
	    "To: ops@example.org,\r\n b@example.org\r\n"
	    "Subject: failure: web-1 cpu.percent 97 % (limit 90 %)\r\n"
	    "Message-ID: <0123456789abcdef-7-1.mail@example.org>\r\n"
	    "In-Reply-To: <0123456789abcdef-7.mail@example.org>\r\n"
	    "References: <0123456789abcdef-7.mail@example.org>\r\n"
	    "List-Id: fettle <fettle.example.org>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "X-Fettle-Severity: failure\r\n"
	    "X-Priority: 1\r\n"
	    "X-Fettle-Event: 0123456789abcdef-7-1\r\n"
	    "X-Fettle-Host: web-1\r\n"
	    "X-Fettle-Rule: cpu\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative; boundary=\"=_fettle\"\r\n"
	    "\r\n"
	    "--=_fettle\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "failure: web-1 cpu.percent 97 % (limit 90 %)\r\n"
	    "\r\n"
	    "host: web-1\r\n"
	    "value: 97 %\r\n"
	    "\r\n"
	    "https://hub/?a=3D1&b=3D2\r\n"
	    "\r\n"
	    "0123456789abcdef-7-1\r\n"
	    "--=_fettle\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "<!DOCTYPE html>\r\n"
	    "<html><body>\r\n"
	    "<p><strong>failure: web-1 cpu.percent 97 % (limit 90 %)"
	    "</strong></p>\r\n"
	    "<p>host: web-1<br>\r\n"
	    "value: 97 %</p>\r\n"
	    "<p><a href=3D\"https://hub/?a=3D1&amp;b=3D2\">Show</a></p>\r\n"
	    "<p><small>0123456789abcdef-7-1</small></p>\r\n"
	    "</body></html>\r\n"
	    "--=_fettle--\r\n");
	free(mail);
}

static void
names_are_text_in_headers_and_in_html(void **state)
{
	struct made_notice m;
	char *mail;

	(void)state;
	made_notice_init(&m);
	m.notice.title = "fehler: <b>web\xc3\xa4</b>\r\nBcc: x@example.org";
	m.notice.text = "<script>\"&\n.\n--=_fettle--";
	m.alert.host = "a\r\nX-Evil: 1";
	m.alert.rule = "=?UTF-8?B?eA==?=";
	mail = render(&m.notice);
	assert_non_null(strstr(mail, "Subject: =?UTF-8?B?"));
	assert_non_null(strstr(mail, "X-Fettle-Host: =?UTF-8?B?"));
	assert_non_null(strstr(mail, "X-Fettle-Rule: =?UTF-8?B?PT9VV"));
	assert_null(strstr(mail, "\nX-Evil"));
	assert_null(strstr(mail, "<script>\"&<br>"));
	assert_non_null(strstr(mail, "&lt;script&gt;&quot;&amp;<br>"));
	assert_non_null(strstr(mail, "--=3D_fettle--"));
	*strstr(mail, "\r\n\r\n") = '\0';
	assert_null(strstr(mail, "\nBcc"));
	free(mail);
}

static void
no_line_is_long_and_all_are_ascii(void **state)
{
	struct made_notice m;
	char *text = xcalloc(9001, 1), *word = xasprintf("%01024d", 0);
	char *mail;

	(void)state;
	made_notice_init(&m);
	for (size_t i = 0; i < 9000; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	m.notice.title = m.notice.text = text;
	m.alert.host = "a host name of many words that goes on and on, longer "
		       "than any line of a mail should ever be, and on";
	m.alert.rule = word;
	mail = render(&m.notice);
	for (const char *s = mail; *s != '\0';) {
		const size_t n = strcspn(s, "\r\n");

		assert_true(n <= 78);
		assert_memory_equal(s + n, "\r\n", 2);
		for (size_t i = 0; i < n; i++)
			assert_true(s[i] >= ' ' && s[i] <= '~');
		s += n + 2;
	}
	/* whole characters in each word: 15 of them */
	assert_non_null(strstr(mail, "\r\n =?UTF-8?B?4oKs4oKs"));
	assert_non_null(
	    strstr(mail, "X-Fettle-Host: a host name of many words that "
			 "goes on and on, longer than\r\n any line of"));
	free(mail);
	free(word);
	free(text);
}

static void
only_mails_about_one_alert_have_a_thread(void **state)
{
	struct made_notice m;
	char *mail;

	(void)state;
	made_notice_init(&m);
	m.notice.reason = FETTLE_TEST;
	m.notice.n = 0;
	mail = render(&m.notice);
	assert_null(strstr(mail, "References"));
	assert_null(strstr(mail, "X-Fettle-Severity"));
	assert_non_null(strstr(mail, "X-Fettle-Test: yes\r\n"));
	free(mail);
	/* over before anybody was told */
	made_notice_init(&m);
	m.alert.severity = m.notice.severity = FETTLE_OK;
	mail = render(&m.notice);
	assert_null(strstr(mail, "References"));
	assert_null(strstr(mail, "X-Priority"));
	free(mail);
	m.alert.was = FETTLE_FAILURE;
	mail = render(&m.notice);
	assert_non_null(strstr(mail, "References"));
	free(mail);
}

static void
an_address_is_what_no_command_takes_for_more(void **state)
{
	static const char *const bad[] = { "", "a", "@", "a@", "@b", "a@b@c",
		"a b@c", "a@b\r\nRCPT TO:<x@y>", "<a@b>", "a@b>", "a@b,c@d",
		"\"a\"@b", "a@b\xc3\xa4", "Ops <a@b>", "a@b\x7f" };
	static const char *const good[] = { "a@b", "fettle@example.org",
		"root+x@web-1.example.org", "o'neil@example.org" };
	char *longest = xasprintf("%0252d@b", 0);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(mail_is_address(bad[i]));
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(mail_is_address(good[i]));
	assert_true(mail_is_address(longest));
	free(longest);
	longest = xasprintf("%0253d@b", 0);
	assert_false(mail_is_address(longest));
	free(longest);
}

/* --- conversations ------------------------------------------------------- */

static void
sent(struct talk *t, const char *line)
{
	talk_sent(t, line, strlen(line));
}

static void
heard(struct talk *t, const char *line)
{
	talk_heard(t, line, strlen(line));
}

static void
nothing_of_a_password_is_kept(void **state)
{
	struct talk t = { 0 };

	(void)state;
	heard(&t, "220 x\r\n");
	sent(&t, "EHLO y\r\n");
	heard(&t, "250-AUTH LOGIN\r\n250 SIZE\r\n");
	sent(&t, "AUTH LOGIN\r\n");
	heard(&t, "334 VXNlcm5hbWU6\r\n");
	sent(&t, "DATA\r\n"); /* base64 may look like that */
	assert_int_equal(t.stage, TALK_AUTH);
	heard(&t, "535 5.7.8 canary is wrong\r\n");
	assert_string_equal(t.last.said, "535 5.7.8");
	assert_int_equal(talk_judge(&t), FETTLE_UNAUTHORISED);
}

static void
what_a_reply_means_depends_on_what_was_said(void **state)
{
	static const struct {
		const char *said, *reply;
		int answer;
	} cases[] = {
		{ "", "554 go away", FETTLE_UNAUTHORISED },
		{ "", "421 busy", FETTLE_RETRY },
		{ "", "nonsense", -1 },
		{ "EHLO x", "250 fine", -1 },
		{ "STARTTLS", "454 not now", FETTLE_RETRY },
		{ "STARTTLS", "502 no", FETTLE_UNAUTHORISED },
		{ "AUTH PLAIN", "454 later", FETTLE_RETRY },
		{ "AUTH PLAIN", "534 weak", FETTLE_UNAUTHORISED },
		{ "MAIL FROM:<a@b>", "530 who are you", FETTLE_UNAUTHORISED },
		{ "MAIL FROM:<a@b>", "553 not yours", FETTLE_UNAUTHORISED },
		{ "MAIL FROM:<a@b>", "552 too large", FETTLE_REFUSED },
		{ "MAIL FROM:<a@b>", "452 full", FETTLE_RETRY },
		{ "RCPT TO:<a@b>", "550 unknown", FETTLE_REFUSED },
		{ "RCPT TO:<a@b>", "530 who are you", FETTLE_UNAUTHORISED },
		{ "RCPT TO:<a@b>", "450 greylisted", FETTLE_RETRY },
		{ "DATA", "554 no", FETTLE_REFUSED },
		{ "DATA", "451 later", FETTLE_RETRY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct talk t = { 0 };

		if (*cases[i].said != '\0') {
			heard(&t, "220 hello\r\n");
			sent(&t, cases[i].said);
		}
		heard(&t, cases[i].reply);
		if (talk_judge(&t) != cases[i].answer)
			fail_msg("%s: %d", cases[i].reply, talk_judge(&t));
	}
}

/* --- with a server ------------------------------------------------------- */

struct world {
	struct fake_smtp *server;
	struct fettle_ctx *ctx;
	struct made_notice made;
	char file[32]; /* of the password */
};

static int
start(struct world *w, const char *url, const char *more)
{
	char *yaml = xasprintf("server: %s\nfrom: fettle@example.org\n"
			       "%s%s",
	    url,
	    strstr(more, "to:") == NULL
		? "to: [a@example.org, b@example.org]\n"
		: "",
	    more);
	int rc;

	w->ctx = fake_new(smtp, "mail", yaml);
	w->ctx->host = "hub-1";
	rc = smtp->open(w->ctx);
	free(yaml);
	return rc;
}

static void
stop(struct world *w)
{
	smtp->close(w->ctx);
	fake_free(w->ctx);
	w->ctx = NULL;
}

static int
world_begin(void **state)
{
	struct world *w = NEW(struct world);
	char *url;
	int fd;

	strcpy(w->file, "/tmp/smtp.XXXXXX");
	fd = mkstemp(w->file);
	assert_int_equal(write(fd, "canary\n", 7), 7);
	close(fd);
	w->server = fake_smtp_new();
	url = xasprintf("smtp://127.0.0.1:%d", fake_smtp_port(w->server));
	assert_int_equal(start(w, url, ""), 0);
	free(url);
	made_notice_init(&w->made);
	*state = w;
	return 0;
}

static int
world_end(void **state)
{
	struct world *w = *state;

	stop(w);
	fake_smtp_free(w->server);
	unlink(w->file);
	free(w);
	return 0;
}

static void
check_notify(struct world *w, enum fettle_answer answer, double after_s,
    const char *reason)
{
	w->ctx->after_s = 0;
	assert_int_equal(smtp->notify(w->ctx, &w->made.notice), answer);
	assert_string_equal(w->ctx->reason, reason);
	assert_true(w->ctx->after_s == after_s);
}

static void
a_mail_goes_to_every_recipient(void **state)
{
	struct world *w = *state;
	char *commands, *mail;

	check_notify(w, FETTLE_DELIVERED, 0, "mail: 250 2.0.0 queued as 17");
	commands = fake_smtp_commands(w->server);
	assert_memory_equal(
	    commands, "EHLO hub-1\nMAIL FROM:<fettle@example.org> SIZE=", 47);
	assert_non_null(strstr(commands,
	    "\nRCPT TO:<a@example.org>\nRCPT TO:<b@example.org>\nDATA\n"
	    "QUIT\n"));
	mail = fake_smtp_mail(w->server);
	assert_memory_equal(mail, "Date: ", 6);
	assert_string_equal(mail + strlen(mail) - 14, "--=_fettle--\r\n");
	assert_int_equal(w->ctx->log.len, 0);
	free(commands);
	free(mail);
}

static void
lines_that_begin_with_a_dot_arrive_whole(void **state)
{
	struct world *w = *state;
	char *mail;

	w->made.notice.text = ".\n..\nQUIT";
	check_notify(w, FETTLE_DELIVERED, 0, "mail: 250 2.0.0 queued as 17");
	mail = fake_smtp_mail(w->server);
	assert_non_null(strstr(mail, "\r\n.\r\n..\r\nQUIT\r\n"));
	free(mail);
}

static void
a_recipient_that_is_refused_is_logged_and_others_get_it(void **state)
{
	struct world *w = *state;

	fake_smtp_say(w->server, "RCPT TO:<a@", "550 5.1.1 unknown");
	check_notify(w, FETTLE_DELIVERED, 0, "mail: 250 2.0.0 queued as 17");
	assert_string_equal(w->ctx->log.data,
	    "<4>the mail to \"a@example.org\" is refused: 550 5.1.1 "
	    "unknown\n");
}

static void
no_recipient_is_a_refusal_unless_one_may_be_taken_later(void **state)
{
	struct world *w = *state;

	fake_smtp_say(w->server, "RCPT", "550 5.1.1 unknown");
	check_notify(w, FETTLE_REFUSED, 0, "RCPT: 550 5.1.1 unknown");
	fake_smtp_say(w->server, "RCPT TO:<a@", "450 4.2.1 greylisted");
	check_notify(w, FETTLE_RETRY, 0, "RCPT: 450 4.2.1 greylisted");
}

static void
what_the_server_says_of_the_mail_counts(void **state)
{
	struct world *w = *state;

	fake_smtp_say(w->server, ".", "554 5.7.1 spam");
	check_notify(w, FETTLE_REFUSED, 0, "mail: 554 5.7.1 spam");
	fake_smtp_say(w->server, ".", "451 4.3.0 later");
	check_notify(w, FETTLE_RETRY, 0, "mail: 451 4.3.0 later");
	fake_smtp_say(w->server, "MAIL", "530 5.7.0 sign in");
	check_notify(w, FETTLE_UNAUTHORISED, 0, "MAIL: 530 5.7.0 sign in");
	fake_smtp_say(w->server, "", "421 busy");
	check_notify(w, FETTLE_RETRY, 0, "greeting: 421 busy");
}

static void
a_connection_lost_after_the_mail_leaves_it_open(void **state)
{
	struct world *w = *state;

	fake_smtp_say(w->server, ".", NULL);
	assert_int_equal(
	    smtp->notify(w->ctx, &w->made.notice), FETTLE_UNKNOWN);
	assert_non_null(strstr(w->ctx->reason, "did not say whether"));
	/* lost before, nobody got it */
	fake_smtp_say(w->server, "DATA", NULL);
	w->ctx->after_s = 1;
	assert_int_equal(smtp->notify(w->ctx, &w->made.notice), FETTLE_RETRY);
	assert_true(w->ctx->after_s == 0);
}

static void
an_answer_to_the_mail_holds_whatever_follows(void **state)
{
	struct world *w = *state;

	fake_smtp_say(w->server, "QUIT", NULL);
	check_notify(w, FETTLE_DELIVERED, 0, "mail: 250 2.0.0 queued as 17");
}

static void
without_starttls_nothing_is_said_where_tls_is_required(void **state)
{
	struct world *w = *state;
	char *url =
	    xasprintf("smtp://127.0.0.1:%d", fake_smtp_port(w->server));
	char *more = xasprintf("password_file: %s\n", w->file), *commands;

	stop(w);
	assert_int_equal(start(w, url, "tls: required\n"), 0);
	check_notify(
	    w, FETTLE_UNAUTHORISED, 0, "the server does not offer STARTTLS");
	stop(w);
	/* a password is one, on this machine too */
	assert_int_equal(start(w, url, more), 0);
	check_notify(
	    w, FETTLE_UNAUTHORISED, 0, "the server does not offer STARTTLS");
	commands = fake_smtp_commands(w->server);
	assert_null(strstr(commands, "AUTH"));
	assert_null(strstr(commands, "MAIL"));
	free(commands);
	free(more);
	free(url);
}

static void
what_cannot_work_is_said_at_the_start(void **state)
{
	static const struct {
		const char *url, *more, *reason;
	} cases[] = {
		{ "mail:25", "",
		    "server must be of the form smtp://HOST:PORT" },
		{ "http://mail", "",
		    "server must begin with smtp:// or smtps://" },
		{ "smtp://u:p@mail", "",
		    "server must be no more than smtp://HOST:PORT" },
		{ "smtp://mail/x%0d%0aRSET", "",
		    "server must be no more than smtp://HOST:PORT" },
		{ "smtps://mail", "tls: none\n",
		    "server is smtps://, and tls: none" },
		{ "smtp://mail", "user: me\n", "user has no password" },
		{ "smtp://mail", "to: ops\n",
		    "to \"ops\" must be an address, NAME@DOMAIN" },
		{ "smtp://mail", "ca_file: /nonexistent\n",
		    "ca_file \"/nonexistent\"" },
	};
	struct world *w = *state;
	char *more = xasprintf("tls: none\npassword_file: %s\n", w->file);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		stop(w);
		assert_true(start(w, cases[i].url, cases[i].more) < 0);
		assert_string_equal(w->ctx->reason, cases[i].reason);
	}
	stop(w);
	assert_true(start(w, "smtp://127.0.0.1", more) < 0);
	assert_string_equal(w->ctx->reason,
	    "server would get the password without TLS: tls: none");
	free(more);
}

int
main(void)
{
#define IN_WORLD(t) cmocka_unit_test_setup_teardown(t, world_begin, world_end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_is_text_and_html_with_all_headers),
		cmocka_unit_test(names_are_text_in_headers_and_in_html),
		cmocka_unit_test(no_line_is_long_and_all_are_ascii),
		cmocka_unit_test(only_mails_about_one_alert_have_a_thread),
		cmocka_unit_test(an_address_is_what_no_command_takes_for_more),
		cmocka_unit_test(nothing_of_a_password_is_kept),
		cmocka_unit_test(what_a_reply_means_depends_on_what_was_said),
		IN_WORLD(a_mail_goes_to_every_recipient),
		IN_WORLD(lines_that_begin_with_a_dot_arrive_whole),
		IN_WORLD(
		    a_recipient_that_is_refused_is_logged_and_others_get_it),
		IN_WORLD(
		    no_recipient_is_a_refusal_unless_one_may_be_taken_later),
		IN_WORLD(what_the_server_says_of_the_mail_counts),
		IN_WORLD(a_connection_lost_after_the_mail_leaves_it_open),
		IN_WORLD(an_answer_to_the_mail_holds_whatever_follows),
		IN_WORLD(
		    without_starttls_nothing_is_said_where_tls_is_required),
		IN_WORLD(what_cannot_work_is_said_at_the_start),
	};

	return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}
