/* SPDX-License-Identifier: MIT */
#include "codec.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
	UNCHANGED = 0,
	NONE = 1,
	FIRST_CHANGE = 2,
	VARINT_MAX = 5,
};

/* --- writing ------------------------------------------------------------- */

static size_t
put(uint8_t *to, uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		to[n++] = (uint8_t)(v | 0x80);
	to[n++] = (uint8_t)v;
	return n;
}

static size_t
put_change(uint8_t *to, int32_t was, int32_t is)
{
	const int64_t d = (int64_t)is - was;
	const uint64_t zigzag = (uint64_t)d << 1 ^ (uint64_t)(d >> 63);

	return put(to, zigzag + FIRST_CHANGE);
}

/* A run that goes on is written again in its place. */
static size_t
add_run(struct codec *c, uint8_t *data, size_t len, uint8_t token, uint32_t n)
{
	const bool on = c->run_length > 0 && data[c->run] == token &&
			n <= CODEC_RUN_MAX - c->run_length;

	c->run_length = on ? c->run_length + n : n;
	c->run = on ? c->run : (uint16_t)len;
	data[c->run] = token;
	return c->run + 1 + put(data + c->run + 1, c->run_length);
}

size_t
codec_add(struct codec *c, uint8_t *data, size_t len, const int32_t *codes,
    uint32_t n)
{
	assert(len <= UINT16_MAX && n > 0 && n <= CODEC_RUN_MAX);
	if (codes == NULL)
		return add_run(c, data, len, NONE, n);
	if (memcmp(codes, c->last, c->width * sizeof *codes) != 0) {
		for (unsigned i = 0; i < c->width; i++)
			len += put_change(data + len, c->last[i], codes[i]);
		memcpy(c->last, codes, c->width * sizeof *codes);
		c->run_length = 0;
		n--;
	}
	return n > 0 ? add_run(c, data, len, UNCHANGED, n) : len;
}

/* --- reading ------------------------------------------------------------- */

void
codec_read(
    struct codec_reader *r, unsigned width, const uint8_t *data, size_t len)
{
	*r = (struct codec_reader){
		.at = data, .end = data + len, .width = width
	};
}

static bool
get(struct codec_reader *r, uint64_t *v)
{
	*v = 0;
	for (unsigned i = 0; i < VARINT_MAX && r->at < r->end; i++) {
		const uint8_t byte = *r->at++;

		*v |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (byte < 0x80)
			return true;
	}
	return false;
}

static bool
change(int32_t *code, uint64_t token)
{
	uint64_t zigzag;
	int64_t to;

	if (token < FIRST_CHANGE)
		return false;
	zigzag = token - FIRST_CHANGE;
	to = *code + ((int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1));
	if (to < INT32_MIN || to > INT32_MAX)
		return false;
	*code = (int32_t)to;
	return true;
}

enum codec_step
codec_next(struct codec_reader *r, uint32_t *n)
{
	uint64_t v, count;

	if (r->at == r->end)
		return CODEC_END;
	if (!get(r, &v))
		return CODEC_DAMAGED;
	if (v < FIRST_CHANGE) {
		if (!get(r, &count) || count == 0 || count > CODEC_RUN_MAX)
			return CODEC_DAMAGED;
		*n = (uint32_t)count;
		return v == NONE ? CODEC_NONE : CODEC_CODES;
	}
	*n = 1;
	for (unsigned i = 0; i < r->width; i++)
		if ((i > 0 && !get(r, &v)) || !change(&r->codes[i], v))
			return CODEC_DAMAGED;
	return CODEC_CODES;
}
