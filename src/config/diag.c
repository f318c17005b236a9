/* SPDX-License-Identifier: MIT */
#include "config/diag.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "base/vec.h"

enum {
	DIAG_MAX = 1024, /* bytes of a message: operands are people's text */
};

struct diag {
	size_t file; /* of the names below */
	unsigned line, column;
	bool note;
	char *text; /* printable */
};

struct diags {
	VEC(char *) files; /* in the order of their first message */
	VEC(struct diag) all;
};

struct diags *
diags_new(void)
{
	return NEW(struct diags);
}

void
diags_free(struct diags *d)
{
	struct diag *one;
	char **file;

	if (d == NULL)
		return;
	vec_each (one, &d->all)
		free(one->text);
	vec_each (file, &d->files)
		free(*file);
	vec_free(&d->all);
	vec_free(&d->files);
	free(d);
}

static size_t
file_number(struct diags *d, const char *name)
{
	for (size_t i = 0; i < d->files.n; i++)
		if (strcmp(d->files.v[i], name) == 0)
			return i;
	vec_add(&d->files) = xstrdup(name);
	return d->files.n - 1;
}

static char *printable(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

static char *
printable(const char *fmt, va_list ap)
{
	struct buf raw = { 0 }, line = { 0 };
	size_t len;

	buf_vprintf(&raw, fmt, ap);
	len = utf8_cut(raw.data, raw.len, DIAG_MAX);
	utf8_add_line(&line, raw.data, len);
	if (len < raw.len)
		buf_puts(&line, "...");
	buf_free(&raw);
	return buf_take(&line);
}

static void add(struct diags *d, struct pos pos, bool note, const char *fmt,
    va_list ap) __attribute__((format(printf, 4, 0)));

static void
add(struct diags *d, struct pos pos, bool note, const char *fmt, va_list ap)
{
	assert(pos.file != NULL);
	vec_add(&d->all) = (struct diag){
		.file = file_number(d, pos.file),
		.line = pos.line,
		.column = pos.column,
		.note = note,
		.text = printable(fmt, ap),
	};
}

void
diag_error(struct diags *d, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, pos, false, fmt, ap);
	va_end(ap);
}

void
diag_note(struct diags *d, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, pos, true, fmt, ap);
	va_end(ap);
}

static int
compare(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* By place; at one place by text, so that what was told twice is side by
 * side. */
static int
by_place(const void *va, const void *vb)
{
	const struct diag *a = *(const struct diag *const *)va;
	const struct diag *b = *(const struct diag *const *)vb;
	int c = compare(a->file, b->file);

	if (c == 0)
		c = compare(a->line, b->line);
	if (c == 0)
		c = compare(a->column, b->column);
	if (c == 0)
		c = compare(a->note, b->note);
	return c != 0 ? c : strcmp(a->text, b->text);
}

/* All, each once, in order; *n of them, for the caller to free. */
static const struct diag **
sorted(const struct diags *d, size_t *n)
{
	const struct diag **v = xcalloc(d->all.n, sizeof(*v));
	size_t kept = 0;

	for (size_t i = 0; i < d->all.n; i++)
		v[i] = &d->all.v[i];
	qsort(v, d->all.n, sizeof(*v), by_place);
	for (size_t i = 0; i < d->all.n; i++)
		if (kept == 0 || by_place(&v[kept - 1], &v[i]) != 0)
			v[kept++] = v[i];
	*n = kept;
	return v;
}

size_t
diags_errors(const struct diags *d)
{
	size_t n, errors = 0;
	const struct diag **v = sorted(d, &n);

	for (size_t i = 0; i < n; i++)
		errors += !v[i]->note;
	free(v);
	return errors;
}

void
diags_each(const struct diags *d, int notes,
    void (*line)(void *arg, const char *text), void *arg)
{
	size_t n;
	const struct diag **v = sorted(d, &n);
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		const char *file = d->files.v[v[i]->file];

		if (v[i]->note && !notes)
			continue;
		buf_clear(&b);
		utf8_add_line(&b, file, strlen(file));
		if (v[i]->line > 0)
			buf_printf(&b, ":%u:%u", v[i]->line, v[i]->column);
		buf_printf(
		    &b, ": %s%s", v[i]->note ? "note: " : "", v[i]->text);
		line(arg, b.data);
	}
	buf_free(&b);
	free(v);
}
