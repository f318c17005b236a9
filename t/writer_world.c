/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "writer_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
world_begin(void **state)
{
	struct world *w = NEW(struct world);
	int fd;

	strcpy(w->secret_file, "/tmp/secret.XXXXXX");
	fd = mkstemp(w->secret_file);
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
	if (w->ctx == NULL)
		return;
	w->ctx->plugin->close(w->ctx);
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
	unlink(w->secret_file);
	fake_server_free(w->server);
	free(w);
	return 0;
}

void
world_open(
    struct world *w, const struct fettle_plugin *plugin, const char *yaml)
{
	world_stop(w);
	w->ctx = fake_new(plugin, "it", yaml);
	assert_int_equal(plugin->open(w->ctx), 0);
}

void
world_say(struct fake_server *server, const char *status, const char *headers,
    const char *body)
{
	char *text =
	    xasprintf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status,
		headers, strlen(body), body);

	fake_server_say(server, text, FAKE_KEEP);
	free(text);
}

void
world_answer(
    struct world *w, const char *status, const char *headers, const char *body)
{
	world_say(w->server, status, headers, body);
}
