/* SPDX-License-Identifier: MIT */
/* A writer with the server it sends to, for a test: begin and end are setup
 * and teardown of one. */
#ifndef WRITER_WORLD_H
#define WRITER_WORLD_H

#include "fake_ctx.h"
#include "fake_server.h"

#define SECOND INT64_C(1000000000)
#define QUEUE "0123456789abcdef0123456789abcdef"
/* The secret in secret_file: what must be found in no message. */
#define CANARY "canary-3f9a"

struct world {
	struct fake_server *server;
	struct fettle_ctx *ctx; /* NULL: not started */
	char secret_file[32];
};

int world_begin(void **state);
int world_end(void **state);

#define IN_WORLD(test)                                                        \
	cmocka_unit_test_setup_teardown(test, world_begin, world_end)

/* Opens the writer with these options, in place of one that was. */
void world_open(
    struct world *w, const struct fettle_plugin *plugin, const char *yaml);
/* Closes it; its log must not tell the secret. */
void world_stop(struct world *w);

/* What a server, or the one of the world, says next. */
void world_say(struct fake_server *server, const char *status,
    const char *headers, const char *body);
void world_answer(struct world *w, const char *status, const char *headers,
    const char *body);

#endif
