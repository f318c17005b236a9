/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "influx_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

int
world_begin(void **state)
{
	struct world *w = NEW(struct world);
	int fd;

	strcpy(w->secret_file, "/tmp/influxdb.XXXXXX");
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
	const struct fettle_plugin *p = &influxdb_LTX_fettle_plugin;

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
	unlink(w->secret_file);
	fake_server_free(w->server);
	free(w);
	return 0;
}

/* Opens the writer with these options; the state of one before is gone. */
void
world_start_with(struct world *w, const char *yaml)
{
	const struct fettle_plugin *p = &influxdb_LTX_fettle_plugin;

	world_stop(w);
	w->ctx = fake_new(p, "db", yaml);
	assert_int_equal(p->open(w->ctx), 0);
}

/* The same with the server's URL and more options. */
void
world_start(struct world *w, const char *more)
{
	char *yaml =
	    xasprintf("url: %s\n%s", fake_server_url(w->server), more);

	world_start_with(w, yaml);
	free(yaml);
}

void
world_start_with_token(struct world *w, const char *more)
{
	char *yaml = xasprintf("token_file: %s\n%s", w->secret_file, more);

	world_start(w, yaml);
	free(yaml);
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

size_t
world_asked(struct world *w)
{
	return fake_server_requests(w->server);
}

/* The line of request i, and what it shows to be allowed. */
void
world_check_request(
    struct world *w, size_t i, const char *line, const char *authorization)
{
	const struct fake_request *r = fake_server_request(w->server, i);
	char *first = xstrndup(r->head, strcspn(r->head, "\r"));
	char *shown = fake_server_header(r, "Authorization");

	assert_string_equal(first, line);
	if (authorization != NULL)
		assert_string_equal(shown, authorization);
	else
		assert_null(shown);
	free(first);
	free(shown);
}

/* --- batches ------------------------------------------------------------- */

static const struct fettle_field load_field = { "1m", FETTLE_GAUGE,
	FETTLE_NUMBER, "Load." };
static const struct fettle_field *const load_fields[] = { &load_field };

int
world_write(struct world *w, const struct fettle_list *const *lists, size_t n)
{
	const struct fettle_batch batch = { .size = sizeof(batch),
		.lists = lists,
		.n = n,
		.queue = QUEUE,
		.seq = 17 };
	int rc;

	w->ctx->reason[0] = '\0';
	w->ctx->after_s = 0;
	w->ctx->refused.n = 0;
	rc = w->ctx->plugin->write(w->ctx, &batch);
	assert_null(strstr(w->ctx->reason, CANARY));
	assert_null(strstr(w->ctx->reason, CANARY_BASIC));
	return rc;
}

/* n lists of the plugin load. */
int
world_write_lists(struct world *w, size_t n)
{
	struct fettle_list *lists = xcalloc(n, sizeof(*lists));
	const struct fettle_list **p = xcalloc(n, sizeof(*p));
	struct fettle_value *values = xcalloc(n, sizeof(*values));
	int rc;

	for (size_t i = 0; i < n; i++) {
		values[i] = fettle_gauge((double)i / 4);
		lists[i] =
		    (struct fettle_list){ .size = sizeof(struct fettle_list),
			    .host = "web-1",
			    .plugin = "load",
			    .time_ns = (int64_t)(1763800000 + i) * SECOND,
			    .interval_ns = SECOND,
			    .fields = load_fields,
			    .values = &values[i],
			    .n = 1 };
		p[i] = &lists[i];
	}
	rc = world_write(w, p, n);
	free(values);
	free(p);
	free(lists);
	return rc;
}

void
world_check_body(struct world *w, size_t i, const char *body)
{
	const struct fake_request *r = fake_server_request(w->server, i);

	assert_null(fake_server_header(r, "Content-Encoding"));
	assert_string_equal(r->body, body);
}

void
world_check_compressed(struct world *w, size_t i, size_t lines)
{
	const struct fake_request *r = fake_server_request(w->server, i);
	char *encoding = fake_server_header(r, "Content-Encoding");
	const size_t room = 1 << 20;
	char *body = xcalloc(1, room);
	z_stream z = { .next_in = (Bytef *)r->body,
		.avail_in = (uInt)r->len,
		.next_out = (Bytef *)body,
		.avail_out = (uInt)room };
	size_t n = 0;

	assert_string_equal(encoding, "gzip");
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	for (const char *s = body; (s = strchr(s, '\n')) != NULL; s++)
		n++;
	assert_int_equal(n, lines);
	inflateEnd(&z);
	free(body);
	free(encoding);
}
