/* SPDX-License-Identifier: MIT */
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/utf8.h"
#include "config/expand.h"
#include "config/syntax.h"

enum {
	NODES_MAX = 50000, /* of one file */
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one looked at */
	const char *file;   /* lent to positions */
	const char *text;
	size_t len;
	size_t at, at_index; /* a byte, and its number as libyaml counts */
	size_t nodes, depth;
	size_t room; /* bytes that ${NAME} may still put in */
	struct diags *d;
};

static struct node *read_node(struct reader *r);

static struct pos
position(const struct reader *r, yaml_mark_t mark)
{
	return (struct pos){ r->file, (unsigned)mark.line + 1,
		(unsigned)mark.column + 1 };
}

static struct pos
here(const struct reader *r)
{
	return position(r, r->event.start_mark);
}

/* Of a byte, for what is known as an offset only. */
static struct pos
position_of(const struct reader *r, size_t offset)
{
	struct pos pos = { r->file, 1, 1 };

	for (size_t i = 0; i < offset && i < r->len; i++) {
		if (r->text[i] == '\n') {
			pos.line++;
			pos.column = 1;
		} else if ((r->text[i] & 0xc0) != 0x80) {
			pos.column++;
		}
	}
	return pos;
}

static void
tell_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	bool at_begin;
	const char *text = syntax_words(p->problem, &at_begin);
	struct pos pos = position(r, p->problem_mark);

	if (p->error == YAML_READER_ERROR)
		pos = position_of(r, p->problem_offset);
	else if (at_begin && p->context != NULL)
		pos = position(r, p->context_mark);
	if (text != NULL)
		diag_error(r->d, pos, "%s", text);
	else
		diag_error(r->d, pos, "this is no YAML: %s",
		    p->problem ? p->problem : "out of memory");
}

/* Each false below says that the rest of the file cannot be read, and has told
 * why. */
static bool
next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return true;
	tell_syntax(r);
	return false;
}

/* The character that an event begins with.  Marks count characters. */
static char
first_character(struct reader *r)
{
	while (r->at_index < r->event.start_mark.index && r->at < r->len) {
		const size_t n =
		    utf8_sequence(r->text + r->at, r->len - r->at);

		r->at += n > 0 ? n : 1;
		r->at_index++;
	}
	return r->at < r->len ? r->text[r->at] : '\0';
}

/* Whether the node is free of properties, which both begin it. */
static bool
is_bare(struct reader *r)
{
	const char c = first_character(r);

	if (c == '&')
		diag_error(r->d, here(r),
		    "an anchor is not allowed; put text that begins with "
		    "'&' in quotes");
	else if (c == '!')
		diag_error(r->d, here(r),
		    "a tag is not allowed; put text that begins with '!' in "
		    "quotes");
	return c != '&' && c != '!';
}

static bool
has_nul(const yaml_event_t *event)
{
	return memchr(event->data.scalar.value, '\0',
		   event->data.scalar.length) != NULL;
}

static bool
says_nothing(const char *text)
{
	return *text == '\0' || strcmp(text, "~") == 0 ||
	       strcmp(text, "null") == 0;
}

static void
read_scalar(struct reader *r, struct node *n)
{
	const yaml_event_t *event = &r->event;
	const char *text = (const char *)event->data.scalar.value;
	bool any;

	n->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (has_nul(event)) {
		diag_error(r->d, n->pos, "a NUL character is not allowed");
		n->bad = true;
	}
	if (!n->quoted && says_nothing(text))
		return;
	n->kind = NODE_TEXT;
	n->text = xstrdup(text);
	if (!expand(&n->text, &r->room, &any, n->pos, r->d))
		n->bad = true;
	/* in { } and [ ] there is no way to write it but in quotes */
	if (any)
		n->quoted = false;
}

static bool
read_list(struct reader *r, struct node *n)
{
	n->kind = NODE_LIST;
	while (next(r)) {
		struct node *item;

		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		item = read_node(r);
		if (item == NULL)
			return false;
		vec_add(&n->items) = item;
	}
	return false;
}

/* The key that is looked at; NULL after telling what is wrong with it. */
static char *
read_key(struct reader *r)
{
	const char *key = (const char *)r->event.data.scalar.value;

	is_bare(r);
	if (has_nul(&r->event))
		diag_error(r->d, here(r), "a NUL character is not allowed");
	else if (*key == '\0')
		diag_error(r->d, here(r), "a key cannot be empty");
	else
		return xstrdup(key);
	return NULL;
}

/* A key that is a mapping, a list or an alias is read for what is wrong in it,
 * and forgotten. */
static bool
skip_key(struct reader *r)
{
	struct node *n;

	if (r->event.type == YAML_MAPPING_START_EVENT)
		diag_error(r->d, here(r),
		    "a key must be text, not a mapping; put text that begins "
		    "with '{' in quotes");
	else if (r->event.type == YAML_SEQUENCE_START_EVENT)
		diag_error(r->d, here(r),
		    "a key must be text, not a list; put text that begins "
		    "with '[' in quotes");
	n = read_node(r);
	node_free(n);
	return n != NULL;
}

static bool
read_entry(struct reader *r, struct node *map)
{
	struct node_entry e = { .pos = here(r) };

	if (r->event.type == YAML_SCALAR_EVENT)
		e.key = read_key(r);
	else if (!skip_key(r))
		return false;
	if (next(r))
		e.value = read_node(r);
	if (e.key != NULL && e.value != NULL) {
		vec_add(&map->entries) = e;
		return true;
	}
	free(e.key);
	node_free(e.value);
	return e.value != NULL;
}

static int
by_key(const void *va, const void *vb)
{
	const struct node_entry *a = *(const struct node_entry *const *)va;
	const struct node_entry *b = *(const struct node_entry *const *)vb;
	const int c = strcmp(a->key, b->key);

	return c != 0 ? c : (a > b) - (a < b);
}

/* Of each key the first entry stays.  Sorted, for no one looks through fifty
 * thousand keys for each of them. */
static void
drop_duplicates(struct reader *r, struct node *map)
{
	const size_t n = map->entries.n;
	struct node_entry **v = xcalloc(n, sizeof(*v));
	size_t first = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		v[i] = &map->entries.v[i];
	qsort(v, n, sizeof(*v), by_key);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(v[first]->key, v[i]->key) != 0) {
			first = i;
			continue;
		}
		diag_error(r->d, v[i]->pos,
		    "'%s' stands here again, first in line %u", v[i]->key,
		    v[first]->pos.line);
		node_free(v[i]->value);
		v[i]->value = NULL;
	}
	free(v);
	for (size_t i = 0; i < n; i++) {
		if (map->entries.v[i].value != NULL)
			map->entries.v[kept++] = map->entries.v[i];
		else
			free(map->entries.v[i].key);
	}
	map->entries.n = kept;
}

static bool
read_map(struct reader *r, struct node *n)
{
	n->kind = NODE_MAP;
	while (next(r)) {
		if (r->event.type == YAML_MAPPING_END_EVENT) {
			drop_duplicates(r, n);
			return true;
		}
		if (!read_entry(r, n))
			return false;
	}
	return false;
}

static bool
within_limits(struct reader *r)
{
	if (++r->nodes > NODES_MAX) {
		diag_error(
		    r->d, here(r), "more than %d values in a file", NODES_MAX);
		return false;
	}
	if (r->depth < NODE_DEPTH_MAX || r->event.type == YAML_SCALAR_EVENT ||
	    r->event.type == YAML_ALIAS_EVENT)
		return true;
	diag_error(r->d, here(r), "nested more than %d deep", NODE_DEPTH_MAX);
	return false;
}

/* The node that begins with the event looked at, up to its last event; NULL
 * where the rest of the file cannot be read. */
static struct node *
read_node(struct reader *r)
{
	struct node *n;
	bool ok = true;

	if (!within_limits(r))
		return NULL;
	n = NEW(struct node);
	n->pos = here(r);
	n->bad = !is_bare(r);
	r->depth++;
	if (r->event.type == YAML_SCALAR_EVENT) {
		read_scalar(r, n);
	} else if (r->event.type == YAML_SEQUENCE_START_EVENT) {
		ok = read_list(r, n);
	} else if (r->event.type == YAML_MAPPING_START_EVENT) {
		ok = read_map(r, n);
	} else {
		diag_error(r->d, n->pos,
		    "an alias is not allowed; put text that begins with '*' "
		    "in quotes");
		n->bad = true;
	}
	r->depth--;
	if (ok)
		return n;
	node_free(n);
	return NULL;
}

/* What follows the root: the end, or a second document. */
static bool
read_end(struct reader *r)
{
	if (!next(r) || !next(r))
		return false;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return true;
	diag_error(r->d, here(r), "a second document is not allowed");
	return true;
}

/* The root of the file; NODE_NULL where there is nothing in it. */
static struct node *
read_document(struct reader *r)
{
	struct node *n;

	if (!next(r) || !next(r))
		return NULL;
	if (r->event.type == YAML_STREAM_END_EVENT) {
		n = NEW(struct node);
		n->pos = here(r);
		return n;
	}
	if (!next(r))
		return NULL;
	n = read_node(r);
	if (n == NULL || read_end(r))
		return n;
	node_free(n);
	return NULL;
}

static struct node *
read_text(struct reader *r)
{
	struct node *n;

	if (!yaml_parser_initialize(&r->parser)) {
		tell_syntax(r);
		return NULL;
	}
	/* without this a byte order mark could choose UTF-16 */
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &r->parser, (const unsigned char *)r->text, r->len);
	n = read_document(r);
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
	return n;
}

/* A configuration is a mapping; nothing is an empty one. */
static struct node *
as_root(struct node *n, struct diags *d)
{
	if (n->kind == NODE_NULL && !n->bad)
		n->kind = NODE_MAP;
	if (n->kind == NODE_MAP)
		return n;
	if (!n->bad)
		diag_error(d, n->pos,
		    "a configuration is a mapping of keys to values, such as "
		    "'interval: 10s'");
	node_free(n);
	return NULL;
}

static bool
is_readable(struct reader *r)
{
	const char *nul = memchr(r->text, '\0', r->len);

	if (r->len > YAML_SIZE_MAX) {
		diag_error(
		    r->d, (struct pos){ r->file, 0, 0 }, "larger than 1 MiB");
		return false;
	}
	if (nul != NULL)
		diag_error(r->d, position_of(r, (size_t)(nul - r->text)),
		    "a NUL character is not allowed");
	return nul == NULL;
}

struct node *
yaml_read(const char *file, const char *text, size_t len, struct diags *d)
{
	static const char mark[] = "\xef\xbb\xbf";
	char *name = xstrdup(file);
	struct reader r = {
		.file = name,
		.text = text,
		.len = len,
		.room = YAML_SIZE_MAX,
		.d = d,
	};
	struct node *n = NULL;

	if (len >= 3 && memcmp(text, mark, 3) == 0) {
		r.text += 3;
		r.len -= 3;
	}
	if (is_readable(&r))
		n = read_text(&r);
	if (n != NULL)
		n = as_root(n, d);
	if (n != NULL)
		vec_add(&n->files) = name;
	else
		free(name);
	return n;
}
