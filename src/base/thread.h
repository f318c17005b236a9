/* SPDX-License-Identifier: MIT */
/* Threads of the daemon's own, and the conditions they wait for. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/*
 * As pthread_create: 0 or an errno.  The stack is small, yet has room for a
 * plugin's own arrays.  All signals are blocked in it: they are for those
 * that expect them.
 */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/* The same for a thread that nobody joins. */
int thread_start_detached(void *(*run)(void *), void *arg);

/* As pthread_cond_init, and timed waits go by clock_mono, as clock_timespec
 * makes them. */
void thread_cond_init(pthread_cond_t *cond);

#endif
