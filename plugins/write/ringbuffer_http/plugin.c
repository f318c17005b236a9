/* SPDX-License-Identifier: MIT */
/* ringbuffer_http: be a hub, take in, keep, show */
#include <fettle/plugin.h>

#include <errno.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>

#include "hub.h"

enum {
	CERTIFICATE_MAX = 64 << 10,
	TOKEN_SHORT = 16,
	LISTEN_MAX = 16,
	FILES_KEPT = 64, /* descriptors that are not for connections */
};

struct ringbuffer_tls {
	const char *certificate;
	struct fettle_secret key;
};

struct ringbuffer_http {
	struct fettle_strings listen;
	int64_t records;
	bool history;
	struct fettle_size memory;
	int64_t max_series;
	struct fettle_secret token, tokens;
	bool open_read;
	struct ringbuffer_tls tls;
	bool cleartext;
	const char *dashboard;
	int64_t streams;
	struct fettle_strings behind_proxy;
	struct fettle_size max_body;
	struct fettle_duration request_timeout;
	int64_t connections, connections_per_address;
	struct hub *hub; /* NULL: another instance took it over */
};

static const struct fettle_option tls_options[] = {
	FETTLE_OPTION(struct ringbuffer_tls, certificate, NULL,
	    "File with the certificate and those that lead to its root, as "
	    "PEM."),
	FETTLE_OPTION(struct ringbuffer_tls, key, NULL,
	    "The certificate's key, as PEM."),
};

static const struct fettle_option ringbuffer_options[] = {
	FETTLE_RANGE(struct ringbuffer_http, listen, "127.0.0.1:8000",
	    "Addresses to listen on: 127.0.0.1:8000, [::1]:8000, *:8000.", 1,
	    LISTEN_MAX),
	FETTLE_RANGE(struct ringbuffer_http, records, "1000",
	    "How many snapshots of all hosts together are kept; 128 MiB of "
	    "them at most.",
	    1, 100000),
	FETTLE_OPTION(struct ringbuffer_http, history, "true",
	    "Keep what was measured: all of it for 6 hours, by the minute for "
	    "2 days, by 15 minutes for 30 days; in the state directory as "
	    "well."),
	FETTLE_RANGE(struct ringbuffer_http, memory, "64MiB",
	    "How much memory history takes at most; 64MiB are enough for some "
	    "1700 series every 10 seconds.  Where it is not enough the finest "
	    "is kept for a shorter time.",
	    1 << 20, 1e12),
	FETTLE_RANGE(struct ringbuffer_http, max_series, "100000",
	    "How many series history has at most; others are refused.", 1,
	    1e9),
	FETTLE_OPTION(struct ringbuffer_http, token, "",
	    "What clients must show to send, and to read."),
	FETTLE_OPTION(struct ringbuffer_http, tokens, "",
	    "Tokens for single clients, a line each: NAME sha256:HEX "
	    "hosts=GLOB scopes=ingest,read,admin, as fettlectl token prints "
	    "it."),
	FETTLE_OPTION(struct ringbuffer_http, open_read, "false",
	    "Let programs on this machine read without a token, as long as "
	    "every address is loopback."),
	FETTLE_GROUP(struct ringbuffer_http, tls,
	    "Speak HTTPS: certificate and key.", tls_options),
	FETTLE_OPTION(struct ringbuffer_http, cleartext, "false",
	    "Listen without TLS on addresses that are not loopback; tokens "
	    "can be read on the way."),
	FETTLE_OPTION(struct ringbuffer_http, dashboard, DASHBOARDDIR,
	    "Directory with the files of the dashboard; none: a plain "
	    "page."),
	FETTLE_RANGE(struct ringbuffer_http, streams, "500",
	    "How many may read /api/v1/stream at a time.", 0, 10000),
	FETTLE_OPTION(struct ringbuffer_http, behind_proxy, "",
	    "Addresses of proxies whose X-Forwarded-For is believed."),
	FETTLE_RANGE(struct ringbuffer_http, max_body, "1MiB",
	    "How large a request may be; inflated, eight times that.", 1024,
	    32 << 20),
	FETTLE_RANGE(struct ringbuffer_http, request_timeout, "15s",
	    "How long a request may take until all of it is there.", 0.1, 600),
	FETTLE_RANGE(struct ringbuffer_http, connections, "2048",
	    "How many connections an address has at most.  Near that, agents "
	    "that wait to send lose theirs, and connect again.",
	    1, 65536),
	FETTLE_RANGE(struct ringbuffer_http, connections_per_address, "64",
	    "How many of them one client may have; not counted where "
	    "behind_proxy is given.",
	    1, 65536),
};

/* What the options come to. */
struct plan {
	struct listen_address addresses[LISTEN_MAX];
	size_t n;
	bool loopback; /* all of them */
	struct hub_rules rules;
	struct server_settings settings;
	char *certificate; /* to be free'd */
	struct tokens tokens;
	struct files *files; /* NULL: there are none */
};

static void
plan_fini(struct plan *p)
{
	free(p->rules.proxies);
	free(p->certificate);
	tokens_fini(&p->tokens);
	files_free(p->files);
}

/* --- from options to plan ------------------------------------------------ */

static bool
is_listed(const struct plan *p, const char *text)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->addresses[i].text, text) == 0)
			return true;
	return false;
}

static int
plan_addresses(struct fettle_ctx *ctx, struct plan *p)
{
	const struct ringbuffer_http *self = fettle_self(ctx);
	const bool exposed = self->tls.certificate == NULL && !self->cleartext;

	p->loopback = true;
	for (size_t i = 0; i < self->listen.n; i++) {
		const char *text = self->listen.v[i];
		struct listen_address *a = &p->addresses[i];

		if (is_listed(p, text))
			return fettle_fail(ctx, EEXIST, "listen %s", text);
		if (!listen_parse(a, text))
			return fettle_fail(ctx, EINVAL,
			    "listen %s is not like 127.0.0.1:8000, "
			    "[::1]:8000 or *:8000",
			    text);
		if (!a->loopback && exposed)
			return fettle_fail(ctx, EINVAL,
			    "listen %s is not loopback: needs tls or "
			    "cleartext: true",
			    text);
		p->loopback &= a->loopback;
		p->n++;
	}
	return 0;
}

static int
plan_proxies(struct fettle_ctx *ctx, struct plan *p)
{
	const struct ringbuffer_http *self = fettle_self(ctx);

	p->rules.proxies =
	    calloc(self->behind_proxy.n + 1, sizeof *p->rules.proxies);
	if (p->rules.proxies == NULL)
		return fettle_fail(ctx, ENOMEM, "behind_proxy");
	for (size_t i = 0; i < self->behind_proxy.n; i++) {
		if (!peer_parse(&p->rules.proxies[i], self->behind_proxy.v[i]))
			return fettle_fail(ctx, EINVAL,
			    "behind_proxy %s is no address",
			    self->behind_proxy.v[i]);
		p->rules.n_proxies++;
	}
	return 0;
}

/* All of a file up to max bytes, as text; NULL: errno says why not. */
static char *
read_all(int fd, size_t max)
{
	char *text = malloc(max + 1);
	size_t len = 0;
	ssize_t n = 1;

	while (text != NULL && len < max && n > 0) {
		n = read(fd, text + len, max - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (text == NULL || n < 0 || len == max) {
		if (n > 0)
			errno = text == NULL ? ENOMEM : EFBIG;
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

static int
plan_tls(struct fettle_ctx *ctx, struct plan *p)
{
	const struct ringbuffer_http *self = fettle_self(ctx);
	const char *path = self->tls.certificate, *why;
	int fd;

	if (path == NULL)
		return 0;
	if (self->tls.key.text == NULL)
		return fettle_fail(ctx, EINVAL, "tls needs key_file");
	fd = fettle_file(ctx, path);
	if (fd < 0)
		return fettle_fail(ctx, -fd, "certificate %s", path);
	p->certificate = read_all(fd, CERTIFICATE_MAX);
	if (p->certificate == NULL) {
		const int err = errno;

		close(fd);
		return fettle_fail(ctx, err, "certificate %s", path);
	}
	close(fd);
	p->settings.certificate = p->certificate;
	p->settings.key = self->tls.key.text;
	if (!server_check_tls(&p->settings, &why))
		return fettle_fail(
		    ctx, EINVAL, "certificate %s and its key: %s", path, why);
	return 0;
}

static int
plan_tokens(struct fettle_ctx *ctx, struct plan *p)
{
	const struct ringbuffer_http *self = fettle_self(ctx);
	char why[128];

	if (self->tokens.text != NULL &&
	    !tokens_read(&p->tokens, self->tokens.text, why, sizeof(why)))
		return fettle_fail(ctx, EINVAL, "tokens_file:%s", why);
	if (self->token.text != NULL &&
	    !tokens_add_shared(&p->tokens, self->token.text))
		return fettle_fail(ctx, ENOMEM, "token");
	return 0;
}

/* Without them there is a plain page. */
static void
plan_files(struct fettle_ctx *ctx, struct plan *p)
{
	const struct ringbuffer_http *self = fettle_self(ctx);

	if (strcmp(self->dashboard, "none") == 0)
		return;
	p->files = files_new(self->dashboard);
	if (p->files == NULL)
		fettle_log(ctx, LOG_INFO, "no dashboard in %s: %s",
		    self->dashboard, strerror(errno));
}

/* Whoever opens connections must not use up what the rest of the daemon opens
 * files with: of few descriptors a quarter is his. */
static void
plan_connections(const struct ringbuffer_http *self, struct plan *p)
{
	struct rlimit files;
	rlim_t most;

	p->settings.connections = (unsigned)self->connections;
	if (p->rules.n_proxies == 0)
		p->settings.per_address =
		    (unsigned)self->connections_per_address;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	most = files.rlim_cur / 4;
	if (files.rlim_cur > FILES_KEPT + most)
		most = files.rlim_cur - FILES_KEPT;
	most = most / p->n + 1;
	if (most < p->settings.connections)
		p->settings.connections = (unsigned)most;
}

static int
plan_init(struct fettle_ctx *ctx, struct plan *p)
{
	const struct ringbuffer_http *self = fettle_self(ctx);
	int rc;

	*p = (struct plan){ .n = 0 };
	rc = plan_addresses(ctx, p);
	if (rc == 0)
		rc = plan_proxies(ctx, p);
	if (rc == 0)
		rc = plan_tls(ctx, p);
	if (rc == 0)
		rc = plan_tokens(ctx, p);
	p->rules.max_body = self->max_body.bytes;
	p->rules.open_read = self->open_read && p->loopback;
	p->rules.tls = p->settings.certificate != NULL;
	if (rc == 0) {
		plan_connections(self, p);
		plan_files(ctx, p);
	}
	return rc;
}

/* --- putting it into effect ---------------------------------------------- */

static void
say(struct fettle_ctx *ctx, const struct hub *hub, const struct plan *p)
{
	const struct ringbuffer_http *self = fettle_self(ctx);

	for (size_t i = 0; i < hub->server.n; i++) {
		const struct listener *l = &hub->server.listeners[i];
		const char *text = l->address.text;

		/* port 0 has become another */
		fettle_log(ctx, LOG_INFO, "listening on %.*s:%u",
		    (int)(strrchr(text, ':') - text), text,
		    listen_port(l->fd));
	}
	if (p->settings.connections < self->connections)
		fettle_log(ctx, LOG_INFO,
		    "%u connections an address: the limit of open files "
		    "leaves no room for %" PRId64,
		    p->settings.connections, self->connections);
	if (self->open_read && !p->loopback)
		fettle_log(ctx, LOG_WARNING,
		    "open_read does nothing: not every address is loopback");
	if (self->token.text == NULL && self->tokens.text == NULL)
		fettle_log(ctx, LOG_NOTICE,
		    "no token: /ingest takes nothing until token_file or "
		    "tokens_file is given");
	else if (self->token.text != NULL &&
		 strlen(self->token.text) < TOKEN_SHORT)
		fettle_log(ctx, LOG_WARNING,
		    "the token is short enough to be guessed; head -c 32 "
		    "/dev/urandom | base64 makes a better one");
}

static int
start_listening(struct fettle_ctx *ctx, struct hub *hub, const struct plan *p)
{
	char why[128] = "";
	const int rc = server_listen(
	    &hub->server, p->addresses, p->n, &p->settings, why, sizeof(why));

	return rc < 0 ? fettle_fail(ctx, -rc, "%s", why) : 0;
}

/* The hub's requests are this instance's from now on. */
static void
take_over(struct fettle_ctx *ctx, struct hub *hub, struct plan *p)
{
	struct ringbuffer_http *self = fettle_self(ctx);

	atomic_store(&hub->conns.timeout_ns, self->request_timeout.ns);
	atomic_store(&hub->conns.limit, p->settings.connections);
	hub_use(hub, ctx, &p->rules, &p->tokens, p->files);
	streams_use(hub->streams, (size_t)self->streams);
	p->rules.proxies = NULL;
	p->files = NULL;
	self->hub = hub;
}

/* History goes on with what was there, or is read. */
static void
keep_past(struct fettle_ctx *ctx, struct hub *hub)
{
	const struct ringbuffer_http *self = fettle_self(ctx);
	const char *state = fettle_state_dir(ctx);
	char dir[PATH_MAX];
	const struct past_settings settings = { .memory = self->memory.bytes,
		.max_series = (size_t)self->max_series,
		.dir = state != NULL ? dir : NULL };

	if (state != NULL)
		snprintf(dir, sizeof(dir), "%s/history", state);
	hub_keep_past(hub, self->history ? &settings : NULL);
}

/* The rules stand before the first request. */
static int
open_plan(struct fettle_ctx *ctx, struct plan *p)
{
	struct ringbuffer_http *self = fettle_self(ctx);
	struct hub *hub = hub_new(ctx, (size_t)self->records);
	int rc;

	if (hub == NULL)
		return fettle_fail(ctx, ENOMEM, "memory or a thread");
	take_over(ctx, hub, p);
	rc = start_listening(ctx, hub, p);
	if (rc < 0) {
		self->hub = NULL;
		hub_free(hub);
		return rc;
	}
	keep_past(ctx, hub);
	return 0;
}

/* It sets itself up when it is loaded; only this says that it could not. */
static int
check_gnutls(struct fettle_ctx *ctx)
{
	const int rc = gnutls_global_init();

	gnutls_global_deinit();
	return rc < 0 ? fettle_fail(ctx, EINVAL, "GnuTLS cannot be used: %s",
			    gnutls_strerror(rc))
		      : 0;
}

static int
ringbuffer_open(struct fettle_ctx *ctx)
{
	const struct ringbuffer_http *self = fettle_self(ctx);
	struct plan p;
	int rc;

	rc = check_gnutls(ctx);
	if (rc < 0)
		return rc;
	rc = plan_init(ctx, &p);
	if (rc == 0)
		rc = open_plan(ctx, &p);
	if (rc == 0)
		say(ctx, self->hub, &p);
	plan_fini(&p);
	return rc;
}

/* The addresses are all that can fail, and so they come first. */
static int
ringbuffer_adopt(struct fettle_ctx *ctx, void *state)
{
	const struct ringbuffer_http *self = fettle_self(ctx);
	struct ringbuffer_http *old = state;
	struct hub *hub = old->hub;
	struct plan p;
	int rc;

	rc = plan_init(ctx, &p);
	if (rc == 0)
		rc = start_listening(ctx, hub, &p);
	if (rc == 0) {
		take_over(ctx, hub, &p);
		keep_past(ctx, hub);
		old->hub = NULL;
		if (ring_resize(hub->ring, (size_t)self->records) < 0)
			fettle_log(ctx, LOG_ERR,
			    "out of memory: records stay as they were");
		say(ctx, hub, &p);
	}
	plan_fini(&p);
	return rc;
}

static void
ringbuffer_close(struct fettle_ctx *ctx)
{
	struct ringbuffer_http *self = fettle_self(ctx);

	if (self->hub != NULL)
		hub_free(self->hub);
	self->hub = NULL;
}

static int
ringbuffer_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	const struct ringbuffer_http *self = fettle_self(ctx);

	if (ring_add(self->hub->ring, batch->lists, batch->n) < 0)
		return fettle_fail(ctx, ENOMEM, "keep snapshots");
	if (self->hub->past != NULL)
		past_add(
		    self->hub->past, batch->lists, batch->n, hub_now_ms());
	streams_add(self->hub->streams, batch->lists, batch->n);
	return FETTLE_DELIVERED;
}

FETTLE_PLUGIN(ringbuffer_http) = {
	FETTLE_ABI,
	.summary = "Be a hub: take values in over HTTP, keep and show the "
		   "newest.",
	.options = FETTLE_OPTIONS(ringbuffer_options),
	.self_size = sizeof(struct ringbuffer_http),
	.flags = FETTLE_SOURCE | FETTLE_DYNAMIC | FETTLE_HUB,
	.open = ringbuffer_open,
	.close = ringbuffer_close,
	.write = ringbuffer_write,
	.adopt = ringbuffer_adopt,
	.batch_ms = 1,
};
