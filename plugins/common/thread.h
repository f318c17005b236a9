/* SPDX-License-Identifier: MIT */
/* Threads of a plugin's own. */
#ifndef COMMON_THREAD_H
#define COMMON_THREAD_H

#include <pthread.h>

/* As pthread_create, and the thread takes none of the program's signals.  0 or
 * an errno. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
