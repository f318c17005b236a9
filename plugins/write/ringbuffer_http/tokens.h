/* SPDX-License-Identifier: MIT */
/*
 * The tokens that open the hub, each by its SHA-256: who it is for, what it
 * may do, and for which hosts.  Read from text of one line each,
 *
 *	NAME sha256:HEX hosts=GLOB scopes=ingest,read,admin
 *
 * in which empty lines and those that begin with `#' say nothing.  Pure
 * functions.
 */
#ifndef HUB_TOKENS_H
#define HUB_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOKEN_DIGEST = 32, /* bytes of a SHA-256 */
	TOKEN_NAME = 64,   /* bytes of a name, and its end */
	TOKEN_HOSTS = 256, /* bytes of a pattern, and its end */
	TOKENS_MAX = 1000,
};

enum token_scope {
	SCOPE_INGEST = 1, /* POST /ingest, of its hosts */
	SCOPE_READ = 2,	  /* GET of what was measured, of its hosts */
	SCOPE_ADMIN = 4,  /* the two others as well */
};

struct token {
	uint8_t digest[TOKEN_DIGEST];
	unsigned scopes;
	char name[TOKEN_NAME];
	char hosts[TOKEN_HOSTS]; /* `*' and `?' */
};

/* Zeroed is empty. */
struct tokens {
	struct token *v;
	size_t n, cap;
};

/* Adds those of text.  False, and why (of len bytes), LINE:COLUMN first,
 * where a line is not like that, or there is no memory. */
bool tokens_read(struct tokens *t, const char *text, char *why, size_t len);
/* Adds one for all hosts that may do everything.  False: no memory. */
bool tokens_add_shared(struct tokens *t, const char *token);
void tokens_fini(struct tokens *t);

/* SHA-256 of a token as it is sent. */
void token_digest(const char *token, size_t len, uint8_t to[TOKEN_DIGEST]);
/* The one of that digest, or NULL; takes as long whichever it is. */
const struct token *tokens_find(
    const struct tokens *t, const uint8_t digest[TOKEN_DIGEST]);
bool token_may(const struct token *t, enum token_scope scope);
bool token_is_for(const struct token *t, const char *host);

#endif
