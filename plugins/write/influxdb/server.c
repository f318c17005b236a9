/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "influxdb.h"

#define DATABASE "fettle"

/* --- who we are ---------------------------------------------------------- */

static bool
is_given(const char *s)
{
	return s != NULL && *s != '\0';
}

/* user:password as RFC 7617 wants it, to be given to wipe; NULL: no memory. */
static char *
basic(const char *user, const char *password)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t n_user = strlen(user), n_password = strlen(password);
	const size_t n = n_user + 1 + n_password;
	char *made = malloc(4 * (n / 3 + 1) + 1), *to = made;

	if (made == NULL)
		return NULL;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits = 0;

		for (size_t k = i; k < i + 3; k++) {
			char c = '\0';

			if (k < n_user)
				c = user[k];
			else if (k == n_user)
				c = ':';
			else if (k < n)
				c = password[k - n_user - 1];
			bits = bits << 8 | (unsigned char)c;
		}
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = i + 1 < n ? digits[bits >> 6 & 63] : '=';
		*to++ = i + 2 < n ? digits[bits & 63] : '=';
	}
	*to = '\0';
	return made;
}

static void
wipe(char *made)
{
	if (made == NULL)
		return;
	explicit_bzero(made, strlen(made));
	free(made);
}

/* Sets what is shown; what must be wiped after the request, or NULL. */
static char *
set_credential(const struct influxdb *self, struct http_request *request)
{
	char *made = NULL;

	if (self->token.text != NULL) {
		request->token = self->token.text;
		if (self->server[self->way] == INFLUXDB_2)
			request->scheme = "Token";
	} else if (is_given(self->user) && self->password.text != NULL) {
		made = basic(self->user, self->password.text);
		request->token = made;
		request->scheme = "Basic";
	}
	return made;
}

void
influxdb_excerpt(const struct influxdb *self, const char *said, size_t len,
    char *to, size_t size)
{
	struct http_reply all = { .body = said, .len = len }, rest;
	struct http_request request = { 0 };
	char once[4 * INFLUXDB_REASON];
	char *made = set_credential(self, &request);

	http_excerpt(&all, self->password.text, once, sizeof(once));
	rest = (struct http_reply){ .body = once, .len = strlen(once) };
	http_excerpt(&rest, request.token, to, size);
	wipe(made);
}

/* --- requests ------------------------------------------------------------ */

enum http_result
influxdb_ask(struct fettle_ctx *ctx, const char *path, const char *type,
    const struct text *body, bool gzip, struct http_reply *reply)
{
	const struct influxdb *self = fettle_self(ctx);
	const char *base = self->url.v[self->way];
	struct text url = { 0 };
	struct http_request request = {
		.type = type, .left_ns = http_time(ctx), .gzip = gzip
	};
	enum http_result result = HTTP_UNREACHED;
	char *made = set_credential(self, &request);
	size_t len = strlen(base);

	while (len > 0 && base[len - 1] == '/')
		len--;
	text_add(&url, base, len);
	text_str(&url, path);
	request.url = url.data;
	*reply = (struct http_reply){ .body = "", .error = "out of memory" };
	if (body != NULL) {
		request.body = body->data;
		request.len = body->len;
		url.failed = url.failed || body->failed;
	}
	if (!url.failed && body == NULL)
		result = http_get(self->http, &request, reply);
	else if (!url.failed)
		result = http_post(self->http, &request, reply);
	wipe(made);
	text_free(&url);
	return result;
}

/* "name=value" */
static void
put_parameter(struct text *to, const char *name, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._~";
	static const char hex[] = "0123456789ABCDEF";

	text_str(to, name);
	text_char(to, '=');
	while (*s != '\0') {
		const size_t n = strspn(s, plain);
		const unsigned char c = (unsigned char)s[n];

		text_add(to, s, n);
		s += n;
		if (c == '\0')
			break;
		text_char(to, '%');
		text_char(to, hex[c >> 4]);
		text_char(to, hex[c & 15]);
		s++;
	}
}

const char *
influxdb_database(const struct influxdb *self)
{
	return is_given(self->database) ? self->database : DATABASE;
}

static void
write_path_1(const struct influxdb *self, struct text *to)
{
	text_str(to, "/write?precision=ns");
	/* in VictoriaMetrics it becomes a label: only where it is asked for */
	if (self->server[self->way] == INFLUXDB_1 ||
	    is_given(self->database)) {
		text_char(to, '&');
		put_parameter(to, "db", influxdb_database(self));
	}
	if (is_given(self->retention_policy)) {
		text_char(to, '&');
		put_parameter(to, "rp", self->retention_policy);
	}
}

static void
write_path_2(const struct influxdb *self, struct text *to)
{
	text_str(to, "/api/v2/write?precision=ns&");
	put_parameter(to, "bucket",
	    is_given(self->bucket) ? self->bucket : influxdb_database(self));
	text_char(to, '&');
	put_parameter(to, "org", self->org);
}

void
influxdb_write_path(const struct influxdb *self, struct text *to)
{
	switch (self->server[self->way]) {
	case INFLUXDB_2:
		write_path_2(self, to);
		return;
	case INFLUXDB_3:
		text_str(to, "/api/v3/write_lp?precision=nanosecond&"
			     "accept_partial=true&");
		put_parameter(to, "db", influxdb_database(self));
		return;
	case INFLUXDB_VICTORIA:
	case INFLUXDB_1:
	case INFLUXDB_UNKNOWN:
		write_path_1(self, to);
		return;
	}
}

void
influxdb_create_query(const struct influxdb *self, struct text *to)
{
	struct text query = { 0 };

	text_str(&query, "CREATE DATABASE \"");
	for (const char *s = influxdb_database(self); *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			text_char(&query, '\\');
		text_char(&query, *s);
	}
	text_char(&query, '"');
	if (query.failed)
		to->failed = true;
	else
		put_parameter(to, "q", query.data);
	text_free(&query);
}

/* --- what the server is -------------------------------------------------- */

/* "v2.7.1", "1.6.7~rc0" */
static enum influxdb_server
server_of_version(const char *version)
{
	if (*version == 'v')
		version++;
	switch (*version) {
	case '0':
	case '1':
		return INFLUXDB_1;
	case '2':
		return INFLUXDB_2;
	case '3':
		return INFLUXDB_3;
	default:
		return INFLUXDB_UNKNOWN;
	}
}

static const char *const names[] = {
	[INFLUXDB_1] = "InfluxDB 1",
	[INFLUXDB_2] = "InfluxDB 2",
	[INFLUXDB_3] = "InfluxDB 3",
	[INFLUXDB_VICTORIA] = "VictoriaMetrics",
};

/* The one that is configured, if it is. */
static enum influxdb_server
fixed_server(const struct influxdb *self)
{
	return strcmp(self->version, "victoriametrics") == 0
		   ? INFLUXDB_VICTORIA
		   : server_of_version(self->version);
}

void
influxdb_forget(struct influxdb *self, size_t url)
{
	self->server[url] = fixed_server(self);
}

/* What a JSON answer says of itself. */
static enum influxdb_server
server_of_body(const struct http_reply *reply)
{
	json_t *said = json_loadb(reply->body, reply->len, 0, NULL);
	const char *version =
	    json_string_value(json_object_get(said, "version"));
	const enum influxdb_server server =
	    version != NULL ? server_of_version(version) : INFLUXDB_UNKNOWN;

	json_decref(said);
	return server;
}

static enum influxdb_server
server_of_ping(const struct influxdb *self, const struct http_reply *reply)
{
	char value[64];

	if (reply->status / 100 != 2)
		return INFLUXDB_UNKNOWN;
	/* it calls itself InfluxDB 1.8 in places, and has its own name in
	 * all of them */
	if (http_header(self->http, "X-Server-Hostname", value, sizeof(value)))
		return INFLUXDB_VICTORIA;
	if (http_header(
		self->http, "X-Influxdb-Version", value, sizeof(value)))
		return server_of_version(value);
	return server_of_body(reply);
}

enum http_result
influxdb_detect(struct fettle_ctx *ctx, struct http_reply *reply)
{
	struct influxdb *self = fettle_self(ctx);
	enum influxdb_server *server = &self->server[self->way];
	enum http_result result =
	    influxdb_ask(ctx, "/ping", NULL, NULL, false, reply);

	if (result == HTTP_ANSWERED)
		*server = server_of_ping(self, reply);
	if (result == HTTP_ANSWERED && *server == INFLUXDB_UNKNOWN &&
	    http_class(reply->status) != FETTLE_RETRY) {
		/* the first releases of version 2 say it there alone */
		result =
		    influxdb_ask(ctx, "/health", NULL, NULL, false, reply);
		if (result == HTTP_ANSWERED && reply->status / 100 == 2)
			*server = server_of_body(reply);
	}
	if (*server != INFLUXDB_UNKNOWN)
		fettle_log(ctx, LOG_INFO, "%s is %s", self->url.v[self->way],
		    names[*server]);
	return result;
}
