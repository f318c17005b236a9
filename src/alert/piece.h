/* SPDX-License-Identifier: MIT */
/*
 * What the value of a record is made of, one after the other, the least
 * significant byte first; see alert/record.h.  A reader that met anything
 * wrong gives zeros, NaN and "" from then on, and says so at the end.
 */
#ifndef ALERT_PIECE_H
#define ALERT_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* UTF-8 of len bytes without control characters, then a NUL, and not too
 * long. */
bool piece_is_text(const char *s, size_t len);

/* --- writing ------------------------------------------------------------- */

/* Goes first: the version. */
void pieces_begin(struct buf *b);

void piece_put_u8(struct buf *b, unsigned v);
void piece_put_u64(struct buf *b, uint64_t v);
void piece_put_i64(struct buf *b, int64_t v);
void piece_put_double(struct buf *b, double v);
/* With its NUL, so that whoever reads it need not copy. */
void piece_put_text(struct buf *b, const char *s);
/* What is for people only may be cut. */
void piece_put_cut(struct buf *b, const char *s);
/* NULL: none. */
void piece_put_optional(struct buf *b, const char *s);

/* --- reading ------------------------------------------------------------- */

/* What is left of a value, which is lent. */
struct pieces {
	const unsigned char *at, *end;
	bool bad;
};

/* Behind the version; bad if that is another. */
struct pieces pieces_of(const void *data, size_t len);
/* Whether that was all, and nothing was wrong. */
bool pieces_end(const struct pieces *r);

/* 0 to most. */
unsigned piece_get_u8(struct pieces *r, unsigned most);
int64_t piece_get_int(struct pieces *r, int64_t most);
uint64_t piece_get_u64(struct pieces *r);
bool piece_get_bool(struct pieces *r);
/* A stamp or a moment, or none. */
int64_t piece_get_time(struct pieces *r);
/* A number or NaN. */
double piece_get_double(struct pieces *r);
/* Text, which points into the value; a name is not empty. */
const char *piece_get_text(struct pieces *r);
const char *piece_get_name(struct pieces *r);
const char *piece_get_optional(struct pieces *r);

#endif
