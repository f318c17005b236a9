/* SPDX-License-Identifier: MIT */
/*
 * A request that may wait for long, answered in a thread of its own, so that
 * others are answered meanwhile.  It belongs to the server's thread; only what
 * runs the command is in the other.
 */
#ifndef CONTROL_ERRAND_H
#define CONTROL_ERRAND_H

#include "control/protocol.h"

enum { ERRANDS_MAX = 16 };

struct errand;

struct errand_options {
	const struct control_command *commands; /* lent, as the daemon */
	size_t n_commands;
	void *daemon;
	int wake; /* an eventfd: written when it is done */
};

/* Copies the line.  NULL: there is no thread for it. */
struct errand *errand_begin(
    const struct errand_options *o, const char *line, size_t len);
bool errand_is_done(struct errand *e);
/* Waits until it is, and frees it.  The answer is the caller's. */
char *errand_end(struct errand *e, size_t *len);

#endif
