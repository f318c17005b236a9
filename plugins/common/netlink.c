/* SPDX-License-Identifier: MIT */
#include "common/netlink.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { NETLINK_PIECE = 16 << 10 }; /* the kernel fills it, if it can */

bool
netlink_fits(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* The kernel answers at once; whatever else there may be in its place is not
 * waited for. */
static int
open_socket(int protocol)
{
	const struct timeval patience = { 1, 0 };
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int rc;

	if (fd < 0)
		return -errno;
	if (setsockopt(
		fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int
netlink_open(struct netlink *nl, int protocol)
{
	*nl = (struct netlink){ .protocol = protocol,
		.fd = open_socket(protocol) };
	return nl->fd < 0 ? nl->fd : 0;
}

void
netlink_close(struct netlink *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

static int
ask(const struct netlink *nl, uint16_t type, const void *body, size_t n)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof(h) + n),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.nlmsg_seq = nl->seq };
	struct iovec parts[] = { { &h, sizeof(h) },
		{ (void *)(uintptr_t)body, n } };
	const struct msghdr m = { .msg_name = (void *)(uintptr_t)&kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = parts,
		.msg_iovlen = 2 };

	return sendmsg(nl->fd, &m, 0) < 0 ? -errno : 0;
}

/* Bytes of a piece of the answer, 0 for one that is not from the kernel, or
 * -errno. */
static ssize_t
receive(const struct netlink *nl, void *piece, size_t size)
{
	struct sockaddr_nl from = { 0 };
	socklen_t len = sizeof(from);
	const ssize_t n = recvfrom(
	    nl->fd, piece, size, MSG_TRUNC, (struct sockaddr *)&from, &len);

	if (n < 0)
		return -errno;
	if ((size_t)n > size)
		return -EMSGSIZE;
	return from.nl_pid == 0 ? n : 0;
}

static int
take_answer(const struct netlink *nl, nlmsg_fn *take, void *arg)
{
	struct nlmsg_answer a = { .seq = nl->seq };
	char piece[NETLINK_PIECE];
	ssize_t n;
	int rc;

	while (!a.done) {
		n = receive(nl, piece, sizeof(piece));
		if (n < 0)
			return (int)n;
		rc = nlmsg_each(&a, piece, (size_t)n, take, arg);
		if (rc != 0)
			return rc;
	}
	return a.interrupted ? -EINTR : 0;
}

int
netlink_dump(struct netlink *nl, uint16_t type, const void *body, size_t n,
    nlmsg_fn *take, void *arg)
{
	int rc;

	if (nl->fd < 0) {
		nl->fd = open_socket(nl->protocol);
		if (nl->fd < 0)
			return nl->fd;
	}
	nl->seq++;
	rc = ask(nl, type, body, n);
	if (rc == 0)
		rc = take_answer(nl, take, arg);
	if (rc != 0)
		netlink_close(nl);
	return rc;
}
