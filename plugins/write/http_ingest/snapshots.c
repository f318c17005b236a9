/* SPDX-License-Identifier: MIT */
#include "snapshots.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/snapshot.h"

#define NS_PER_S INT64_C(1000000000)
/* A clock that was set back by more begins anew; less is a late list. */
#define STEPPED_S 300
#define FORGET_S 3600

struct waiting {
	struct snapshot_host host; /* with its newest lists, all complete */
	int64_t second;		   /* of the snapshot */
	bool waits;		   /* it has not been done with */
	unsigned failures; /* snapshots in a row that lacked something */
};

/* Sorted by name. */
struct snapshots {
	struct waiting **v;
	size_t n, cap;
	size_t hint;	/* who was looked up last */
	int64_t second; /* of the last list; the senders' time, not ours */
};

struct snapshots *
snapshots_new(void)
{
	return calloc(1, sizeof(struct snapshots));
}

static void
waiting_free(struct waiting *w)
{
	snapshot_host_fini(&w->host);
	free(w);
}

void
snapshots_free(struct snapshots *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		waiting_free(s->v[i]);
	free(s->v);
	free(s);
}

/* --- hosts --------------------------------------------------------------- */

/* Where the host is or belongs; *found: whether it is there. */
static size_t
find(struct snapshots *s, const char *host, bool *found)
{
	size_t low = 0, high = s->n;

	*found = true;
	if (s->hint < s->n && strcmp(s->v[s->hint]->host.name, host) == 0)
		return s->hint;
	while (low < high) {
		const size_t middle = (low + high) / 2;
		const int c = strcmp(s->v[middle]->host.name, host);

		if (c == 0)
			return s->hint = middle;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = false;
	return low;
}

static struct waiting *
insert(struct snapshots *s, size_t i, const char *host)
{
	struct waiting *w = calloc(1, sizeof(*w)), **grown;

	if (w == NULL)
		return NULL;
	if (s->n == s->cap) {
		grown = reallocarray(s->v, 2 * s->cap + 8, sizeof(*s->v));
		if (grown == NULL) {
			free(w);
			return NULL;
		}
		s->v = grown;
		s->cap = 2 * s->cap + 8;
	}
	if (snapshot_host_init(&w->host, host) != 0) {
		free(w);
		return NULL;
	}
	memmove(&s->v[i + 1], &s->v[i], (s->n++ - i) * sizeof(*s->v));
	s->v[i] = w;
	return w;
}

static void
forget(struct snapshots *s, size_t i)
{
	waiting_free(s->v[i]);
	memmove(&s->v[i], &s->v[i + 1], (--s->n - i) * sizeof(*s->v));
}

/* --- lists in ------------------------------------------------------------ */

/* Of disk, only the root file system is in a snapshot. */
static bool
is_wanted(const struct fettle_list *l)
{
	switch (snapshot_base(l)) {
	case SNAPSHOT_CPU:
		return true;
	case SNAPSHOT_MEMORY:
		return l->instance == NULL;
	case SNAPSHOT_DISK:
		return l->instance != NULL && strcmp(l->instance, "/") == 0;
	default:
		return false;
	}
}

/* Whether a list of that second begins another snapshot. */
static bool
is_another(const struct waiting *w, int64_t second)
{
	return second > w->second || second < w->second - STEPPED_S;
}

struct waiting *
snapshots_before(struct snapshots *s, const struct fettle_list *l)
{
	bool found;
	size_t i;

	if (!is_wanted(l))
		return NULL;
	i = find(s, l->host, &found);
	return found && s->v[i]->waits &&
		       is_another(s->v[i], snapshot_second(l))
		   ? s->v[i]
		   : NULL;
}

static bool
has_all_values(const struct snapshot_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].value.kind == 0)
			return false;
	return true;
}

int
snapshots_add(struct snapshots *s, const struct fettle_list *l)
{
	const int64_t second = snapshot_second(l);
	struct snapshot_list *copy;
	struct waiting *w;
	bool found;
	size_t i;
	int rc;

	if (!is_wanted(l))
		return 0;
	i = find(s, l->host, &found);
	w = found ? s->v[i] : insert(s, i, l->host);
	if (w == NULL || snapshot_list_new(l, &copy) != 0)
		return -ENOMEM;
	s->second = second;
	if (!found || is_another(w, second)) {
		assert(!w->waits);
		w->second = second;
		w->waits = true;
	}
	rc = copy != NULL && has_all_values(copy)
		 ? snapshot_host_add(&w->host, copy)
		 : 0;
	snapshot_list_put(copy);
	return rc == -ENOMEM ? rc : 0;
}

/* --- snapshots out ------------------------------------------------------- */

/* Second of the newest list of cpu. */
static int64_t
last_of_cpu(const struct waiting *w)
{
	int64_t last = INT64_MIN;

	for (size_t i = 0; i < w->host.newest.n; i++) {
		const struct snapshot_list *l = w->host.newest.v[i];

		if (l->base == SNAPSHOT_CPU && l->second <= w->second &&
		    l->second > last)
			last = l->second;
	}
	return last;
}

const char *
snapshots_lacks(const struct waiting *w)
{
	const int64_t last = last_of_cpu(w);
	unsigned has = 0;

	for (size_t i = 0; i < w->host.newest.n; i++) {
		const struct snapshot_list *l = w->host.newest.v[i];

		if (l->second > w->second || snapshot_is_over(l, w->second, 3))
			continue;
		/* cores without their average are not enough */
		if (l->base != SNAPSHOT_CPU ||
		    (l->instance == NULL && !snapshot_is_over(l, last, 1)))
			has |= l->base;
	}
	if (!(has & SNAPSHOT_CPU))
		return "cpu";
	if (!(has & SNAPSHOT_MEMORY))
		return "memory";
	return has & SNAPSHOT_DISK ? NULL : "disk[/]";
}

/* Whether nothing more is to be expected of its second. */
static bool
is_complete(const struct waiting *w)
{
	for (size_t i = 0; i < w->host.newest.n; i++)
		if (snapshot_is_over(w->host.newest.v[i], w->second, 1))
			return false;
	return snapshots_lacks(w) == NULL;
}

/* Whether the next one should have begun. */
static bool
is_over(const struct waiting *w, int64_t now_ns)
{
	for (size_t i = 0; i < w->host.newest.n; i++) {
		const struct snapshot_list *l = w->host.newest.v[i];

		if (l->second == w->second &&
		    now_ns >= l->second * NS_PER_S + l->interval_ns)
			return true;
	}
	return false;
}

struct waiting *
snapshots_next(struct snapshots *s, size_t *at, enum snapshots_which which,
    int64_t now_ns)
{
	while (*at < s->n) {
		struct waiting *w = s->v[*at];

		if (!w->waits && s->second - w->second > FORGET_S) {
			forget(s, *at);
			continue;
		}
		++*at;
		if (!w->waits)
			continue;
		if (which == SNAPSHOTS_FIT
			? snapshots_lacks(w) == NULL
			: is_complete(w) || is_over(w, now_ns))
			return w;
	}
	return NULL;
}

int
snapshots_render(struct waiting *w, struct text *to)
{
	struct snapshot snapshot;

	if (snapshot_init(&snapshot, &w->host, w->second) != 0)
		return -ENOMEM;
	snapshot_render(&snapshot, w->host.name, false, to);
	snapshot_fini(&snapshot);
	return to->failed ? -ENOMEM : 0;
}

const char *
snapshots_host(const struct waiting *w)
{
	return w->host.name;
}

bool
snapshots_holds(const struct waiting *w, const struct fettle_list *l)
{
	return is_wanted(l) && snapshot_second(l) == w->second &&
	       strcmp(l->host, w->host.name) == 0;
}

bool
snapshots_done(struct waiting *w, bool sent)
{
	w->waits = false;
	w->failures = sent ? 0 : w->failures + 1;
	return w->failures == 3;
}
