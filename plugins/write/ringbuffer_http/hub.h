/* SPDX-License-Identifier: MIT */
/*
 * What the threads of one instance share.  It outlives a reload: the instance
 * that takes over gets it, with ring, sockets, connections and counters.
 */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <fettle/plugin.h>

#include "api/streams.h"
#include "auth.h"
#include "conn.h"
#include "files.h"
#include "limit.h"
#include "past/past.h"
#include "ring.h"
#include "server.h"
#include "versions.h"

/* What requests are answered by. */
struct hub_rules {
	uint64_t max_body;
	bool open_read; /* only where every address is loopback */
	bool tls;
	struct peer *proxies;
	size_t n_proxies;
};

struct MHD_Response;

/* GET /history without a query: the answer, and of what it was made. */
struct hub_history {
	pthread_mutex_t lock; /* of all below */
	struct MHD_Response *response;
	size_t len;
	uint64_t version;
};

enum { HUB_TAKEN = 64 }; /* answers to /ingest that are kept */

/* A number of bytes that clients make the hub hold. */
struct hub_budget {
	_Atomic size_t used;
	size_t max;
};

struct hub {
	/* Held for reading while a request is looked at, for writing while
	 * the instance changes. */
	pthread_rwlock_t use;
	atomic_bool handover;	/* somebody waits to write */
	struct fettle_ctx *ctx; /* guarded by use, as are the rules */
	struct hub_rules rules;
	struct auth auth;
	struct files *files; /* NULL: there is no dashboard */
	struct streams *streams;
	struct ring *ring;
	struct past *past; /* guarded by use; NULL: none is kept */
	struct versions versions;
	struct conns conns;
	struct server server; /* the daemon's calls only */
	struct hub_history history;
	struct hub_budget bodies, answers;
	pthread_mutex_t lock; /* of all below */
	struct limit wrong_tokens, records;
	struct MHD_Response *taken[HUB_TAKEN]; /* by how many were accepted */
	_Atomic uint64_t refused[REFUSED_N], answered;
};

/* NULL: no memory, or no thread. */
struct hub *hub_new(struct fettle_ctx *ctx, size_t records);
/* Ends all connections and gives everything back. */
void hub_free(struct hub *hub);

/* From now on requests are made of this instance, by these rules; their
 * proxies, the tokens and the files (NULL: none) are the hub's then. */
void hub_use(struct hub *hub, struct fettle_ctx *ctx,
    const struct hub_rules *rules, struct tokens *tokens, struct files *files);

/* Keeps history from now on, within these limits, as it was so far; NULL: none
 * any more.  Without memory there is none, which is said. */
void hub_keep_past(struct hub *hub, const struct past_settings *settings);

/* The wall clock. */
int64_t hub_now_ms(void);

/* Waits, a second at most, until what was posted so far is in the ring.
 * Called with use held for reading, which it gives up for a moment where the
 * instance changes: that happens on the thread that fills the ring.  Where
 * that thread ends the connection's daemon nobody will read the answer. */
void hub_settle(struct hub *hub, const struct conn *conn);

/* Whose request it is: that of the peer, or of whom a proxy speaks for. */
struct peer hub_client(const struct hub *hub, const struct conn *conn);

/* Counts a refusal, and writes a record of it, if there are not too many for
 * that client.  Called with use held. */
void hub_refused(struct hub *hub, const struct conn *conn,
    enum refusal refusal, unsigned status, const char *why);

bool budget_take(struct hub_budget *b, size_t n);
void budget_give(struct hub_budget *b, size_t n);

#endif
