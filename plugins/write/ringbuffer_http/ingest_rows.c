/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <stdlib.h>
#include <string.h>

#include "when.h"

enum { FIELDS_MAX = 1024, FIELDS_FEW = 16 };

/* --- fields -------------------------------------------------------------- */

bool
group_is_word(const char *s)
{
	const size_t n =
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		      "0123456789_");

	return n > 0 && n <= WORD_MAX_BYTES && s[n] == '\0';
}

static bool
take_kind(struct parse *p, enum fettle_kind *kind)
{
	struct reader_string s;

	if (!parse_text(p, &s))
		return false;
	if (strcmp(s.s, "gauge") == 0)
		*kind = FETTLE_GAUGE;
	else if (strcmp(s.s, "counter") == 0)
		*kind = FETTLE_COUNTER;
	else if (strcmp(s.s, "total") == 0)
		*kind = FETTLE_TOTAL;
	else {
		parse_wrong(p, "gauge, counter or total is expected");
		return false;
	}
	return true;
}

static bool
is_line(const char *s)
{
	while ((unsigned char)*s >= 0x20)
		s++;
	return *s == '\0';
}

/* A text up to max bytes, in one line, which may be empty. */
static bool
take_short(struct parse *p, const char **text, size_t max)
{
	struct reader_string s;

	if (!parse_text(p, &s))
		return false;
	*text = s.s;
	if (s.len <= max && is_line(s.s))
		return true;
	parse_wrong(p, "is too long, or has a line break");
	return false;
}

static bool
take_field_name(struct parse *p, const char **name)
{
	struct reader_string s;

	if (!parse_text(p, &s))
		return false;
	*name = s.s;
	if (!group_is_word(s.s))
		parse_wrong(p, "a name of A-Z a-z 0-9 _ is expected");
	return true;
}

/* Member i of [name, kind, unit, help]. */
static bool
take_field_part(struct parse *p, size_t i, struct fettle_field *f)
{
	switch (i) {
	case 0:
		return take_field_name(p, &f->name);
	case 1:
		return take_kind(p, &f->kind);
	case 2:
		return take_short(p, &f->unit, WORD_MAX_BYTES);
	case 3:
		if (reader_peek(&p->r) != READER_NULL)
			return take_short(p, &f->help, NAME_MAX_BYTES);
		/* fall through */
	default:
		reader_skip(&p->r);
		return true;
	}
}

static bool
take_field(struct parse *p, struct fettle_field *f)
{
	bool ok = true;
	size_t i = 0;

	*f = (struct fettle_field){ 0 };
	if (!parse_enter(p, READER_ARRAY))
		return false;
	parse_push_index(p);
	for (; reader_next(&p->r); i++) {
		parse_index(p, i);
		ok = take_field_part(p, i, f) && ok;
	}
	parse_pop(p);
	if (i < 3 && p->r.what == NULL)
		parse_wrong(p, "name, kind and unit are expected");
	return ok && i >= 3;
}

static int
by_name(const void *va, const void *vb)
{
	const struct fettle_field *a = *(const struct fettle_field *const *)va;
	const struct fettle_field *b = *(const struct fettle_field *const *)vb;
	const int c = strcmp(a->name, b->name);

	return c != 0 ? c : (a > b) - (a < b);
}

static bool
refuse_twin(struct parse *p, size_t i)
{
	parse_index(p, i);
	parse_wrong(p, "the name was there before");
	return false;
}

/* Many are sorted to be compared. */
static bool
are_many_different(struct parse *p, const struct fettle_field *some, size_t n)
{
	const struct fettle_field *sorted[FIELDS_MAX];
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		sorted[i] = &some[i];
	qsort(sorted, n, sizeof *sorted, by_name);
	for (size_t i = 1; i < n; i++)
		if (*sorted[i]->name != '\0' &&
		    strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
			ok = refuse_twin(p, (size_t)(sorted[i] - some));
	return ok;
}

static bool
is_new(const struct fettle_field *some, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (some[k].name[0] == some[i].name[0] &&
		    strcmp(some[k].name, some[i].name) == 0)
			return false;
	return true;
}

/* Whether each has a name of its own; those that were wrong have an empty
 * one. */
static bool
are_different(struct parse *p, const struct fettle_field *some, size_t n)
{
	bool ok = true;

	if (n > FIELDS_FEW)
		return are_many_different(p, some, n);
	for (size_t i = 1; i < n; i++)
		if (*some[i].name != '\0' && !is_new(some, i))
			ok = refuse_twin(p, i);
	return ok;
}

/* Reads them into some; false if one is wrong. */
static bool
take_each_field(struct parse *p, struct fettle_field *some, size_t *n)
{
	bool ok = true;

	parse_push_index(p);
	for (*n = 0; reader_next(&p->r);) {
		parse_index(p, *n);
		if (*n < FIELDS_MAX) {
			if (!take_field(p, &some[*n])) {
				some[*n].name = "";
				ok = false;
			}
			++*n;
			continue;
		}
		if (ok)
			parse_wrong(p, "more than 1024 fields");
		ok = false;
		reader_skip(&p->r);
	}
	ok = p->r.what == NULL && are_different(p, some, *n) && ok;
	parse_pop(p);
	return ok;
}

void
group_fields(struct parse *p, void *to)
{
	struct fettle_field some[FIELDS_MAX], *kept;
	const struct fettle_field **pointers;
	struct group *g = to;
	size_t n;

	if (!parse_enter(p, READER_ARRAY) || !take_each_field(p, some, &n))
		return;
	kept = parse_alloc(p, n * sizeof *kept);
	pointers = parse_alloc(p, n * sizeof *pointers);
	if (kept == NULL || pointers == NULL)
		return;
	memcpy(kept, some, n * sizeof *kept);
	for (size_t i = 0; i < n; i++)
		pointers[i] = &kept[i];
	g->fields = pointers;
	g->n = n;
}

/* --- rows ---------------------------------------------------------------- */

/* null, a name, or [name or null, {tags}]. */
static void
take_instance(struct parse *p, struct fettle_list *l)
{
	size_t i = 0;

	switch (reader_peek(&p->r)) {
	case READER_NULL:
		reader_skip(&p->r);
		return;
	case READER_ARRAY:
		break;
	default:
		parse_name(p, &l->instance, SIZE_MAX);
		return;
	}
	reader_array(&p->r);
	parse_push_index(p);
	for (; reader_next(&p->r); i++) {
		parse_index(p, i);
		if (i == 1)
			parse_tags(p, &l->tags, &l->n_tags);
		else if (i == 0 && reader_peek(&p->r) == READER_STRING)
			parse_name(p, &l->instance, SIZE_MAX);
		else if (i == 0 && reader_peek(&p->r) == READER_NULL)
			reader_skip(&p->r);
		else
			parse_reject(p, "an instance is [name, {tags}]");
	}
	parse_pop(p);
	if (i < 2 && p->r.what == NULL)
		parse_wrong(p, "an instance is [name, {tags}]");
}

static void
take_time(struct parse *p, struct fettle_list *l)
{
	struct reader_number n;

	if (parse_number(p, &n))
		l->time_ns = when_number(&n);
}

/* Whether there was one. */
static bool
take_value(struct parse *p, enum fettle_kind kind, struct fettle_value *v)
{
	struct reader_number n;

	if (reader_peek(&p->r) == READER_NULL) {
		reader_skip(&p->r);
		return false;
	}
	if (!parse_number(p, &n))
		return false;
	v->kind = kind;
	if (kind != FETTLE_COUNTER)
		v->real = n.real;
	else if (n.whole && n.integer >= 0)
		v->count = (uint64_t)n.integer;
	else
		parse_wrong(p, "a counter is a whole number from 0");
	return true;
}

/* What stands in a row, into the list and its values; how many cells there
 * were, and whether one had a value. */
static size_t
take_cells(struct parse *p, const struct group *g, struct fettle_list *l,
    struct fettle_value *values, bool *any)
{
	size_t i = 0;

	parse_push_index(p);
	for (*any = false; reader_next(&p->r); i++) {
		parse_index(p, i);
		if (i == 0)
			take_instance(p, l);
		else if (i == 1)
			take_time(p, l);
		else if (i < g->n + 2)
			*any |= take_value(
			    p, g->fields[i - 2]->kind, &values[i - 2]);
		else
			reader_skip(&p->r);
	}
	parse_pop(p);
	return i;
}

static void
take_row(struct parse *p, struct group *g)
{
	struct fettle_value *values;
	struct fettle_list *l;
	bool any;

	if (!parse_enter(p, READER_ARRAY))
		return;
	l = parse_list(p, g->fields, g->n, &values);
	if (l == NULL)
		return;
	if (take_cells(p, g, l, values, &any) != g->n + 2 && p->r.what == NULL)
		parse_wrong(p, "instance, time and a value a field expected");
	p->in->empty += !any;
}

bool
group_has_value(const struct fettle_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->values[i].kind != 0)
			return true;
	return false;
}

void
group_rows(struct parse *p, void *to)
{
	struct group *g = to;

	if (g->fields == NULL) {
		g->rows = reader_pass(&p->r);
		return;
	}
	if (!parse_enter(p, READER_ARRAY))
		return;
	parse_push_index(p);
	for (size_t i = 0; reader_next(&p->r); i++) {
		parse_index(p, i);
		take_row(p, g);
	}
	parse_pop(p);
}

/* Without fields the rows are only checked. */
void
group_end(struct parse *p, struct group *g)
{
	struct reader_mark end;

	if (g->rows.p == NULL || p->r.what != NULL)
		return;
	end = reader_back(&p->r, g->rows);
	parse_push(p, "rows");
	if (g->fields != NULL)
		group_rows(p, g);
	else
		reader_skip(&p->r);
	parse_pop(p);
	reader_back(&p->r, end);
}
