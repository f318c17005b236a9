/* SPDX-License-Identifier: MIT */
#include "fettlectl_show.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/human.h"
#include "control/render.h"
#include "control/table.h"

enum { AGENTS = 20 }; /* that are shown */

static double
wall_seconds(void)
{
	return (double)clock_wall() / (double)NS_PER_S;
}

/* "3 hosts" */
static void
add_count(struct buf *to, double n, const char *what, const char *many)
{
	buf_printf(to, "%.0f %s%s", n, what, n == 1 ? "" : many);
}

double
show_reasons(struct buf *to, json_t *object)
{
	const char *separator = "", *key;
	json_t *value;
	double sum = 0;

	buf_clear(to);
	json_object_foreach (object, key, value) {
		const double n = json_number_value(value);

		if (n == 0)
			continue;
		buf_printf(to, "%s%s %.0f", separator, key, n);
		separator = ", ";
		sum += n;
	}
	return sum;
}

/* --- status -------------------------------------------------------------- */

static void
show_daemon(FILE *out, const json_t *answer, bool colour)
{
	const json_t *dispatch = json_object_get(answer, "dispatch");
	struct buf line = { 0 };

	table_text(
	    out, colour, TABLE_STRONG, "%s", render_text(answer, "host"));
	buf_printf(&line, ": fettled %s, pid %.0f, up ",
	    render_text(answer, "version"), render_count(answer, "pid"));
	human_duration(&line, render_number(answer, "uptime"));
	table_line(out, colour, TABLE_PLAIN, "%s", line.data);

	buf_clear(&line);
	add_count(&line, render_count(dispatch, "hosts"), "host", "s");
	buf_printf(&line, ", %.0f series, ", render_count(dispatch, "series"));
	add_count(&line, render_count(dispatch, "lists"), "value list", "s");
	buf_printf(&line, ", %.0f queued", render_count(dispatch, "queued"));
	table_line(out, colour, TABLE_PLAIN, "%s", line.data);
	buf_free(&line);
}

static void
show_reloads(FILE *out, const json_t *answer, bool colour)
{
	const json_t *reloads = json_object_get(answer, "reloads");
	const char *error = render_text(reloads, "error");
	struct buf line = { 0 };

	buf_printf(&line, "configuration %s, ", render_text(answer, "config"));
	add_count(&line, render_count(reloads, "done"), "reload", "s");
	buf_printf(&line, ", %.0f failed", render_count(reloads, "failed"));
	table_line(out, colour, TABLE_PLAIN, "%s", line.data);
	if (error[0] != '\0') {
		buf_clear(&line);
		buf_printf(&line, "the last reload failed: %s", error);
		table_line(out, colour, TABLE_BAD, "%s", line.data);
	}
	buf_free(&line);
}

/* Whose lists are dropped for their stamps, of a few. */
static void
show_astray(FILE *out, const json_t *astray, bool colour)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < json_array_size(astray) && i < AGENTS; i++) {
		const json_t *a = json_array_get(astray, i);
		const double ahead = render_number(a, "ahead");

		buf_clear(&line);
		human_duration(&line, fabs(ahead));
		table_line(out, colour, TABLE_WARNING,
		    "%s: by its clock its lists are %s %s, and dropped",
		    render_text(a, "host"), line.data,
		    ahead > 0 ? "in the future" : "old");
	}
	buf_free(&line);
}

/* Nothing, where all is well. */
static void
show_losses(FILE *out, const json_t *answer, bool colour)
{
	const json_t *dispatch = json_object_get(answer, "dispatch");
	const json_t *readers = json_object_get(answer, "readers");
	struct buf reasons = { 0 }, line = { 0 };

	if (show_reasons(&reasons, json_object_get(dispatch, "dropped")) > 0) {
		buf_printf(&line, "dropped value lists: %s", reasons.data);
		table_line(out, colour, TABLE_WARNING, "%s", line.data);
		buf_clear(&line);
	}
	show_astray(out, json_object_get(dispatch, "astray"), colour);
	if (render_count(readers, "stuck") > 0) {
		buf_puts(&line, "readers: ");
		add_count(
		    &line, render_count(readers, "threads"), "thread", "s");
		buf_printf(
		    &line, ", %.0f stuck", render_count(readers, "stuck"));
		table_line(out, colour, TABLE_BAD, "%s", line.data);
	}
	buf_free(&reasons);
	buf_free(&line);
}

/* What a hub misses of its agents: a line for each of those that were heard of
 * last, of a few. */
static void
show_agents(FILE *out, const json_t *answer, bool colour)
{
	const json_t *ingest = json_object_get(answer, "ingest");
	const json_t *agents = json_object_get(ingest, "agents");
	struct buf line = { 0 };
	size_t shown = 0;

	for (size_t i = 0; i < json_array_size(agents) && shown < AGENTS;
	     i++) {
		const json_t *a = json_array_get(agents, i);

		if (render_count(a, "lost") == 0 &&
		    render_count(a, "late") == 0)
			continue;
		buf_clear(&line);
		buf_printf(&line, "%s: ", render_text(a, "host"));
		add_count(&line, render_count(a, "lost"), "list", "s");
		buf_puts(&line, " lost");
		if (render_count(a, "late") > 0) {
			buf_puts(&line, ", late by ");
			human_duration(&line, render_count(a, "late"));
		}
		table_line(out, colour, TABLE_WARNING, "%s", line.data);
		shown++;
	}
	buf_free(&line);
}

static enum table_style
state_style(const char *state)
{
	if (strcmp(state, "up") == 0)
		return TABLE_GOOD;
	if (strcmp(state, "opening") == 0 || strcmp(state, "retrying") == 0)
		return TABLE_WARNING;
	return TABLE_BAD;
}

static void
add_calls(struct table *t, const json_t *instance, double now)
{
	const double last = render_number(instance, "last_run");
	const double streak = render_count(instance, "streak");
	struct buf text = { 0 };

	if (last > 0)
		human_age(&text, now - last);
	else
		buf_puts(&text, "never");
	table_cell(t, TABLE_PLAIN, "%s", text.data);

	buf_clear(&text);
	if (last > 0)
		human_duration(
		    &text, render_number(
			       json_object_get(instance, "duration"), "last"));
	table_cell(t, TABLE_PLAIN, "%s", text.data);

	buf_clear(&text);
	buf_printf(&text, "%.0f", render_count(instance, "failures"));
	if (streak > 0)
		buf_printf(&text, ", %.0f in a row", streak);
	table_cell(t, streak > 0 ? TABLE_BAD : TABLE_PLAIN, "%s", text.data);
	buf_free(&text);
}

/* "12 (3.2 KiB of 32.0 MiB, 40.0 s old)" */
static void
add_queue(struct buf *to, const json_t *queue)
{
	buf_printf(to, "%.0f", render_count(queue, "lists"));
	if (render_count(queue, "lists") == 0)
		return;
	buf_puts(to, " (");
	human_value(to, render_count(queue, "bytes"), "bytes");
	buf_puts(to, " of ");
	human_value(to, render_count(queue, "limit"), "bytes");
	buf_puts(to, ", ");
	human_duration(to, render_count(queue, "oldest"));
	buf_puts(to, " old)");
}

static void
add_delivery(struct table *t, const json_t *instance)
{
	struct buf text = { 0 }, reasons = { 0 };
	double dropped;

	add_queue(&text, json_object_get(instance, "queue"));
	table_cell(t, TABLE_PLAIN, "%s", text.data);

	buf_clear(&text);
	buf_printf(&text, "%.0f", render_count(instance, "sent"));
	if (render_count(instance, "retried") > 0)
		buf_printf(&text, " (retried %.0f)",
		    render_count(instance, "retried"));
	table_cell(t, TABLE_PLAIN, "%s", text.data);

	dropped = show_reasons(&reasons, json_object_get(instance, "dropped"));
	buf_clear(&text);
	buf_printf(&text, "%.0f", dropped);
	if (dropped > 0)
		buf_printf(&text, " (%s)", reasons.data);
	table_cell(
	    t, dropped > 0 ? TABLE_WARNING : TABLE_PLAIN, "%s", text.data);
	buf_free(&text);
	buf_free(&reasons);
}

/* Of a receiver: alerts that it is to be told of, messages. */
static void
add_notices(struct table *t, const json_t *notices)
{
	const double failed = render_count(notices, "failed");
	struct buf text = { 0 };

	table_cell(t, TABLE_PLAIN, "%.0f", render_count(notices, "pending"));
	buf_printf(&text, "%.0f", render_count(notices, "sent"));
	if (failed > 0)
		buf_printf(&text, " (failed %.0f)", failed);
	table_cell(t, TABLE_PLAIN, "%s", text.data);
	buf_free(&text);
}

static void
add_instance(struct table *t, const json_t *instance, double now)
{
	const char *label = render_text(instance, "label");
	const char *plugin = render_text(instance, "plugin");
	const char *state = render_text(instance, "state");
	const char *error = render_text(instance, "error");

	table_row(t);
	table_cell(t, TABLE_STRONG, "%s", label);
	table_cell(
	    t, TABLE_PLAIN, "%s", strcmp(plugin, label) == 0 ? "" : plugin);
	table_cell(t, state_style(state), "%s", state);
	add_calls(t, instance, now);
	if (json_object_get(instance, "queue") != NULL)
		add_delivery(t, instance);
	else if (json_object_get(instance, "notices") != NULL)
		add_notices(t, json_object_get(instance, "notices"));
	if (error[0] != '\0')
		table_note(t,
		    state_style(state) == TABLE_BAD ? TABLE_BAD
						    : TABLE_WARNING,
		    "%s", error);
}

void
show_status(FILE *out, const json_t *answer, bool colour)
{
	static const char *const head[] = { "INSTANCE", "PLUGIN", "STATE",
		"LAST RUN", "TOOK", "FAILURES", "QUEUE", "SENT", "DROPPED",
		NULL };
	const json_t *instances = json_object_get(answer, "instances");
	const json_t *refused = json_object_get(answer, "refused");
	struct table t = { .align = "<<<<<<<<<" };

	show_daemon(out, answer, colour);
	show_reloads(out, answer, colour);
	show_losses(out, answer, colour);
	show_agents(out, answer, colour);
	show_alerts_status(out, json_object_get(answer, "alerts"), colour);
	fputc('\n', out);
	table_head(&t, head);
	for (size_t i = 0; i < json_array_size(instances); i++)
		add_instance(&t, json_array_get(instances, i), wall_seconds());
	table_print(&t, out, colour);
	table_free(&t);
	for (size_t i = 0; i < json_array_size(refused); i++) {
		const json_t *r = json_array_get(refused, i);

		table_line(out, colour, TABLE_BAD,
		    "refused plugin '%s' (%s): %s", render_text(r, "plugin"),
		    render_text(r, "file"), render_text(r, "reason"));
	}
}

/* --- the others ---------------------------------------------------------- */

void
show_values(FILE *out, const json_t *answer, bool colour)
{
	const json_t *values = json_object_get(answer, "values");

	if (json_array_size(values) == 0)
		table_line(out, colour, TABLE_PLAIN,
		    "no series matches; fettlectl values shows all of them");
	render_values(out, values, colour);
}

static void
add_host(struct table *t, const json_t *host, double now)
{
	json_t *tags = json_object_get(host, "tags"), *value;
	const char *separator = "", *key;
	struct buf text = { 0 };

	table_row(t);
	table_cell(t, TABLE_STRONG, "%s", render_text(host, "host"));
	human_age(&text, now - render_number(host, "last_seen"));
	table_cell(t, TABLE_PLAIN, "%s", text.data);
	table_cell(t, TABLE_PLAIN, "%.0f", render_count(host, "series"));
	buf_clear(&text);
	json_object_foreach (tags, key, value) {
		buf_printf(
		    &text, "%s%s=%s", separator, key, render_text(tags, key));
		separator = ", ";
	}
	table_cell(t, TABLE_PLAIN, "%s", text.data);
	buf_free(&text);
}

void
show_hosts(FILE *out, const json_t *answer, bool colour)
{
	static const char *const head[] = { "HOST", "LAST SEEN", "SERIES",
		"TAGS", NULL };
	const json_t *hosts = json_object_get(answer, "hosts");
	struct table t = { .align = "<>><" };

	table_head(&t, head);
	for (size_t i = 0; i < json_array_size(hosts); i++)
		add_host(&t, json_array_get(hosts, i), wall_seconds());
	table_print(&t, out, colour);
	table_free(&t);
}

void
show_reload(FILE *out, const json_t *answer, bool colour)
{
	const json_t *plan = json_object_get(answer, "plan");
	const json_t *notes = json_object_get(answer, "notes");
	struct table t = { .align = "<<<" };

	for (size_t i = 0; i < json_array_size(plan); i++) {
		const json_t *step = json_array_get(plan, i);
		const char *action = render_text(step, "action");

		table_row(&t);
		table_cell(&t, TABLE_STRONG, "%s", render_text(step, "label"));
		table_cell(&t,
		    strcmp(action, "kept") == 0 ? TABLE_FAINT : TABLE_WARNING,
		    "%s", action);
		table_cell(&t, TABLE_PLAIN, "%s", render_text(step, "why"));
	}
	table_print(&t, out, colour);
	table_free(&t);
	for (size_t i = 0; i < json_array_size(notes); i++) {
		const char *note = json_string_value(json_array_get(notes, i));

		table_line(
		    out, colour, TABLE_PLAIN, "%s", note != NULL ? note : "");
	}
}

void
show_flush(FILE *out, const json_t *answer, bool colour)
{
	struct buf line = { 0 };

	buf_puts(&line, "flushed ");
	add_count(&line, render_count(answer, "flushed"), "writer", "s");
	table_line(out, colour, TABLE_PLAIN, "%s", line.data);
	buf_free(&line);
}
