/* SPDX-License-Identifier: MIT */
#include "post.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

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

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode once_result;

static void
init_once(void)
{
	once_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

#define SET(option, value)                                                    \
	do                                                                    \
		if (rc == CURLE_OK)                                           \
			rc = curl_easy_setopt(t->curl, option, value);        \
	while (0)

static CURLcode
set_limits(struct transfer *t, const struct post *p)
{
	const long ms = (long)(p->left_ns / 1000000);
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
	SET(CURLOPT_TIMEOUT_MS, ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : CONNECT_MS);
	SET(CURLOPT_FTP_RESPONSE_TIMEOUT, (long)REPLY_S);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_ERRORBUFFER, t->said);
	SET(CURLOPT_WRITEFUNCTION, ignore);
	SET(CURLOPT_HEADERFUNCTION, ignore);
	SET(CURLOPT_DEBUGFUNCTION, listen_in);
	SET(CURLOPT_DEBUGDATA, t->talk);
	SET(CURLOPT_VERBOSE, 1L);
	return rc;
}

static CURLcode
set_trust(struct transfer *t, const struct post *p)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_USE_SSL,
	    (long)(p->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (p->ca_file != NULL) {
		SET(CURLOPT_CAINFO, p->ca_file);
		/* or the system's directory is believed as well */
		SET(CURLOPT_CAPATH, NULL);
	}
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
		rc = set_trust(t, p);
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
	enum post_result result;

	*outcome = (struct post_outcome){ .talk.n = 0 };
	pthread_once(&once, init_once);
	if (p->left_ns < 1000000) {
		set_error(outcome, "no time left");
		return POST_UNSENT;
	}
	if (once_result != CURLE_OK || (t.curl = curl_easy_init()) == NULL) {
		set_error(outcome, "libcurl cannot be set up");
		return POST_UNSENT;
	}
	result = perform(&t, p, outcome);
	curl_easy_cleanup(t.curl);
	return result;
}
