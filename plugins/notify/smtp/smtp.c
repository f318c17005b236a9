/* SPDX-License-Identifier: MIT */
/* smtp: mails to people by way of a server. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <fettle/plugin.h>

#include "common/text.h"
#include "common/url.h"
#include "mail.h"
#include "post.h"

#define NS_PER_S INT64_C(1000000000)
#define MAIL_NS (50 * NS_PER_S)
#define PACE_MS 1000

struct smtp {
	const char *server, *from, *user, *tls, *ca_file;
	struct fettle_strings to;
	struct fettle_secret password;

	char *url; /* the server with the name for EHLO; of libcurl */
	bool starttls;
};

static const struct fettle_option smtp_options[] = {
	FETTLE_OPTION(struct smtp, server, NULL,
	    "smtp://HOST:587, or smtps://HOST where TLS begins at once.  "
	    "Without a port it is 25, or 465."),
	FETTLE_OPTION(struct smtp, from, NULL,
	    "Address of the sender, which gets what cannot be delivered."),
	FETTLE_RANGE(struct smtp, to, NULL, "Addresses of those who are told.",
	    1, TALK_RECIPIENTS),
	FETTLE_OPTION(struct smtp, user, "",
	    "Who the server knows this machine as; with a password and "
	    "without a user it is the sender's address."),
	FETTLE_OPTION(struct smtp, password, "",
	    "For that user, only sent under TLS; given as password_file."),
	FETTLE_CHOICE(struct smtp, tls, "auto",
	    "required: TLS, or no mail.  auto: the same, unless the server is "
	    "this machine and there is no password.  none: anyone on the way "
	    "can read and change the mails.",
	    "auto|required|none"),
	FETTLE_OPTION(struct smtp, ca_file, "",
	    "File with the certificates to trust in place of the system's."),
};

/* --- open ---------------------------------------------------------------- */

static bool
is_given(const char *text)
{
	return text != NULL && *text != '\0';
}

/* What a server may be called by EHLO; others are "localhost". */
static const char *
hello_name(struct fettle_ctx *ctx)
{
	const char *host = fettle_host(ctx);

	if (*host == '\0' || *host == '-' || *host == '.' ||
	    host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] !=
		'\0')
		return "localhost";
	return host;
}

/* "smtp" or "smtps"; a part that should not be there is the reason. */
static const char *
check_parts(CURLU *u, const char *scheme, const char *host, const char *path)
{
	static const CURLUPart unwanted[] = { CURLUPART_USER,
		CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT };

	if (strcmp(scheme, "smtp") != 0 && strcmp(scheme, "smtps") != 0)
		return "must begin with smtp:// or smtps://";
	if (*host == '\0')
		return "must name a host";
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(*unwanted); i++) {
		char *part = NULL;

		if (curl_url_get(u, unwanted[i], &part, 0) == CURLUE_OK) {
			curl_free(part);
			return "must be no more than smtp://HOST:PORT";
		}
	}
	return *path == '\0' || strcmp(path, "/") == 0
		   ? NULL
		   : "must be no more than smtp://HOST:PORT";
}

/* How TLS comes about; NULL, or what is wrong. */
static const char *
decide_tls(struct smtp *self, const char *scheme, const char *host)
{
	const bool none = strcmp(self->tls, "none") == 0;
	const bool secret = is_given(self->password.text);

	if (none && strcmp(scheme, "smtps") == 0)
		return "is smtps://, and tls: none";
	if (none && secret)
		return "would get the password without TLS: tls: none";
	self->starttls = !none && (strcmp(self->tls, "required") == 0 ||
				      secret || !url_is_loopback(host));
	return NULL;
}

static const char *
take_server(struct fettle_ctx *ctx, CURLU *u)
{
	struct smtp *self = fettle_self(ctx);
	char *scheme = NULL, *host = NULL, *path = NULL;
	const char *wrong = "must be of the form smtp://HOST:PORT";
	char name[300];

	snprintf(name, sizeof(name), "/%.255s", hello_name(ctx));
	if (curl_url_set(u, CURLUPART_URL, self->server, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
	    (wrong = check_parts(u, scheme, host, path)) == NULL &&
	    (wrong = decide_tls(self, scheme, host)) == NULL &&
	    (curl_url_set(u, CURLUPART_PATH, name, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_URL, &self->url, 0) != CURLUE_OK))
		wrong = "cannot be used";
	curl_free(scheme);
	curl_free(host);
	curl_free(path);
	return wrong;
}

static int
check_server(struct fettle_ctx *ctx)
{
	CURLU *u = curl_url();
	const char *wrong;

	if (u == NULL)
		return fettle_fail(ctx, ENOMEM, "open");
	wrong = take_server(ctx, u);
	curl_url_cleanup(u);
	return wrong == NULL ? 0
			     : fettle_fail(ctx, EINVAL, "server %s", wrong);
}

static int
check_addresses(struct fettle_ctx *ctx)
{
	const struct smtp *self = fettle_self(ctx);

	if (!mail_is_address(self->from))
		return fettle_fail(ctx, EINVAL,
		    "from \"%s\" must be an address, NAME@DOMAIN", self->from);
	for (size_t i = 0; i < self->to.n; i++)
		if (!mail_is_address(self->to.v[i]))
			return fettle_fail(ctx, EINVAL,
			    "to \"%s\" must be an address, NAME@DOMAIN",
			    self->to.v[i]);
	return 0;
}

static int
smtp_open(struct fettle_ctx *ctx)
{
	const struct smtp *self = fettle_self(ctx);
	int rc = check_addresses(ctx);

	if (rc != 0)
		return rc;
	if (is_given(self->user) && !is_given(self->password.text))
		return fettle_fail(ctx, EINVAL, "user has no password");
	if (is_given(self->ca_file) && access(self->ca_file, R_OK) != 0)
		return fettle_fail(
		    ctx, errno, "ca_file \"%s\"", self->ca_file);
	return check_server(ctx);
}

static void
smtp_close(struct fettle_ctx *ctx)
{
	struct smtp *self = fettle_self(ctx);

	curl_free(self->url);
}

/* --- notify -------------------------------------------------------------- */

/* Those who did not get what others got. */
static void
log_refused(struct fettle_ctx *ctx, const struct talk *t)
{
	const struct smtp *self = fettle_self(ctx);

	for (size_t i = 0; i < t->n && i < self->to.n; i++)
		if (t->recipients[i].code / 100 != 2)
			fettle_log(ctx, LOG_WARNING,
			    "the mail to \"%s\" is refused: %s", self->to.v[i],
			    t->recipients[i].said);
}

static int
answer(struct fettle_ctx *ctx, enum post_result result,
    const struct post_outcome *o)
{
	const struct talk *t = &o->talk;

	switch (result) {
	case POST_JUDGED:
		if (talk_judge(t) == FETTLE_DELIVERED)
			log_refused(ctx, t);
		return fettle_answer(ctx, (enum fettle_answer)talk_judge(t), 0,
		    "%s: %s", talk_stage_name(t->stage), talk_reply(t)->said);
	case POST_UNKNOWN:
		return fettle_answer(ctx, FETTLE_UNKNOWN, 0,
		    "the server did not say whether it took the mail: %s",
		    o->error);
	case POST_NO_TLS:
		return fettle_answer(ctx, FETTLE_UNAUTHORISED, 0,
		    "the server does not offer STARTTLS");
	case POST_UNSENT:
	default:
		return fettle_answer(ctx, FETTLE_RETRY, 0, "%s", o->error);
	}
}

static int
post(struct fettle_ctx *ctx, const struct text *mail)
{
	const struct smtp *self = fettle_self(ctx);
	const bool secret = is_given(self->password.text);
	const int64_t left = fettle_left(ctx);
	const struct post p = { .url = self->url,
		.from = self->from,
		.to = self->to,
		.user = !secret		       ? NULL
			: is_given(self->user) ? self->user
					       : self->from,
		.password = secret ? self->password.text : NULL,
		.ca_file = is_given(self->ca_file) ? self->ca_file : NULL,
		.starttls = self->starttls,
		.left_ns = left < MAIL_NS ? left - left / 10 : MAIL_NS };
	struct post_outcome outcome;

	return answer(ctx, post_mail(&p, mail, &outcome), &outcome);
}

static int
smtp_notify(struct fettle_ctx *ctx, const struct fettle_notice *notice)
{
	const struct smtp *self = fettle_self(ctx);
	const struct mail_frame frame = { .from = self->from,
		.to = self->to,
		.label = fettle_label(ctx),
		.now_s = (int64_t)time(NULL) };
	struct text mail = { 0 };
	int rc;

	mail_render(&mail, &frame, notice);
	if (mail.failed)
		rc = fettle_fail(ctx, ENOMEM, "write a mail");
	else
		rc = post(ctx, &mail);
	text_free(&mail);
	return rc;
}

FETTLE_PLUGIN(smtp) = {
	FETTLE_ABI,
	.summary = "Tells people by mail.",
	.options = FETTLE_OPTIONS(smtp_options),
	.self_size = sizeof(struct smtp),
	.pace_ms = PACE_MS,
	.open = smtp_open,
	.close = smtp_close,
	.notify = smtp_notify,
};
