/* SPDX-License-Identifier: MIT */
#include "deliver/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "flow/hash.h"

struct seen_queue {
	struct seen_queue *next_in_bucket, *older, *newer;
	char id[33];
	bool unsure;		/* more may have come than is known */
	uint64_t next, durable; /* numbers */
	int64_t heard_ns;
	unsigned old; /* sweeps that found it so since it was heard */
	struct seen_counts counts;
	uint64_t change, saved; /* how often it was changed, and at saving */
	char *host;
};

void
seen_init(struct seen *s, size_t max)
{
	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	s->max = max;
	s->n_buckets = 16;
	s->buckets = xcalloc(s->n_buckets, sizeof(struct seen_queue *));
}

static void
free_queue(struct seen_queue *q)
{
	free(q->host);
	free(q);
}

static void
free_texts(char **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i]);
}

void
seen_fini(struct seen *s)
{
	struct seen_queue *next;

	for (struct seen_queue *q = s->oldest; q != NULL; q = next) {
		next = q->newer;
		free_queue(q);
	}
	free(s->buckets);
	free_texts(s->forgotten.v, s->forgotten.n);
	vec_free(&s->forgotten);
	pthread_mutex_destroy(&s->lock);
}

bool
seen_is_id(const char *queue)
{
	return strspn(queue, "0123456789abcdef") == 32 && queue[32] == '\0';
}

void
seen_lock(struct seen *s)
{
	pthread_mutex_lock(&s->lock);
}

void
seen_unlock(struct seen *s)
{
	pthread_mutex_unlock(&s->lock);
}

/* --- the table ----------------------------------------------------------- */

static struct seen_queue **
bucket_of(const struct seen *s, const char *id)
{
	return &s->buckets[hash_bytes(hash_seed(), id, 32) &
			   (s->n_buckets - 1)];
}

static struct seen_queue *
find(const struct seen *s, const char *id)
{
	struct seen_queue *q = *bucket_of(s, id);

	while (q != NULL && strcmp(q->id, id) != 0)
		q = q->next_in_bucket;
	return q;
}

static void
unlink_age(struct seen *s, struct seen_queue *q)
{
	*(q->older != NULL ? &q->older->newer : &s->oldest) = q->newer;
	*(q->newer != NULL ? &q->newer->older : &s->newest) = q->older;
}

static void
link_newest(struct seen *s, struct seen_queue *q)
{
	q->older = s->newest;
	q->newer = NULL;
	*(s->newest != NULL ? &s->newest->newer : &s->oldest) = q;
	s->newest = q;
}

static void
add_counts(struct seen_counts *to, const struct seen_counts *c)
{
	to->lost += c->lost;
	to->duplicate += c->duplicate;
	to->refilled += c->refilled;
}

static void
set_behind(struct seen *s, struct seen_queue *q, int64_t ns)
{
	s->behind += (ns > 0) - (size_t)(q->counts.behind_ns > 0);
	q->counts.behind_ns = ns;
}

/* Its counts stay in the sums. */
static void
forget(struct seen *s, struct seen_queue *q)
{
	struct seen_queue **at = bucket_of(s, q->id);

	while (*at != q)
		at = &(*at)->next_in_bucket;
	*at = q->next_in_bucket;
	unlink_age(s, q);
	set_behind(s, q, 0);
	if (q->saved > 0)
		vec_add(&s->forgotten) = xstrdup(q->id);
	free_queue(q);
	s->n--;
}

static void
grow(struct seen *s)
{
	free(s->buckets);
	s->n_buckets *= 2;
	s->buckets = xcalloc(s->n_buckets, sizeof(struct seen_queue *));
	for (struct seen_queue *q = s->oldest; q != NULL; q = q->newer) {
		struct seen_queue **at = bucket_of(s, q->id);

		q->next_in_bucket = *at;
		*at = q;
	}
}

static struct seen_queue *
add(struct seen *s, const char *id)
{
	struct seen_queue *q = NEW(struct seen_queue), **at;

	if (s->n >= s->max)
		forget(s, s->oldest);
	if (s->n >= s->n_buckets)
		grow(s);
	snprintf(q->id, sizeof(q->id), "%s", id);
	at = bucket_of(s, id);
	q->next_in_bucket = *at;
	*at = q;
	link_newest(s, q);
	s->n++;
	return q;
}

void
seen_sweep(struct seen *s, int64_t wall_ns)
{
	const int64_t limit = wall_ns - SEEN_FORGET_S * NS_PER_S;
	struct seen_queue *next;

	seen_lock(s);
	for (struct seen_queue *q = s->oldest;
	     q != NULL && q->heard_ns < limit; q = next) {
		next = q->newer;
		if (++q->old > SEEN_SWEEPS)
			forget(s, q);
	}
	seen_unlock(s);
}

/* --- batches ------------------------------------------------------------- */

uint64_t
seen_skip(struct seen *s, const struct seen_batch *b)
{
	const struct seen_queue *q = find(s, b->queue);

	if (q == NULL || q->next <= b->seq)
		return 0;
	return q->next - b->seq < b->n ? q->next - b->seq : b->n;
}

static void
set_host(struct seen_queue *q, const char *host)
{
	if (q->host != NULL && strcmp(q->host, host) == 0)
		return;
	free(q->host);
	q->host = xstrdup(host);
}

/* A queue of that host is new.  It follows those of the host's earlier lives,
 * of which nothing more may come; one that does goes on being behind. */
static void
succeed(struct seen *s, const char *host)
{
	for (struct seen_queue *q = s->oldest; q != NULL && s->behind > 0;
	     q = q->newer)
		if (q->counts.behind_ns > 0 && strcmp(q->host, host) == 0)
			set_behind(s, q, 0);
}

void
seen_taken(struct seen *s, const struct seen_batch *b, int64_t wall_ns)
{
	struct seen_counts more = { .duplicate = seen_skip(s, b),
		.refilled = b->late };
	struct seen_queue *q = find(s, b->queue);

	if (q == NULL) {
		q = add(s, b->queue);
		q->next = q->durable = b->seq;
		succeed(s, b->host);
	} else {
		unlink_age(s, q);
		link_newest(s, q);
	}
	set_host(q, b->host);
	if (b->seq > q->next && !q->unsure)
		more.lost = b->seq - q->next;
	add_counts(&q->counts, &more);
	add_counts(&s->sums, &more);
	if (more.duplicate < b->n) {
		q->next = b->seq + b->n;
		set_behind(s, q, b->behind_ns);
	}
	q->unsure = false;
	q->heard_ns = wall_ns;
	q->old = 0;
	q->change++;
}

void
seen_durable(struct seen *s, const struct seen_batch *b)
{
	struct seen_queue *q;

	seen_lock(s);
	q = find(s, b->queue);
	if (q != NULL && q->durable < b->seq + b->n) {
		q->durable = b->seq + b->n;
		q->change++;
	}
	seen_unlock(s);
}

/* --- to be kept ---------------------------------------------------------- */

void
seen_load(struct seen *s, const struct seen_record *r, bool unclean)
{
	struct seen_queue *q;

	seen_lock(s);
	if (find(s, r->id) == NULL) {
		q = add(s, r->id);
		q->next = q->durable = r->next;
		q->heard_ns = r->heard_ns;
		q->counts = r->counts;
		q->counts.behind_ns = 0;
		add_counts(&s->sums, &q->counts);
		q->host = xstrdup(r->host);
		q->unsure = unclean;
		q->change = q->saved = 1;
	}
	seen_unlock(s);
}

void
seen_changes(struct seen *s, struct seen_changes *out, size_t most)
{
	memset(out, 0, sizeof(*out));
	seen_lock(s);
	for (const struct seen_queue *q = s->oldest;
	     q != NULL && out->changed.n < most; q = q->newer)
		if (q->change != q->saved) {
			struct seen_record *r = &vec_add(&out->changed);

			*r = (struct seen_record){ .next = q->durable,
				.heard_ns = q->heard_ns,
				.counts = q->counts,
				.host = xstrdup(q->host),
				.change = q->change };
			memcpy(r->id, q->id, sizeof(r->id));
		}
	for (size_t i = 0; i < s->forgotten.n; i++)
		vec_add(&out->forgotten) = xstrdup(s->forgotten.v[i]);
	seen_unlock(s);
}

void
seen_saved(struct seen *s, const struct seen_changes *saved)
{
	const size_t n = saved->forgotten.n;

	seen_lock(s);
	/* the first ones are those still: others come behind them */
	free_texts(s->forgotten.v, n);
	vec_drop(&s->forgotten, n);
	for (size_t i = 0; i < saved->changed.n; i++) {
		struct seen_queue *q = find(s, saved->changed.v[i].id);

		if (q != NULL)
			q->saved = saved->changed.v[i].change;
		else /* forgotten since, and it is there now */
			vec_add(&s->forgotten) =
			    xstrdup(saved->changed.v[i].id);
	}
	seen_unlock(s);
}

void
seen_unsaved(struct seen *s)
{
	seen_lock(s);
	for (struct seen_queue *q = s->oldest; q != NULL; q = q->newer)
		q->saved = 0;
	free_texts(s->forgotten.v, s->forgotten.n);
	s->forgotten.n = 0;
	seen_unlock(s);
}

void
seen_changes_free(struct seen_changes *c)
{
	for (size_t i = 0; i < c->changed.n; i++)
		free(c->changed.v[i].host);
	vec_free(&c->changed);
	free_texts(c->forgotten.v, c->forgotten.n);
	vec_free(&c->forgotten);
}

/* --- to be shown --------------------------------------------------------- */

size_t
seen_sums(struct seen *s, struct seen_counts *out, size_t *behind)
{
	size_t n;

	seen_lock(s);
	*out = s->sums;
	*behind = s->behind;
	n = s->n;
	seen_unlock(s);
	return n;
}

static bool
has_to_tell(const struct seen_counts *c)
{
	return c->lost > 0 || c->duplicate > 0 || c->refilled > 0 ||
	       c->behind_ns > 0;
}

void
seen_each(struct seen *s,
    bool (*fn)(void *arg, const char *host, const struct seen_counts *counts),
    void *arg)
{
	const struct seen_queue *q;

	seen_lock(s);
	for (q = s->newest; q != NULL; q = q->older)
		if (has_to_tell(&q->counts) && !fn(arg, q->host, &q->counts))
			break;
	seen_unlock(s);
}
