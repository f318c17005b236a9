/* SPDX-License-Identifier: MIT */
/*
 * Value lists as lines of JSON, for test plugins that write: queue, seq, host,
 * plugin, instance, tags, host_tags, time_ns, interval_ns, values, rates; what
 * is absent is null.  Names need two escapes only: the daemon has made them
 * printable.
 */
#ifndef T_PLUGINS_LINES_H
#define T_PLUGINS_LINES_H

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include <fettle/plugin.h>

static inline void
lines_text(FILE *to, const char *text)
{
	if (text == NULL) {
		fputs("null", to);
		return;
	}
	putc('"', to);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', to);
		putc(*text, to);
	}
	putc('"', to);
}

static inline void
lines_member(FILE *to, const char *key, const char *text)
{
	lines_text(to, key);
	fputs(": ", to);
	lines_text(to, text);
	fputs(", ", to);
}

static inline void
lines_tags(FILE *to, const char *key, const struct fettle_tag *tags, size_t n)
{
	fprintf(to, "\"%s\": {", key);
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? ", " : "", to);
		lines_text(to, tags[i].key);
		fputs(": ", to);
		lines_text(to, tags[i].value);
	}
	fputs("}, ", to);
}

static inline void
lines_value(FILE *to, const struct fettle_value *v)
{
	if (v->kind == FETTLE_COUNTER)
		fprintf(to, "%" PRIu64, v->count);
	else if (v->kind != 0)
		fprintf(to, "%.17g", v->real);
	else
		fputs("null", to);
}

static inline void
lines_rate(FILE *to, double rate)
{
	if (isfinite(rate))
		fprintf(to, "%.17g", rate);
	else
		fputs("null", to);
}

/* One line; seq is the number of that list. */
static inline void
lines_add(
    FILE *to, const struct fettle_list *l, const char *queue, uint64_t seq)
{
	fprintf(to, "{\"queue\": \"%s\", \"seq\": %" PRIu64 ", ", queue, seq);
	lines_member(to, "host", l->host);
	lines_member(to, "plugin", l->plugin);
	lines_member(to, "instance", l->instance);
	lines_tags(to, "tags", l->tags, l->n_tags);
	lines_tags(to, "host_tags", l->host_tags, l->n_host_tags);
	fprintf(to, "\"time_ns\": %" PRId64 ", \"interval_ns\": %" PRId64,
	    l->time_ns, l->interval_ns);
	fputs(", \"values\": {", to);
	for (size_t i = 0; i < l->n; i++) {
		fprintf(
		    to, "%s\"%s\": ", i > 0 ? ", " : "", l->fields[i]->name);
		lines_value(to, &l->values[i]);
	}
	fputs("}, \"rates\": {", to);
	for (size_t i = 0; i < l->n; i++) {
		fprintf(
		    to, "%s\"%s\": ", i > 0 ? ", " : "", l->fields[i]->name);
		lines_rate(to, l->rates[i]);
	}
	fputs("}}\n", to);
}

#endif
