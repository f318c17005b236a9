/* SPDX-License-Identifier: MIT */
#include "tokens.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/selector.h"
#include "hex.h"

/* --- digests ------------------------------------------------------------- */

void
token_digest(const char *token, size_t len, uint8_t to[TOKEN_DIGEST])
{
	const int rc = gnutls_hash_fast(GNUTLS_DIG_SHA256, token, len, to);

	assert(rc == 0);
	(void)rc;
}

const struct token *
tokens_find(const struct tokens *t, const uint8_t digest[TOKEN_DIGEST])
{
	const struct token *found = NULL;

	for (size_t i = 0; i < t->n; i++)
		if (gnutls_memcmp(t->v[i].digest, digest, TOKEN_DIGEST) == 0)
			found = &t->v[i];
	return found;
}

bool
token_may(const struct token *t, enum token_scope scope)
{
	return (t->scopes & (scope | SCOPE_ADMIN)) != 0;
}

bool
token_is_for(const struct token *t, const char *host)
{
	return selector_glob(t->hosts, host);
}

/* --- reading ------------------------------------------------------------- */

/* A line, and how far it was read. */
struct line {
	const char *begin, *at, *end;
	size_t number;
	char *why;
	size_t len;
};

static bool
wrong(const struct line *l, const char *what)
{
	snprintf(l->why, l->len, "%zu:%zu: %s", l->number,
	    (size_t)(l->at - l->begin) + 1, what);
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
skip_blanks(struct line *l)
{
	while (l->at < l->end && is_blank(*l->at))
		l->at++;
}

static size_t
word_length(const struct line *l)
{
	size_t n = 0;

	while (l->at + n < l->end && !is_blank(l->at[n]))
		n++;
	return n;
}

/* Past what the next word begins with, or false. */
static bool
skip_prefix(struct line *l, const char *prefix)
{
	const size_t n = strlen(prefix);

	skip_blanks(l);
	if ((size_t)(l->end - l->at) < n || memcmp(l->at, prefix, n) != 0)
		return false;
	l->at += n;
	return true;
}

static bool
take_name(struct line *l, struct token *t)
{
	const size_t n = word_length(l);

	if (n >= sizeof(t->name))
		return wrong(l, "the name has more than 63 characters");
	for (size_t i = 0; i < n; i++)
		if (l->at[i] < '!' || l->at[i] > '~')
			return wrong(l, "the name is not plain text");
	memcpy(t->name, l->at, n);
	t->name[n] = '\0';
	l->at += n;
	return true;
}

static bool
take_digest(struct line *l, struct token *t)
{
	if (!skip_prefix(l, "sha256:"))
		return wrong(l, "sha256:HEX is missing after the name");
	if (word_length(l) != (size_t)2 * TOKEN_DIGEST)
		return wrong(l, "a SHA-256 has 64 hexadecimal digits");
	for (int i = 0; i < TOKEN_DIGEST; i++, l->at += 2) {
		const int high = hex_digit(l->at[0]),
			  low = hex_digit(l->at[1]);

		if (high < 0 || low < 0)
			return wrong(l, "that is no hexadecimal digit");
		t->digest[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool
take_hosts(struct line *l, struct token *t)
{
	size_t n;

	if (!skip_prefix(l, "hosts="))
		return wrong(l, "hosts=GLOB is missing after the SHA-256");
	n = word_length(l);
	if (n == 0 || n >= sizeof(t->hosts))
		return wrong(l, "a pattern has 1 to 255 bytes");
	memcpy(t->hosts, l->at, n);
	t->hosts[n] = '\0';
	l->at += n;
	return true;
}

static const struct {
	const char *name;
	enum token_scope scope;
} scopes[] = { { "ingest", SCOPE_INGEST }, { "read", SCOPE_READ },
	{ "admin", SCOPE_ADMIN } };

static unsigned
find_scope(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(scopes) / sizeof *scopes; i++)
		if (strlen(scopes[i].name) == len &&
		    memcmp(scopes[i].name, name, len) == 0)
			return scopes[i].scope;
	return 0;
}

static bool
take_scopes(struct line *l, struct token *t)
{
	if (!skip_prefix(l, "scopes="))
		return wrong(l, "scopes= is missing after the hosts");
	for (;;) {
		const size_t word = word_length(l);
		const char *comma = memchr(l->at, ',', word);
		const size_t n = comma ? (size_t)(comma - l->at) : word;
		const unsigned scope = find_scope(l->at, n);

		if (scope == 0)
			return wrong(l, "a scope is ingest, read or admin");
		if (t->scopes & scope)
			return wrong(l, "the scope is there twice");
		t->scopes |= scope;
		l->at += n;
		if (comma == NULL)
			return true;
		l->at++;
	}
}

static bool
add(struct tokens *t, const struct token *one)
{
	if (t->n == t->cap) {
		const size_t cap = t->cap > 0 ? t->cap * 2 : 8;
		struct token *v = reallocarray(t->v, cap, sizeof *v);

		if (v == NULL)
			return false;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = *one;
	return true;
}

static bool
take_line(struct tokens *t, struct line *l)
{
	struct token one = { .scopes = 0 };

	skip_blanks(l);
	if (l->at == l->end || *l->at == '#')
		return true;
	if (!take_name(l, &one) || !take_digest(l, &one) ||
	    !take_hosts(l, &one) || !take_scopes(l, &one))
		return false;
	skip_blanks(l);
	if (l->at < l->end)
		return wrong(l, "nothing may follow the scopes");
	l->at = l->begin;
	if (tokens_find(t, one.digest) != NULL)
		return wrong(l, "the token is there twice");
	if (t->n == TOKENS_MAX)
		return wrong(l, "more than 1000 tokens");
	return add(t, &one) || wrong(l, "out of memory");
}

bool
tokens_read(struct tokens *t, const char *text, char *why, size_t len)
{
	struct line l = { .why = why, .len = len };

	while (*text != '\0') {
		l.begin = l.at = text;
		l.end = text + strcspn(text, "\n");
		l.number++;
		if (!take_line(t, &l))
			return false;
		text = *l.end != '\0' ? l.end + 1 : l.end;
	}
	return true;
}

bool
tokens_add_shared(struct tokens *t, const char *token)
{
	struct token one = { .scopes = SCOPE_INGEST | SCOPE_READ,
		.name = "token",
		.hosts = "*" };

	token_digest(token, strlen(token), one.digest);
	return tokens_find(t, one.digest) != NULL || add(t, &one);
}

void
tokens_fini(struct tokens *t)
{
	if (t->v != NULL)
		explicit_bzero(t->v, t->n * sizeof *t->v);
	free(t->v);
	*t = (struct tokens){ 0 };
}
