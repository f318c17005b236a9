/* SPDX-License-Identifier: MIT */
/*
 * Who is asking: somebody with a token, somebody whose browser signed in with
 * one, or this machine.  Of tokens and sessions only digests are kept, and
 * compared in a time that does not depend on where two differ.
 *
 * auth_set excludes all others, which may be called from any thread: what is
 * guarded by the hub's `use' is the tokens.
 */
#ifndef HUB_AUTH_H
#define HUB_AUTH_H

#include <pthread.h>

#include "common/peer.h"
#include "gate.h"
#include "sessions.h"
#include "tokens.h"

enum { AUTH_DIGEST = TOKEN_DIGEST };

#define AUTH_COOKIE "fettle_session"

struct auth {
	struct tokens tokens;
	pthread_mutex_t lock; /* of sessions */
	struct sessions sessions;
};

/* Who it is. */
struct auth_who {
	enum { AUTH_NOBODY, AUTH_TOKEN, AUTH_SESSION, AUTH_MACHINE } kind;
	uint8_t digest[AUTH_DIGEST]; /* of the token, or of the session */
};

enum auth_verdict {
	AUTH_RIGHT,
	AUTH_NONE,	 /* neither a token nor a session that lasts */
	AUTH_WRONG,	 /* a token that is none of them */
	AUTH_IMPOSSIBLE, /* none is configured */
};

void auth_init(struct auth *a);
void auth_fini(struct auth *a);
/* Takes the tokens over, which are empty then. */
void auth_set(struct auth *a, struct tokens *tokens);

/* By Authorization, or for GET by a cookie; now is monotonic. */
enum auth_verdict auth_check(struct auth *a, const struct gate *g,
    int64_t now_ns, struct auth_who *who);
/* The token of somebody, lent until auth_set; NULL: it is gone, or the
 * session over. */
const struct token *auth_token(
    struct auth *a, const struct auth_who *who, int64_t now_ns);

/* Begins a session for a token.  False: there is no randomness. */
bool auth_sign_in(struct auth *a, const struct token *token, int64_t now_ns,
    char id[SESSION_ID]);
/* Ends the one that the request's cookie is of, if there is one. */
void auth_sign_out(struct auth *a, const struct gate *g);

/*
 * Whether a request without a token may read where `open_read' is given and
 * every address listened on is loopback: it comes from this machine, no proxy
 * handed it on, and no web page of another name can have sent it.  *why says
 * why not, and is lent for ever.
 */
bool auth_is_local(
    const struct gate *g, const struct peer *peer, const char **why);

#endif
