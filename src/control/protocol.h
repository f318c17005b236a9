/* SPDX-License-Identifier: MIT */
/*
 * The control protocol: one JSON object a line in, one out.  It is documented
 * in fettlectl(1).  What can be asked is a table of the daemon's; here is only
 * how a line is read, and how the answer becomes one.
 *
 * All of it may be called from any thread at any time, if the daemon's
 * commands may.
 */
#ifndef CONTROL_PROTOCOL_H
#define CONTROL_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum {
	CONTROL_REQUEST_MAX = 64 << 10, /* bytes of a line, without its end */
	CONTROL_DEPTH_MAX = 8,		/* objects and arrays in each other */
	/* A silence is no way to switch something off. */
	CONTROL_SILENCE_DAYS = 366,
};

struct control_command {
	const char *name;
	bool reads_only; /* fettle_ask may have it as well */
	/* Returns an object that is the caller's: with "ok" true, or what
	 * control_error made.  The request is lent, and is an object.  NULL,
	 * as json_pack returns it for text that is not UTF-8, becomes an
	 * error. */
	json_t *(*run)(void *daemon, const json_t *request);
	bool waits; /* it may take seconds, others shall not wait for it */
};

/* A line that was read.  Whoever has it owns what is in it, until it is run or
 * dropped. */
struct control_request {
	const struct control_command *command; /* NULL: there is an error */
	json_t *json, *error;
};

/* Reads one line.  reads_only: refuses what is more than reading. */
struct control_request control_read(const struct control_command *commands,
    size_t n, const char *line, size_t len, bool reads_only);

/* Runs it and answers: one line without its end, always a JSON object;
 * *out_len bytes, the caller frees them. */
char *control_run(
    struct control_request request, void *daemon, size_t *out_len);

/* Forgets one that is not run. */
void control_drop(struct control_request request);

/* {"error": TEXT}.  The text may be of any origin: it is made printable. */
json_t *control_error(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* The member of an object if it is a text, else NULL.  Lent. */
const char *control_text(const json_t *object, const char *key);

#endif
