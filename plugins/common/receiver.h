/* SPDX-License-Identifier: MIT */
/*
 * Sockets that datagrams come to, by UDP or on this machine, and a thread that
 * hands over what came.  take and tick are called by that thread alone,
 * between receiver_open and the end of receiver_close.
 */
#ifndef COMMON_RECEIVER_H
#define COMMON_RECEIVER_H

#include <pthread.h>

#include <fettle/plugin.h>

enum {
	RECEIVER_ADDRESSES = 16,
	RECEIVER_DATAGRAMS = 32, /* in one call of take, at most */
	RECEIVER_FIELDS = 16,	 /* of what a plugin says of itself */
};

/* Lent for the call; the bytes may be changed.  By UDP none is longer than
 * there is room for. */
struct datagram {
	uint8_t *data;
	size_t len;
	bool cut; /* it was longer: this is its begin */
};

struct inbox;

struct receiver {
	struct fettle_ctx *ctx;
	/* filled in before it is opened; tick, which may be NULL, is called
	 * about once a second */
	void (*take)(void *, const struct datagram *v, size_t n);
	void (*tick)(void *);
	void *arg;
	const char *examples; /* of addresses, for who gave none */

	pthread_t thread;
	struct inbox *inbox; /* what the thread receives into */
	int sockets[RECEIVER_ADDRESSES + 1];
	size_t n;
	int stop;   /* an eventfd */
	char *path; /* of the unix socket; NULL: none */
};

/* listen: up to RECEIVER_ADDRESSES for UDP, those of a group are joined.
 * path: of a unix socket that every local user may send to; NULL: none.  0, or
 * what fettle_fail returned: then nothing is to be closed. */
int receiver_open(struct receiver *r, struct fettle_ctx *ctx,
    const struct fettle_strings *listen, const char *path);
void receiver_close(struct receiver *r);

/* From take and tick: waits for so long; false: it is being closed. */
bool receiver_wait(struct receiver *r, int ms);

/* From any thread: datagrams that the kernel had no room for. */
uint64_t receiver_lost(const struct receiver *r);

/*
 * Submits what became of all that came: a value for each of the n fields,
 * RECEIVER_FIELDS at most.  A section that is not called as the plugin has its
 * name as the tag `section', for there may be others.  In read; returns as
 * fettle_submit_list.
 */
int receiver_submit(struct fettle_ctx *ctx, const char *plugin,
    const struct fettle_field *fields, const struct fettle_value *v, size_t n);

#endif
