/* SPDX-License-Identifier: MIT */
#include "deliver/seen_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

enum {
	SEEN_VERSION = 1,
	SAVE_S = 60,
	SIZE_MAX_BYTES = 128 * 1024 * 1024,
	CHUNK = 1000,	 /* records a transaction */
	TEXT_MAX = 2048, /* a host's name is 255 bytes, escaped */
};

#define PREFIX "queue/"

struct seen_file {
	struct seen *seen;
	char *path;
	pthread_t thread;
	bool threadless;
	struct store *store; /* of the thread; NULL: not open */
	bool read;	     /* what an earlier life left */
	bool failed;	     /* and that has been said */

	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ended, over; /* guarded by lock */
};

/* --- records ------------------------------------------------------------- */

static int
set_record(struct store *to, const struct seen_record *r)
{
	char key[sizeof(PREFIX) + 32], text[TEXT_MAX];
	int n;

	snprintf(key, sizeof(key), PREFIX "%s", r->id);
	n = snprintf(text, sizeof(text),
	    "%" PRIu64 " %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s",
	    r->next, r->heard_ns, r->counts.lost, r->counts.duplicate,
	    r->counts.refilled, r->host);
	if ((size_t)n >= sizeof(text))
		n = sizeof(text) - 1;
	return store_set(to, key, text, (size_t)n);
}

/* One that makes no sense is as good as none. */
static bool
parse_record(struct seen_record *r, const char *key, const char *text)
{
	int host = 0;

	snprintf(r->id, sizeof(r->id), "%s", key + strlen(PREFIX));
	if (!seen_is_id(key + strlen(PREFIX)) ||
	    sscanf(text,
		"%" SCNu64 " %" SCNd64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		" %n",
		&r->next, &r->heard_ns, &r->counts.lost, &r->counts.duplicate,
		&r->counts.refilled, &host) != 5 ||
	    host == 0)
		return false;
	r->host = xstrdup(text + host);
	return true;
}

struct records {
	VEC(struct seen_record) all;
};

static int
read_record(void *arg, const char *key, const void *value, size_t len)
{
	struct seen_record r = { 0 };
	char text[TEXT_MAX];

	if (len >= sizeof(text))
		return 0;
	memcpy(text, value, len);
	text[len] = '\0';
	if (parse_record(&r, key, text))
		vec_add(&((struct records *)arg)->all) = r;
	return 0;
}

static int
by_age(const void *a, const void *b)
{
	const struct seen_record *x = a, *y = b;

	return (x->heard_ns > y->heard_ns) - (x->heard_ns < y->heard_ns);
}

int
seen_read(struct seen *s, struct store *from, bool unclean)
{
	struct records records = { 0 };
	const int rc = store_each(from, PREFIX, read_record, &records);

	if (records.all.n > 0)
		qsort(records.all.v, records.all.n, sizeof(*records.all.v),
		    by_age);
	for (size_t i = 0; i < records.all.n; i++) {
		seen_load(s, &records.all.v[i], unclean);
		free(records.all.v[i].host);
	}
	vec_free(&records.all);
	return rc == -EBADMSG ? 0 : rc;
}

/* The forgotten first: one may have been heard of again since. */
static int
write_changes(struct store *to, const struct seen_changes *c)
{
	char key[sizeof(PREFIX) + 32];
	int rc = store_begin(to);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < c->forgotten.n && rc == 0; i++) {
		snprintf(key, sizeof(key), PREFIX "%s", c->forgotten.v[i]);
		rc = store_unset(to, key);
		rc = rc == -ENOENT ? 0 : rc;
	}
	for (size_t i = 0; i < c->changed.n && rc == 0; i++)
		rc = set_record(to, &c->changed.v[i]);
	if (rc == 0)
		return store_commit(to);
	store_rollback(to);
	return rc;
}

int
seen_write(struct seen *s, struct store *to)
{
	struct seen_changes c;
	size_t n;
	int rc;

	do {
		seen_changes(s, &c, CHUNK);
		n = c.changed.n;
		rc = n + c.forgotten.n > 0 ? write_changes(to, &c) : 0;
		if (rc == 0)
			seen_saved(s, &c);
		seen_changes_free(&c);
	} while (rc == 0 && n == CHUNK);
	return rc;
}

/* --- the thread ---------------------------------------------------------- */

static void
say_failed(struct seen_file *f, const char *why)
{
	if (!f->failed)
		log_warning("what agents have sent is not remembered over a "
			    "restart: %s: %s",
		    f->path, why);
	f->failed = true;
}

/* What an earlier life left is read when the file can be opened for the first
 * time: for queues that were not heard of until then it is good still.  0 or
 * -errno. */
static int
open_store(struct seen_file *f)
{
	const struct store_options options = { .path = f->path,
		.kind = "seen",
		.version = SEEN_VERSION,
		.sync = STORE_CRASH,
		.max_size = SIZE_MAX_BYTES };
	struct store_found found;
	char why[512];
	int rc = store_open(&f->store, &options, &found, why, sizeof(why));

	if (rc < 0) {
		say_failed(f, why);
		return rc;
	}
	if (found.aside[0] != '\0')
		log_warning("%s was damaged (%s) and is called %s now",
		    f->path, why, found.aside);
	if (found.state == STORE_NEW)
		seen_unsaved(f->seen);
	if (!f->read)
		rc =
		    seen_read(f->seen, f->store, found.state == STORE_UNCLEAN);
	f->read = rc == 0;
	return rc;
}

/* Once; 0 or -errno, and it is to be opened anew. */
static int
try_to_save(struct seen_file *f)
{
	int rc = f->store != NULL ? 0 : open_store(f);

	if (rc == 0)
		rc = seen_write(f->seen, f->store);
	if (rc < 0) {
		store_close(f->store, false);
		f->store = NULL;
	}
	return rc;
}

static void
save(struct seen_file *f)
{
	int rc = try_to_save(f);

	if (rc == -EUCLEAN) /* it is set aside when it is opened again */
		rc = try_to_save(f);
	if (rc < 0) {
		say_failed(f, strerror(-rc));
	} else if (f->failed) {
		log_notice(
		    "%s: what agents have sent is remembered again", f->path);
		f->failed = false;
	}
}

/* Until the next time, or the end.  True: it is the end. */
static bool
sleep_a_minute(struct seen_file *f)
{
	const struct timespec until =
	    clock_timespec(clock_mono() + SAVE_S * NS_PER_S);
	bool ended;

	pthread_mutex_lock(&f->lock);
	while (!f->ended &&
	       pthread_cond_timedwait(&f->wake, &f->lock, &until) == 0)
		continue;
	ended = f->ended;
	pthread_mutex_unlock(&f->lock);
	return ended;
}

static void *
run(void *arg)
{
	struct seen_file *f = arg;
	bool ended;

	do {
		ended = sleep_a_minute(f);
		seen_sweep(f->seen, clock_wall());
		save(f);
	} while (!ended);
	store_close(f->store, !f->failed);
	f->store = NULL;
	pthread_mutex_lock(&f->lock);
	f->over = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

static void
start_thread(struct seen_file *f)
{
	f->threadless = thread_start(&f->thread, run, f) != 0;
	if (f->threadless)
		log_error("no thread to remember what agents have sent");
}

struct seen_file *
seen_file_start(struct seen *seen, const char *path)
{
	struct seen_file *f = NEW(struct seen_file);

	f->seen = seen;
	f->path = xstrdup(path);
	pthread_mutex_init(&f->lock, NULL);
	thread_cond_init(&f->wake);
	save(f); /* nothing yet: reads */
	start_thread(f);
	return f;
}

static bool
is_over(struct seen_file *f, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);
	bool over;

	pthread_mutex_lock(&f->lock);
	f->ended = true;
	pthread_cond_signal(&f->wake);
	while (!f->over && !f->threadless &&
	       pthread_cond_timedwait(&f->wake, &f->lock, &until) == 0)
		continue;
	over = f->over || f->threadless;
	pthread_mutex_unlock(&f->lock);
	return over;
}

bool
seen_file_stop(struct seen_file *f, int64_t deadline_ns)
{
	if (f == NULL)
		return true;
	if (!is_over(f, deadline_ns)) {
		log_warning("%s: the disk has not answered in time", f->path);
		pthread_detach(f->thread);
		return false;
	}
	if (f->threadless)
		save(f);
	else
		pthread_join(f->thread, NULL);
	store_close(f->store, !f->failed); /* of one without a thread */
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
	free(f->path);
	free(f);
	return true;
}
