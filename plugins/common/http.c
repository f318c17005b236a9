/* SPDX-License-Identifier: MIT */
#include "common/http.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/easy.h"
#include "common/text.h"
#include "common/url.h"

#define CONNECT_MS 5000
#define SILENCE_S 15
#define HEADER_MAX 65536
#define RETRY_AFTER_MAX_S 600
#define MISTAKE_S 60

struct http {
	CURL *curl;
	struct text body, headers;
	size_t header_len; /* of all headers, interim answers' too */
	bool cut;	   /* the body had more than was taken */
	char said[CURL_ERROR_SIZE], error[CURL_ERROR_SIZE + 64];
};

/* --- what the server sends ----------------------------------------------- */

/* Headers are read by libcurl; here they end somewhere, and those of the last
 * answer are kept. */
static size_t
take_header(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	const size_t len = size * n;

	h->header_len += len;
	if (len > 5 && memcmp(data, "HTTP/", 5) == 0)
		text_clear(&h->headers);
	text_add(&h->headers, data, len);
	return h->header_len > HEADER_MAX ? 0 : len;
}

static size_t
take_body(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	const size_t len = size * n;
	const size_t room = HTTP_BODY_MAX - h->body.len;

	text_add(&h->body, data, len < room ? len : room);
	h->cut = len > room;
	return h->cut ? 0 : len;
}

/* --- open and close ------------------------------------------------------ */

#define SET(option, value) EASY_SET(rc, h->curl, option, value)

static CURLcode
set_limits(struct http *h)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_MAXREDIRS, 0L);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, h);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, h);
	/* the token is not for the proxy */
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	return rc;
}

static bool
set_up(struct http *h, const struct http_setup *setup)
{
	const struct easy_setup easy = { .protocols = "http,https",
		.protocol_bits = CURLPROTO_HTTP | CURLPROTO_HTTPS,
		.ca_file = setup->ca_file,
		.proxy = setup->proxy,
		.said = h->said };

	h->curl = easy_new(&easy);
	return h->curl != NULL && set_limits(h) == CURLE_OK;
}

static int
check_setup(const struct http_setup *setup, char *why, size_t len)
{
	bool exposed;

	if (setup->ca_file != NULL && *setup->ca_file != '\0' &&
	    access(setup->ca_file, R_OK) != 0) {
		const int err = errno;

		snprintf(why, len, "ca_file \"%s\"", setup->ca_file);
		return -err;
	}
	if (setup->proxy != NULL && *setup->proxy != '\0') {
		snprintf(why, len, "proxy ");
		return url_check(setup->proxy, &exposed, why + 6, len - 6);
	}
	return 0;
}

int
http_open(
    struct http **http, const struct http_setup *setup, char *why, size_t len)
{
	struct http *h;
	int rc = check_setup(setup, why, len);

	if (rc != 0)
		return rc;
	h = calloc(1, sizeof(*h));
	if (h == NULL || !set_up(h, setup)) {
		http_close(h);
		snprintf(why, len, "libcurl cannot be set up");
		return -ENOMEM;
	}
	*http = h;
	return 0;
}

void
http_close(struct http *http)
{
	if (http == NULL)
		return;
	curl_easy_cleanup(http->curl);
	text_free(&http->body);
	text_free(&http->headers);
	free(http);
}

/* --- text for people ----------------------------------------------------- */

/* Appends one character, white space and what is not printable ASCII made
 * harmless; false: no room for more. */
static bool
put_char(char *to, size_t size, size_t *n, char c)
{
	if (*n + 1 >= size)
		return false;
	if ((c >= '\t' && c <= '\r') || c == ' ') {
		if (*n == 0 || to[*n - 1] == ' ')
			return true;
		c = ' ';
	}
	to[(*n)++] = c < ' ' || c > '~' ? '?' : c;
	return true;
}

void
http_excerpt(
    const struct http_reply *reply, const char *secret, char *to, size_t size)
{
	const size_t hide = secret != NULL ? strlen(secret) : 0;
	size_t n = 0;

	for (size_t i = 0; i < reply->len; i++) {
		char c = reply->body[i];

		/* some servers repeat what they were sent */
		if (hide > 0 && reply->len - i >= hide &&
		    memcmp(reply->body + i, secret, hide) == 0) {
			i += hide - 1;
			c = '*';
		}
		if (!put_char(to, size, &n, c))
			break;
	}
	while (n > 0 && to[n - 1] == ' ')
		n--;
	if (size > 0)
		to[n] = '\0';
}

void
http_reason(int status, const char *said, char *to, size_t size)
{
	if (status / 100 == 3)
		said = "redirects are not followed";
	snprintf(to, size, "HTTP %d%s%s", status, *said ? ": " : "", said);
}

/* libcurl's reason, as a part of a sentence. */
static void
set_error(struct http *h, const char *said)
{
	size_t n = 0;

	while (
	    *said != '\0' && put_char(h->error, sizeof(h->error), &n, *said))
		said++;
	h->error[n] = '\0';
	if (h->error[0] >= 'A' && h->error[0] <= 'Z' && h->error[1] >= 'a' &&
	    h->error[1] <= 'z')
		h->error[0] = (char)(h->error[0] - 'A' + 'a');
}

/* --- one request --------------------------------------------------------- */

/* libcurl sends what it is given: a line break would begin a header of its
 * own. */
static bool
is_header_value(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == '\x7f')
			return false;
	return true;
}

/* "Authorization: Bearer TOKEN", to be given to wipe; NULL: http->error says
 * why not. */
static char *
authorization(struct http *h, const struct http_request *r)
{
	static const char name[] = "Authorization: ";
	const char *scheme = r->scheme != NULL ? r->scheme : "Bearer";
	const size_t size =
	    sizeof(name) + strlen(scheme) + 1 + strlen(r->token);
	char *line = is_header_value(r->token) ? malloc(size) : NULL;

	if (line != NULL)
		snprintf(line, size, "%s%s %s", name, scheme, r->token);
	else
		set_error(h,
		    is_header_value(r->token)
			? strerror(ENOMEM)
			: "the token has a character that no header can have");
	return line;
}

static void
wipe(char *line)
{
	if (line == NULL)
		return;
	explicit_bzero(line, strlen(line));
	free(line);
}

static CURLcode
set_request(
    struct http *h, const struct http_request *r, struct curl_slist *headers)
{
	const long ms = (long)(r->left_ns / 1000000);
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_HTTPHEADER, headers);
	if (r->body != NULL) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->len);
		SET(CURLOPT_POSTFIELDS, r->body);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	SET(CURLOPT_TIMEOUT_MS, ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : CONNECT_MS);
	return rc;
}

/* libcurl's words with GnuTLS name neither the reason, which it does not know,
 * nor what to do. */
static const char *
distrust(const char *said)
{
	if (strstr(said, "certificate verification failed") == NULL)
		return said;
	return "the server's certificate is not trusted: it has expired or is "
	       "not valid yet (is the clock right?), or who signed it is "
	       "neither in ca_file nor known to the system";
}

/* What came of a transfer that ended with rc. */
static enum http_result
judge(struct http *h, CURLcode rc, struct http_reply *reply)
{
	curl_off_t asked = 0, after = 0;
	long status = 0;

	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &after);
	curl_easy_getinfo(h->curl, CURLINFO_PRETRANSFER_TIME_T, &asked);
	if (rc == CURLE_OK && status < 200)
		rc = CURLE_GOT_NOTHING;
	if (rc == CURLE_OK || (rc == CURLE_WRITE_ERROR && h->cut)) {
		reply->status = (int)status;
		if (after > RETRY_AFTER_MAX_S)
			after = RETRY_AFTER_MAX_S;
		reply->retry_after_s = after > 0 ? (double)after : 0;
		return HTTP_ANSWERED;
	}
	if (h->header_len > HEADER_MAX)
		set_error(h, "the answer's headers do not end");
	else if (rc == CURLE_OPERATION_TIMEDOUT && asked > 0)
		set_error(h, "no answer in time");
	else
		set_error(h,
		    h->said[0] ? distrust(h->said) : curl_easy_strerror(rc));
	return asked > 0 ? HTTP_UNANSWERED : HTTP_UNREACHED;
}

/* The lines that there are as a list of libcurl's kind, in links, one for each
 * line; NULL: there are none. */
static struct curl_slist *
link_headers(struct curl_slist *links, char *const *lines, size_t n)
{
	struct curl_slist *list = NULL;

	for (size_t i = n; i-- > 0;) {
		if (lines[i] == NULL)
			continue;
		links[i] = (struct curl_slist){ lines[i], list };
		list = &links[i];
	}
	return list;
}

static enum http_result
perform(struct http *h, const struct http_request *r, char *token,
    struct http_reply *reply)
{
	char type[128], encoding[] = "Content-Encoding: gzip";
	char *const lines[] = { r->body != NULL ? type : NULL,
		r->body != NULL && r->gzip ? encoding : NULL, token };
	struct curl_slist links[3];
	enum http_result result;
	CURLcode rc;

	if (r->body != NULL)
		snprintf(type, sizeof(type), "Content-Type: %s", r->type);
	rc = set_request(h, r, link_headers(links, lines, 3));
	if (rc == CURLE_OK)
		rc = curl_easy_perform(h->curl);
	result = judge(h, rc, reply);
	/* lent for the call only */
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, NULL);
	return result;
}

/* One without a body is a GET. */
static enum http_result
ask(struct http *http, const struct http_request *r, struct http_reply *reply)
{
	enum http_result result = HTTP_UNREACHED;
	char *token = NULL;

	text_clear(&http->body);
	text_clear(&http->headers);
	http->said[0] = http->error[0] = '\0';
	http->header_len = 0;
	http->cut = false;
	*reply = (struct http_reply){ .body = "", .error = http->error };
	if (r->left_ns < 1000000) {
		set_error(http, "no time left");
		return HTTP_UNREACHED;
	}
	if (r->token != NULL && (token = authorization(http, r)) == NULL)
		return HTTP_UNREACHED;
	result = perform(http, r, token, reply);
	wipe(token);
	if (result == HTTP_ANSWERED && http->body.len > 0) {
		reply->body = http->body.data;
		reply->len = http->body.len;
	}
	return result;
}

enum http_result
http_post(
    struct http *http, const struct http_request *r, struct http_reply *reply)
{
	assert(r->body != NULL && is_header_value(r->type));
	return ask(http, r, reply);
}

enum http_result
http_get(
    struct http *http, const struct http_request *r, struct http_reply *reply)
{
	struct http_request bare = *r;

	bare.body = NULL;
	return ask(http, &bare, reply);
}

bool
http_header(const struct http *http, const char *name, char *to, size_t size)
{
	const size_t len = strlen(name);
	const char *line = http->headers.len > 0 ? http->headers.data : "";

	for (; *line != '\0'; line += strcspn(line, "\n") + 1) {
		size_t n;

		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			line += len + 1;
			line += strspn(line, " \t");
			n = strcspn(line, "\r\n");
			while (n > 0 && line[n - 1] == ' ')
				n--;
			if (n >= size)
				return false;
			memcpy(to, line, n);
			to[n] = '\0';
			return true;
		}
		if (strchr(line, '\n') == NULL)
			break;
	}
	return false;
}

double
http_again_s(const struct http_reply *reply)
{
	return reply->status / 100 == 3 ? MISTAKE_S : reply->retry_after_s;
}

enum fettle_answer
http_class(int status)
{
	switch (status) {
	case 413:
		return FETTLE_TOO_LARGE;
	case 400:
	case 415:
	case 422:
		return FETTLE_REFUSED;
	case 408:
	case 425:
	case 429:
		return FETTLE_RETRY;
	default:
		break;
	}
	if (status / 100 == 2)
		return FETTLE_DELIVERED;
	/* a wrong token, path or method: nothing is wrong with the values */
	return status / 100 == 4 ? FETTLE_UNAUTHORISED : FETTLE_RETRY;
}
