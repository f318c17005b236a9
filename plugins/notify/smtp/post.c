/* SPDX-License-Identifier: MIT */
#include "post.h"

#include <string.h>

#include "common/easy.h"

#define CONNECT_MS 10000
#define REPLY_S 20

struct transfer {
	CURL *curl;
	struct talk *talk;
	const struct text *mail;
	size_t sent;
	char said[CURL_ERROR_SIZE];
};

/* --- what libcurl calls -------------------------------------------------- */

static size_t
give(char *to, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	const size_t left = t->mail->len - t->sent;
	const size_t len = left < size * n ? left : size * n;

	memcpy(to, t->mail->data + t->sent, len);
	t->sent += len;
	return len;
}

/* Its replies are not for stdout. */
static size_t
ignore(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

static int
listen_in(CURL *curl, curl_infotype type, char *data, size_t len, void *arg)
{
	(void)curl;
	if (type == CURLINFO_HEADER_OUT)
		talk_sent(arg, data, len);
	else if (type == CURLINFO_HEADER_IN)
		talk_heard(arg, data, len);
	return 0;
}

/* --- options ------------------------------------------------------------- */

#define SET(option, value) EASY_SET(rc, t->curl, option, value)

static CURLcode
set_limits(struct transfer *t, const struct post *p)
{
	const long ms = (long)(p->left_ns / 1000000);
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_TIMEOUT_MS, ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : CONNECT_MS);
	SET(CURLOPT_FTP_RESPONSE_TIMEOUT, (long)REPLY_S);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_WRITEFUNCTION, ignore);
	SET(CURLOPT_HEADERFUNCTION, ignore);
	SET(CURLOPT_DEBUGFUNCTION, listen_in);
	SET(CURLOPT_DEBUGDATA, t->talk);
	SET(CURLOPT_VERBOSE, 1L);
	return rc;
}

static CURLcode
set_session(struct transfer *t, const struct post *p)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_USE_SSL,
	    (long)(p->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	if (p->user != NULL) {
		SET(CURLOPT_USERNAME, p->user);
		SET(CURLOPT_PASSWORD, p->password);
	}
	return rc;
}

static CURLcode
set_mail(struct transfer *t, const struct post *p, struct curl_slist *links)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_URL, p->url);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give);
	SET(CURLOPT_READDATA, t);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->mail->len);
	SET(CURLOPT_MAIL_FROM, p->from);
	SET(CURLOPT_MAIL_RCPT, links);
#if LIBCURL_VERSION_NUM >= 0x080200
	SET(CURLOPT_MAIL_RCPT_ALLOWFAILS, 1L);
#elif LIBCURL_VERSION_NUM >= 0x074500
	SET(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
#endif
	return rc;
}

/* --- one mail ------------------------------------------------------------ */

/* libcurl's reason, as a part of a sentence. */
static void
set_error(struct post_outcome *o, const char *said)
{
	size_t n = 0;

	for (; *said != '\0' && n < sizeof(o->error) - 1; said++)
		o->error[n++] = *said < ' ' || *said > '~' ? '?' : *said;
	o->error[n] = '\0';
	if (n > 1 && o->error[0] >= 'A' && o->error[0] <= 'Z' &&
	    o->error[1] >= 'a' && o->error[1] <= 'z')
		o->error[0] = (char)(o->error[0] - 'A' + 'a');
}

static enum post_result
judge(const struct transfer *t, CURLcode rc, struct post_outcome *o)
{
	if (talk_judge(&o->talk) >= 0)
		return POST_JUDGED;
	set_error(o, t->said[0] != '\0' ? t->said : curl_easy_strerror(rc));
	if (o->talk.stage == TALK_BODY)
		return POST_UNKNOWN;
	return rc == CURLE_USE_SSL_FAILED && o->talk.stage == TALK_HELLO
		   ? POST_NO_TLS
		   : POST_UNSENT;
}

static enum post_result
perform(struct transfer *t, const struct post *p, struct post_outcome *o)
{
	struct curl_slist links[TALK_RECIPIENTS];
	CURLcode rc;

	for (size_t i = 0; i < p->to.n; i++)
		links[i] = (struct curl_slist){ (char *)p->to.v[i],
			i + 1 < p->to.n ? &links[i + 1] : NULL };
	rc = set_limits(t, p);
	if (rc == CURLE_OK)
		rc = set_session(t, p);
	if (rc == CURLE_OK)
		rc = set_mail(t, p, links);
	if (rc == CURLE_OK)
		rc = curl_easy_perform(t->curl);
	return judge(t, rc, o);
}

enum post_result
post_mail(const struct post *p, const struct text *mail,
    struct post_outcome *outcome)
{
	struct transfer t = { .mail = mail, .talk = &outcome->talk };
	const struct easy_setup setup = { .protocols = "smtp,smtps",
		.protocol_bits = CURLPROTO_SMTP | CURLPROTO_SMTPS,
		.ca_file = p->ca_file,
		.said = t.said };
	enum post_result result;

	*outcome = (struct post_outcome){ .talk.n = 0 };
	if (p->left_ns < 1000000) {
		set_error(outcome, "no time left");
		return POST_UNSENT;
	}
	t.curl = easy_new(&setup);
	if (t.curl == NULL) {
		set_error(outcome, "libcurl cannot be set up");
		return POST_UNSENT;
	}
	result = perform(&t, p, outcome);
	curl_easy_cleanup(t.curl);
	return result;
}
