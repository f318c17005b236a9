/* SPDX-License-Identifier: MIT */
#include "flow/pattern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/glob.h"
#include "flow/names.h"

/* More than any tag's value weighs by its own characters. */
enum { TAG_WEIGHT = 1 << 20 };

struct pattern {
	char *host, *plugin, *instance, *field; /* globs; NULL: not said */
	struct fettle_tag tags[NAMES_TAGS_MAX];
	size_t n_tags;
};

/* The first of any of `stop' that is not quoted, or the end. */
static const char *
find(const char *s, const char *stop)
{
	for (; *s != '\0' && strchr(stop, *s) == NULL; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
	return s;
}

/* The last `]' that is not quoted, or NULL. */
static const char *
find_last_bracket(const char *s)
{
	const char *last = NULL;

	for (s = find(s, "]"); *s != '\0'; s = find(s + 1, "]"))
		last = s;
	return last;
}

/* What is wrong, and where. */
struct fault {
	char *why;
	size_t len;
	const char *at;
};

static bool
fail(struct fault *f, const char *at, const char *what)
{
	snprintf(f->why, f->len, "%s", what);
	f->at = at;
	return false;
}

static bool
parse_instance(struct pattern *p, const char **at, struct fault *f)
{
	const char *end = find_last_bracket(*at + 1);

	if (end == NULL)
		return fail(f, *at, "a '[' without its ']'");
	p->instance = xstrndup(*at + 1, (size_t)(end - *at - 1));
	*at = end + 1;
	return true;
}

static bool
parse_tags(struct pattern *p, const char **at, struct fault *f)
{
	const char *s = *at + 1, *equals, *end;

	for (;; s = end + 1) {
		equals = find(s, "=,}");
		if (*equals != '=' || equals == s)
			return fail(f, s, "tags are {key=value,...}");
		end = find(equals + 1, ",}");
		if (*end == '\0')
			return fail(f, *at, "a '{' without its '}'");
		if (p->n_tags == NAMES_TAGS_MAX)
			return fail(f, s, "more than 16 tags");
		p->tags[p->n_tags].key = xstrndup(s, (size_t)(equals - s));
		p->tags[p->n_tags++].value =
		    xstrndup(equals + 1, (size_t)(end - equals - 1));
		if (*end == '}')
			break;
	}
	*at = end + 1;
	return true;
}

static bool
parse(struct pattern *p, const char *s, struct fault *f)
{
	const char *end = find(s, ":[{");

	if (*end == ':') {
		if (end == s)
			return fail(f, s, "no host before the ':'");
		p->host = xstrndup(s, (size_t)(end - s));
		s = end + 1;
	}
	end = find(s, "[{.");
	if (end == s)
		return fail(f, s, "no plugin");
	p->plugin = xstrndup(s, (size_t)(end - s));
	s = end;
	if (*s == '[' && !parse_instance(p, &s, f))
		return false;
	if (*s == '{' && !parse_tags(p, &s, f))
		return false;
	if (*s == '.' && s[1] != '\0') {
		p->field = xstrdup(s + 1);
		return true;
	}
	return *s == '\0' ||
	       fail(f, s,
		   "it is not of the form [HOST:]PLUGIN[[INSTANCE]][{TAGS}]"
		   "[.FIELD]");
}

struct pattern *
pattern_parse_at(const char *text, size_t *at, char *why, size_t len)
{
	struct fault f = { .why = why, .len = len };
	struct pattern *p = NEW(struct pattern);

	if (parse(p, text, &f))
		return p;
	pattern_free(p);
	*at = (size_t)(f.at - text);
	return NULL;
}

struct pattern *
pattern_parse(const char *text, char *why, size_t len)
{
	size_t at;

	return pattern_parse_at(text, &at, why, len);
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_tags; i++) {
		free((char *)(uintptr_t)p->tags[i].key);
		free((char *)(uintptr_t)p->tags[i].value);
	}
	free(p->host);
	free(p->plugin);
	free(p->instance);
	free(p->field);
	free(p);
}

static bool
match_tag(const struct series *s, const struct fettle_tag *want)
{
	for (uint32_t i = 0; i < s->n_tags; i++)
		if (glob_match(want->key, s->tags[i].key) &&
		    glob_match(want->value, s->tags[i].value))
			return true;
	return false;
}

bool
pattern_match(const struct pattern *p, const struct series *s)
{
	if (!glob_match(p->plugin, s->schema->plugin))
		return false;
	if (p->host != NULL && !glob_match(p->host, s->host->name))
		return false;
	if (p->instance == NULL && p->field != NULL && s->instance != NULL)
		return false;
	if (p->instance != NULL &&
	    (s->instance == NULL || !glob_match(p->instance, s->instance)))
		return false;
	for (size_t i = 0; i < p->n_tags; i++)
		if (!match_tag(s, &p->tags[i]))
			return false;
	return true;
}

bool
pattern_match_field(const struct pattern *p, const char *field)
{
	return p->field == NULL || glob_match(p->field, field);
}

const char *
pattern_field(const struct pattern *p)
{
	return p->field;
}

const char *
pattern_plugin(const struct pattern *p)
{
	return p->plugin;
}

/* A name as it is, not even quoted; NULL: it is something else. */
static const char *
plain(const char *part)
{
	return part != NULL && strpbrk(part, "*?\\") == NULL ? part : NULL;
}

const char *
pattern_one_plugin(const struct pattern *p)
{
	return plain(p->plugin);
}

const char *
pattern_one_instance(const struct pattern *p)
{
	return plain(p->instance);
}

/* 0: nothing is said. */
static size_t
weight(const char *part)
{
	const size_t w = part != NULL ? glob_weight(part) : 0;

	return part != NULL && w < SIZE_MAX ? w + 1 : w;
}

/* With a field and without brackets, that there is no instance is said. */
static size_t
instance_weight(const struct pattern *p)
{
	return p->instance == NULL && p->field != NULL ? SIZE_MAX
						       : weight(p->instance);
}

/* The more tags the more; of as many, the more is said of them. */
static size_t
tags_weight(const struct pattern *p)
{
	size_t sum = 0;

	for (size_t i = 0; i < p->n_tags; i++) {
		const size_t w = weight(p->tags[i].value);

		sum += w < TAG_WEIGHT ? w : TAG_WEIGHT;
	}
	return p->n_tags * TAG_WEIGHT * NAMES_TAGS_MAX + sum;
}

static int
compare_weights(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

int
pattern_compare(const struct pattern *a, const struct pattern *b)
{
	int c = compare_weights(weight(a->host), weight(b->host));

	if (c == 0)
		c = compare_weights(weight(a->plugin), weight(b->plugin));
	if (c == 0)
		c = compare_weights(instance_weight(a), instance_weight(b));
	if (c == 0)
		c = compare_weights(tags_weight(a), tags_weight(b));
	if (c == 0)
		c = compare_weights(weight(a->field), weight(b->field));
	return c;
}

static bool
overlap(const char *a, const char *b)
{
	return a == NULL || b == NULL || glob_overlap(a, b);
}

static bool
instances_overlap(const struct pattern *a, const struct pattern *b)
{
	if (a->instance == NULL && a->field != NULL && b->instance != NULL)
		return false;
	if (b->instance == NULL && b->field != NULL && a->instance != NULL)
		return false;
	return overlap(a->instance, b->instance);
}

/* Tags of different keys may stand side by side; of one key there is one. */
static bool
tags_overlap(const struct pattern *a, const struct pattern *b)
{
	for (size_t i = 0; i < a->n_tags; i++)
		for (size_t j = 0; j < b->n_tags; j++)
			if (strcmp(a->tags[i].key, b->tags[j].key) == 0 &&
			    !glob_is_pattern(a->tags[i].key) &&
			    !glob_overlap(a->tags[i].value, b->tags[j].value))
				return false;
	return true;
}

bool
pattern_overlap(const struct pattern *a, const struct pattern *b)
{
	return overlap(a->host, b->host) && overlap(a->plugin, b->plugin) &&
	       instances_overlap(a, b) && tags_overlap(a, b) &&
	       overlap(a->field, b->field);
}

void
pattern_quote(struct buf *to, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (strchr(special, *text) != NULL)
			buf_putc(to, '\\');
		buf_putc(to, *text);
	}
}
