/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <signal.h>
#include <time.h>

enum { STACK = 256 * 1024 };

static int
start(pthread_t *thread, int detached, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, detached);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(thread, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

int
thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	return start(thread, PTHREAD_CREATE_JOINABLE, run, arg);
}

int
thread_start_detached(void *(*run)(void *), void *arg)
{
	pthread_t nobody_joins;

	return start(&nobody_joins, PTHREAD_CREATE_DETACHED, run, arg);
}

void
thread_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}
