/* SPDX-License-Identifier: MIT */
#include "plugin/instance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "config/option.h"

static const char *const state_names[] = {
	[INSTANCE_OPENING] = "opening",
	[INSTANCE_UP] = "up",
	[INSTANCE_DOWN] = "down",
	[INSTANCE_FAILING] = "failing",
	[INSTANCE_RETRYING] = "retrying",
	[INSTANCE_UNAUTHORISED] = "unauthorised",
	[INSTANCE_CLOSED] = "closed",
};

static const char *const call_names[] = {
	[CALL_OPEN] = "open",
	[CALL_ADOPT] = "adopt",
	[CALL_READ] = "read",
	[CALL_WRITE] = "write",
	[CALL_FLUSH] = "flush",
	[CALL_NOTIFY] = "notify",
	[CALL_ASK] = "ask",
	[CALL_CLOSE] = "close",
};

const char *
instance_state_name(enum instance_state state)
{
	return state_names[state];
}

static void
instance_late(struct guarded *call)
{
	struct fettle_ctx *i =
	    (struct fettle_ctx *)((char *)call -
				  offsetof(struct fettle_ctx, call));

	pthread_mutex_lock(&i->lock);
	i->stats.stuck = true;
	i->stats.failures++;
	pthread_mutex_unlock(&i->lock);
	log_record(LOG_ERR, i->label, NULL, 0,
	    "stuck: a call has not returned after %.1f s; it is not called "
	    "again until it does",
	    (double)(call->deadline - call->began) / NS_PER_S);
}

struct fettle_ctx *
instance_new(
    struct plugin *plugin, const char *label, void *self, struct guard *guard)
{
	struct fettle_ctx *i = NEW(struct fettle_ctx);

	i->plugin = plugin;
	i->label = xstrdup(label);
	i->self = self;
	i->guard = guard;
	i->call.on_late = instance_late;
	i->refs = 1;
	pthread_mutex_init(&i->lock, NULL);
	return i;
}

struct fettle_ctx *
instance_ref(struct fettle_ctx *i)
{
	pthread_mutex_lock(&i->lock);
	i->refs++;
	pthread_mutex_unlock(&i->lock);
	return i;
}

void
instance_unref(struct fettle_ctx *i)
{
	int refs;

	if (i == NULL)
		return;
	pthread_mutex_lock(&i->lock);
	refs = --i->refs;
	pthread_mutex_unlock(&i->lock);
	if (refs > 0)
		return;
	if (i->self != NULL)
		option_free(i->self, &i->plugin->d.options);
	free(i->self);
	if (i->release != NULL)
		i->release(i->origin);
	vec_free(&i->refused.v);
	pthread_mutex_destroy(&i->lock);
	free(i->state_dir);
	free(i->label);
	free(i);
}

static void
call_enter(struct fettle_ctx *i, int64_t timeout_ns)
{
	int64_t now;

	i->failed = 0;
	i->after_s = 0;
	i->reason[0] = '\0';
	now = clock_mono();
	guard_begin(i->guard, &i->call, now, now + timeout_ns);
	/* under guard: another instance may be stuck in that library */
	if (i->plugin->d.flags & FETTLE_SERIAL)
		pthread_mutex_lock(&i->plugin->serial);
}

/* Whether it was stuck; the caller takes that out of stats. */
static bool
call_leave(struct fettle_ctx *i)
{
	const bool was_stuck = guard_end(i->guard, &i->call);

	if (i->plugin->d.flags & FETTLE_SERIAL)
		pthread_mutex_unlock(&i->plugin->serial);
	return was_stuck;
}

static void
call_begin(struct fettle_ctx *i)
{
	pthread_mutex_lock(&i->lock);
	i->stats.last_wall_ns = clock_wall();
	pthread_mutex_unlock(&i->lock);
	call_enter(i, i->timeout_ns);
}

static void
say_unstuck(struct fettle_ctx *i, enum instance_call what)
{
	log_record(LOG_NOTICE, i->label, NULL, 0,
	    "%s has returned after %.1f s, no longer stuck", call_names[what],
	    (double)(clock_mono() - i->call.began) / NS_PER_S);
}

/* A first failure is said, the ones after it are counted, its end is said; and
 * in between that another secret is wanted, for then somebody has to act. */
static void
say_outcome(struct fettle_ctx *i, enum instance_call what, uint64_t streak,
    bool ok, bool locked_out)
{
	if (!ok && (streak == 1 || locked_out))
		log_record(LOG_WARNING, i->label, NULL, 0, "%s: %s",
		    call_names[what], i->reason);
	if (ok && streak > 0)
		log_record(LOG_NOTICE, i->label, NULL, 0,
		    "%s works again after %llu failure%s", call_names[what],
		    (unsigned long long)streak, streak == 1 ? "" : "s");
}

static enum instance_state
state_after(enum instance_call what, int rc)
{
	if (what == CALL_CLOSE)
		return INSTANCE_CLOSED;
	if (rc == 0)
		return INSTANCE_UP;
	if (what == CALL_OPEN)
		return INSTANCE_DOWN;
	if (what == CALL_READ)
		return INSTANCE_FAILING;
	return rc == FETTLE_UNAUTHORISED ? INSTANCE_UNAUTHORISED
					 : INSTANCE_RETRYING;
}

/* What a peer answered may be in it: status and others take it as text. */
static void
keep_error(struct instance_stats *s, const char *reason)
{
	struct buf line = { 0 };
	size_t len;

	utf8_add_line(&line, reason, strlen(reason));
	len = utf8_cut(line.data, line.len, sizeof(s->error) - 1);
	memcpy(s->error, line.data, len);
	s->error[len] = '\0';
	buf_free(&line);
}

/* Under the lock.  How many failures there are in a row; or were, where that
 * is over. */
static uint64_t
count_outcome(struct fettle_ctx *i, enum instance_call what, int rc)
{
	struct instance_stats *s = &i->stats;
	const uint64_t before = s->streak;

	/* that it could be flushed or closed says nothing of what failed */
	if (rc == 0 && what == CALL_FLUSH)
		return 0;
	s->state = state_after(what, rc);
	if (rc != 0) {
		keep_error(s, i->reason);
		return ++s->streak;
	}
	s->streak = 0;
	s->error[0] = '\0';
	return what != CALL_CLOSE ? before : 0;
}

/* rc: 0 is success, all else a failure. */
static void
call_end(struct fettle_ctx *i, enum instance_call what, int rc)
{
	const int64_t took = clock_mono() - i->call.began;
	const bool was_stuck = call_leave(i);
	struct instance_stats *s = &i->stats;
	enum instance_state before;
	uint64_t streak;
	bool locked_out;

	if (rc != 0 && i->reason[0] == '\0')
		snprintf(i->reason, sizeof(i->reason), "%s",
		    rc < 0 ? strerror(-rc) : "no reason given");
	pthread_mutex_lock(&i->lock);
	s->calls++;
	s->stuck = false;
	s->last_ns = took;
	s->sum_ns += took;
	s->max_ns = took > s->max_ns ? took : s->max_ns;
	s->failures += rc != 0 && !was_stuck;
	before = s->state;
	streak = count_outcome(i, what, rc);
	locked_out = s->state == INSTANCE_UNAUTHORISED && before != s->state;
	pthread_mutex_unlock(&i->lock);
	if (was_stuck)
		say_unstuck(i, what);
	say_outcome(i, what, streak, rc == 0, locked_out);
}

/* One of its flags that are guarded by its lock. */
static void
set_flag(struct fettle_ctx *i, bool *flag, bool value)
{
	pthread_mutex_lock(&i->lock);
	*flag = value;
	pthread_mutex_unlock(&i->lock);
}

static bool
get_flag(struct fettle_ctx *i, const bool *flag)
{
	bool value;

	pthread_mutex_lock(&i->lock);
	value = *flag;
	pthread_mutex_unlock(&i->lock);
	return value;
}

int
instance_open(struct fettle_ctx *i)
{
	int rc = 0;

	if (instance_is_open(i))
		return 0;
	call_begin(i);
	if (i->plugin->d.open != NULL)
		rc = i->plugin->d.open(i);
	if (rc == 0)
		set_flag(i, &i->open, true);
	call_end(i, CALL_OPEN, rc);
	return rc;
}

int
instance_adopt(struct fettle_ctx *i, struct fettle_ctx *old)
{
	int rc;

	if (i->plugin->d.adopt == NULL || !instance_is_open(old))
		return -ENOTSUP;
	call_begin(i);
	rc = i->plugin->d.adopt(i, old->self);
	if (rc == 0)
		set_flag(i, &i->open, true);
	call_end(i, CALL_ADOPT, rc);
	if (rc == 0)
		instance_close(old);
	else if (rc != -ENOTSUP)
		set_flag(old, &old->outdated, true);
	return rc;
}

void
instance_close(struct fettle_ctx *i)
{
	if (!instance_is_open(i))
		return;
	call_begin(i);
	if (i->plugin->d.close != NULL)
		i->plugin->d.close(i);
	set_flag(i, &i->open, false);
	call_end(i, CALL_CLOSE, 0);
}

int
instance_read(struct fettle_ctx *i)
{
	int rc;

	call_begin(i);
	rc = i->plugin->d.read(i);
	if (rc == 0 && i->failed != 0)
		rc = -i->failed;
	call_end(i, CALL_READ, rc);
	return rc;
}

/* What is below 0, or no answer at all, is tried again.  last: the last answer
 * that there is. */
static int
answer_of(struct fettle_ctx *i, int rc, enum fettle_answer last)
{
	if (rc < 0 && i->reason[0] == '\0')
		snprintf(i->reason, sizeof(i->reason), "%s", strerror(-rc));
	return rc < 0 || rc > (int)last ? FETTLE_RETRY : rc;
}

int
instance_write(struct fettle_ctx *i, const struct fettle_batch *batch)
{
	int rc;

	call_begin(i);
	i->refused.n = batch->n;
	i->refused.v.n = 0;
	i->refused.reason[0] = '\0';
	rc = answer_of(i, i->plugin->d.write(i, batch), FETTLE_UNAUTHORISED);
	call_end(i, CALL_WRITE, rc);
	return rc;
}

int
instance_notify(struct fettle_ctx *i, const struct fettle_notice *notice)
{
	int rc;

	call_begin(i);
	rc = answer_of(i, i->plugin->d.notify(i, notice), FETTLE_UNKNOWN);
	call_end(i, CALL_NOTIFY, rc);
	return rc;
}

/* Why there is no answer, for who asked: what the plugin said, in a line. */
static void
ask_reason(struct fettle_ctx *i, int rc, char *answer, size_t size)
{
	struct buf line = { 0 };
	const char *reason = i->reason[0] != '\0' ? i->reason : strerror(-rc);

	utf8_add_line(&line, reason, strlen(reason));
	snprintf(answer, size, "%s", line.data);
	buf_free(&line);
}

int
instance_ask(
    struct fettle_ctx *i, const char *question, char *answer, size_t size)
{
	bool was_stuck;
	int rc;

	answer[0] = '\0';
	call_enter(i, INSTANCE_ASK_S * NS_PER_S);
	rc = i->plugin->d.ask(i, question, answer, size);
	was_stuck = call_leave(i);
	pthread_mutex_lock(&i->lock);
	i->stats.stuck = false;
	pthread_mutex_unlock(&i->lock);
	if (was_stuck)
		say_unstuck(i, CALL_ASK);
	if (rc == 0 && memchr(answer, '\0', size) != NULL)
		return 0;
	if (rc >= 0) {
		snprintf(i->reason, sizeof(i->reason),
		    "its answer is none: %s",
		    rc > 0 ? "ask returned no 0" : "no NUL ends it");
		rc = -EPROTO;
	}
	ask_reason(i, rc, answer, size);
	return rc;
}

int
instance_flush(struct fettle_ctx *i)
{
	int rc;

	if (i->plugin->d.flush == NULL || !instance_is_open(i))
		return 0;
	call_begin(i);
	rc = i->plugin->d.flush(i);
	call_end(i, CALL_FLUSH, rc);
	return rc;
}

void
instance_refresh(struct fettle_ctx *i)
{
	bool changed = false;
	char why[256];

	if (i->section == NULL)
		return;
	if (option_refresh(i->self, &i->plugin->d.options, i->section,
		&changed, why, sizeof(why)) < 0)
		log_record(LOG_WARNING, i->label, NULL, 0, "%s", why);
	else if (changed)
		log_record(LOG_NOTICE, i->label, NULL, 0, "secret read again");
}

void
instance_stats(struct fettle_ctx *i, struct instance_stats *out)
{
	pthread_mutex_lock(&i->lock);
	*out = i->stats;
	pthread_mutex_unlock(&i->lock);
}

bool
instance_is_open(struct fettle_ctx *i)
{
	return get_flag(i, &i->open);
}

bool
instance_is_stuck(struct fettle_ctx *i)
{
	return get_flag(i, &i->stats.stuck);
}

bool
instance_is_outdated(struct fettle_ctx *i)
{
	return get_flag(i, &i->outdated);
}
