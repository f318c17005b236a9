/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "config/load.h"
#include "config/option.h"
#include "fake_clock.h"
#include "peer.h"

struct peer peer = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER };

static struct series_table table;
static struct guard guard;
static struct plugin *plugins[4];

struct self {
	struct fettle_secret token;
};

static const struct fettle_option options[] = {
	FETTLE_OPTION(struct self, token, "", "What nobody may know."),
};

/* --- the plugin ---------------------------------------------------------- */

static int
peer_open(struct fettle_ctx *ctx)
{
	int rc = 0;

	(void)ctx;
	pthread_mutex_lock(&peer.lock);
	peer.opened++;
	if (peer.opens_that_fail > 0) {
		peer.opens_that_fail--;
		rc = -ENOENT;
	}
	pthread_mutex_unlock(&peer.lock);
	return rc;
}

static int
peer_adopt(struct fettle_ctx *ctx, void *old)
{
	int rc = 0;

	(void)ctx;
	assert_non_null(old);
	pthread_mutex_lock(&peer.lock);
	peer.adopted++;
	if (peer.adopts_that_fail > 0) {
		peer.adopts_that_fail--;
		rc = -EBUSY;
	}
	pthread_mutex_unlock(&peer.lock);
	return rc;
}

static void
peer_close(struct fettle_ctx *ctx)
{
	(void)ctx;
	pthread_mutex_lock(&peer.lock);
	peer.closed++;
	pthread_mutex_unlock(&peer.lock);
}

static int
peer_flush(struct fettle_ctx *ctx)
{
	(void)ctx;
	pthread_mutex_lock(&peer.lock);
	peer.flushed++;
	pthread_mutex_unlock(&peer.lock);
	return 0;
}

static bool
is_bad(const struct fettle_list *l)
{
	return peer.is_bad != NULL && peer.is_bad(lists_number(l));
}

static int
answer_to(const struct fettle_batch *batch)
{
	if (peer.deaf)
		return FETTLE_RETRY;
	if (peer.scripted < peer.script.n)
		return peer.script.v[peer.scripted++];
	if (peer.at_most > 0 && batch->n > peer.at_most)
		return FETTLE_TOO_LARGE;
	for (size_t i = 0; i < batch->n && !peer.names_bad; i++)
		if (is_bad(batch->lists[i]))
			return FETTLE_REFUSED;
	return FETTLE_DELIVERED;
}

static void
take(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		if (is_bad(batch->lists[i]))
			vec_add(&ctx->refused.v) = i;
		else
			vec_add(&peer.got) = lists_number(batch->lists[i]);
	snprintf(ctx->refused.reason, sizeof(ctx->refused.reason), "bad");
}

static void
note_call(const struct fettle_batch *batch, int answer)
{
	vec_add(&peer.calls) = (struct peer_call){ .at = clock_mono(),
		.first = lists_number(batch->lists[0]),
		.n = batch->n,
		.seq = batch->seq,
		.answer = answer };
	snprintf(peer.queue, sizeof(peer.queue), "%s", batch->queue);
}

static int
peer_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	const struct self *self = ctx->self;
	int answer;

	assert_true(batch->n > 0);
	pthread_mutex_lock(&peer.lock);
	peer.inside++;
	answer = answer_to(batch);
	note_call(batch, answer);
	snprintf(peer.secret, sizeof(peer.secret), "%s",
	    self->token.text != NULL ? self->token.text : "");
	while (peer.hangs)
		pthread_cond_wait(&peer.changed, &peer.lock);
	if (answer == FETTLE_DELIVERED)
		take(ctx, batch);
	ctx->after_s = peer.after_s;
	peer.inside--;
	pthread_mutex_unlock(&peer.lock);
	return answer;
}

static struct plugin *
make_plugin(int how)
{
	const struct fettle_plugin d = {
		FETTLE_ABI,
		.options = FETTLE_OPTIONS(options),
		.self_size = sizeof(struct self),
		.flags = how & PEER_SPREAD ? FETTLE_SPREAD : 0,
		.open = peer_open,
		.close = peer_close,
		.write = peer_write,
		.flush = peer_flush,
		.adopt = how & PEER_ADOPTS ? peer_adopt : NULL,
		.batch_lists = 4,
	};
	char why[100];

	return plugin_new("peer", &d, why, sizeof(why));
}

/* --- for the test -------------------------------------------------------- */

int
peer_begin(void **state)
{
	(void)state;
	log_setup(LOG_FORMAT_TEXT, LOG_CRIT); /* failures are its business */
	fake_clock_set(1000 * NS_PER_S, LISTS_TIME);
	series_init(&table, &lists_limits, NULL);
	for (int i = 0; i < 4; i++)
		plugins[i] = make_plugin(i);
	return guard_init(&guard);
}

int
peer_end(void **state)
{
	(void)state;
	guard_fini(&guard);
	series_fini(&table);
	for (size_t i = 0; i < 4; i++)
		plugin_free(plugins[i]);
	vec_free(&peer.script);
	vec_free(&peer.calls);
	vec_free(&peer.got);
	peer = (struct peer){ .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER };
	return 0;
}

static void
release(void *node)
{
	node_free(node);
}

struct fettle_ctx *
peer_instance_with(int how, const char *yaml)
{
	struct diags *d = diags_new();
	struct node *map = config_parse("test", yaml, strlen(yaml), d);
	struct self *self = xcalloc(1, sizeof(*self));
	struct fettle_ctx *i =
	    instance_new(plugins[how], "peer", self, &guard);

	option_fill(self, &plugins[how]->d.options, map, "peer",
	    (struct pos){ "test", 0, 0 }, NULL, d);
	assert_int_equal(diags_errors(d), 0);
	diags_free(d);
	i->section = map;
	i->origin = map;
	i->release = release;
	i->interval_ns = 10 * NS_PER_S;
	i->timeout_ns = 60 * NS_PER_S;
	return i;
}

struct fettle_ctx *
peer_instance(int how)
{
	return peer_instance_with(how, "");
}

struct writer *
peer_writer(int how, const struct writer_options *said)
{
	return peer_writer_at(how, said, NULL);
}

struct writer *
peer_writer_at(int how, const struct writer_options *said, const char *path)
{
	const struct writer_options usual = { .room = 1 << 20,
		.drain_ns = 10 * NS_PER_S };
	struct fettle_ctx *i = peer_instance(how);
	struct writer *w =
	    writer_start(i, said != NULL ? said : &usual, path, &table);

	instance_unref(i);
	return w;
}

void
peer_put(struct writer *w, int64_t first, size_t n)
{
	struct batch *b = lists_batch(&table, "p", first, n);

	writer_sink(w)->put(writer_sink(w), b);
	batch_unref(b);
}

static bool
has_ended(void *w)
{
	return writer_ended(w, 0);
}

void
peer_stop(struct writer *w)
{
	writer_stop(w);
	peer_await_passing(NS_PER_S, has_ended, w);
	writer_unref(w);
}

void
peer_await(bool (*is)(void *), void *arg)
{
	assert_true(fake_clock_await(is, arg));
}

struct passing {
	int64_t step_ns;
	bool (*is)(void *arg);
	void *arg;
};

static bool
is_after_a_step(void *arg)
{
	const struct passing *p = arg;

	if (p->is(p->arg))
		return true;
	fake_clock_advance(p->step_ns);
	return false;
}

void
peer_await_passing(int64_t step_ns, bool (*is)(void *), void *arg)
{
	struct passing p = { step_ns, is, arg };

	assert_true(fake_clock_await(is_after_a_step, &p));
}

bool
peer_has_got(void *n)
{
	bool has;

	pthread_mutex_lock(&peer.lock);
	has = peer.got.n >= *(size_t *)n;
	pthread_mutex_unlock(&peer.lock);
	return has;
}

bool
peer_was_called(void *n)
{
	bool was;

	pthread_mutex_lock(&peer.lock);
	was = peer.calls.n >= *(size_t *)n;
	pthread_mutex_unlock(&peer.lock);
	return was;
}

bool
peer_is_inside(void *unused)
{
	bool is;

	(void)unused;
	pthread_mutex_lock(&peer.lock);
	is = peer.inside > 0;
	pthread_mutex_unlock(&peer.lock);
	return is;
}

void
peer_hang(bool hangs)
{
	pthread_mutex_lock(&peer.lock);
	peer.hangs = hangs;
	pthread_cond_broadcast(&peer.changed);
	pthread_mutex_unlock(&peer.lock);
}

void
peer_script(const int *answers, size_t n)
{
	pthread_mutex_lock(&peer.lock);
	for (size_t i = 0; i < n; i++)
		vec_add(&peer.script) = answers[i];
	pthread_mutex_unlock(&peer.lock);
}

void
peer_check_got(int64_t first, int64_t last)
{
	pthread_mutex_lock(&peer.lock);
	assert_int_equal(peer.got.n, last - first + 1);
	for (size_t i = 0; i < peer.got.n; i++)
		assert_int_equal(peer.got.v[i], first + (int64_t)i);
	pthread_mutex_unlock(&peer.lock);
}

struct writer_stats
peer_stats(struct writer *w)
{
	struct writer_stats s;

	writer_stats(w, &s);
	return s;
}
