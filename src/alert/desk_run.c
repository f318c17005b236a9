/* SPDX-License-Identifier: MIT */
/* The desk's thread: timers, and the file.  It holds the lock but while it
 * waits for the disk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alert/courier.h"
#include "alert/desk_own.h"
#include "base/clock.h"
#include "base/log.h"

enum {
	REOPEN_S = 60, /* between two attempts to open the file */
	BUSY_S = 1,    /* the same, where another has it */
	NAP_S = 60,    /* then it looks at the wall clock */
};

const char *
desk_store_name(enum desk_store s)
{
	static const char *const names[] = { [DESK_STORE_NONE] = "none",
		[DESK_STORE_OPENING] = "opening",
		[DESK_STORE_OK] = "ok",
		[DESK_STORE_DEGRADED] = "degraded",
		[DESK_STORE_HANGS] = "hangs" };

	return names[s];
}

/* --- the file ------------------------------------------------------------ */

/* Until it is opened again, what changes is in memory only. */
static void
degrade(struct desk *d, int rc, const char *why)
{
	const bool is_news = d->store != DESK_STORE_DEGRADED;

	if (is_news)
		d->failed_ns = clock_wall();
	snprintf(d->why, sizeof(d->why), "%s", why);
	d->store = DESK_STORE_DEGRADED;
	d->whole = true;
	d->retry_at =
	    clock_mono() + (rc == -EBUSY ? BUSY_S : REOPEN_S) * NS_PER_S;
	if (rc == -EUCLEAN) /* it is set aside when it is opened again */
		d->retry_at = 0;
	pthread_cond_broadcast(&d->changed);
	desk_disk_begin(d);
	if (is_news)
		log_error("alerts cannot be kept, what changes is in memory "
			  "only: %s",
		    why);
	if (d->archive.store != NULL)
		archive_close(&d->archive, false);
	desk_disk_end(d);
}

static void
fail(struct desk *d, int rc)
{
	char why[256];

	snprintf(why, sizeof(why), "%s: %s", d->path, strerror(-rc));
	degrade(d, rc, why);
}

static void
say_found(
    const struct desk *d, const struct store_found *found, const char *why)
{
	if (found->aside[0] != '\0')
		log_error("%s was damaged (%s) and is called %s now; alerts "
			  "begin anew",
		    d->path, why, found->aside);
}

/* Opens it, and reads what it has if that is not known; the lock is released
 * meanwhile.  0, or it is degraded. */
static int
open_file(struct desk *d, struct transaction *t, size_t *damaged)
{
	const bool unread = d->unread;
	struct store_found found;
	char why[256];
	int rc;

	*damaged = 0;
	desk_disk_begin(d);
	rc = archive_open(&d->archive, d->path, &found, why, sizeof(why));
	if (rc == 0) {
		say_found(d, &found, why);
		if (unread)
			rc = archive_read(&d->archive, t, damaged);
		if (rc < 0)
			snprintf(why, sizeof(why), "%s: %s", d->path,
			    strerror(-rc));
	}
	desk_disk_end(d);
	if (rc < 0)
		degrade(d, rc, why);
	return rc;
}

static void
say_damaged(const struct desk *d, size_t damaged)
{
	if (damaged > 0)
		log_error("%s: %zu damaged record%s left out", d->path,
		    damaged, damaged == 1 ? "" : "s");
}

/* Where it began without what it knew before. */
static size_t
merge(struct desk *d, const struct transaction *t)
{
	struct engine *before = engine_new(d->policy, &tuning_default);
	const size_t damaged = transaction_load(t, before, &d->history);

	desk_now(d);
	transaction_renumber(&d->letters, engine_stats(before).dead);
	engine_merge(d->engine, before);
	engine_free(before);
	return damaged;
}

/* What it was before this life. */
static void
read_file(struct desk *d)
{
	struct transaction t = { 0 };
	size_t damaged;

	d->unread = true;
	d->store = DESK_STORE_OPENING;
	if (open_file(d, &t, &damaged) == 0) {
		damaged += d->begun
			       ? merge(d, &t)
			       : transaction_load(&t, d->engine, &d->history);
		d->whole = damaged > 0 || d->begun;
		d->unread = false;
		d->store = DESK_STORE_OK;
		d->bytes = archive_size(&d->archive);
		say_damaged(d, damaged);
	}
	transaction_clear(&t);
}

/* All that has changed. */
static void
gather(struct desk *d, struct transaction *t)
{
	*t = d->letters;
	memset(&d->letters, 0, sizeof(d->letters));
	engine_commit(d->engine, transaction_put, t);
	history_commit(&d->history, transaction_put_past, t);
	d->gathered++;
}

/* Nobody keeps it: all but the letters is in the engine anyway. */
static void
keep_letters(struct desk *d, struct transaction *t)
{
	transaction_drop(t);
	t->whole = false;
	d->letters = *t;
	memset(t, 0, sizeof(*t));
}

static int
write_out(struct desk *d)
{
	struct transaction t;
	const uint64_t ticket = d->gathered + 1;
	uint64_t bytes = 0;
	int rc;

	if (d->whole) {
		engine_unsaved(d->engine);
		history_unsaved(&d->history);
	}
	gather(d, &t);
	t.whole = d->whole;
	desk_disk_begin(d);
	rc = archive_write(&d->archive, &t);
	if (rc == 0)
		bytes = archive_size(&d->archive);
	desk_disk_end(d);
	if (rc == 0) {
		d->durable = ticket;
		d->whole = false;
		d->bytes = bytes;
		d->commits++;
		pthread_cond_broadcast(&d->changed);
	} else {
		keep_letters(d, &t);
		fail(d, rc);
	}
	pthread_mutex_unlock(&d->lock);
	transaction_clear(&t);
	pthread_mutex_lock(&d->lock);
	return rc;
}

/* What a file that is opened again takes it has to prove. */
static void
reopen(struct desk *d)
{
	const int64_t since = d->failed_ns;
	struct transaction t = { 0 };
	size_t damaged;
	int rc;

	rc = open_file(d, &t, &damaged);
	if (rc == 0 && d->unread) {
		say_damaged(d, damaged + merge(d, &t));
		d->unread = false;
	}
	transaction_clear(&t);
	if (rc < 0 || write_out(d) < 0)
		return;
	d->store = DESK_STORE_OK;
	d->why[0] = '\0';
	pthread_mutex_unlock(&d->lock);
	log_notice("alerts are kept again after %.0f s",
	    (double)(clock_wall() - since) / NS_PER_S);
	pthread_mutex_lock(&d->lock);
}

static void
commit(struct desk *d)
{
	struct transaction t;

	if (d->store == DESK_STORE_OK) {
		write_out(d);
		return;
	}
	gather(d, &t);
	keep_letters(d, &t);
}

/* --- its days ------------------------------------------------------------ */

static void
nap(struct desk *d)
{
	const int64_t now = clock_mono();
	int64_t until = now + NAP_S * NS_PER_S, due = engine_due(d->engine);

	if (due < INT64_MAX && due - d->boot_ns < until - now)
		until = now + (due - d->boot_ns);
	if (d->store == DESK_STORE_DEGRADED && d->retry_at < until)
		until = d->retry_at;
	d->asleep = d->boot_ns + (until - now);
	if (until > now) {
		const struct timespec at = clock_timespec(until);

		pthread_cond_timedwait(&d->work, &d->lock, &at);
	}
	d->asleep = 0;
}

static bool
step(struct desk *d)
{
	desk_now(d);
	engine_tick(d->engine);
	for (size_t i = 0; i < d->couriers.n; i++)
		courier_poke(d->couriers.v[i]);
	if (d->store == DESK_STORE_DEGRADED && clock_mono() >= d->retry_at)
		reopen(d);
	else if (engine_changed(d->engine) ||
		 (d->whole && d->store == DESK_STORE_OK))
		commit(d);
	else if (d->ended)
		return false;
	else
		nap(d);
	return true;
}

/* A disk that failed is given a last chance. */
static void
finish(struct desk *d)
{
	if (d->store == DESK_STORE_DEGRADED)
		reopen(d);
	if (d->archive.store != NULL) {
		desk_disk_begin(d);
		archive_close(&d->archive, true);
		desk_disk_end(d);
	}
	d->over = true;
	pthread_cond_broadcast(&d->changed);
}

void *
desk_run(void *arg)
{
	struct desk *d = arg;

	pthread_mutex_lock(&d->lock);
	if (d->path != NULL)
		read_file(d);
	d->tried = true;
	pthread_cond_broadcast(&d->changed);
	while (!d->begun)
		pthread_cond_wait(&d->work, &d->lock);
	while (step(d))
		continue;
	finish(d);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}
