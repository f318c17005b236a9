/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"

/* 1 to 5 digits up to 65535. */
static bool
read_port(const char *s, in_port_t *port)
{
	const size_t n = strspn(s, "0123456789");
	long number;

	if (n == 0 || n > 5 || s[n] != '\0')
		return false;
	number = strtol(s, NULL, 10);
	*port = htons((in_port_t)number);
	return number <= 65535;
}

static void
set_v4(struct listen_address *a, struct in_addr in, in_port_t port)
{
	const struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_addr = in, .sin_port = port
	};

	memcpy(&a->sa, &sin, sizeof(sin));
	a->len = sizeof(sin);
}

static void
set_v6(struct listen_address *a, struct in6_addr in6, in_port_t port)
{
	const struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6, .sin6_addr = in6, .sin6_port = port
	};

	memcpy(&a->sa, &sin6, sizeof(sin6));
	a->len = sizeof(sin6);
}

/* The address before the port, of len bytes. */
static bool
set_host(
    struct listen_address *a, const char *host, size_t len, in_port_t port)
{
	char inner[LISTEN_TEXT];
	struct in_addr in;
	struct in6_addr in6;

	memcpy(inner, host, len);
	inner[len] = '\0';
	if (strcmp(inner, "localhost") == 0)
		strcpy(inner, "127.0.0.1");
	a->any = strcmp(inner, "*") == 0;
	if (a->any) {
		set_v6(a, in6addr_any, port);
		return true;
	}
	if (inet_pton(AF_INET, inner, &in) == 1) {
		set_v4(a, in, port);
		return true;
	}
	if (len < 3 || inner[0] != '[' || inner[len - 1] != ']')
		return false;
	inner[len - 1] = '\0';
	if (inet_pton(AF_INET6, inner + 1, &in6) != 1)
		return false;
	set_v6(a, in6, port);
	return true;
}

bool
listen_parse(struct listen_address *a, const char *text)
{
	const char *colon = strrchr(text, ':');
	struct peer peer;
	in_port_t port;

	*a = (struct listen_address){ .len = 0 };
	if (colon == NULL || strlen(text) >= sizeof(a->text) ||
	    !read_port(colon + 1, &port) ||
	    !set_host(a, text, (size_t)(colon - text), port))
		return false;
	strcpy(a->text, text);
	a->loopback = peer_from(&peer, (const struct sockaddr *)&a->sa) &&
		      peer_is_loopback(&peer);
	return true;
}

static int
bind_to(
    const struct listen_address *a, int type, const void *sa, socklen_t len)
{
	const sa_family_t family = ((const struct sockaddr *)sa)->sa_family;
	const int on = 1, only_v6 = !a->any;
	const int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if ((type == SOCK_DGRAM || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR,
				       &on, sizeof(on)) == 0) &&
	    (family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				       &only_v6, sizeof(only_v6)) == 0) &&
	    bind(fd, sa, len) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, SOMAXCONN) == 0))
		return fd;
	err = errno;
	close(fd);
	return -err;
}

int
listen_open(const struct listen_address *a, int type)
{
	const int fd = bind_to(a, type, &a->sa, a->len);
	struct sockaddr_in6 sin6;
	struct sockaddr_in sin = { .sin_family = AF_INET };

	if (!a->any || (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL))
		return fd;
	/* a kernel without IPv6 */
	memcpy(&sin6, &a->sa, sizeof(sin6));
	sin.sin_port = sin6.sin6_port;
	return bind_to(a, type, &sin, sizeof(sin));
}

unsigned
listen_port(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return 0;
	memcpy(&sin, &sa, sizeof(sin));
	memcpy(&sin6, &sa, sizeof(sin6));
	return ntohs(sa.ss_family == AF_INET ? sin.sin_port : sin6.sin6_port);
}
