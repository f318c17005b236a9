/* SPDX-License-Identifier: MIT */
#include "common/gzip.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

/* 16 more than the window's 15 bits: with the head and the sum of gzip. */
#define GZIP_WINDOW (15 + 16)
/* 3 to 6 would save 3 to 15 % of what is left, for up to three times the
 * time. */
#define GZIP_LEVEL 1
#define GZIP_MEMORY 8

int
gzip_add(struct text *to, const void *data, size_t len)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data,
		.avail_in = (uInt)len };
	char piece[16384];
	int rc;

	if (len > UINT_MAX ||
	    deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	do {
		z.next_out = (Bytef *)piece;
		z.avail_out = sizeof(piece);
		rc = deflate(&z, Z_FINISH);
		text_add(to, piece, sizeof(piece) - z.avail_out);
	} while (rc == Z_OK);
	deflateEnd(&z);
	return rc != Z_STREAM_END || to->failed ? -ENOMEM : 0;
}
