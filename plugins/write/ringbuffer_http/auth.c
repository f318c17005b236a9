/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <string.h>

void
auth_init(struct auth *a)
{
	memset(a, 0, sizeof(*a));
	pthread_mutex_init(&a->lock, NULL);
}

void
auth_fini(struct auth *a)
{
	tokens_fini(&a->tokens);
	pthread_mutex_destroy(&a->lock);
	explicit_bzero(&a->sessions, sizeof(a->sessions));
}

void
auth_set(struct auth *a, struct tokens *tokens)
{
	tokens_fini(&a->tokens);
	a->tokens = *tokens;
	*tokens = (struct tokens){ 0 };
}

/* --- who it is ----------------------------------------------------------- */

static bool
cookie_digest(const struct gate *g, uint8_t digest[AUTH_DIGEST])
{
	size_t len;
	const char *id = gate_cookie(g, AUTH_COOKIE, &len);

	if (id != NULL)
		token_digest(id, len, digest);
	return id != NULL;
}

const struct token *
auth_token(struct auth *a, const struct auth_who *who, int64_t now_ns)
{
	uint8_t digest[AUTH_DIGEST];
	bool lasts;

	switch (who->kind) {
	case AUTH_TOKEN:
		return tokens_find(&a->tokens, who->digest);
	case AUTH_SESSION:
		pthread_mutex_lock(&a->lock);
		lasts =
		    sessions_find(&a->sessions, who->digest, now_ns, digest);
		pthread_mutex_unlock(&a->lock);
		return lasts ? tokens_find(&a->tokens, digest) : NULL;
	default:
		return NULL;
	}
}

/* A cookie that is over is as good as none: browsers keep them. */
static enum auth_verdict
check_cookie(
    struct auth *a, const struct gate *g, int64_t now_ns, struct auth_who *who)
{
	if (!g->get || !cookie_digest(g, who->digest))
		return AUTH_NONE;
	who->kind = AUTH_SESSION;
	if (auth_token(a, who, now_ns) != NULL)
		return AUTH_RIGHT;
	who->kind = AUTH_NOBODY;
	return AUTH_NONE;
}

enum auth_verdict
auth_check(
    struct auth *a, const struct gate *g, int64_t now_ns, struct auth_who *who)
{
	const char *token;
	size_t len = 0;

	*who = (struct auth_who){ .kind = AUTH_NOBODY };
	if (a->tokens.n == 0)
		return AUTH_IMPOSSIBLE;
	if (g->n_authorization == 0)
		return check_cookie(a, g, now_ns, who);
	token = gate_bearer(g, &len);
	if (token == NULL)
		return AUTH_WRONG;
	token_digest(token, len, who->digest);
	if (tokens_find(&a->tokens, who->digest) == NULL)
		return AUTH_WRONG;
	who->kind = AUTH_TOKEN;
	return AUTH_RIGHT;
}

bool
auth_sign_in(struct auth *a, const struct token *token, int64_t now_ns,
    char id[SESSION_ID])
{
	bool ok;

	pthread_mutex_lock(&a->lock);
	ok = sessions_begin(&a->sessions, token->digest, now_ns, id);
	pthread_mutex_unlock(&a->lock);
	return ok;
}

void
auth_sign_out(struct auth *a, const struct gate *g)
{
	uint8_t digest[AUTH_DIGEST];

	if (!cookie_digest(g, digest))
		return;
	pthread_mutex_lock(&a->lock);
	sessions_end(&a->sessions, digest);
	pthread_mutex_unlock(&a->lock);
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
