/* SPDX-License-Identifier: MIT */
#include "control/render_alerts.h"

#include <math.h>
#include <string.h>

#include "base/human.h"
#include "base/when.h"
#include "control/render.h"

/* --- pieces -------------------------------------------------------------- */

/* One look for each state, in the order of the counts. */
static const struct look {
	const char *state, *shape, *word, *many;
	enum table_style style;
} looks[] = {
	{ "failure", "●", "failure", "failures", TABLE_BAD },
	{ "warning", "▲", "warning", "warnings", TABLE_WARNING },
	{ "no-data", "◇", "no data", "without data", TABLE_WARNING },
	{ "pending", "○", "pending", "pending", TABLE_PLAIN },
	{ "ok", "✓", "ok", "ok", TABLE_GOOD },
	{ "closed", "·", "closed", "closed", TABLE_FAINT },
};
enum { LOOKS = sizeof(looks) / sizeof(*looks), LOOK_PENDING = 3 };

static size_t
look_of(const json_t *alert)
{
	const char *state = render_text(alert, "state");
	size_t i = 0;

	while (i < LOOKS - 1 && strcmp(looks[i].state, state) != 0)
		i++;
	return i;
}

void
render_state(struct buf *to, const json_t *alert)
{
	const struct look *look = &looks[look_of(alert)];
	const char *level = render_text(alert, "level");

	buf_printf(to, "%s %s", look->shape, look->word);
	if (strcmp(look->state, "no-data") == 0 && strcmp(level, "ok") != 0 &&
	    level[0] != '\0')
		buf_printf(to, " (%s)", level);
}

enum table_style
render_state_style(const json_t *alert)
{
	return looks[look_of(alert)].style;
}

void
render_limit(struct buf *to, double limit, bool below, const char *unit)
{
	if (isnan(limit))
		return;
	buf_puts(to, below ? "<= " : ">= ");
	human_value(to, limit, unit);
}

const json_t *
render_find_silence(const json_t *answer, const json_t *number)
{
	const json_t *all = json_object_get(answer, "silences");

	for (size_t i = 0; i < json_array_size(all) && number != NULL; i++) {
		const json_t *s = json_array_get(all, i);

		if (json_equal(json_object_get(s, "number"), number))
			return s;
	}
	return NULL;
}

void
render_store(FILE *out, const json_t *answer, bool colour)
{
	const json_t *store = json_object_get(answer, "store");
	const char *state = render_text(store, "state");
	const char *why = render_text(store, "why");
	const bool hangs = strcmp(state, "hangs") == 0;

	if (!hangs && strcmp(state, "degraded") != 0 &&
	    strcmp(state, "none") != 0)
		return;
	table_line(out, colour, hangs ? TABLE_BAD : TABLE_WARNING, "%s%s%s",
	    hangs ? "nobody is told before the disk answers"
		  : "in memory only, a restart forgets it",
	    why[0] != '\0' ? ": " : "", why);
}

/* The text becomes a cell, and is empty again. */
static void
move_cell(struct table *t, enum table_style style, struct buf *text)
{
	buf_puts(text, "");
	table_cell(t, style, "%s", text->data);
	buf_clear(text);
}

/* "1 failure, 3 ok": the counts from the look at `from' to that before `to'.
 * Returns their sum. */
static double
add_counts(struct buf *line, const json_t *counts, size_t from, size_t to)
{
	const char *separator = "";
	double sum = 0;

	for (size_t i = from; i < to; i++) {
		const double n = render_number(counts, looks[i].state);

		if (isnan(n) || n == 0)
			continue;
		buf_printf(line, "%s%.0f %s", separator, n,
		    n == 1 && i < 2 ? looks[i].word : looks[i].many);
		separator = ", ";
		sum += n;
	}
	return sum;
}

double
render_counts(struct buf *to, const json_t *counts)
{
	return add_counts(to, counts, 0, LOOKS);
}

/* --- alerts -------------------------------------------------------------- */

/* And where it is kept, if there is anything to keep. */
static void
show_summary(FILE *out, const json_t *answer, bool colour)
{
	const json_t *counts = json_object_get(answer, "counts");
	struct buf line = { 0 }, calm = { 0 };
	double wrong, rest;

	when_full(&line, render_number(answer, "now"));
	buf_puts(&line, ": ");
	wrong = add_counts(&line, counts, 0, LOOK_PENDING);
	rest = add_counts(&calm, counts, LOOK_PENDING, LOOKS);
	if (wrong == 0 && rest == 0)
		buf_puts(&line, "no rule watches anything yet, see "
				"thresholds in fettle.yaml(5)");
	else if (wrong == 0)
		buf_puts(&line, "nothing is wrong");
	if (rest > 0)
		buf_printf(&line, "; %s", calm.data);
	table_line(out, colour, wrong > 0 ? TABLE_STRONG : TABLE_PLAIN, "%s",
	    line.data);
	if (wrong > 0 || rest > 0)
		render_store(out, answer, colour);
	buf_free(&line);
	buf_free(&calm);
}

static void
add_silence(struct table *t, const json_t *answer, const json_t *alert)
{
	const json_t *number = json_object_get(alert, "silence");
	const json_t *s = render_find_silence(answer, number);
	struct buf text = { 0 };

	if (json_is_integer(number))
		buf_printf(&text, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(number));
	if (s != NULL) {
		buf_puts(&text, " until ");
		when_clock(&text, render_number(s, "until"),
		    render_number(answer, "now"));
	}
	move_cell(t, TABLE_FAINT, &text);
	buf_free(&text);
}

/* What has happened to it, a line each. */
static void
add_timeline(struct table *t, const json_t *answer, const json_t *alert)
{
	const json_t *timeline = json_object_get(alert, "timeline");
	struct buf text = { 0 };

	for (size_t i = 0; i < json_array_size(timeline); i++) {
		const json_t *e = json_array_get(timeline, i);
		const double value = render_number(e, "value");

		buf_clear(&text);
		when_clock(&text, render_number(e, "time"),
		    render_number(answer, "now"));
		buf_printf(&text, "  %s", render_text(e, "text"));
		if (!isnan(value)) {
			buf_puts(&text, ", ");
			human_value(&text, value, render_text(alert, "unit"));
		}
		table_note(t, TABLE_FAINT, "%s", text.data);
	}
	buf_free(&text);
}

static void
add_alert(struct table *t, const json_t *answer, const json_t *alert, bool all)
{
	const double now = render_number(answer, "now");
	const double since = render_number(alert, "since");
	const double value = render_number(alert, "value");
	const char *unit = render_text(alert, "unit");
	const char *message = render_text(alert, "message");
	struct buf text = { 0 };

	table_row(t);
	render_state(&text, alert);
	move_cell(t, render_state_style(alert), &text);
	table_cell(t, TABLE_STRONG, "%s", render_text(alert, "series"));
	if (!isnan(value))
		human_value(&text, value, unit);
	move_cell(t, TABLE_PLAIN, &text);
	render_limit(&text, render_number(alert, "limit"),
	    json_is_true(json_object_get(alert, "below")), unit);
	move_cell(t, TABLE_PLAIN, &text);
	if (!isnan(since))
		human_span(&text, now - since);
	move_cell(t, TABLE_PLAIN, &text);
	add_silence(t, answer, alert);
	if (message[0] != '\0' && look_of(alert) < LOOK_PENDING)
		table_note(t, TABLE_PLAIN, "%s", message);
	if (all)
		add_timeline(t, answer, alert);
	buf_free(&text);
}

static void
show_left_out(FILE *out, double n, bool colour)
{
	if (!(n > 0))
		return;
	table_line(out, colour, TABLE_WARNING, "and %.0f more", n);
}

static void
show_silences_below(FILE *out, const json_t *answer, bool colour)
{
	const json_t *all = json_object_get(answer, "silences");
	struct buf line = { 0 };

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *s = json_array_get(all, i);

		buf_clear(&line);
		buf_printf(
		    &line, "silence %.0f until ", render_number(s, "number"));
		when_clock(&line, render_number(s, "until"),
		    render_number(answer, "now"));
		buf_printf(&line, ": %s (%s)", render_text(s, "pattern"),
		    render_text(s, "reason"));
		table_line(out, colour, TABLE_FAINT, "%s", line.data);
	}
	buf_free(&line);
}

/* How many are wrong and not among those that are shown. */
static double
wrong_left_out(const json_t *answer, size_t shown)
{
	struct buf words = { 0 };
	const double wrong = add_counts(
	    &words, json_object_get(answer, "counts"), 0, LOOK_PENDING);

	buf_free(&words);
	return wrong - (double)shown;
}

void
render_alerts(FILE *out, const json_t *answer, bool all, bool colour)
{
	static const char *const head[] = { "STATE", "SERIES", "VALUE",
		"LIMIT", "FOR", "SILENCE", NULL };
	const json_t *alerts = json_object_get(answer, "alerts");
	struct table t = { .align = "<<><<<" };
	size_t shown = 0;

	show_summary(out, answer, colour);
	table_head(&t, head);
	for (size_t i = 0; i < json_array_size(alerts); i++) {
		const json_t *alert = json_array_get(alerts, i);

		if (!all && look_of(alert) >= LOOK_PENDING)
			continue;
		add_alert(&t, answer, alert, all);
		shown++;
	}
	if (t.rows.n > 1) {
		fputc('\n', out);
		table_print(&t, out, colour);
	}
	show_left_out(out,
	    all ? render_number(answer, "left_out")
		: wrong_left_out(answer, shown),
	    colour);
	table_free(&t);
	if (json_array_size(json_object_get(answer, "silences")) > 0)
		fputc('\n', out);
	show_silences_below(out, answer, colour);
}

/* --- silences ------------------------------------------------------------ */

void
render_silences(FILE *out, const json_t *answer, bool colour)
{
	static const char *const head[] = { "SILENCE", "UNTIL", "LEFT",
		"PATTERN", "REASON", NULL };
	const json_t *all = json_object_get(answer, "silences");
	const double now = render_number(answer, "now");
	struct table t = { .align = "><><<" };
	struct buf text = { 0 };

	when_full(&text, now);
	if (json_array_size(all) == 0)
		buf_puts(&text, ": there is no silence");
	table_line(out, colour, TABLE_PLAIN, "%s", text.data);
	buf_clear(&text);
	table_head(&t, head);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *s = json_array_get(all, i);
		const double until = render_number(s, "until");

		table_row(&t);
		table_cell(
		    &t, TABLE_STRONG, "%.0f", render_number(s, "number"));
		when_clock(&text, until, now);
		move_cell(&t, TABLE_PLAIN, &text);
		human_span(&text, until - now);
		move_cell(&t, TABLE_PLAIN, &text);
		table_cell(&t, TABLE_PLAIN, "%s", render_text(s, "pattern"));
		table_cell(&t, TABLE_PLAIN, "%s", render_text(s, "reason"));
	}
	if (json_array_size(all) > 0)
		table_print(&t, out, colour);
	table_free(&t);
	buf_free(&text);
}

/* What it meets now. */
static void
show_met(FILE *out, const json_t *answer, bool colour)
{
	const json_t *alerts = json_object_get(answer, "alerts");
	struct table t = { .align = "<<" };
	struct buf text = { 0 };

	buf_puts(&text, "it meets ");
	if (render_counts(&text, json_object_get(answer, "counts")) == 0)
		buf_puts(&text, "no alert that there is now");
	table_line(out, colour, TABLE_PLAIN, "%s", text.data);
	buf_clear(&text);
	for (size_t i = 0; i < json_array_size(alerts); i++) {
		const json_t *alert = json_array_get(alerts, i);

		table_row(&t);
		render_state(&text, alert);
		move_cell(&t, render_state_style(alert), &text);
		table_cell(
		    &t, TABLE_PLAIN, "%s", render_text(alert, "series"));
	}
	table_print(&t, out, colour);
	table_free(&t);
	buf_free(&text);
	show_left_out(out, render_number(answer, "left_out"), colour);
}

void
render_silence(FILE *out, const json_t *answer, bool colour)
{
	const double now = render_number(answer, "now");
	struct buf line = { 0 };

	buf_printf(
	    &line, "silence %.0f until ", render_number(answer, "number"));
	when_full(&line, render_number(answer, "until"));
	buf_puts(&line, " (");
	human_duration(&line, round(render_number(answer, "until") - now));
	buf_printf(&line, "): %s", render_text(answer, "pattern"));
	table_line(out, colour, TABLE_STRONG, "%s", line.data);
	buf_free(&line);
	show_met(out, answer, colour);
}

/* --- rules --------------------------------------------------------------- */

static void
add_limit_cell(
    struct table *t, const json_t *rule, const char *key, bool below)
{
	struct buf text = { 0 };

	/* what rules watch may be of any unit */
	render_limit(&text, render_number(rule, key), below, "");
	move_cell(t, TABLE_PLAIN, &text);
	buf_free(&text);
}

static void
add_duration_cell(struct table *t, const json_t *rule, const char *key)
{
	const double s = render_number(rule, key);
	struct buf text = { 0 };

	if (s > 0)
		human_duration(&text, s);
	move_cell(t, TABLE_PLAIN, &text);
	buf_free(&text);
}

static void
add_rule(struct table *t, const json_t *rule)
{
	const bool below = json_is_true(json_object_get(rule, "below"));
	const json_t *notify = json_object_get(rule, "notify");
	const double series = render_number(rule, "series");
	struct buf text = { 0 };

	table_row(t);
	table_cell(t, TABLE_STRONG, "%s", render_text(rule, "rule"));
	table_cell(
	    t, series > 0 ? TABLE_PLAIN : TABLE_WARNING, "%.0f", series);
	add_limit_cell(t, rule, "warning", below);
	add_limit_cell(t, rule, "failure", below);
	add_duration_cell(t, rule, "for");
	add_duration_cell(t, rule, "cooldown");
	add_duration_cell(t, rule, "remind");
	for (size_t i = 0; i < json_array_size(notify); i++) {
		const char *name =
		    json_string_value(json_array_get(notify, i));

		buf_printf(&text, "%s%s", i > 0 ? ", " : "",
		    name != NULL ? name : "");
	}
	move_cell(t, TABLE_PLAIN, &text);
	buf_free(&text);
}

void
render_rules(FILE *out, const json_t *answer, bool colour)
{
	static const char *const head[] = { "RULE", "SERIES", "WARNING",
		"FAILURE", "FOR", "COOLDOWN", "REMIND", "TELLS", NULL };
	const json_t *rules = json_object_get(answer, "rules");
	struct table t = { .align = "<><<<<<<" };

	if (json_array_size(rules) == 0) {
		fputs("there is no rule, see thresholds in fettle.yaml(5)\n",
		    out);
		return;
	}
	table_head(&t, head);
	for (size_t i = 0; i < json_array_size(rules); i++)
		add_rule(&t, json_array_get(rules, i));
	table_print(&t, out, colour);
	table_free(&t);
}
