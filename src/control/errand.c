/* SPDX-License-Identifier: MIT */
#include "control/errand.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

struct errand {
	struct errand_options options;
	pthread_t thread;
	char *line, *answer;
	size_t len, answer_len;
	atomic_bool done;
};

static void *
run(void *arg)
{
	struct errand *e = arg;
	const struct errand_options *o = &e->options;
	const uint64_t one = 1;
	const int wake = o->wake;

	e->answer = control_answer(o->commands, o->n_commands, o->daemon,
	    e->line, e->len, false, &e->answer_len);
	atomic_store(&e->done, true);
	if (write(wake, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes as many as there are */
	return NULL;
}

/* Signals are for the threads that expect them. */
static int
start_thread(struct errand *e)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&e->thread, NULL, run, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static void
errand_free(struct errand *e)
{
	free(e->line);
	free(e);
}

struct errand *
errand_begin(const struct errand_options *o, const char *line, size_t len)
{
	struct errand *e = NEW(struct errand);

	e->options = *o;
	e->line = xmalloc(len + 1);
	memcpy(e->line, line, len);
	e->len = len;
	atomic_init(&e->done, false);
	if (start_thread(e) == 0)
		return e;
	errand_free(e);
	return NULL;
}

bool
errand_is_done(struct errand *e)
{
	return atomic_load(&e->done);
}

char *
errand_end(struct errand *e, size_t *len)
{
	char *answer;

	pthread_join(e->thread, NULL);
	answer = e->answer;
	*len = e->answer_len;
	errand_free(e);
	return answer;
}
