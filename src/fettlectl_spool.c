/* SPDX-License-Identifier: MIT */
/* What waits for writers: the answer of `spool', for people. */
#include "fettlectl_show.h"

#include <string.h>

#include "base/clock.h"
#include "base/human.h"
#include "control/render.h"
#include "control/table.h"

static enum table_style
style_of(const char *state)
{
	if (strcmp(state, "ok") == 0)
		return TABLE_GOOD;
	if (strcmp(state, "degraded") == 0)
		return TABLE_BAD;
	return TABLE_PLAIN;
}

/* "120 (80 on disk)" */
static void
add_waiting(struct table *t, const json_t *s)
{
	const double disk = render_count(s, "disk");
	struct buf text = { 0 };

	buf_printf(&text, "%.0f", render_count(s, "lists"));
	if (disk > 0)
		buf_printf(&text, " (%.0f only on disk)", disk);
	table_cell(t, TABLE_PLAIN, "%s", text.data);
	buf_clear(&text);
	if (render_count(s, "lists") > 0)
		human_duration(&text, render_count(s, "oldest"));
	else
		buf_puts(&text, "");
	table_cell(t, TABLE_PLAIN, "%s", text.data);
	buf_free(&text);
}

/* "1.2 MiB of 64.0 MiB, 7 d" */
static void
add_room(struct table *t, const json_t *s)
{
	struct buf text = { 0 };

	buf_puts(&text, "");
	if (render_count(s, "max_size") > 0) {
		human_value(&text, render_count(s, "bytes"), "bytes");
		buf_puts(&text, " of ");
		human_value(&text, render_count(s, "max_size"), "bytes");
		buf_puts(&text, ", ");
		human_duration(&text, render_count(s, "max_age"));
	}
	table_cell(t, TABLE_PLAIN, "%s", text.data);
	buf_free(&text);
}

/* "12 (full 10, age 2)" */
static void
add_dropped(struct table *t, const json_t *s)
{
	struct buf text = { 0 };
	const double sum = show_reasons(&text, json_object_get(s, "dropped"));

	if (sum > 0)
		table_cell(t, TABLE_WARNING, "%.0f (%s)", sum, text.data);
	else
		table_cell(t, TABLE_PLAIN, "0");
	buf_free(&text);
}

/* "3 min ago  too_large  17  web-1:disk[/home]: 413 Payload Too Large" */
static void
add_letter(struct table *t, const json_t *letter, double now)
{
	const json_t *list = json_object_get(letter, "list");
	const char *instance = render_text(list, "instance");
	struct buf text = { 0 };

	human_age(&text, now - render_count(letter, "time"));
	buf_printf(&text, ", list %.0f, %s: %s:%s",
	    render_count(letter, "number"), render_text(letter, "why"),
	    render_text(list, "host"), render_text(list, "plugin"));
	if (instance[0] != '\0')
		buf_printf(&text, "[%s]", instance);
	table_note(t, TABLE_WARNING, "%s: %s", text.data,
	    render_text(letter, "reason"));
	buf_free(&text);
}

static void
add_spool(struct table *t, const json_t *s, double now)
{
	const char *state = render_text(s, "state");
	const char *why = render_text(s, "why");
	const json_t *dead = json_object_get(s, "dead");

	table_row(t);
	table_cell(t, TABLE_STRONG, "%s", render_text(s, "writer"));
	table_cell(t, TABLE_PLAIN, "%s", render_text(s, "survive"));
	table_cell(
	    t, style_of(state), "%s", strcmp(state, "none") == 0 ? "" : state);
	add_waiting(t, s);
	add_room(t, s);
	table_cell(t, TABLE_PLAIN, "%.0f", render_count(s, "sent"));
	add_dropped(t, s);
	if (why[0] != '\0')
		table_note(t, TABLE_BAD, "%s", why);
	for (size_t i = 0; i < json_array_size(dead); i++)
		add_letter(t, json_array_get(dead, i), now);
}

void
show_spool(FILE *out, const json_t *answer, bool colour)
{
	static const char *const head[] = { "WRITER", "SURVIVE", "STATE",
		"WAITING", "OLDEST", "ROOM", "SENT", "DROPPED", NULL };
	const json_t *spools = json_object_get(answer, "spools");
	const double now = (double)clock_wall() / (double)NS_PER_S;
	struct table t = { .align = "<<<<<<<<" };

	table_head(&t, head);
	for (size_t i = 0; i < json_array_size(spools); i++)
		add_spool(&t, json_array_get(spools, i), now);
	table_print(&t, out, colour);
	table_free(&t);
}
