/* SPDX-License-Identifier: MIT */
#include "fettlectl_token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef HAVE_GNUTLS
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <stdint.h>
#include <sys/random.h>

enum {
	TOKEN_BYTES = 32,
	TOKEN_TEXT = 44, /* of them as base64url, and its end */
	DIGEST = 32,
	NAME_BYTES = 63,
	HOSTS_MAX = 255,
};

/* base64url without padding. */
static void
encode(const uint8_t from[TOKEN_BYTES], char to[TOKEN_TEXT])
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, held = 0;
	size_t n = 0;

	for (int i = 0; i < TOKEN_BYTES; i++) {
		held = held << 8 | from[i];
		for (bits += 8; bits >= 6; bits -= 6)
			to[n++] = digits[held >> (bits - 6) & 63];
	}
	to[n++] = digits[held << (6 - bits) & 63];
	to[n] = '\0';
}

/* Printable, without a space. */
static bool
is_word(const char *s, size_t max)
{
	size_t n = 0;

	for (; s[n] != '\0'; n++)
		if ((unsigned char)s[n] <= ' ' || s[n] == 0x7f)
			return false;
	return n > 0 && n <= max;
}

static bool
is_scope(const char *s, size_t len)
{
	static const char *const scopes[] = { "ingest", "read", "admin" };

	for (int i = 0; i < 3; i++)
		if (strlen(scopes[i]) == len && memcmp(scopes[i], s, len) == 0)
			return true;
	return false;
}

/* What is wrong, or NULL. */
static const char *
check(const char *name, const char *hosts, const char *scopes)
{
	if (!is_word(name, NAME_BYTES) || name[0] == '#')
		return "a name is up to 63 characters without a space";
	for (const char *s = name; *s != '\0'; s++)
		if (*s > '~')
			return "a name is plain text";
	if (!is_word(hosts, HOSTS_MAX))
		return "--hosts is a pattern without a space";
	for (;;) {
		const size_t n = strcspn(scopes, ",");

		if (!is_scope(scopes, n))
			return "--scopes is of ingest, read and admin, with "
			       "commas between them";
		if (scopes[n] == '\0')
			return NULL;
		scopes += n + 1;
	}
}

static int
make(char token[TOKEN_TEXT], char digest[2 * DIGEST + 1])
{
	uint8_t bytes[TOKEN_BYTES], sum[DIGEST];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -errno;
	encode(bytes, token);
	explicit_bzero(bytes, sizeof(bytes));
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, token, strlen(token), sum) < 0)
		return -EIO;
	for (size_t i = 0; i < DIGEST; i++)
		snprintf(digest + 2 * i, 3, "%02x", sum[i]);
	return 0;
}

static int
print(const char *line, const char *token, bool json)
{
	json_t *o;
	int rc;

	if (!json) {
		printf("%s\n%s\n", line, token);
		return 0;
	}
	o = json_pack("{s:s,s:s}", "line", line, "token", token);
	rc = o != NULL ? json_dumpf(o, stdout, 0) : -1;
	json_decref(o);
	putchar('\n');
	return rc < 0 ? -EINVAL : 0;
}

int
token_print(const char *name, const struct token_options *options, bool json,
    char *why, size_t len)
{
	const char *hosts = options->hosts != NULL ? options->hosts : "*";
	const char *scopes =
	    options->scopes != NULL ? options->scopes : "ingest";
	const char *wrong = check(name, hosts, scopes);
	char token[TOKEN_TEXT], digest[2 * DIGEST + 1], line[512];
	int rc;

	if (wrong != NULL) {
		snprintf(why, len, "%s", wrong);
		return -EINVAL;
	}
	rc = make(token, digest);
	if (rc < 0) {
		snprintf(why, len, "cannot make a token: %s", strerror(-rc));
		return rc;
	}
	snprintf(line, sizeof(line), "%s sha256:%s hosts=%s scopes=%s", name,
	    digest, hosts, scopes);
	rc = print(line, token, json);
	explicit_bzero(token, sizeof(token));
	if (rc < 0)
		snprintf(why, len, "the name is not UTF-8");
	return rc;
}
#else
int
token_print(const char *name, const struct token_options *options, bool json,
    char *why, size_t len)
{
	(void)name;
	(void)options;
	(void)json;
	snprintf(why, len, "this fettlectl was built without GnuTLS");
	return -ENOSYS;
}
#endif
