/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <string.h>

#include "line.h"

#define NS_PER_S 1e9

static bool
read_text(const json_t *root, const char *name, const char **text)
{
	const json_t *j = json_object_get(root, name);

	if (j == NULL || json_is_null(j))
		return true;
	*text = json_string_value(j);
	return *text != NULL;
}

/* Seconds. */
static bool
read_seconds(const json_t *root, const char *name, int64_t *ns)
{
	const json_t *j = json_object_get(root, name);
	double seconds;

	if (j == NULL || json_is_null(j))
		return true;
	seconds = json_number_value(j);
	if (!json_is_number(j) || seconds <= 0 || seconds > LINE_TIME_MAX_S)
		return false;
	*ns = (int64_t)(seconds * NS_PER_S);
	return true;
}

/* An object, or nothing. */
static bool
read_object(json_t *root, const char *name, json_t **object)
{
	*object = json_object_get(root, name);
	return *object == NULL || json_is_object(*object);
}

static bool
read_tags(json_t *tags, struct line_list *out)
{
	const char *key;
	json_t *j;

	json_object_foreach (tags, key, j)
		if (!json_is_string(j) ||
		    !line_add_tag(out, key, json_string_value(j)))
			return false;
	return true;
}

static bool
read_values(json_t *values, bool counts, struct line_list *out)
{
	const char *key;
	json_t *j;

	json_object_foreach (values, key, j) {
		const bool fits =
		    counts ? json_is_integer(j) && json_integer_value(j) >= 0
			   : json_is_number(j);

		if (json_is_null(j))
			continue;
		if (!fits ||
		    !line_add_field(out, key,
			counts ? fettle_count((uint64_t)json_integer_value(j))
			       : fettle_gauge(json_number_value(j))))
			return false;
	}
	return true;
}

static bool
read_root(json_t *root, struct line_list *out)
{
	json_t *tags, *values, *counters;

	return json_is_object(root) && read_text(root, "host", &out->host) &&
	       read_text(root, "plugin", &out->plugin) &&
	       read_text(root, "instance", &out->instance) &&
	       read_seconds(root, "time", &out->time_ns) &&
	       read_seconds(root, "interval", &out->interval_ns) &&
	       read_object(root, "tags", &tags) &&
	       read_object(root, "values", &values) &&
	       read_object(root, "counters", &counters) &&
	       read_tags(tags, out) && read_values(values, false, out) &&
	       read_values(counters, true, out);
}

enum line_kind
line_json(const char *line, struct line_list *out, void **json)
{
	json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	line_list_init(out);
	*json = root;
	if (root == NULL || !read_root(root, out))
		return LINE_BAD;
	return out->n > 0 ? LINE_LIST : LINE_EMPTY;
}

void
line_json_free(void *json)
{
	json_decref(json);
}
