/* SPDX-License-Identifier: MIT */
/* POST /login and POST /logout: a cookie in the place of a token */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "form.h"
#include "http.h"
#include "may.h"

/* Whether the browser speaks TLS: to us, or to a proxy that says so. */
static bool
is_secure(const struct hub *hub, const struct conn *conn)
{
	const struct hub_rules *r = &hub->rules;

	if (r->tls)
		return true;
	for (size_t i = 0; i < r->n_proxies; i++)
		if (peer_equal(&conn->peer, &r->proxies[i]))
			return conn->gate.forwarded_proto != NULL &&
			       strcasecmp(
				   conn->gate.forwarded_proto, "https") == 0;
	return false;
}

/* See other: the page, with this cookie. */
static enum MHD_Result
send_back(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const char *id, int seconds)
{
	struct text body = { 0 };
	struct MHD_Response *r;
	char cookie[192];

	snprintf(cookie, sizeof(cookie),
	    AUTH_COOKIE "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s",
	    id, seconds, is_secure(hub, conn) ? "; Secure" : "");
	text_str(&body, "{\"see\":\"/\"}\n");
	r = answer_new_text(&body, ANSWER_JSON);
	if (r == NULL ||
	    MHD_add_response_header(r, "Set-Cookie", cookie) != MHD_YES ||
	    MHD_add_response_header(r, "Location", "/") != MHD_YES) {
		if (r != NULL)
			MHD_destroy_response(r);
		r = NULL;
	}
	return answer_send_status(hub, conn, c, MHD_HTTP_SEE_OTHER, r);
}

/* The token of the form; NULL: none is there. */
static const struct token *
find_token(struct hub *hub, struct conn *conn)
{
	uint8_t digest[TOKEN_DIGEST];
	const char *why, *text = NULL;
	struct form form;

	conn->body[conn->body_len] = '\0';
	if (memchr(conn->body, '\0', conn->body_len) == NULL &&
	    form_read(&form, conn->body, true, &why))
		text = form_get(&form, "token");
	if (text == NULL)
		return NULL;
	token_digest(text, strlen(text), digest);
	return tokens_find(&hub->auth.tokens, digest);
}

enum MHD_Result
login_post(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	const struct token *token;
	char id[SESSION_ID];
	enum refusal refusal;
	const char *why;

	if (conn->body_len != conn->gate.body)
		return MHD_NO;
	token = find_token(hub, conn);
	explicit_bzero(conn->body, conn->body_len);
	if (token == NULL) {
		refusal = may_wrong_token(hub, conn, &why);
		return answer_refuse(hub, conn, c, refusal, why, NULL);
	}
	if (!token_may(token, SCOPE_READ))
		return answer_refuse(hub, conn, c, REFUSED_SCOPE,
		    "the token is not one for scope read", NULL);
	if (!auth_sign_in(&hub->auth, token, fettle_now(hub->ctx), id))
		return answer_refuse(hub, conn, c, REFUSED_BUSY,
		    "no randomness to be had", NULL);
	return send_back(hub, conn, c, id, SESSION_S);
}

enum MHD_Result
logout_post(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	auth_sign_out(&hub->auth, &conn->gate);
	return send_back(hub, conn, c, "", 0);
}
