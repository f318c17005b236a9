/* SPDX-License-Identifier: MIT */
#include "alert/notice_words.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "alert/rule.h"
#include "base/clock.h"
#include "base/human.h"
#include "base/utf8.h"

enum {
	NAME_MAX_TITLE = 80, /* bytes, in a title or a digest */
	NAME_MAX_FACT = 400,
	TEXT_MAX = 1000, /* of what a rule has to say */
	TAGS_SHOWN = 16,
};

/* --- pieces -------------------------------------------------------------- */

void
words_name(struct buf *to, const char *s, size_t max)
{
	const size_t len = strlen(s), n = utf8_cut(s, len, max);

	utf8_add_line(to, s, n);
	if (n < len)
		buf_puts(to, "…");
}

void
words_time(struct buf *to, int64_t wall_ns)
{
	const time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char text[64];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M %Z", &tm);
	buf_puts(to, text);
}

/* "14 min". */
static void
add_span(struct buf *to, int64_t ns)
{
	human_span(to, (double)ns / (double)NS_PER_S);
}

/* "97 %": zeros behind the point say nothing to people. */
static void
add_number(struct buf *to, double number, const char *unit)
{
	struct buf text = { 0 };
	size_t whole, end;

	human_value(&text, number, unit);
	whole = strspn(text.data, "-0123456789");
	end = whole;
	if (text.data[whole] == '.') {
		end = whole + 1 + strspn(text.data + whole + 1, "0123456789");
		for (whole = end; text.data[whole - 1] == '0';)
			whole--;
		if (text.data[whole - 1] == '.')
			whole--;
	}
	/* an exponent, or seconds in two units: it stays as it is */
	if (strchr(" /", text.data[end]) == NULL)
		whole = end;
	buf_add(to, text.data, whole);
	words_name(to, text.data + end, NAME_MAX_TITLE);
	buf_free(&text);
}

/* --- what it is about ---------------------------------------------------- */

static bool
is_of_host(const struct message_item *i)
{
	return strcmp(i->rule, RULE_HOST_SILENT) == 0;
}

static bool
is_of_hub(const struct message_item *i)
{
	return strcmp(i->rule, RULE_HUB_ISOLATED) == 0;
}

/* Whether it is about hosts, not about a number. */
static bool
is_forced(const struct message_item *i)
{
	return is_of_host(i) || is_of_hub(i);
}

static const char *
host_of(const struct message_item *i, const struct notice_from *from)
{
	return i->host[0] != '\0' ? i->host : from->hub;
}

static bool
is_first_of_host(
    const struct message *m, size_t at, const struct notice_from *from)
{
	const char *host = host_of(&m->items[at], from);

	for (size_t i = 0; i < at; i++)
		if (strcmp(host_of(&m->items[i], from), host) == 0)
			return false;
	return true;
}

void
words_where(
    struct buf *to, const struct message *m, const struct notice_from *from)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += is_first_of_host(m, i, from);
	if (n == 1)
		words_name(to, host_of(&m->items[0], from), NAME_MAX_TITLE);
	else
		buf_printf(to, "%zu hosts", n);
}

static void
add_tags(struct buf *to, const struct message_item *i, size_t max)
{
	for (size_t t = 0; t < i->n_tags && t < TAGS_SHOWN; t++) {
		buf_putc(to, t == 0 ? '{' : ',');
		words_name(to, i->tags[t].key, max);
		buf_putc(to, '=');
		words_name(to, i->tags[t].value, max);
	}
	if (i->n_tags > 0)
		buf_putc(to, '}');
}

/* "disk[/home].percent". */
static void
add_series(struct buf *to, const struct message_item *i, size_t max)
{
	struct buf tags = { 0 };

	words_name(to, i->plugin, max);
	if (i->instance != NULL) {
		buf_putc(to, '[');
		words_name(to, i->instance, max);
		buf_putc(to, ']');
	}
	if (i->n_tags > 0) {
		add_tags(&tags, i, max);
		words_name(to, tags.data, max);
		buf_free(&tags);
	}
	buf_putc(to, '.');
	words_name(to, i->field, max);
}

/* The number and what it is held against. */
static void
add_value(struct buf *to, const struct message_item *i, double number)
{
	add_number(to, number, i->unit);
	if (isnan(i->limit))
		return;
	buf_puts(to, " (limit ");
	add_number(to, i->limit, i->unit);
	buf_putc(to, ')');
}

/* "web-1 is silent". */
static void
add_hosts(struct buf *to, const struct message_item *i,
    const struct notice_from *from)
{
	const bool several = is_of_hub(i);

	if (several)
		buf_puts(to, "most hosts");
	else
		words_name(to, host_of(i, from), NAME_MAX_TITLE);
	if (i->kind == KIND_MISSED)
		buf_puts(to, several ? " were silent" : " was silent");
	else if (i->truth.level > RANK_OK)
		buf_puts(to, several ? " are silent" : " is silent");
	else if (i->kind != KIND_CLOSED)
		buf_puts(to, several ? " are heard again" : " is heard again");
}

/* --- title --------------------------------------------------------------- */

/* What of a truth matters most: "failure", "no data", "ok". */
static const char *
state_of(struct truth t)
{
	if (t.level == RANK_OK && t.no_data)
		return "no data";
	return truth_name((struct truth){ t.level, false });
}

/* Whether what began has an end. */
static bool
is_over(const struct message_item *i)
{
	return i->kind == KIND_RESOLVED || i->kind == KIND_MISSED ||
	       i->kind == KIND_CLOSED;
}

/* When it was over, which may be long ago; 0: nobody knows, or it is not. */
static int64_t
end_of(const struct message_item *i)
{
	return is_over(i) && i->kind != KIND_CLOSED &&
		       i->changed_ns > i->since_ns
		   ? i->changed_ns
		   : 0;
}

static void
add_after(struct buf *to, const char *what, const struct message_item *i,
    const struct notice_from *from)
{
	const int64_t end = end_of(i);

	buf_puts(to, what);
	if (i->since_ns == 0)
		return;
	buf_puts(to, " after ");
	add_span(to, (end > 0 ? end : from->now_ns) - i->since_ns);
}

/* With the level that is held while there is no data, or since it is back. */
static void
add_held(struct buf *to, const char *what, const char *how,
    const struct message_item *i)
{
	buf_puts(to, what);
	if (i->truth.level > RANK_OK)
		buf_printf(to, ", %s %s", how, state_of(i->truth));
}

static void
add_news(struct buf *to, const struct message_item *i,
    const struct notice_from *from)
{
	switch (i->kind) {
	case KIND_EASED:
		buf_printf(to, "eased to %s", state_of(i->truth));
		break;
	case KIND_NO_DATA:
		add_held(to, "no data", "was", i);
		break;
	case KIND_DATA_BACK:
		add_held(to, "data back", "still", i);
		break;
	case KIND_RESOLVED:
		if (i->truth.level > RANK_OK)
			buf_puts(to, "now ");
		add_after(to,
		    i->truth.level > RANK_OK ? state_of(i->truth) : "resolved",
		    i, from);
		break;
	case KIND_REMINDER:
		buf_puts(to, "still ");
		add_after(to, state_of(i->truth), i, from);
		break;
	case KIND_MISSED:
	case KIND_CLOSED:
		buf_puts(to, kind_name(i->kind));
		break;
	case KIND_FIRING:
	case KIND_NONE:
		buf_puts(to, state_of(i->truth));
		break;
	}
}

static void
add_numbers(struct buf *to, const struct message_item *i)
{
	switch (i->kind) {
	case KIND_NO_DATA:
	case KIND_CLOSED:
		return;
	case KIND_MISSED:
		if (isnan(i->worst))
			return;
		buf_puts(to, " reached ");
		add_value(to, i, i->worst);
		return;
	default:
		break;
	}
	if (isnan(i->number) || i->truth.no_data)
		return;
	buf_putc(to, ' ');
	if (i->truth.level > RANK_OK)
		add_value(to, i, i->number);
	else
		add_number(to, i->number, i->unit);
}

void
words_title(struct buf *to, const struct message_item *i,
    const struct notice_from *from)
{
	add_news(to, i, from);
	buf_puts(to, ": ");
	if (is_forced(i)) {
		add_hosts(to, i, from);
	} else {
		words_name(to, host_of(i, from), NAME_MAX_TITLE);
		buf_putc(to, ' ');
		add_series(to, i, NAME_MAX_TITLE);
		add_numbers(to, i);
	}
	if (i->kind == KIND_CLOSED)
		buf_printf(to, " (%s)", closing_name(i->closing));
}

/* --- facts --------------------------------------------------------------- */

static void
begin_fact(struct buf *to, const char *what)
{
	if (to->len > 0)
		buf_putc(to, '\n');
	buf_printf(to, "%s: ", what);
}

static void
fact_number(struct buf *to, const struct message_item *i)
{
	if (isnan(i->number) && isnan(i->limit))
		return;
	begin_fact(to, i->truth.no_data ? "last value" : "value");
	add_value(to, i, i->number);
}

/* Where it may go on, by another rule or for others, that is not denied. */
static void
add_end(struct buf *to, const struct message_item *i)
{
	const char *why = closing_name(i->closing), *was = state_of(i->was);

	if (i->closing == CLOSING_NOTIFY || i->closing == CLOSING_HAND)
		buf_printf(to, "%s, was %s", why, was);
	else
		buf_printf(to, "no longer watched%s, was %s: %s",
		    i->closing == CLOSING_RULE ? " by this rule" : "", was,
		    why);
}

static void
fact_state(struct buf *to, const struct message_item *i)
{
	begin_fact(to, "state");
	if (i->kind == KIND_CLOSED) {
		add_end(to, i);
		return;
	}
	buf_puts(to, state_of(i->truth));
	if (i->truth.no_data && i->truth.level > RANK_OK)
		buf_puts(to, ", and no data");
	if (!truth_equal(i->was, i->truth) && i->was.level != RANK_NONE)
		buf_printf(to, ", was %s", state_of(i->was));
	if (i->kind == KIND_MISSED)
		buf_puts(to, "; over before it could be told");
}

static void
fact_since(struct buf *to, const struct message_item *i,
    const struct notice_from *from)
{
	if (i->since_ns == 0)
		return;
	if (is_over(i)) {
		begin_fact(to, "began");
		words_time(to, i->since_ns);
		if (end_of(i) > 0) {
			begin_fact(to, "ended");
			words_time(to, end_of(i));
		}
		return;
	}
	begin_fact(to, is_of_host(i) ? "last heard" : "since");
	words_time(to, i->since_ns);
	buf_puts(to, is_of_host(i) ? ", " : ", for ");
	add_span(to, from->now_ns - i->since_ns);
	if (is_of_host(i))
		buf_puts(to, " ago");
}

static void
fact_past(struct buf *to, const struct message_item *i)
{
	if (!isnan(i->worst)) {
		begin_fact(to, "worst");
		add_number(to, i->worst, i->unit);
	}
	if (i->changes > 1) {
		begin_fact(to, "changed");
		buf_printf(to, "%u times since the last message", i->changes);
	}
	if (i->firing > 0) {
		begin_fact(to, "firing there");
		buf_printf(to, "%u alert%s%s", i->firing,
		    i->firing == 1 ? "" : "s",
		    i->truth.level > RANK_OK ? ", held back while it is silent"
					     : "");
	}
}

static void
fact_next(struct buf *to, const struct message_item *i)
{
	if (i->kind == KIND_CLOSED || truth_equal(i->seen, truth_good))
		return;
	begin_fact(to, "next");
	if (i->remind_ns == 0) {
		buf_puts(to, "a message when it changes, no reminder");
		return;
	}
	buf_puts(to, "a reminder at ");
	words_time(to, i->remind_ns);
}

static void
fact_where(struct buf *to, const struct message_item *i,
    const struct notice_from *from)
{
	begin_fact(to, is_of_hub(i) ? "hub" : "host");
	words_name(to, host_of(i, from), NAME_MAX_FACT);
	if (is_of_hub(i) && i->truth.level > RANK_OK) {
		begin_fact(to, "perhaps");
		buf_puts(to, "this hub is cut off, not they");
	}
	if (is_forced(i))
		return;
	begin_fact(to, "series");
	add_series(to, i, NAME_MAX_FACT);
}

void
words_facts(struct buf *to, const struct message_item *i,
    const struct notice_from *from)
{
	struct buf facts = { 0 };

	fact_where(&facts, i, from);
	if (!is_forced(i) && i->kind != KIND_CLOSED)
		fact_number(&facts, i);
	fact_state(&facts, i);
	fact_since(&facts, i, from);
	fact_past(&facts, i);
	fact_next(&facts, i);
	begin_fact(&facts, "rule");
	words_name(&facts, i->rule, NAME_MAX_FACT);
	if (i->text != NULL && i->text[0] != '\0') {
		words_name(to, i->text, TEXT_MAX);
		buf_putc(to, '\n');
	}
	buf_add(to, facts.data, facts.len);
	buf_free(&facts);
}
