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

/* Takes over the request; the daemon is lent.  wake, an eventfd, is written
 * when it is done.  NULL, and the request is dropped: there is no thread for
 * it. */
struct errand *errand_begin(
    struct control_request request, void *daemon, int wake);
bool errand_is_done(struct errand *e);
/* Waits until it is, and frees it.  The answer is the caller's. */
char *errand_end(struct errand *e, size_t *len);

#endif
