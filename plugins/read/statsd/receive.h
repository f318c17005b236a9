/* SPDX-License-Identifier: MIT */
/*
 * Sockets that datagrams come to, and a thread that takes them into a table.
 * The table is the thread's between receiver_open and receiver_close; others
 * take it with the lock.
 */
#ifndef STATSD_RECEIVE_H
#define STATSD_RECEIVE_H

#include <pthread.h>

#include "table.h"

enum { RECEIVER_SOCKETS = 17 };

struct receiver {
	pthread_mutex_t lock;
	struct statsd_table table; /* guarded by lock */
	uint64_t datagrams;	   /* guarded by lock */
	struct fettle_ctx *ctx;
	pthread_t thread;
	int sockets[RECEIVER_SOCKETS];
	size_t n;
	int stop;   /* an eventfd */
	char *path; /* of the unix socket; NULL: none */
};

struct receiver_options {
	struct fettle_strings listen; /* UDP */
	const char *path;	      /* NULL: no unix socket */
	size_t most, samples;
};

/* 0, or what fettle_fail returned: then nothing is to be closed. */
int receiver_open(struct receiver *r, struct fettle_ctx *ctx,
    const struct receiver_options *options);
void receiver_close(struct receiver *r);

#endif
