/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces and what they have counted: pure functions over what the
 * kernel answers by rtnetlink(7), RTM_GETLINK, and over the text of
 * /proc/net/dev.  Both have the same counters; the text lacks the rest.
 */
#ifndef NETWORK_LINKS_H
#define NETWORK_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINK_RX_BYTES,
	LINK_TX_BYTES,
	LINK_RX_PACKETS,
	LINK_TX_PACKETS,
	LINK_RX_ERRORS,
	LINK_TX_ERRORS,
	LINK_RX_DROPPED, /* those that the device had no room for as well */
	LINK_TX_DROPPED,
	LINK_RX_MULTICAST,
	LINK_N
};

enum { LINK_NAME = 16, LINK_KIND = 16, LINKS_MOST = 65536 };

struct link {
	char name[LINK_NAME];
	uint64_t v[LINK_N];
	/* what is below is zero where only the text was there */
	bool full;	      /* it is not */
	uint32_t index;	      /* never used again for another */
	bool up;	      /* set up, and able to carry packets */
	char kind[LINK_KIND]; /* "veth", "bridge"; hardware: "" */
	bool has_changes;
	uint32_t changes; /* of the carrier */
};

struct links {
	struct link *v;
	size_t n, cap;
};

void links_clear(struct links *links);
void links_fini(struct links *links);

/* Takes a message of the answer, an nlmsg_fn; arg is a struct links.  0,
 * -ENOMEM, or -E2BIG: there are LINKS_MOST already. */
int links_take(void *arg, uint16_t type, const void *body, size_t n);

/* Takes the whole lines of the text, which ends with a NUL.  Returns as
 * links_take. */
int links_parse(struct links *links, const char *text);

#endif
