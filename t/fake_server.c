/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "fake_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/vec.h"

#define MAX_CONNECTIONS 64

struct answer {
	char *text, *more; /* more: NULL, or what is repeated every ms */
	int ms;
	enum fake_end end;
};

struct connection {
	struct fake_server *server;
	pthread_t thread;
	int fd;
};

struct fake_server {
	int fd, port;
	char url[64];
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	bool ending;
	struct connection connections[MAX_CONNECTIONS];
	size_t n_connections;
	VEC(struct answer) answers;
	size_t n_answered;
	VEC(struct fake_request *) requests;
};

/* --- one connection ------------------------------------------------------ */

static void
send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		const ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

/* Whether the client is still there; waits for it to leave for ms. */
static bool
is_there(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	if (poll(&p, 1, ms) <= 0)
		return true;
	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Whether the connection is kept. */
static bool
give_answer(int fd, const struct answer *a)
{
	const struct linger now = { .l_onoff = 1 };

	send_all(fd, a->text, strlen(a->text));
	while (a->more != NULL && is_there(fd, a->ms))
		send_all(fd, a->more, strlen(a->more));
	switch (a->end) {
	case FAKE_KEEP:
		return true;
	case FAKE_CLOSE:
		break;
	case FAKE_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		break;
	case FAKE_HANG:
		while (is_there(fd, -1))
			continue;
		break;
	}
	return false;
}

char *
fake_server_header(const struct fake_request *r, const char *name)
{
	const size_t len = strlen(name);

	for (const char *s = r->head; (s = strchr(s, '\n')) != NULL;) {
		s++;
		if (strncasecmp(s, name, len) == 0 && s[len] == ':') {
			s += len + 1;
			s += strspn(s, " ");
			return xstrndup(s, strcspn(s, "\r\n"));
		}
	}
	return NULL;
}

/* Reads at least one more byte; false: the client has gone. */
static bool
read_more(int fd, struct buf *in)
{
	char piece[65536];
	const ssize_t n = recv(fd, piece, sizeof(piece), 0);

	if (n <= 0)
		return false;
	buf_add(in, piece, (size_t)n);
	return true;
}

/* The next request, or NULL when the client has gone. */
static struct fake_request *
read_request(int fd)
{
	struct fake_request *r = NEW(struct fake_request);
	struct buf in = { 0 };
	char *end = NULL, *length = NULL;

	while (in.len == 0 || (end = strstr(in.data, "\r\n\r\n")) == NULL)
		if (!read_more(fd, &in))
			goto gone;
	r->head = xstrndup(in.data, (size_t)(end + 2 - in.data));
	length = fake_server_header(r, "content-length");
	r->len = length != NULL ? strtoul(length, NULL, 10) : 0;
	free(length);
	const size_t head = (size_t)(end + 4 - in.data);
	while (in.len < head + r->len)
		if (!read_more(fd, &in))
			goto gone;
	r->body = xreallocarray(NULL, r->len + 1, 1);
	memcpy(r->body, in.data + head, r->len + 1);
	buf_free(&in);
	return r;
gone:
	buf_free(&in);
	free(r->head);
	free(r);
	return NULL;
}

static struct answer
next_answer(struct fake_server *s, struct fake_request *r)
{
	static char fine[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	struct answer a = { .text = fine, .end = FAKE_KEEP };

	pthread_mutex_lock(&s->lock);
	vec_add(&s->requests) = r;
	if (s->n_answered < s->answers.n)
		a = s->answers.v[s->n_answered++];
	pthread_mutex_unlock(&s->lock);
	return a;
}

static void *
serve(void *arg)
{
	struct connection *c = arg;
	struct fake_request *r;
	struct answer a;
	bool keep = true;

	while (keep && (r = read_request(c->fd)) != NULL) {
		a = next_answer(c->server, r);
		keep = give_answer(c->fd, &a);
	}
	pthread_mutex_lock(&c->server->lock);
	close(c->fd);
	c->fd = -1;
	pthread_mutex_unlock(&c->server->lock);
	return NULL;
}

/* --- the server ---------------------------------------------------------- */

static void *
accept_all(void *arg)
{
	struct fake_server *s = arg;
	struct connection *c;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		pthread_mutex_lock(&s->lock);
		if (s->ending || s->n_connections == MAX_CONNECTIONS) {
			close(fd);
		} else {
			c = &s->connections[s->n_connections++];
			c->server = s;
			c->fd = fd;
			pthread_create(&c->thread, NULL, serve, c);
		}
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

struct fake_server *
fake_server_new(void)
{
	struct fake_server *s = NEW(struct fake_server);
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	getsockname(s->fd, (struct sockaddr *)&a, &len);
	s->port = ntohs(a.sin_port);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", s->port);
	pthread_mutex_init(&s->lock, NULL);
	pthread_create(&s->thread, NULL, accept_all, s);
	return s;
}

void
fake_server_free(struct fake_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	for (size_t i = 0; i < s->n_connections; i++)
		if (s->connections[i].fd >= 0)
			shutdown(s->connections[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	for (size_t i = 0; i < s->n_connections; i++)
		pthread_join(s->connections[i].thread, NULL);
	for (size_t i = 0; i < s->answers.n; i++) {
		free(s->answers.v[i].text);
		free(s->answers.v[i].more);
	}
	for (size_t i = 0; i < s->requests.n; i++) {
		free(s->requests.v[i]->head);
		free(s->requests.v[i]->body);
		free(s->requests.v[i]);
	}
	vec_free(&s->answers);
	vec_free(&s->requests);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const char *
fake_server_url(const struct fake_server *s)
{
	return s->url;
}

int
fake_server_port(const struct fake_server *s)
{
	return s->port;
}

static void
add_answer(struct fake_server *s, struct answer a)
{
	pthread_mutex_lock(&s->lock);
	vec_add(&s->answers) = a;
	pthread_mutex_unlock(&s->lock);
}

void
fake_server_say(struct fake_server *s, const char *answer, enum fake_end end)
{
	add_answer(s, (struct answer){ .text = xstrdup(answer), .end = end });
}

void
fake_server_say_endlessly(
    struct fake_server *s, const char *answer, const char *more, int ms)
{
	add_answer(s, (struct answer){ .text = xstrdup(answer),
			  .more = xstrdup(more),
			  .ms = ms,
			  .end = FAKE_CLOSE });
}

size_t
fake_server_connections(struct fake_server *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->n_connections;
	pthread_mutex_unlock(&s->lock);
	return n;
}

size_t
fake_server_requests(struct fake_server *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->requests.n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

const struct fake_request *
fake_server_request(struct fake_server *s, size_t i)
{
	const struct fake_request *r = NULL;

	pthread_mutex_lock(&s->lock);
	if (i < s->requests.n)
		r = s->requests.v[i];
	pthread_mutex_unlock(&s->lock);
	assert_non_null(r);
	return r;
}
