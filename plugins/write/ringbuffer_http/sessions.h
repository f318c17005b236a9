/* SPDX-License-Identifier: MIT */
/*
 * Who has signed in with a token: a cookie of 32 random bytes stands for it
 * for 12 hours.  There are at most SESSIONS_MAX; when one more begins the
 * oldest ends.  Only digests are kept.  Not locked.
 */
#ifndef HUB_SESSIONS_H
#define HUB_SESSIONS_H

#include "tokens.h"

enum {
	SESSIONS_MAX = 256,
	SESSION_ID = 44,	  /* bytes of a cookie's text, and its end */
	SESSION_S = 12 * 60 * 60, /* how long one lasts */
};

struct session {
	uint8_t id[TOKEN_DIGEST], token[TOKEN_DIGEST];
	int64_t ends_ns; /* 0: there is none */
};

/* Zeroed is empty. */
struct sessions {
	struct session v[SESSIONS_MAX];
};

/* Begins one for the token of that digest; now is monotonic.  False: there is
 * no randomness. */
bool sessions_begin(struct sessions *s, const uint8_t token[TOKEN_DIGEST],
    int64_t now_ns, char id[SESSION_ID]);
/* Whose a session is, by the digest of its id. */
bool sessions_find(const struct sessions *s, const uint8_t id[TOKEN_DIGEST],
    int64_t now_ns, uint8_t token[TOKEN_DIGEST]);
void sessions_end(struct sessions *s, const uint8_t id[TOKEN_DIGEST]);

#endif
