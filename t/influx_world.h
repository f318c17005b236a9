/* SPDX-License-Identifier: MIT */
/* A writer of influxdb with its server, for a test. */
#ifndef INFLUX_WORLD_H
#define INFLUX_WORLD_H

#include "writer_world.h"

/* What a server is shown where the secret is the password of "me". */
#define CANARY_BASIC "bWU6Y2FuYXJ5LTNmOWE="

FETTLE_API extern const struct fettle_plugin influxdb_LTX_fettle_plugin;

/* Opens the writer with these options, in place of one that was; with the
 * server's URL and more; with that and the secret as its token. */
void world_start_with(struct world *w, const char *yaml);
void world_start(struct world *w, const char *more);
void world_start_with_token(struct world *w, const char *more);

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
