/* SPDX-License-Identifier: MIT */
/*
 * Connections, and the reaper that ends every one whose request is not over at
 * its deadline.  libmicrohttpd itself knows idle time only, which a byte a
 * second never uses up.
 *
 * A connection is made, used and freed by the thread of its daemon alone; the
 * reaper, a thread of its own, looks at when it is over and shuts the socket.
 * One that has no request in hand is shut for reading only: what its client
 * had sent by then is read and answered, and only then it is closed.
 */
#ifndef HUB_CONN_H
#define HUB_CONN_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "auth.h"
#include "common/peer.h"
#include "gate.h"

enum { CONN_PATH = 128 }; /* bytes of a path that are kept to be shown */

struct conns;
struct stream;

struct conn {
	struct conns *conns;
	const void *daemon;	/* whose it is */
	TAILQ_ENTRY(conn) link; /* guarded by the lock of conns */
	int fd;
	struct peer peer;
	/* guarded by the lock of conns: */
	int64_t deadline_ns; /* monotonic */
	bool idle;	     /* between two requests */
	bool leaving;	     /* and shut for reading */
	atomic_bool reaped;  /* with a request in hand */
	/* of the request in hand */
	bool begun;	      /* its first line was read */
	bool judged;	      /* its headers were */
	bool wrong_token;     /* for the header of a 401 */
	struct auth_who who;  /* whom may_request let through */
	enum refusal refusal; /* to be said when its body is over */
	const char *why;      /* of the refusal; lent for ever */
	char path[CONN_PATH]; /* cut, not decoded */
	size_t path_len;      /* all of it */
	char *query;	      /* what stood behind `?', or NULL */
	struct gate gate;
	char *body; /* room for gate.body bytes and one; or NULL */
	size_t body_len;
	struct stream *stream; /* whom it reads; NULL: it does not */
};

TAILQ_HEAD(conn_list, conn);

struct conns {
	_Atomic int64_t timeout_ns; /* of a request */
	_Atomic size_t limit; /* of a daemon; near it the idle have to go */
	pthread_t reaper;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	struct conn_list list;
	size_t n;
	bool ending;
};

/* Starts the reaper.  0 or -errno. */
int conns_init(struct conns *c);
/* There are no connections any more. */
void conns_fini(struct conns *c);

/* NULL: no memory. */
struct conn *conn_new(
    struct conns *c, const void *daemon, int fd, const struct sockaddr *sa);
void conn_free(struct conn *conn);

/* A request begins with this request line's target, which is NULL where there
 * was none. */
void conn_begin(struct conn *conn, const char *target);
/* Gives an answer of len bytes the time to be read. */
void conn_answer(struct conn *conn, size_t len);
/* The answer goes on for that many seconds from now. */
void conn_extend(struct conn *conn, int seconds);
/* The request is over; whatever it held is given back. */
void conn_end(struct conn *conn);

#endif
