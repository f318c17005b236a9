/* SPDX-License-Identifier: MIT */
/* What is asked of alerts, and what is done about them, for people. */
#include "fettlectl_show.h"

#include "base/human.h"
#include "control/render.h"
#include "control/render_alerts.h"
#include "control/table.h"

void
show_alerts_status(FILE *out, const json_t *alerts, bool colour)
{
	const json_t *states = json_object_get(alerts, "states");
	const double silences = render_number(alerts, "silences");
	const double dead = render_number(alerts, "dead");
	struct buf line = { 0 };
	double sum;

	buf_puts(&line, "alerts: ");
	sum = render_counts(&line, states);
	if (sum == 0)
		buf_puts(&line, "no series has met a rule");
	if (silences > 0)
		buf_printf(&line, "; %.0f silence%s", silences,
		    silences == 1 ? "" : "s");
	if (dead > 0)
		buf_printf(&line, "; %.0f notice%s given up", dead,
		    dead == 1 ? "" : "s");
	if (sum > 0 || render_number(alerts, "rules") > 0) {
		table_line(out, colour, TABLE_PLAIN, "%s", line.data);
		render_store(out, alerts, colour);
	}
	buf_free(&line);
}

void
show_alerts(FILE *out, const json_t *answer, bool colour)
{
	render_alerts(out, answer, false, colour);
}

void
show_all_alerts(FILE *out, const json_t *answer, bool colour)
{
	render_alerts(out, answer, true, colour);
}

void
show_rules(FILE *out, const json_t *answer, bool colour)
{
	render_rules(out, answer, colour);
}

void
show_explain(FILE *out, const json_t *answer, bool colour)
{
	render_explain(out, answer, colour);
}

void
show_silences(FILE *out, const json_t *answer, bool colour)
{
	render_silences(out, answer, colour);
}

/* Where it is not on disk, that and why. */
static void
show_kept(FILE *out, const json_t *answer, bool colour)
{
	const char *why = render_text(answer, "why");

	if (!json_is_false(json_object_get(answer, "kept")))
		return;
	table_line(out, colour, TABLE_WARNING,
	    "this is in memory only, a restart forgets it%s%s",
	    why[0] != '\0' ? ": " : "", why);
}

void
show_silence(FILE *out, const json_t *answer, bool colour)
{
	render_silence(out, answer, colour);
	show_kept(out, answer, colour);
}

void
show_unsilence(FILE *out, const json_t *answer, bool colour)
{
	table_line(out, colour, TABLE_PLAIN, "silence %.0f has ended",
	    render_number(answer, "number"));
	show_kept(out, answer, colour);
}

void
show_forget(FILE *out, const json_t *answer, bool colour)
{
	const double n = render_number(answer, "forgotten");

	table_line(out, colour, TABLE_PLAIN, "forgot %.0f alert%s", n,
	    n == 1 ? "" : "s");
	show_kept(out, answer, colour);
}

void
show_test(FILE *out, const json_t *answer, bool colour)
{
	const char *said = render_text(answer, "said");
	struct buf took = { 0 };

	human_duration(&took, render_number(answer, "took"));
	table_line(out, colour, TABLE_GOOD, "%s took the test in %s%s%s",
	    render_text(answer, "receiver"), took.data,
	    said[0] != '\0' ? ": " : "", said);
	buf_free(&took);
}
