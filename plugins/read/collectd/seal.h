/* SPDX-License-Identifier: MIT */
/*
 * What protects a packet of collectd: a signature before it, HMAC-SHA-256 of
 * user and packet, or AES-256-OFB around it with a SHA-1 inside.  Both are of
 * a user's password.  Neither keeps anybody from sending a packet again: that
 * is the protocol.
 */
#ifndef COLLECTD_SEAL_H
#define COLLECTD_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEAL_USERS_MAX = 4096 };

struct seal_user {
	char *name, *password; /* name: into the text of seal_users */
	uint8_t key[32];       /* SHA-256 of the password */
};

struct seal_users {
	char *text;
	size_t len;	    /* of the text */
	uint8_t digest[32]; /* of the text as it came */
	struct seal_user *v;
	size_t n;
};

/* USER: PASSWORD, a line each, # before comments.  0, -ENOMEM, or -EINVAL and
 * the line that is none; then there is nobody. */
int seal_users_init(struct seal_users *users, const char *text, size_t *line);
void seal_users_fini(struct seal_users *users);
/* Whether they are made of that text. */
bool seal_users_are(const struct seal_users *users, const char *text);

enum seal {
	SEAL_NONE,	/* as it came */
	SEAL_UNCHECKED, /* signed by whom nobody knows */
	SEAL_SIGNED,
	SEAL_ENCRYPTED,
	SEAL_WRONG,  /* signature, user or password */
	SEAL_BROKEN, /* malformed */
};

/* What a packet is, and where and how long what it says is; decrypts in place.
 * The last two have nothing to say. */
enum seal seal_open(const struct seal_users *users, uint8_t *data, size_t len,
    uint8_t **said, size_t *said_len);

/* Makes libgcrypt ready, once in a process; false: it is too old. */
bool seal_start(void);

#endif
