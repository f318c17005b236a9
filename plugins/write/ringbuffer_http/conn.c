/* SPDX-License-Identifier: MIT */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/thread.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* How long a connection may wait for its next request: agents that send every
 * minute keep theirs. */
#define IDLE_NS (75 * NS_PER_S)
/* The same where there is no room for others. */
#define CROWDED_NS (1 * NS_PER_S)
/* An answer is read this fast at least. */
#define BYTES_PER_S (64 << 10)

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* --- the reaper ---------------------------------------------------------- */

/* How many a daemon of the library has, and how many of these have to go. */
struct crowd {
	const void *daemon;
	size_t n, surplus;
};

enum { CROWDS = 64 }; /* daemons at a time: far more than addresses */

static struct crowd *
crowd_of(struct crowd crowds[CROWDS], const void *daemon)
{
	size_t i = 0;

	while (i < CROWDS - 1 && crowds[i].daemon != NULL &&
	       crowds[i].daemon != daemon)
		i++;
	crowds[i].daemon = daemon;
	return &crowds[i];
}

static bool
has_to_go(const struct conn *conn)
{
	return atomic_load(&conn->reaped) || conn->leaving;
}

/* Where there is no place left, others may be waiting for one; a few are kept
 * free. */
static void
count(const struct conns *c, struct crowd crowds[CROWDS])
{
	const size_t limit = atomic_load(&c->limit);
	const size_t most = limit - limit / 16;
	struct conn *conn;

	memset(crowds, 0, CROWDS * sizeof *crowds);
	TAILQ_FOREACH (conn, &c->list, link) {
		if (!has_to_go(conn))
			crowd_of(crowds, conn->daemon)->n++;
	}
	for (int i = 0; i < CROWDS; i++)
		crowds[i].surplus = crowds[i].n >= limit ? crowds[i].n
				    : crowds[i].n > most ? crowds[i].n - most
							 : 0;
}

/* The daemon's thread wakes up with nothing more to read, and closes. */
static void
end(struct conn *conn)
{
	if (conn->idle)
		conn->leaving = true;
	else
		atomic_store(&conn->reaped, true);
	shutdown(conn->fd, conn->idle ? SHUT_RD : SHUT_RDWR);
}

static void
reap(struct conns *c)
{
	const int64_t now = now_ns();
	struct crowd crowds[CROWDS], *crowd;
	struct conn *conn;

	count(c, crowds);
	TAILQ_FOREACH (conn, &c->list, link) {
		if (has_to_go(conn))
			continue;
		crowd = crowd_of(crowds, conn->daemon);
		if (now >= conn->deadline_ns) {
			end(conn);
		} else if (crowd->surplus > 0 && conn->idle &&
			   now >= conn->deadline_ns - IDLE_NS + CROWDED_NS) {
			crowd->surplus--;
			end(conn);
		}
	}
}

/* Often enough that a deadline is late by a quarter at most. */
static struct timespec
next_look(const struct conns *c)
{
	const int64_t quarter = atomic_load(&c->timeout_ns) / 4;
	int64_t at = now_ns();

	at += quarter > NS_PER_S	 ? NS_PER_S
	      : quarter < 10 * NS_PER_MS ? 10 * NS_PER_MS
					 : quarter;
	return (struct timespec){ at / NS_PER_S, at % NS_PER_S };
}

static void *
reaper_main(void *arg)
{
	struct conns *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!c->ending) {
		if (c->n == 0) {
			pthread_cond_wait(&c->wake, &c->lock);
		} else {
			const struct timespec at = next_look(c);

			pthread_cond_timedwait(&c->wake, &c->lock, &at);
			reap(c);
		}
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

int
conns_init(struct conns *c)
{
	int rc;

	c->n = 0;
	c->ending = false;
	TAILQ_INIT(&c->list);
	pthread_mutex_init(&c->lock, NULL);
	thread_cond_init(&c->wake);
	rc = thread_start(&c->reaper, reaper_main, c);
	if (rc != 0) {
		pthread_cond_destroy(&c->wake);
		pthread_mutex_destroy(&c->lock);
	}
	return -rc;
}

void
conns_fini(struct conns *c)
{
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->reaper, NULL);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
}

/* --- connections --------------------------------------------------------- */

struct conn *
conn_new(
    struct conns *c, const void *daemon, int fd, const struct sockaddr *sa)
{
	struct conn *conn = calloc(1, sizeof *conn);

	if (conn == NULL)
		return NULL;
	conn->conns = c;
	conn->daemon = daemon;
	conn->fd = fd;
	peer_from(&conn->peer, sa);
	conn->deadline_ns = now_ns() + atomic_load(&c->timeout_ns);
	pthread_mutex_lock(&c->lock);
	TAILQ_INSERT_TAIL(&c->list, conn, link);
	if (c->n++ == 0)
		pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	return conn;
}

void
conn_free(struct conn *conn)
{
	struct conns *c = conn->conns;

	pthread_mutex_lock(&c->lock);
	TAILQ_REMOVE(&c->list, conn, link);
	c->n--;
	pthread_mutex_unlock(&c->lock);
	conn_end(conn);
	free(conn);
}

/* The first request's deadline counts from the connection, others' from their
 * first line. */
static void
leave_idleness(struct conn *conn)
{
	struct conns *c = conn->conns;

	pthread_mutex_lock(&c->lock);
	if (conn->idle)
		conn->deadline_ns = now_ns() + atomic_load(&c->timeout_ns);
	conn->idle = conn->leaving = false;
	pthread_mutex_unlock(&c->lock);
}

static void
set_deadline(struct conn *conn, int64_t deadline_ns)
{
	pthread_mutex_lock(&conn->conns->lock);
	conn->deadline_ns = deadline_ns;
	pthread_mutex_unlock(&conn->conns->lock);
}

void
conn_begin(struct conn *conn, const char *target)
{
	const char *query;
	size_t len;

	leave_idleness(conn);
	conn->begun = true;
	if (target == NULL)
		target = "";
	query = strchr(target, '?');
	len = query != NULL ? (size_t)(query - target) : strlen(target);
	conn->gate.endpoint = gate_find(target, len);
	conn->path_len = len;
	if (len >= sizeof(conn->path))
		len = sizeof(conn->path) - 1;
	memcpy(conn->path, target, len);
	conn->path[len] = '\0';
	conn->query = query != NULL ? strdup(query + 1) : NULL;
}

void
conn_answer(struct conn *conn, size_t len)
{
	const int64_t more = (int64_t)(len / BYTES_PER_S) * NS_PER_S;

	/* only its own thread, which this is, changes it */
	if (more > 0)
		set_deadline(conn, conn->deadline_ns + more);
}

void
conn_extend(struct conn *conn, int seconds)
{
	set_deadline(conn, now_ns() + seconds * NS_PER_S);
}

void
conn_end(struct conn *conn)
{
	free(conn->query);
	free(conn->body);
	conn->query = conn->body = NULL;
	conn->body_len = 0;
	conn->begun = conn->judged = conn->wrong_token = false;
	conn->refusal = REFUSED_NOT;
	conn->who = (struct auth_who){ .kind = AUTH_NOBODY };
	conn->path[0] = '\0';
	conn->gate = (struct gate){ .endpoint = GATE_NOWHERE };
	pthread_mutex_lock(&conn->conns->lock);
	conn->deadline_ns = now_ns() + IDLE_NS;
	conn->idle = true;
	pthread_mutex_unlock(&conn->conns->lock);
}
