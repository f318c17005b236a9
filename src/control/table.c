/* SPDX-License-Identifier: MIT */
#include "control/table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

enum {
	COLUMNS_MAX = 16,
	WIDTH_MAX = 200, /* what is wider moves the rest of its row only */
	GAP = 2,
	INDENT = 4,
};

struct widths {
	size_t n, v[COLUMNS_MAX];
};

static const char *const styles[] = {
	[TABLE_PLAIN] = "",
	[TABLE_STRONG] = "\033[1m",
	[TABLE_FAINT] = "\033[2m",
	[TABLE_GOOD] = "\033[32m",
	[TABLE_WARNING] = "\033[33m",
	[TABLE_BAD] = "\033[31m",
};

/* Characters, as if each took one column. */
static size_t
text_width(const char *s)
{
	size_t width = 0;

	for (; *s != '\0'; s++)
		width += ((unsigned char)*s & 0xc0) != 0x80;
	return width;
}

static struct table_cell make_cell(enum table_style style, const char *fmt,
    va_list ap) __attribute__((format(printf, 2, 0)));

static struct table_cell
make_cell(enum table_style style, const char *fmt, va_list ap)
{
	struct buf raw = { 0 }, text = { 0 };
	struct table_cell cell = { .style = style };

	buf_vprintf(&raw, fmt, ap);
	utf8_add_line(&text, raw.data, raw.len);
	buf_free(&raw);
	cell.text = buf_take(&text);
	cell.width = text_width(cell.text);
	return cell;
}

static void
print_cell(FILE *out, const struct table_cell *cell, bool colour)
{
	colour = colour && cell->style != TABLE_PLAIN;
	fprintf(out, "%s%s%s", colour ? styles[cell->style] : "", cell->text,
	    colour ? "\033[0m" : "");
}

void
table_row(struct table *t)
{
	vec_add(&t->rows) = (struct table_row){ 0 };
}

void
table_head(struct table *t, const char *const *names)
{
	t->head = true;
	table_row(t);
	for (; *names != NULL; names++)
		table_cell(t, TABLE_FAINT, "%s", *names);
}

void
table_cell(struct table *t, enum table_style style, const char *fmt, ...)
{
	struct table_row *row = &t->rows.v[t->rows.n - 1];
	va_list ap;

	va_start(ap, fmt);
	vec_add(&row->cells) = make_cell(style, fmt, ap);
	va_end(ap);
}

void
table_note(struct table *t, enum table_style style, const char *fmt, ...)
{
	struct table_row *row = &t->rows.v[t->rows.n - 1];
	va_list ap;

	va_start(ap, fmt);
	vec_add(&row->notes) = make_cell(style, fmt, ap);
	va_end(ap);
}

static bool
has_text(const struct table_row *row, size_t column)
{
	return column < row->cells.n && row->cells.v[column].width > 0;
}

/* 0: nothing is in that column. */
static size_t
column_width(const struct table *t, size_t column)
{
	size_t width = 0;
	bool used = false;

	for (size_t i = 0; i < t->rows.n; i++) {
		const struct table_row *row = &t->rows.v[i];

		if (!has_text(row, column))
			continue;
		used = used || i > 0 || !t->head;
		if (row->cells.v[column].width > width)
			width = row->cells.v[column].width;
	}
	if (width > WIDTH_MAX)
		width = WIDTH_MAX;
	return used ? width : 0;
}

static void
print_row(const struct table *t, const struct table_row *row,
    const struct widths *widths, FILE *out, bool colour)
{
	static const struct table_cell dash = { .text = "-", .width = 1 };
	size_t blank = 0; /* owed before the next text: none at an end */

	for (size_t i = 0; i < widths->n; i++) {
		const struct table_cell *cell = &dash;
		size_t before, room = 0;

		if (widths->v[i] == 0)
			continue;
		if (has_text(row, i))
			cell = &row->cells.v[i];
		if (cell == &dash && !t->head) {
			blank += widths->v[i] + GAP;
			continue;
		}
		if (cell->width < widths->v[i])
			room = widths->v[i] - cell->width;
		before = t->align[i] == '>' ? room : 0;
		fprintf(out, "%*s", (int)(blank + before), "");
		print_cell(out, cell, colour);
		blank = room - before + GAP;
	}
	fputc('\n', out);
	for (size_t i = 0; i < row->notes.n; i++) {
		fprintf(out, "%*s", INDENT, "");
		print_cell(out, &row->notes.v[i], colour);
		fputc('\n', out);
	}
}

void
table_print(const struct table *t, FILE *out, bool colour)
{
	struct widths widths = { .n = strlen(t->align) };

	assert(widths.n <= COLUMNS_MAX);
	for (size_t i = 0; i < widths.n; i++)
		widths.v[i] = column_width(t, i);
	for (size_t i = 0; i < t->rows.n; i++)
		print_row(t, &t->rows.v[i], &widths, out, colour);
}

static void
row_free(struct table_row *row)
{
	for (size_t i = 0; i < row->cells.n; i++)
		free(row->cells.v[i].text);
	for (size_t i = 0; i < row->notes.n; i++)
		free(row->notes.v[i].text);
	vec_free(&row->cells);
	vec_free(&row->notes);
}

void
table_free(struct table *t)
{
	for (size_t i = 0; i < t->rows.n; i++)
		row_free(&t->rows.v[i]);
	vec_free(&t->rows);
}

void
table_text(
    FILE *out, bool colour, enum table_style style, const char *fmt, ...)
{
	struct table_cell cell;
	va_list ap;

	va_start(ap, fmt);
	cell = make_cell(style, fmt, ap);
	va_end(ap);
	print_cell(out, &cell, colour);
	free(cell.text);
}

void
table_line(
    FILE *out, bool colour, enum table_style style, const char *fmt, ...)
{
	struct table_cell cell;
	va_list ap;

	va_start(ap, fmt);
	cell = make_cell(style, fmt, ap);
	va_end(ap);
	print_cell(out, &cell, colour);
	fputc('\n', out);
	free(cell.text);
}
