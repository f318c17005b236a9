/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#include "common/thread.h"
#include "days.h"
#include "load.h"
#include "room.h"

enum {
	PART_BYTES = 64 << 10, /* after which another begins */
	WAITING_MAX = 8 << 20,
	LINGER_S = 1,
	WELL_MS = 60000, /* after the last failure, before it is said */
	EPOCH_BITS = 20, /* of a stamp; 11 are for the day */
};

/* What goes to one file in one piece. */
struct part {
	struct part *next;
	int64_t day;
	unsigned tier;
	uint32_t chunks;
	size_t cost;
	struct text text;
};

struct journal {
	pthread_mutex_t lock; /* of all below but atomics */
	pthread_cond_t more, less;
	pthread_t thread;
	struct part *first, **last;
	int64_t now;	/* the clock when something was put last */
	uint32_t epoch; /* another after names may have been lost */
	bool believed;	/* the clock is */
	bool ends, waits, hurries;
	_Atomic size_t bytes;
	_Atomic uint64_t written, unwritten, damaged;
	/* The thread's own: */
	bool failing;
	int64_t failed;	 /* when, last */
	int64_t expired; /* day */
	void (*log)(void *, int, const char *);
	void *log_arg;
	char dir[];
};

static void __attribute__((format(printf, 3, 4)))
say(const struct journal *j, int priority, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (j->log == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j->log(j->log_arg, priority, text);
}

/* --- the thread ---------------------------------------------------------- */

static void
failed(struct journal *j, const struct part *part, int err, int64_t now)
{
	if (!j->failing)
		say(j, LOG_ERR, "history cannot be written to %s: %s", j->dir,
		    strerror(err));
	j->failing = true;
	j->failed = now;
	atomic_fetch_add(&j->unwritten, part->chunks);
	pthread_mutex_lock(&j->lock);
	j->epoch++;
	pthread_mutex_unlock(&j->lock);
}

/* A disk that is almost full has room now and then: all is well once nothing
 * has failed for a while, by a clock that may be set meanwhile. */
static void
went_well(struct journal *j, int64_t now)
{
	if (!j->failing || llabs(now - j->failed) < WELL_MS)
		return;
	say(j, LOG_NOTICE, "history is written to %s again", j->dir);
	j->failing = false;
}

static bool
write_part(struct journal *j, const struct part *part, int64_t now)
{
	const struct text *text = &part->text;
	const int rc = text->failed ? -ENOMEM
				    : days_add(j->dir, part->day, part->tier,
					  text->data, text->len);

	if (rc < 0) {
		failed(j, part, -rc, now);
		return false;
	}
	atomic_fetch_add(&j->written, text->len);
	return true;
}

/* A full disk has room for the small ones: all goes well when all went well.
 */
static void
write_parts(struct journal *j, struct part *part, int64_t now)
{
	bool well = true;
	struct part *next;

	for (; part != NULL; part = next) {
		next = part->next;
		well = write_part(j, part, now) && well;
		atomic_fetch_sub(&j->bytes, part->cost);
		text_free(&part->text);
		free(part);
		pthread_mutex_lock(&j->lock);
		pthread_cond_broadcast(&j->less);
		pthread_mutex_unlock(&j->lock);
	}
	if (well)
		went_well(j, now);
}

static void
expire(struct journal *j, int64_t now)
{
	if (now / DAYS_MS == j->expired)
		return;
	j->expired = now / DAYS_MS;
	days_expire(j->dir, now);
}

/* What comes within the second is written together. */
static void
linger(struct journal *j)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LINGER_S;
	while (!j->ends && !j->waits && !j->hurries &&
	       pthread_cond_timedwait(&j->more, &j->lock, &until) == 0)
		;
}

static void *
run(void *arg)
{
	struct journal *j = arg;
	struct part *parts;
	int64_t now;
	bool believed;

	pthread_mutex_lock(&j->lock);
	while (!j->ends || j->first != NULL) {
		if (j->first == NULL) {
			pthread_cond_wait(&j->more, &j->lock);
			continue;
		}
		parts = j->first;
		j->first = NULL;
		j->last = &j->first;
		j->hurries = false;
		now = j->now;
		believed = j->believed;
		pthread_mutex_unlock(&j->lock);
		write_parts(j, parts, now);
		if (believed)
			expire(j, now);
		pthread_mutex_lock(&j->lock);
		linger(j);
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

/* --- beginning and end --------------------------------------------------- */

static void
read_all(struct journal *j, struct past *p)
{
	char name[32] = "";
	size_t damaged;
	int rc;

	rc = load_files(p, j->dir, &damaged, name);
	if (rc < 0)
		say(j, LOG_ERR, "history cannot be read from %s: %s", j->dir,
		    strerror(-rc));
	if (damaged > 0)
		say(j, LOG_WARNING,
		    "%zu files of history were damaged, the last is now "
		    "%s/%s.damaged; the rest was read",
		    damaged, j->dir, name);
	j->damaged = damaged;
}

struct journal *
journal_new(struct past *p, const struct past_settings *s)
{
	struct journal *j = calloc(1, sizeof *j + strlen(s->dir) + 1);
	int rc;

	if (j == NULL)
		return NULL;
	strcpy(j->dir, s->dir);
	j->log = s->log;
	j->log_arg = s->log_arg;
	j->last = &j->first;
	if (mkdir(j->dir, 0700) != 0 && errno != EEXIST) {
		say(j, LOG_ERR, "history stays in memory: %s: %s", j->dir,
		    strerror(errno));
		free(j);
		return NULL;
	}
	pthread_mutex_init(&j->lock, NULL);
	thread_cond_init(&j->more);
	thread_cond_init(&j->less);
	read_all(j, p);
	rc = thread_start(&j->thread, run, j);
	if (rc == 0)
		return j;
	say(j, LOG_ERR, "history stays in memory: no thread: %s",
	    strerror(rc));
	free(j);
	return NULL;
}

void
journal_free(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->ends = true;
	pthread_cond_signal(&j->more);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
	pthread_cond_destroy(&j->more);
	pthread_cond_destroy(&j->less);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

/* --- what is to be written ----------------------------------------------- */

/* Where the next entry for a file goes; NULL: no memory. */
static struct part *
part_for(struct journal *j, int64_t day, unsigned tier)
{
	struct part *found = NULL;

	for (struct part *at = j->first; at != NULL; at = at->next)
		if (at->day == day && at->tier == tier)
			found = at;
	if (found != NULL && found->text.len < PART_BYTES)
		return found;
	found = calloc(1, sizeof *found);
	if (found == NULL)
		return NULL;
	found->day = day;
	found->tier = tier;
	*j->last = found;
	j->last = &found->next;
	return found;
}

static void
put_name(struct past *p, struct part *part, struct trace *t)
{
	const struct origin *o = t->origin;
	const struct fettle_list list = { .host = o->host,
		.plugin = o->plugin,
		.instance = o->instance,
		.tags = o->tags,
		.n_tags = o->n_tags,
		.instance_name = o->instance_name };
	const struct fettle_field field = { t->field,
		(enum fettle_kind)t->kind, t->unit, t->help };
	struct tier *x = &t->tiers[part->tier];
	/* within a day and epoch; 0 is of none */
	const uint32_t stamp =
	    (uint32_t)((uint64_t)part->day << EPOCH_BITS |
		       (p->journal->epoch & ((1u << EPOCH_BITS) - 1))) |
	    1u << 31;

	if (x->named == stamp)
		return;
	entry_put_name(&part->text, part->tier, t->id, &list, &field);
	x->named = stamp;
}

static void
weigh(struct journal *j, struct part *part)
{
	const size_t cost = sizeof *part + part->text.cap + 32;

	atomic_fetch_add(&j->bytes, cost - part->cost);
	part->cost = cost;
}

/* How many bytes may wait, of those that all of it may take. */
static size_t
waiting_max(const struct past *p)
{
	return p->memory / 8 < WAITING_MAX ? (size_t)(p->memory / 8)
					   : WAITING_MAX;
}

void
journal_put(
    struct past *p, struct trace *t, unsigned tier, const struct chunk *c)
{
	struct journal *j = p->journal;
	struct part *part = NULL;

	pthread_mutex_lock(&j->lock);
	j->now = p->now;
	j->believed = room_believes_clock(p);
	while (j->waits && journal_bytes(j) > waiting_max(p))
		pthread_cond_wait(&j->less, &j->lock);
	if (journal_bytes(j) <= waiting_max(p))
		part = part_for(j, p->now / DAYS_MS, tier);
	if (part != NULL) {
		put_name(p, part, t);
		entry_put_chunk(&part->text, tier, t->id, c);
		part->chunks++;
		weigh(j, part);
		j->hurries |= journal_bytes(j) > waiting_max(p) / 4;
		pthread_cond_signal(&j->more);
	} else {
		atomic_fetch_add(&j->unwritten, 1);
	}
	pthread_mutex_unlock(&j->lock);
}

void
journal_wait(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->waits = true;
	pthread_cond_signal(&j->more);
	pthread_mutex_unlock(&j->lock);
}

size_t
journal_bytes(const struct journal *j)
{
	return atomic_load(&j->bytes);
}

void
journal_stats(const struct journal *j, struct past_stats *to)
{
	to->written = atomic_load(&j->written);
	to->unwritten = atomic_load(&j->unwritten);
	to->damaged = atomic_load(&j->damaged);
}
