/* SPDX-License-Identifier: MIT */
#include "common/selector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAGS_MAX = 16 };

struct selector {
	char *host, *plugin, *instance, *field; /* NULL: not said */
	struct fettle_tag tags[TAGS_MAX];
	size_t n_tags;
	char text[]; /* that they are parts of */
};

/* --- reading ------------------------------------------------------------- */

/* The first of any of `stop' that is not quoted, or the end. */
static char *
find(char *s, const char *stop)
{
	for (; *s != '\0' && strchr(stop, *s) == NULL; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
	return s;
}

/* The last `]' that is not quoted, or NULL. */
static char *
find_last(char *s)
{
	char *last = NULL;

	for (s = find(s, "]"); *s != '\0'; s = find(s + 1, "]"))
		last = s;
	return last;
}

/* Ends a part at *at; returns what stood there, and goes behind it. */
static char
cut(char **at)
{
	const char c = **at;

	if (c != '\0')
		*(*at)++ = '\0';
	return c;
}

/* `{' is behind us; each pair ends at `,' or `}'. */
static const char *
read_tags(struct selector *s, char **at)
{
	char end = ',';

	while (end == ',') {
		char *key = *at, *value;

		*at = find(key, "=,}");
		if (*at == key || cut(at) != '=')
			return "tags are {key=value,...}";
		value = *at;
		*at = find(value, ",}");
		end = cut(at);
		if (end == '\0')
			return "a '{' without its '}'";
		if (s->n_tags == TAGS_MAX)
			return "more than 16 tags";
		s->tags[s->n_tags].key = key;
		s->tags[s->n_tags++].value = value;
	}
	return NULL;
}

static const char *
read_field(struct selector *s, char *at, char first)
{
	if (first == '\0')
		return NULL;
	if (first != '.' || *at == '\0')
		return "it is not of the form "
		       "[HOST:]PLUGIN[[INSTANCE]][{TAGS}][.FIELD]";
	s->field = at;
	return NULL;
}

/* What is wrong, or NULL. */
static const char *
read_text(struct selector *s)
{
	char *at = find(s->text, ":[{"), *end;
	const char *wrong;
	char c;

	if (at == s->text && *at == ':')
		return "no host before the ':'";
	if (*at == ':') {
		s->host = s->text;
		cut(&at);
	} else {
		at = s->text;
	}
	s->plugin = at;
	at = find(at, "[{.");
	if (at == s->plugin)
		return "no plugin";
	c = cut(&at);
	if (c == '[') {
		end = find_last(at);
		if (end == NULL)
			return "a '[' without its ']'";
		s->instance = at;
		*end = '\0';
		at = end + 1;
		c = cut(&at);
	}
	if (c == '{') {
		wrong = read_tags(s, &at);
		if (wrong != NULL)
			return wrong;
		c = cut(&at);
	}
	return read_field(s, at, c);
}

struct selector *
selector_new(const char *text, char *why, size_t len)
{
	struct selector *s = calloc(1, sizeof *s + strlen(text) + 1);
	const char *wrong;

	if (len > 0)
		why[0] = '\0';
	if (s == NULL)
		return NULL;
	strcpy(s->text, text);
	wrong = read_text(s);
	if (wrong == NULL)
		return s;
	snprintf(why, len, "%s", wrong);
	free(s);
	return NULL;
}

void
selector_free(struct selector *s)
{
	free(s);
}

/* --- meeting ------------------------------------------------------------- */

/* Of the character at s, which is UTF-8. */
static size_t
char_len(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* On a mismatch the last `*' takes one character more. */
bool
selector_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == '?') {
			pattern++;
			text += char_len(text);
		} else {
			pattern += *pattern == '\\' && pattern[1] != '\0';
			if (*pattern != '\0' && *pattern == *text) {
				pattern++;
				text++;
			} else if (star == NULL) {
				return false;
			} else {
				pattern = star;
				text = ++resume;
			}
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
has_tag(const struct fettle_list *l, const struct fettle_tag *want)
{
	for (size_t i = 0; i < l->n_tags; i++)
		if (selector_glob(want->key, l->tags[i].key) &&
		    selector_glob(want->value, l->tags[i].value))
			return true;
	return false;
}

bool
selector_meets(const struct selector *s, const struct fettle_list *l)
{
	if (!selector_glob(s->plugin, l->plugin) ||
	    (s->host != NULL && !selector_glob(s->host, l->host)))
		return false;
	if (s->instance == NULL && s->field != NULL && l->instance != NULL)
		return false;
	if (s->instance != NULL &&
	    (l->instance == NULL || !selector_glob(s->instance, l->instance)))
		return false;
	for (size_t i = 0; i < s->n_tags; i++)
		if (!has_tag(l, &s->tags[i]))
			return false;
	return true;
}

bool
selector_meets_field(const struct selector *s, const char *field)
{
	return s->field == NULL || selector_glob(s->field, field);
}
