/* SPDX-License-Identifier: MIT */
#include "control/render.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/human.h"
#include "control/table.h"
#include "flow/pattern.h"

enum { LATE_INTERVALS = 3, LATE_SECONDS = 60 /* where it says no interval */ };

const char *
render_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

double
render_number(const json_t *object, const char *key)
{
	const json_t *number = json_object_get(object, key);

	return json_is_number(number) ? json_number_value(number) : NAN;
}

double
render_count(const json_t *object, const char *key)
{
	const double n = render_number(object, key);

	return isnan(n) ? 0 : n;
}

static void
add_tags(struct buf *to, json_t *tags)
{
	const char *separator = "{", *key;
	json_t *value;

	json_object_foreach (tags, key, value) {
		buf_puts(to, separator);
		pattern_quote(to, key, "\\*?[]{},=");
		buf_putc(to, '=');
		pattern_quote(to,
		    json_is_string(value) ? json_string_value(value) : "",
		    "\\*?[]{},=");
		separator = ",";
	}
	if (json_object_size(tags) > 0)
		buf_putc(to, '}');
}

void
render_series(struct buf *to, const json_t *list, const char *field)
{
	const json_t *instance = json_object_get(list, "instance");

	pattern_quote(to, render_text(list, "host"), "\\*?[]{}:");
	buf_putc(to, ':');
	pattern_quote(to, render_text(list, "plugin"), "\\*?[]{}:.");
	if (json_is_string(instance)) {
		buf_putc(to, '[');
		pattern_quote(to, json_string_value(instance), "\\*?[]");
		buf_putc(to, ']');
	}
	add_tags(to, json_object_get(list, "tags"));
	buf_printf(to, ".%s", field);
}

/* Gauges as they are; what only ever rises tells more as a rate. */
static void
add_value(struct buf *to, const json_t *field)
{
	const char *unit = render_text(field, "unit");

	if (strcmp(render_text(field, "kind"), "gauge") == 0)
		human_value(to, render_number(field, "value"), unit);
	else
		human_rate(to, render_number(field, "rate"), unit);
}

/* Empty: it is as new as it should be. */
static void
add_lateness(struct buf *to, const json_t *list, double now)
{
	const double age = now - render_number(list, "time");
	const double interval = render_number(list, "interval");
	const double limit =
	    interval > 0 ? LATE_INTERVALS * interval : LATE_SECONDS;

	buf_clear(to);
	if (age > limit)
		human_age(to, age);
}

static void
add_list(struct table *t, const json_t *list, double now)
{
	const json_t *fields = json_object_get(list, "fields");
	struct buf series = { 0 }, value = { 0 }, late = { 0 };

	add_lateness(&late, list, now);
	for (size_t i = 0; i < json_array_size(fields); i++) {
		const json_t *field = json_array_get(fields, i);

		buf_clear(&series);
		buf_clear(&value);
		render_series(&series, list, render_text(field, "name"));
		add_value(&value, field);
		table_row(t);
		table_cell(t, TABLE_PLAIN, "%s", series.data);
		table_cell(t, TABLE_STRONG, "%s", value.data);
		table_cell(t, TABLE_WARNING, "%s", late.data);
	}
	buf_free(&series);
	buf_free(&value);
	buf_free(&late);
}

void
render_values(FILE *out, const json_t *values, bool colour)
{
	const double now = (double)clock_wall() / (double)NS_PER_S;
	struct table t = { .align = "<><" };

	for (size_t i = 0; i < json_array_size(values); i++)
		add_list(&t, json_array_get(values, i), now);
	table_print(&t, out, colour);
	table_free(&t);
}
