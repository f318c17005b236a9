/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "common/listen.h"

enum {
	DATAGRAMS = 32,			 /* in one call */
	DATAGRAM_MAX = 65536,		 /* none is longer */
	BUFFER_WANTED = 4 * 1024 * 1024, /* in the kernel, for bursts */
};

/* What the thread receives into; only what was written to is ever touched. */
struct inbox {
	struct mmsghdr headers[DATAGRAMS];
	struct iovec vectors[DATAGRAMS];
	char bytes[DATAGRAMS][DATAGRAM_MAX];
};

static void
prepare(struct inbox *in)
{
	for (int i = 0; i < DATAGRAMS; i++) {
		in->vectors[i] = (struct iovec){ in->bytes[i], DATAGRAM_MAX };
		in->headers[i] =
		    (struct mmsghdr){ .msg_hdr = { .msg_iov = &in->vectors[i],
					  .msg_iovlen = 1 } };
	}
}

/* All that is there, one lock for each call. */
static void
take_all(struct receiver *r, int fd, struct inbox *in)
{
	int n;

	do {
		n = recvmmsg(fd, in->headers, DATAGRAMS, MSG_DONTWAIT, NULL);
		if (n <= 0)
			return;
		pthread_mutex_lock(&r->lock);
		r->datagrams += (uint64_t)n;
		for (int i = 0; i < n; i++)
			statsd_table_take(&r->table, in->bytes[i],
			    in->headers[i].msg_len, fettle_now(r->ctx));
		pthread_mutex_unlock(&r->lock);
	} while (n == DATAGRAMS);
}

static void *
receiver_run(void *arg)
{
	struct receiver *r = arg;
	struct pollfd fds[RECEIVER_SOCKETS + 1];
	struct inbox *in = malloc(sizeof(*in));

	if (in == NULL) {
		fettle_log(r->ctx, LOG_ERR, "no memory to receive into");
		return NULL;
	}
	prepare(in);
	for (size_t i = 0; i < r->n; i++)
		fds[i] = (struct pollfd){ r->sockets[i], POLLIN, 0 };
	fds[r->n] = (struct pollfd){ r->stop, POLLIN, 0 };
	for (;;) {
		if (poll(fds, r->n + 1, -1) < 0 && errno != EINTR)
			break;
		if (fds[r->n].revents != 0)
			break;
		for (size_t i = 0; i < r->n; i++)
			if (fds[i].revents != 0)
				take_all(r, r->sockets[i], in);
	}
	free(in);
	return NULL;
}

/* --- sockets ---------------------------------------------------------------
 */

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
	int fd;

	if (!listen_parse(&address, text))
		return fettle_fail(r->ctx, EINVAL,
		    "`%s' is no address: 127.0.0.1:8125, [::1]:8125, *:8125",
		    text);
	fd = listen_open(&address, SOCK_DGRAM);
	if (fd < 0)
		return fettle_fail(r->ctx, -fd, "listen on `%s'", text);
	add_socket(r, fd);
	return 0;
}

/* One that was left behind is in the way; anything else stays. */
static void
remove_old(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}

static int
open_unix(struct receiver *r, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return fettle_fail(r->ctx, EINVAL,
		    "`%s' is too long for the path of a socket", path);
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fettle_fail(r->ctx, errno, "socket");
	remove_old(path);
	/* whoever may send by UDP may send here */
	if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    chmod(path, 0666) != 0) {
		err = errno;
		close(fd);
		return fettle_fail(r->ctx, err, "listen on `%s'", path);
	}
	add_socket(r, fd);
	r->path = strdup(path);
	return 0;
}

static int
open_sockets(struct receiver *r, const struct receiver_options *options)
{
	int rc = 0;

	for (size_t i = 0; i < options->listen.n && rc == 0; i++)
		rc = open_udp(r, options->listen.v[i]);
	if (rc == 0 && options->path != NULL)
		rc = open_unix(r, options->path);
	return rc;
}

/* --- life ------------------------------------------------------------------
 */

static void
release(struct receiver *r)
{
	for (size_t i = 0; i < r->n; i++)
		close(r->sockets[i]);
	if (r->path != NULL)
		unlink(r->path);
	free(r->path);
	if (r->stop >= 0)
		close(r->stop);
	statsd_table_fini(&r->table);
	pthread_mutex_destroy(&r->lock);
}

int
receiver_open(struct receiver *r, struct fettle_ctx *ctx,
    const struct receiver_options *options)
{
	uint64_t seed = (uint64_t)fettle_now(ctx);
	int rc;

	*r = (struct receiver){ .ctx = ctx, .stop = -1 };
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed ^= (uint64_t)(uintptr_t)r;
	if (statsd_table_init(
		&r->table, options->most, options->samples, seed) < 0)
		return fettle_fail(ctx, ENOMEM, "table");
	pthread_mutex_init(&r->lock, NULL);
	rc = open_sockets(r, options);
	if (rc == 0) {
		r->stop = eventfd(0, EFD_CLOEXEC);
		if (r->stop < 0)
			rc = fettle_fail(ctx, errno, "eventfd");
	}
	if (rc == 0) {
		rc = -pthread_create(&r->thread, NULL, receiver_run, r);
		if (rc != 0)
			fettle_fail(ctx, -rc, "thread");
	}
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
