/* SPDX-License-Identifier: MIT */
#include "tier.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "journal.h"
#include "memory.h"
#include "oldest.h"

enum {
	FIRST_BYTES = 32,
	STEPS_MIN = 16, /* of a chunk, however far apart they are */
};

size_t
tier_growth(void)
{
	return 2 * memory_cost(sizeof(struct chunk) + CHUNK_BYTES_MAX);
}

/* The last chunk with room for so many bytes. */
static int
resize(struct past *p, struct tier *x, size_t bytes)
{
	struct chunk **at = &x->first, *c;

	while (*at != x->last)
		at = &(*at)->next;
	c = memory_again(&p->bytes, *at, sizeof *c + bytes);
	if (c == NULL)
		return -ENOMEM;
	c->max = (uint16_t)bytes;
	*at = x->last = c;
	return 0;
}

static int
begin(struct past *p, struct trace *t, unsigned tier, int64_t time,
    uint32_t interval)
{
	struct tier *x = &t->tiers[tier];
	struct chunk *c;

	tier_close(p, t, tier);
	c = memory_get(&p->bytes, sizeof *c + FIRST_BYTES);
	if (c == NULL)
		return -ENOMEM;
	c->base = time;
	c->interval = interval;
	c->max = FIRST_BYTES;
	x->codec = (struct codec){ .width = (uint8_t)tier_rules[tier].codes };
	x->open = true;
	if (x->last != NULL)
		x->last->next = c;
	else
		x->first = c;
	x->last = c;
	p->n_chunks++;
	return 0;
}

static int64_t
steps_max(unsigned tier, uint32_t interval)
{
	const int64_t n = tier_rules[tier].spans / interval;

	if (n < STEPS_MIN)
		return STEPS_MIN;
	return n < CHUNK_STEPS_MAX ? n : CHUNK_STEPS_MAX;
}

/* Whether the open chunk has room, which may be made. */
static bool
fits(struct past *p, struct trace *t, unsigned tier, int64_t steps)
{
	struct tier *x = &t->tiers[tier];
	size_t bytes;

	if (!x->open ||
	    x->last->steps + steps > steps_max(tier, x->last->interval))
		return false;
	if (x->last->max - x->last->len >= CODEC_ADD_MAX)
		return true;
	if (x->last->max == CHUNK_BYTES_MAX)
		return false;
	bytes = 2u * x->last->max + FIRST_BYTES;
	if (bytes > CHUNK_BYTES_MAX)
		bytes = CHUNK_BYTES_MAX;
	return resize(p, x, bytes) == 0;
}

int
tier_add(struct past *p, struct trace *t, unsigned tier, int64_t time,
    uint32_t interval, int64_t gap, const struct chunk_number *number)
{
	struct tier *x = &t->tiers[tier];
	int32_t codes[CODEC_WIDTH_MAX];
	struct chunk *c;
	size_t len;

	if (gap < 0 || gap > CHUNK_STEPS_MAX || !fits(p, t, tier, gap + 1)) {
		const int rc = begin(p, t, tier, time, interval);

		if (rc < 0 || !fits(p, t, tier, 1))
			return -ENOMEM;
		gap = 0;
	}
	c = x->last;
	len = c->len;
	chunk_codes(tier, number, codes);
	if (gap > 0)
		len = codec_add(&x->codec, c->data, len, NULL, (uint32_t)gap);
	c->len = (uint16_t)codec_add(&x->codec, c->data, len, codes, 1);
	c->steps += (uint32_t)gap + 1;
	assert(c->len <= c->max);
	return 0;
}

/* --- late numbers -------------------------------------------------------- */

/* Bytes that are written again with one step more that has a number. */
struct filling {
	struct codec codec;
	uint8_t data[CHUNK_BYTES_MAX + 2 * CODEC_ADD_MAX];
	size_t len;
};

static bool
copy(struct filling *f, const int32_t *codes, uint32_t n)
{
	if (n > 0)
		f->len = codec_add(&f->codec, f->data, f->len, codes, n);
	return f->len <= CHUNK_BYTES_MAX;
}

static int
fill(struct filling *f, const struct chunk *c, unsigned width, uint32_t step,
    const int32_t *codes)
{
	struct codec_reader r;
	enum codec_step what;
	uint32_t at = 0, n;
	bool ok = true;

	codec_read(&r, width, c->data, c->len);
	for (; ok && (what = codec_next(&r, &n)) != CODEC_END; at += n) {
		const bool here = step >= at && step - at < n;
		const int32_t *was = what == CODEC_CODES ? r.codes : NULL;

		if (here && was != NULL)
			return -EEXIST;
		if (here)
			ok = copy(f, NULL, step - at) && copy(f, codes, 1) &&
			     copy(f, NULL, at + n - step - 1);
		else
			ok = copy(f, was, n);
	}
	return ok ? 0 : -ENOSPC;
}

int
tier_fill(struct past *p, struct trace *t, unsigned tier, uint32_t step,
    double number)
{
	const unsigned width = tier_rules[tier].codes;
	const struct chunk_number all = { number, number, number };
	struct filling f = { .codec = { .width = (uint8_t)width } };
	struct tier *x = &t->tiers[tier];
	int32_t codes[CODEC_WIDTH_MAX];
	int rc;

	assert(x->open && step < x->last->steps);
	chunk_codes(tier, &all, codes);
	rc = fill(&f, x->last, width, step, codes);
	if (rc == 0 && f.len > x->last->max)
		rc = resize(p, x, CHUNK_BYTES_MAX);
	if (rc < 0)
		return rc;
	memcpy(x->last->data, f.data, f.len);
	x->last->len = (uint16_t)f.len;
	x->codec = f.codec;
	return 0;
}

/* --- whole chunks -------------------------------------------------------- */

void
tier_close(struct past *p, struct trace *t, unsigned tier)
{
	struct tier *x = &t->tiers[tier];

	if (!x->open)
		return;
	resize(p, x, x->last->len);
	x->open = false;
	oldest_update(p, t, tier);
	if (p->journal != NULL)
		journal_put(p, t, tier, x->last);
}

int
tier_restore(
    struct past *p, struct trace *t, unsigned tier, const struct chunk *from)
{
	struct tier *x = &t->tiers[tier];
	struct chunk *c;

	if (x->last != NULL && from->base < chunk_end(x->last))
		return -EEXIST;
	c = memory_get(&p->bytes, sizeof *c + from->len);
	if (c == NULL)
		return -ENOMEM;
	memcpy(c, from, sizeof *c + from->len);
	c->next = NULL;
	c->max = c->len;
	if (x->last != NULL)
		x->last->next = c;
	else
		x->first = c;
	x->last = c;
	p->n_chunks++;
	oldest_update(p, t, tier);
	return 0;
}

void
tier_drop_first(struct past *p, struct trace *t, unsigned tier)
{
	struct tier *x = &t->tiers[tier];
	struct chunk *c = x->first;

	x->first = c->next;
	if (x->first == NULL) {
		x->last = NULL;
		x->open = false;
	}
	oldest_update(p, t, tier);
	memory_put(&p->bytes, c);
	p->n_chunks--;
}

void
tier_drop_after(struct past *p, struct trace *t, unsigned tier, int64_t time)
{
	struct tier *x = &t->tiers[tier];
	struct chunk **at = &x->first, *c;

	if (x->open && x->last->base > time)
		tier_close(p, t, tier);
	x->last = NULL;
	while ((c = *at) != NULL) {
		if (c->base <= time) {
			x->last = c;
			at = &c->next;
			continue;
		}
		*at = c->next;
		memory_put(&p->bytes, c);
		p->n_chunks--;
	}
	oldest_update(p, t, tier);
}
