/* SPDX-License-Identifier: MIT */
#include "flow/batch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	FUTURE_S = 300,		 /* a stamp may be that far ahead */
	PAST_S = 30 * 24 * 3600, /* and that old: the longest tier */
	/* what interface 1.0 ended with: smaller is no list */
	LIST_SIZE_MIN =
	    offsetof(struct fettle_list, instance_name) + sizeof(const char *),
};

/* One list on its way in: found, and what room it takes. */
struct found {
	struct series *series;
	const struct fettle_field *const *layout; /* NULL: make one */
	bool taken;
};

static bool
value_is(const struct fettle_value *v)
{
	if (v->kind == 0)
		return false;
	return v->kind == FETTLE_COUNTER || isfinite(v->real);
}

static bool
has_value(const struct fettle_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (value_is(&l->values[i]))
			return true;
	return false;
}

static int
refuse(char *why, size_t len, const char *what)
{
	snprintf(why, len, "%s", what);
	return -EINVAL;
}

static bool
tags_are_whole(const struct fettle_tag *tags, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tags == NULL || tags[i].key == NULL ||
		    tags[i].value == NULL)
			return false;
	return true;
}

int
list_check(const struct fettle_list *l, char *why, size_t len)
{
	if (l->size < LIST_SIZE_MIN)
		return refuse(why, len, "its size is not that of a list");
	if (l->n > 0 && (l->fields == NULL || l->values == NULL))
		return refuse(why, len, "no fields or no values");
	if (!tags_are_whole(l->tags, l->n_tags) ||
	    !tags_are_whole(l->host_tags, l->n_host_tags))
		return refuse(why, len, "a tag without key or value");
	for (size_t i = 0; i < l->n; i++) {
		const struct fettle_field *f = l->fields[i];

		if (f == NULL || f->name == NULL || f->unit == NULL ||
		    f->kind < FETTLE_GAUGE || f->kind > FETTLE_TOTAL) {
			snprintf(why, len,
			    "field %zu has no name, kind or unit", i);
			return -EINVAL;
		}
		if (l->values[i].kind != 0 && l->values[i].kind != f->kind) {
			snprintf(why, len,
			    "the value of %s is not of the field's kind",
			    f->name);
			return -EINVAL;
		}
	}
	return 0;
}

int64_t
list_astray(const struct fettle_list *l, int64_t now_ns)
{
	if (l->time_ns == 0 || (l->time_ns <= now_ns + FUTURE_S * NS_PER_S &&
				   l->time_ns >= now_ns - PAST_S * NS_PER_S))
		return 0;
	return (l->time_ns > 0 ? l->time_ns : 0) - now_ns;
}

static enum drop
check_time(const struct batch_origin *o, const struct fettle_list *l)
{
	return !o->passed && list_astray(l, o->names.now_wall_ns) != 0
		   ? DROP_TIME
		   : DROP_NONE;
}

static enum drop
find_one(struct series_table *t, struct batch_origin *o,
    const struct fettle_list *l, struct found *f)
{
	enum drop why = check_time(o, l);

	if (why == DROP_NONE && !has_value(l))
		why = DROP_EMPTY;
	if (why == DROP_NONE)
		why = series_intern(t, &o->names, l, &f->series, &f->layout);
	f->taken = why == DROP_NONE;
	return why;
}

/* Room for everything that comes after struct batch, in this order. */
struct room {
	size_t lists, values, layouts;
};

static size_t
room_bytes(const struct room *r)
{
	return sizeof(struct batch) + r->lists * sizeof(struct list) +
	       r->lists * sizeof(struct fettle_list *) +
	       r->values * (sizeof(struct fettle_value) + sizeof(double)) +
	       r->layouts * sizeof(struct fettle_field *);
}

/* Where the next list's parts go. */
struct cursor {
	struct list *list;
	const struct fettle_list **pub;
	struct fettle_value *value;
	double *rate;
	const struct fettle_field **layout;
};

static struct batch *
batch_alloc(const struct room *r, struct cursor *c)
{
	struct batch *b = xmalloc(room_bytes(r));

	memset(b, 0, sizeof(*b));
	atomic_init(&b->refs, 1);
	b->bytes = room_bytes(r);
	b->lists = (struct list *)(b + 1);
	c->list = b->lists;
	c->value = (struct fettle_value *)(c->list + r->lists);
	c->rate = (double *)(c->value + r->values);
	c->pub = (const struct fettle_list **)(c->rate + r->values);
	c->layout = (const struct fettle_field **)(c->pub + r->lists);
	b->pubs = c->pub;
	return b;
}

static void
put_values(struct cursor *c, const struct fettle_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (value_is(&l->values[i]))
			c->value[i] = l->values[i];
		else
			memset(&c->value[i], 0, sizeof(c->value[i]));
	c->value += l->n;
}

static const struct fettle_field *const *
put_layout(
    struct cursor *c, const struct fettle_list *l, const struct found *f)
{
	const struct fettle_field **layout = c->layout;

	if (f->layout != NULL)
		return f->layout;
	for (size_t i = 0; i < l->n; i++)
		layout[i] = series_field(f->series, l->fields[i]->name);
	c->layout += l->n;
	return layout;
}

static void
put_list(struct batch *b, struct cursor *c, const struct batch_origin *o,
    const struct fettle_list *l, const struct found *f)
{
	struct series *s = f->series;
	const struct tagset *tags = s->host->tags;
	struct list *to = c->list++;

	to->series = s;
	to->pub = (struct fettle_list){ .size = sizeof(to->pub),
		.series = s->number,
		.host = s->host->name,
		.plugin = s->schema->plugin,
		.instance = s->instance,
		.tags = s->tags,
		.n_tags = s->n_tags,
		.time_ns = l->time_ns ? l->time_ns : o->time_ns,
		.interval_ns =
		    l->interval_ns > 0 ? l->interval_ns : o->interval_ns,
		.fields = put_layout(c, l, f),
		.values = c->value,
		.n = l->n,
		.rates = c->rate,
		.host_tags = tags ? tags->v : NULL,
		.n_host_tags = tags ? tags->n : 0,
		.instance_name = s->schema->instance_name };
	put_values(c, l);
	c->rate += l->n;
	*c->pub++ = &to->pub;
	b->n++;
}

/* Counts what was not taken, here and in the table. */
static void
drop_one(struct series_table *t, struct taken *out, enum drop why)
{
	out->dropped[why]++;
	series_dropped(t, why, 1);
}

struct batch *
batch_build(struct series_table *t, struct batch_origin *o,
    const struct fettle_list *const *lists, size_t n, struct taken *out)
{
	struct found few[16], *found = few;
	struct room room = { 0 };
	struct batch *b = NULL;
	struct cursor cursor;
	enum drop why;

	memset(out, 0, sizeof(*out));
	if (n > sizeof(few) / sizeof(*few))
		found = xreallocarray(NULL, n, sizeof(*found));
	series_lock(t);
	for (size_t i = 0; i < n; i++) {
		why = find_one(t, o, lists[i], &found[i]);
		if (why != DROP_NONE) {
			drop_one(t, out, why);
			continue;
		}
		room.lists++;
		room.values += lists[i]->n;
		room.layouts += found[i].layout == NULL ? lists[i]->n : 0;
	}
	if (room.lists > 0) {
		b = batch_alloc(&room, &cursor);
		b->era = era_join(t);
		b->measured_ns = o->measured_ns;
		b->sent_ns = o->sent_ns;
		b->via = via_ref(o->via);
		for (size_t i = 0; i < n; i++)
			if (found[i].taken)
				put_list(b, &cursor, o, lists[i], &found[i]);
		out->n = b->n;
	}
	series_unlock(t);
	if (found != few)
		free(found);
	return b;
}

struct batch *
batch_ref(struct batch *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
batch_unref(struct batch *b)
{
	if (b == NULL ||
	    atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
		return;
	era_leave(b->era);
	via_unref(b->via);
	free(b);
}

static void
copy_list(struct batch *b, struct cursor *c, const struct list *l,
    const struct batch *from)
{
	struct list *to = c->list++;

	*to = *l;
	memcpy(c->value, l->pub.values, l->pub.n * sizeof(*c->value));
	memcpy(c->rate, l->pub.rates, l->pub.n * sizeof(*c->rate));
	to->pub.values = c->value;
	to->pub.rates = c->rate;
	c->value += l->pub.n;
	c->rate += l->pub.n;
	/* fields that lie in the old batch come along */
	if ((uintptr_t)l->pub.fields >= (uintptr_t)from &&
	    (uintptr_t)l->pub.fields < (uintptr_t)from + from->bytes) {
		memcpy(
		    c->layout, l->pub.fields, l->pub.n * sizeof(*c->layout));
		to->pub.fields = c->layout;
	}
	c->layout += l->pub.n;
	*c->pub++ = &to->pub;
	b->n++;
}

struct batch *
batch_select(struct batch *b, const unsigned char *want)
{
	struct room room = { 0 };
	struct cursor cursor;
	struct batch *part;

	for (uint32_t i = 0; i < b->n; i++)
		if (want[i]) {
			room.lists++;
			room.values += b->lists[i].pub.n;
			room.layouts += b->lists[i].pub.n;
		}
	if (room.lists == 0)
		return NULL;
	if (room.lists == b->n)
		return batch_ref(b);
	part = batch_alloc(&room, &cursor);
	part->era = era_again(b->era);
	part->measured_ns = b->measured_ns;
	part->sent_ns = b->sent_ns;
	part->via = via_ref(b->via);
	for (uint32_t i = 0; i < b->n; i++)
		if (want[i])
			copy_list(part, &cursor, &b->lists[i], b);
	return part;
}
