/* SPDX-License-Identifier: MIT */
#include "control/errand.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/thread.h"

struct errand {
	struct control_request request;
	void *daemon;
	int wake;
	pthread_t thread;
	char *answer;
	size_t answer_len;
	atomic_bool done;
};

static void *
run(void *arg)
{
	struct errand *e = arg;
	const uint64_t one = 1;
	const int wake = e->wake;

	e->answer = control_run(e->request, e->daemon, &e->answer_len);
	atomic_store(&e->done, true);
	if (write(wake, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes as many as there are */
	return NULL;
}

struct errand *
errand_begin(struct control_request request, void *daemon, int wake)
{
	struct errand *e = NEW(struct errand);

	e->request = request;
	e->daemon = daemon;
	e->wake = wake;
	atomic_init(&e->done, false);
	if (thread_start(&e->thread, run, e) == 0)
		return e;
	control_drop(request);
	free(e);
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
	free(e);
	return answer;
}
