/* SPDX-License-Identifier: MIT */
/* What netlink sockets receive: pure functions over bytes, whatever they are.
 */
#ifndef COMMON_NLMSG_H
#define COMMON_NLMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes a message without its header, of n bytes, not aligned; 0, or something
 * else to end it. */
typedef int nlmsg_fn(void *arg, uint16_t type, const void *body, size_t n);

/* The answer to one request, which may come in pieces. */
struct nlmsg_answer {
	uint32_t seq;	  /* of the request; set by the caller */
	bool done;	  /* nothing more comes */
	bool interrupted; /* what was dumped has changed meanwhile */
};

/*
 * Calls take for each message of the answer that is in a piece of it; others
 * are passed over.  0, or what take returned if that is not 0, or the -errno
 * that the kernel answered; -EBADMSG where it is no piece of an answer.
 */
int nlmsg_each(struct nlmsg_answer *a, const void *piece, size_t n,
    nlmsg_fn *take, void *arg);

/* An attribute; data is not aligned. */
struct nlmsg_attr {
	uint16_t type;
	const void *data;
	size_t n;
};

/* Takes the attribute that *n bytes at *p begin with, and moves behind it;
 * false where there is none. */
bool nlmsg_attr(const void **p, size_t *n, struct nlmsg_attr *a);

/* Its text, ended by a NUL, into size bytes; false: it is longer. */
bool nlmsg_text(const struct nlmsg_attr *a, char *text, size_t size);

#endif
