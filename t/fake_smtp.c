/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "fake_smtp.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/vec.h"

struct rule {
	char *begin, *reply;
};

struct fake_smtp {
	int fd, port;
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t ended;
	bool talking;
	VEC(struct rule) rules;
	struct buf commands, mail;
};

/* --- one connection ------------------------------------------------------ */

/* False: the connection is to be closed. */
static bool
reply(struct fake_smtp *s, FILE *to, const char *line)
{
	static const struct rule normal[] = {
		{ (char *)"EHLO", (char *)"250-fake\r\n250 SIZE 1000000" },
		{ (char *)"DATA", (char *)"354 go on" },
		{ (char *)".", (char *)"250 2.0.0 queued as 17" },
		{ (char *)"QUIT", (char *)"221 bye" },
	};
	const char *text = *line == '\0' ? "220 fake ESMTP" : "250 fine";
	const struct rule *r;

	for (size_t i = 0; i < sizeof(normal) / sizeof(*normal); i++)
		if (strncmp(line, normal[i].begin, strlen(normal[i].begin)) ==
		    0)
			text = normal[i].reply;
	pthread_mutex_lock(&s->lock);
	vec_each (r, &s->rules) {
		if (*r->begin == '\0'
			? *line == '\0'
			: strncmp(line, r->begin, strlen(r->begin)) == 0)
			text = r->reply;
	}
	pthread_mutex_unlock(&s->lock);
	if (text != NULL)
		fprintf(to, "%s\r\n", text);
	fflush(to);
	return text != NULL;
}

static bool
next_line(FILE *from, char *line, size_t size)
{
	if (fgets(line, (int)size, from) == NULL)
		return false;
	assert_non_null(strstr(line, "\r\n"));
	return true;
}

static bool
take_mail(struct fake_smtp *s, FILE *from)
{
	char line[1100];

	while (next_line(from, line, sizeof(line))) {
		if (strcmp(line, ".\r\n") == 0)
			return true;
		pthread_mutex_lock(&s->lock);
		buf_puts(&s->mail, line + (line[0] == '.'));
		pthread_mutex_unlock(&s->lock);
	}
	return false;
}

static void
talk(struct fake_smtp *s, FILE *from, FILE *to)
{
	char line[1100];
	bool going = reply(s, to, "");

	while (going && next_line(from, line, sizeof(line))) {
		line[strcspn(line, "\r")] = '\0';
		pthread_mutex_lock(&s->lock);
		buf_printf(&s->commands, "%s\n", line);
		pthread_mutex_unlock(&s->lock);
		going = reply(s, to, line);
		if (going && strcmp(line, "DATA") == 0)
			going = take_mail(s, from) && reply(s, to, ".");
	}
}

static void *
serve(void *arg)
{
	struct fake_smtp *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		FILE *from = fdopen(fd, "r"), *to = fdopen(dup(fd), "w");

		pthread_mutex_lock(&s->lock);
		s->talking = true;
		buf_clear(&s->commands);
		buf_clear(&s->mail);
		pthread_mutex_unlock(&s->lock);
		talk(s, from, to);
		fclose(to);
		fclose(from);
		pthread_mutex_lock(&s->lock);
		s->talking = false;
		pthread_cond_signal(&s->ended);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

/* --- the server ---------------------------------------------------------- */

struct fake_smtp *
fake_smtp_new(void)
{
	struct fake_smtp *s = NEW(struct fake_smtp);
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	getsockname(s->fd, (struct sockaddr *)&a, &len);
	s->port = ntohs(a.sin_port);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->ended, NULL);
	pthread_create(&s->thread, NULL, serve, s);
	return s;
}

void
fake_smtp_free(struct fake_smtp *s)
{
	struct rule *r;

	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	vec_each (r, &s->rules) {
		free(r->begin);
		free(r->reply);
	}
	vec_free(&s->rules);
	buf_free(&s->commands);
	buf_free(&s->mail);
	pthread_cond_destroy(&s->ended);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int
fake_smtp_port(const struct fake_smtp *s)
{
	return s->port;
}

void
fake_smtp_say(struct fake_smtp *s, const char *begin, const char *text)
{
	struct rule *r;

	pthread_mutex_lock(&s->lock);
	r = &vec_add(&s->rules);
	r->begin = xstrdup(begin);
	r->reply = text != NULL ? xstrdup(text) : NULL;
	pthread_mutex_unlock(&s->lock);
}

static char *
copy(struct fake_smtp *s, const struct buf *b)
{
	char *text;

	pthread_mutex_lock(&s->lock);
	while (s->talking)
		pthread_cond_wait(&s->ended, &s->lock);
	text = xstrdup(b->data != NULL ? b->data : "");
	pthread_mutex_unlock(&s->lock);
	return text;
}

char *
fake_smtp_commands(struct fake_smtp *s)
{
	return copy(s, &s->commands);
}

char *
fake_smtp_mail(struct fake_smtp *s)
{
	return copy(s, &s->mail);
}
