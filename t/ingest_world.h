/* SPDX-License-Identifier: MIT */
/* A http_ingest with its server, for a test: begin and end are setup and
 * teardown of one. */
#ifndef INGEST_WORLD_H
#define INGEST_WORLD_H

#include "fake_ctx.h"
#include "fake_server.h"

#define SECOND INT64_C(1000000000)
#define QUEUE "0123456789abcdef0123456789abcdef"
/* The token: what must be found in no message. */
#define CANARY "canary-3f9a"

FETTLE_API extern const struct fettle_plugin http_ingest_LTX_fettle_plugin;

struct world {
	struct fake_server *server;
	struct fettle_ctx *ctx; /* NULL: not started */
	char token_file[32];
};

int world_begin(void **state);
int world_end(void **state);

#define IN_WORLD(test)                                                        \
	cmocka_unit_test_setup_teardown(test, world_begin, world_end)

/* Opens the writer with the server's URL, the token and more options. */
void world_start(struct world *w, const char *more);
/* Closes it; its log must not tell the token. */
void world_stop(struct world *w);
/* What the server says next. */
void world_answer(struct world *w, const char *status, const char *headers,
    const char *body);

#endif
