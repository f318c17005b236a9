/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server on a loopback port that says what a test tells it to, however
 * wrong, and keeps what it was asked.  Answers are given in the order they
 * were told, one a request, on whatever connection the request comes; without
 * any it is 200 and an empty body.
 */
#ifndef T_FAKE_SERVER_H
#define T_FAKE_SERVER_H

#include <stddef.h>

enum fake_end {
	FAKE_KEEP,  /* the connection is kept for the next request */
	FAKE_CLOSE, /* closed after the answer */
	FAKE_RESET, /* reset after the answer */
	FAKE_HANG,  /* nothing more is said until the client leaves */
};

struct fake_request {
	char *head; /* request line and headers, as they came */
	char *body; /* and a NUL */
	size_t len;
};

struct fake_server;

struct fake_server *fake_server_new(void);
/* Ends its connections and threads. */
void fake_server_free(struct fake_server *s);

/* "http://127.0.0.1:PORT"; port alone for other forms. */
const char *fake_server_url(const struct fake_server *s);
int fake_server_port(const struct fake_server *s);

/* What to answer next. */
void fake_server_say(
    struct fake_server *s, const char *answer, enum fake_end end);
/* The same, and then more, every ms, until the client leaves. */
void fake_server_say_endlessly(
    struct fake_server *s, const char *answer, const char *more, int ms);

size_t fake_server_connections(struct fake_server *s);
size_t fake_server_requests(struct fake_server *s);
/* A whole request, from 0; fails the test if there is none. */
const struct fake_request *fake_server_request(
    struct fake_server *s, size_t i);

/* The value of a header of it as the caller's, or NULL. */
char *fake_server_header(const struct fake_request *r, const char *name);

#endif
