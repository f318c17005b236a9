/* SPDX-License-Identifier: MIT */
#include "inflate.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { ROOM_FIRST = 16 << 10 };

/* Twice the room, at most max and one byte more that shows there is more. */
static int
grow(char **out, size_t *room, size_t max)
{
	const size_t wanted = *room > 0 ? 2 * *room : ROOM_FIRST;
	char *grown;

	if (*room > max)
		return -E2BIG;
	*room = wanted < max + 1 ? wanted : max + 1;
	grown = realloc(*out, *room + 1);
	if (grown == NULL)
		return -ENOMEM;
	*out = grown;
	return 0;
}

static int
run(z_stream *z, size_t max, char **out, size_t *out_len)
{
	size_t room = 0;
	int rc = Z_OK;

	while (rc != Z_STREAM_END) {
		const int err = grow(out, &room, max);

		if (err < 0)
			return err;
		z->next_out = (Bytef *)*out + *out_len;
		z->avail_out = (uInt)(room - *out_len);
		rc = inflate(z, Z_NO_FLUSH);
		*out_len = room - z->avail_out;
		if (rc == Z_MEM_ERROR)
			return -ENOMEM;
		/* input that ends before the stream fills no more room */
		if (rc != Z_STREAM_END && (rc != Z_OK || z->avail_out > 0))
			return -EBADMSG;
	}
	if (*out_len > max)
		return -E2BIG;
	return z->avail_in > 0 ? -EBADMSG : 0;
}

int
inflate_gzip(
    const void *data, size_t len, size_t max, char **out, size_t *out_len)
{
	z_stream z = { .next_in = (z_const Bytef *)data,
		.avail_in = (uInt)len };
	int rc;

	*out = NULL;
	*out_len = 0;
	if (len > UINT_MAX || max >= UINT_MAX)
		return -E2BIG;
	/* 16: gzip and nothing else */
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	rc = run(&z, max, out, out_len);
	inflateEnd(&z);
	if (rc < 0) {
		free(*out);
		*out = NULL;
	}
	return rc;
}
