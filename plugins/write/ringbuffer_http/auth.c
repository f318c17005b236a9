/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

void
auth_init(struct auth *a)
{
	*a = (struct auth){ .has = false };
	pthread_mutex_init(&a->lock, NULL);
}

void
auth_fini(struct auth *a)
{
	pthread_mutex_destroy(&a->lock);
	explicit_bzero(a->digest, sizeof(a->digest));
}

static void
hash(const char *token, size_t len, uint8_t digest[AUTH_DIGEST])
{
	const int rc = gnutls_hash_fast(GNUTLS_DIG_SHA256, token, len, digest);

	assert(rc == 0);
	(void)rc;
}

void
auth_set(struct auth *a, const char *token)
{
	uint8_t digest[AUTH_DIGEST] = { 0 };

	if (token != NULL)
		hash(token, strlen(token), digest);
	pthread_mutex_lock(&a->lock);
	a->has = token != NULL;
	memcpy(a->digest, digest, sizeof(digest));
	pthread_mutex_unlock(&a->lock);
}

enum auth_verdict
auth_check(struct auth *a, const struct gate *g)
{
	uint8_t expected[AUTH_DIGEST], digest[AUTH_DIGEST];
	const char *token;
	size_t len = 0;
	bool has;

	pthread_mutex_lock(&a->lock);
	has = a->has;
	memcpy(expected, a->digest, sizeof(expected));
	pthread_mutex_unlock(&a->lock);
	if (!has)
		return AUTH_IMPOSSIBLE;
	token = gate_bearer(g, &len);
	if (token == NULL)
		return g->n_authorization > 0 ? AUTH_WRONG : AUTH_NONE;
	hash(token, len, digest);
	return gnutls_memcmp(digest, expected, sizeof(digest)) == 0
		   ? AUTH_RIGHT
		   : AUTH_WRONG;
}

bool
auth_is_local(const struct gate *g, const struct peer *peer, const char **why)
{
	*why = "a token is needed: it comes from another machine";
	if (!peer_is_loopback(peer))
		return false;
	*why = "a token is needed: it came through a proxy";
	if (g->forwarded)
		return false;
	*why = "a token is needed: Host is not localhost, 127.0.0.1 or [::1]";
	return gate_host_is_local(g);
}
