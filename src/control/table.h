/* SPDX-License-Identifier: MIT */
/*
 * A table of text for people: columns as wide as their widest cell, two spaces
 * apart, those without any text left out.  What is in a cell may be of any
 * origin: it is made printable.  Zeroed is empty.
 */
#ifndef CONTROL_TABLE_H
#define CONTROL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/vec.h"

enum table_style {
	TABLE_PLAIN,
	TABLE_STRONG,
	TABLE_FAINT,
	TABLE_GOOD,
	TABLE_WARNING,
	TABLE_BAD,
};

struct table_cell {
	enum table_style style;
	char *text;
	size_t width;
};

struct table_row {
	VEC(struct table_cell) cells;
	VEC(struct table_cell) notes; /* lines below the row */
};

struct table {
	bool head;	   /* there is one; empty cells are dashes then */
	const char *align; /* a `<' or `>' for each column */
	VEC(struct table_row) rows;
};

/* Names the columns, NULL-terminated: the first row. */
void table_head(struct table *t, const char *const *names);
/* The rest goes to the row begun last. */
void table_row(struct table *t);
void table_cell(struct table *t, enum table_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An indented line below the row. */
void table_note(struct table *t, enum table_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void table_print(const struct table *t, FILE *out, bool colour);
void table_free(struct table *t);

/* One text, printable and in a style; and the same as a line. */
void table_text(FILE *out, bool colour, enum table_style style,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void table_line(FILE *out, bool colour, enum table_style style,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
