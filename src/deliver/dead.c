/* SPDX-License-Identifier: MIT */
#include "deliver/dead.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/line_json.h"

void
dead_fini(struct dead *d)
{
	for (size_t i = 0; i < DEAD_LETTERS; i++)
		free(d->letters[i]);
	memset(d, 0, sizeof(*d));
}

/* Takes over the text. */
static void
put(struct dead *d, char *text)
{
	free(d->letters[d->next % DEAD_LETTERS]);
	d->letters[d->next++ % DEAD_LETTERS] = text;
	if (d->next - d->first > DEAD_LETTERS)
		d->first++;
}

static json_t *
seconds(int64_t ns)
{
	return json_real((double)ns / (double)NS_PER_S);
}

static json_t *
value_json(const struct fettle_value *v)
{
	if (v->kind == 0)
		return json_null();
	if (v->kind != FETTLE_COUNTER)
		return json_real(v->real);
	return v->count <= INT64_MAX ? json_integer((json_int_t)v->count)
				     : json_real((double)v->count);
}

static json_t *
values_json(const struct fettle_list *l)
{
	json_t *values = json_object();

	for (size_t i = 0; i < l->n; i++)
		json_object_set_new(
		    values, l->fields[i]->name, value_json(&l->values[i]));
	return values;
}

static json_t *
tags_json(const struct fettle_list *l)
{
	json_t *tags = json_object();

	for (size_t i = 0; i < l->n_tags; i++)
		json_object_set_new(
		    tags, l->tags[i].key, json_string(l->tags[i].value));
	return tags;
}

static json_t *
list_json(const struct fettle_list *l)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "host", l->host,
	    "plugin", l->plugin, "instance",
	    l->instance != NULL ? json_string(l->instance) : json_null(),
	    "tags", tags_json(l), "time", seconds(l->time_ns), "interval",
	    seconds(l->interval_ns), "values", values_json(l));
}

void
dead_add(struct dead *d, enum fate fate, const char *reason,
    const struct place *place, const struct fettle_list *list, int64_t wall_ns)
{
	json_t *letter =
	    json_pack("{s:o,s:s,s:o,s:s,s:I}", "time", seconds(wall_ns), "why",
		fate == FATE_TOO_LARGE ? "too_large" : "refused", "reason",
		line_json(reason), "queue", place->id, "number",
		(json_int_t)place->number);
	char *text;

	json_object_set_new(letter, "list", list_json(list));
	text = json_dumps(letter, JSON_COMPACT);
	if (strlen(text) > DEAD_BYTES) {
		json_object_del(letter, "list");
		free(text);
		text = json_dumps(letter, JSON_COMPACT);
	}
	put(d, text);
	d->unsaved = true;
	json_decref(letter);
}

void
dead_load(struct dead *d, const char *text, size_t len)
{
	json_t *letter = NULL;

	if (len <= DEAD_BYTES)
		letter = json_loadb(text, len, 0, NULL);
	if (json_is_object(letter))
		put(d, json_dumps(letter, JSON_COMPACT));
	json_decref(letter);
}

void
dead_join(struct dead *d, struct dead *earlier)
{
	struct dead later = *d;

	*d = *earlier;
	d->unsaved = later.unsaved;
	for (uint64_t i = later.first; i < later.next; i++)
		put(d, later.letters[i % DEAD_LETTERS]);
	memset(earlier, 0, sizeof(*earlier));
}

size_t
dead_copy(const struct dead *d, char *letters[DEAD_LETTERS])
{
	size_t n = 0;

	for (uint64_t i = d->first; i < d->next; i++)
		letters[n++] = xstrdup(d->letters[i % DEAD_LETTERS]);
	return n;
}

json_t *
dead_json(const struct dead *d)
{
	json_t *all = json_array();

	for (uint64_t i = d->first; i < d->next; i++)
		json_array_append_new(
		    all, json_loads(d->letters[i % DEAD_LETTERS], 0, NULL));
	return all;
}
