/* SPDX-License-Identifier: MIT */
#include "common/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

/* A clock that was set back by more than this begins anew. */
#define STEPPED_S 300

/* What the three plugins are shown with; of disk and memory in the order of
 * enum snapshot_space. */
static const struct base {
	const char *plugin;
	unsigned flag;
	size_t n;
	const char *fields[SNAPSHOT_SPACE_N];
} bases[] = {
	{ "cpu", SNAPSHOT_CPU, 1, { "percent" } },
	{ "memory", SNAPSHOT_MEMORY, SNAPSHOT_SPACE_N,
	    { "total", "used", "available", "percent" } },
	{ "disk", SNAPSHOT_DISK, SNAPSHOT_SPACE_N,
	    { "total", "used", "free", "percent" } },
};

enum { BASES = sizeof(bases) / sizeof *bases };

static const struct base *
base_of(const char *plugin)
{
	for (size_t i = 0; i < BASES; i++)
		if (strcmp(bases[i].plugin, plugin) == 0)
			return &bases[i];
	return NULL;
}

unsigned
snapshot_base(const struct fettle_list *l)
{
	const struct base *base = l->n_tags == 0 ? base_of(l->plugin) : NULL;

	return base != NULL ? base->flag : 0;
}

int64_t
snapshot_second(const struct fettle_list *l)
{
	return l->time_ns / SECOND_NS;
}

/* --- lists --------------------------------------------------------------- */

/* Whether its plugin would be taken for a member of the snapshot itself, or is
 * the daemon's bookkeeping and no measurement of the host. */
static bool
is_left_out(const struct fettle_list *l)
{
	static const char *const names[] = { "fettle", "timestamp",
		"hostname" };

	for (size_t i = 0; i < sizeof(names) / sizeof *names; i++)
		if (strcmp(l->plugin, names[i]) == 0)
			return true;
	return base_of(l->plugin) != NULL && l->n_tags > 0;
}

static char *
put_text(char **room, const char *s)
{
	char *at = *room;

	*room = stpcpy(at, s) + 1;
	return at;
}

static char *
put_tags(char **room, const struct fettle_list *l)
{
	char *at = *room, *p = at;

	for (size_t i = 0; i < l->n_tags; i++) {
		*p++ = i == 0 ? '{' : ',';
		p = stpcpy(p, l->tags[i].key);
		*p++ = '=';
		p = stpcpy(p, l->tags[i].value);
	}
	if (l->n_tags > 0)
		*p++ = '}';
	*p++ = '\0';
	*room = p;
	return at;
}

/* Bytes that the texts of a list take. */
static size_t
text_size(const struct fettle_list *l, const struct base *base)
{
	size_t size = strlen(l->plugin) + 1 + 2;

	if (l->instance != NULL)
		size += strlen(l->instance) + 1;
	for (size_t i = 0; i < l->n_tags; i++)
		size += strlen(l->tags[i].key) + strlen(l->tags[i].value) + 2;
	for (size_t i = 0; base == NULL && i < l->n; i++)
		size += strlen(l->fields[i]->name) + 1;
	return size;
}

static void
copy_base(struct snapshot_list *to, const struct fettle_list *l,
    const struct base *base)
{
	for (size_t k = 0; k < base->n; k++) {
		to->v[k].name = base->fields[k];
		for (size_t i = 0; i < l->n; i++)
			if (l->values[i].kind == FETTLE_GAUGE &&
			    strcmp(l->fields[i]->name, base->fields[k]) == 0)
				to->v[k].value = l->values[i];
	}
}

int
snapshot_list_new(const struct fettle_list *l, struct snapshot_list **copy)
{
	const struct base *base = base_of(l->plugin);
	const size_t n = base != NULL ? base->n : l->n;
	struct snapshot_list *to;
	size_t size;
	char *room;

	*copy = NULL;
	if (is_left_out(l))
		return 0;
	size = sizeof *to + n * sizeof *to->v + text_size(l, base);
	to = calloc(1, size);
	if (to == NULL)
		return -ENOMEM;
	room = (char *)&to->v[n];
	to->refs = 1;
	to->base = base != NULL ? base->flag : 0;
	to->second = snapshot_second(l);
	to->interval_ns = l->interval_ns;
	to->size = size;
	to->plugin = put_text(&room, l->plugin);
	to->instance = l->instance ? put_text(&room, l->instance) : NULL;
	to->tags = put_tags(&room, l);
	to->n = n;
	if (base != NULL)
		copy_base(to, l, base);
	for (size_t i = 0; base == NULL && i < n; i++) {
		to->v[i].name = put_text(&room, l->fields[i]->name);
		to->v[i].value = l->values[i];
	}
	*copy = to;
	return 0;
}

void
snapshot_list_put(struct snapshot_list *list)
{
	if (list != NULL && --list->refs == 0)
		free(list);
}

/* --- sets ---------------------------------------------------------------- */

bool
snapshot_is_number(const char *s)
{
	const size_t n = strspn(s, "0123456789");

	return n > 0 && n < 10 && s[n] == '\0';
}

/* Numbers by size, the rest by bytes. */
static int
instance_order(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	if (snapshot_is_number(a) && snapshot_is_number(b)) {
		const long x = strtol(a, NULL, 10), y = strtol(b, NULL, 10);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return strcmp(a, b);
}

static int
order(const struct snapshot_list *a, const struct snapshot_list *b)
{
	int c = strcmp(a->plugin, b->plugin);

	if (c == 0)
		c = instance_order(a->instance, b->instance);
	return c != 0 ? c : strcmp(a->tags, b->tags);
}

/* Where the list is or belongs; *found: whether it is there. */
static size_t
set_find(const struct snapshot_set *set, const struct snapshot_list *list,
    bool *found)
{
	size_t low = 0, high = set->n;

	*found = true;
	if (set->hint < set->n && order(set->v[set->hint], list) == 0)
		return set->hint;
	while (low < high) {
		const size_t middle = (low + high) / 2;
		const int c = order(set->v[middle], list);

		if (c == 0)
			return middle;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = false;
	return low;
}

static int
set_room(struct snapshot_set *set)
{
	const size_t cap = set->cap > 0 ? 2 * set->cap : 8;
	struct snapshot_list **grown;

	if (set->n < set->cap)
		return 0;
	grown = reallocarray(set->v, cap, sizeof *grown);
	if (grown == NULL)
		return -ENOMEM;
	set->v = grown;
	set->cap = cap;
	return 0;
}

/* The three plugins may use the last quarter alone: nobody displaces them. */
static bool
set_is_full(const struct snapshot_set *set, const struct snapshot_list *list,
    size_t less)
{
	const size_t max =
	    list->base != 0 ? SNAPSHOT_MAX : SNAPSHOT_MAX / 4 * 3;

	return set->size - less + list->size > max;
}

static int
set_insert(struct snapshot_set *set, struct snapshot_list *list, size_t i)
{
	const int rc = set_room(set);

	if (rc < 0)
		return rc;
	memmove(&set->v[i + 1], &set->v[i], (set->n - i) * sizeof *set->v);
	set->n++;
	list->refs++;
	set->v[i] = list;
	set->size += list->size;
	set->hint = i + 1;
	return 0;
}

/* Puts a list at i, in the place of its predecessor if there is one. */
static int
set_put(struct snapshot_set *set, struct snapshot_list *list, size_t i,
    bool replace)
{
	const size_t less = replace ? set->v[i]->size : 0;

	if (list->size > less && set_is_full(set, list, less))
		return -E2BIG;
	if (!replace)
		return set_insert(set, list, i);
	list->refs++;
	set->size += list->size - less;
	snapshot_list_put(set->v[i]);
	set->v[i] = list;
	set->hint = i + 1;
	return 0;
}

static void
set_fini(struct snapshot_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		snapshot_list_put(set->v[i]);
	free(set->v);
	*set = (struct snapshot_set){ 0 };
}

/* --- hosts --------------------------------------------------------------- */

int
snapshot_host_init(struct snapshot_host *host, const char *name)
{
	*host = (struct snapshot_host){ .name = strdup(name) };
	return host->name != NULL ? 0 : -ENOMEM;
}

void
snapshot_host_fini(struct snapshot_host *host)
{
	set_fini(&host->newest);
	free(host->name);
	host->name = NULL;
}

int
snapshot_host_add(struct snapshot_host *host, struct snapshot_list *list)
{
	bool found;
	const size_t i = set_find(&host->newest, list, &found);

	if (found) {
		const int64_t ahead = host->newest.v[i]->second - list->second;

		if (ahead > 0 && ahead < STEPPED_S)
			return 0;
	}
	return set_put(&host->newest, list, i, found);
}

bool
snapshot_is_over(const struct snapshot_list *l, int64_t second, int times)
{
	const int64_t age = second - l->second;

	return age > 0 &&
	       (double)age * SECOND_NS >= (double)l->interval_ns * times;
}

/* Forgets what is not worth repeating after that second. */
static void
host_prune(struct snapshot_host *host, int64_t second)
{
	struct snapshot_set *set = &host->newest;
	size_t kept = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (snapshot_is_over(set->v[i], second, 3)) {
			set->size -= set->v[i]->size;
			snapshot_list_put(set->v[i]);
		} else {
			set->v[kept++] = set->v[i];
		}
	}
	set->n = kept;
}

/* --- snapshots ----------------------------------------------------------- */

int
snapshot_init(struct snapshot *s, struct snapshot_host *host, int64_t second)
{
	const struct snapshot_set *newest = &host->newest;
	int rc = 0;

	*s = (struct snapshot){ .second = second };
	host_prune(host, second);
	for (size_t i = 0; i < newest->n && rc == 0; i++) {
		if (newest->v[i]->second > second)
			continue;
		rc = set_insert(&s->lists, newest->v[i], s->lists.n);
		s->has |= newest->v[i]->base;
	}
	if (rc < 0)
		snapshot_fini(s);
	return rc;
}

void
snapshot_fini(struct snapshot *s)
{
	set_fini(&s->lists);
}

int
snapshot_add(struct snapshot *s, struct snapshot_list *list)
{
	bool found;
	const size_t i = set_find(&s->lists, list, &found);
	const int rc = set_put(&s->lists, list, i, found);

	if (rc == 0)
		s->has |= list->base;
	return rc;
}
