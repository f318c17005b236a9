/* SPDX-License-Identifier: MIT */
/* What plugins answer, for people. */
#include "fettlectl_show.h"

#include <math.h>
#include <stdlib.h>

#include "base/human.h"
#include "control/render.h"
#include "control/table.h"

/* The name, else the number, else nothing. */
static void
add_user(struct table *t, const json_t *process)
{
	const char *user = render_text(process, "user");
	const double uid = render_number(process, "uid");

	if (user[0] != '\0' || isnan(uid))
		table_cell(t, TABLE_PLAIN, "%s", user);
	else
		table_cell(t, TABLE_PLAIN, "%.0f", uid);
}

/* "12.5 %"; nothing where it is not known. */
static void
add_value(
    struct table *t, const json_t *process, const char *key, const char *unit)
{
	const double value = render_number(process, key);
	struct buf text = { 0 };

	buf_puts(&text, "");
	if (!isnan(value))
		human_value(&text, value, unit);
	table_cell(t, TABLE_PLAIN, "%s", text.data);
	buf_free(&text);
}

static void
add_process(struct table *t, const json_t *process)
{
	table_row(t);
	table_cell(t, TABLE_PLAIN, "%.0f", render_number(process, "pid"));
	add_user(t, process);
	table_cell(t, TABLE_STRONG, "%s", render_text(process, "name"));
	add_value(t, process, "percent", "percent");
	add_value(t, process, "resident", "bytes");
}

static void
show_order(FILE *out, const json_t *top, const char *key, const char *what,
    bool colour)
{
	static const char *const head[] = { "PID", "USER", "NAME", "CPU",
		"RESIDENT", NULL };
	const json_t *processes = json_object_get(top, key);
	struct table t = { .align = "><<>>" };

	table_line(out, colour, TABLE_STRONG, "%s", what);
	if (json_array_size(processes) == 0) {
		fputs("none\n", out);
		return;
	}
	table_head(&t, head);
	for (size_t i = 0; i < json_array_size(processes); i++)
		add_process(&t, json_array_get(processes, i));
	table_print(&t, out, colour);
	table_free(&t);
}

void
show_top(FILE *out, const json_t *answer, bool colour)
{
	const json_t *top = json_object_get(answer, "answer");
	const double span = render_number(top, "span");
	struct buf line = { 0 };

	buf_puts(&line, "by cpu");
	if (isnan(span)) {
		buf_puts(&line, ", known after the next reading");
	} else {
		buf_puts(&line, ", in ");
		human_duration(&line, span);
		buf_puts(&line, " up to ");
		human_age(&line, render_number(top, "age"));
	}
	show_order(out, top, "cpu", line.data, colour);
	fputc('\n', out);
	show_order(out, top, "memory", "by memory", colour);
	if (json_is_true(json_object_get(top, "hidden")))
		fputs("\nprocesses of other users are hidden from fettled\n",
		    out);
	buf_free(&line);
}

void
show_ask(FILE *out, const json_t *answer, bool colour)
{
	/* ASCII: what a terminal would obey is escaped */
	char *text = json_dumps(json_object_get(answer, "answer"),
	    JSON_INDENT(2) | JSON_ENSURE_ASCII);

	(void)colour;
	fprintf(out, "%s\n", text != NULL ? text : "");
	free(text);
}
