/* SPDX-License-Identifier: MIT */
/* Who is at the other end. */
#ifndef COMMON_PEER_H
#define COMMON_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { PEER_TEXT = 48 }; /* bytes of the text of an address */

/* An IPv6 address, or an IPv4 one mapped into it. */
struct peer {
	uint8_t addr[16];
};

/* False for other families; *p is zero then. */
bool peer_from(struct peer *p, const struct sockaddr *sa);
/* An address as text, without a port; brackets around IPv6 are fine. */
bool peer_parse(struct peer *p, const char *text);
void peer_text(const struct peer *p, char text[PEER_TEXT]);
bool peer_equal(const struct peer *a, const struct peer *b);
bool peer_is_loopback(const struct peer *p);
/* The same for all that are probably one party: /24, /64. */
uint64_t peer_party(const struct peer *p);

/*
 * Whom a chain of proxies speaks for, of which the nearest is p: the last
 * address of X-Forwarded-For (NULL: none) that is not a proxy's.  Only proxies
 * are believed, and what is no address is nobody's.
 */
struct peer peer_behind(const struct peer *p, const char *forwarded_for,
    const struct peer *proxies, size_t n);

#endif
