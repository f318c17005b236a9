/* SPDX-License-Identifier: MIT */
/* source: posts from a thread of its own, a number that rises by 1 a post for
 * each host of host-0, host-1, ...  What found no room is posted again. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <fettle/plugin.h>

enum { HOSTS_MAX = 100 };

struct source {
	struct fettle_duration every;
	int64_t hosts, posts;
	bool durable;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ending;
};

static const struct fettle_option source_options[] = {
	FETTLE_RANGE(
	    struct source, every, "100ms", "How often it posts.", 0.001, 3600),
	FETTLE_RANGE(struct source, hosts, "1",
	    "How many hosts a post brings a list of.", 1, HOSTS_MAX),
	FETTLE_RANGE(struct source, posts, "0",
	    "After how many posts it falls silent; 0: never.", 0, 1e9),
	FETTLE_OPTION(struct source, durable, "false",
	    "Whether it waits until spools have it."),
};

static const struct fettle_field source_fields[] = {
	{ "posted", FETTLE_GAUGE, FETTLE_NUMBER, "Posts before this one." },
};

static long
post(struct fettle_ctx *ctx, const struct source *s, int64_t number)
{
	const struct fettle_field *const fields[] = { &source_fields[0] };
	const struct fettle_value value = fettle_gauge((double)number);
	struct fettle_list lists[HOSTS_MAX];
	const struct fettle_list *pointers[HOSTS_MAX];
	char hosts[HOSTS_MAX][32], why[256];
	long rc;

	for (int64_t i = 0; i < s->hosts; i++) {
		snprintf(
		    hosts[i], sizeof(hosts[i]), "host-%lld", (long long)i);
		lists[i] = (struct fettle_list){ .size = sizeof(lists[i]),
			.host = hosts[i],
			.fields = fields,
			.values = &value,
			.n = 1 };
		pointers[i] = &lists[i];
	}
	rc = fettle_post(ctx, pointers, (size_t)s->hosts,
	    s->durable ? FETTLE_DURABLE : 0, why, sizeof(why));
	if (rc < s->hosts)
		fettle_log(
		    ctx, LOG_NOTICE, "%ld of a post taken: %s", rc, why);
	return rc;
}

/* Waits for the next post.  False: there is none. */
static bool
pause_for(struct source *s)
{
	struct timespec until;
	bool ending;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += s->every.ns / 1000000000;
	until.tv_nsec += s->every.ns % 1000000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&s->lock);
	while (!s->ending &&
	       pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
		continue;
	ending = s->ending;
	pthread_mutex_unlock(&s->lock);
	return !ending;
}

static void *
source_run(void *arg)
{
	struct fettle_ctx *ctx = arg;
	struct source *s = fettle_self(ctx);
	int64_t number = 0;

	do {
		if (post(ctx, s, number) != -EAGAIN)
			number++;
	} while ((s->posts == 0 || number < s->posts) && pause_for(s));
	return NULL;
}

static int
source_open(struct fettle_ctx *ctx)
{
	struct source *s = fettle_self(ctx);
	int rc;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	s->ending = false;
	rc = pthread_create(&s->thread, NULL, source_run, ctx);
	return rc == 0 ? 0 : fettle_fail(ctx, rc, "thread");
}

static void
source_close(struct fettle_ctx *ctx)
{
	struct source *s = fettle_self(ctx);

	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
}

FETTLE_PLUGIN(source) = {
	FETTLE_ABI,
	.summary = "Posts from a thread of its own.",
	.fields = FETTLE_FIELDS(source_fields),
	.options = FETTLE_OPTIONS(source_options),
	.self_size = sizeof(struct source),
	.flags = FETTLE_SOURCE,
	.open = source_open,
	.close = source_close,
};
