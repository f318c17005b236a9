/* SPDX-License-Identifier: MIT */
/* What a plugin of one file submits with counters: each value is of its
 * field's kind, none is below 0, and percents are at most 100.  To be included
 * after one_file.h. */
#ifndef FUZZ_ONE_FILE_VALUES_H
#define FUZZ_ONE_FILE_VALUES_H

static const struct fettle_fields *one_file_fields;

int
fettle_submit_values(struct fettle_ctx *ctx, const char *instance,
    const struct fettle_value *v, size_t n)
{
	(void)ctx;
	if (n != one_file_fields->n || (instance != NULL && *instance == '\0'))
		abort();
	for (size_t i = 0; i < n; i++) {
		const struct fettle_field *f = &one_file_fields->v[i];

		if (v[i].kind == 0)
			continue;
		if (v[i].kind != f->kind)
			abort();
		if (f->kind == FETTLE_COUNTER)
			continue;
		if (!(v[i].real >= 0 && v[i].real < 1e300) ||
		    (strcmp(f->unit, FETTLE_PERCENT) == 0 && v[i].real > 100))
			abort();
	}
	return 0;
}

void
fettle_log(struct fettle_ctx *ctx, int priority, const char *fmt, ...)
{
	(void)ctx;
	(void)priority;
	(void)fmt;
}

static int
one_file_values(
    const struct fettle_plugin *plugin, const uint8_t *data, size_t size)
{
	struct fettle_ctx ctx = { calloc(1, plugin->self_size), -1, 0, NULL };

	one_file_fields = &plugin->fields;
	one_file_run(plugin, &ctx, data, size);
	free(ctx.self);
	return 0;
}

#endif
