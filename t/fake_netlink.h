/* SPDX-License-Identifier: MIT */
/* The kernel at the other end of common/netlink.h: it answers what the test
 * has put together. */
#ifndef T_FAKE_NETLINK_H
#define T_FAKE_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct fake_netlink {
	bool fits;	   /* what netlink_fits says */
	int open_rc;	   /* what netlink_open fails with */
	int dump_rc;	   /* what netlink_dump fails with, when asked next */
	unsigned changing; /* so many dumps are interrupted by a change */
	size_t dumps;	   /* so many were asked for */
	uint16_t type;	   /* of the last request, and what was its body */
	char body[256];
	struct buf answer;
	size_t message; /* where the last one begins */
};

extern struct fake_netlink fake_netlink;

/* Forgets everything. */
void fake_netlink_fini(void);

/* Adds a message to the answer. */
void fake_message(uint16_t type, const void *body, size_t n);

/* Adds an attribute to the last message. */
void fake_attr(uint16_t type, const void *data, size_t n);

/* The messages so far, and what ends them, as a piece of an answer; rc: how it
 * went. */
void fake_done(int rc);

#endif
