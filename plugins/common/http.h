/* SPDX-License-Identifier: MIT */
/*
 * An HTTP client for a plugin that asks: one per instance, one call at a
 * time, its connection kept open between them.  Every wait is finite.  Nothing
 * is followed, remembered or taken from the environment: no redirects,
 * cookies, netrc or proxies but the one that was asked for.  TLS is 1.2 or
 * newer and always verified.  No secret is kept, nor part of a message.
 */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fettle/plugin.h>

#define HTTP_BODY_MAX 65536

/* The rows of what a user may set of the way: st.ca_file, st.proxy and
 * st.cleartext, which url_check_way looks at. */
#define HTTP_OPTIONS(st, cleartext_help)                                      \
	FETTLE_OPTION(st, ca_file, "",                                        \
	    "File with the certificates to trust in place of the system's."), \
	    FETTLE_OPTION(st, proxy, "",                                      \
		"URL of a proxy to go through; those of the environment are " \
		"not used."),                                                 \
	    FETTLE_OPTION(st, cleartext, "false", cleartext_help)

struct http;

/* Both may be NULL or "". */
struct http_setup {
	const char
	    *ca_file;	   /* trust what it holds, not what the system does */
	const char *proxy; /* its URL; none: go straight */
};

struct http_request {
	const char *url;   /* one that url_check takes */
	const char *type;  /* of the body */
	const char *token; /* for Authorization; NULL: none */
	const void *body;
	size_t len;
	bool gzip;	    /* the body is compressed: say so */
	int64_t left_ns;    /* how long all of it may take */
	const char *scheme; /* what the token is; NULL: Bearer */
};

enum http_result {
	HTTP_ANSWERED,
	HTTP_UNREACHED,	 /* nothing was asked: no name, connection or TLS */
	HTTP_UNANSWERED, /* asked, perhaps done; no whole answer came */
};

/* Lent until the next call. */
struct http_reply {
	int status;	      /* HTTP_ANSWERED: 200 to 999, else 0 */
	double retry_after_s; /* 0 to 600; 0: it did not say */
	const char *body;     /* the first HTTP_BODY_MAX bytes, and a NUL */
	size_t len;
	const char *error; /* not HTTP_ANSWERED: what failed; printable */
};

/* 0, or -errno and why, as for fettle_fail, which adds what errno means.
 * Waits for nothing. */
int http_open(
    struct http **http, const struct http_setup *setup, char *why, size_t len);
void http_close(struct http *http);

/* What is not HTTP_ANSWERED may be tried again. */
enum http_result http_post(struct http *http,
    const struct http_request *request, struct http_reply *reply);

/* The same without a body: type, body, len and gzip say nothing. */
enum http_result http_get(struct http *http,
    const struct http_request *request, struct http_reply *reply);

/* The value of a header of the last reply; false: it had none that fits. */
bool http_header(
    const struct http *http, const char *name, char *to, size_t size);

/* What a writer answers for a status, where the server means nothing else by
 * it than everybody does. */
enum fettle_answer http_class(int status);

/* When to try again, in seconds; 0: nobody said.  What a person has to put
 * right, a redirect, is not tried more than once a minute. */
double http_again_s(const struct http_reply *reply);

/* What the server had to say, for a message: on one line, printable, cut to
 * fit size, without the secret (NULL: none).  Empty where it said nothing. */
void http_excerpt(
    const struct http_reply *reply, const char *secret, char *to, size_t size);

/* "HTTP 422: what the server had to say", which is an excerpt. */
void http_reason(int status, const char *said, char *to, size_t size);

/* How long a request may take that a call makes now: 30 s, or less where the
 * call must end before. */
static inline int64_t
http_time(struct fettle_ctx *ctx)
{
	const int64_t left = fettle_left(ctx), most = INT64_C(30000000000);

	return left < most ? left - left / 10 : most;
}

#endif
