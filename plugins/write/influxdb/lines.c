/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/line.h"
#include "influxdb.h"

/* --- layout: summary ----------------------------------------------------- */

enum { CPU_AVG, MEMORY_USED, MEMORY_TOTAL, SUMMARY_N };

static const struct fettle_field summary_fields[SUMMARY_N] = {
	[CPU_AVG] = { "cpu_avg", FETTLE_GAUGE, FETTLE_PERCENT, NULL },
	[MEMORY_USED] = { "memory_used", FETTLE_GAUGE, FETTLE_BYTES, NULL },
	[MEMORY_TOTAL] = { "memory_total", FETTLE_GAUGE, FETTLE_BYTES, NULL },
};

/* Where each comes from. */
static const struct {
	const char *plugin, *field;
} summary_sources[SUMMARY_N] = {
	[CPU_AVG] = { "cpu", "percent" },
	[MEMORY_USED] = { "memory", "used" },
	[MEMORY_TOTAL] = { "memory", "total" },
};

static struct fettle_value
summary_value(const struct fettle_list *l, size_t which)
{
	static const struct fettle_value none;

	if (strcmp(l->plugin, summary_sources[which].plugin) != 0)
		return none;
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->fields[i]->name, summary_sources[which].field) ==
			0 &&
		    l->values[i].kind == FETTLE_GAUGE)
			return l->values[i];
	return none;
}

/* What cpu and memory say of the whole machine: lines of one measurement,
 * whose fields the server puts together where host and time are the same. */
static bool
summary_line(struct text *to, const struct fettle_list *l)
{
	const struct fettle_field *const fields[SUMMARY_N] = {
		&summary_fields[CPU_AVG],
		&summary_fields[MEMORY_USED],
		&summary_fields[MEMORY_TOTAL],
	};
	struct fettle_value values[SUMMARY_N];
	struct fettle_list summary = *l;

	if (l->instance != NULL || l->n_tags > 0)
		return false;
	for (size_t i = 0; i < SUMMARY_N; i++)
		values[i] = summary_value(l, i);
	summary.plugin = "system_metrics";
	summary.fields = fields;
	summary.values = values;
	summary.n = SUMMARY_N;
	return line_list(to, &summary);
}

/* --- a batch ------------------------------------------------------------- */

int
influxdb_lines_init(struct influxdb_lines *lines, const struct influxdb *self,
    const struct fettle_batch *batch)
{
	const bool summary = strcmp(self->layout, "summary") == 0;

	*lines = (struct influxdb_lines){ .list = calloc(
					      batch->n, sizeof(size_t)) };
	if (lines->list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < batch->n; i++) {
		const struct fettle_list *l = batch->lists[i];

		if (summary ? summary_line(&lines->text, l)
			    : line_list(&lines->text, l))
			lines->list[lines->n++] = i;
	}
	return lines->text.failed ? -ENOMEM : 0;
}

void
influxdb_lines_fini(struct influxdb_lines *lines)
{
	text_free(&lines->text);
	free(lines->list);
}
