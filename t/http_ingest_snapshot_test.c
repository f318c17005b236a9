/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest_world.h"

/* --- format: snapshot ---------------------------------------------------- */

/* An hour that is over, and one that is yet to come. */
#define PAST 1763800000
#define FUTURE 4000000000

static const struct fettle_field load_field = { "1m", FETTLE_GAUGE,
	FETTLE_NUMBER, "Load." };
static const struct fettle_field *const load_fields[] = { &load_field };
static const struct fettle_field total = { "total", FETTLE_GAUGE, FETTLE_BYTES,
	NULL };
static const struct fettle_field used = { "used", FETTLE_GAUGE, FETTLE_BYTES,
	NULL };
static const struct fettle_field available = { "available", FETTLE_GAUGE,
	FETTLE_BYTES, NULL };
static const struct fettle_field free_bytes = { "free", FETTLE_GAUGE,
	FETTLE_BYTES, NULL };
static const struct fettle_field percent = { "percent", FETTLE_GAUGE,
	FETTLE_PERCENT, NULL };
static const struct fettle_field user = { "user", FETTLE_GAUGE, FETTLE_PERCENT,
	NULL };
static const struct fettle_field *const cpu_fields[] = { &user, &percent };
static const struct fettle_field *const memory_fields[] = { &total, &used,
	&free_bytes, &available, &percent };
static const struct fettle_field *const disk_fields[] = { &total, &used,
	&free_bytes, &percent };

/* A batch in the making. */
struct feed {
	struct fettle_list lists[64];
	const struct fettle_list *p[64];
	struct fettle_value values[64][5];
	size_t n;
	uint64_t seq;
};

static void
add_list(struct feed *f, const char *plugin, const char *instance,
    int64_t second, const struct fettle_field *const *fields,
    const double *values, size_t n)
{
	assert_true(f->n < 64);
	f->lists[f->n] = (struct fettle_list){ .size = sizeof(f->lists[0]),
		.host = "web-1",
		.plugin = plugin,
		.instance = instance,
		.time_ns = second * SECOND,
		.interval_ns = 10 * SECOND,
		.fields = fields,
		.values = f->values[f->n],
		.n = n };
	for (size_t i = 0; i < n; i++)
		f->values[f->n][i] = fettle_gauge(values[i]);
	f->p[f->n] = &f->lists[f->n];
	f->n++;
}

static void
add_cpu(struct feed *f, const char *core, int64_t second, double busy)
{
	const double v[] = { busy / 2, busy };

	add_list(f, "cpu", core, second, cpu_fields, v, 2);
}

static void
add_memory(struct feed *f, int64_t second)
{
	const double v[] = { 25200000000, 4200000000, 1e9, 21000000000, 16.7 };

	add_list(f, "memory", NULL, second, memory_fields, v, 5);
}

static void
add_disk(struct feed *f, const char *mount, int64_t second)
{
	const double v[] = { 270000000000, 17000000000, 239000000000, 6.6 };

	add_list(f, "disk", mount, second, disk_fields, v, 4);
}

static void
add_tick(struct feed *f, int64_t second)
{
	add_cpu(f, NULL, second, 26.3);
	add_cpu(f, "0", second, 12.5);
	add_cpu(f, "1", second, 40.1);
	add_memory(f, second);
	add_disk(f, "/", second);
	add_disk(f, "/home", second);
}

static void
set_host(struct feed *f, size_t from, const char *host)
{
	for (; from < f->n; from++)
		f->lists[from].host = host;
}

/* Writes the feed; where it is delivered the next begins behind it. */
static int
write_feed(struct world *w, struct feed *f)
{
	const struct fettle_batch batch = { .size = sizeof(batch),
		.lists = f->p,
		.n = f->n,
		.queue = QUEUE,
		.seq = f->seq };
	const int rc = w->ctx->plugin->write(w->ctx, &batch);

	assert_null(strstr(w->ctx->reason, CANARY));
	if (rc == FETTLE_DELIVERED) {
		f->seq += f->n;
		f->n = 0;
	}
	return rc;
}

static void
check_snapshot(struct world *w, size_t i, const char *host, int64_t second)
{
	json_t *d =
	    json_loads(fake_server_request(w->server, i)->body, 0, NULL);

	assert_non_null(d);
	assert_int_equal(
	    json_integer_value(json_object_get(d, "timestamp")), second);
	assert_string_equal(
	    json_string_value(json_object_get(d, "hostname")), host);
	json_decref(d);
}

static void
a_snapshot_has_what_is_documented_and_no_more(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };
	const struct fake_request *r;
	const double load = 0.5;

	world_start(w, "format: snapshot\ncompress_above: 0");
	add_tick(&f, FUTURE);
	add_list(&f, "load", NULL, FUTURE, load_fields, &load, 1);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 1);
	r = fake_server_request(w->server, 0);
	assert_null(fake_server_header(r, "Content-Encoding"));
	assert_string_equal(r->body,
	    "{\"timestamp\":4000000000,\"hostname\":\"web-1\","
	    "\"cpu\":{\"per_core\":[12.5,40.1],\"average\":26.3},"
	    "\"memory\":{\"total\":25200000000,\"used\":4200000000,"
	    "\"free\":21000000000,\"percent\":16.7},"
	    "\"disk\":{\"total\":270000000000,\"used\":17000000000,"
	    "\"free\":239000000000,\"percent\":6.6}}");
}

static void
every_host_and_second_is_a_request(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	add_tick(&f, FUTURE);
	set_host(&f, 6, "web-0");
	add_tick(&f, FUTURE + 10);
	add_tick(&f, FUTURE + 10);
	set_host(&f, 18, "web-0");
	add_tick(&f, FUTURE + 20);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 5);
	check_snapshot(w, 0, "web-1", FUTURE);
	check_snapshot(w, 1, "web-0", FUTURE);
	check_snapshot(w, 2, "web-1", FUTURE + 10);
	check_snapshot(w, 3, "web-0", FUTURE + 10);
	check_snapshot(w, 4, "web-1", FUTURE + 20);
	assert_int_equal(fake_server_connections(w->server), 1);
}

static void
what_a_batch_cuts_in_two_waits_for_the_rest(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	add_cpu(&f, NULL, FUTURE + 10, 30);
	add_cpu(&f, "0", FUTURE + 10, 20);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 1);
	add_cpu(&f, "1", FUTURE + 10, 40);
	add_memory(&f, FUTURE + 10);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 1);
	add_disk(&f, "/", FUTURE + 10);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
	check_snapshot(w, 1, "web-1", FUTURE + 10);
	assert_non_null(strstr(fake_server_request(w->server, 1)->body,
	    "\"per_core\":[20.0,40.0],\"average\":30.0"));
	add_disk(&f, "/home", FUTURE + 10);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
}

static void
an_interval_that_is_over_is_not_waited_for(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_tick(&f, PAST);
	add_cpu(&f, NULL, PAST + 10, 30);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
	check_snapshot(w, 1, "web-1", PAST + 10);
}

static void
slower_plugins_are_repeated_for_three_intervals(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_disk(&f, "/", FUTURE);
	f.lists[0].interval_ns = 60 * SECOND;
	for (int64_t t = 0; t < 240; t += 10) {
		add_cpu(&f, NULL, FUTURE + t, 30);
		add_memory(&f, FUTURE + t);
	}
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 18);
	check_snapshot(w, 17, "web-1", FUTURE + 170);
}

static void
a_retry_goes_on_where_it_stopped(void **state)
{
	static const int64_t seconds[] = { FUTURE, FUTURE + 400, FUTURE + 400,
		FUTURE + 400, FUTURE + 800, FUTURE + 800, FUTURE + 1200 };
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	for (int64_t t = 0; t < 1600; t += 400)
		add_tick(&f, FUTURE + t);
	world_answer(w, "200 OK", "", "");
	world_answer(w, "503 Busy", "Retry-After: 3\r\n", "");
	world_answer(w, "401 Unauthorized", "", "");
	world_answer(w, "200 OK", "", "");
	fake_server_say(w->server,
	    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", FAKE_CLOSE);
	assert_int_equal(write_feed(w, &f), FETTLE_RETRY);
	assert_true(w->ctx->after_s == 3);
	assert_int_equal(write_feed(w, &f), FETTLE_UNAUTHORISED);
	assert_int_equal(write_feed(w, &f), FETTLE_RETRY);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 7);
	for (size_t i = 0; i < 7; i++)
		check_snapshot(w, i, "web-1", seconds[i]);
}

static void
the_last_of_a_batch_is_tried_again_too(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	world_answer(w, "503 Busy", "", "");
	assert_int_equal(write_feed(w, &f), FETTLE_RETRY);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 2);
	check_snapshot(w, 1, "web-1", FUTURE);
}

static void
a_refused_snapshot_names_its_lists_and_stops_no_other(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	add_tick(&f, FUTURE + 10);
	add_tick(&f, FUTURE + 20);
	world_answer(w, "200 OK", "", "");
	world_answer(w, "422 Unprocessable", "", "no " CANARY);
	world_answer(w, "413 Too Large", "", "");
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 3);
	/* /home is in none */
	assert_int_equal(w->ctx->refused.n, 10);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(w->ctx->refused.v[i], 6 + i);
		assert_int_equal(w->ctx->refused.v[5 + i], 12 + i);
	}
	assert_null(w->ctx->log.data);
}

static void
what_never_is_complete_is_said_once(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	for (int64_t t = 0; t < 100; t += 10) {
		add_cpu(&f, NULL, PAST + t, 30);
		add_memory(&f, PAST + t);
		add_disk(&f, "/home", PAST + t);
		if (t == 10)
			assert_null(w->ctx->log.data);
	}
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 0);
	assert_string_equal(w->ctx->log.data,
	    "<4>no snapshot of \"web-1\" can be sent: there is no "
	    "disk[/]\n");
}

static void
nothing_is_sent_that_cpu_says_only_half_of(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_tick(&f, PAST);
	/* a first reading: no shares yet; then cores without their average */
	f.values[0][1].kind = f.values[1][1].kind = f.values[2][1].kind = 0;
	add_tick(&f, PAST + 10);
	f.values[6][1].kind = 0;
	add_tick(&f, PAST + 20);
	f.values[13][1].kind = 0;
	add_tick(&f, PAST + 30);
	f.values[18][1].kind = 0;
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_null(w->ctx->log.data);
	assert_int_equal(fake_server_requests(w->server), 1);
	check_snapshot(w, 0, "web-1", PAST + 20);
	assert_null(strstr(fake_server_request(w->server, 0)->body, "null"));
}

static void
a_host_that_is_silent_for_an_hour_is_forgotten(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	for (size_t i = 0; i < f.n; i++)
		f.lists[i].interval_ns = 7200 * SECOND;
	add_tick(&f, FUTURE + 3000);
	set_host(&f, 6, "web-0");
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	add_cpu(&f, NULL, FUTURE + 3010, 50);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 3);
	add_tick(&f, FUTURE + 7000);
	set_host(&f, 0, "web-0");
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 4);
	add_cpu(&f, NULL, FUTURE + 7000, 50);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(w->ctx->plugin->flush(w->ctx), 0);
	assert_int_equal(fake_server_requests(w->server), 4);
}

static void
flushing_sends_what_waits(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_cpu(&f, NULL, FUTURE, 30);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(w->ctx->plugin->flush(w->ctx), 0);
	assert_int_equal(fake_server_requests(w->server), 0);
	add_tick(&f, FUTURE + 10);
	add_cpu(&f, NULL, FUTURE + 20, 31);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 1);
	world_answer(w, "503 Busy", "", "");
	assert_int_equal(w->ctx->plugin->flush(w->ctx), -EAGAIN);
	assert_int_equal(w->ctx->plugin->flush(w->ctx), 0);
	assert_int_equal(w->ctx->plugin->flush(w->ctx), 0);
	assert_int_equal(fake_server_requests(w->server), 3);
	check_snapshot(w, 2, "web-1", FUTURE + 20);
}

static void
a_clock_that_is_set_back_begins_anew(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1 };

	world_start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	add_memory(&f, FUTURE - 10); /* late */
	add_tick(&f, FUTURE - 7200);
	add_tick(&f, FUTURE - 7190);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	assert_int_equal(fake_server_requests(w->server), 3);
	check_snapshot(w, 0, "web-1", FUTURE);
	check_snapshot(w, 1, "web-1", FUTURE - 7200);
	check_snapshot(w, 2, "web-1", FUTURE - 7190);
}

static void
another_queue_counts_from_its_own_beginning(void **state)
{
	struct world *w = *state;
	struct feed f = { .seq = 1000 };
	struct fettle_batch batch;

	world_start(w, "format: snapshot");
	add_tick(&f, FUTURE);
	assert_int_equal(write_feed(w, &f), FETTLE_DELIVERED);
	add_tick(&f, FUTURE + 10);
	batch = (struct fettle_batch){ .size = sizeof(batch),
		.lists = f.p,
		.n = f.n,
		.queue = "ffffffffffffffffffffffffffffffff",
		.seq = 1 };
	assert_int_equal(w->ctx->plugin->write(w->ctx, &batch), 0);
	check_snapshot(w, 1, "web-1", FUTURE + 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_snapshot_has_what_is_documented_and_no_more),
		IN_WORLD(every_host_and_second_is_a_request),
		IN_WORLD(what_a_batch_cuts_in_two_waits_for_the_rest),
		IN_WORLD(an_interval_that_is_over_is_not_waited_for),
		IN_WORLD(slower_plugins_are_repeated_for_three_intervals),
		IN_WORLD(a_retry_goes_on_where_it_stopped),
		IN_WORLD(the_last_of_a_batch_is_tried_again_too),
		IN_WORLD(
		    a_refused_snapshot_names_its_lists_and_stops_no_other),
		IN_WORLD(what_never_is_complete_is_said_once),
		IN_WORLD(nothing_is_sent_that_cpu_says_only_half_of),
		IN_WORLD(a_host_that_is_silent_for_an_hour_is_forgotten),
		IN_WORLD(flushing_sends_what_waits),
		IN_WORLD(a_clock_that_is_set_back_begins_anew),
		IN_WORLD(another_queue_counts_from_its_own_beginning),
	};

	return cmocka_run_group_tests_name(
	    "http_ingest_snapshot", tests, NULL, NULL);
}
