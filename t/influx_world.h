/* SPDX-License-Identifier: MIT */
/* A writer of influxdb with its server, for a test: begin and end are setup
 * and teardown of one. */
#ifndef INFLUX_WORLD_H
#define INFLUX_WORLD_H

#include "fake_ctx.h"
#include "fake_server.h"

#define SECOND INT64_C(1000000000)
#define QUEUE "0123456789abcdef0123456789abcdef"
/* The secret in secret_file: what must be found in no message; and what a
 * server is shown where it is the password of "me". */
#define CANARY "canary-3f9a"
#define CANARY_BASIC "bWU6Y2FuYXJ5LTNmOWE="

FETTLE_API extern const struct fettle_plugin influxdb_LTX_fettle_plugin;

struct world {
	struct fake_server *server;
	struct fettle_ctx *ctx; /* NULL: not started */
	char secret_file[32];
};

int world_begin(void **state);
int world_end(void **state);

#define IN_WORLD(test)                                                        \
	cmocka_unit_test_setup_teardown(test, world_begin, world_end)

/* Opens the writer with these options, in place of one that was; with the
 * server's URL and more; with that and the secret as its token. */
void world_start_with(struct world *w, const char *yaml);
void world_start(struct world *w, const char *more);
void world_start_with_token(struct world *w, const char *more);
/* Closes it; its log must not tell the secret. */
void world_stop(struct world *w);

/* What a server, or the one of the world, says next. */
void world_say(struct fake_server *server, const char *status,
    const char *headers, const char *body);
void world_answer(struct world *w, const char *status, const char *headers,
    const char *body);

/* What write returns; its reason must not tell the secret.  n lists of the
 * plugin load. */
int world_write(
    struct world *w, const struct fettle_list *const *lists, size_t n);
int world_write_lists(struct world *w, size_t n);

#define TWO_LINES                                                             \
	"load,host=web-1 1m=0 1763800000000000000\n"                          \
	"load,host=web-1 1m=0.25 1763800001000000000\n"

/* How many requests there were; request i, from 0: its first line and what it
 * shows (NULL: nothing), its body, or so many lines, compressed. */
size_t world_asked(struct world *w);
void world_check_request(
    struct world *w, size_t i, const char *line, const char *authorization);
void world_check_body(struct world *w, size_t i, const char *body);
void world_check_compressed(struct world *w, size_t i, size_t lines);

#endif
