/* SPDX-License-Identifier: MIT */
/* One alert, from its first number to who will hear of it next. */
#include <math.h>
#include <string.h>

#include "base/human.h"
#include "base/when.h"
#include "control/render.h"
#include "control/render_alerts.h"

/* An alert being explained. */
struct telling {
	FILE *out;
	bool colour;
	const json_t *answer, *alert;
	double now;
	const char *unit;
};

static void
print_line(
    const struct telling *t, enum table_style style, const struct buf *text)
{
	table_line(t->out, t->colour, style, "%s", text->data);
}

static double
number_of(const struct telling *t, const char *key)
{
	return render_number(t->alert, key);
}

static bool
is(const struct telling *t, const char *state)
{
	return strcmp(render_text(t->alert, "state"), state) == 0;
}

static void
add_clock(struct buf *to, const struct telling *t, double at)
{
	when_clock(to, at, t->now);
}

/* --- what it is ---------------------------------------------------------- */

static void
tell_state(const struct telling *t)
{
	const double since = number_of(t, "since");
	struct buf line = { 0 };

	render_state(&line, t->alert);
	table_text(
	    t->out, t->colour, render_state_style(t->alert), "%s", line.data);
	buf_clear(&line);
	buf_printf(&line, "  %s", render_text(t->alert, "series"));
	if (!isnan(since)) {
		buf_puts(&line, ", for ");
		human_span(&line, t->now - since);
		buf_puts(&line, ", since ");
		add_clock(&line, t, since);
	}
	print_line(t, TABLE_STRONG, &line);
	buf_free(&line);
}

/* "  97.1 %, limit >= 95.0 %, worst 98.2 %, measured 3 s ago" */
static void
tell_numbers(const struct telling *t)
{
	const double value = number_of(t, "value");
	struct buf line = { 0 };

	if (isnan(value))
		return;
	buf_puts(&line, "  ");
	human_value(&line, value, t->unit);
	if (!isnan(number_of(t, "limit"))) {
		buf_puts(&line, ", limit ");
		render_limit(&line, number_of(t, "limit"),
		    json_is_true(json_object_get(t->alert, "below")), t->unit);
	}
	if (!isnan(number_of(t, "worst"))) {
		buf_puts(&line, ", worst ");
		human_value(&line, number_of(t, "worst"), t->unit);
	}
	buf_puts(&line, ", measured ");
	human_age(&line, t->now - number_of(t, "value_time"));
	print_line(t, TABLE_PLAIN, &line);
	buf_free(&line);
}

static void
add_setting(
    struct buf *line, const json_t *rule, const char *key, const char *words)
{
	const double s = render_number(rule, key);

	if (!(s > 0))
		return;
	buf_printf(line, ", %s ", words);
	human_duration(line, s);
}

static void
tell_rule(const struct telling *t)
{
	const json_t *rule = json_object_get(t->alert, "settings");
	const char *message = render_text(t->alert, "message");
	struct buf line = { 0 };

	buf_printf(&line, "  rule %s", render_text(t->alert, "rule"));
	add_setting(&line, rule, "for", "for");
	add_setting(&line, rule, "clear_for", "over after");
	if (render_number(rule, "hysteresis") > 0) {
		buf_puts(&line, ", hysteresis ");
		human_value(&line, render_number(rule, "hysteresis"), t->unit);
	}
	add_setting(&line, rule, "cooldown", "cooldown");
	add_setting(&line, rule, "remind", "reminded every");
	print_line(t, TABLE_PLAIN, &line);
	if (message[0] != '\0')
		table_line(t->out, t->colour, TABLE_PLAIN, "  %s", message);
	buf_free(&line);
}

static void
tell_silence(const struct telling *t)
{
	const json_t *s = render_find_silence(
	    t->answer, json_object_get(t->alert, "silence"));
	struct buf line = { 0 };

	if (s == NULL)
		return;
	buf_printf(&line, "  silence %.0f until ", render_number(s, "number"));
	add_clock(&line, t, render_number(s, "until"));
	buf_printf(&line, ": %s", render_text(s, "reason"));
	print_line(t, TABLE_WARNING, &line);
	buf_free(&line);
}

static void
tell_next(const struct telling *t)
{
	const json_t *next = json_object_get(t->alert, "next");
	struct buf line = { 0 };

	if (!json_is_object(next))
		return;
	buf_printf(&line, "  next: %s at ", render_text(next, "state"));
	add_clock(&line, t, render_number(next, "at"));
	buf_puts(&line, ", if its numbers stay as they have been since ");
	add_clock(&line, t, render_number(next, "from"));
	print_line(t, TABLE_PLAIN, &line);
	buf_free(&line);
}

/* --- what happened ------------------------------------------------------- */

static void
add_event(struct table *table, const struct telling *t, double at,
    double value, const char *text, double until)
{
	struct buf cell = { 0 };

	table_row(table);
	buf_puts(&cell, "  ");
	add_clock(&cell, t, at);
	table_cell(table, TABLE_FAINT, "%s", cell.data);
	buf_clear(&cell);
	if (!isnan(value))
		human_value(&cell, value, t->unit);
	table_cell(table, TABLE_PLAIN, "%s", cell.data);
	buf_clear(&cell);
	buf_puts(&cell, text);
	if (!isnan(until)) {
		buf_puts(&cell, ", until ");
		add_clock(&cell, t, until);
	}
	table_cell(table, TABLE_PLAIN, "%s", cell.data);
	buf_free(&cell);
}

/* The place of the event that began what it is in now, or n. */
static size_t
find_begin(const json_t *timeline)
{
	const size_t n = json_array_size(timeline);
	size_t begin = n;

	for (size_t i = 0; i < n; i++) {
		const json_t *e = json_array_get(timeline, i);
		const char *state = render_text(e, "state");

		if (strcmp(render_text(e, "what"), "moved") != 0)
			continue;
		if (strcmp(state, "ok") == 0)
			begin = n;
		else if (begin == n)
			begin = i;
	}
	return begin;
}

/* Whether it had to last before it counted. */
static bool
was_pending(const struct telling *t, const json_t *begin)
{
	const json_t *rule = json_object_get(t->alert, "settings");

	return render_number(rule, "for") > 0 &&
	       strcmp(render_text(begin, "state"), "no-data") != 0 &&
	       number_of(t, "since") < render_number(begin, "time");
}

static void
tell_timeline(const struct telling *t)
{
	const json_t *timeline = json_object_get(t->alert, "timeline");
	const size_t n = json_array_size(timeline);
	const size_t begin = find_begin(timeline);
	struct table table = { .align = "<><" };

	for (size_t i = 0; i < n; i++) {
		const json_t *e = json_array_get(timeline, i);

		if (i == begin && was_pending(t, e))
			add_event(&table, t, number_of(t, "since"), NAN,
			    "pending: the first number beyond the limit", NAN);
		add_event(&table, t, render_number(e, "time"),
		    render_number(e, "value"), render_text(e, "text"),
		    render_number(e, "until"));
	}
	if (is(t, "pending"))
		add_event(&table, t, number_of(t, "since"), NAN,
		    "pending: the first number beyond the limit", NAN);
	if (table.rows.n > 0)
		fputc('\n', t->out);
	table_print(&table, t->out, t->colour);
	table_free(&table);
}

/* --- who knows ----------------------------------------------------------- */

static void
add_told(struct buf *to, const struct telling *t, const json_t *row)
{
	const double at = render_number(row, "told_at");
	const char *maybe = render_text(row, "maybe");

	if (isnan(at)) {
		buf_puts(to, "was told nothing");
	} else {
		buf_printf(to, "was told %s at ", render_text(row, "told"));
		add_clock(to, t, at);
	}
	if (maybe[0] != '\0')
		buf_printf(to, ", and perhaps %s", maybe);
}

/* What the receiver itself waits for. */
static void
add_turn(struct buf *to, const struct telling *t, const json_t *row)
{
	const json_t *sender =
	    json_object_get(json_object_get(t->answer, "receivers"),
		render_text(row, "receiver"));
	const double next = render_number(sender, "next");
	const double failures = render_number(sender, "failures");

	if (isnan(next)) {
		buf_puts(to, " goes out now");
		return;
	}
	buf_puts(to, " goes out at ");
	add_clock(to, t, next);
	if (failures > 0)
		buf_printf(to, ", after %.0f failure%s", failures,
		    failures == 1 ? "" : "s");
}

static void
add_hold(struct buf *to, const struct telling *t, const json_t *row)
{
	const double until = render_number(row, "until");
	const double silence = render_number(row, "silence");

	if (isnan(until)) {
		buf_puts(to, " is held back");
	} else {
		buf_puts(to, " waits until ");
		add_clock(to, t, until);
	}
	buf_printf(to, ": %s", render_text(row, "why"));
	if (!isnan(silence))
		buf_printf(to, " %.0f", silence);
}

static void
add_owed(struct buf *to, const struct telling *t, const json_t *row)
{
	const char *owed = render_text(row, "owed");
	const double reminder = render_number(row, "reminder");

	if (json_is_true(json_object_get(row, "under_way"))) {
		buf_puts(to, "; a message is under way");
		return;
	}
	if (owed[0] == '\0') {
		if (!isnan(reminder)) {
			buf_puts(to, "; next a reminder at ");
			add_clock(to, t, reminder);
		}
		return;
	}
	buf_printf(to, "; \"%s\"", owed);
	if (render_text(row, "hold")[0] != '\0')
		add_hold(to, t, row);
	else
		add_turn(to, t, row);
}

static void
tell_receivers(const struct telling *t)
{
	const json_t *rows = json_object_get(t->alert, "receivers");
	struct table table = { .align = "<<" };
	struct buf text = { 0 };

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		buf_clear(&text);
		add_told(&text, t, row);
		add_owed(&text, t, row);
		table_row(&table);
		table_cell(&table, TABLE_STRONG, "  %s",
		    render_text(row, "receiver"));
		table_cell(&table, TABLE_PLAIN, "%s", text.data);
	}
	fputc('\n', t->out);
	if (table.rows.n == 0)
		fputs("  nobody is told of it\n", t->out);
	table_print(&table, t->out, t->colour);
	table_free(&table);
	buf_free(&text);
}

/* --- all of it ----------------------------------------------------------- */

static void
tell(FILE *out, const json_t *answer, const json_t *alert, bool colour)
{
	const struct telling t = { out, colour, answer, alert,
		render_number(answer, "now"), render_text(alert, "unit") };

	fputc('\n', out);
	tell_state(&t);
	if (is(&t, "closed")) {
		fprintf(out, "  watched no longer: ");
		table_line(
		    out, colour, TABLE_PLAIN, "%s", render_text(alert, "why"));
	} else {
		tell_numbers(&t);
		tell_rule(&t);
		tell_silence(&t);
		tell_next(&t);
	}
	tell_timeline(&t);
	tell_receivers(&t);
}

void
render_explain(FILE *out, const json_t *answer, bool colour)
{
	const json_t *alerts = json_object_get(answer, "alerts");
	const double left_out = render_number(answer, "left_out");
	struct buf line = { 0 };

	when_full(&line, render_number(answer, "now"));
	table_line(out, colour, TABLE_PLAIN, "%s", line.data);
	buf_free(&line);
	render_store(out, answer, colour);
	for (size_t i = 0; i < json_array_size(alerts); i++)
		tell(out, answer, json_array_get(alerts, i), colour);
	if (left_out > 0) {
		fputc('\n', out);
		table_line(
		    out, colour, TABLE_WARNING, "and %.0f more", left_out);
	}
}
