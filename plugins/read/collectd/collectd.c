/* SPDX-License-Identifier: MIT */
/*
 * collectd: what daemons of collectd send with their plugin network, so that
 * a fleet can move over host by host.  PLUGIN of theirs is collectd_PLUGIN
 * here, its instance the instance, and each source of a type is a field:
 * TYPE[_TYPEINSTANCE][_SOURCE].
 *
 * A thread receives and posts.  Where the daemon has no room the thread waits
 * for it, the kernel holds what comes meanwhile, and what it cannot is counted
 * as lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "common/receiver.h"
#include "common/rounds.h"
#include "common/typesfile.h"
#include "packet.h"
#include "seal.h"

#define PREFIX "collectd_"
#define NS_PER_S INT64_C(1000000000)

enum {
	ROOM_WAIT_MS = 100, /* until the daemon is asked for room again */
	FUTURE_S = 300,	    /* a stamp may be that far ahead */
};

/* What the daemon is told of the packets themselves. */
enum {
	SELF_PACKETS,
	SELF_BYTES,
	SELF_VALUES,
	SELF_LISTS,
	SELF_NOTIFICATIONS,
	SELF_MALFORMED,
	SELF_UNAUTHORISED,
	SELF_DROPPED,
	SELF_REFUSED,
	SELF_WAITED,
	SELF_LOST,
	SELF_N
};

static const struct fettle_field collectd_fields[SELF_N] = {
	[SELF_PACKETS] = { "packets", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Packets that came." },
	[SELF_BYTES] = { "bytes", FETTLE_COUNTER, FETTLE_BYTES,
	    "Bytes of the packets." },
	[SELF_VALUES] = { "values", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Values in the packets." },
	[SELF_LISTS] = { "lists", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Value lists made of them that the daemon took." },
	[SELF_NOTIFICATIONS] = { "notifications", FETTLE_COUNTER,
	    FETTLE_NUMBER, "Notifications, which the log is told." },
	[SELF_MALFORMED] = { "malformed", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Packets that are none of the protocol; nothing of them is "
	    "taken." },
	[SELF_UNAUTHORISED] = { "unauthorised", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Packets less protected than the security demands, or not as the "
	    "user's password has it." },
	[SELF_DROPPED] = { "dropped", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Values over a limit, from the future, below zero where they "
	    "count, of another kind than before, or that came twice." },
	[SELF_REFUSED] = { "refused", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Value lists that the daemon did not take." },
	[SELF_WAITED] = { "waited", FETTLE_COUNTER, FETTLE_NUMBER,
	    "How often the daemon had no room and was waited for." },
	[SELF_LOST] = { "lost", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Packets that the kernel had no room for." },
};

struct collectd {
	struct fettle_strings listen;
	const char *security;
	struct fettle_secret auth;
	const char *types_db;
	int64_t series;
	struct fettle_duration forget;
	/* made by open */
	struct receiver receiver;
	struct typesdb types;
	struct rounds rounds; /* the thread's */
	struct fettle_ctx *ctx;
	enum seal least; /* what a packet must be at least */
	int64_t interval_ns, now_ns, now_wall_ns;
	pthread_mutex_t lock;
	struct seal_users users; /* guarded by lock */
	_Atomic uint64_t count[SELF_N];
};

static const struct fettle_option collectd_options[] = {
	{ "listen", "127.0.0.1:25826",
	    "Addresses for datagrams by UDP: 127.0.0.1:25826, [::1]:25826, "
	    "*:25826, or a multicast group to join, such as "
	    "239.192.74.66:25826. Whoever can reach one can send.",
	    FETTLE_T_STRINGS, offsetof(struct collectd, listen), 1,
	    RECEIVER_ADDRESSES, NULL, { NULL, 0, 0 }, 0 },
	FETTLE_CHOICE(struct collectd, security, "none",
	    "How a packet must be protected at least. Signed and encrypted "
	    "ones are checked in any case if there are users.",
	    "none|sign|encrypt"),
	FETTLE_OPTION(struct collectd, auth, "",
	    "Users and their passwords, 'USER: PASSWORD' a line, as in "
	    "collectd's AuthFile."),
	FETTLE_OPTION(struct collectd, types_db,
	    "/usr/share/collectd/types.db",
	    "collectd's file of types, for the names of their sources. "
	    "Without it they are numbers."),
	FETTLE_RANGE(struct collectd, series, "20000",
	    "How many hosts' plugins' instances are taken.", 1, 1e6),
	FETTLE_RANGE(struct collectd, forget, "1h",
	    "After what time without a value one is forgotten.", 60, 31536e3),
};

static void
count(struct collectd *c, int what, uint64_t n)
{
	atomic_fetch_add_explicit(&c->count[what], n, memory_order_relaxed);
}

/* --- posting ------------------------------------------------------------- */

static void
post(void *arg, const struct fettle_list *const *lists, size_t n)
{
	struct collectd *c = arg;
	char why[256];
	long taken;

	for (;;) {
		taken = fettle_post(c->ctx, lists, n, 0, why, sizeof(why));
		if (taken != -EAGAIN)
			break;
		count(c, SELF_WAITED, 1);
		if (!receiver_wait(&c->receiver, ROOM_WAIT_MS))
			break;
	}
	count(c, SELF_LISTS, taken > 0 ? (uint64_t)taken : 0);
	count(c, SELF_REFUSED, n - (taken > 0 ? (uint64_t)taken : 0));
}

/* --- packets ------------------------------------------------------------- */

static void
take_value(struct collectd *c, const struct packet_values *values, size_t i,
    struct rounds_value *v)
{
	const uint64_t dropped = c->rounds.dropped;
	char field[TYPES_NAME];
	const enum types_kind kind = packet_value(values, i, &v->value);

	v->adds = kind == TYPES_ABSOLUTE;
	v->field = field;
	if (v->value.kind == 0 ||
	    v->time_ns > c->now_wall_ns + FUTURE_S * NS_PER_S) {
		count(c, SELF_DROPPED, 1);
		return;
	}
	typesdb_field(&c->types, values->id.type, values->id.type_instance, i,
	    values->n, field);
	rounds_add(&c->rounds, v, c->now_ns);
	count(c, SELF_DROPPED, c->rounds.dropped - dropped);
}

static void
take_values(void *arg, const struct packet_values *values)
{
	struct collectd *c = arg;
	const struct packet_identity *id = &values->id;
	char plugin[sizeof(PREFIX) + TYPES_NAME] = PREFIX;
	struct rounds_value v = { .host = id->host,
		.plugin = plugin,
		.instance = id->plugin_instance,
		.time_ns = id->time_ns > 0 ? id->time_ns : c->now_wall_ns,
		.interval_ns =
		    id->interval_ns > 0 ? id->interval_ns : c->interval_ns };

	types_word(id->plugin, plugin + sizeof(PREFIX) - 1);
	for (size_t i = 0; i < values->n; i++)
		take_value(c, values, i, &v);
	count(c, SELF_VALUES, values->n);
}

static void
take_message(void *arg, const struct packet_message *m)
{
	static const char *const words[] = {
		[1] = "failure", [2] = "warning", [4] = "okay"
	};
	struct collectd *c = arg;
	const char *severity = m->severity < sizeof(words) / sizeof(*words) &&
				       words[m->severity] != NULL
				   ? words[m->severity]
				   : "unknown";
	const struct fettle_tag fields[] = { { "host", m->id.host },
		{ "plugin", m->id.plugin },
		{ "instance", m->id.plugin_instance }, { "type", m->id.type },
		{ "severity", severity } };

	count(c, SELF_NOTIFICATIONS, 1);
	fettle_log_fields(c->ctx, m->severity == 4 ? LOG_NOTICE : LOG_WARNING,
	    fields, sizeof(fields) / sizeof(*fields), "%s", m->text);
}

static bool
is_allowed(const struct collectd *c, enum seal seal)
{
	if (seal == SEAL_NONE || seal == SEAL_UNCHECKED)
		return c->least == SEAL_NONE;
	return seal == SEAL_ENCRYPTED ||
	       (seal == SEAL_SIGNED && c->least != SEAL_ENCRYPTED);
}

static void
read_clocks(struct collectd *c)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	c->now_wall_ns = (int64_t)wall.tv_sec * NS_PER_S + wall.tv_nsec;
	c->now_ns = fettle_now(c->ctx);
}

static void
take_packet(struct collectd *c, uint8_t *data, size_t len)
{
	const struct packet_taker taker = { take_values, take_message, c };
	uint8_t *said;
	size_t said_len;
	enum seal seal;

	count(c, SELF_PACKETS, 1);
	count(c, SELF_BYTES, len);
	pthread_mutex_lock(&c->lock);
	seal = seal_open(&c->users, data, len, &said, &said_len);
	pthread_mutex_unlock(&c->lock);
	if (seal != SEAL_BROKEN && !is_allowed(c, seal)) {
		count(c, SELF_UNAUTHORISED, 1);
		return;
	}
	read_clocks(c);
	if (seal == SEAL_BROKEN || !packet_parse(said, said_len, &taker))
		count(c, SELF_MALFORMED, 1);
	rounds_flush(&c->rounds);
}

static void
take_packets(void *arg, const struct datagram *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		take_packet(arg, v[i].data, v[i].len);
}

static void
tick(void *arg)
{
	struct collectd *c = arg;

	read_clocks(c);
	rounds_tick(&c->rounds, c->now_ns, c->now_ns - c->forget.ns);
}

/* --- life ---------------------------------------------------------------- */

/* Whether they are new, and right. */
static int
take_users(struct collectd *c)
{
	struct seal_users users = { .text = NULL }, old;
	size_t line = 0;
	int rc;

	if (c->auth.text == NULL || seal_users_are(&c->users, c->auth.text))
		return 0;
	rc = seal_users_init(&users, c->auth.text, &line);
	if (rc == -EINVAL)
		return fettle_fail(c->ctx, EINVAL,
		    "line %zu of the users is not 'USER: PASSWORD'", line);
	if (rc < 0)
		return fettle_fail(c->ctx, -rc, "users");
	pthread_mutex_lock(&c->lock);
	old = c->users;
	c->users = users;
	pthread_mutex_unlock(&c->lock);
	seal_users_fini(&old);
	return 0;
}

static int
collectd_read(struct fettle_ctx *ctx)
{
	struct collectd *c = fettle_self(ctx);
	struct fettle_value v[SELF_N];
	int rc;

	atomic_store(&c->count[SELF_LOST], receiver_lost(&c->receiver));
	for (int i = 0; i < SELF_N; i++)
		v[i] = fettle_count(atomic_load(&c->count[i]));
	rc = receiver_submit(ctx, "collectd", collectd_fields, v, SELF_N);
	return rc == 0 ? take_users(c) : rc;
}

static void
release(struct collectd *c)
{
	rounds_fini(&c->rounds);
	typesdb_fini(&c->types);
	seal_users_fini(&c->users);
	pthread_mutex_destroy(&c->lock);
}

static int
prepare(struct fettle_ctx *ctx, struct collectd *c)
{
	int rc =
	    rounds_init(&c->rounds, (size_t)c->series, lookup_seed(), post, c);

	if (rc < 0)
		return fettle_fail(ctx, -rc, "table");
	if (!seal_start())
		return fettle_fail(ctx, ENOSYS, "libgcrypt");
	if (c->least != SEAL_NONE && c->auth.text == NULL)
		return fettle_fail(ctx, EINVAL,
		    "security is '%s', but there is no auth_file",
		    c->security);
	rc = take_users(c);
	return rc == 0 ? typesfile_read(ctx, c->types_db, &c->types) : rc;
}

static int
collectd_open(struct fettle_ctx *ctx)
{
	struct collectd *c = fettle_self(ctx);
	int rc;

	c->ctx = ctx;
	c->interval_ns = fettle_interval(ctx);
	c->least = strcmp(c->security, "encrypt") == 0 ? SEAL_ENCRYPTED
		   : strcmp(c->security, "sign") == 0  ? SEAL_SIGNED
						       : SEAL_NONE;
	c->receiver = (struct receiver){ .take = take_packets,
		.tick = tick,
		.arg = c,
		.examples = "127.0.0.1:25826, [::1]:25826, *:25826, "
			    "239.192.74.66:25826" };
	pthread_mutex_init(&c->lock, NULL);
	rc = prepare(ctx, c);
	if (rc == 0)
		rc = receiver_open(&c->receiver, ctx, &c->listen, NULL);
	if (rc != 0)
		release(c);
	return rc;
}

static void
collectd_close(struct fettle_ctx *ctx)
{
	struct collectd *c = fettle_self(ctx);

	receiver_close(&c->receiver);
	release(c);
}

FETTLE_PLUGIN(collectd) = {
	FETTLE_ABI,
	.summary = "What daemons of collectd send.",
	.fields = FETTLE_FIELDS(collectd_fields),
	.options = FETTLE_OPTIONS(collectd_options),
	.self_size = sizeof(struct collectd),
	.flags = FETTLE_SOURCE | FETTLE_DYNAMIC,
	.open = collectd_open,
	.read = collectd_read,
	.close = collectd_close,
};
