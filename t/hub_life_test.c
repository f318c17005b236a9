/* SPDX-License-Identifier: MIT */
#include "hub_client.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "write/ringbuffer_http/conn.h"

#define TOKEN "Authorization: Bearer " HUB_TOKEN "\r\n"
#define GET "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
#define SNAPSHOT                                                              \
	"{\"timestamp\":%d,\"hostname\":\"h\",\"cpu\":{\"per_core\":[],"      \
	"\"average\":1},\"memory\":{\"total\":4,\"used\":3,\"free\":1,"       \
	"\"percent\":75},\"disk\":{\"total\":4,\"used\":3,\"free\":1,"        \
	"\"percent\":75}}"

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
status_of(struct fettle_ctx *ctx, const char *path, const char *headers)
{
	struct hub_answer a = hub_get(ctx, path, headers);

	hub_answer_free(&a);
	return a.status;
}

static void
post_at(struct fettle_ctx *ctx, int second)
{
	char *body = xasprintf(SNAPSHOT, second);
	struct hub_answer a = hub_post(ctx, body);

	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	free(body);
}

static int
records(struct fettle_ctx *ctx)
{
	struct hub_answer a = hub_get(ctx, "/history", TOKEN);
	int n = 0;

	for (const char *p = a.body; (p = strstr(p, "timestamp")); p++)
		n++;
	hub_answer_free(&a);
	return n;
}

/* --- deadlines ----------------------------------------------------------- */

/* Sends a byte whenever the socket bears it and nothing has come for 20 ms,
 * until the other end closes; how long that took. */
static double
drip(int fd)
{
	const double begin = seconds();
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, 20) == 0) {
		hub_send(fd, "x", 1);
		assert_true(seconds() - begin < 15);
	}
	assert_true(hub_is_closed(fd));
	return seconds() - begin;
}

static void
a_byte_now_and_then_does_not_keep_a_connection(void **state)
{
	static const char *const requests[] = { "GET /hea",
		"GET /healthz HTTP/1.1\r\nHost: h\r\nX: ",
		"POST /ingest HTTP/1.1\r\nHost: h\r\n" TOKEN
		"Content-Type: application/json\r\nContent-Length: 9999\r\n"
		"\r\n" };
	struct fettle_ctx *ctx = hub_start("request_timeout: 1s");

	(void)state;
	for (int i = 0; i < 3; i++) {
		const int fd = hub_connect(hub_port(ctx));
		double took;

		hub_send(fd, requests[i], strlen(requests[i]));
		took = drip(fd);
		assert_true(took > 0.1);
		close(fd);
	}
	/* the same thread has written its record by then */
	assert_int_equal(status_of(ctx, "/healthz", ""), 200);
	assert_non_null(strstr(ctx->log.data,
	    "not over at its deadline peer=127.0.0.1 path=/ingest status=408 "
	    "reason=deadline\n"));
	hub_stop(ctx);
}

static void
a_connection_that_says_nothing_is_closed(void **state)
{
	struct fettle_ctx *ctx = hub_start("request_timeout: 1s");
	const int fd = hub_connect(hub_port(ctx));

	(void)state;
	assert_true(hub_is_closed(fd));
	close(fd);
	hub_stop(ctx);
}

static void
an_idle_connection_is_kept_longer_than_a_request_may_take(void **state)
{
	struct fettle_ctx *ctx = hub_start("request_timeout: 1s");
	const int fd = hub_connect(hub_port(ctx));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct hub_answer a;

	(void)state;
	for (int i = 0; i < 2; i++) {
		hub_send(fd, GET, strlen(GET));
		a = hub_receive(fd);
		assert_int_equal(a.status, 200);
		hub_answer_free(&a);
		/* nothing comes, not even an end */
		if (i == 0)
			assert_int_equal(poll(&p, 1, 1500), 0);
	}
	close(fd);
	hub_stop(ctx);
}

static void
idle_connections_make_room_where_there_are_too_many(void **state)
{
	struct fettle_ctx *ctx =
	    hub_start("connections: 4\nrequest_timeout: 1s");
	int fds[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct hub_answer a;

		fds[i] = hub_connect(hub_port(ctx));
		hub_send(fds[i], GET, strlen(GET));
		a = hub_receive(fds[i]);
		assert_int_equal(a.status, 200);
		hub_answer_free(&a);
	}
	/* a fifth waits until one of them went */
	assert_int_equal(status_of(ctx, "/healthz", ""), 200);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	hub_stop(ctx);
}

/* Two ends of a connection, ours idle. */
static struct conn *
idle_conn(struct conns *c, const void *daemon, int fds[2])
{
	const struct sockaddr_in sa = { .sin_family = AF_INET };
	struct conn *conn;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	conn = conn_new(c, daemon, fds[0], (const struct sockaddr *)&sa);
	assert_non_null(conn);
	conn_begin(conn, "/ingest");
	conn_end(conn);
	return conn;
}

static bool
is_shut(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLRDHUP) != 0;
}

static void
who_goes_for_others_is_answered_what_he_sent_before(void **state)
{
	enum { LIMIT = 32, MOST = LIMIT - 2, CROWD = MOST + 1, ROOM = 8 };
	static struct conns c;
	struct conn *conns[CROWD + ROOM];
	int fds[CROWD + ROOM][2], shut = 0, which = 0;
	const double begin = seconds();
	char byte;

	(void)state;
	atomic_store(&c.timeout_ns, INT64_C(100000000));
	atomic_store(&c.limit, LIMIT);
	assert_int_equal(conns_init(&c), 0);
	for (int i = 0; i < CROWD + ROOM; i++)
		conns[i] = idle_conn(&c, i < CROWD ? (void *)&c : fds, fds[i]);
	while (shut == 0 && seconds() - begin < 10)
		for (int i = 0; i < CROWD + ROOM; i++) {
			shut += is_shut(fds[i][0]);
			which = is_shut(fds[i][0]) ? i : which;
		}
	/* one too many, not all; and none of those that are few */
	assert_int_equal(shut, 1);
	assert_in_range(which, 0, CROWD - 1);
	assert_true(seconds() - begin >= 1);
	/* what comes now is a request like any other */
	conn_begin(conns[which], "/ingest");
	assert_int_equal(write(fds[which][0], "x", 1), 1);
	assert_int_equal(read(fds[which][1], &byte, 1), 1);
	assert_false(atomic_load(&conns[which]->reaped));
	for (int i = 0; i < CROWD + ROOM; i++) {
		conn_free(conns[i]);
		close(fds[i][0]);
		close(fds[i][1]);
	}
	conns_fini(&c);
}

static void
the_end_does_not_wait_for_idle_connections(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	int fds[20];
	double begin;

	(void)state;
	for (int i = 0; i < 20; i++) {
		fds[i] = hub_connect(hub_port(ctx));
		hub_send(fds[i], GET, i % 2 ? strlen(GET) : 10);
		if (i % 2) {
			struct hub_answer a = hub_receive(fds[i]);

			hub_answer_free(&a);
		}
	}
	begin = seconds();
	hub_stop(ctx);
	assert_true(seconds() - begin < 1);
	for (int i = 0; i < 20; i++) {
		assert_true(hub_is_closed(fds[i]));
		close(fds[i]);
	}
}

/* --- options ------------------------------------------------------------- */

static void
does_not_open(const char *options, int err, const char *reason)
{
	struct fettle_ctx *ctx = hub_configure(options);

	assert_int_equal(ctx->plugin->open(ctx), -err);
	assert_string_equal(ctx->reason, reason);
	fake_free(ctx);
}

static void
what_cannot_be_listened_on_is_said(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	char *taken = xasprintf("listen: 127.0.0.1:%d", hub_port(ctx));
	char *reason = xasprintf("listen 127.0.0.1:%d", hub_port(ctx));

	(void)state;
	does_not_open(taken, EADDRINUSE, reason);
	does_not_open("listen: 0.0.0.0:0", EINVAL,
	    "listen 0.0.0.0:0 is not loopback: needs tls or cleartext: true");
	does_not_open("listen: [127.0.0.1:0, \"*:0\"]", EINVAL,
	    "listen *:0 is not loopback: needs tls or cleartext: true");
	does_not_open("listen: unix:/run/x", EINVAL,
	    "listen unix:/run/x is not like 127.0.0.1:8000, [::1]:8000 or "
	    "*:8000");
	does_not_open("listen: [127.0.0.1:0, 127.0.0.1:0]", EEXIST,
	    "listen 127.0.0.1:0");
	does_not_open("behind_proxy: proxy.example", EINVAL,
	    "behind_proxy proxy.example is no address");
	does_not_open("listen: :80", EINVAL,
	    "listen :80 is not like 127.0.0.1:8000, [::1]:8000 or *:8000");
	free(taken);
	free(reason);
	hub_stop(ctx);
}

static void
every_address_is_listened_on(void **state)
{
	struct fettle_ctx *ctx =
	    hub_start("listen: [127.0.0.1:0, \"*:0\"]\ncleartext: true");
	const int second = hub_said_port(ctx, "*");
	struct hub_answer a;
	int fd;

	(void)state;
	assert_int_equal(status_of(ctx, "/healthz", ""), 200);
	fd = hub_connect(second);
	hub_send(fd, GET, strlen(GET));
	a = hub_receive(fd);
	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	close(fd);
	hub_stop(ctx);
}

/* --- reload -------------------------------------------------------------- */

static void
a_reload_keeps_socket_connections_and_history(void **state)
{
	struct fettle_ctx *ctx = hub_start("records: 10"), *next;
	const int port = hub_port(ctx), fd = hub_connect(port);
	struct hub_answer a;

	(void)state;
	for (int t = 1; t <= 5; t++)
		post_at(ctx, t);
	hub_deliver(ctx);
	hub_send(fd, GET, strlen(GET));
	a = hub_receive(fd);
	hub_answer_free(&a);

	next = hub_reload(ctx, "records: 3\nmax_body: 2KiB");
	assert_int_equal(hub_port(next), port);
	/* the connection of before, and what is posted goes to the new one */
	hub_send(fd, GET, strlen(GET));
	a = hub_receive(fd);
	assert_int_equal(a.status, 200);
	hub_answer_free(&a);
	assert_int_equal(records(next), 3);
	post_at(next, 6);
	assert_int_equal(next->lists.n, 3);
	close(fd);
	hub_stop(next);
}

/* One number goes in; the metrics that people get say so. */
static void
write_number(struct fettle_ctx *ctx)
{
	static const struct fettle_field field = { "f", FETTLE_GAUGE, "",
		NULL };
	const struct fettle_field *fields[] = { &field };
	const struct fettle_value value = fettle_gauge(1);
	const double rate = 1;
	const struct fettle_list list = { .size = sizeof list,
		.host = "a",
		.plugin = "p",
		.time_ns = (int64_t)time(NULL) * 1000000000,
		.interval_ns = 1000000000,
		.fields = fields,
		.values = &value,
		.n = 1,
		.rates = &rate };
	const struct fettle_list *lists[] = { &list };
	const struct fettle_batch batch = {
		.size = sizeof batch, .lists = lists, .n = 1
	};

	assert_int_equal(ctx->plugin->write(ctx, &batch), FETTLE_DELIVERED);
}

static void
metrics_say(struct fettle_ctx *ctx, const char *line, bool yes)
{
	struct hub_answer a;

	ctx->ask_answer = "{\"ok\":true,\"values\":[],\"hosts\":[]}";
	a = hub_get(
	    ctx, "/metrics", "Authorization: Bearer " HUB_TOKEN "\r\n");
	assert_int_equal(a.status, 200);
	assert_int_equal(strstr(a.body, line) != NULL, yes);
	hub_answer_free(&a);
	ctx->ask_answer = NULL;
}

static void
a_reload_keeps_what_was_measured_within_other_limits(void **state)
{
	struct fettle_ctx *ctx = hub_start("memory: 3MiB");

	(void)state;
	write_number(ctx);
	metrics_say(ctx, "history_memory_limit_bytes 3145728\n", true);
	metrics_say(ctx, "history_samples_total 1\n", true);
	ctx = hub_reload(ctx, "memory: 2MiB\nmax_series: 5");
	metrics_say(ctx, "history_memory_limit_bytes 2097152\n", true);
	metrics_say(ctx, "history_samples_total 1\n", true);
	ctx = hub_reload(ctx, "history: false");
	write_number(ctx);
	metrics_say(ctx, "history", false);
	ctx = hub_reload(ctx, "history: true");
	metrics_say(ctx, "history_series 0\n", true);
	hub_stop(ctx);
}

static void
a_reload_that_fails_changes_nothing(void **state)
{
	struct fettle_ctx *other = hub_start(""), *ctx = hub_start("");
	char *options =
	    xasprintf("listen: [127.0.0.1:0, 127.0.0.1:%d]", hub_port(other));
	struct fettle_ctx *next = hub_configure(options);

	(void)state;
	post_at(ctx, 1);
	hub_deliver(ctx);
	assert_int_equal(next->plugin->adopt(next, ctx->self), -EADDRINUSE);
	fake_free(next);
	next = hub_configure("behind_proxy: x");
	assert_int_equal(next->plugin->adopt(next, ctx->self), -EINVAL);
	fake_free(next);
	assert_int_equal(records(ctx), 1);
	post_at(ctx, 2);
	assert_int_equal(ctx->lists.n, 3);
	free(options);
	hub_stop(ctx);
	hub_stop(other);
}

static void
addresses_come_and_go_with_a_reload(void **state)
{
	struct fettle_ctx *ctx = hub_start("listen: 127.0.0.1:0"), *next;
	const int port = hub_port(ctx);
	char *options;

	(void)state;
	/* one more, and with other settings, so that the daemons are new */
	ctx = hub_reload(
	    ctx, "listen: [127.0.0.2:0, 127.0.0.1:0]\nconnections: 7");
	assert_int_equal(hub_said_port(ctx, "127.0.0.1"), port);
	/* one less: the port is free for somebody else */
	next = hub_reload(ctx, "listen: 127.0.0.2:0\nconnections: 7");
	options = xasprintf("listen: 127.0.0.1:%d", port);
	ctx = hub_start(options);
	assert_int_equal(status_of(ctx, "/healthz", ""), 200);
	free(options);
	hub_stop(ctx);
	hub_stop(next);
}

struct load {
	int port;
	_Atomic bool stop;
	_Atomic int bad, good;
};

static void *
load_main(void *arg)
{
	static const char request[] =
	    "GET /history HTTP/1.1\r\nHost: h\r\n" TOKEN "\r\n";
	struct load *load = arg;
	const int fd = hub_connect(load->port);

	while (!load->stop) {
		struct hub_answer a;

		hub_send(fd, request, strlen(request));
		a = hub_receive(fd);
		if (a.status == 200)
			load->good++;
		else
			load->bad++;
		hub_answer_free(&a);
		if (load->bad > 0)
			break;
	}
	close(fd);
	return NULL;
}

static void
reloads_under_load_lose_no_request(void **state)
{
	struct fettle_ctx *ctx = hub_start("");
	struct load load = { .port = hub_port(ctx) };
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, load_main, &load), 0);
	/* the load may take its time to begin */
	for (int i = 0; i < 50 || load.good == 0; i++)
		ctx = hub_reload(
		    ctx, i % 2 ? "records: 500" : "request_timeout: 10s");
	load.stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(load.bad, 0);
	assert_true(load.good > 0);
	hub_stop(ctx);
}

/* --- TLS ----------------------------------------------------------------- */

static void
put_file(const char *path, const gnutls_datum_t *pem)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(pem->data, 1, pem->size, f), pem->size);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	fclose(f);
}

/* A certificate for localhost, and its key, in a directory. */
static void
make_certificate(const char *dir)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	char *path;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\1", 1);
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 3600);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 3600);
	gnutls_x509_crt_set_dn(crt, "CN=localhost", NULL);
	gnutls_x509_crt_set_key(crt, key);
	assert_true(
	    gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) >= 0);
	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
	path = xasprintf("%s/cert", dir);
	put_file(path, &pem);
	free(path);
	gnutls_free(pem.data);
	gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
	path = xasprintf("%s/key", dir);
	put_file(path, &pem);
	free(path);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

/* The status of GET /healthz with these versions; 0: no handshake. */
static int
secure_status(int port, const char *priorities)
{
	gnutls_certificate_credentials_t credentials;
	const int fd = hub_connect(port);
	gnutls_session_t tls;
	char text[1024] = "";
	int rc;

	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_init(&tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
	gnutls_priority_set_direct(tls, priorities, NULL);
	gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(tls, fd);
	rc = gnutls_handshake(tls);
	if (rc == 0) {
		gnutls_record_send(tls, GET, strlen(GET));
		gnutls_record_recv(tls, text, sizeof(text) - 1);
	}
	gnutls_deinit(tls);
	gnutls_certificate_free_credentials(credentials);
	close(fd);
	return rc == 0 ? atoi(text + 9) : 0;
}

static void
https_speaks_nothing_older_than_tls_1_2(void **state)
{
	char dir[] = "/tmp/fettle-tls-XXXXXX";
	struct fettle_ctx *ctx;
	char *options, *path;
	int port;

	(void)state;
	assert_non_null(mkdtemp(dir));
	make_certificate(dir);
	options = xasprintf("listen: 0.0.0.0:0\nrequest_timeout: 2s\n"
			    "tls: {certificate: %s/cert, key_file: %s/key}",
	    dir, dir);
	ctx = hub_start(options);
	port = hub_port(ctx);
	assert_int_equal(secure_status(port, "NORMAL"), 200);
	assert_int_equal(
	    secure_status(port, "NORMAL:-VERS-ALL:+VERS-TLS1.2"), 200);
	assert_int_equal(
	    secure_status(port, "NORMAL:-VERS-ALL:+VERS-TLS1.1"), 0);
	assert_int_equal(
	    secure_status(port, "NORMAL:-VERS-ALL:+VERS-TLS1.0"), 0);
	/* plain HTTP gets nowhere, nor does a handshake that drips */
	assert_int_equal(status_of(ctx, "/healthz", ""), 0);
	{
		const int fd = hub_connect(port);

		hub_send(fd, "\x16\x03\x01\x02", 4);
		drip(fd);
		close(fd);
	}
	/* another certificate is served on the same socket */
	make_certificate(dir);
	ctx = hub_reload(ctx, options);
	assert_int_equal(hub_port(ctx), port);
	assert_int_equal(secure_status(port, "NORMAL"), 200);
	hub_stop(ctx);
	/* a key that is another's */
	path = xasprintf("%s/cert", dir);
	put_file(path, &(gnutls_datum_t){ (unsigned char *)"x", 1 });
	ctx = hub_configure(options);
	assert_int_equal(ctx->plugin->open(ctx), -EINVAL);
	assert_non_null(strstr(ctx->reason, "and its key: "));
	fake_free(ctx);
	unlink(path);
	strcpy(path + strlen(dir) + 1, "key");
	unlink(path);
	rmdir(dir);
	free(path);
	free(options);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_byte_now_and_then_does_not_keep_a_connection),
		cmocka_unit_test(a_connection_that_says_nothing_is_closed),
		cmocka_unit_test(
		    an_idle_connection_is_kept_longer_than_a_request_may_take),
		cmocka_unit_test(
		    idle_connections_make_room_where_there_are_too_many),
		cmocka_unit_test(
		    who_goes_for_others_is_answered_what_he_sent_before),
		cmocka_unit_test(the_end_does_not_wait_for_idle_connections),
		cmocka_unit_test(what_cannot_be_listened_on_is_said),
		cmocka_unit_test(every_address_is_listened_on),
		cmocka_unit_test(
		    a_reload_keeps_socket_connections_and_history),
		cmocka_unit_test(
		    a_reload_keeps_what_was_measured_within_other_limits),
		cmocka_unit_test(a_reload_that_fails_changes_nothing),
		cmocka_unit_test(addresses_come_and_go_with_a_reload),
		cmocka_unit_test(reloads_under_load_lose_no_request),
		cmocka_unit_test(https_speaks_nothing_older_than_tls_1_2),
	};

	return cmocka_run_group_tests_name("hub_life", tests, NULL, NULL);
}
