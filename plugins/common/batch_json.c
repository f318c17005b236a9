/* SPDX-License-Identifier: MIT */
#include "common/batch_json.h"

#include <math.h>
#include <string.h>

#define NS_PER_S 1000000000

/* --- what may be said once ----------------------------------------------- */

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_host_tags(const struct fettle_list *a, const struct fettle_list *b)
{
	if (a->n_host_tags != b->n_host_tags)
		return false;
	if (a->host_tags == b->host_tags)
		return true;
	for (size_t i = 0; i < a->n_host_tags; i++)
		if (strcmp(a->host_tags[i].key, b->host_tags[i].key) != 0 ||
		    strcmp(a->host_tags[i].value, b->host_tags[i].value) != 0)
			return false;
	return true;
}

static bool
same_fields(const struct fettle_list *a, const struct fettle_list *b)
{
	if (a->n != b->n)
		return false;
	if (a->fields == b->fields)
		return true;
	for (size_t i = 0; i < a->n; i++) {
		const struct fettle_field *f = a->fields[i], *g = b->fields[i];

		if (f != g &&
		    (strcmp(f->name, g->name) != 0 || f->kind != g->kind ||
			!same_text(f->unit, g->unit)))
			return false;
	}
	return true;
}

static bool
same_group(const struct fettle_list *a, const struct fettle_list *b)
{
	return a->interval_ns == b->interval_ns &&
	       same_text(a->plugin, b->plugin) &&
	       same_text(a->host, b->host) &&
	       same_text(a->instance_name, b->instance_name) &&
	       same_fields(a, b) && same_host_tags(a, b);
}

/* --- pieces -------------------------------------------------------------- */

/* Seconds, to the nanosecond. */
static void
put_seconds(struct text *to, int64_t ns)
{
	uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	uint64_t part = size % NS_PER_S;
	char digits[10] = ".";
	size_t n = 10;

	if (ns < 0)
		text_char(to, '-');
	text_uint(to, size / NS_PER_S);
	if (part == 0)
		return;
	for (size_t i = 9; i > 0; i--, part /= 10)
		digits[i] = (char)('0' + part % 10);
	while (digits[n - 1] == '0')
		n--;
	text_add(to, digits, n);
}

static void
put_tags(struct text *to, const struct fettle_tag *tags, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		text_char(to, i == 0 ? '{' : ',');
		text_json(to, tags[i].key);
		text_char(to, ':');
		text_json(to, tags[i].value);
	}
	text_str(to, n == 0 ? "{}" : "}");
}

static void
put_member(struct text *to, const char *name, const char *value)
{
	text_str(to, name);
	text_json(to, value);
}

static void
put_fields(struct text *to, const struct fettle_list *l)
{
	static const char *const kinds[] = {
		[FETTLE_GAUGE] = ",\"gauge\",",
		[FETTLE_COUNTER] = ",\"counter\",",
		[FETTLE_TOTAL] = ",\"total\",",
	};

	text_str(to, ",\"fields\":[");
	for (size_t i = 0; i < l->n; i++) {
		const struct fettle_field *f = l->fields[i];

		text_str(to, i == 0 ? "[" : ",[");
		text_json(to, f->name);
		text_str(to, kinds[f->kind]);
		text_json(to, f->unit != NULL ? f->unit : "");
		text_char(to, ']');
	}
	text_char(to, ']');
}

/* A counter loses its highest bit: many readers know no greater integer. */
static void
put_value(struct text *to, const struct fettle_value *v)
{
	if (v->kind == FETTLE_COUNTER)
		text_uint(to, v->count & INT64_MAX);
	else if (v->kind != 0 && isfinite(v->real))
		text_real(to, v->real);
	else
		text_str(to, "null");
}

static void
put_instance(struct text *to, const struct fettle_list *l)
{
	if (l->instance != NULL)
		text_json(to, l->instance);
	else
		text_str(to, "null");
}

static void
put_row(struct text *to, const struct fettle_list *l)
{
	text_char(to, '[');
	if (l->n_tags > 0)
		text_char(to, '[');
	put_instance(to, l);
	if (l->n_tags > 0) {
		text_char(to, ',');
		put_tags(to, l->tags, l->n_tags);
		text_char(to, ']');
	}
	text_char(to, ',');
	put_seconds(to, l->time_ns);
	for (size_t i = 0; i < l->n; i++) {
		text_char(to, ',');
		put_value(to, &l->values[i]);
	}
	text_char(to, ']');
}

/* --- the document -------------------------------------------------------- */

/* What l begins, up to its rows. */
static void
put_group(struct text *to, const struct fettle_list *l,
    const struct fettle_list *document)
{
	const bool other_host = !same_text(l->host, document->host);

	put_member(to, "{\"plugin\":", l->plugin);
	if (other_host)
		put_member(to, ",\"host\":", l->host);
	if (other_host || !same_host_tags(l, document)) {
		text_str(to, ",\"tags\":");
		put_tags(to, l->host_tags, l->n_host_tags);
	}
	if (l->interval_ns != document->interval_ns) {
		text_str(to, ",\"interval\":");
		put_seconds(to, l->interval_ns);
	}
	if (l->instance_name != NULL)
		put_member(to, ",\"instance_name\":", l->instance_name);
	put_fields(to, l);
	text_str(to, ",\"rows\":[");
}

/* Since interface 1.1, which a daemon of an older one does not have. */
static void
put_via(struct text *to, const struct fettle_batch *batch)
{
	if (batch->size < offsetof(struct fettle_batch, sent_ns) ||
	    batch->via == NULL)
		return;
	text_str(to, ",\"via\":[");
	for (size_t i = 0; i < batch->n_via; i++) {
		text_str(to, i == 0 ? "" : ",");
		text_json(to, batch->via[i]);
	}
	text_char(to, ']');
}

static void
put_head(struct text *to, const struct fettle_batch *batch, const char *host,
    int64_t sent_ns)
{
	const struct fettle_list *first = batch->lists[0];

	put_member(to, "{\"v\":1,\"queue\":", batch->queue);
	text_str(to, ",\"seq\":");
	text_uint(to, batch->seq);
	text_str(to, ",\"sent\":");
	put_seconds(to, sent_ns);
	put_via(to, batch);
	put_member(to, ",\"sender\":{\"host\":", host);
	put_member(to, ",\"version\":", PACKAGE_VERSION);
	put_member(to, "},\"host\":", first->host);
	text_str(to, ",\"tags\":");
	put_tags(to, first->host_tags, first->n_host_tags);
	text_str(to, ",\"interval\":");
	put_seconds(to, first->interval_ns);
	text_str(to, ",\"plugins\":[");
}

void
batch_json(struct text *to, const struct fettle_batch *batch, const char *host,
    int64_t sent_ns)
{
	const struct fettle_list *first = batch->lists[0], *before = NULL;

	put_head(to, batch, host, sent_ns);
	for (size_t i = 0; i < batch->n; before = batch->lists[i++]) {
		const struct fettle_list *l = batch->lists[i];

		if (before == NULL || !same_group(before, l)) {
			text_str(to, before == NULL ? "" : "]},");
			put_group(to, l, first);
		} else {
			text_char(to, ',');
		}
		put_row(to, l);
	}
	text_str(to, "]}]}");
}
