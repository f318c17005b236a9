/* SPDX-License-Identifier: MIT */
#include "alert/piece.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alert/record.h"
#include "base/alloc.h"
#include "base/utf8.h"

/* The first byte of every value. */
enum { FORMAT = 1 };

bool
piece_is_text(const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_sequence(s + i, len - i);
		if (n == 0 || (unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	}
	return len <= RECORD_TEXT_MAX && s[len] == '\0';
}

/* --- writing ------------------------------------------------------------- */

void
pieces_begin(struct buf *b)
{
	piece_put_u8(b, FORMAT);
}

void
piece_put_u64(struct buf *b, uint64_t v)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(v >> 8 * i);
	buf_add(b, bytes, sizeof(bytes));
}

void
piece_put_i64(struct buf *b, int64_t v)
{
	piece_put_u64(b, (uint64_t)v);
}

void
piece_put_u8(struct buf *b, unsigned v)
{
	buf_putc(b, (char)v);
}

void
piece_put_double(struct buf *b, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	piece_put_u64(b, bits);
}

void
piece_put_text(struct buf *b, const char *s)
{
	const size_t len = strlen(s);

	assert(len <= RECORD_TEXT_MAX);
	piece_put_u8(b, (unsigned)(len & 0xff));
	piece_put_u8(b, (unsigned)(len >> 8));
	buf_add(b, s, len + 1);
}

void
piece_put_cut(struct buf *b, const char *s)
{
	char *cut = xstrndup(s, utf8_cut(s, strlen(s), RECORD_TEXT_MAX));

	piece_put_text(b, cut);
	free(cut);
}

void
piece_put_optional(struct buf *b, const char *s)
{
	piece_put_u8(b, s != NULL);
	if (s != NULL)
		piece_put_text(b, s);
}

/* --- reading ------------------------------------------------------------- */

struct pieces
pieces_of(const void *data, size_t len)
{
	struct pieces r = { data, (const unsigned char *)data + len, false };

	if (len == 0 || *r.at != FORMAT)
		r.bad = true;
	else
		r.at++;
	return r;
}

/* n bytes, or NULL. */
static const unsigned char *
take(struct pieces *r, size_t n)
{
	const unsigned char *p = r->at;

	if (r->bad || n > (size_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return p;
}

bool
pieces_end(const struct pieces *r)
{
	return !r->bad && r->at == r->end;
}

uint64_t
piece_get_u64(struct pieces *r)
{
	const unsigned char *p = take(r, 8);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

int64_t
piece_get_int(struct pieces *r, int64_t most)
{
	const int64_t v = (int64_t)piece_get_u64(r);

	if (v < 0 || v > most)
		r->bad = true;
	return r->bad ? 0 : v;
}

int64_t
piece_get_time(struct pieces *r)
{
	const int64_t v = (int64_t)piece_get_u64(r);

	if (v != STAMP_NONE && (v < 0 || v > STAMP_MAX))
		r->bad = true;
	return r->bad ? STAMP_NONE : v;
}

unsigned
piece_get_u8(struct pieces *r, unsigned most)
{
	const unsigned char *p = take(r, 1);

	if (p != NULL && *p > most)
		r->bad = true;
	return r->bad ? 0 : *p;
}

bool
piece_get_bool(struct pieces *r)
{
	return piece_get_u8(r, 1) != 0;
}

double
piece_get_double(struct pieces *r)
{
	const uint64_t bits = piece_get_u64(r);
	double v;

	memcpy(&v, &bits, sizeof(v));
	if (isinf(v))
		r->bad = true;
	return r->bad ? NAN : v;
}

const char *
piece_get_text(struct pieces *r)
{
	const unsigned char *p = take(r, 2);
	const size_t len = p != NULL ? p[0] | (size_t)p[1] << 8 : 0;

	p = take(r, len + 1);
	if (p == NULL || !piece_is_text((const char *)p, len)) {
		r->bad = true;
		return "";
	}
	return (const char *)p;
}

const char *
piece_get_name(struct pieces *r)
{
	const char *s = piece_get_text(r);

	if (*s == '\0')
		r->bad = true;
	return s;
}

const char *
piece_get_optional(struct pieces *r)
{
	return piece_get_bool(r) ? piece_get_text(r) : NULL;
}
