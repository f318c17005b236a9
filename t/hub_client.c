/* SPDX-License-Identifier: MIT */
#include "hub_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* A file that only its owner can read. */
static char *
token_file(void)
{
	char *path = xstrdup("/tmp/fettle-token-XXXXXX");
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(
	    write(fd, HUB_TOKEN, strlen(HUB_TOKEN)), (int)strlen(HUB_TOKEN));
	close(fd);
	return path;
}

struct fettle_ctx *
hub_configure(const char *options)
{
	const bool bare = strncmp(options, "no token\n", 9) == 0;
	const char *listen =
	    strstr(options, "listen:") ? "" : "listen: 127.0.0.1:0\n";
	char *path = token_file(), *yaml;
	struct fettle_ctx *ctx;

	yaml =
	    bare ? xasprintf("%s%s\n", listen, options + 9)
		 : xasprintf("token_file: %s\n%s%s\n", path, listen, options);
	ctx = fake_new(&ringbuffer_http_LTX_fettle_plugin, "hub", yaml);
	unlink(path);
	free(path);
	free(yaml);
	return ctx;
}

/* The ports of hubs that are open: the log that says them is the hub's as soon
 * as there are clients. */
static struct {
	const struct fettle_ctx *ctx;
	int port;
} ports[8];

static void
remember(const struct fettle_ctx *ctx, int port)
{
	size_t i = 0;

	while (ports[i].ctx != NULL && ports[i].ctx != ctx)
		assert_in_range(++i, 0, 7);
	ports[i].ctx = ctx;
	ports[i].port = port;
}

int
hub_said_port(const struct fettle_ctx *ctx, const char *address)
{
	char *text = xasprintf("listening on %s:", address);
	const char *said = strstr(ctx->log.data, text);
	int port;

	assert_non_null(said);
	port = atoi(said + strlen(text));
	free(text);
	return port;
}

/* Of the address that was said first. */
static int
first_port(const struct fettle_ctx *ctx)
{
	const char *said = strstr(ctx->log.data, "listening on ");
	const char *end = said != NULL ? strchr(said, '\n') : NULL;

	assert_non_null(end);
	while (end[-1] != ':')
		end--;
	return atoi(end);
}

int
hub_port(const struct fettle_ctx *ctx)
{
	for (size_t i = 0; i < 8; i++)
		if (ports[i].ctx == ctx)
			return ports[i].port;
	fail_msg("not open");
	return 0;
}

struct fettle_ctx *
hub_start(const char *options)
{
	struct fettle_ctx *ctx = hub_configure(options);

	if (ctx->plugin->open(ctx) != 0)
		fail_msg("open: %s", ctx->reason);
	remember(ctx, first_port(ctx));
	return ctx;
}

struct fettle_ctx *
hub_reload(struct fettle_ctx *old, const char *options)
{
	struct fettle_ctx *ctx = hub_configure(options);

	if (ctx->plugin->adopt(ctx, old->self) != 0)
		fail_msg("adopt: %s", ctx->reason);
	hub_stop(old);
	remember(ctx, first_port(ctx));
	return ctx;
}

void
hub_stop(struct fettle_ctx *ctx)
{
	for (size_t i = 0; i < 8; i++)
		if (ports[i].ctx == ctx)
			ports[i].ctx = NULL;
	ctx->plugin->close(ctx);
	fake_free(ctx);
}

/* --- the client ---------------------------------------------------------- */

int
hub_connect(int port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((in_port_t)port) };
	const struct timeval limit = { .tv_sec = 20 };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* What the other end does not want to hear is lost. */
void
hub_send(int fd, const char *data, size_t len)
{
	while (len > 0) {
		const ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static ssize_t
receive(int fd, char *to, size_t len)
{
	ssize_t n;

	do
		n = recv(fd, to, len, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Whether text holds a whole answer; its body begins at *body then. */
static bool
is_complete(const struct buf *b, const char **body)
{
	const char *end = b->len > 0 ? strstr(b->data, "\r\n\r\n") : NULL;
	const char *length;

	if (end == NULL)
		return false;
	*body = end + 4;
	length = strcasestr(b->data, "\r\nContent-Length: ");
	return length != NULL && length < end &&
	       (size_t)(*body - b->data) + strtoul(length + 18, NULL, 10) <=
		   b->len;
}

struct hub_answer
hub_receive(int fd)
{
	struct buf b = { 0 };
	struct hub_answer a = { .status = 0 };
	char piece[4096];
	ssize_t n;

	while (!is_complete(&b, &a.body)) {
		n = receive(fd, piece, sizeof(piece));
		if (n <= 0)
			break;
		buf_add(&b, piece, (size_t)n);
	}
	a.len = b.len;
	a.text = buf_take(&b);
	if (strncmp(a.text, "HTTP/1.1 ", 9) == 0)
		a.status = atoi(a.text + 9);
	if (a.body == NULL)
		a.body = a.text + a.len;
	return a;
}

void
hub_answer_free(struct hub_answer *a)
{
	free(a->text);
}

bool
hub_is_closed(int fd)
{
	char byte;
	ssize_t n;

	do
		n = receive(fd, &byte, 1);
	while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

struct hub_answer
hub_ask(struct fettle_ctx *ctx, const char *request, size_t len)
{
	const int fd = hub_connect(hub_port(ctx));
	struct hub_answer a;

	hub_send(fd, request, len);
	a = hub_receive(fd);
	if (a.status >= 400 || a.status == 0)
		assert_true(hub_is_closed(fd));
	close(fd);
	return a;
}

struct hub_answer
hub_get(struct fettle_ctx *ctx, const char *path, const char *headers)
{
	char *request = xasprintf("GET %s HTTP/1.1\r\n%s%s\r\n", path,
	    strstr(headers, "Host:") ? "" : "Host: localhost\r\n", headers);
	struct hub_answer a = hub_ask(ctx, request, strlen(request));

	free(request);
	return a;
}

struct hub_answer
hub_post(struct fettle_ctx *ctx, const char *body)
{
	char *request = xasprintf("POST /ingest HTTP/1.1\r\nHost: h\r\n"
				  "Authorization: Bearer " HUB_TOKEN "\r\n"
				  "Content-Type: application/json\r\n"
				  "Content-Length: %zu\r\n\r\n%s",
	    strlen(body), body);
	struct hub_answer a = hub_ask(ctx, request, strlen(request));

	free(request);
	return a;
}

/* --- what the daemon would do -------------------------------------------- */

static void
deliver(struct fettle_ctx *ctx, const struct fake_list *from)
{
	const struct fettle_field **fields = xcalloc(from->n, sizeof *fields);
	const struct fettle_list l = { .size = sizeof l,
		.host = from->host,
		.plugin = from->plugin,
		.instance = from->instance,
		.tags = from->tags,
		.n_tags = from->n_tags,
		.time_ns = from->time_ns,
		.interval_ns = from->interval_ns,
		.fields = fields,
		.values = from->values,
		.n = from->n };
	const struct fettle_list *const lists[] = { &l };
	const struct fettle_batch batch = {
		.size = sizeof batch, .lists = lists, .n = 1
	};

	for (size_t i = 0; i < from->n; i++)
		fields[i] = &from->fields[i];
	assert_int_equal(ctx->plugin->write(ctx, &batch), FETTLE_DELIVERED);
	free(fields);
}

void
hub_deliver(struct fettle_ctx *ctx)
{
	for (size_t i = 0; i < ctx->lists.n; i++)
		deliver(ctx, &ctx->lists.v[i]);
	fake_clear(ctx);
}
