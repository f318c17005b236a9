/* SPDX-License-Identifier: MIT */
#include "mail.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	ADDRESS_MAX = 254,
	WIDTH = 76, /* of a header with encoded words, of quoted-printable */
	WORD_EXTRA = 12, /* =?UTF-8?B? and ?= */
	WORD_MAX = 56,	 /* of a word beside the name of a header */
};

bool
mail_is_address(const char *s)
{
	const char *at = strchr(s, '@');

	if (at == NULL || at == s || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL || strlen(s) > ADDRESS_MAX)
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("<>()[]\\,;:\"", *s))
			return false;
	return true;
}

/* --- headers ------------------------------------------------------------- */

/* Whether it can stand in a header as it is: a word that fits no line cannot,
 * for lines are broken between words only. */
static bool
is_plain(const char *s)
{
	size_t word = 0;

	if (strstr(s, "=?") != NULL)
		return false;
	for (; *s != '\0'; s++) {
		word = *s == ' ' ? 0 : word + 1;
		if (*s < ' ' || *s > '~' || word > WORD_MAX)
			return false;
	}
	return true;
}

/* In words, a line break before each that would not fit. */
static void
add_plain(struct text *to, size_t column, const char *s)
{
	while (*s != '\0') {
		const size_t n =
		    strspn(s, " ") + strcspn(s + strspn(s, " "), " ");

		if (column + n > WIDTH && *s == ' ' && s[n - 1] != ' ') {
			text_str(to, "\r\n");
			column = 0;
		}
		text_add(to, s, n);
		column += n;
		s += n;
	}
}

static void
add_base64(struct text *to, const char *s, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		const size_t left = n - i;
		const unsigned a = (unsigned char)s[i];
		const unsigned b = left > 1 ? (unsigned char)s[i + 1] : 0;
		const unsigned c = left > 2 ? (unsigned char)s[i + 2] : 0;

		text_char(to, digits[a >> 2]);
		text_char(to, digits[(a & 3) << 4 | b >> 4]);
		text_char(to, left > 1 ? digits[(b & 15) << 2 | c >> 6] : '=');
		text_char(to, left > 2 ? digits[c & 63] : '=');
	}
}

/* Encoded words of RFC 2047: whatever is in s, it is text. */
static void
add_encoded(struct text *to, size_t column, const char *s)
{
	size_t left = strlen(s);

	while (left > 0) {
		const size_t room = (WIDTH - WORD_EXTRA - column) / 4 * 3;
		size_t n = left < room ? left : room;

		while (
		    n > 0 && n < left && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		if (n == 0)
			n = left < room ? left : room;
		text_str(to, "=?UTF-8?B?");
		add_base64(to, s, n);
		text_str(to, "?=");
		s += n;
		left -= n;
		if (left > 0)
			text_str(to, "\r\n ");
		column = 1;
	}
}

static void
add_header(struct text *to, const char *name, const char *value)
{
	const size_t column = strlen(name) + 2;

	text_str(to, name);
	text_str(to, ": ");
	if (is_plain(value))
		add_plain(to, column, value);
	else
		add_encoded(to, column, value);
	text_str(to, "\r\n");
}

static void
add_date(struct text *to, int64_t now_s)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	const time_t now = (time_t)now_s;
	char line[80];
	struct tm tm;

	gmtime_r(&now, &tm);
	snprintf(line, sizeof(line), "%s, %d %s %d %02d:%02d:%02d +0000",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], 1900 + tm.tm_year,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	add_header(to, "Date", line);
}

static void
add_recipients(struct text *to, const struct fettle_strings *all)
{
	text_str(to, "To: ");
	for (size_t i = 0; i < all->n; i++) {
		if (i > 0)
			text_str(to, ",\r\n ");
		text_str(to, all->v[i]);
	}
	text_str(to, "\r\n");
}

/* --- what tells mails apart ---------------------------------------------- */

/* As a part of a Message-ID. */
static void
add_atom(struct text *to, const char *s)
{
	for (; *s != '\0'; s++)
		text_char(to, (*s >= 'a' && *s <= 'z') ||
				      (*s >= 'A' && *s <= 'Z') ||
				      (*s >= '0' && *s <= '9') || *s == '-'
				  ? *s
				  : '_');
}

static void
add_id(struct text *to, const char *name, const struct mail_frame *f,
    const char *id)
{
	text_str(to, name);
	text_str(to, ": <");
	add_atom(to, id);
	text_char(to, '.');
	add_atom(to, f->label);
	text_str(to, strchr(f->from, '@'));
	text_str(to, ">\r\n");
}

/*
 * All mails about an incident answer the same root, which is the id of no
 * mail: the first one may have to be sent again with other content, and a
 * server that drops what has an id it has seen must not drop that.
 */
static void
add_thread(
    struct text *to, const struct mail_frame *f, const struct fettle_notice *n)
{
	const struct fettle_alert *a = n->n == 1 ? n->alerts[0] : NULL;

	add_id(to, "Message-ID", f, n->id);
	if (a == NULL || (a->severity == FETTLE_OK && a->was == FETTLE_OK))
		return;
	add_id(to, "In-Reply-To", f, a->incident);
	add_id(to, "References", f, a->incident);
}

static const char *
severity_name(enum fettle_severity s)
{
	switch (s) {
	case FETTLE_FAILURE:
		return "failure";
	case FETTLE_WARNING:
		return "warning";
	case FETTLE_NO_DATA:
		return "no-data";
	default:
		return "ok";
	}
}

/* For people's filters. */
static void
add_marks(
    struct text *to, const struct mail_frame *f, const struct fettle_notice *n)
{
	text_str(to, "List-Id: fettle <fettle.");
	text_str(to, strchr(f->from, '@') + 1);
	text_str(to, ">\r\nAuto-Submitted: auto-generated\r\n"
		     "X-Auto-Response-Suppress: All\r\n");
	if (n->reason == FETTLE_TEST)
		add_header(to, "X-Fettle-Test", "yes");
	else
		add_header(
		    to, "X-Fettle-Severity", severity_name(n->severity));
	if (n->severity == FETTLE_FAILURE)
		text_str(to, "X-Priority: 1\r\n");
	add_header(to, "X-Fettle-Event", n->id);
}

/* --- parts --------------------------------------------------------------- */

static bool
is_literal(char c, bool last)
{
	return (c > ' ' && c <= '~' && c != '=') || (c == ' ' && !last);
}

/* One line as quoted-printable, with its line break. */
static void
add_quoted_line(struct text *to, const char *s, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t column = 0;

	for (size_t i = 0; i < n; i++) {
		const bool literal = is_literal(s[i], i + 1 == n);
		const size_t width = literal ? 1 : 3;

		if (column + width > WIDTH - 1) {
			text_str(to, "=\r\n");
			column = 0;
		}
		column += width;
		if (literal) {
			text_char(to, s[i]);
			continue;
		}
		text_char(to, '=');
		text_char(to, hex[(unsigned char)s[i] >> 4]);
		text_char(to, hex[(unsigned char)s[i] & 15]);
	}
	text_str(to, "\r\n");
}

static void
add_quoted(struct text *to, const char *s)
{
	for (;;) {
		const size_t n = strcspn(s, "\n");

		add_quoted_line(to, s, n);
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
}

static void
add_html(struct text *to, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '"':
			text_str(to, "&quot;");
			break;
		case '\n':
			text_str(to, "<br>\n");
			break;
		default:
			text_markup(to, *s);
		}
}

static void
render_text(struct text *to, const struct fettle_notice *n)
{
	text_str(to, n->title);
	text_str(to, "\n\n");
	text_str(to, n->text);
	if (n->url != NULL) {
		text_str(to, "\n\n");
		text_str(to, n->url);
	}
	text_str(to, "\n\n");
	text_str(to, n->id);
}

static void
render_html(struct text *to, const struct fettle_notice *n)
{
	text_str(to, "<!DOCTYPE html>\n<html><body>\n<p><strong>");
	add_html(to, n->title);
	text_str(to, "</strong></p>\n<p>");
	add_html(to, n->text);
	text_str(to, "</p>\n");
	if (n->url != NULL) {
		text_str(to, "<p><a href=\"");
		add_html(to, n->url);
		text_str(to, "\">Show</a></p>\n");
	}
	text_str(to, "<p><small>");
	add_html(to, n->id);
	text_str(to, "</small></p>\n</body></html>");
}

/* "=_" is in no line of quoted-printable. */
#define BOUNDARY "=_fettle"

static void
add_part(struct text *to, const char *type,
    void (*render)(struct text *, const struct fettle_notice *),
    const struct fettle_notice *n)
{
	struct text part = { 0 };

	render(&part, n);
	text_str(to, "--" BOUNDARY "\r\nContent-Type: ");
	text_str(to, type);
	text_str(to, "; charset=utf-8\r\n"
		     "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	if (part.failed)
		to->failed = true;
	else
		add_quoted(to, part.data);
	text_free(&part);
}

void
mail_render(
    struct text *to, const struct mail_frame *f, const struct fettle_notice *n)
{
	add_date(to, f->now_s);
	text_str(to, "From: fettle <");
	text_str(to, f->from);
	text_str(to, ">\r\n");
	add_recipients(to, &f->to);
	add_header(to, "Subject", n->title);
	add_thread(to, f, n);
	add_marks(to, f, n);
	if (n->n == 1) {
		add_header(to, "X-Fettle-Host", n->alerts[0]->host);
		add_header(to, "X-Fettle-Rule", n->alerts[0]->rule);
	}
	text_str(to,
	    "MIME-Version: 1.0\r\nContent-Type: "
	    "multipart/alternative; boundary=\"" BOUNDARY "\"\r\n\r\n");
	add_part(to, "text/plain", render_text, n);
	add_part(to, "text/html", render_html, n);
	text_str(to, "--" BOUNDARY "--\r\n");
}
