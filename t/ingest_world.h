/* SPDX-License-Identifier: MIT */
/* A http_ingest with its server, for a test. */
#ifndef INGEST_WORLD_H
#define INGEST_WORLD_H

#include "writer_world.h"

FETTLE_API extern const struct fettle_plugin http_ingest_LTX_fettle_plugin;

/* Opens the writer with the server's URL, the token and more options. */
void world_start(struct world *w, const char *more);

#endif
