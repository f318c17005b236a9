/* SPDX-License-Identifier: MIT */
/*
 * Dumps from the kernel by netlink(7): a request is answered by any number of
 * messages.  What takes them apart, nlmsg.h, are pure functions; this is the
 * socket.
 *
 * A struct netlink belongs to one instance, whose calls never overlap.  After
 * anything goes wrong its socket is closed, and the next dump opens another:
 * what is left of an answer is never taken for that to the next request.
 */
#ifndef COMMON_NETLINK_H
#define COMMON_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/nlmsg.h"

struct netlink {
	int protocol; /* NETLINK_ROUTE, NETLINK_SOCK_DIAG */
	int fd;	      /* -1: none */
	uint32_t seq;
};

/* Whether what the kernel answers is about the machine of this file: it is
 * not where that is one of a copy of /proc. */
bool netlink_fits(int fd);

/* 0, or -errno: there are no such sockets, or they are not for us. */
int netlink_open(struct netlink *nl, int protocol);
void netlink_close(struct netlink *nl);

/*
 * Asks for a dump of a type, with a body, and calls take for each message of
 * the answer.  0, or what take returned if that is not 0, or -errno; -EINTR:
 * what was dumped has changed meanwhile, and something may be missing or be
 * there twice.
 */
int netlink_dump(struct netlink *nl, uint16_t type, const void *body, size_t n,
    nlmsg_fn *take, void *arg);

#endif
