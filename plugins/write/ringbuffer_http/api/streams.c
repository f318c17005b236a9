/* SPDX-License-Identifier: MIT */
#include "streams.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../answer.h"
#include "../form.h"
#include "../http.h"
#include "../may.h"
#include "alerts.h"
#include "ask.h"
#include "channel.h"
#include "common/thread.h"

#define NS_PER_S INT64_C(1000000000)
#define TICK_NS (NS_PER_S / 5)

enum {
	CHANNELS_MAX = 32,
	BEAT_TICKS = 75,   /* 15 s */
	ALERTS_TICKS = 10, /* 2 s */
	PATIENCE_S = 60,   /* until a reader has taken something */
	SEND_BUFFER = 64 << 10,
	UNSEEN_MS = 30000, /* what was sent and no one has acknowledged */
	BLOCK = 4096,
	HELLO = 128,
};

struct stream {
	TAILQ_ENTRY(stream) link;
	struct streams *streams;
	struct channel *channel;
	struct conn *conn;
	struct MHD_Connection *connection;
	struct auth_who who;
	uint64_t place;
	char hello[HELLO];
	size_t hello_len, hello_at;
	bool asleep, dropped;
};

TAILQ_HEAD(stream_list, stream);

struct streams {
	struct hub *hub;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	struct stream_list list;
	struct channel *channels[CHANNELS_MAX];
	size_t max;
	bool ending, check;
	bool news;    /* somebody has not heard of the alerts yet */
	char *alerts; /* what was said of them last, without the times */
	_Atomic size_t n;
	_Atomic uint64_t dropped;
};

/* --- channels ------------------------------------------------------------ */

static struct channel *
new_channel(const char *filter, const char *may)
{
	struct channel *c = malloc(sizeof *c);

	if (c != NULL && channel_init(c, filter, may))
		return c;
	free(c);
	return NULL;
}

/* The channel of a filter and what may be read; NULL: there are too many. */
static struct channel *
join(struct streams *s, const char *filter, const char *may)
{
	struct channel **room = NULL;

	for (int i = 0; i < CHANNELS_MAX; i++) {
		struct channel **c = &s->channels[i];

		if (*c != NULL && strcmp((*c)->filter, filter) == 0 &&
		    strcmp((*c)->may, may) == 0) {
			(*c)->readers++;
			return *c;
		}
		if (*c == NULL && room == NULL)
			room = c;
	}
	if (room == NULL || (*room = new_channel(filter, may)) == NULL)
		return NULL;
	(*room)->readers = 1;
	return *room;
}

static void
part(struct streams *s, struct channel *c)
{
	if (--c->readers > 0)
		return;
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (s->channels[i] == c)
			s->channels[i] = NULL;
	channel_fini(c);
	free(c);
}

void
streams_add(
    struct streams *s, const struct fettle_list *const *lists, size_t n)
{
	if (atomic_load(&s->n) == 0)
		return;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (s->channels[i] != NULL)
			channel_add(s->channels[i], lists, n);
	pthread_mutex_unlock(&s->lock);
}

/* --- a reader ------------------------------------------------------------ */

static void
wake(struct stream *r)
{
	if (!r->asleep)
		return;
	r->asleep = false;
	MHD_resume_connection(r->connection);
}

/* Ends a connection whose other side may not be listening at all. */
static void
drop(struct stream *r)
{
	if (r->dropped)
		return;
	r->dropped = true;
	atomic_fetch_add(&r->streams->dropped, 1);
	shutdown(r->conn->fd, SHUT_RDWR);
	wake(r);
}

static bool
is_over(const struct stream *r)
{
	const struct streams *s = r->streams;

	return r->dropped || s->ending ||
	       atomic_load(&s->hub->server.stopping) == r->conn->daemon;
}

static long
take(struct stream *r, char *to, size_t len)
{
	if (r->hello_at == r->hello_len)
		return channel_read(r->channel, &r->place, to, len);
	if (len > r->hello_len - r->hello_at)
		len = r->hello_len - r->hello_at;
	memcpy(to, r->hello + r->hello_at, len);
	r->hello_at += len;
	return (long)len;
}

/* What the library sends next; it comes here when the socket takes more. */
static ssize_t
read_next(void *arg, uint64_t at, char *to, size_t len)
{
	struct stream *r = arg;
	long n = MHD_CONTENT_READER_END_OF_STREAM;

	(void)at;
	pthread_mutex_lock(&r->streams->lock);
	if (!is_over(r)) {
		n = take(r, to, len);
		if (n < 0)
			drop(r);
		if (n > 0)
			conn_extend(r->conn, PATIENCE_S);
	}
	if (n == 0) {
		r->asleep = true;
		MHD_suspend_connection(r->connection);
	}
	pthread_mutex_unlock(&r->streams->lock);
	return n;
}

void
streams_leave(struct streams *s, struct conn *conn)
{
	struct stream *r = conn->stream;

	conn->stream = NULL;
	pthread_mutex_lock(&s->lock);
	TAILQ_REMOVE(&s->list, r, link);
	part(s, r->channel);
	atomic_fetch_sub(&s->n, 1);
	pthread_mutex_unlock(&s->lock);
	free(r);
}

void
streams_end(struct streams *s, const void *daemon)
{
	struct stream *r;

	pthread_mutex_lock(&s->lock);
	TAILQ_FOREACH (r, &s->list, link)
		if (r->conn->daemon == daemon)
			wake(r);
	pthread_mutex_unlock(&s->lock);
}

/* --- the thread ---------------------------------------------------------- */

/* What there is to know of the alerts but what changes with every value. */
static char *
digest_alerts(const json_t *answer)
{
	json_t *copy = json_deep_copy(answer), *alert;
	char *text;
	size_t i;

	json_object_del(copy, "now");
	json_array_foreach (json_object_get(copy, "alerts"), i, alert) {
		json_object_del(alert, "value");
		json_object_del(alert, "worst");
		json_object_del(alert, "next");
	}
	text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(copy);
	return text;
}

static bool
has_changed(struct streams *s, const json_t *answer)
{
	char *digest = digest_alerts(answer);
	bool changed;

	if (digest == NULL)
		return false;
	changed =
	    s->news || s->alerts == NULL || strcmp(s->alerts, digest) != 0;
	s->news = false;
	free(s->alerts);
	s->alerts = digest;
	return changed;
}

/* The event of an answer; empty where there is no memory. */
static void
put_event(struct text *event, const json_t *answer)
{
	char *body = json_dumps(answer, JSON_COMPACT);

	if (body == NULL)
		return;
	text_str(event, "event: alerts\ndata: ");
	text_str(event, body);
	text_str(event, "\n\n");
	if (event->failed)
		text_free(event);
	free(body);
}

/* To a channel what its readers may read of it; all: the event for those who
 * may read everything. */
static void
tell(struct hub *hub, struct channel *c, const json_t *answer,
    const struct text *all)
{
	struct text some = { 0 };
	struct may_hosts hosts;
	json_t *limited;

	snprintf(hosts.glob, sizeof(hosts.glob), "%s", c->may);
	if (may_all(&hosts)) {
		channel_put(c, all->data, all->len);
		return;
	}
	limited = json_copy((json_t *)(uintptr_t)answer);
	if (limited == NULL)
		return;
	alerts_limit(hub, &hosts, limited);
	put_event(&some, limited);
	channel_put(c, some.data, some.len);
	text_free(&some);
	json_decref(limited);
}

static void
tell_all(struct streams *s, const json_t *answer)
{
	struct text all = { 0 };

	put_event(&all, answer);
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (s->channels[i] != NULL)
			tell(s->hub, s->channels[i], answer, &all);
	text_free(&all);
}

/* Asked without the lock: the daemon may be slow. */
static void
look_at_alerts(struct streams *s)
{
	json_t *answer = ask_json(s->hub, "{\"do\":\"alerts\",\"all\":true}");

	if (answer == NULL)
		return;
	json_object_del(answer, "ok");
	pthread_mutex_lock(&s->lock);
	if (has_changed(s, answer))
		tell_all(s, answer);
	pthread_mutex_unlock(&s->lock);
	json_decref(answer);
}

static void
beat(struct streams *s)
{
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (s->channels[i] != NULL)
			channel_put(s->channels[i], ":\n\n", 3);
}

/* Wakes whoever has something to read, and ends who has lost his place. */
static void
serve(struct streams *s)
{
	struct stream *r;

	for (int i = 0; i < CHANNELS_MAX; i++)
		if (s->channels[i] != NULL)
			channel_flush(s->channels[i]);
	TAILQ_FOREACH (r, &s->list, link) {
		if (r->place < r->channel->begin)
			drop(r);
		else if (r->place < r->channel->end)
			wake(r);
	}
}

/* Whether somebody may read what he reads, no more and no less. */
static bool
is_entitled(struct streams *s, const struct stream *r)
{
	const struct may_hosts hosts = may_hosts(s->hub, &r->who);

	return strcmp(hosts.glob, r->channel->may) == 0;
}

/* A session may be over, and a token gone, or for other hosts. */
static void
check_all(struct streams *s)
{
	struct stream *r;

	TAILQ_FOREACH (r, &s->list, link)
		if (!is_entitled(s, r))
			drop(r);
}

static void
tick(struct streams *s, unsigned number)
{
	const bool beats = number % BEAT_TICKS == 0;
	bool news;

	pthread_mutex_lock(&s->lock);
	news = s->news;
	pthread_mutex_unlock(&s->lock);
	pthread_rwlock_rdlock(&s->hub->use);
	if (news || number % ALERTS_TICKS == 0)
		look_at_alerts(s);
	pthread_mutex_lock(&s->lock);
	if (beats)
		beat(s);
	if (beats || s->check)
		check_all(s);
	s->check = false;
	serve(s);
	pthread_mutex_unlock(&s->lock);
	pthread_rwlock_unlock(&s->hub->use);
}

/* Waits for the next tick; false: it is over. */
static bool
pause_tick(struct streams *s)
{
	struct timespec at;
	bool ending;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += TICK_NS;
	at.tv_sec += at.tv_nsec / NS_PER_S;
	at.tv_nsec %= NS_PER_S;
	pthread_mutex_lock(&s->lock);
	if (!s->ending)
		pthread_cond_timedwait(&s->wake, &s->lock, &at);
	while (!s->ending && atomic_load(&s->n) == 0)
		pthread_cond_wait(&s->wake, &s->lock);
	ending = s->ending;
	pthread_mutex_unlock(&s->lock);
	return !ending;
}

static void *
streams_main(void *arg)
{
	struct streams *s = arg;

	for (unsigned number = 0; pause_tick(s); number++)
		tick(s, number);
	return NULL;
}

/* --- life ---------------------------------------------------------------- */

struct streams *
streams_new(struct hub *hub)
{
	struct streams *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->hub = hub;
	TAILQ_INIT(&s->list);
	pthread_mutex_init(&s->lock, NULL);
	thread_cond_init(&s->wake);
	if (thread_start(&s->thread, streams_main, s) == 0)
		return s;
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

void
streams_free(struct streams *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s->alerts);
	free(s);
}

void
streams_use(struct streams *s, size_t max)
{
	pthread_mutex_lock(&s->lock);
	s->max = max;
	s->check = true;
	pthread_mutex_unlock(&s->lock);
}

size_t
streams_readers(const struct streams *s)
{
	return atomic_load(&s->n);
}

uint64_t
streams_dropped(const struct streams *s)
{
	return atomic_load(&s->dropped);
}

/* --- the request --------------------------------------------------------- */

static void
say_hello(struct stream *r)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	r->hello_len = (size_t)snprintf(r->hello, sizeof(r->hello),
	    "event: hello\ndata: {\"now\":%lld.%03ld,\"version\":\"%s\"}\n\n",
	    (long long)now.tv_sec, now.tv_nsec / 1000000, PACKAGE_VERSION);
}

/* What a reader does not take stays here, and not in the kernel; and one that
 * is gone is found out. */
static void
set_socket(int fd)
{
	const unsigned unseen = UNSEEN_MS;
	const int size = SEND_BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unseen, sizeof(unseen));
}

/* A reader of that filter, which is the connection's then; NULL: there are
 * too many. */
static struct stream *
enter(struct streams *s, struct conn *conn, struct MHD_Connection *c,
    const char *filter)
{
	const struct may_hosts hosts = may_hosts(s->hub, &conn->who);
	struct stream *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	*r = (struct stream){
		.streams = s, .conn = conn, .connection = c, .who = conn->who
	};
	say_hello(r);
	pthread_mutex_lock(&s->lock);
	if (atomic_load(&s->n) < s->max)
		r->channel = join(s, filter, hosts.glob);
	if (r->channel != NULL) {
		channel_flush(r->channel);
		r->place = r->channel->end;
		TAILQ_INSERT_TAIL(&s->list, r, link);
		s->news = true;
		if (atomic_fetch_add(&s->n, 1) == 0)
			pthread_cond_signal(&s->wake);
	}
	pthread_mutex_unlock(&s->lock);
	if (r->channel != NULL)
		return conn->stream = r;
	free(r);
	return NULL;
}

static enum MHD_Result
send_stream(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    struct stream *r)
{
	struct MHD_Response *response =
	    answer_dress(MHD_create_response_from_callback(
			     MHD_SIZE_UNKNOWN, BLOCK, read_next, r, NULL),
		"text/event-stream");

	set_socket(conn->fd);
	conn_extend(conn, PATIENCE_S);
	return answer_send(hub, conn, c, response);
}

/* What is asked for, or why it is wrong. */
static const char *
read_filter(char *query, const char **filter)
{
	const char *why = form_host(query, filter);

	if (why != NULL)
		return why;
	return strlen(*filter) < CHANNEL_FILTER ? NULL : "host is too long";
}

enum MHD_Result
api_stream_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	const char *filter, *why = read_filter(conn->query, &filter);
	struct stream *r;

	if (why != NULL)
		return answer_refuse(hub, conn, c, REFUSED_QUERY, why, NULL);
	r = enter(hub->streams, conn, c, filter);
	if (r == NULL)
		return answer_refuse(
		    hub, conn, c, REFUSED_READERS, "too many readers", NULL);
	return send_stream(hub, conn, c, r);
}
