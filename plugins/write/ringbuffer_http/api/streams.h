/* SPDX-License-Identifier: MIT */
/*
 * GET /api/v1/stream: whoever reads is told what arrives, as server-sent
 * events.  Connections sleep in the library until a thread of this wakes those
 * that have something to read, a few times a second.
 *
 * Locks: the hub's `use' is taken before the lock of this.  A stream is the
 * connection's, from api_stream_get until streams_leave.
 */
#ifndef HUB_API_STREAMS_H
#define HUB_API_STREAMS_H

#include <fettle/plugin.h>
#include <stdatomic.h>

struct hub;
struct conn;
struct streams;

/* NULL: no memory, or no thread. */
struct streams *streams_new(struct hub *hub);
/* There are no connections any more. */
void streams_free(struct streams *s);

/* How many may read at a time; who reads is asked again whether he may. */
void streams_use(struct streams *s, size_t max);

/* What was measured, for whoever reads it.  Costs nothing where nobody does.
 */
void streams_add(
    struct streams *s, const struct fettle_list *const *lists, size_t n);

/* Ends those of a daemon of the library, which is about to be stopped and is
 * the hub's server.stopping. */
void streams_end(struct streams *s, const void *daemon);
/* The connection's request is over. */
void streams_leave(struct streams *s, struct conn *conn);

/* Who reads now, and who lost his place or could not be reached. */
size_t streams_readers(const struct streams *s);
uint64_t streams_dropped(const struct streams *s);

#endif
