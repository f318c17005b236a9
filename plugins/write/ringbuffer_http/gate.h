/* SPDX-License-Identifier: MIT */
/*
 * What is looked at before any body is read: framing, size, path, method, who
 * it is, and type.  libmicrohttpd lets much through that two readers of one
 * request could understand differently; here it ends.  Pure functions.
 */
#ifndef HUB_GATE_H
#define HUB_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a request was refused; each has a status and a short name. */
enum refusal {
	REFUSED_NOT, /* it was not */
	REFUSED_FRAMING,
	REFUSED_LENGTH,
	REFUSED_SIZE,
	REFUSED_PATH,
	REFUSED_METHOD,
	REFUSED_TOKEN,
	REFUSED_TOO_OFTEN,
	REFUSED_SCOPE, /* a token that is for something else */
	REFUSED_HOST,  /* a token that is for other hosts */
	REFUSED_TYPE,
	REFUSED_QUERY,
	REFUSED_ENCODING,
	REFUSED_JSON,
	REFUSED_CONTENT,
	REFUSED_BUSY,
	REFUSED_READERS, /* too many of them */
	REFUSED_ABSENT,	 /* this daemon cannot say */
	REFUSED_HTTP,	 /* by the library: no HTTP, or too large a header */
	REFUSED_DEADLINE,
	REFUSED_N
};

unsigned refusal_status(enum refusal refusal);
const char *refusal_name(enum refusal refusal);

enum gate_endpoint {
	GATE_NOWHERE,
	GATE_PAGE,
	GATE_FILE, /* of the page: whatever was found at the start */
	GATE_HEALTHZ,
	GATE_HISTORY,
	GATE_INGEST,
	GATE_METRICS,
	GATE_LOGIN,
	GATE_LOGOUT,
	GATE_STATUS,
	GATE_HOSTS,
	GATE_SERIES,
	GATE_QUERY,
	GATE_ALERTS,
	GATE_STREAM,
	GATE_OPENAPI,
};

/* What the headers say.  Texts are lent. */
struct gate {
	enum gate_endpoint endpoint;
	bool get, post; /* get: HEAD too; neither: another method */
	bool http11;
	unsigned n_length, n_coding, n_host, n_authorization, n_type,
	    n_encoding;
	const char *length, *host, *authorization, *type, *encoding, *accept,
	    *expect, *forwarded_for, *forwarded_proto, *cookie,
	    *accept_encoding, *if_none_match;
	bool forwarded; /* through a proxy, as a header says */
	bool strange;	/* a byte that has no place in a header */
	uint64_t body;	/* what gate_framing found */
};

/* The endpoint of a path, without the query. */
enum gate_endpoint gate_find(const char *path, size_t len);

/* Takes the request line in, then each header. */
void gate_begin(struct gate *g, enum gate_endpoint endpoint,
    const char *method, const char *version);
void gate_header(struct gate *g, const char *name, const char *value);

/* Framing, size, path and method, in this order; *why is lent for ever. */
enum refusal gate_framing(struct gate *g, uint64_t max_body, const char **why);
/* The type of the body: JSON, as it is or with gzip; a form. */
enum refusal gate_type(const struct gate *g, const char **why);
bool gate_is_gzip(const struct gate *g);

/* Whether the refusal has to wait until the body is over: who is sending it
 * would find the connection closed, and not read what it was closed for. */
bool gate_must_hear_out(const struct gate *g, enum refusal refusal);

/* The methods an endpoint has, for Allow. */
const char *gate_allow(enum gate_endpoint endpoint);

/* The token of Authorization: Bearer TOKEN; NULL: there is none. */
const char *gate_bearer(const struct gate *g, size_t *len);
/* The value of a cookie, at least a byte; NULL: there is none. */
const char *gate_cookie(const struct gate *g, const char *name, size_t *len);
/* Whether the client takes gzip. */
bool gate_takes_gzip(const struct gate *g);
/* Whether the client has what this ETag (with its quotes) says. */
bool gate_has(const struct gate *g, const char *etag);
/* Whether Host is this machine by a name that no web page can have. */
bool gate_host_is_local(const struct gate *g);

#endif
