/* SPDX-License-Identifier: MIT */
#include "gate.h"

#include <string.h>
#include <strings.h>

static const struct {
	unsigned status;
	const char *name;
} refusals[REFUSED_N] = {
	[REFUSED_NOT] = { 200, "none" },
	[REFUSED_FRAMING] = { 400, "framing" },
	[REFUSED_LENGTH] = { 411, "length" },
	[REFUSED_SIZE] = { 413, "size" },
	[REFUSED_PATH] = { 404, "path" },
	[REFUSED_METHOD] = { 405, "method" },
	[REFUSED_TOKEN] = { 401, "token" },
	[REFUSED_TOO_OFTEN] = { 429, "too_often" },
	[REFUSED_SCOPE] = { 403, "scope" },
	[REFUSED_HOST] = { 403, "host" },
	[REFUSED_TYPE] = { 415, "type" },
	[REFUSED_QUERY] = { 400, "query" },
	[REFUSED_ENCODING] = { 400, "encoding" },
	[REFUSED_JSON] = { 400, "json" },
	[REFUSED_CONTENT] = { 422, "content" },
	[REFUSED_BUSY] = { 503, "busy" },
	[REFUSED_READERS] = { 503, "readers" },
	[REFUSED_ABSENT] = { 501, "absent" },
	[REFUSED_HTTP] = { 400, "http" },
	[REFUSED_DEADLINE] = { 408, "deadline" },
};

unsigned
refusal_status(enum refusal refusal)
{
	return refusals[refusal].status;
}

const char *
refusal_name(enum refusal refusal)
{
	return refusals[refusal].name;
}

static const struct {
	const char *path, *allow;
} endpoints[] = {
	[GATE_NOWHERE] = { NULL, "" },
	[GATE_PAGE] = { "/", "GET, HEAD" },
	[GATE_FILE] = { NULL, "GET, HEAD" },
	[GATE_HEALTHZ] = { "/healthz", "GET, HEAD" },
	[GATE_HISTORY] = { "/history", "GET, HEAD" },
	[GATE_INGEST] = { "/ingest", "POST" },
	[GATE_METRICS] = { "/metrics", "GET, HEAD" },
	[GATE_LOGIN] = { "/login", "POST" },
	[GATE_LOGOUT] = { "/logout", "POST" },
	[GATE_STATUS] = { "/api/v1/status", "GET, HEAD" },
	[GATE_HOSTS] = { "/api/v1/hosts", "GET, HEAD" },
	[GATE_SERIES] = { "/api/v1/series", "GET, HEAD" },
	[GATE_QUERY] = { "/api/v1/query", "GET, HEAD" },
	[GATE_ALERTS] = { "/api/v1/alerts", "GET, HEAD" },
	[GATE_STREAM] = { "/api/v1/stream", "GET, HEAD" },
	[GATE_OPENAPI] = { "/api/v1/openapi.json", "GET, HEAD" },
};

enum { ENDPOINTS = sizeof(endpoints) / sizeof *endpoints };

enum gate_endpoint
gate_find(const char *path, size_t len)
{
	for (int i = GATE_NOWHERE + 1; i < ENDPOINTS; i++)
		if (endpoints[i].path != NULL &&
		    strlen(endpoints[i].path) == len &&
		    memcmp(endpoints[i].path, path, len) == 0)
			return (enum gate_endpoint)i;
	return GATE_NOWHERE;
}

const char *
gate_allow(enum gate_endpoint endpoint)
{
	return endpoints[endpoint].allow;
}

void
gate_begin(struct gate *g, enum gate_endpoint endpoint, const char *method,
    const char *version)
{
	*g = (struct gate){ .endpoint = endpoint,
		.get =
		    strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0,
		.post = strcmp(method, "POST") == 0,
		.http11 = strcmp(version, "HTTP/1.0") != 0 };
}

/* --- headers ------------------------------------------------------------- */

/* Without control characters, but for a tab. */
static bool
is_clean(const char *s)
{
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* A token of RFC 9110: no space before the colon, for one. */
static bool
is_token(const char *s)
{
	return *s != '\0' &&
	       s[strspn(s,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789!#$%&'*+-.^_`|~")] == '\0';
}

/* The members that a header fills: the last one counts, how many as well. */
static const struct {
	const char *name;
	size_t value, count;
} known[] = {
	{ "Content-Length", offsetof(struct gate, length),
	    offsetof(struct gate, n_length) },
	{ "Transfer-Encoding", 0, offsetof(struct gate, n_coding) },
	{ "Host", offsetof(struct gate, host), offsetof(struct gate, n_host) },
	{ "Authorization", offsetof(struct gate, authorization),
	    offsetof(struct gate, n_authorization) },
	{ "Content-Type", offsetof(struct gate, type),
	    offsetof(struct gate, n_type) },
	{ "Content-Encoding", offsetof(struct gate, encoding),
	    offsetof(struct gate, n_encoding) },
	{ "Accept", offsetof(struct gate, accept), 0 },
	{ "Expect", offsetof(struct gate, expect), 0 },
	{ "X-Forwarded-For", offsetof(struct gate, forwarded_for), 0 },
	{ "X-Forwarded-Proto", offsetof(struct gate, forwarded_proto), 0 },
	{ "Cookie", offsetof(struct gate, cookie), 0 },
	{ "Accept-Encoding", offsetof(struct gate, accept_encoding), 0 },
	{ "If-None-Match", offsetof(struct gate, if_none_match), 0 },
};

/* What a proxy adds. */
static const char *const proxied[] = { "Forwarded", "X-Forwarded-For",
	"X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via" };

void
gate_header(struct gate *g, const char *name, const char *value)
{
	if (!is_token(name) || !is_clean(value))
		g->strange = true;
	for (size_t i = 0; i < sizeof(known) / sizeof *known; i++) {
		if (strcasecmp(known[i].name, name) != 0)
			continue;
		if (known[i].value > 0)
			memcpy(
			    (char *)g + known[i].value, &value, sizeof(value));
		if (known[i].count > 0)
			++*(unsigned *)(void *)((char *)g + known[i].count);
	}
	for (size_t i = 0; i < sizeof(proxied) / sizeof *proxied; i++)
		g->forwarded |= strcasecmp(proxied[i], name) == 0;
}

/* --- framing ------------------------------------------------------------- */

/* 1 to 18 digits and nothing else. */
static bool
read_length(const char *s, uint64_t *length)
{
	const size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 18 || s[n] != '\0')
		return false;
	for (*length = 0; *s != '\0'; s++)
		*length = *length * 10 + (unsigned)(*s - '0');
	return true;
}

/* What makes a request ambiguous; NULL: nothing. */
static const char *
ambiguity(struct gate *g)
{
	if (g->strange)
		return "a header with a character that it must not have";
	if (g->n_length > 1)
		return "more than one Content-Length";
	if (g->n_length > 0 && g->n_coding > 0)
		return "Content-Length and Transfer-Encoding";
	if (g->n_coding > 1)
		return "more than one Transfer-Encoding";
	if (g->n_length > 0 && !read_length(g->length, &g->body))
		return "Content-Length is no number";
	if (g->n_host > 1 || (g->http11 && g->n_host == 0))
		return "one Host header is needed";
	if (g->n_authorization > 1)
		return "more than one Authorization";
	if (g->n_type > 1 || g->n_encoding > 1)
		return "more than one Content-Type or Content-Encoding";
	if (g->get && (g->body > 0 || g->n_coding > 0))
		return "a body where none is taken";
	return NULL;
}

static bool
is_posted(enum gate_endpoint endpoint)
{
	return endpoint == GATE_INGEST || endpoint == GATE_LOGIN ||
	       endpoint == GATE_LOGOUT;
}

/* A form is a token. */
enum { FORM_BYTES = 4096 };

static uint64_t
most(enum gate_endpoint endpoint, uint64_t max_body)
{
	const bool form = is_posted(endpoint) && endpoint != GATE_INGEST;

	return form && max_body > FORM_BYTES ? FORM_BYTES : max_body;
}

enum refusal
gate_framing(struct gate *g, uint64_t max_body, const char **why)
{
	g->body = 0;
	*why = ambiguity(g);
	if (*why != NULL)
		return REFUSED_FRAMING;
	*why = "a Content-Length is needed, chunks are not taken";
	if (g->n_coding > 0 || (g->post && g->n_length == 0))
		return REFUSED_LENGTH;
	*why = "the body is too large";
	if (g->body > most(g->endpoint, max_body))
		return REFUSED_SIZE;
	*why = "there is nothing here";
	if (g->endpoint == GATE_NOWHERE)
		return REFUSED_PATH;
	*why = "not with this method";
	if (is_posted(g->endpoint) ? !g->post : !g->get)
		return REFUSED_METHOD;
	return REFUSED_NOT;
}

/* A smaller one leaves its sender at once. */
enum { HEARD_OUT = 64 << 10 };

bool
gate_must_hear_out(const struct gate *g, enum refusal refusal)
{
	switch (refusal) {
	case REFUSED_FRAMING: /* where it ends is not known */
	case REFUSED_LENGTH:
	case REFUSED_SIZE:
		return false;
	default:
		return g->body > HEARD_OUT && g->expect == NULL;
	}
}

/* --- type, token, host --------------------------------------------------- */

/* Whether a media type is that one, parameters aside. */
static bool
is_type(const char *s, const char *type)
{
	const size_t n = strlen(type);

	if (strncasecmp(s, type, n) != 0)
		return false;
	s += n + strspn(s + n, " \t");
	return *s == '\0' || *s == ';';
}

bool
gate_is_gzip(const struct gate *g)
{
	return g->encoding != NULL && strcasecmp(g->encoding, "gzip") == 0;
}

enum refusal
gate_type(const struct gate *g, const char **why)
{
	if (g->endpoint == GATE_LOGOUT)
		return REFUSED_NOT;
	if (g->endpoint == GATE_LOGIN) {
		*why = "Content-Type must be "
		       "application/x-www-form-urlencoded";
		return g->type != NULL && g->encoding == NULL &&
			       is_type(g->type,
				   "application/x-www-form-urlencoded")
			   ? REFUSED_NOT
			   : REFUSED_TYPE;
	}
	*why = "Content-Type must be application/json";
	if (g->type == NULL || !is_type(g->type, "application/json"))
		return REFUSED_TYPE;
	*why = "Content-Encoding must be gzip or identity";
	if (g->encoding != NULL && !gate_is_gzip(g) &&
	    strcasecmp(g->encoding, "identity") != 0)
		return REFUSED_TYPE;
	return REFUSED_NOT;
}

const char *
gate_bearer(const struct gate *g, size_t *len)
{
	const char *s = g->authorization;

	if (s == NULL || strncasecmp(s, "Bearer", 6) != 0 || s[6] != ' ')
		return NULL;
	s += 6 + strspn(s + 6, " ");
	*len = strlen(s);
	while (*len > 0 && s[*len - 1] == ' ')
		--*len;
	return *len > 0 ? s : NULL;
}

const char *
gate_cookie(const struct gate *g, const char *name, size_t *len)
{
	const size_t n = strlen(name);
	const char *s = g->cookie;

	while (s != NULL && *s != '\0') {
		s += strspn(s, " \t;");
		if (strncmp(s, name, n) == 0 && s[n] == '=') {
			s += n + 1;
			*len = strcspn(s, "; \t");
			return *len > 0 ? s : NULL;
		}
		s = strchr(s, ';');
	}
	return NULL;
}

/* The next word of a list with commas, what follows a `;' aside; NULL at its
 * end. */
static const char *
next_word(const char **list, size_t *len)
{
	const char *s = *list + strspn(*list, " \t,");

	*len = strcspn(s, " \t,;");
	*list = s + strcspn(s, ",");
	return *s != '\0' ? s : NULL;
}

/* The name is enough, weights are not compared. */
bool
gate_takes_gzip(const struct gate *g)
{
	const char *list = g->accept_encoding, *word;
	size_t len;

	while (list != NULL && (word = next_word(&list, &len)) != NULL)
		if (len == 4 && strncasecmp(word, "gzip", 4) == 0)
			return true;
	return false;
}

bool
gate_has(const struct gate *g, const char *etag)
{
	const char *list = g->if_none_match, *word;
	size_t len;

	while (list != NULL && (word = next_word(&list, &len)) != NULL) {
		if (len > 2 && strncmp(word, "W/", 2) == 0) {
			word += 2;
			len -= 2;
		}
		if ((len == 1 && *word == '*') ||
		    (len == strlen(etag) && memcmp(word, etag, len) == 0))
			return true;
	}
	return false;
}

bool
gate_host_is_local(const struct gate *g)
{
	static const char *const names[] = { "localhost", "127.0.0.1",
		"[::1]" };

	for (size_t i = 0; i < sizeof(names) / sizeof *names; i++) {
		const size_t n = strlen(names[i]);
		const char *rest;

		if (g->host == NULL || strncasecmp(g->host, names[i], n) != 0)
			continue;
		rest = g->host + n;
		if (*rest == '\0')
			return true;
		if (*rest == ':' && rest[1] != '\0' &&
		    rest[1 + strspn(rest + 1, "0123456789")] == '\0')
			return true;
	}
	return false;
}
