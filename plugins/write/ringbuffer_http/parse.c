/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAGS_MAX = 16, TAG_MAX = 255, PATH_MAX_BYTES = 512, KEY_SHOWN = 64 };

/* --- the path ------------------------------------------------------------ */

void
parse_push(struct parse *p, const char *name)
{
	p->path[p->depth++] = (struct parse_step){ .name = name };
}

void
parse_push_index(struct parse *p)
{
	p->path[p->depth++] = (struct parse_step){ .index = 0 };
}

void
parse_index(struct parse *p, size_t index)
{
	p->path[p->depth - 1].index = index;
}

void
parse_pop(struct parse *p)
{
	p->depth--;
}

/* How much of a key is shown, without breaking a character. */
static int
shown(const char *key)
{
	size_t n = strlen(key);

	if (n > KEY_SHOWN)
		for (n = KEY_SHOWN; ((unsigned char)key[n] & 0xc0) == 0x80;)
			n--;
	return (int)n;
}

static const char *
path_text(struct parse *p)
{
	char *text = parse_alloc(p, PATH_MAX_BYTES);
	size_t len = 0;

	if (text == NULL)
		return "";
	for (unsigned i = 0; i < p->depth; i++) {
		const struct parse_step *s = &p->path[i];
		char *to = text + len;
		const size_t room = PATH_MAX_BYTES - len;
		int n;

		if (s->name == NULL)
			n = snprintf(to, room, "[%zu]", s->index);
		else if (s->quoted)
			n = snprintf(
			    to, room, "[\"%.*s\"]", shown(s->name), s->name);
		else
			n = snprintf(
			    to, room, "%s%s", len > 0 ? "." : "", s->name);
		len += (size_t)n;
	}
	return len > 0 ? text : "$";
}

void
parse_wrong(struct parse *p, const char *what)
{
	struct ingest *in = p->in;

	if (in->n_wrong < INGEST_WRONG_MAX)
		in->wrong[in->n_wrong] =
		    (struct ingest_wrong){ path_text(p), what };
	in->n_wrong++;
}

void
parse_reject(struct parse *p, const char *what)
{
	if (p->r.what == NULL)
		parse_wrong(p, what);
	reader_skip(&p->r);
}

/* --- members ------------------------------------------------------------- */

int
parse_find(
    const struct parse_members *members, const struct reader_string *key)
{
	for (unsigned i = 0; i < members->n; i++)
		if (strcmp(members->v[i].name, key->s) == 0)
			return (int)i;
	return -1;
}

void
parse_member(struct parse *p, const struct parse_members *members,
    const struct reader_string *key, void *to, unsigned *seen)
{
	const int i = parse_find(members, key);

	if (i < 0) {
		reader_skip(&p->r);
		return;
	}
	*seen |= 1u << i;
	parse_push(p, members->v[i].name);
	members->v[i].take(p, to);
	parse_pop(p);
}

void
parse_missing(
    struct parse *p, const struct parse_members *members, unsigned seen)
{
	for (unsigned i = 0; i < members->n && p->r.what == NULL; i++) {
		if (!members->v[i].required || (seen & 1u << i))
			continue;
		parse_push(p, members->v[i].name);
		parse_wrong(p, "is missing");
		parse_pop(p);
	}
}

void
parse_object(struct parse *p, const struct parse_members *members, void *to)
{
	struct reader_string key;
	unsigned seen = 0;

	if (!parse_enter(p, READER_OBJECT))
		return;
	while (reader_key(&p->r, &key))
		parse_member(p, members, &key, to, &seen);
	parse_missing(p, members, seen);
}

/* --- values -------------------------------------------------------------- */

bool
parse_enter(struct parse *p, enum reader_kind kind)
{
	if (reader_peek(&p->r) == kind)
		return kind == READER_OBJECT ? reader_object(&p->r)
					     : reader_array(&p->r);
	parse_reject(p, kind == READER_OBJECT ? "an object is expected"
					      : "an array is expected");
	return false;
}

bool
parse_text(struct parse *p, struct reader_string *s)
{
	if (reader_peek(&p->r) == READER_STRING)
		return reader_string(&p->r, s);
	parse_reject(p, "a text is expected");
	return false;
}

bool
parse_number(struct parse *p, struct reader_number *n)
{
	if (reader_peek(&p->r) == READER_NUMBER)
		return reader_number(&p->r, n);
	parse_reject(p, "a number is expected");
	return false;
}

bool
parse_real(struct parse *p, double *real)
{
	struct reader_number n;

	if (!parse_number(p, &n))
		return false;
	*real = n.real;
	return true;
}

bool
parse_name(struct parse *p, const char **name, size_t max)
{
	struct reader_string s;

	if (!parse_text(p, &s))
		return false;
	if (s.len == 0 || s.len > max) {
		parse_wrong(p, s.len == 0 ? "is empty" : "is too long");
		return false;
	}
	*name = s.s;
	return true;
}

static bool
is_tag_key(const struct reader_string *key)
{
	return key->len > 0 && key->len <= 63 &&
	       strspn(key->s,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789_.-") == key->len;
}

/* Puts a tag where its key belongs. */
static void
insert(struct fettle_tag *tags, size_t n, struct fettle_tag tag)
{
	for (; n > 0 && strcmp(tags[n - 1].key, tag.key) > 0; n--)
		tags[n] = tags[n - 1];
	tags[n] = tag;
}

static void
take_tag(struct parse *p, const struct reader_string *key,
    struct fettle_tag *tags, size_t *n)
{
	struct fettle_tag tag = { key->s, NULL };

	parse_push(p, key->s);
	p->path[p->depth - 1].quoted = true;
	if (!is_tag_key(key))
		parse_reject(p, "a tag's key is of A-Z a-z 0-9 _ . -");
	else if (*n == TAGS_MAX)
		parse_reject(p, "more than 16 tags");
	else if (parse_name(p, &tag.value, TAG_MAX))
		insert(tags, (*n)++, tag);
	parse_pop(p);
}

bool
parse_tags(struct parse *p, const struct fettle_tag **tags, size_t *n)
{
	struct fettle_tag some[TAGS_MAX], *kept;
	struct reader_string key;

	*n = 0;
	if (!parse_enter(p, READER_OBJECT))
		return false;
	while (reader_key(&p->r, &key))
		take_tag(p, &key, some, n);
	kept = parse_alloc(p, (*n + 1) * sizeof *kept);
	if (kept == NULL)
		return false;
	memcpy(kept, some, *n * sizeof *kept);
	*tags = kept;
	return true;
}

/* --- memory -------------------------------------------------------------- */

static const char too_much[] = "too much at once";

void *
parse_alloc(struct parse *p, size_t size)
{
	void *memory = region_alloc(&p->in->region, size);

	if (memory == NULL) {
		p->in->status = 413;
		reader_fail(&p->r, too_much);
	}
	return memory;
}

static bool
list_room(struct parse *p)
{
	struct ingest *in = p->in;
	const size_t cap = in->cap > 0 ? 2 * in->cap : 64;
	struct fettle_list **grown;

	if (in->n < in->cap)
		return true;
	grown = reallocarray(in->lists, cap, sizeof *grown);
	if (grown == NULL) {
		in->status = 413;
		return reader_fail(&p->r, too_much);
	}
	in->lists = grown;
	in->cap = cap;
	return true;
}

struct fettle_list *
parse_list(struct parse *p, const struct fettle_field *const *fields, size_t n,
    struct fettle_value **values)
{
	struct fettle_list *l;

	if (!list_room(p))
		return NULL;
	l = parse_alloc(p, sizeof *l + n * sizeof **values);
	if (l == NULL)
		return NULL;
	*values = (struct fettle_value *)(l + 1);
	l->size = sizeof *l;
	l->fields = fields;
	l->values = *values;
	l->n = n;
	p->in->lists[p->in->n++] = l;
	return l;
}
