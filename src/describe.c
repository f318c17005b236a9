/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static const char *const kind_names[] = { [FETTLE_GAUGE] = "gauge",
	[FETTLE_COUNTER] = "counter",
	[FETTLE_TOTAL] = "total" };

static const char *const type_names[] = { [FETTLE_T_BOOL] = "bool",
	[FETTLE_T_INT] = "integer",
	[FETTLE_T_REAL] = "number",
	[FETTLE_T_STRING] = "text",
	[FETTLE_T_DURATION] = "duration",
	[FETTLE_T_SIZE] = "size",
	[FETTLE_T_SECRET] = "secret",
	[FETTLE_T_STRINGS] = "list of texts",
	[FETTLE_T_TABLES] = "mapping of mappings",
	[FETTLE_T_GROUP] = "mapping" };

const char *
describe_kind(enum fettle_kind kind)
{
	return kind_names[kind];
}

const char *
describe_type(enum fettle_type type)
{
	return type_names[type];
}

void
describe_range(const struct fettle_option *o, char *to, size_t len)
{
	snprintf(to, len, "%.15g to %.15g%s", o->min, o->max,
	    o->type == FETTLE_T_DURATION ? " seconds"
	    : o->type == FETTLE_T_SIZE	 ? " bytes"
					 : "");
}

/* --- JSON ---------------------------------------------------------------- */

static json_t *
text_or_null(const char *s)
{
	return s != NULL ? json_string(s) : json_null();
}

static json_t *options_json(const struct fettle_options *table);

static json_t *
option_json(const struct fettle_option *o)
{
	json_t *j = json_pack("{s:s,s:s,s:o,s:o,s:b}", "name", o->name, "type",
	    describe_type(o->type), "default", text_or_null(o->fallback),
	    "help", text_or_null(o->help), "required", o->fallback == NULL);

	if (o->min < o->max) {
		json_object_set_new(j, "min", json_real(o->min));
		json_object_set_new(j, "max", json_real(o->max));
	}
	if (o->choices != NULL)
		json_object_set_new(j, "choices", json_string(o->choices));
	if (o->sub.n > 0)
		json_object_set_new(j, "options", options_json(&o->sub));
	return j;
}

static json_t *
options_json(const struct fettle_options *table)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < table->n; i++)
		json_array_append_new(all, option_json(&table->v[i]));
	return all;
}

static json_t *
fields_json(const struct plugin *p)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < p->d.fields.n; i++) {
		const struct fettle_field *f = &p->d.fields.v[i];

		json_array_append_new(
		    all, json_pack("{s:s,s:s,s:s,s:o}", "name", f->name,
			     "kind", describe_kind(f->kind), "unit", f->unit,
			     "help", text_or_null(f->help)));
	}
	return all;
}

static json_t *
plugin_json(const struct plugin *p)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:b,s:b,s:b,s:b,s:o,s:o}",
	    "plugin", p->name, "file", p->path, "summary",
	    text_or_null(p->d.summary), "instance_name",
	    text_or_null(p->d.instance_name), "headline",
	    text_or_null(p->d.headline), "reads", p->d.read != NULL, "writes",
	    p->d.write != NULL, "notifies", p->d.notify != NULL, "source",
	    (p->d.flags & FETTLE_SOURCE) != 0, "options",
	    options_json(&p->d.options), "fields", fields_json(p));
}

/* --- text ---------------------------------------------------------------- */

static void
print_range(const struct fettle_option *o, FILE *out)
{
	char range[128];

	if (o->choices != NULL)
		fprintf(out, ", one of %s", o->choices);
	if (o->min < o->max) {
		describe_range(o, range, sizeof(range));
		fprintf(out, ", %s", range);
	}
}

static void
print_options(const struct fettle_options *table, int indent, FILE *out)
{
	for (uint32_t i = 0; i < table->n; i++) {
		const struct fettle_option *o = &table->v[i];

		fprintf(out, "%*s%s%s (%s", indent, "", o->name,
		    o->type == FETTLE_T_SECRET ? "_file" : "",
		    describe_type(o->type));
		print_range(o, out);
		if (o->fallback == NULL)
			fprintf(out, ", required)\n");
		else if (o->fallback[0] != '\0')
			fprintf(out, ", default %s)\n", o->fallback);
		else
			fprintf(out, ")\n");
		if (o->help != NULL)
			fprintf(out, "%*s%s\n", indent + 4, "", o->help);
		print_options(&o->sub, indent + 4, out);
	}
}

static void
print_fields(const struct plugin *p, FILE *out)
{
	for (uint32_t i = 0; i < p->d.fields.n; i++) {
		const struct fettle_field *f = &p->d.fields.v[i];

		fprintf(out, "    %s (%s%s%s)\n        %s\n", f->name,
		    describe_kind(f->kind), f->unit[0] != '\0' ? ", " : "",
		    f->unit, f->help != NULL ? f->help : "");
	}
}

static void
print_plugin(const struct plugin *p, FILE *out)
{
	fprintf(out, "%s: %s\n", p->name,
	    p->d.summary != NULL ? p->d.summary : "");
	if (p->d.instance_name != NULL)
		fprintf(out, "  one list for each %s\n", p->d.instance_name);
	if (p->d.options.n > 0) {
		fprintf(out, "  options\n");
		print_options(&p->d.options, 4, out);
	}
	if (p->d.fields.n > 0) {
		fprintf(out, "  fields\n");
		print_fields(p, out);
	}
}

/* --- which --------------------------------------------------------------- */

/* all: what becomes the JSON; NULL otherwise. */
static int
describe_one(struct modules *m, const char *name, enum describe_format format,
    json_t *all, FILE *out)
{
	char why[512];
	const struct plugin *p = modules_get(m, name, why, sizeof(why));

	if (p == NULL) {
		fprintf(stderr, "fettled: plugin %s: %s\n", name, why);
		return -1;
	}
	switch (format) {
	case DESCRIBE_JSON:
		json_array_append_new(all, plugin_json(p));
		break;
	case DESCRIBE_MAN:
		describe_man(p, out);
		break;
	case DESCRIBE_TEXT:
		print_plugin(p, out);
		break;
	}
	return 0;
}

int
describe(struct modules *m, const char *name, enum describe_format format,
    FILE *out)
{
	json_t *all = format == DESCRIBE_JSON ? json_array() : NULL;
	json_t *what = all;
	struct module_names names = { 0 };
	int rc = 0;

	if (name != NULL) {
		rc = describe_one(m, name, format, all, out);
		what = json_array_get(all, 0);
	} else {
		modules_names(m, &names);
	}
	for (size_t i = 0; i < names.names.n; i++) {
		if (i > 0 && format == DESCRIBE_TEXT)
			fputc('\n', out);
		rc |= describe_one(m, names.names.v[i], format, all, out);
	}
	module_names_free(&names);
	if (what != NULL) {
		json_dumpf(what, out, JSON_INDENT(2));
		fputc('\n', out);
	}
	json_decref(all);
	return rc;
}
