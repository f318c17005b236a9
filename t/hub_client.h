/* SPDX-License-Identifier: MIT */
/* A hub under test, and a client that writes to it whatever a test says. */
#ifndef T_HUB_CLIENT_H
#define T_HUB_CLIENT_H

#include "test.h"

#include "fake_ctx.h"

#define HUB_TOKEN "canary-0123456789abcdef0123456789"

extern const struct fettle_plugin ringbuffer_http_LTX_fettle_plugin;

/* These options, with a token unless they begin with "no token\n", and an
 * address where they have none: not open yet. */
struct fettle_ctx *hub_configure(const char *options);
/* The same, open, on a free port of 127.0.0.1. */
struct fettle_ctx *hub_start(const char *options);
/* The same, in the place of the old one, which is gone then. */
struct fettle_ctx *hub_reload(struct fettle_ctx *old, const char *options);
void hub_stop(struct fettle_ctx *ctx);
/* The port of its first address. */
int hub_port(const struct fettle_ctx *ctx);
/* The port that it said it has on an address ("127.0.0.1"). */
int hub_said_port(const struct fettle_ctx *ctx, const char *address);

/* What a client got: NUL-terminated, free'd by hub_answer_free. */
struct hub_answer {
	char *text;
	size_t len;
	int status;	  /* 0: closed without an answer */
	const char *body; /* in text */
};

int hub_connect(int port);
void hub_send(int fd, const char *data, size_t len);
/* Until the answer is complete or the connection closed. */
struct hub_answer hub_receive(int fd);
void hub_answer_free(struct hub_answer *a);
/* Whether the other end has closed: waits for it. */
bool hub_is_closed(int fd);

/* One request on a connection of its own. */
struct hub_answer hub_ask(
    struct fettle_ctx *ctx, const char *request, size_t len);
/* GET path, with more headers ("X: y\r\n"). */
struct hub_answer hub_get(
    struct fettle_ctx *ctx, const char *path, const char *headers);
/* POST /ingest of JSON with the token. */
struct hub_answer hub_post(struct fettle_ctx *ctx, const char *body);

/* Gives what was posted to the plugin's write, and forgets it. */
void hub_deliver(struct fettle_ctx *ctx);

#endif
