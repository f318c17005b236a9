/* SPDX-License-Identifier: MIT */
/* Addresses to listen on. */
#ifndef COMMON_LISTEN_H
#define COMMON_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

enum { LISTEN_TEXT = 64 };

struct listen_address {
	char text[LISTEN_TEXT]; /* as it was written */
	bool any;		/* *: every address of both families */
	bool loopback;
	struct sockaddr_storage sa;
	socklen_t len;
};

/* "127.0.0.1:8000", "[::1]:8000", "localhost:8000", "*:8000"; port 0 is one
 * that is free.  False where it is none. */
bool listen_parse(struct listen_address *a, const char *text);
/* A socket there, SOCK_STREAM and listening or SOCK_DGRAM, non-blocking and
 * close-on-exec, or -errno. */
int listen_open(const struct listen_address *a, int type);
/* The port of a socket. */
unsigned listen_port(int fd);

#endif
