/* SPDX-License-Identifier: MIT */
/*
 * A growing string for what plugins send: zeroed is empty, text_free ends it.
 * Nothing here fails visibly: when memory runs out `failed' is set, what comes
 * after is ignored, and the caller asks once, at the end.
 */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *data; /* NUL-terminated once anything was added */
	size_t len, cap;
	bool failed;
};

void text_add(struct text *t, const void *data, size_t len);
void text_str(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_uint(struct text *t, uint64_t number);
void text_int(struct text *t, int64_t number);
/* A finite number as short as it can be read back unchanged: 16.7, 1e+30. */
void text_real(struct text *t, double number);
/* A JSON string with its quotes.  s is UTF-8; control characters are escaped.
 */
void text_json(struct text *t, const char *s);
/* A character of text among markup: & < > become entities. */
void text_markup(struct text *t, char c);
/* Empty again, memory kept. */
void text_clear(struct text *t);
void text_free(struct text *t);

#endif
