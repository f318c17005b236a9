/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "common/snapshot.h"

/* The lists of one plugin, side by side in a snapshot. */
struct group {
	struct snapshot_list *const *v;
	size_t n;
	int64_t latest; /* second of the newest */
};

/* The group that begins at *at, which is moved behind it; false at the end. */
static bool
next_group(const struct snapshot_set *set, size_t *at, struct group *g)
{
	*g = (struct group){ .v = set->v + *at };
	for (; *at < set->n; ++*at, g->n++) {
		if (g->n > 0 &&
		    strcmp(set->v[*at]->plugin, g->v[0]->plugin) != 0)
			break;
		if (g->n == 0 || set->v[*at]->second > g->latest)
			g->latest = set->v[*at]->second;
	}
	return g->n > 0;
}

/* A list that was due when its plugin last spoke, and did not come, is of
 * something that is gone. */
static bool
is_gone(const struct group *g, const struct snapshot_list *l)
{
	return snapshot_is_over(l, g->latest, 1);
}

/* --- cpu, memory, disk --------------------------------------------------- */

/* Always with a point, so that every reader takes it for a real number. */
static void
put_percent(struct text *to, const struct fettle_value *v)
{
	if (v->kind == 0) {
		text_str(to, "null");
		return;
	}
	text_real(to, v->real);
	if (v->real == floor(v->real) && fabs(v->real) < 0x1p53 &&
	    !(v->real == 0 && signbit(v->real)))
		text_str(to, ".0");
}

static void
put_whole(struct text *to, double number)
{
	number = round(number);
	if (number < 0)
		number = 0;
	text_uint(to, number < 0x1p64 ? (uint64_t)number : UINT64_MAX);
}

/* A member of an object, behind a comma if it is not the first. */
static void
put_name(struct text *to, const char *name, bool *first)
{
	if (!*first)
		text_char(to, ',');
	*first = false;
	text_json(to, name);
	text_char(to, ':');
}

static void
put_cpu(struct text *to, const struct group *g)
{
	const struct snapshot_list *whole = NULL;
	bool first = true;

	text_str(to, "{\"per_core\":[");
	for (size_t i = 0; i < g->n; i++) {
		const struct snapshot_list *l = g->v[i];

		if (is_gone(g, l))
			continue;
		if (l->instance == NULL)
			whole = l;
		else if (snapshot_is_number(l->instance)) {
			if (!first)
				text_char(to, ',');
			first = false;
			put_percent(to, &l->v[0].value);
		}
	}
	text_char(to, ']');
	if (whole != NULL && whole->v[0].value.kind != 0) {
		text_str(to, ",\"average\":");
		put_percent(to, &whole->v[0].value);
	}
	text_char(to, '}');
}

/* The members of memory or of a file system, without the braces. */
static void
put_space(struct text *to, const struct snapshot_list *l, bool *first)
{
	static const char *const names[SNAPSHOT_SPACE_N] = { "total", "used",
		"free", "percent" };

	for (int i = 0; i < SNAPSHOT_SPACE_N; i++) {
		const struct fettle_value *v = &l->v[i].value;

		if (v->kind == 0)
			continue;
		put_name(to, names[i], first);
		if (i == SNAPSHOT_SPACE_PERCENT)
			put_percent(to, v);
		else
			put_whole(to, v->real);
	}
}

static void
put_memory(struct text *to, const struct group *g)
{
	bool first = true;

	text_char(to, '{');
	if (g->v[0]->instance == NULL)
		put_space(to, g->v[0], &first);
	text_char(to, '}');
}

static bool
is_root(const struct snapshot_list *l)
{
	return l->instance != NULL && strcmp(l->instance, "/") == 0;
}

static void
put_mounts(struct text *to, const struct group *g, bool *first)
{
	bool none = true;

	for (size_t i = 0; i < g->n; i++) {
		const struct snapshot_list *l = g->v[i];
		bool inner = true;

		if (l->instance == NULL || is_root(l) || is_gone(g, l))
			continue;
		if (none) {
			put_name(to, "mounts", first);
			text_char(to, '{');
		}
		put_name(to, l->instance, &none);
		text_char(to, '{');
		put_space(to, l, &inner);
		text_char(to, '}');
	}
	if (!none)
		text_char(to, '}');
}

static void
put_disk(struct text *to, const struct group *g, bool mounts)
{
	bool first = true;

	text_char(to, '{');
	for (size_t i = 0; i < g->n; i++)
		if (is_root(g->v[i]) && !is_gone(g, g->v[i]))
			put_space(to, g->v[i], &first);
	if (mounts)
		put_mounts(to, g, &first);
	text_char(to, '}');
}

/* --- other plugins ------------------------------------------------------- */

static void
put_value(struct text *to, const struct fettle_value *v)
{
	if (v->kind == FETTLE_COUNTER)
		text_uint(to, v->count);
	else if (isfinite(v->real))
		text_real(to, v->real);
	else
		text_str(to, "null");
}

static void
put_fields(struct text *to, const struct snapshot_list *l, bool *first)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].value.kind == 0)
			continue;
		put_name(to, l->v[i].name, first);
		put_value(to, &l->v[i].value);
	}
}

/* Whether the list without instance and tags has a field of that name. */
static bool
is_field(const struct group *g, const char *name)
{
	const struct snapshot_list *own = g->v[0];

	if (own->instance != NULL || own->tags[0] != '\0')
		return false;
	for (size_t i = 0; i < own->n; i++)
		if (strcmp(own->v[i].name, name) == 0)
			return true;
	return false;
}

/* The instance and its tags: disk{fs=ext4}.  Where an instance without tags
 * could be taken for something else its empty tags are written: total{}. */
static void
put_instance(struct text *to, const struct group *g,
    const struct snapshot_list *l, struct text *key, bool *first)
{
	text_clear(key);
	text_str(key, l->instance != NULL ? l->instance : "");
	text_str(key, l->tags);
	if (!key->failed && l->tags[0] == '\0' &&
	    (is_field(g, key->data) ||
		(key->len > 0 && key->data[key->len - 1] == '}')))
		text_str(key, "{}");
	if (key->failed)
		to->failed = true;
	else
		put_name(to, key->data, first);
}

static void
put_plugin(struct text *to, const struct group *g)
{
	struct text key = { 0 };
	bool first = true;

	text_char(to, '{');
	for (size_t i = 0; i < g->n; i++) {
		const struct snapshot_list *l = g->v[i];
		bool inner = true;

		if (is_gone(g, l))
			continue;
		if (l->instance == NULL && l->tags[0] == '\0') {
			put_fields(to, l, &first);
			continue;
		}
		put_instance(to, g, l, &key, &first);
		text_char(to, '{');
		put_fields(to, l, &inner);
		text_char(to, '}');
	}
	text_char(to, '}');
	text_free(&key);
}

/* --- all of it ----------------------------------------------------------- */

static void
put_group(struct text *to, const struct group *g, bool all)
{
	bool first = false;

	if (g->v[0]->base == 0 && !all)
		return;
	put_name(to, g->v[0]->plugin, &first);
	switch (g->v[0]->base) {
	case SNAPSHOT_CPU:
		put_cpu(to, g);
		break;
	case SNAPSHOT_MEMORY:
		put_memory(to, g);
		break;
	case SNAPSHOT_DISK:
		put_disk(to, g, all);
		break;
	default:
		put_plugin(to, g);
	}
}

void
snapshot_render(
    const struct snapshot *s, const char *host, bool all, struct text *to)
{
	static const unsigned bases[] = { SNAPSHOT_CPU, SNAPSHOT_MEMORY,
		SNAPSHOT_DISK, 0 };
	struct group g;

	text_str(to, "{\"timestamp\":");
	text_int(to, s->second);
	text_str(to, ",\"hostname\":");
	text_json(to, host);
	for (size_t i = 0; i < sizeof(bases) / sizeof *bases; i++)
		for (size_t at = 0; next_group(&s->lists, &at, &g);)
			if (g.v[0]->base == bases[i])
				put_group(to, &g, all);
	text_char(to, '}');
}
