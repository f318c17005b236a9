/* SPDX-License-Identifier: MIT */
/*
 * The token: only its SHA-256 is kept, and compared in a time that does not
 * depend on where two differ.  Every function may be called from any thread.
 */
#ifndef HUB_AUTH_H
#define HUB_AUTH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/peer.h"
#include "gate.h"

enum { AUTH_DIGEST = 32 };

struct auth {
	pthread_mutex_t lock; /* of the two below */
	bool has;
	uint8_t digest[AUTH_DIGEST];
};

enum auth_verdict {
	AUTH_RIGHT,
	AUTH_NONE,	 /* no token was sent */
	AUTH_WRONG,	 /* another one was */
	AUTH_IMPOSSIBLE, /* none is configured */
};

void auth_init(struct auth *a);
void auth_fini(struct auth *a);
/* NULL: none. */
void auth_set(struct auth *a, const char *token);
enum auth_verdict auth_check(struct auth *a, const struct gate *g);

/*
 * Whether a request without a token may read where `open_read' is given and
 * every address listened on is loopback: it comes from this machine, no proxy
 * handed it on, and no web page of another name can have sent it.  *why says
 * why not, and is lent for ever.
 */
bool auth_is_local(
    const struct gate *g, const struct peer *peer, const char **why);

#endif
