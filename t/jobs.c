/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "fake_clock.h"
#include "flow/draft.h"
#include "jobs.h"

struct jobs jobs = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER };

static struct plugin *plugins[4];
static struct subject subjects[64];
static size_t n_subjects;

struct self {
	struct subject *subject;
};

static struct subject *
subject_of(struct fettle_ctx *ctx)
{
	return ((struct self *)ctx->self)->subject;
}

/* --- the plugin ---------------------------------------------------------- */

static void
hang_while(const bool *hangs, int *inside)
{
	++*inside;
	while (*hangs)
		pthread_cond_wait(&jobs.changed, &jobs.lock);
	--*inside;
}

static int
job_open(struct fettle_ctx *ctx)
{
	struct subject *s = subject_of(ctx);
	int rc = 0;

	pthread_mutex_lock(&jobs.lock);
	s->opened++;
	hang_while(&s->hangs_in_open, &s->inside);
	if (s->opens_that_fail > 0) {
		s->opens_that_fail--;
		rc = -ENOENT;
	}
	pthread_mutex_unlock(&jobs.lock);
	return rc;
}

static int
job_adopt(struct fettle_ctx *ctx, void *old)
{
	struct subject *s = subject_of(ctx);
	int rc = 0;

	pthread_mutex_lock(&jobs.lock);
	assert_non_null(((struct self *)old)->subject);
	s->adopted++;
	if (s->adopts_that_fail > 0) {
		s->adopts_that_fail--;
		rc = -EBUSY;
	}
	pthread_mutex_unlock(&jobs.lock);
	return rc;
}

static void
job_close(struct fettle_ctx *ctx)
{
	struct subject *s = subject_of(ctx);

	pthread_mutex_lock(&jobs.lock);
	s->closed++;
	pthread_mutex_unlock(&jobs.lock);
}

static int
job_read(struct fettle_ctx *ctx)
{
	struct subject *s = subject_of(ctx);
	const double number = 1;
	int rc = 0;

	pthread_mutex_lock(&jobs.lock);
	s->at[s->reads++ % SUBJECT_READS] = clock_mono();
	fake_clock_advance(s->takes_ns);
	hang_while(&s->hangs, &s->inside);
	if (s->reads_that_fail > 0) {
		s->reads_that_fail--;
		rc = -EIO;
	}
	pthread_mutex_unlock(&jobs.lock);
	draft_reals(ctx->draft, ctx->plugin, s->label, &number, 1);
	return rc;
}

static int
job_ask(
    struct fettle_ctx *ctx, const char *question, char *answer, size_t size)
{
	struct subject *s = subject_of(ctx);

	pthread_mutex_lock(&jobs.lock);
	snprintf(answer, size, "%s %d", question, ++s->asked);
	hang_while(&s->hangs_in_ask, &s->inside);
	pthread_mutex_unlock(&jobs.lock);
	return strcmp(question, "no") == 0 ? -EINVAL : 0;
}

static struct plugin *
make_plugin(int how)
{
	static const struct fettle_field fields[] = {
		{ .name = "x", .kind = FETTLE_GAUGE, .unit = FETTLE_NUMBER },
	};
	const struct fettle_plugin d = {
		FETTLE_ABI,
		.fields = FETTLE_FIELDS(fields),
		.self_size = sizeof(struct self),
		.flags = how & JOBS_SOURCE ? FETTLE_SOURCE : 0,
		.open = job_open,
		.close = job_close,
		.read = how & JOBS_SOURCE ? NULL : job_read,
		.ask = job_ask,
		.adopt = how & JOBS_ADOPTS ? job_adopt : NULL,
	};
	char why[100];

	return plugin_new("job", &d, why, sizeof(why));
}

/* --- for the test -------------------------------------------------------- */

int
jobs_begin(void **state)
{
	static const struct limits limits = { 100, 1000, 1000, 10, 64 };

	(void)state;
	log_setup(LOG_FORMAT_TEXT, LOG_CRIT); /* failures are its business */
	fake_clock_set(1000 * NS_PER_S, JOBS_EPOCH + JOBS_PAST);
	for (int i = 0; i < 4; i++)
		plugins[i] = make_plugin(i);
	series_init(&jobs.table, &limits, NULL);
	dispatch_init(&jobs.dispatch, &jobs.table);
	if (guard_init(&jobs.guard) < 0)
		return -1;
	pool_init(&jobs.pool, &jobs.guard, &jobs.dispatch);
	pool_host(&jobs.pool, "here");
	return 0;
}

struct subject *
jobs_subject(const char *label)
{
	struct subject *s = &subjects[n_subjects++];

	assert_true(n_subjects <= 64);
	*s = (struct subject){ .label = label };
	return s;
}

int
jobs_end(void **state)
{
	struct read_list lists[1];

	(void)state;
	for (size_t i = 0; i < n_subjects; i++)
		jobs_hang(&subjects[i], false);
	if (jobs.pool.threads > 0) /* the test has failed */
		pool_stop(&jobs.pool, INT64_MAX / 2);
	n_subjects = 0;
	while (jobs_take(lists, 1) > 0)
		continue;
	pool_fini(&jobs.pool);
	dispatch_fini(&jobs.dispatch);
	series_fini(&jobs.table);
	guard_fini(&jobs.guard);
	for (size_t i = 0; i < 4; i++)
		plugin_free(plugins[i]);
	return 0;
}

struct fettle_ctx *
jobs_instance(struct subject *s, int64_t interval_ns, int how)
{
	struct self *self = NEW(struct self);
	struct fettle_ctx *i =
	    instance_new(plugins[how], s->label, self, &jobs.guard);

	self->subject = s;
	i->interval_ns = interval_ns;
	i->timeout_ns = 10 * NS_PER_S;
	return i;
}

struct job *
jobs_add(struct subject *s, int64_t interval_ns, int how)
{
	struct fettle_ctx *i = jobs_instance(s, interval_ns, how);
	struct job *j = pool_add(&jobs.pool, i);

	instance_unref(i);
	return j;
}

size_t
jobs_take(struct read_list *lists, size_t max)
{
	struct fifo *own = &jobs.dispatch.own;
	size_t n = 0;

	pthread_mutex_lock(&jobs.dispatch.lock);
	while (own->first != NULL && n < max) {
		struct batch *b = own->first;
		const struct fettle_list *l = b->pubs[0];

		snprintf(lists[n].host, sizeof(lists[n].host), "%s", l->host);
		snprintf(lists[n].instance, sizeof(lists[n].instance), "%s",
		    l->instance);
		lists[n].time_ns = l->time_ns;
		lists[n++].interval_ns = l->interval_ns;
		own->first = b->next;
		own->bytes -= b->bytes;
		own->lists -= b->n;
		batch_unref(b);
	}
	if (own->first == NULL)
		own->end = &own->first;
	pthread_mutex_unlock(&jobs.dispatch.lock);
	return n;
}

struct read_list
jobs_take_one(void)
{
	struct read_list lists[2];

	assert_int_equal(jobs_take(lists, 2), 1);
	return lists[0];
}

int
jobs_count(const int *what)
{
	int n;

	pthread_mutex_lock(&jobs.lock);
	n = *what;
	pthread_mutex_unlock(&jobs.lock);
	return n;
}

void
jobs_hang(struct subject *s, bool hangs)
{
	pthread_mutex_lock(&jobs.lock);
	s->hangs = s->hangs_in_open = s->hangs_in_ask = hangs;
	pthread_cond_broadcast(&jobs.changed);
	pthread_mutex_unlock(&jobs.lock);
}

struct awaited {
	const int *what;
	int n;
};

static bool
has_come(void *arg)
{
	const struct awaited *a = arg;

	return jobs_count(a->what) == a->n;
}

void
jobs_await(const int *what, int n)
{
	struct awaited a = { what, n };

	if (!fake_clock_await(has_come, &a))
		fail_msg("%d, and not %d", jobs_count(what), n);
}

static bool
is_at_rest(void *unused)
{
	bool rest;

	(void)unused;
	pthread_mutex_lock(&jobs.pool.lock);
	rest = jobs.pool.leader && jobs.pool.threads == 1;
	pthread_mutex_unlock(&jobs.pool.lock);
	return rest;
}

void
jobs_await_rest(void)
{
	assert_true(fake_clock_await(is_at_rest, NULL));
}

void
jobs_nothing(const struct subject *s)
{
	const struct timespec moment = { 0, 5 * 1000 * 1000 };
	const int before = jobs_count(&s->reads);

	nanosleep(&moment, NULL);
	assert_int_equal(jobs_count(&s->reads), before);
}

void
jobs_stop(void)
{
	assert_int_equal(pool_stop(&jobs.pool, INT64_MAX / 2), 0);
}
