/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool
is_v4(const struct peer *p)
{
	return memcmp(p->addr, v4_prefix, sizeof(v4_prefix)) == 0;
}

static void
from_v4(struct peer *p, const struct in_addr *in)
{
	memcpy(p->addr, v4_prefix, sizeof(v4_prefix));
	memcpy(p->addr + 12, in, 4);
}

bool
peer_from(struct peer *p, const struct sockaddr *sa)
{
	*p = (struct peer){ { 0 } };
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		from_v4(p, &in.sin_addr);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		memcpy(p->addr, &in6.sin6_addr, 16);
		return true;
	}
	return false;
}

bool
peer_parse(struct peer *p, const char *text)
{
	char inner[PEER_TEXT];
	struct in_addr in;
	const size_t len = strlen(text);

	*p = (struct peer){ { 0 } };
	if (inet_pton(AF_INET, text, &in) == 1) {
		from_v4(p, &in);
		return true;
	}
	if (len > 2 && len < sizeof(inner) && text[0] == '[' &&
	    text[len - 1] == ']') {
		memcpy(inner, text + 1, len - 2);
		inner[len - 2] = '\0';
		text = inner;
	}
	return inet_pton(AF_INET6, text, p->addr) == 1;
}

void
peer_text(const struct peer *p, char text[PEER_TEXT])
{
	if (is_v4(p))
		inet_ntop(AF_INET, p->addr + 12, text, PEER_TEXT);
	else
		inet_ntop(AF_INET6, p->addr, text, PEER_TEXT);
}

bool
peer_equal(const struct peer *a, const struct peer *b)
{
	return memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

bool
peer_is_loopback(const struct peer *p)
{
	static const uint8_t one[16] = { [15] = 1 };

	return is_v4(p) ? p->addr[12] == 127
			: memcmp(p->addr, one, sizeof(one)) == 0;
}

uint64_t
peer_party(const struct peer *p)
{
	uint64_t party = 0;

	/* ::ff:ffXX:XXXX:0:0:0:0, which the latter would be, is no network of
	 * IPv6, so the two kinds never meet */
	for (int i = 0; i < 8; i++)
		party = party << 8 | p->addr[is_v4(p) ? 7 + i : i];
	return party;
}

static bool
is_among(const struct peer *p, const struct peer *peers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (peer_equal(p, &peers[i]))
			return true;
	return false;
}

/* Cuts the last element off a list with commas, and reads it. */
static bool
take_last(const char *list, size_t *len, struct peer *p)
{
	size_t end = *len, begin;
	char text[PEER_TEXT];

	while (end > 0 && list[end - 1] == ' ')
		end--;
	for (begin = end; begin > 0 && list[begin - 1] != ',';)
		begin--;
	*len = begin > 0 ? begin - 1 : 0;
	while (begin < end && list[begin] == ' ')
		begin++;
	if (end - begin >= sizeof(text))
		return false;
	memcpy(text, list + begin, end - begin);
	text[end - begin] = '\0';
	return peer_parse(p, text);
}

struct peer
peer_behind(const struct peer *p, const char *forwarded_for,
    const struct peer *proxies, size_t n)
{
	size_t len = forwarded_for != NULL ? strlen(forwarded_for) : 0;
	struct peer found = *p, next;

	while (len > 0 && is_among(&found, proxies, n) &&
	       take_last(forwarded_for, &len, &next))
		found = next;
	return found;
}
