/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/selector.h"
#include "ring_host.h"

struct ring_record {
	struct ring_host *host;
	struct snapshot self;
	char *text; /* NULL: it must be rendered anew */
	size_t len;
	size_t cost; /* what it counts for in bytes */
};

struct ring {
	pthread_mutex_t lock; /* of all below */
	/* v[first] to v[first + n - 1], in order; room for 2 * max, so that
	 * they are moved to the front only once in max times. */
	struct ring_record **v;
	size_t first, n, max;
	size_t bytes; /* the sum of their cost */
	struct ring_hosts hosts;
	uint64_t version, left_out;
};

struct ring *
ring_new(size_t records)
{
	struct ring *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->max = records;
	r->v = calloc(2 * records, sizeof *r->v);
	if (r->v == NULL || ring_hosts_init(&r->hosts) < 0) {
		free(r->v);
		free(r);
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

/* --- records ------------------------------------------------------------- */

static void
record_free(struct ring_record *rec)
{
	snapshot_fini(&rec->self);
	free(rec->text);
	free(rec);
}

/* Counts what the record costs now. */
static void
weigh(struct ring *r, struct ring_record *rec)
{
	const size_t cost = sizeof *rec + rec->self.lists.size +
			    rec->self.lists.cap * sizeof *rec->self.lists.v +
			    rec->len;

	r->bytes = r->bytes - rec->cost + cost;
	rec->cost = cost;
}

static void
changed(struct ring *r, struct ring_record *rec)
{
	free(rec->text);
	rec->text = NULL;
	rec->len = 0;
	weigh(r, rec);
	r->version++;
}

static void
drop_oldest(struct ring *r)
{
	struct ring_record *rec = r->v[r->first++];

	r->n--;
	r->bytes -= rec->cost;
	r->version++;
	if (rec->host->latest == rec)
		rec->host->latest = NULL;
	ring_hosts_lose(&r->hosts, rec->host);
	record_free(rec);
}

/* The one that came last stays, whatever it costs. */
static void
trim(struct ring *r)
{
	while (r->n > r->max || (r->bytes > RING_BYTES_MAX && r->n > 1))
		drop_oldest(r);
}

/* How many records are before that second. */
static size_t
before(const struct ring *r, int64_t second)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (r->v[r->first + middle]->self.second < second)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct ring_record *
find(const struct ring *r, const struct ring_host *host, int64_t second)
{
	if (host->n == 0 || second > host->newest)
		return NULL;
	if (host->latest != NULL && host->latest->self.second == second)
		return host->latest;
	for (size_t i = before(r, second); i < r->n; i++) {
		struct ring_record *rec = r->v[r->first + i];

		if (rec->self.second != second)
			break;
		if (rec->host == host)
			return rec;
	}
	return NULL;
}

static void
insert(struct ring *r, struct ring_record *rec)
{
	const size_t i = before(r, rec->self.second + 1);
	struct ring_record **at;

	if (r->first + r->n == 2 * r->max) {
		memmove(r->v, r->v + r->first, r->n * sizeof *r->v);
		r->first = 0;
	}
	at = r->v + r->first + i;
	memmove(at + 1, at, (r->n - i) * sizeof *at);
	*at = rec;
	r->n++;
}

/* A new snapshot, with what its host says of that second; NULL where it would
 * be the first to go. */
static int
add_record(struct ring *r, struct ring_host *host, int64_t second,
    struct ring_record **out)
{
	struct ring_record *rec;

	*out = NULL;
	if (r->n == r->max && second < r->v[r->first]->self.second)
		return 0;
	rec = calloc(1, sizeof *rec);
	if (rec == NULL ||
	    snapshot_init(&rec->self, &host->self, second) < 0) {
		free(rec);
		return -ENOMEM;
	}
	rec->host = host;
	ring_hosts_gain(&r->hosts, host, second);
	if (r->n == r->max)
		drop_oldest(r);
	insert(r, rec);
	host->latest = rec;
	changed(r, rec);
	*out = rec;
	return 0;
}

/* --- lists --------------------------------------------------------------- */

static int
add_copy(struct ring *r, struct ring_host *host, struct snapshot_list *copy)
{
	struct ring_record *rec;
	int rc;

	rc = snapshot_host_add(&host->self, copy);
	if (rc < 0)
		return rc;
	rec = find(r, host, copy->second);
	if (rec == NULL && copy->base != 0)
		rc = add_record(r, host, copy->second, &rec);
	if (rec == NULL)
		return rc;
	/* what comes late is not what the host said last */
	rc = snapshot_add(&rec->self, copy);
	if (rc < 0)
		return rc;
	host->latest = rec;
	changed(r, rec);
	return 0;
}

static int
add_list(struct ring *r, const struct fettle_list *l)
{
	struct snapshot_list *copy;
	struct ring_host *host;
	int rc;

	rc = snapshot_list_new(l, &copy);
	if (rc < 0 || copy == NULL)
		return rc;
	host = ring_hosts_get(&r->hosts, l->host);
	rc = host != NULL ? add_copy(r, host, copy) : -ENOMEM;
	snapshot_list_put(copy);
	if (rc == -E2BIG) {
		r->left_out++;
		rc = 0;
	}
	return rc;
}

int
ring_add(struct ring *r, const struct fettle_list *const *lists, size_t n)
{
	int rc = 0;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_list(r, lists[i]);
	trim(r);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

int
ring_resize(struct ring *r, size_t records)
{
	struct ring_record **v = calloc(2 * records, sizeof *v);

	if (v == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&r->lock);
	r->max = records;
	trim(r);
	memcpy(v, r->v + r->first, r->n * sizeof *v);
	free(r->v);
	r->v = v;
	r->first = 0;
	pthread_mutex_unlock(&r->lock);
	return 0;
}

void
ring_free(struct ring *r)
{
	if (r == NULL)
		return;
	while (r->n > 0)
		drop_oldest(r);
	ring_hosts_fini(&r->hosts);
	pthread_mutex_destroy(&r->lock);
	free(r->v);
	free(r);
}

/* --- reading ------------------------------------------------------------- */

uint64_t
ring_version(struct ring *r)
{
	uint64_t version;

	pthread_mutex_lock(&r->lock);
	version = r->version;
	pthread_mutex_unlock(&r->lock);
	return version;
}

uint64_t
ring_left_out(struct ring *r)
{
	uint64_t n;

	pthread_mutex_lock(&r->lock);
	n = r->left_out;
	pthread_mutex_unlock(&r->lock);
	return n;
}

static int
render(struct ring *r, struct ring_record *rec)
{
	struct text text = { 0 };

	if (rec->text != NULL)
		return 0;
	snapshot_render(&rec->self, rec->host->self.name, true, &text);
	if (text.failed) {
		text_free(&text);
		return -ENOMEM;
	}
	rec->text = realloc(text.data, text.len + 1);
	if (rec->text == NULL)
		rec->text = text.data;
	rec->len = text.len;
	weigh(r, rec);
	return 0;
}

/* Whose records are meant. */
struct meant {
	const struct ring_host *of; /* NULL: all of the glob */
	const char *glob;	    /* NULL: all */
};

static bool
is_meant(const struct meant *m, const struct ring_record *rec)
{
	return (m->of == NULL || rec->host == m->of) &&
	       (m->glob == NULL ||
		   selector_glob(m->glob, rec->host->self.name));
}

/* The records from *from to to - 1 are those of the time that is asked for;
 * *from moves to the first that the limit leaves.  Returns how many bytes the
 * answer has, or -ENOMEM. */
static ssize_t
choose(struct ring *r, const struct meant *m, size_t limit, size_t *from,
    size_t to)
{
	size_t chosen = 0, bytes = 4;

	for (size_t i = to; i > *from; i--) {
		struct ring_record *rec = r->v[r->first + i - 1];

		if (!is_meant(m, rec))
			continue;
		if (chosen++ == limit) {
			*from = i;
			break;
		}
		if (render(r, rec) < 0)
			return -ENOMEM;
		bytes += rec->len + 2;
	}
	return (ssize_t)bytes;
}

static size_t
put(struct ring *r, const struct meant *m, size_t from, size_t to, char *data)
{
	char *p = data;

	*p++ = '[';
	for (; from < to; from++) {
		const struct ring_record *rec = r->v[r->first + from];

		if (!is_meant(m, rec))
			continue;
		if (p > data + 1)
			*p++ = ',';
		*p++ = '\n';
		p = mempcpy(p, rec->text, rec->len);
	}
	if (p > data + 1)
		*p++ = '\n';
	*p++ = ']';
	*p++ = '\n';
	return (size_t)(p - data);
}

static int
render_locked(
    struct ring *r, const struct ring_query *q, char **data, size_t *len)
{
	struct meant m = { .glob = q->may };
	size_t from = before(r, q->since), to = r->n;
	ssize_t bytes;

	if (q->until < INT64_MAX)
		to = before(r, q->until + 1);
	if (q->host != NULL) {
		m.of = ring_hosts_find(&r->hosts, q->host);
		if (m.of == NULL)
			to = 0;
	}
	if (from > to)
		from = to;
	bytes = choose(r, &m, q->limit, &from, to);
	if (bytes < 0)
		return -ENOMEM;
	*data = malloc((size_t)bytes);
	if (*data == NULL)
		return -ENOMEM;
	*len = put(r, &m, from, to, *data);
	assert(*len <= (size_t)bytes);
	return 0;
}

int
ring_render(struct ring *r, const struct ring_query *q, char **data,
    size_t *len, uint64_t *version)
{
	int rc;

	pthread_mutex_lock(&r->lock);
	*version = r->version;
	rc = render_locked(r, q, data, len);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

void
ring_hosts(struct ring *r, const char *glob, size_t max,
    void (*each)(void *arg, const char *name, int64_t second), void *arg)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->hosts.n_buckets && max > 0; i++) {
		const struct ring_host *host = r->hosts.buckets[i];

		for (; host != NULL && max > 0; host = host->next) {
			if (host->n == 0 ||
			    !selector_glob(glob, host->self.name))
				continue;
			each(arg, host->self.name, host->newest);
			max--;
		}
	}
	pthread_mutex_unlock(&r->lock);
}
