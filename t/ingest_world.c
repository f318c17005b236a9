/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "ingest_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
world_begin(void **state)
{
	struct world *w = NEW(struct world);
	int fd;

	strcpy(w->token_file, "/tmp/http_ingest.XXXXXX");
	fd = mkstemp(w->token_file);
	assert_true(fd >= 0);
	assert_int_equal(
	    write(fd, CANARY "\n", sizeof(CANARY)), sizeof(CANARY));
	close(fd);
	w->server = fake_server_new();
	*state = w;
	return 0;
}

void
world_stop(struct world *w)
{
	const struct fettle_plugin *p = &http_ingest_LTX_fettle_plugin;

	if (w->ctx == NULL)
		return;
	p->close(w->ctx);
	if (w->ctx->log.data != NULL)
		assert_null(strstr(w->ctx->log.data, CANARY));
	fake_free(w->ctx);
	w->ctx = NULL;
}

int
world_end(void **state)
{
	struct world *w = *state;

	world_stop(w);
	unlink(w->token_file);
	fake_server_free(w->server);
	free(w);
	return 0;
}

void
world_start(struct world *w, const char *more)
{
	const struct fettle_plugin *p = &http_ingest_LTX_fettle_plugin;
	char *yaml = xasprintf("url: %s/ingest\ntoken_file: %s\n%s",
	    fake_server_url(w->server), w->token_file, more);

	w->ctx = fake_new(p, "hub", yaml);
	assert_int_equal(p->open(w->ctx), 0);
	free(yaml);
}

void
world_answer(
    struct world *w, const char *status, const char *headers, const char *body)
{
	char *text =
	    xasprintf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status,
		headers, strlen(body), body);

	fake_server_say(w->server, text, FAKE_KEEP);
	free(text);
}
