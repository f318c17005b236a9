/* SPDX-License-Identifier: MIT */
#include "sessions.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define NS_PER_S INT64_C(1000000000)

enum { ID_BYTES = 32 };

/* base64url without padding. */
static void
encode(const uint8_t from[ID_BYTES], char to[SESSION_ID])
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, held = 0;
	size_t n = 0;

	for (int i = 0; i < ID_BYTES; i++) {
		held = held << 8 | from[i];
		for (bits += 8; bits >= 6; bits -= 6)
			to[n++] = digits[held >> (bits - 6) & 63];
	}
	to[n++] = digits[held << (6 - bits) & 63];
	to[n] = '\0';
}

/* One that is over, or the one that is over first. */
static struct session *
get_free(struct sessions *s)
{
	struct session *first = s->v;

	for (int i = 1; i < SESSIONS_MAX; i++)
		if (s->v[i].ends_ns < first->ends_ns)
			first = &s->v[i];
	return first;
}

bool
sessions_begin(struct sessions *s, const uint8_t token[TOKEN_DIGEST],
    int64_t now_ns, char id[SESSION_ID])
{
	struct session *new = get_free(s);
	uint8_t bytes[ID_BYTES];

	if (gnutls_rnd(GNUTLS_RND_KEY, bytes, sizeof(bytes)) < 0)
		return false;
	encode(bytes, id);
	explicit_bzero(bytes, sizeof(bytes));
	token_digest(id, strlen(id), new->id);
	memcpy(new->token, token, TOKEN_DIGEST);
	new->ends_ns = now_ns + SESSION_S *NS_PER_S;
	return true;
}

static size_t
find(const struct sessions *s, const uint8_t id[TOKEN_DIGEST])
{
	size_t found = SESSIONS_MAX;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->v[i].ends_ns > 0 &&
		    gnutls_memcmp(s->v[i].id, id, TOKEN_DIGEST) == 0)
			found = i;
	return found;
}

bool
sessions_find(const struct sessions *s, const uint8_t id[TOKEN_DIGEST],
    int64_t now_ns, uint8_t token[TOKEN_DIGEST])
{
	const size_t i = find(s, id);

	if (i == SESSIONS_MAX || s->v[i].ends_ns <= now_ns)
		return false;
	memcpy(token, s->v[i].token, TOKEN_DIGEST);
	return true;
}

void
sessions_end(struct sessions *s, const uint8_t id[TOKEN_DIGEST])
{
	const size_t i = find(s, id);

	if (i < SESSIONS_MAX)
		s->v[i] = (struct session){ .ends_ns = 0 };
}
