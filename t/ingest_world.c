/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "ingest_world.h"

#include <stdlib.h>

void
world_start(struct world *w, const char *more)
{
	char *yaml = xasprintf("url: %s/ingest\ntoken_file: %s\n%s",
	    fake_server_url(w->server), w->secret_file, more);

	world_open(w, &http_ingest_LTX_fettle_plugin, yaml);
	free(yaml);
}
