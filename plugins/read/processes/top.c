/* SPDX-License-Identifier: MIT */
#include "top.h"

#include <stdio.h>
#include <string.h>

#include "boottime.h"
#include "common/text.h"
#include "users.h"

enum { TOP_PID = 24 }; /* digits of a number */

/* An answer while it is made. */
struct report {
	const struct top *top;
	const char *passwd;
	struct text text;
};

void
top_init(struct top *t, uint64_t tick_ns, uint64_t page)
{
	*t = (struct top){ .tick_ns = tick_ns, .page = page };
}

/* --- a pass -------------------------------------------------------------- */

void
top_begin(struct top *t)
{
	for (int what = 0; what < TOP_LISTS; what++)
		t->found[what].n = 0;
}

static uint64_t
top_number(const struct top_row *row, int what)
{
	return what == TOP_CPU ? row->ticks : row->resident;
}

/* Among equals the lower number is before. */
static bool
top_before(const struct top_row *a, const struct top_row *b, int what)
{
	const uint64_t x = top_number(a, what), y = top_number(b, what);

	return x != y ? x > y : a->pid < b->pid;
}

/* Where a row stands; TOP_N: it does not. */
static size_t
top_place(const struct top_list *l, int what, const struct top_row *row)
{
	size_t at = l->n;

	if (top_number(row, what) == 0)
		return TOP_N;
	while (at > 0 && top_before(row, &l->v[at - 1], what))
		at--;
	return at;
}

static void
top_insert(struct top_list *l, size_t at, const struct top_row *row)
{
	if (l->n < TOP_N)
		l->n++;
	memmove(&l->v[at + 1], &l->v[at], (l->n - 1 - at) * sizeof(l->v[0]));
	l->v[at] = *row;
}

void
top_take(struct top *t, uint64_t pid, const struct pid_stat *s, uint64_t ticks)
{
	struct top_row row;

	row.pid = pid;
	row.ticks = ticks;
	row.resident = s->resident;
	row.name[0] = '\0';
	for (int what = 0; what < TOP_LISTS; what++) {
		const size_t at = top_place(&t->found[what], what, &row);

		if (at == TOP_N)
			continue;
		if (row.name[0] == '\0')
			snprintf(row.name, sizeof(row.name), "%s", s->comm);
		top_insert(&t->found[what], at, &row);
	}
}

static void
top_own(struct top_list *l, int proc)
{
	char pid[TOP_PID];

	for (size_t i = 0; i < l->n; i++) {
		snprintf(
		    pid, sizeof(pid), "%llu", (unsigned long long)l->v[i].pid);
		l->v[i].owned = pid_owner(proc, pid, &l->v[i].uid) == 0;
	}
}

void
top_end(struct top *t, int proc, uint64_t span, bool hidden)
{
	if (span == 0)
		t->found[TOP_CPU].n = 0;
	for (int what = 0; what < TOP_LISTS; what++) {
		top_own(&t->found[what], proc);
		t->told[what] = t->found[what];
	}
	t->span = span;
	t->hidden = hidden;
	t->passed = true;
	t->at_ns = processes_boottime();
}

/* --- an answer ----------------------------------------------------------- */

/* How many bytes the character at s has; 0: it is none of UTF-8. */
static size_t
top_character(const unsigned char *s)
{
	static const unsigned char least[] = { 0, 0, 0x80, 0xa0, 0x90 };
	const size_t n = s[0] < 0x80		       ? 1
			 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
			 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
			 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						       : 0;

	for (size_t i = 1; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	/* too long a form, a surrogate, beyond the last one */
	if (n > 1 && (s[0] == 0xe0 || s[0] == 0xf0) && s[1] < least[n])
		return 0;
	if ((s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* A name may be any bytes; what is no text becomes \xNN. */
static void
top_name(struct text *to, const char *name)
{
	char text[4 * TOP_NAME + 1];
	size_t len = 0;

	while (*name != '\0' && len < sizeof(text) - 4) {
		const size_t n = top_character((const unsigned char *)name);

		if (n > 0)
			memcpy(text + len, name, n);
		else
			snprintf(text + len, sizeof(text) - len, "\\x%02x",
			    (unsigned char)*name);
		len += n > 0 ? n : 4;
		name += n > 0 ? n : 1;
	}
	text[len] = '\0';
	text_json(to, text);
}

/* null where nobody says who that is. */
static void
top_user(struct report *r, const struct top_row *row)
{
	char name[TOP_NAME];

	text_str(&r->text, ", \"uid\": ");
	if (row->owned)
		text_uint(&r->text, row->uid);
	else
		text_str(&r->text, "null");
	text_str(&r->text, ", \"user\": ");
	if (row->owned && users_name(r->passwd, row->uid, name, sizeof(name)))
		top_name(&r->text, name);
	else
		text_str(&r->text, "null");
}

static void
top_add(struct report *r, const struct top_row *row)
{
	const struct top *t = r->top;

	text_str(&r->text, "{\"pid\": ");
	text_uint(&r->text, row->pid);
	text_str(&r->text, ", \"name\": ");
	top_name(&r->text, row->name);
	top_user(r, row);
	text_str(&r->text, ", \"percent\": ");
	if (t->span > 0)
		text_real(
		    &r->text, 100 * (double)row->ticks / (double)t->span);
	else
		text_str(&r->text, "null");
	text_str(&r->text, ", \"resident\": ");
	text_uint(&r->text, row->resident * t->page);
	text_char(&r->text, '}');
}

static void
top_list(struct report *r, const char *key, const struct top_list *l)
{
	text_str(&r->text, ", \"");
	text_str(&r->text, key);
	text_str(&r->text, "\": [");
	for (size_t i = 0; i < l->n; i++) {
		text_str(&r->text, i > 0 ? ", " : "");
		top_add(r, &l->v[i]);
	}
	text_char(&r->text, ']');
}

static void
top_seconds(struct text *to, const char *key, bool known, double seconds)
{
	text_str(to, key);
	if (known)
		text_real(to, seconds);
	else
		text_str(to, "null");
}

bool
top_answer(const struct top *t, const char *passwd, char *answer, size_t size)
{
	struct report r = { .top = t, .passwd = passwd };
	bool fits;

	top_seconds(&r.text, "{\"age\": ", t->passed,
	    (double)(processes_boottime() - t->at_ns) / 1e9);
	top_seconds(&r.text, ", \"span\": ", t->span > 0,
	    (double)t->span * (double)t->tick_ns / 1e9);
	text_str(&r.text, ", \"hidden\": ");
	text_str(&r.text, t->hidden ? "true" : "false");
	top_list(&r, "cpu", &t->told[TOP_CPU]);
	top_list(&r, "memory", &t->told[TOP_MEMORY]);
	text_char(&r.text, '}');
	fits = !r.text.failed && r.text.len < size;
	if (fits)
		memcpy(answer, r.text.data, r.text.len + 1);
	text_free(&r.text);
	return fits;
}
