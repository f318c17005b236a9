/* SPDX-License-Identifier: MIT */
#include "may.h"

#include <stdio.h>
#include <string.h>

#include "common/selector.h"

enum refusal
may_wrong_token(struct hub *hub, struct conn *conn, const char **why)
{
	const struct peer client = hub_client(hub, conn);
	uint64_t held;
	bool often;

	conn->wrong_token = true;
	pthread_mutex_lock(&hub->lock);
	often = !limit_take(&hub->wrong_tokens, peer_party(&client),
	    fettle_now(hub->ctx), &held);
	pthread_mutex_unlock(&hub->lock);
	*why = often ? "too many wrong tokens" : "the token is not right";
	return often ? REFUSED_TOO_OFTEN : REFUSED_TOKEN;
}

/* Nobody without a token that may. */
static enum refusal
need(struct hub *hub, struct conn *conn, enum token_scope scope,
    enum auth_verdict verdict, const char **why)
{
	const struct token *token;

	switch (verdict) {
	case AUTH_RIGHT:
		token =
		    auth_token(&hub->auth, &conn->who, fettle_now(hub->ctx));
		if (token != NULL && token_may(token, scope))
			return REFUSED_NOT;
		*why = scope == SCOPE_INGEST
			   ? "the token is not one for scope ingest"
			   : "the token is not one for scope read";
		return REFUSED_SCOPE;
	case AUTH_WRONG:
		return may_wrong_token(hub, conn, why);
	case AUTH_NONE:
		*why = "a token is needed: Authorization: Bearer TOKEN";
		return REFUSED_TOKEN;
	case AUTH_IMPOSSIBLE:
		break;
	}
	*why = "no token is configured; make one, (umask 077; head -c 32 "
	       "/dev/urandom | base64 >PATH), and say token_file: PATH in "
	       "the section of ringbuffer_http";
	return REFUSED_TOKEN;
}

static enum refusal
need_read(struct hub *hub, struct conn *conn, enum auth_verdict verdict,
    const char **why)
{
	if (verdict == AUTH_RIGHT || verdict == AUTH_WRONG ||
	    !hub->rules.open_read)
		return need(hub, conn, SCOPE_READ, verdict, why);
	if (!auth_is_local(&conn->gate, &conn->peer, why))
		return REFUSED_TOKEN;
	conn->who.kind = AUTH_MACHINE;
	return REFUSED_NOT;
}

/* The page is everybody's, but it shows more to whoever may read: a token that
 * is tried out there is as wrong as elsewhere. */
static enum refusal
look(struct hub *hub, struct conn *conn, enum auth_verdict verdict,
    const char **why)
{
	const char *unused;

	if (verdict == AUTH_WRONG)
		return may_wrong_token(hub, conn, why);
	if (verdict != AUTH_RIGHT && hub->rules.open_read &&
	    auth_is_local(&conn->gate, &conn->peer, &unused))
		conn->who.kind = AUTH_MACHINE;
	return REFUSED_NOT;
}

enum refusal
may_request(struct hub *hub, struct conn *conn, const char **why)
{
	enum auth_verdict verdict;

	switch (conn->gate.endpoint) {
	case GATE_NOWHERE:
	case GATE_FILE:
	case GATE_HEALTHZ:
	case GATE_LOGIN:
	case GATE_LOGOUT:
		return REFUSED_NOT;
	default:
		break;
	}
	verdict = auth_check(
	    &hub->auth, &conn->gate, fettle_now(hub->ctx), &conn->who);
	if (conn->gate.endpoint == GATE_PAGE)
		return look(hub, conn, verdict, why);
	if (conn->gate.endpoint == GATE_INGEST)
		return need(hub, conn, SCOPE_INGEST, verdict, why);
	return need_read(hub, conn, verdict, why);
}

bool
may_read(struct hub *hub, const struct auth_who *who)
{
	const struct token *token;

	if (who->kind == AUTH_MACHINE)
		return hub->rules.open_read;
	token = auth_token(&hub->auth, who, fettle_now(hub->ctx));
	return token != NULL && token_may(token, SCOPE_READ);
}

struct may_hosts
may_hosts(struct hub *hub, const struct auth_who *who)
{
	struct may_hosts hosts = { "" };
	const struct token *token;

	if (!may_read(hub, who))
		return hosts;
	token = auth_token(&hub->auth, who, fettle_now(hub->ctx));
	snprintf(hosts.glob, sizeof(hosts.glob), "%s",
	    token != NULL ? token->hosts : "*");
	return hosts;
}

bool
may_all(const struct may_hosts *hosts)
{
	return strcmp(hosts->glob, "*") == 0;
}

bool
may_own(struct hub *hub, const struct may_hosts *hosts)
{
	return selector_glob(hosts->glob, fettle_host(hub->ctx));
}
