/* SPDX-License-Identifier: MIT */
/*
 * Sockets that datagrams come to by UDP, and a thread that hands them over one
 * by one.  take and tick are called by the thread alone, between receiver_open
 * and the end of receiver_close.
 */
#ifndef COLLECTD_RECEIVE_H
#define COLLECTD_RECEIVE_H

#include <pthread.h>

#include <fettle/plugin.h>

enum { RECEIVER_SOCKETS = 16 };

struct receiver {
	struct fettle_ctx *ctx;
	/* Bytes that may be changed; tick: after a second without any or
	 * between two datagrams, about once a second. */
	void (*take)(void *, uint8_t *data, size_t len);
	void (*tick)(void *);
	void *arg;
	pthread_t thread;
	int sockets[RECEIVER_SOCKETS];
	size_t n;
	int stop; /* an eventfd */
};

/* take, tick and arg are filled in.  0, or what fettle_fail returned: then
 * nothing is to be closed. */
int receiver_open(struct receiver *r, struct fettle_ctx *ctx,
    const struct fettle_strings *listen);
void receiver_close(struct receiver *r);

/* From take and tick: waits for so long; false: it is being closed. */
bool receiver_wait(struct receiver *r, int ms);

/* From any thread: datagrams that the kernel had no room for. */
uint64_t receiver_lost(const struct receiver *r);

#endif
