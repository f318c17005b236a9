/* SPDX-License-Identifier: MIT */
#include "control/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/thread.h"
#include "control/errand.h"
#include "control/listen.h"

enum {
	READ_AT_ONCE = 16 << 10,
	KEEP_BYTES = 64 << 10, /* of a buffer that is empty again */
	ACCEPT_PAUSE_MS = 1000,
};

struct client {
	int fd;
	struct buf in, out;    /* out: what is left of one answer */
	size_t sent;	       /* bytes of out */
	bool skips;	       /* the rest of a line that was too long */
	uint64_t used;	       /* the server's turn when it last moved */
	struct errand *errand; /* the answer comes from there; NULL */
};

/* All but stopping and wake belongs to the thread once it runs. */
struct control_server {
	pthread_t thread;
	atomic_bool stopping;
	int wake; /* readable: look at stopping and errands */
	int listener;
	char *path;
	struct stat made;
	const struct control_command *commands;
	size_t n_commands;
	void *daemon;
	struct client clients[CONTROL_CLIENTS_MAX];
	size_t n_clients;
	struct errand *errands[ERRANDS_MAX];
	size_t n_errands;
	uint64_t turn;
	bool full; /* no descriptor was left: accept none for a while */
};

/* --- one client ---------------------------------------------------------- */

static void
client_fini(struct client *c)
{
	close(c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
}

/* Bytes of the first line of in without its end; false: there is none. */
static bool
client_line(const struct client *c, size_t *len)
{
	const char *end =
	    c->in.len > 0 ? memchr(c->in.data, '\n', c->in.len) : NULL;

	if (end != NULL)
		*len = (size_t)(end - c->in.data);
	return end != NULL;
}

/* Whether there is a line, or more than any line may have. */
static bool
client_has_request(const struct client *c)
{
	size_t len;

	return c->in.len > CONTROL_REQUEST_MAX || client_line(c, &len);
}

static short
client_events(const struct client *c)
{
	if (c->out.len > 0)
		return POLLOUT;
	return client_has_request(c) ? 0 : POLLIN;
}

static void
client_consume(struct client *c, size_t n)
{
	memmove(c->in.data, c->in.data + n, c->in.len - n);
	c->in.len -= n;
}

/* What came up to the end of the line goes; the line is done with then. */
static void
client_skip(struct client *c)
{
	size_t len;

	if (client_line(c, &len)) {
		client_consume(c, len + 1);
		c->skips = false;
	} else {
		buf_clear(&c->in);
	}
}

/* Takes what is there, never more than a line that is too long.  False: the
 * client is done; what it began to write is no request. */
static bool
client_read(struct client *c)
{
	char data[READ_AT_ONCE];
	const size_t room = CONTROL_REQUEST_MAX + 1 - c->in.len;
	const ssize_t n =
	    recv(c->fd, data, room < sizeof(data) ? room : sizeof(data), 0);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	buf_add(&c->in, data, (size_t)n);
	if (c->skips)
		client_skip(c);
	return true;
}

static bool
client_write(struct client *c)
{
	const ssize_t n = send(
	    c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)n;
	if (c->sent < c->out.len)
		return true;
	c->sent = 0;
	if (c->out.cap > KEEP_BYTES)
		buf_free(&c->out);
	else
		buf_clear(&c->out);
	return true;
}

/* Takes over the answer. */
static void
client_take(struct client *c, char *answer, size_t len)
{
	if (len <= CONTROL_ANSWER_MAX) {
		buf_add(&c->out, answer, len);
		buf_putc(&c->out, '\n');
	} else {
		buf_printf(&c->out,
		    "{\"error\":\"the answer has %zu bytes, at most %d are "
		    "sent: ask for less\"}\n",
		    len, CONTROL_ANSWER_MAX);
	}
	free(answer);
}

/* In a thread of its own. */
static void
client_send_out(
    struct client *c, struct control_server *s, struct control_request request)
{
	if (s->n_errands < ERRANDS_MAX)
		c->errand = errand_begin(request, s->daemon, s->wake);
	else
		control_drop(request);
	if (c->errand != NULL)
		s->errands[s->n_errands++] = c->errand;
	else
		buf_puts(&c->out,
		    "{\"error\":\"too many wait for an answer already, try "
		    "again\"}\n");
}

static void
client_answer(struct client *c, struct control_server *s, const char *line,
    size_t line_len)
{
	const struct control_request request =
	    control_read(s->commands, s->n_commands, line, line_len, false);
	size_t len;
	char *answer;

	if (request.command != NULL && request.command->waits) {
		client_send_out(c, s, request);
		return;
	}
	answer = control_run(request, s->daemon, &len);
	client_take(c, answer, len);
}

static void
client_serve(struct client *c, struct control_server *s)
{
	size_t len;

	if (client_line(c, &len)) {
		client_answer(c, s, c->in.data, len);
		client_consume(c, len + 1);
	} else {
		client_answer(c, s, c->in.data, c->in.len);
		buf_clear(&c->in);
		c->skips = true;
	}
}

/* One step: the rest of its answer leaves, or what it sent is taken, and one
 * request is answered if there is one.  It is read only when it has no answer
 * to wait for, so at its end nothing is owed.  False: it is to be closed. */
static bool
client_turn(struct client *c, struct control_server *s, short events)
{
	if (c->errand != NULL)
		return true;
	if (events != 0) {
		c->used = ++s->turn;
		if (c->out.len > 0)
			return client_write(c);
		if (!client_has_request(c) && !client_read(c))
			return false;
	}
	if (c->out.len > 0 || !client_has_request(c))
		return true;
	client_serve(c, s);
	return c->errand != NULL || client_write(c);
}

/* --- all of them --------------------------------------------------------- */

static void
server_drop(struct control_server *s, size_t i)
{
	client_fini(&s->clients[i]);
	s->clients[i] = s->clients[--s->n_clients];
}

/* Who waits for us is not quiet: there are fewer of them than clients. */
static void
server_drop_quietest(struct control_server *s)
{
	size_t quietest = 0;

	for (size_t i = 1; i < s->n_clients; i++)
		if (s->clients[quietest].errand != NULL ||
		    (s->clients[i].errand == NULL &&
			s->clients[i].used < s->clients[quietest].used))
			quietest = i;
	server_drop(s, quietest);
}

/* Who asked may be gone. */
static void
server_take(struct control_server *s, struct errand *e)
{
	size_t len;
	char *answer = errand_end(e, &len);

	for (size_t i = 0; i < s->n_clients; i++) {
		if (s->clients[i].errand != e)
			continue;
		s->clients[i].errand = NULL;
		client_take(&s->clients[i], answer, len);
		return;
	}
	free(answer);
}

static void
server_awake(struct control_server *s)
{
	uint64_t times;

	if (read(s->wake, &times, sizeof(times)) < 0)
		return;
	for (size_t i = s->n_errands; i-- > 0;) {
		struct errand *e = s->errands[i];

		if (!errand_is_done(e))
			continue;
		s->errands[i] = s->errands[--s->n_errands];
		server_take(s, e);
	}
}

static bool
is_permitted(int fd)
{
	static const char no[] = "{\"error\":\"not permitted\"}\n";
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0) {
		if (peer.uid == 0 || peer.uid == geteuid())
			return true;
		log_warning(
		    "control: user %ld is not permitted", (long)peer.uid);
	}
	(void)!send(fd, no, sizeof(no) - 1, MSG_NOSIGNAL);
	return false;
}

static void
server_accept(struct control_server *s)
{
	const int fd =
	    accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		s->full = errno == EMFILE || errno == ENFILE ||
			  errno == ENOBUFS || errno == ENOMEM;
		if (s->full)
			log_warning("control: cannot accept a client: %s",
			    strerror(errno));
		return;
	}
	if (!is_permitted(fd)) {
		close(fd);
		return;
	}
	if (s->n_clients == CONTROL_CLIENTS_MAX)
		server_drop_quietest(s);
	s->clients[s->n_clients++] =
	    (struct client){ .fd = fd, .used = ++s->turn };
}

/* Sleeps until somebody moves; fds as the thread reads them. */
static void
server_wait(struct control_server *s, struct pollfd *fds)
{
	int timeout = s->full ? ACCEPT_PAUSE_MS : -1;

	fds[0] = (struct pollfd){ .fd = s->wake, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = s->full ? -1 : s->listener,
		.events = POLLIN };
	for (size_t i = 0; i < s->n_clients; i++) {
		const struct client *c = &s->clients[i];

		fds[2 + i] =
		    (struct pollfd){ .fd = c->errand != NULL ? -1 : c->fd,
			    .events = client_events(c) };
		if (fds[2 + i].events == 0 && c->errand == NULL)
			timeout = 0;
	}
	s->full = false;
	if (poll(fds, (nfds_t)(2 + s->n_clients), timeout) < 0)
		for (size_t i = 0; i < 2 + s->n_clients; i++)
			fds[i].revents = 0;
}

static void *
server_run(void *arg)
{
	struct control_server *s = arg;
	struct pollfd fds[2 + CONTROL_CLIENTS_MAX];

	while (!atomic_load(&s->stopping)) {
		server_wait(s, fds);
		if (fds[0].revents != 0)
			server_awake(s);
		/* backwards: server_drop moves the last one */
		for (size_t i = s->n_clients;
		     i-- > 0 && !atomic_load(&s->stopping);)
			if (!client_turn(
				&s->clients[i], s, fds[2 + i].revents))
				server_drop(s, i);
		if (fds[1].revents != 0)
			server_accept(s);
	}
	return NULL;
}

/* --- from outside -------------------------------------------------------- */

static void
server_free(struct control_server *s)
{
	for (size_t len; s->n_errands > 0;)
		free(errand_end(s->errands[--s->n_errands], &len));
	while (s->n_clients > 0)
		server_drop(s, s->n_clients - 1);
	if (s->listener >= 0) {
		control_unlink(s->path, &s->made);
		close(s->listener);
	}
	if (s->wake >= 0)
		close(s->wake);
	free(s->path);
	free(s);
}

struct control_server *
control_start(const char *path, const struct control_command *commands,
    size_t n, void *daemon, char *why, size_t len)
{
	struct control_server *s = NEW(struct control_server);
	int err;

	s->path = xstrdup(path);
	s->commands = commands;
	s->n_commands = n;
	s->daemon = daemon;
	s->wake = eventfd(0, EFD_CLOEXEC);
	err = s->wake < 0 ? errno : 0;
	s->listener = err ? -1 : control_listen(path, &s->made, why, len);
	if (s->listener >= 0)
		err = thread_start(&s->thread, server_run, s);
	if (err == 0 && s->listener >= 0)
		return s;
	if (err != 0)
		snprintf(why, len, "cannot start the control thread: %s",
		    strerror(err));
	server_free(s);
	return NULL;
}

void
control_stop(struct control_server *s)
{
	const uint64_t one = 1;

	if (s == NULL)
		return;
	atomic_store(&s->stopping, true);
	if (write(s->wake, &one, sizeof(one)) < 0)
		abort(); /* an eventfd at 0 takes a 1 */
	pthread_join(s->thread, NULL);
	server_free(s);
}
