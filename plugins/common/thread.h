/* SPDX-License-Identifier: MIT */
/* Threads of a plugin's own, and the conditions they wait for. */
#ifndef COMMON_THREAD_H
#define COMMON_THREAD_H

#include <pthread.h>

/* As pthread_create, and the thread takes none of the program's signals.  0 or
 * an errno. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

/* As pthread_cond_init, and timed waits go by CLOCK_MONOTONIC. */
void thread_cond_init(pthread_cond_t *cond);

#endif
