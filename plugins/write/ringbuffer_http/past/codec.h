/* SPDX-License-Identifier: MIT */
/*
 * Codes one after the other as bytes: how each differs from the one before, as
 * a zigzag varint that begins at 2; 0 and a count where nothing changes, 1 and
 * a count where there is none.  A step has one code, or three that belong
 * together and run together.
 */
#ifndef PAST_CODEC_H
#define PAST_CODEC_H

#include <stddef.h>
#include <stdint.h>

enum {
	CODEC_WIDTH_MAX = 3,
	CODEC_RUN_MAX = 1 << 24, /* steps in one run */
	CODEC_ADD_MAX = 4 * 5 + 1,
};

/* What writing goes on from; zeroed but for the width at the beginning. */
struct codec {
	int32_t last[CODEC_WIDTH_MAX];
	uint32_t run_length;
	uint16_t run; /* where the run that may go on begins, if it has a
		       * length: below 64 KiB */
	uint8_t width;
};

/*
 * Adds n steps with these codes, or with NULL without any, to len bytes of
 * data that have room for CODEC_ADD_MAX more.  Returns how many there are
 * then.
 */
size_t codec_add(struct codec *c, uint8_t *data, size_t len,
    const int32_t *codes, uint32_t n);

struct codec_reader {
	const uint8_t *at, *end;
	int32_t codes[CODEC_WIDTH_MAX];
	unsigned width;
};

enum codec_step {
	CODEC_END,
	CODEC_CODES,   /* reader.codes hold for n steps */
	CODEC_NONE,    /* n steps without */
	CODEC_DAMAGED, /* no codec wrote that */
};

void codec_read(
    struct codec_reader *r, unsigned width, const uint8_t *data, size_t len);
enum codec_step codec_next(struct codec_reader *r, uint32_t *n);

#endif
