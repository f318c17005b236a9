/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <stdlib.h>
#include <string.h>

#include "common/selector.h"

enum { LABELS_MAX = 17, LABEL_NAME = 80 };

struct metrics_sample {
	const char *family; /* without _total */
	const char *unit;   /* that the family ends in, or NULL */
	const char *help;   /* or NULL */
	const char *labels; /* {a="b"}, or "" */
	const char *value;
	bool counter;
};

/* --- samples ------------------------------------------------------------- */

/* The text as part of m, NULL where memory is out; t is empty again. */
static const char *
keep(struct metrics *m, struct text *t)
{
	char *copy = t->failed ? NULL : region_alloc(&m->region, t->len + 1);

	if (copy == NULL)
		m->failed = true;
	else if (t->len > 0)
		memcpy(copy, t->data, t->len);
	text_clear(t);
	return copy;
}

static void
add(struct metrics *m, const struct metrics_sample *s)
{
	const size_t cap = m->cap > 0 ? 2 * m->cap : 64;
	struct metrics_sample *copy, **grown;

	copy = m->failed ? NULL : region_alloc(&m->region, sizeof *copy);
	if (copy != NULL && m->n == m->cap) {
		grown = reallocarray(m->v, cap, sizeof *grown);
		if (grown == NULL)
			copy = NULL;
		else
			m->v = grown;
		m->cap = grown != NULL ? cap : m->cap;
	}
	if (copy == NULL) {
		m->failed = true;
		return;
	}
	*copy = *s;
	m->v[m->n++] = copy;
}

void
metrics_fini(struct metrics *m)
{
	region_free(&m->region);
	free(m->v);
	m->v = NULL;
}

/* --- names --------------------------------------------------------------- */

/* The unit that a name ends in, of those that names end in. */
static const char *
known_unit(const char *unit)
{
	static const char *const units[] = { "percent", "bytes", "seconds",
		"celsius" };

	if (strcmp(unit, FETTLE_TIMESTAMP) == 0)
		return "seconds";
	for (size_t i = 0; i < sizeof(units) / sizeof *units; i++)
		if (strcmp(units[i], unit) == 0)
			return units[i];
	return NULL;
}

/* Whether a name is the word, or ends in it behind a `_'. */
static bool
ends_in(const char *name, size_t len, const char *word)
{
	const size_t n = strlen(word);

	if (len < n || memcmp(name + len - n, word, n) != 0)
		return false;
	return len == n || name[len - n - 1] == '_';
}

static void
put_family(struct text *to, const char *plugin, const char *field,
    bool counter, const char *unit)
{
	size_t len = strlen(field);

	if (counter && len > 6 && ends_in(field, len, "total"))
		len -= 6;
	text_str(to, "fettle_");
	text_str(to, plugin);
	text_char(to, '_');
	text_add(to, field, len);
	if (unit != NULL && !ends_in(field, len, unit)) {
		text_char(to, '_');
		text_str(to, unit);
	}
}

/* --- labels -------------------------------------------------------------- */

struct labels {
	char names[LABELS_MAX][LABEL_NAME];
	size_t n;
};

static bool
is_taken(const struct labels *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->names[i], name) == 0)
			return true;
	return false;
}

/* instance and __x are names of the scraper's. */
static bool
is_reserved(const char *name)
{
	return strcmp(name, "instance") == 0 || strncmp(name, "__", 2) == 0;
}

/* With `_' for what a label may not have; its length. */
static size_t
put_label_name(char *to, const char *prefix, const char *name)
{
	size_t n = strlen(strcpy(to, prefix));

	for (; *name != '\0' && n < LABEL_NAME - LABELS_MAX - 1; name++) {
		const bool fine = (*name >= 'a' && *name <= 'z') ||
				  (*name >= 'A' && *name <= 'Z') ||
				  (*name >= '0' && *name <= '9');

		to[n++] = (char)(fine ? *name : '_');
	}
	to[n] = '\0';
	return n;
}

/* A name as a label may have it, that no other label of the sample has. */
static const char *
label_name(struct labels *l, const char *name)
{
	const bool digit = *name >= '0' && *name <= '9';
	char *to = l->names[l->n];
	size_t n = put_label_name(to, digit ? "_" : "", name);

	if (is_reserved(to))
		n = put_label_name(to, "tag_", name);
	while (is_taken(l, to)) {
		to[n++] = '_';
		to[n] = '\0';
	}
	l->n++;
	return to;
}

static void
put_escaped(struct text *to, const char *s, bool quotes)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n') {
			text_str(to, "\\n");
			continue;
		}
		if (*s == '\\' || (quotes && *s == '"'))
			text_char(to, '\\');
		text_char(to, *s);
	}
}

static void
put_label(struct text *to, const char *name, const char *value)
{
	text_char(to, to->len == 0 ? '{' : ',');
	text_str(to, name);
	text_str(to, "=\"");
	put_escaped(to, value, true);
	text_char(to, '"');
}

static void
put_labels(struct text *to, const json_t *list)
{
	const char *instance =
	    json_string_value(json_object_get(list, "instance"));
	const char *called =
	    json_string_value(json_object_get(list, "instance_name"));
	json_t *tags = json_object_get(list, "tags"), *value;
	struct labels l = { .n = 0 };
	const char *key;

	if (called == NULL || is_reserved(called))
		called = "name";
	if (instance != NULL)
		put_label(to, label_name(&l, called), instance);
	json_object_foreach (tags, key, value) {
		if (json_is_string(value) && l.n < LABELS_MAX)
			put_label(
			    to, label_name(&l, key), json_string_value(value));
	}
	if (to->len > 0)
		text_char(to, '}');
}

/* --- what is added ------------------------------------------------------- */

static bool
is_stale(const json_t *list, double now)
{
	const double time = json_number_value(json_object_get(list, "time"));
	const double interval =
	    json_number_value(json_object_get(list, "interval"));
	const double most = interval > 0 ? 3 * interval : 300;

	return now - time > (most > 30 ? most : 30);
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static void
put_number(struct text *to, const json_t *number)
{
	if (json_is_integer(number))
		text_int(to, json_integer_value(number));
	else
		text_real(to, json_number_value(number));
}

static void
add_field(struct metrics *m, const char *plugin, const char *labels,
    const json_t *field, struct text *t)
{
	const json_t *value = json_object_get(field, "value");
	struct metrics_sample s = { .labels = labels };
	const char *help = text_of(field, "help");

	if (!json_is_number(value))
		return;
	s.counter = strcmp(text_of(field, "kind"), "gauge") != 0;
	s.unit = known_unit(text_of(field, "unit"));
	put_family(t, plugin, text_of(field, "name"), s.counter, s.unit);
	s.family = keep(m, t);
	put_number(t, value);
	s.value = keep(m, t);
	if (*help != '\0') {
		text_str(t, help);
		s.help = keep(m, t);
	}
	add(m, &s);
}

void
metrics_add_values(struct metrics *m, const json_t *values, double now)
{
	struct text t = { 0 };
	json_t *list, *field;
	const char *labels;
	size_t i, k;

	json_array_foreach (values, i, list) {
		if (is_stale(list, now))
			continue;
		put_labels(&t, list);
		labels = keep(m, &t);
		json_array_foreach (json_object_get(list, "fields"), k, field)
			add_field(
			    m, text_of(list, "plugin"), labels, field, &t);
	}
	m->failed |= t.failed;
	text_free(&t);
}

void
metrics_add_hosts(struct metrics *m, const json_t *hosts, const char *glob)
{
	struct metrics_sample s = {
		.family = "fettle_host_last_seen_timestamp_seconds",
		.unit = "seconds",
		.help = "When a host was last heard of.",
	};
	struct text t = { 0 };
	json_t *host;
	size_t i;

	json_array_foreach (hosts, i, host) {
		const json_t *seen = json_object_get(host, "last_seen");

		if (!json_is_number(seen) ||
		    !selector_glob(glob, text_of(host, "host")))
			continue;
		put_label(&t, "host", text_of(host, "host"));
		text_char(&t, '}');
		s.labels = keep(m, &t);
		put_number(&t, seen);
		s.value = keep(m, &t);
		add(m, &s);
	}
	m->failed |= t.failed;
	text_free(&t);
}

void
metrics_add_counter(struct metrics *m, const char *name, const char *help,
    const char *label, const char *value, uint64_t count)
{
	struct metrics_sample s = {
		.family = name, .help = help, .counter = true
	};
	struct text t = { 0 };

	if (label != NULL) {
		put_label(&t, label, value);
		text_char(&t, '}');
	}
	s.labels = keep(m, &t);
	text_uint(&t, count);
	s.value = keep(m, &t);
	add(m, &s);
	m->failed |= t.failed;
	text_free(&t);
}

void
metrics_add_gauge(struct metrics *m, const char *name, const char *help,
    const char *unit, uint64_t value)
{
	struct metrics_sample s = {
		.family = name, .help = help, .unit = unit, .labels = ""
	};
	struct text t = { 0 };

	text_uint(&t, value);
	s.value = keep(m, &t);
	add(m, &s);
	m->failed |= t.failed;
	text_free(&t);
}

/* --- rendering ----------------------------------------------------------- */

static int
order(const void *va, const void *vb)
{
	const struct metrics_sample *a = *(struct metrics_sample *const *)va;
	const struct metrics_sample *b = *(struct metrics_sample *const *)vb;
	const int c = strcmp(a->family, b->family);

	return c != 0 ? c : strcmp(a->labels, b->labels);
}

static void
put_about(struct text *to, const char *what, const struct metrics_sample *s,
    bool total)
{
	text_str(to, "# ");
	text_str(to, what);
	text_char(to, ' ');
	text_str(to, s->family);
	if (total)
		text_str(to, "_total");
	text_char(to, ' ');
}

static void
put_head(struct text *to, const struct metrics_sample *s, bool openmetrics)
{
	const bool total = s->counter && !openmetrics;

	put_about(to, "TYPE", s, total);
	text_str(to, s->counter ? "counter\n" : "gauge\n");
	if (openmetrics && s->unit != NULL) {
		put_about(to, "UNIT", s, total);
		text_str(to, s->unit);
		text_char(to, '\n');
	}
	if (s->help == NULL)
		return;
	put_about(to, "HELP", s, total);
	put_escaped(to, s->help, openmetrics);
	text_char(to, '\n');
}

static void
put_sample(struct text *to, const struct metrics_sample *s)
{
	text_str(to, s->family);
	if (s->counter)
		text_str(to, "_total");
	text_str(to, s->labels);
	text_char(to, ' ');
	text_str(to, s->value);
	text_char(to, '\n');
}

static bool
same_family(const struct metrics_sample *a, const struct metrics_sample *b)
{
	return strcmp(a->family, b->family) == 0;
}

void
metrics_render(struct metrics *m, bool openmetrics, struct text *to)
{
	const struct metrics_sample *first = NULL, *last = NULL;

	if (m->failed) {
		to->failed = true;
		return;
	}
	if (m->n > 0)
		qsort(m->v, m->n, sizeof *m->v, order);
	for (size_t i = 0; i < m->n; i++) {
		const struct metrics_sample *s = m->v[i];

		if (first == NULL || !same_family(first, s)) {
			first = s;
			put_head(to, s, openmetrics);
		} else if (s->counter != first->counter ||
			   strcmp(s->labels, last->labels) == 0) {
			/* of another plugin whose names add up to the same */
			continue;
		}
		last = s;
		put_sample(to, s);
	}
	if (openmetrics)
		text_str(to, "# EOF\n");
}

/* The weight of a media type, from 0 to 1; 0 where the list does not have
 * it. */
static double
weight(const char *accept, const char *type)
{
	const char *at = strcasestr(accept, type);
	const char *q = at != NULL ? strstr(at, "q=") : NULL;

	if (at == NULL)
		return 0;
	return q == NULL || q > at + strcspn(at, ",") ? 1
						      : strtod(q + 2, NULL);
}

bool
metrics_wants_open(const char *accept)
{
	double open;

	if (accept == NULL)
		return false;
	open = weight(accept, "application/openmetrics-text");
	return open > 0 && open >= weight(accept, "text/plain");
}
