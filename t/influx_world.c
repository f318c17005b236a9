/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "influx_world.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void
world_start_with(struct world *w, const char *yaml)
{
	world_open(w, &influxdb_LTX_fettle_plugin, yaml);
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
