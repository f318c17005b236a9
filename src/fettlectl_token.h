/* SPDX-License-Identifier: MIT */
/* Makes a token for one client of a hub.  It is written nowhere but to
 * standard output: the hub's file gets its SHA-256, the client the token. */
#ifndef FETTLECTL_TOKEN_H
#define FETTLECTL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_USAGE "token NAME"
#define TOKEN_HELP "make a token, and the line for a hub's tokens_file"

struct token_options {
	const char *hosts, *scopes; /* NULL: "*", "ingest" */
};

/* Prints the line, and the token on one of its own; json: both as members of
 * an object.  0, or why: -EINVAL where name or options are not what a line may
 * have. */
int token_print(const char *name, const struct token_options *options,
    bool json, char *why, size_t len);

#endif
