/* SPDX-License-Identifier: MIT */
/* The thread of a keeper: opens, writes, fetches, ends.  It holds the lock of
 * its writer but while it waits for the disk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/keeper_own.h"
#include "deliver/refill.h"
#include "deliver/store_file.h"

enum {
	IDLE_S = 60,   /* between transactions that are not pressing */
	REOPEN_S = 60, /* between two attempts to open the file */
	BUSY_S = 1,    /* the same, where another has it */
};

static void
tell_all(struct keeper *k)
{
	pthread_cond_signal(k->wake);
	pthread_cond_broadcast(k->changed);
}

/* After the disk has been looked at. */
static void
note_file(struct keeper *k, uint64_t bytes)
{
	k->stats.lists = k->spool.lists;
	k->stats.oldest_ns = k->spool.oldest_ns;
	k->stats.bytes = bytes;
}

/* Until it is opened again, what waits is in memory only. */
static void
degrade(struct keeper *k, const char *why)
{
	const bool is_news = k->stats.state != KEEPER_DEGRADED;

	if (is_news)
		k->failed_at = clock_mono();
	snprintf(k->stats.why, sizeof(k->stats.why), "%s", why);
	k->stats.state = KEEPER_DEGRADED;
	k->retry_at = clock_mono() + REOPEN_S * NS_PER_S;
	k->doubt = true;
	k->fetching = false;
	queue_unsaved(k->queue);
	tell_all(k);
	pthread_mutex_unlock(k->lock);
	if (is_news)
		log_record(LOG_ERR, k->label, NULL, 0,
		    "the spool cannot be used, what waits is in memory only: "
		    "%s",
		    why);
	if (k->spool.store != NULL)
		spool_close(&k->spool, NULL, NULL);
	pthread_mutex_lock(k->lock);
}

static void
fail(struct keeper *k, int rc)
{
	char why[256];

	snprintf(why, sizeof(why), "%s: %s", k->path, strerror(-rc));
	degrade(k, why);
	if (rc == -EUCLEAN) /* it is set aside when it is opened again */
		k->retry_at = 0;
}

/* What one transaction is to do. */
static void
gather(struct keeper *k, bool lists)
{
	struct deposit *d = &k->deposit;
	struct queue *q = k->queue;

	if (lists)
		queue_gather(q, &d->parcel);
	d->trim = q->trim;
	q->trim = 0;
	for (size_t i = 0; i < q->gone.n; i++)
		vec_add(&d->gone) = q->gone.v[i];
	d->sent = q->sent;
	d->purge = k->doubt;
	d->keeps = queue_disk_keeps(q);
	d->max_age_ns = k->stats.max_age_ns;
	d->wall_ns = clock_wall();
	if (k->dead->unsaved)
		d->n_letters = dead_copy(k->dead, d->letters);
	k->dead->unsaved = false;
}

/* It has happened, and the file is to be relied on: at once, for what is in
 * its rows now must not be sent past it. */
static void
account(struct keeper *k, bool lists)
{
	struct deposit *d = &k->deposit;

	for (size_t i = 0; i < d->dropped.n; i++) {
		const struct spool_row *row = &d->dropped.v[i].row;

		queue_row_dropped(k->queue, row->row, &row->place, row->n,
		    d->dropped.v[i].fate);
	}
	queue_removed(k->queue, d->gone.n);
	if (lists)
		queue_saved(k->queue, d->rows.v, d->rows.n);
	k->doubt = false;
	k->stats.state = KEEPER_OK;
	k->stats.why[0] = '\0';
}

/* One transaction.  lists: with those that are not on disk yet. */
static int
commit(struct keeper *k, bool lists)
{
	const uint64_t trim = k->queue->trim;
	uint64_t bytes = 0;
	int rc;

	gather(k, lists);
	pthread_mutex_unlock(k->lock);
	rc = deposit_make(&k->deposit, &k->spool);
	if (rc == 0)
		bytes = store_size(k->spool.store);
	pthread_mutex_lock(k->lock);
	k->worked_at = clock_mono();
	if (rc == 0) {
		account(k, lists);
		note_file(k, bytes);
		tell_all(k);
	} else {
		if (k->queue->trim == 0)
			k->queue->trim = trim;
		fail(k, rc);
	}
	/* references may be the last ones */
	pthread_mutex_unlock(k->lock);
	deposit_clear(&k->deposit);
	pthread_mutex_lock(k->lock);
	return rc;
}

/* --- opening ------------------------------------------------------------- */

static void
say_found(
    const struct keeper *k, const struct spool_found *found, const char *why)
{
	if (found->file.aside[0] != '\0')
		log_record(LOG_ERR, k->label, NULL, 0,
		    "the spool was damaged and is begun anew, what was there "
		    "is now %s: %s",
		    found->file.aside, why);
	if (!k->known && found->lists > 0)
		log_record(LOG_NOTICE, k->label, NULL, 0,
		    "%llu value lists are in the spool",
		    (unsigned long long)found->lists);
}

/* The queue learns what the file has.  Lists that were numbered go on where
 * an earlier life ended only if nobody has seen one of their numbers. */
static void
take_over(struct keeper *k, const struct spool_found *found, struct dead *dead)
{
	struct queue *q = k->queue;

	if (!k->known) {
		if (found->next.id[0] != '\0' && k->fresh &&
		    k->stats.state == KEEPER_OPENING)
			queue_adopt(q, &found->next);
		queue_disk_found(q, found->lists, found->last, &found->sent);
		dead_join(k->dead, dead);
	} else if (found->file.state == STORE_NEW ||
		   found->file.aside[0] != '\0') {
		queue_disk_lost(q);
		queue_unsaved(q);
		k->doubt = false;
	}
	k->known = true;
	/* a new file has none, one that is to be smaller perhaps too many */
	k->dead->unsaved = k->dead->next > k->dead->first;
}

/* What a new file takes it has to prove. */
static void
prove(struct keeper *k)
{
	const int64_t took = clock_mono() - k->failed_at;

	if (commit(k, k->stats.promise >= SURVIVE_CRASH) < 0)
		return;
	pthread_mutex_unlock(k->lock);
	log_record(LOG_NOTICE, k->label, NULL, 0,
	    "the spool works again after %.0f s", (double)took / NS_PER_S);
	pthread_mutex_lock(k->lock);
}

/* Where the file itself may be what fills the disk, and nothing is wanted of
 * it that is not in memory too, it makes room: to be opened it would need
 * some.  Whether it is worth another try. */
static bool
make_room(struct keeper *k, int rc)
{
	if (rc != -ENOSPC || !k->known || k->queue->disk.lists > 0)
		return false;
	pthread_mutex_unlock(k->lock);
	store_file_erase(k->path);
	pthread_mutex_lock(k->lock);
	return true;
}

static void
open_file(struct keeper *k)
{
	const struct spool_options o = { .path = k->path,
		.power = k->stats.promise == SURVIVE_POWER,
		.max_size = k->stats.max_size };
	struct spool_found found;
	struct dead dead = { 0 };
	char why[256] = "";
	uint64_t bytes = 0;
	int rc, tries = 2;

	do {
		pthread_mutex_unlock(k->lock);
		rc =
		    spool_open(&k->spool, &o, &found, &dead, why, sizeof(why));
		pthread_mutex_lock(k->lock);
		/* damage that is found in it is set aside the next time */
	} while (--tries > 0 && (rc == -EUCLEAN || make_room(k, rc)));
	pthread_mutex_unlock(k->lock);
	if (rc == 0) {
		bytes = store_size(k->spool.store);
		say_found(k, &found, why);
	}
	pthread_mutex_lock(k->lock);
	if (rc < 0) {
		degrade(k, why);
		/* a writer that a reload removed may have it for a moment */
		if (rc == -EBUSY)
			k->retry_at = clock_mono() + BUSY_S * NS_PER_S;
	} else {
		take_over(k, &found, &dead);
		note_file(k, bytes);
		if (k->stats.state == KEEPER_DEGRADED)
			prove(k);
		else
			k->stats.state = KEEPER_OK;
		tell_all(k);
	}
	dead_fini(&dead);
}

/* The options have changed: they count when the file is opened. */
static void
reopen(struct keeper *k)
{
	k->reopen = false;
	if (k->stats.state != KEEPER_OK) {
		k->retry_at = 0;
		return;
	}
	pthread_mutex_unlock(k->lock);
	spool_close(&k->spool, NULL, NULL);
	pthread_mutex_lock(k->lock);
	open_file(k);
}

/* --- fetching ------------------------------------------------------------ */

static void
say_damaged(
    const struct keeper *k, const struct spool_row *row, const char *why)
{
	log_record(LOG_ERR, k->label, NULL, 0,
	    "row %llu of the spool is damaged, its value lists are lost: %s",
	    (unsigned long long)row->row, why);
}

/* One row; lists: how many are wanted still.  False: no more of them. */
static bool
fetch_row(struct keeper *k, size_t *lists)
{
	struct queue *q = k->queue;
	const uint64_t after = q->disk.read, through = q->disk.through;
	struct unpacked unpacked = { 0 };
	struct refill made = { 0 };
	struct spool_row row;
	uint64_t skip;
	size_t n;
	char why[128];
	int rc;

	pthread_mutex_unlock(k->lock);
	rc = spool_read(&k->spool, after, &row, &unpacked, why, sizeof(why));
	n = unpacked.n;
	pthread_mutex_lock(k->lock);
	skip = queue_unwanted(q, row.row, &row.place, n);
	pthread_mutex_unlock(k->lock);
	if (rc == 0)
		refill(&made, k->table, &row, &unpacked, skip);
	if (rc == -EBADMSG)
		say_damaged(k, &row, why);
	if (rc == -EBADMSG && row.row > through)
		rc = -ENOENT; /* it is behind all that is wanted */
	unpacked_free(&unpacked);
	pthread_mutex_lock(k->lock);
	if (rc == -EBADMSG)
		queue_row_dropped(q, row.row, &row.place, row.n, FATE_CORRUPT);
	else if (rc == 0 || rc == -ENOENT)
		queue_fetched(q, made.made.v, made.made.n, made.lost,
		    rc == 0 ? row.row : through);
	else
		fail(k, rc);
	vec_free(&made.made);
	*lists -= n < *lists ? n : *lists;
	return *lists > 0 && (rc == 0 || rc == -EBADMSG);
}

static void
fetch(struct keeper *k)
{
	size_t lists = k->fetch;

	while (k->queue->disk.lists > 0 && fetch_row(k, &lists))
		continue;
	k->fetching = false;
	tell_all(k);
}

/* --- its days ------------------------------------------------------------ */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When the next transaction is; INT64_MAX: nothing is to be written. */
static int64_t
due(const struct keeper *k)
{
	const struct queue *q = k->queue;
	const bool writes = k->stats.promise >= SURVIVE_CRASH;
	const int64_t pause = writes ? KEEPER_WRITE_S : IDLE_S;
	int64_t at = INT64_MAX, since;

	if (writes && queue_has_unsaved(q, &since)) {
		at = since + KEEPER_WRITE_S * NS_PER_S;
		if (k->sync > q->saved || 2 * q->fresh > q->room)
			at = 0;
	}
	if (q->trim > 0 || q->gone.n > 0 || k->dead->unsaved)
		at = earlier(at, k->worked_at + pause * NS_PER_S);
	if (k->stats.lists > 0)
		at = earlier(at, k->worked_at + IDLE_S * NS_PER_S);
	return at;
}

/* Sleeps until there is something to do. */
static void
nap(struct keeper *k)
{
	int64_t until = INT64_MAX;

	if (k->stats.state == KEEPER_OK)
		until = due(k);
	else if (k->stats.state == KEEPER_DEGRADED)
		until = k->retry_at;
	if (k->stop_by != 0)
		until = earlier(until, k->stop_by);
	k->asleep = until;
	if (until == INT64_MAX) {
		pthread_cond_wait(&k->work, k->lock);
	} else {
		const struct timespec at = clock_timespec(until);

		pthread_cond_timedwait(&k->work, k->lock, &at);
	}
	k->asleep = 0;
}

static bool
is_over(const struct keeper *k)
{
	return k->stop || (k->stop_by != 0 && clock_mono() >= k->stop_by);
}

/* Whatever is first in need.  False: it is over. */
static bool
step(struct keeper *k)
{
	const int64_t now = clock_mono();

	if (k->stats.state == KEEPER_OPENING ||
	    (k->stats.state == KEEPER_DEGRADED && now >= k->retry_at))
		open_file(k);
	else if (is_over(k))
		return false;
	else if (k->reopen)
		reopen(k);
	else if (k->stats.state == KEEPER_OK && k->fetching)
		fetch(k);
	else if (k->stats.state == KEEPER_OK && due(k) <= now)
		commit(k, k->stats.promise >= SURVIVE_CRASH);
	else
		nap(k);
	return true;
}

/* Writes what is left.  A disk that failed is given a last chance, and so is
 * one whose file is only now found to be damaged. */
static void
finish(struct keeper *k)
{
	struct place next, sent;
	int rc = -EUCLEAN;

	for (int tries = 2; tries > 0 && rc == -EUCLEAN; tries--) {
		if (k->stats.state == KEEPER_DEGRADED)
			open_file(k);
		rc = k->stats.state == KEEPER_OK
			 ? commit(k, k->stats.promise != SURVIVE_NONE)
			 : 0;
	}
	memcpy(next.id, k->queue->id, sizeof(next.id));
	next.number = k->queue->next + k->queue->offset;
	sent = k->queue->sent;
	if (k->stats.state == KEEPER_OK) {
		pthread_mutex_unlock(k->lock);
		spool_close(&k->spool, &next, &sent);
		pthread_mutex_lock(k->lock);
	}
	k->fetching = false;
	k->stats.state = KEEPER_ENDED;
	tell_all(k);
}

void *
keeper_run(void *arg)
{
	struct keeper *k = arg;

	pthread_mutex_lock(k->lock);
	while (step(k))
		continue;
	finish(k);
	pthread_mutex_unlock(k->lock);
	return NULL;
}
