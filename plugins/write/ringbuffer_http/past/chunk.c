/* SPDX-License-Identifier: MIT */
#include "chunk.h"

#include "code.h"

#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
#define TIME_MAX (INT64_C(1) << 52) /* of what a file says */

const struct tier_rule tier_rules[TIERS] = {
	[TIER_RAW] = { 0, 6 * HOUR, HOUR, 1 },
	[TIER_MINUTE] = { 60 * SECOND, 48 * HOUR, 4 * HOUR, 3 },
	[TIER_QUARTER] = { 900 * SECOND, 30 * 24 * HOUR, 24 * HOUR, 3 },
};

/* --- numbers ------------------------------------------------------------- */

double
chunk_mean(double sum, double n, double min, double max)
{
	const double mean = sum / n;

	if (!(mean >= min))
		return min;
	return mean > max ? max : mean;
}

/* A mean is stored with how far the least and the greatest are from it. */
void
chunk_codes(unsigned tier, const struct chunk_number *number, int32_t *codes)
{
	int32_t least, greatest;

	codes[0] = code_of(number->mean);
	if (tier == TIER_RAW)
		return;
	least = code_of(number->min);
	greatest = code_of(number->max);
	codes[1] = least < codes[0] ? codes[0] - least : 0;
	codes[2] = greatest > codes[0] ? greatest - codes[0] : 0;
}

static bool
is_code(int64_t code)
{
	return code >= -CODE_MAX && code <= CODE_MAX;
}

static bool
are_codes(const int32_t *codes, unsigned n)
{
	if (!is_code(codes[0]))
		return false;
	return n == 1 || (codes[1] >= 0 && codes[2] >= 0 &&
			     is_code((int64_t)codes[0] - codes[1]) &&
			     is_code((int64_t)codes[0] + codes[2]));
}

/* --- reading ------------------------------------------------------------- */

bool
chunk_is_sound(const struct chunk *c, unsigned tier)
{
	const unsigned width = tier_rules[tier].codes;
	struct codec_reader r;
	enum codec_step step;
	uint64_t steps = 0;
	uint32_t n;

	if (c->steps > CHUNK_STEPS_MAX || c->interval == 0 ||
	    c->base < -TIME_MAX || c->base > TIME_MAX)
		return false;
	codec_read(&r, width, c->data, c->len);
	while (
	    (step = codec_next(&r, &n)) == CODEC_CODES || step == CODEC_NONE) {
		steps += n;
		if (steps > c->steps || !are_codes(r.codes, width))
			return false;
	}
	return step == CODEC_END && steps == c->steps && steps > 0;
}

void
chunk_walk(struct chunk_walk *w, const struct chunk *c, unsigned tier)
{
	codec_read(&w->reader, tier_rules[tier].codes, c->data, c->len);
	w->chunk = c;
	w->step = 0;
}

bool
chunk_next(struct chunk_walk *w, int64_t *time, uint32_t *n,
    struct chunk_number *number)
{
	const int32_t *codes = w->reader.codes;
	enum codec_step step;

	while ((step = codec_next(&w->reader, n)) == CODEC_NONE)
		w->step += *n;
	if (step != CODEC_CODES)
		return false;
	*time = w->chunk->base + (int64_t)w->step * w->chunk->interval;
	w->step += *n;
	number->mean = number->min = number->max = code_number(codes[0]);
	if (w->reader.width > 1) {
		number->min = code_number(codes[0] - codes[1]);
		number->max = code_number(codes[0] + codes[2]);
	}
	return true;
}
