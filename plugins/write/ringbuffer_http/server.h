/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd: one daemon with one thread for each address.  The listening
 * sockets are the server's own, so that a daemon can be replaced by one with
 * other settings and no client is turned away.  All calls come from one thread
 * at a time.
 */
#ifndef HUB_SERVER_H
#define HUB_SERVER_H

#include <microhttpd.h>
#include <stddef.h>

#include "auth.h"
#include "common/listen.h"

struct hub;

/* What a daemon is started with. */
struct server_settings {
	unsigned connections, per_address;
	const char *certificate, *key; /* PEM; NULL: no TLS */
};

struct listener {
	struct listen_address address;
	int fd;
	struct MHD_Daemon *daemon;
};

struct server {
	struct hub *hub; /* what the callbacks get */
	struct listener *listeners;
	size_t n;
	/* The one whose thread is waited for, and should not wait itself. */
	struct MHD_Daemon *_Atomic stopping;
	/* of the settings that the daemons run with, secrets as they are no
	 * part of it */
	uint8_t settings[AUTH_DIGEST];
};

/*
 * Listens on these addresses and no others, with these settings.  What listens
 * already, in the same way, goes on undisturbed.  0, or -errno and what failed
 * in why: nothing has changed then.
 */
int server_listen(struct server *s, const struct listen_address *addresses,
    size_t n, const struct server_settings *settings, char *why, size_t len);

/* Stops listening and ends all connections. */
void server_close(struct server *s);

/* Says whether certificate and key are such and go together; *why is lent for
 * ever. */
bool server_check_tls(
    const struct server_settings *settings, const char **why);

#endif
