/* SPDX-License-Identifier: MIT */
#include "common/line.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
	LIST_TAGS = 16, /* at most; the host has no more either */
	TAGS = 2 + 2 * LIST_TAGS,
};

/* --- names --------------------------------------------------------------- */

/* As a name that the protocol cannot hold is written elsewhere. */
static void
put_hex(struct text *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	text_str(to, "\\x");
	text_char(to, hex[c >> 4]);
	text_char(to, hex[c & 15]);
}

/* A backslash before what stands for nothing, such as the x of \xNN, is
 * itself for all servers; before anything else they disagree. */
static void
put_special(struct text *to, const char *s)
{
	const unsigned char c = (unsigned char)*s;

	if (c == '\\' && s[1] == 'x')
		text_char(to, '\\');
	else if (c == '\\' || c < ' ' || c == 0x7f)
		put_hex(to, c);
	else {
		text_char(to, '\\');
		text_char(to, *s);
	}
}

static bool
is_special(char c, bool equals)
{
	return (c >= '\0' && c <= ' ') || c == ',' || c == '\\' ||
	       c == '\x7f' || (c == '=' && equals);
}

static void
put_escaped(struct text *to, const char *s, bool equals)
{
	const char *from = s;

	for (; *s != '\0'; s++) {
		if (!is_special(*s, equals))
			continue;
		text_add(to, from, (size_t)(s - from));
		put_special(to, s);
		from = s + 1;
	}
	text_add(to, from, (size_t)(s - from));
}

static void
put_measurement(struct text *to, const char *name)
{
	if (*name == '#')
		put_hex(to, (unsigned char)*name++);
	put_escaped(to, name, false);
}

static void
put_tag_value(struct text *to, const char *value)
{
	put_escaped(to, value, true);
}

/* Of a tag or a field, with its marks at the end. */
static void
put_key(struct text *to, const char *name, unsigned marks)
{
	put_escaped(to, name, true);
	while (marks-- > 0)
		text_char(to, '_');
}

/* --- keys ---------------------------------------------------------------- */

/* name, and then as many underscores. */
struct key {
	const char *name;
	size_t len;
	unsigned marks;
};

struct tag {
	struct key key;
	const char *value;
};

struct tags {
	const struct fettle_list *list;
	struct tag v[TAGS];
	size_t n;
};

static unsigned char
key_byte(const struct key *k, size_t i)
{
	if (i < k->len)
		return (unsigned char)k->name[i];
	return i - k->len < k->marks ? '_' : '\0';
}

static int
key_compare(const struct key *a, const struct key *b)
{
	size_t i = 0;

	while (key_byte(a, i) == key_byte(b, i) && key_byte(a, i) != '\0')
		i++;
	return key_byte(a, i) - key_byte(b, i);
}

static bool
key_is(const struct key *k, const char *name)
{
	if (name[0] != k->name[0] || strncmp(name, k->name, k->len) != 0)
		return false;
	name += k->len;
	return strspn(name, "_") == k->marks && name[k->marks] == '\0';
}

/* Names that mean something else to one server or another. */
static bool
is_reserved(const struct key *k)
{
	return key_is(k, "time") || key_is(k, "_field") ||
	       key_is(k, "_measurement") || key_is(k, "__name__");
}

/* "time" is no field's: it gets as many marks as no other field has. */
static struct key
field_key(const struct fettle_list *l, size_t field)
{
	const char *name = l->fields[field]->name;
	struct key k = { name, strlen(name), 0 };

	if (strcmp(name, "time") != 0)
		return k;
	k.marks = 1;
	for (size_t i = 0; i < l->n; i++)
		if (key_is(&k, l->fields[i]->name)) {
			k.marks++;
			i = (size_t)-1;
		}
	return k;
}

static bool
is_taken(const struct tags *t, const struct key *k)
{
	if (is_reserved(k))
		return true;
	for (size_t i = 0; i < t->n; i++)
		if (key_compare(&t->v[i].key, k) == 0)
			return true;
	for (size_t i = 0; i < t->list->n; i++) {
		const char *name = t->list->fields[i]->name;

		if (key_is(k, name))
			return true;
		if (strcmp(name, "time") == 0) {
			const struct key time = field_key(t->list, i);

			if (key_compare(&time, k) == 0)
				return true;
		}
	}
	return false;
}

/* Puts it where its key belongs. */
static void
add_tag(struct tags *t, const char *name, const char *value)
{
	struct key k = { name, strlen(name), 0 };
	size_t i;

	if (value == NULL || *value == '\0')
		return;
	while (is_taken(t, &k))
		k.marks++;
	for (i = t->n++; i > 0 && key_compare(&t->v[i - 1].key, &k) > 0; i--)
		t->v[i] = t->v[i - 1];
	t->v[i] = (struct tag){ k, value };
}

static void
add_tags(struct tags *t, const struct fettle_tag *tags, size_t n)
{
	assert(n <= LIST_TAGS);
	for (size_t i = 0; i < n; i++)
		add_tag(t, tags[i].key, tags[i].value);
}

/* --- lines --------------------------------------------------------------- */

static void
put_tags(struct text *to, const struct fettle_list *l)
{
	struct tags t;

	t.list = l;
	t.n = 0;
	add_tag(&t, "host", l->host);
	add_tag(&t, l->instance_name != NULL ? l->instance_name : "instance",
	    l->instance);
	add_tags(&t, l->tags, l->n_tags);
	add_tags(&t, l->host_tags, l->n_host_tags);
	for (size_t i = 0; i < t.n; i++) {
		text_char(to, ',');
		put_key(to, t.v[i].key.name, t.v[i].key.marks);
		text_char(to, '=');
		put_tag_value(to, t.v[i].value);
	}
}

static bool
has_value(const struct fettle_value *v)
{
	return v->kind == FETTLE_COUNTER ||
	       (v->kind != 0 && isfinite(v->real));
}

static void
put_field(struct text *to, const struct fettle_list *l, size_t i)
{
	const struct key k = field_key(l, i);
	const struct fettle_value *v = &l->values[i];

	put_key(to, k.name, k.marks);
	text_char(to, '=');
	if (v->kind == FETTLE_COUNTER) {
		text_uint(to, v->count & INT64_MAX);
		text_char(to, 'i');
	} else {
		text_real(to, v->real);
	}
}

bool
line_list(struct text *to, const struct fettle_list *l)
{
	char before = ' ';

	for (size_t i = 0; i < l->n; i++) {
		if (!has_value(&l->values[i]))
			continue;
		if (before == ' ') {
			put_measurement(to, l->plugin);
			put_tags(to, l);
		}
		text_char(to, before);
		put_field(to, l, i);
		before = ',';
	}
	if (before == ' ')
		return false;
	text_char(to, ' ');
	text_int(to, l->time_ns);
	text_char(to, '\n');
	return true;
}
