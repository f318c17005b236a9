/* SPDX-License-Identifier: MIT */
#include "common/receiver.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "common/listen.h"
#include "common/thread.h"

enum {
	DATAGRAM_MAX = 65536,		 /* none is longer by UDP */
	BUFFER_WANTED = 4 * 1024 * 1024, /* in the kernel, for bursts */
	TICK_MS = 1000,
};

#define NS_PER_MS INT64_C(1000000)

/* What the thread receives into; only what was written to is ever touched. */
struct inbox {
	struct mmsghdr headers[RECEIVER_DATAGRAMS];
	struct iovec vectors[RECEIVER_DATAGRAMS];
	struct datagram datagrams[RECEIVER_DATAGRAMS];
	uint8_t bytes[RECEIVER_DATAGRAMS][DATAGRAM_MAX];
};

/* --- the thread ---------------------------------------------------------- */

static struct inbox *
inbox_new(void)
{
	struct inbox *in = malloc(sizeof(*in));

	if (in == NULL)
		return NULL;
	for (int i = 0; i < RECEIVER_DATAGRAMS; i++) {
		in->datagrams[i].data = in->bytes[i];
		in->vectors[i] = (struct iovec){ in->bytes[i], DATAGRAM_MAX };
		in->headers[i] =
		    (struct mmsghdr){ .msg_hdr = { .msg_iov = &in->vectors[i],
					  .msg_iovlen = 1 } };
	}
	return in;
}

/* What is there, as much as one call takes: who sends without end is no
 * reason not to tick, or to stop. */
static void
take_some(struct receiver *r, int fd)
{
	struct inbox *in = r->inbox;
	const int n =
	    recvmmsg(fd, in->headers, RECEIVER_DATAGRAMS, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++) {
		in->datagrams[i].len = in->headers[i].msg_len;
		in->datagrams[i].cut =
		    (in->headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
	}
	if (n > 0)
		r->take(r->arg, in->datagrams, (size_t)n);
}

bool
receiver_wait(struct receiver *r, int ms)
{
	struct pollfd fd = { r->stop, POLLIN, 0 };

	return poll(&fd, 1, ms) == 0;
}

static void *
receiver_run(void *arg)
{
	struct receiver *r = arg;
	struct pollfd fds[sizeof(r->sockets) / sizeof(*r->sockets) + 1];
	const int wait_ms = r->tick != NULL ? TICK_MS : -1;
	int64_t ticked = fettle_now(r->ctx);

	for (size_t i = 0; i < r->n; i++)
		fds[i] = (struct pollfd){ r->sockets[i], POLLIN, 0 };
	fds[r->n] = (struct pollfd){ r->stop, POLLIN, 0 };
	for (;;) {
		if (poll(fds, r->n + 1, wait_ms) < 0 && errno != EINTR)
			break;
		if (fds[r->n].revents != 0)
			return NULL;
		for (size_t i = 0; i < r->n; i++)
			if (fds[i].revents != 0)
				take_some(r, r->sockets[i]);
		if (r->tick != NULL &&
		    fettle_now(r->ctx) - ticked >= TICK_MS * NS_PER_MS) {
			r->tick(r->arg);
			ticked = fettle_now(r->ctx);
		}
	}
	fettle_log(r->ctx, LOG_ERR, "cannot wait for datagrams any more: %s",
	    strerror(errno));
	return NULL;
}

/* --- sockets ------------------------------------------------------------- */

/* An address of a group is one to join. */
static int
join(int fd, const struct listen_address *address)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	if (address->sa.ss_family == AF_INET) {
		struct ip_mreq group = { .imr_interface.s_addr = INADDR_ANY };

		memcpy(&sin, &address->sa, sizeof(sin));
		group.imr_multiaddr = sin.sin_addr;
		return IN_MULTICAST(ntohl(sin.sin_addr.s_addr)) &&
			       setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP,
				   &group, sizeof(group)) != 0
			   ? -errno
			   : 0;
	}
	memcpy(&sin6, &address->sa, sizeof(sin6));
	if (IN6_IS_ADDR_MULTICAST(&sin6.sin6_addr)) {
		const struct ipv6_mreq group = { sin6.sin6_addr, 0 };

		if (setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group,
			sizeof(group)) != 0)
			return -errno;
	}
	return 0;
}

static void
add_socket(struct receiver *r, int fd)
{
	const int size = BUFFER_WANTED;

	/* the kernel gives as much of it as it is allowed to */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	r->sockets[r->n++] = fd;
}

static int
open_udp(struct receiver *r, const char *text)
{
	struct listen_address address;
	int fd, rc;

	if (!listen_parse(&address, text))
		return fettle_fail(r->ctx, EINVAL, "'%s' is no address: %s",
		    text, r->examples);
	fd = listen_open(&address, SOCK_DGRAM);
	if (fd < 0)
		return fettle_fail(r->ctx, -fd, "listen on '%s'", text);
	add_socket(r, fd);
	rc = join(fd, &address);
	return rc == 0 ? 0
		       : fettle_fail(r->ctx, -rc, "join the group '%s'", text);
}

/* A socket that was left behind is in the way; what is no socket, or one that
 * somebody still has, stays. */
static void
remove_old(int fd, const struct sockaddr_un *sun)
{
	struct stat st;

	if (lstat(sun->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) != 0 &&
	    errno == ECONNREFUSED)
		unlink(sun->sun_path);
}

/* Whoever may send by UDP may send here.  In a folder that others write to,
 * path may be a link to something else by now: the mode is that of what was
 * looked at.  0 or -1 and errno. */
static int
let_everybody_send(const char *path)
{
	const int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	char same[32];
	int rc = -1, err;

	if (fd < 0)
		return -1;
	snprintf(same, sizeof(same), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == 0 && !S_ISSOCK(st.st_mode))
		errno = EEXIST;
	else
		rc = chmod(same, 0666);
	err = errno;
	close(fd);
	errno = err;
	return rc;
}

static int
open_unix(struct receiver *r, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return fettle_fail(r->ctx, EINVAL,
		    "'%s' is too long for the path of a socket", path);
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fettle_fail(r->ctx, errno, "socket");
	remove_old(fd, &sun);
	if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    let_everybody_send(path) != 0) {
		err = errno;
		close(fd);
		return fettle_fail(r->ctx, err, "listen on '%s'", path);
	}
	add_socket(r, fd);
	r->path = strdup(path);
	return 0;
}

uint64_t
receiver_lost(const struct receiver *r)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < r->n; i++) {
		uint32_t info[SK_MEMINFO_VARS] = { 0 };
		socklen_t len = sizeof(info);

		if (getsockopt(r->sockets[i], SOL_SOCKET, SO_MEMINFO, info,
			&len) == 0)
			lost += info[SK_MEMINFO_DROPS];
	}
	return lost;
}

int
receiver_submit(struct fettle_ctx *ctx, const char *plugin,
    const struct fettle_field *fields, const struct fettle_value *v, size_t n)
{
	const struct fettle_tag section = { "section", fettle_label(ctx) };
	const struct fettle_field *each[RECEIVER_FIELDS];
	const struct fettle_list list = { .size = sizeof(list),
		.tags = &section,
		.n_tags = strcmp(section.value, plugin) != 0,
		.fields = each,
		.values = v,
		.n = n };

	assert(n <= RECEIVER_FIELDS);
	for (size_t i = 0; i < n; i++)
		each[i] = &fields[i];
	return fettle_submit_list(ctx, &list);
}

/* --- life ---------------------------------------------------------------- */

static void
release(struct receiver *r)
{
	for (size_t i = 0; i < r->n; i++)
		close(r->sockets[i]);
	r->n = 0;
	if (r->path != NULL)
		unlink(r->path);
	free(r->path);
	r->path = NULL;
	if (r->stop >= 0)
		close(r->stop);
	free(r->inbox);
	r->inbox = NULL;
}

static int
start(struct receiver *r)
{
	int rc;

	r->inbox = inbox_new();
	if (r->inbox == NULL)
		return fettle_fail(r->ctx, ENOMEM, "make room for datagrams");
	r->stop = eventfd(0, EFD_CLOEXEC);
	if (r->stop < 0)
		return fettle_fail(r->ctx, errno, "eventfd");
	rc = thread_start(&r->thread, receiver_run, r);
	return rc == 0 ? 0 : fettle_fail(r->ctx, rc, "thread");
}

int
receiver_open(struct receiver *r, struct fettle_ctx *ctx,
    const struct fettle_strings *listen, const char *path)
{
	int rc = 0;

	r->ctx = ctx;
	r->n = 0;
	r->stop = -1;
	r->path = NULL;
	r->inbox = NULL;
	for (size_t i = 0; i < listen->n && rc == 0; i++)
		rc = open_udp(r, listen->v[i]);
	if (rc == 0 && path != NULL)
		rc = open_unix(r, path);
	if (rc == 0)
		rc = start(r);
	if (rc != 0)
		release(r);
	return rc;
}

void
receiver_close(struct receiver *r)
{
	const uint64_t one = 1;

	if (write(r->stop, &one, sizeof(one)) == sizeof(one))
		pthread_join(r->thread, NULL);
	release(r);
}
