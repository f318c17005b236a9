/* SPDX-License-Identifier: MIT */
#include "flow/pattern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/glob.h"
#include "flow/names.h"

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

static bool
fail(char *why, size_t len, const char *what)
{
	snprintf(why, len, "%s", what);
	return false;
}

static bool
parse_instance(struct pattern *p, const char **at, char *why, size_t len)
{
	const char *end = find_last_bracket(*at + 1);

	if (end == NULL)
		return fail(why, len, "a `[' without its `]'");
	p->instance = xstrndup(*at + 1, (size_t)(end - *at - 1));
	*at = end + 1;
	return true;
}

static bool
parse_tags(struct pattern *p, const char **at, char *why, size_t len)
{
	const char *s = *at + 1, *equals, *end;

	for (;; s = end + 1) {
		equals = find(s, "=,}");
		if (*equals != '=' || equals == s)
			return fail(why, len, "tags are {key=value,...}");
		end = find(equals + 1, ",}");
		if (*end == '\0')
			return fail(why, len, "a `{' without its `}'");
		if (p->n_tags == NAMES_TAGS_MAX)
			return fail(why, len, "more than 16 tags");
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
parse(struct pattern *p, const char *s, char *why, size_t len)
{
	const char *end = find(s, ":[{");

	if (*end == ':') {
		if (end == s)
			return fail(why, len, "no host before the `:'");
		p->host = xstrndup(s, (size_t)(end - s));
		s = end + 1;
	}
	end = find(s, "[{.");
	if (end == s)
		return fail(why, len, "no plugin");
	p->plugin = xstrndup(s, (size_t)(end - s));
	s = end;
	if (*s == '[' && !parse_instance(p, &s, why, len))
		return false;
	if (*s == '{' && !parse_tags(p, &s, why, len))
		return false;
	if (*s == '.' && s[1] != '\0') {
		p->field = xstrdup(s + 1);
		return true;
	}
	return *s == '\0' ||
	       fail(why, len,
		   "it is not of the form [HOST:]PLUGIN[[INSTANCE]][{TAGS}]"
		   "[.FIELD]");
}

struct pattern *
pattern_parse(const char *text, char *why, size_t len)
{
	struct pattern *p = NEW(struct pattern);

	if (parse(p, text, why, len))
		return p;
	pattern_free(p);
	return NULL;
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
