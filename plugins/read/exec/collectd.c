/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "line.h"

#define NS_PER_S INT64_C(1000000000)

enum { DAY_S = 24 * 3600 };

/* The next word, quotes taken off; NULL: there is none, and *rest is empty, or
 * its quote is open at the end. */
static char *
next_word(char **rest)
{
	char *from = *rest + strspn(*rest, " \t"), *word = from, *to = from;
	bool quoted = false;

	if (*from == '\0') {
		*rest = from;
		return NULL;
	}
	for (; *from != '\0' && (quoted || strchr(" \t", *from) == NULL);
	     from++)
		if (*from == '"')
			quoted = !quoted;
		else if (quoted && *from == '\\' && from[1] != '\0')
			*to++ = *++from;
		else
			*to++ = *from;
	if (quoted)
		return NULL;
	*rest = *from == '\0' ? from : from + 1;
	*to = '\0';
	return word;
}

/* What comes behind the first c, which becomes a NUL; NULL: there is none. */
static char *
cut(char *text, char c)
{
	char *at = strchr(text, c);

	if (at != NULL)
		*at++ = '\0';
	return at;
}

struct identity {
	const char *host, *plugin, *instance, *type, *type_instance;
};

static bool
read_identity(char *text, struct identity *id)
{
	char *plugin = cut(text, '/');
	char *type = plugin != NULL ? cut(plugin, '/') : NULL;
	const char *rest;

	if (type == NULL || *text == '\0' || *plugin == '\0' || *type == '\0')
		return false;
	id->host = text;
	rest = cut(plugin, '-');
	id->plugin = plugin;
	id->instance = rest != NULL ? rest : "";
	rest = cut(type, '-');
	id->type = type;
	id->type_instance = rest != NULL ? rest : "";
	return *id->plugin != '\0' && *id->type != '\0';
}

/* U is no value: kind 0. */
static bool
read_number(const char *text, enum types_kind kind, struct fettle_value *v)
{
	double real;
	char *end;

	*v = (struct fettle_value){ 0 };
	if (strcmp(text, "U") == 0)
		return true;
	if (kind == TYPES_GAUGE) {
		if (strcasecmp(text, "nan") == 0)
			return true;
		*v = fettle_gauge(0);
		if (!line_real(text, &real))
			return false;
		v->real = real;
		return true;
	}
	if (*text < '0' || *text > '9') /* one below zero has no rate */
		return *text == '-' && line_real(text, &real);
	errno = 0;
	*v = fettle_count(strtoull(text, &end, 10));
	return *end == '\0' && errno == 0;
}

/* N is now. */
static bool
read_time(const char *text, int64_t now_ns, int64_t *ns)
{
	double seconds;

	*ns = now_ns;
	if (strcmp(text, "N") == 0)
		return true;
	if (!line_real(text, &seconds) || seconds <= 0 ||
	    seconds > LINE_TIME_MAX_S)
		return false;
	*ns = (int64_t)(seconds * (double)NS_PER_S);
	return true;
}

/* The values of a line, before any of them is handed over. */
struct values {
	struct rounds_value v[LINE_FIELDS];
	char names[LINE_FIELDS][TYPES_NAME];
	size_t n;
};

static bool
read_value(const char *word, const struct types_source *source,
    const struct rounds_value *like, struct values *out, char **name)
{
	const enum types_kind kind =
	    source != NULL ? source->kind : TYPES_GAUGE;
	struct rounds_value *v = &out->v[out->n];

	if (out->n == LINE_FIELDS)
		return false;
	*v = *like;
	*name = out->names[out->n];
	v->field = *name;
	v->adds = kind == TYPES_ABSOLUTE;
	if (!read_number(word, kind, &v->value))
		return false;
	out->n += v->value.kind != 0;
	return true;
}

/* TIME:VALUE:VALUE */
static bool
read_values(char *text, const struct identity *id,
    const struct line_taker *taker, struct values *out)
{
	const struct types_type *type = typesdb_find(taker->types, id->type);
	struct rounds_value like = { .host = id->host,
		.plugin = id->plugin,
		.instance = id->instance };
	char *rest = cut(text, ':'), *name;
	size_t n = 1;

	if (rest == NULL || !read_time(text, taker->now_ns, &like.time_ns))
		return false;
	for (const char *s = rest; *s != '\0'; s++)
		n += *s == ':';
	if (type != NULL && type->n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *word = rest;

		rest = cut(rest, ':');
		if (!read_value(word,
			type != NULL ? &taker->types->sources[type->first + i]
				     : NULL,
			&like, out, &name))
			return false;
		typesdb_field(
		    taker->types, id->type, id->type_instance, i, n, name);
	}
	return true;
}

static bool
read_interval(const char *text, int64_t *ns)
{
	double seconds;

	if (!line_real(text, &seconds) || seconds < 0.001 || seconds > DAY_S)
		return false;
	*ns = (int64_t)(seconds * (double)NS_PER_S);
	return true;
}

/* Options, and values of one moment each. */
static bool
read_words(char *rest, const struct identity *id,
    const struct line_taker *taker, int64_t *interval_ns, struct values *out)
{
	bool some = false;
	char *word;

	while ((word = next_word(&rest)) != NULL) {
		if (strncmp(word, "interval=", 9) == 0) {
			if (!read_interval(word + 9, interval_ns))
				return false;
		} else if (strchr(word, '=') == NULL) {
			if (!read_values(word, id, taker, out))
				return false;
			some = true;
		}
	}
	return some && *rest == '\0';
}

static enum line_kind
putval(char *rest, const struct line_taker *taker)
{
	int64_t interval_ns = taker->interval_ns;
	struct values values;
	struct identity id;
	char *word = next_word(&rest);

	values.n = 0;
	if (word == NULL || !read_identity(word, &id) ||
	    !read_words(rest, &id, taker, &interval_ns, &values))
		return LINE_BAD;
	for (size_t i = 0; i < values.n; i++) {
		values.v[i].interval_ns = interval_ns;
		taker->value(taker->arg, &values.v[i]);
	}
	return LINE_VALUES;
}

static enum line_kind
putnotif(char *rest, struct line_notice *notice)
{
	char *word;

	*notice = (struct line_notice){ .severity = NULL };
	while ((word = next_word(&rest)) != NULL) {
		const char *value = cut(word, '=');

		if (value == NULL)
			return LINE_BAD;
		if (strcmp(word, "message") == 0)
			notice->message = value;
		else if (strcmp(word, "severity") == 0)
			notice->severity = value;
		else if (notice->n < LINE_NOTICE_TAGS)
			notice->tags[notice->n++] =
			    (struct fettle_tag){ word, value };
	}
	return notice->message != NULL && notice->severity != NULL &&
		       *rest == '\0'
		   ? LINE_NOTICE
		   : LINE_BAD;
}

enum line_kind
line_collectd(
    char *line, const struct line_taker *taker, struct line_notice *notice)
{
	char *rest = line;
	const char *word = next_word(&rest);

	if (word == NULL)
		return LINE_EMPTY;
	if (strcasecmp(word, "PUTVAL") == 0)
		return putval(rest, taker);
	if (strcasecmp(word, "PUTNOTIF") == 0)
		return putnotif(rest, notice);
	return LINE_BAD;
}
