/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_LINEAR = 16 }; /* more names than this are sorted to compare */

struct reader_key {
	uint32_t offset, hash;
};

static bool
fail_at(struct reader *r, const char *at, const char *what)
{
	if (r->what == NULL) {
		r->what = what;
		r->offset = (size_t)(at - r->begin);
	}
	return false;
}

bool
reader_fail(struct reader *r, const char *what)
{
	return fail_at(r, r->p, r->p == r->end ? "the text ends here" : what);
}

void
reader_init(struct reader *r, char *text, size_t len)
{
	*r = (struct reader){ .begin = text, .p = text, .end = text + len };
	*r->end = '\0';
	if (len > UINT32_MAX)
		reader_fail(r, "the text is too long");
}

void
reader_fini(struct reader *r)
{
	free(r->keys);
	r->keys = NULL;
}

static void
space(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')
		r->p++;
}

bool
reader_done(struct reader *r)
{
	if (r->what != NULL)
		return false;
	space(r);
	return r->p == r->end || reader_fail(r, "something follows the value");
}

enum reader_kind
reader_peek(struct reader *r)
{
	if (r->what != NULL)
		return READER_NOTHING;
	space(r);
	switch (*r->p) {
	case '{':
		return READER_OBJECT;
	case '[':
		return READER_ARRAY;
	case '"':
		return READER_STRING;
	case 't':
	case 'f':
		return READER_WORD;
	case 'n':
		return READER_NULL;
	default:
		if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9'))
			return READER_NUMBER;
		reader_fail(r, "a value is expected");
		return READER_NOTHING;
	}
}

/* --- objects and arrays -------------------------------------------------- */

static bool
enter(struct reader *r)
{
	if (r->depth == READER_DEPTH)
		return reader_fail(r, "too deep");
	r->p++;
	r->base[++r->depth] = r->n_keys;
	r->first = true;
	return true;
}

static void
leave(struct reader *r)
{
	r->p++;
	r->n_keys = r->base[r->depth--];
	r->first = false;
}

/* Before the next of what closes with `close'; false if it closes here. */
static bool
more(struct reader *r, char close)
{
	if (r->what != NULL)
		return false;
	space(r);
	if (*r->p == close) {
		leave(r);
		return false;
	}
	if (!r->first) {
		if (*r->p != ',')
			return reader_fail(r, "a comma is expected");
		r->p++;
		space(r);
	}
	r->first = false;
	return true;
}

bool
reader_array(struct reader *r)
{
	if (reader_peek(r) != READER_ARRAY)
		return r->what == NULL &&
		       reader_fail(r, "an array is expected");
	return enter(r);
}

bool
reader_next(struct reader *r)
{
	return more(r, ']');
}

bool
reader_object(struct reader *r)
{
	if (reader_peek(r) != READER_OBJECT)
		return r->what == NULL &&
		       reader_fail(r, "an object is expected");
	return enter(r);
}

static int
key_order(const void *va, const void *vb, void *text)
{
	const struct reader_key *a = va, *b = vb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return strcmp((char *)text + a->offset, (char *)text + b->offset);
}

/* Of an object with many names, at its end. */
static bool
keys_differ(struct reader *r)
{
	struct reader_key *keys = r->keys + r->base[r->depth];
	const size_t n = r->n_keys - r->base[r->depth];

	qsort_r(keys, n, sizeof *keys, key_order, r->begin);
	for (size_t i = 1; i < n; i++)
		if (key_order(&keys[i - 1], &keys[i], r->begin) == 0)
			return fail_at(r, r->begin + keys[i].offset,
			    "a name that the object has already");
	return true;
}

static bool
key_room(struct reader *r)
{
	struct reader_key *grown;
	const size_t cap = r->cap_keys > 0 ? 2 * r->cap_keys : 64;

	if (r->n_keys < r->cap_keys)
		return true;
	grown = reallocarray(r->keys, cap, sizeof *grown);
	if (grown == NULL)
		return reader_fail(r, "too many names");
	r->keys = grown;
	r->cap_keys = cap;
	return true;
}

static bool
key_add(struct reader *r, const struct reader_string *s)
{
	const struct reader_key *keys;
	struct reader_key key = { (uint32_t)(s->s - r->begin), 2166136261 };
	size_t n;

	for (size_t i = 0; i < s->len; i++)
		key.hash = (key.hash ^ (unsigned char)s->s[i]) * 16777619;
	if (!key_room(r))
		return false;
	keys = r->keys + r->base[r->depth];
	n = r->n_keys - r->base[r->depth];
	for (size_t i = 0; i < n && n < KEYS_LINEAR; i++)
		if (keys[i].hash == key.hash &&
		    strcmp(r->begin + keys[i].offset, s->s) == 0)
			return fail_at(
			    r, s->s, "a name that the object has already");
	r->keys[r->n_keys++] = key;
	return true;
}

bool
reader_key(struct reader *r, struct reader_string *key)
{
	if (r->what != NULL)
		return false;
	space(r);
	if (*r->p == '}' && r->n_keys - r->base[r->depth] > KEYS_LINEAR &&
	    !keys_differ(r))
		return false;
	if (!more(r, '}') || !reader_string(r, key) || !key_add(r, key))
		return false;
	space(r);
	if (*r->p != ':')
		return reader_fail(r, "a colon is expected");
	r->p++;
	return true;
}

static void
skip_word(struct reader *r, const char *word)
{
	const size_t n = strlen(word);

	if (strncmp(r->p, word, n) == 0)
		r->p += n;
	else
		reader_fail(r, "a value is expected");
}

void
reader_skip(struct reader *r)
{
	struct reader_string s;
	struct reader_number n;

	switch (reader_peek(r)) {
	case READER_OBJECT:
		if (!reader_object(r))
			return;
		while (reader_key(r, &s))
			reader_skip(r);
		return;
	case READER_ARRAY:
		if (!reader_array(r))
			return;
		while (reader_next(r))
			reader_skip(r);
		return;
	case READER_STRING:
		reader_string(r, &s);
		return;
	case READER_NUMBER:
		reader_number(r, &n);
		return;
	case READER_WORD:
		skip_word(r, *r->p == 't' ? "true" : "false");
		return;
	case READER_NULL:
		skip_word(r, "null");
		return;
	case READER_NOTHING:
		return;
	}
}

/* --- passing over -------------------------------------------------------- */

static void
pass_string(struct reader *r)
{
	for (r->p++; *r->p != '"'; r->p++) {
		if (*r->p == '\\')
			r->p++;
		if (r->p >= r->end) {
			r->p = r->end;
			return;
		}
	}
	r->p++;
}

/* To the end of what was opened, or of a number or word. */
static void
pass_value(struct reader *r)
{
	unsigned open = 0;

	do {
		r->p += strcspn(r->p, "\"[]{}, \t\r\n");
		if (r->p == r->end)
			return;
		switch (*r->p) {
		case '"':
			pass_string(r);
			break;
		case '[':
		case '{':
			if (r->depth + ++open > READER_DEPTH) {
				reader_fail(r, "too deep");
				return;
			}
			r->p++;
			break;
		case ']':
		case '}':
			if (open == 0)
				return;
			open--;
			r->p++;
			break;
		default:
			r->p += open > 0;
		}
	} while (open > 0);
}

struct reader_mark
reader_pass(struct reader *r)
{
	struct reader_mark mark;

	reader_peek(r);
	mark = (struct reader_mark){ r->p, r->depth };
	if (r->what == NULL)
		pass_value(r);
	return mark;
}

struct reader_mark
reader_back(struct reader *r, struct reader_mark to)
{
	const struct reader_mark from = { r->p, r->depth };

	r->p = to.p;
	r->depth = to.depth;
	r->first = false;
	return from;
}
