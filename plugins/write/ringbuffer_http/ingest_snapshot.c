/* SPDX-License-Identifier: MIT */
/* A snapshot becomes the lists that the plugins cpu, memory and disk of its
 * host would have made. */
#include "parse.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "when.h"

enum { NAME_MAX_BYTES = 255 };

static const struct fettle_field percent_field = { "percent", FETTLE_GAUGE,
	FETTLE_PERCENT, "Share that is in use." };
static const struct fettle_field total_field = { "total", FETTLE_GAUGE,
	FETTLE_BYTES, "All there is." };
static const struct fettle_field used_field = { "used", FETTLE_GAUGE,
	FETTLE_BYTES, "What is in use." };
static const struct fettle_field available_field = { "available", FETTLE_GAUGE,
	FETTLE_BYTES, "What programs can still get." };
static const struct fettle_field free_field = { "free", FETTLE_GAUGE,
	FETTLE_BYTES, "What is free." };

static const struct fettle_field *const cpu_fields[] = { &percent_field };
static const struct fettle_field *const memory_fields[] = { &total_field,
	&used_field, &available_field, &percent_field };
static const struct fettle_field *const disk_fields[] = { &total_field,
	&used_field, &free_field, &percent_field };

/* memory, or one file system: in the order of the fields above. */
enum { SPACE_TOTAL, SPACE_USED, SPACE_FREE, SPACE_PERCENT, SPACE_N };

struct space {
	double v[SPACE_N];
};

static void
add_cpu(struct parse *p, const char *core, double percent)
{
	struct fettle_value *values;
	struct fettle_list *l = parse_list(p, cpu_fields, 1, &values);

	if (l == NULL)
		return;
	l->plugin = "cpu";
	l->instance_name = "core";
	l->instance = core;
	values[0] = fettle_gauge(percent);
}

static void
add_space(struct parse *p, const char *plugin, const char *mount,
    const struct fettle_field *const *fields, const struct space *space)
{
	struct fettle_value *values;
	struct fettle_list *l = parse_list(p, fields, SPACE_N, &values);

	if (l == NULL)
		return;
	l->plugin = plugin;
	l->instance = mount;
	l->instance_name = mount != NULL ? "mount" : NULL;
	for (int i = 0; i < SPACE_N; i++)
		values[i] = fettle_gauge(space->v[i]);
}

/* --- members ------------------------------------------------------------- */

static void
take_core(struct parse *p, size_t index)
{
	char *core = parse_alloc(p, 24);
	double percent;

	parse_index(p, index);
	if (!parse_real(p, &percent) || core == NULL)
		return;
	snprintf(core, 24, "%zu", index);
	add_cpu(p, core, percent);
}

static void
take_per_core(struct parse *p, void *to)
{
	(void)to;
	if (!parse_enter(p, READER_ARRAY))
		return;
	parse_push_index(p);
	for (size_t i = 0; reader_next(&p->r); i++)
		take_core(p, i);
	parse_pop(p);
}

static void
take_average(struct parse *p, void *to)
{
	double percent;

	(void)to;
	if (parse_real(p, &percent))
		add_cpu(p, NULL, percent);
}

static const struct parse_member cpu_v[] = {
	{ "per_core", true, take_per_core },
	{ "average", true, take_average },
};
static const struct parse_members cpu_members = PARSE_MEMBERS(cpu_v);

static void
take_cpu(struct parse *p, void *to)
{
	parse_object(p, &cpu_members, to);
}

/* A whole number of bytes, however it is written. */
static void
take_bytes(struct parse *p, double *to)
{
	double bytes;

	if (!parse_real(p, &bytes))
		return;
	if (bytes < 0 || bytes != floor(bytes))
		parse_wrong(p, "a whole number of bytes is expected");
	else
		*to = bytes;
}

static void
take_total(struct parse *p, void *to)
{
	take_bytes(p, &((struct space *)to)->v[SPACE_TOTAL]);
}

static void
take_used(struct parse *p, void *to)
{
	take_bytes(p, &((struct space *)to)->v[SPACE_USED]);
}

static void
take_free(struct parse *p, void *to)
{
	take_bytes(p, &((struct space *)to)->v[SPACE_FREE]);
}

static void
take_percent(struct parse *p, void *to)
{
	parse_real(p, &((struct space *)to)->v[SPACE_PERCENT]);
}

static void take_mounts(struct parse *p, void *to);

static const struct parse_member space_v[] = {
	{ "total", true, take_total },
	{ "used", true, take_used },
	{ "free", true, take_free },
	{ "percent", true, take_percent },
	{ "mounts", false, take_mounts },
};
static const struct parse_members disk_members = PARSE_MEMBERS(space_v);
/* the same without mounts */
static const struct parse_members space_members = { space_v, SPACE_N };

static void
take_mount(struct parse *p, struct reader_string *key)
{
	struct space space = { 0 };

	parse_push(p, key->s);
	p->path[p->depth - 1].quoted = true;
	if (key->len == 0)
		parse_reject(p, "the name is empty");
	else if (strcmp(key->s, "/") == 0)
		parse_reject(p, "the root file system is disk itself");
	else {
		parse_object(p, &space_members, &space);
		add_space(p, "disk", key->s, disk_fields, &space);
	}
	parse_pop(p);
}

static void
take_mounts(struct parse *p, void *to)
{
	struct reader_string key;

	(void)to;
	if (!parse_enter(p, READER_OBJECT))
		return;
	while (reader_key(&p->r, &key))
		take_mount(p, &key);
}

static void
take_memory(struct parse *p, void *to)
{
	struct space space = { 0 };

	(void)to;
	parse_object(p, &space_members, &space);
	add_space(p, "memory", NULL, memory_fields, &space);
}

static void
take_disk(struct parse *p, void *to)
{
	struct space space = { 0 };

	(void)to;
	parse_object(p, &disk_members, &space);
	add_space(p, "disk", "/", disk_fields, &space);
}

static void
take_timestamp(struct parse *p, void *to)
{
	struct snapshot_in *s = to;
	struct reader_string text;
	struct reader_number n;

	if (reader_peek(&p->r) == READER_NUMBER) {
		if (reader_number(&p->r, &n))
			s->time_ns = when_number(&n);
	} else if (reader_peek(&p->r) != READER_STRING) {
		parse_reject(p, "seconds since 1970 or ISO 8601 is expected");
	} else if (reader_string(&p->r, &text) &&
		   !when_iso(text.s, &s->time_ns)) {
		parse_wrong(p, "no time of ISO 8601");
	}
}

static void
take_hostname(struct parse *p, void *to)
{
	parse_name(p, &((struct snapshot_in *)to)->host, NAME_MAX_BYTES);
}

static const struct parse_member snapshot_v[] = {
	{ "timestamp", true, take_timestamp },
	{ "hostname", true, take_hostname },
	{ "cpu", true, take_cpu },
	{ "memory", true, take_memory },
	{ "disk", true, take_disk },
};
const struct parse_members snapshot_members = PARSE_MEMBERS(snapshot_v);

void
snapshot_in_end(struct parse *p, const struct snapshot_in *s)
{
	for (size_t i = s->from; i < p->in->n; i++) {
		p->in->lists[i]->host = s->host;
		p->in->lists[i]->time_ns = s->time_ns;
	}
}

void
snapshot_in_take(struct parse *p)
{
	struct snapshot_in s = { .from = p->in->n };

	parse_object(p, &snapshot_members, &s);
	snapshot_in_end(p, &s);
}
